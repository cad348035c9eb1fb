"""One pause of the run with one form: what was entered, also when the dialogue with Prefect about it broke off.

Prefect fails a run whose pause times out, whatever the run itself does; so a form waits practically for ever, and rekey
says by itself when nobody came (tasks/lookout/lookout.py).
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable

from prefect.exceptions import FlowPauseTimeout
from prefect.input import RunInput
from pydantic import ValidationError

from blocks.errors import StepError, Unreachable
from blocks.model.rotation import Rotation
from blocks.prefect_api import prefect_runs
from blocks.prefect_api.leave import FormLeft
from blocks.prefect_api.prefect_page import pause_with
from blocks.settings import read_settings
from tasks.person import now
from tasks.person.question import FormT, Question
from tasks.run import submissions as typed_input

FOREVER_S = 30 * 24 * 3600
# Between two tries to take a pause back, on top of the patience of Prefect's own client.
TAKE_BACK_PAUSES_S = (0.5, 1.0, 2.0, 5.0, 10.0)


def entered(
    rotation: Rotation, question: Question[FormT], form: type[RunInput], key: str, begun: Callable[[], None]
) -> RunInput | None:
    """What was entered; None when somebody resumed the run without the form, or past the server's check.

    ``form`` is the question's with its text, ``key`` the base of the keys under which Prefect keeps it. ``begun`` is
    called when the run is paused. Raises StepError when nobody came, FormLeft when the process has to end while nobody
    answers, and what Prefect's client raises.
    """
    page = now.of_this_run()
    message = page.waits(rotation, question.step, question.awaited) if page else f"Waits for {question.awaited}."
    try:
        return pause_with(
            form,
            key,
            message,
            begun,
            timeout_s=FOREVER_S,
            poll_s=read_settings().form_poll_s,
            leave_after_s=read_settings().form_leave_after_s if question.may_be_left else math.inf,
        )
    except FormLeft:
        if page is not None:
            page.left(question.awaited)
        raise
    except (ValidationError, TypeError):
        # Not re-raised: it holds what was typed. Past the server's check even what is no object can be stored.
        return None
    except FlowPauseTimeout:
        timed_out = f"Nobody filled in the form within {FOREVER_S // 86400} days."
    raise StepError(timed_out, "Nothing that was done is lost: start the rotation again, and the same form comes back.")


def answered_all_the_same(rotation: Rotation, form: type[RunInput], key: str) -> RunInput | None:
    """Take back the pause whose dialogue with Prefect broke off; return what was submitted before that, if anything.

    The run is paused already when an answer of Prefect's was lost, maybe without a form that anybody sees, and Prefect
    refuses to pause it again or to store the form twice. Left alone, that ends the process. Raises Unreachable.
    """
    for pause_s in (*TAKE_BACK_PAUSES_S, None):
        try:
            prefect_runs.go_on(rotation.flow_run_id)
            # Only now: nobody can submit it any more.
            return submitted(rotation, form, key)
        except Unreachable:
            if pause_s is None:
                raise
            time.sleep(pause_s)
    return None


def submitted(rotation: Rotation, form: type[RunInput], key: str) -> RunInput | None:
    """What was submitted into this form; None for nothing, and for what the form does not take. Raises Unreachable."""
    values = typed_input.values(rotation.flow_run_id, key)
    if not isinstance(values, dict):
        # Past the server's check anything can be stored.
        return None
    try:
        return form(**values)
    except ValidationError:
        # Not re-raised: it holds what was typed.
        return None
