"""What only a person can say of a new pair, or of what is in its way: asked in a form, recorded, and asked once.

The issuer says what to ask and what each answer means; it neither shows a form nor writes the ledger.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any, Literal

from pydantic import create_model

from blocks.errors import Stopped
from blocks.issuers.terms import Doubt, Obstacle, Wrong
from blocks.ledger.row import Action
from blocks.model.rotation import Rotation
from blocks.model.step import Step
from blocks.prefect_api import recording
from blocks.prefect_api.recording import NOTED, recorded
from blocks.proofs import Record
from blocks.secret import Minted
from tasks.lookout.lookout import Lookout
from tasks.person.ask import ask_openly
from tasks.person.forms import Signed, choice
from tasks.person.problem import in_a_form
from tasks.person.question import Question
from tasks.person.tell_end import GOES_ON, trading
from tasks.run.typed_name import name_of

# The step in which what is in the way is looked at.
IN_THE_WAY = Step.SNAPSHOT
STOP = "stop here, trading goes on"


def settled(rotation: Rotation, doubt: Doubt, pair: Minted, record: Record) -> Wrong | None:
    """Why the pair is not accepted; None when an operator says yes, or said it before."""
    answers = recording.history_of(rotation).of(doubt.about, subject=pair.fingerprint)
    binding = {name: doubt.facts[name] for name in doubt.binding}
    if any(one.choice == doubt.yes and one.holds(binding) for one in answers):
        record.prove(doubt.said_before)
        return None
    with recorded(rotation, doubt.about, subject=pair.fingerprint) as asked:
        with Lookout(rotation, doubt.about):
            question = Question(form_of(doubt), doubt.about, partial(_text, rotation, doubt), doubt.awaited)
            entry = ask_openly(rotation, question)
        operator, chosen = name_of(entry.operator), str(dict(entry)["choice"])
        asked.decided_by(operator)
        asked.note(choice=chosen, **doubt.facts)
        asked.prove(f"{doubt.seen} {operator}: {chosen}.")
    if chosen == doubt.yes:
        return None
    return replace(doubt.means, problem=f"{operator} {doubt.means.problem}")


def demand_none(rotation: Rotation, obstacle: Obstacle, problem: str | None, record: Record) -> str | None:
    """Ask what becomes of an obstacle, and do it; why it is still there, None when it may be gone.

    ``problem`` is what this returned before. Raises Stopped when the operator stops.
    """
    with Lookout(rotation, IN_THE_WAY):
        text = partial(_text_of_an_obstacle, rotation, obstacle)
        question = Question(choices_of(obstacle), IN_THE_WAY, text, obstacle.awaited, problem=problem)
        entry = ask_openly(rotation, question)
    operator, chosen = name_of(entry.operator), str(dict(entry)["choice"])
    _write_down(rotation, chosen, operator)
    if chosen == STOP:
        raise Stopped(f"{operator} stopped here because {obstacle.told}.", "No key was touched.")
    remedy = next(one for one in obstacle.remedies if one.choice == chosen)
    return remedy.act(operator, record) if remedy.act else None


def form_of(doubt: Doubt) -> type[Signed]:
    """The form of a doubt, called as its word in the ledger."""
    name = "".join(word.capitalize() for word in doubt.about.split("_"))
    return _menu(name, (doubt.yes, doubt.no), doubt.question)


def choices_of(obstacle: Obstacle) -> type[Signed]:
    """The form of an obstacle: its remedies, and to stop."""
    return _menu("Obstacle", (*(one.choice for one in obstacle.remedies), STOP), "What shall rekey do?")


def _menu(name: str, entries: tuple[str, ...], question: str) -> type[Signed]:
    entry: Any = Literal[entries]
    made: Any = create_model(name, __base__=Signed, choice=(entry, choice(question)))
    return made  # type: ignore[no-any-return]  # pydantic types it as the base class's metaclass


def _write_down(rotation: Rotation, choice: str, operator: str) -> None:
    """The step's own row is by rekey; what a person decided in it is by that person."""
    proofs = [f"{operator} chose: {choice}."]
    context = {"step": IN_THE_WAY, "outcome": NOTED, "choice": choice, "operator": operator, "proofs": proofs}
    recording.write(rotation, Action.STEP, context, operator=operator)


def _text(rotation: Rotation, doubt: Doubt, problem: str | None) -> str:
    returned = f"### Not yet\n\n{in_a_form(problem)}\n\n" if problem else ""
    return f"""{returned}### {rotation.credential.name}: {doubt.heading}

{trading(rotation)}

{doubt.text}

{f"{doubt.asks} {GOES_ON} {doubt.spares}".strip()}
"""


def _text_of_an_obstacle(rotation: Rotation, obstacle: Obstacle, problem: str | None) -> str:
    returned = f"### Not done\n\n{in_a_form(problem)}\n\n" if problem else ""
    remedies = "\n".join(f"- **{one.choice}**: {one.does}" for one in obstacle.remedies)
    return f"""{returned}### {rotation.credential.name}: {obstacle.heading}

{trading(rotation)}

{obstacle.text}

{remedies}
- **{STOP}**: rekey releases the brakes that it engaged, and this rotation is over.
"""
