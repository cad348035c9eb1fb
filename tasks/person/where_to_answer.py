"""Where a form is answered: in Prefect and on rekey's console, or on the console alone where Prefect's takes none."""

from __future__ import annotations

from blocks.model.rotation import Rotation
from blocks.operators.policy import only_on_the_console
from blocks.settings import read_settings
from tasks.person.prove import asked_for
from tasks.run.one_at_a_time import page_of

MENU = "click the three dots in the upper right corner, then Resume"


def console_page(rotation: Rotation) -> str:
    """The address of the rotation's page on the console."""
    return f"{read_settings().console_url}/rotations/{rotation.id}"


def is_console_alone(rotation: Rotation) -> bool:
    """Whether Prefect's form takes no answer. Unknown is no: the form comes all the same, and says what it takes."""
    return only_on_the_console(rotation.credential, asked_for(rotation.credential))


def told(rotation: Rotation) -> str:
    """For whoever has to answer, in a sentence or two with their addresses."""
    console = console_page(rotation)
    if is_console_alone(rotation):
        return f"Open {console}, and answer there: Prefect's own form does not take it."
    return f"Open {page_of(rotation.flow_run_id)}, {MENU}. Or answer on the console: {console}."


def briefly(rotation: Rotation) -> str:
    """For whoever looks at the run's page already."""
    if is_console_alone(rotation):
        return f"answer on rekey's console, {console_page(rotation)}."
    return "open the menu (three dots, upper right), then Resume."
