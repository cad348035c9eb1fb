"""Where a rotation stands, as text for the run's own page: what to do now, and what a person asks next under stress.

Made from the ledger, and from what this run alone knows of the present moment (``Moment``). Nothing in it is secret.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from blocks.answer import Answer
from blocks.issuers.terms import By
from blocks.ledger import progress, trading
from blocks.ledger.history import History
from blocks.ledger.row import Action, Row
from blocks.ledger.trading import between, clock, lasted
from blocks.model.rotation import Rotation
from blocks.model.step import Step
from blocks.prefect_api.issuers import called, kind_of, words_of
from blocks.text import markdown, visible
from tasks.person import where_to_answer


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
    console: str = ""
    # Whether Prefect's form takes no answer.
    only_console: bool = False


def _does(rotation: Rotation, step: Step | None) -> str:
    credential = rotation.credential
    by_api = kind_of(credential).traits.minted_by is By.API
    return progress.does(credential, step, called(credential), by_api=by_api) or "goes on by itself"


def _stood(history: History, killed: Sequence[Row], told: str, moment: Moment) -> str:
    """For how long trading stands, if it does."""
    since = trading.stopped_since(history, told.replace("**", ""), killed)
    return f", for {lasted(between(since, moment.at.isoformat()))} when this was written" if since else ""


def old_pair(rotation: Rotation, history: History, killed: Sequence[Row], moment: Moment) -> str:
    """Whether the old pair lives, by the newest proof that there is."""
    dead = progress.death(history, killed)
    if dead is not None:
        return dead
    name = called(rotation.credential)
    if rotation.old_is_dead:
        return f"dead: {name} refused it when this run began"
    if rotation.accepted_before or Step.VALIDATE in progress.done(history):
        return "unknown: the new pair is accepted, and retire will prove that the old one is dead"
    asked = f" at {clock(moment.asked_at)}" if moment.asked_at else ""
    if moment.old_pair is Answer.YES:
        return f"lives: {name} accepted it{asked}"
    if moment.old_pair is Answer.NO:
        return f"unknown: {name} refused it once{asked}, which is no proof"
    if moment.asked_at:
        return f"unknown: {name} gave no clear answer{asked}"
    return progress.last_life(history)


def message(rotation: Rotation, history: History, killed: Sequence[Row], moment: Moment) -> str:
    """For the run's state: what it waits for or does, and whether trading stands. One line, no Markdown."""
    if moment.awaited:
        what = f"Waits for {moment.awaited}: {where_to_answer.briefly(rotation)}"
    elif moment.patience:
        what = f"{moment.step or ''}: rekey {visible(moment.patience)}"
    else:
        is_known = moment.step in progress.DOES
        what = f"{moment.step}: rekey {_does(rotation, moment.step)}." if is_known else "Goes on by itself."
    stands = f" Trading: {trading.told(rotation.credential, history, killed)}." if rotation.credential.brakes else ""
    answered = f" Last answer: {visible(moment.answered)}." if moment.answered else ""
    return words_of(rotation.credential).said(f"{what}{stands}{answered}".replace("**", ""))


def page(rotation: Rotation, history: History, killed: Sequence[Row], moment: Moment, links: Links) -> str:
    """The artifact: what to do now in the first line, and the facts below it."""
    steps = ", ".join(progress.done(history)) or "nothing yet"
    stands = trading.told(rotation.credential, history, killed)
    facts = [
        ("Trading" if rotation.credential.brakes else "Brakes", f"{stands}{_stood(history, killed, stands, moment)}"),
        ("Old pair", old_pair(rotation, history, killed, moment)),
        ("Done", steps),
        ("Last answer", markdown(moment.answered) or "none in this run"),
        ("Dashboard", f"[{links.dashboard}]({links.dashboard})"),
        ("Written", f"{clock(moment.at)}. Reload this page for what is so now."),
    ]
    if history.ended is None:
        facts.insert(-1, ("Form", _form(links)))
    lines = [f"# {_first_line(rotation, history, moment, links)}", "", "| | |", "|---|---|"]
    text = "\n".join([*lines, *(f"| {name} | {told} |" for name, told in facts)]) + "\n"
    return words_of(rotation.credential).said(text)


def _form(links: Links) -> str:
    console = f"on [the console]({links.console})"
    return (
        console
        if links.only_console
        else f"in [the run]({links.run}): three dots (upper right), then Resume; or {console}"
    )


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
        where = f"[the console]({links.console})" if links.only_console else f"[the run]({links.run})"
        return f"Open {where} and answer its form: it waits for {moment.awaited}."
    if moment.patience:
        return f"Nothing to do now: rekey {markdown(moment.patience)} ({name})"
    return f"Nothing to do now: rekey {_does(rotation, moment.step)} ({name})."
