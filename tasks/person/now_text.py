"""Where a rotation stands, as text for the run's own page: what to do now, and what a person asks next under stress.

Made from the ledger, and from what this run alone knows of the present moment (``Moment``). Nothing in it is secret.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from blocks.answer import Answer
from blocks.ledger import trading
from blocks.ledger.history import History
from blocks.ledger.ledger import Action, Row
from blocks.ledger.trading import between, clock, lasted
from blocks.model.rotation import Rotation
from blocks.model.step import Step
from blocks.prefect_api.issuers import called
from blocks.text import markdown, visible

# What a step does, for people who do not know it by its name.
DOES: Mapping[Step | None, str] = {
    Step.PREFLIGHT: "checks everything that can fail",
    Step.AWAIT_READINESS: "asks whether somebody is ready",
    Step.PAUSE: "stops trading and proves it",
    Step.SNAPSHOT: "looks at the account and its open orders",
    Step.AWAIT_HUMAN_INPUT: "asks for the new pair",
    Step.VALIDATE: "asks {issuer} whether the new pair opens the right account",
    Step.STORE: "writes the new pair to the vault",
    Step.PROPAGATE: "writes the new pair to every place that uses it",
    Step.VERIFY: "proves that the applications trade with the new pair",
    Step.RETIRE: "proves that the old pair is dead",
    Step.RESUME: "lets trading go on and closes the rotation",
    Step.EQUITY: "asks whether another equity is right",
    Step.UNKNOWN_ACCOUNT: "asks whether the account is right",
    Step.HOLD: "stops trading, because a step cannot go on, and asks",
}
# What is to be done again once another pair is entered.
OF_THE_PAIR = frozenset({Step.VALIDATE, Step.STORE, Step.PROPAGATE, Step.VERIFY, Step.RETIRE, Step.RESUME})
# What a person answered is told apart; whether it was accepted is what validate says.
ASKS = frozenset({Step.AWAIT_READINESS, Step.AWAIT_HUMAN_INPUT, Step.EQUITY, Step.UNKNOWN_ACCOUNT, Step.HOLD})


@dataclass(frozen=True, slots=True)
class Moment:
    """What only the run itself knows of the present."""

    at: datetime
    # The step that is being done, and what a person is waited for, if one is.
    step: Step | None = None
    awaited: str = ""
    # Until when and why nothing is done, where a vendor asked for that.
    patience: str = ""
    # Whether the run ends.
    ended: bool = False
    # What the old pair was answered last, and when.
    old_pair: Answer = Answer.UNKNOWN
    asked_at: datetime | None = None
    # Who answered the last form, with what, and when.
    answered: str = ""


@dataclass(frozen=True, slots=True)
class Links:
    """Addresses that a person needs."""

    run: str
    dashboard: str
    report: str = ""


def _does(rotation: Rotation, step: Step | None) -> str:
    return DOES.get(step, "goes on by itself").format(issuer=called(rotation.credential))


def _stood(history: History, told: str, moment: Moment) -> str:
    """For how long trading stands, if it does."""
    since = history.brakes.paused_at if told.startswith("**stopped") else None
    return f", for {lasted(between(since, moment.at.isoformat()))} when this was written" if since else ""


def old_pair(rotation: Rotation, history: History, killed: Sequence[Row], moment: Moment) -> str:
    """Whether the old pair lives, by the newest proof that there is."""
    died = history.died_at or next((row.facts.died_at for row in reversed(killed) if row.facts.died_at), None)
    if died is not None:
        return f"dead since {clock(datetime.fromisoformat(died))}"
    if history.proof_of_death is not None:
        return f"dead, proved by {history.proof_of_death.step}"
    name = called(rotation.credential)
    if rotation.old_is_dead:
        return f"dead: {name} refused it when this run began"
    if rotation.accepted_before or Step.VALIDATE in done(history):
        return "unknown: the new pair is accepted, and retire will prove that the old one is dead"
    asked = f" at {clock(moment.asked_at)}" if moment.asked_at else ""
    if moment.old_pair is Answer.YES:
        return f"lives: {name} accepted it{asked}"
    if moment.old_pair is Answer.NO:
        return f"unknown: {name} refused it once{asked}, which is no proof"
    if moment.asked_at:
        return f"unknown: {name} gave no clear answer{asked}"
    checked = next((row for row in reversed(history.rows) if _is_done(row, Step.PREFLIGHT)), None)
    return f"lived when preflight asked, at {clock(checked.at)}" if checked else "unknown: not asked yet"


def done(history: History) -> list[str]:
    """The steps that are done, in their order. Of the pair only what was done with the one that was accepted."""
    found: dict[str, None] = {}
    for facts in (row.facts for row in history.rows):
        step = facts.step
        if facts.is_done and (facts.another_pair or step == Step.AWAIT_HUMAN_INPUT):
            found = {name: None for name in found if name.split(" ")[0] not in OF_THE_PAIR}
        if not facts.is_done or step not in DOES or step in ASKS:
            continue
        if step != Step.VALIDATE or facts.accepted:
            found[f"{step} ({facts.subject})" if facts.subject is not None else step] = None
    return list(found)


def message(rotation: Rotation, history: History, killed: Sequence[Row], moment: Moment) -> str:
    """For the run's state: what it waits for or does, and whether trading stands. One line, no Markdown."""
    if moment.awaited:
        what = f"Waits for {moment.awaited}: open the menu (three dots, upper right), then Resume."
    elif moment.patience:
        what = f"{moment.step or ''}: rekey {visible(moment.patience)}"
    else:
        what = f"{moment.step}: rekey {_does(rotation, moment.step)}." if moment.step in DOES else "Goes on by itself."
    stands = f" Trading: {trading.told(rotation.credential, history, killed)}." if rotation.credential.brakes else ""
    answered = f" Last answer: {visible(moment.answered)}." if moment.answered else ""
    return f"{what}{stands}{answered}".replace("**", "")


def page(rotation: Rotation, history: History, killed: Sequence[Row], moment: Moment, links: Links) -> str:
    """The artifact: what to do now in the first line, and the facts below it."""
    steps, stands = ", ".join(done(history)) or "nothing yet", trading.told(rotation.credential, history, killed)
    facts = [
        ("Trading", f"{stands}{_stood(history, stands, moment)}"),
        ("Old pair", old_pair(rotation, history, killed, moment)),
        ("Done", steps),
        ("Last answer", markdown(moment.answered) or "none in this run"),
        ("Dashboard", f"[{links.dashboard}]({links.dashboard})"),
        ("Written", f"{clock(moment.at)}. Reload this page for what is so now."),
    ]
    if history.ended is None:
        facts.insert(-1, ("Form", f"in [the run]({links.run}): three dots (upper right), then Resume"))
    lines = [f"# {_first_line(rotation, history, moment, links)}", "", "| | |", "|---|---|"]
    return "\n".join([*lines, *(f"| {name} | {told} |" for name, told in facts)]) + "\n"


def _first_line(rotation: Rotation, history: History, moment: Moment, links: Links) -> str:
    name = rotation.credential.name
    ended = history.ended
    if ended is not None and ended.action is Action.COMPLETED:
        report = f" Read [its report]({links.report})." if links.report else ""
        return f"Nothing to do: {name} is rotated.{report}"
    if ended is not None and ended.facts.what_would_help:
        return f"{markdown(ended.facts.what_would_help)} No key was replaced."
    if ended is not None:
        return f"Nothing to do: the rotation of {name} is over, and no key was replaced."
    if moment.ended:
        return f"Start the rotation of {name} again: this run ended, and it goes on where it stood."
    if moment.awaited:
        return f"Open [the run]({links.run}) and answer its form: it waits for {moment.awaited}."
    if moment.patience:
        return f"Nothing to do now: rekey {markdown(moment.patience)} ({name})"
    return f"Nothing to do now: rekey {_does(rotation, moment.step)} ({name})."


def _is_done(row: Row, step: str) -> bool:
    return row.facts.step == step and row.facts.is_done
