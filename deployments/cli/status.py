"""``rekey status``: which rotations are not finished, where each stands, what it waits for, and since when."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from blocks.answer import Answer
from blocks.issuer_kinds import words_of
from blocks.ledger import deaths, history, progress, trading
from blocks.ledger import held as holding
from blocks.ledger.decisions import Decided, decided
from blocks.ledger.history import History
from blocks.ledger.lease import Lease, Seen
from blocks.ledger.ledger import Ledger
from blocks.ledger.row import Row
from blocks.model.credential import Credential
from blocks.model.step import Step
from blocks.model.words import Words
from blocks.operators import policy, registry, waits
from blocks.operators.passkeys import Site
from blocks.operators.registry import Registry
from blocks.settings import Settings
from deployments.cli.exit_codes import Standing
from deployments.cli.seeing import BEGINS, PAUSED, RUNNING, Seeing, acting, last_of, prefect_says, with_left_form

WORDS = {
    Standing.NOTHING_OPEN: "nothing is open",
    Standing.GOES_ON: "goes on by itself",
    Standing.WAITS: "waits for a person",
    Standing.NEEDS_PEOPLE: "NEEDS PEOPLE",
}
IS_DISABLED = " Its entry is disabled in the catalog: it is looked after until it ends, and no other one begins."


@dataclass(frozen=True, slots=True)
class Status:
    """One unfinished rotation.

    ``trading`` says whether it is stopped, ``by`` who wrote the newest row, ``prefect`` the state of its run there, or
    "unknown: " and why.
    """

    credential: str
    standing: Standing
    trading: str
    rotation: str
    done: tuple[str, ...]
    now: str
    since: datetime
    by: str
    run: str
    prefect: str
    # What is asked of a person now, and by which step; empty where nobody is waited for, or no answer would be taken.
    awaited: str = ""
    asks: str = ""
    # Whether trading is stopped, as a sentence without a length of time, empty for one without brakes; and since when
    # it is, ISO 8601 in UTC.
    stands: str = ""
    stopped_since: str | None = None
    # Who took its forms upon themselves, and why it is held; empty for nobody, and for one that is not.
    taker: str = ""
    held: str = ""
    # Who approved its plan; empty for nobody.
    approved: str = ""
    # Who decided what so far, and by which proof.
    decided: tuple[Decided, ...] = ()
    # How people call what is rotated.
    words: Words = field(default_factory=Words)
    # It was held, and its run lives and shows no form now: nobody has to start anything.
    is_about_to_ask: bool = False
    # Whom its forms wait for, and which consumers lack the accepted pair.
    acts: str = ""
    missing: tuple[str, ...] = ()
    # Whether the catalog has no entry of it.
    is_unlisted: bool = False


def status_of(settings: Settings, ledger: Ledger, credential: Credential) -> Status | None:
    """How the unfinished rotation of this credential is; None without one. Raises LedgerError.

    Whether its run lives takes up to ``REKEY_LEASE_S`` to find out: nobody's clock is believed.
    """
    start = ledger.open_start(credential.name)
    if start is None:
        return None
    lease = Lease(settings.ledger_url, credential.name)
    seen = lease.look()
    living = seen if seen is not None and not lease.is_silent(seen, settings.lease_s) else None
    living = acting(history.of(ledger, start.rotation), start, living)
    run = run_of(start, living)
    seen_by = Seeing(Answer.YES if living else Answer.NO, prefect_says(run), run)
    return standing_of(ledger, credential, start, seen_by, settings, registry.of(ledger))


def run_of(start: Row, living: Seen | None) -> str:
    """The run that acts for the rotation, or acted last."""
    return living.flow_run_id if living else start.facts.flow_run_id


def standing_of(
    ledger: Ledger, credential: Credential, start: Row, seeing: Seeing, settings: Settings, operators: Registry
) -> Status:
    """How the rotation with this start is. Raises LedgerError."""
    known = history.of(ledger, start.rotation)
    held = holding.row_of(known.rows)
    missing = progress.missing(credential, known)
    killed = deaths.unsettled(ledger, credential.name)
    stands = trading.told(credential, known, killed).replace("**", "")
    seeing = with_left_form(known, seeing)
    last = last_of(known, start, seeing)
    where = "open the run, three dots, Resume."
    if policy.only_on_the_console(credential, policy.wanted(credential, operators)):
        where = f"open {settings.console_url}/rotations/{start.rotation}, and answer there."
    host = Site.of(settings.console_url).host
    if nobody := waits.why_nobody_answers(ledger, credential, known, operators, host):
        where = f"nobody may answer it. {nobody} {policy.what_helps(credential, operators, host)}"
    is_asked = last.facts.is_waiting and seeing.lives is not Answer.NO and _may_be_answered(seeing)
    return Status(
        credential.name,
        _standing(last, held, seeing),
        trading.told_now(credential, known, killed),
        start.rotation,
        _done(known, missing),
        f"{_now(last, held, seeing, where)}{'' if credential.enabled else IS_DISABLED}",
        (held or last).at,
        last.actor,
        f"{settings.prefect_ui_url}/runs/flow-run/{seeing.run}",
        seeing.prefect,
        last.facts.awaited if is_asked else "",
        last.facts.step if is_asked else "",
        stands if credential.brakes else "",
        trading.stopped_since(known, stands, killed),
        known.taken.facts.taker if known.taken else "",
        held.facts.reason if held else "",
        known.approved_by,
        tuple(decided(known.rows)),
        words_of(credential),
        held is not None and not last.facts.is_waiting and seeing.lives is not Answer.NO,
        holding.who_acts(credential, known),
        tuple(missing),
    )


def _done(known: History, missing: Sequence[str]) -> tuple[str, ...]:
    """The steps that are done; of a pair, only once every consumer has it."""
    found = dict.fromkeys(row.facts.step for row in known.rows if row.facts.is_accepted)
    return tuple(step for step in found if step != Step.PROPAGATE or not missing)


def as_dict(status: Status) -> dict[str, Any]:
    """For programs."""
    return {
        "credential": status.credential,
        "standing": WORDS[status.standing],
        "trading": status.trading,
        "rotation": status.rotation,
        "done": list(status.done),
        "missing": list(status.missing),
        "now": status.now,
        "held": status.held,
        "must_act": _who_must(status),
        "since": status.since.isoformat(),
        "by": status.by,
        "approved": status.approved,
        "decided": [{**asdict(one), "at": one.at.isoformat()} for one in status.decided],
        "run": status.run,
        "prefect": status.prefect,
    }


def lines_of(status: Status) -> Iterator[tuple[str, str]]:
    """For the terminal: name and value, in the order in which people read them. The first has no name."""
    yield "", f"{status.credential}: {WORDS[status.standing]}"
    yield "trading" if status.stands else "brakes", status.trading
    # A line end in the middle of a line of facts is shown as what it is.
    yield "now", " ".join(status.now.split())
    if _who_must(status):
        yield "must act", _who_must(status)
    yield "rotation", status.rotation
    yield "done", ", ".join(status.done) or "nothing yet"
    if status.missing:
        yield "not done", status.words.said(f"the new pair is not in {', '.join(status.missing)} yet")
    yield "held since" if status.held else "since", f"{status.since:%Y-%m-%d %H:%M:%S} UTC"
    yield "last row by", status.by
    if status.approved:
        yield "approved by", status.approved
    if status.decided:
        yield "decided", status.words.said("; ".join(map(str, status.decided)))
    yield "run", status.run
    yield "Prefect", status.prefect


def _who_must(status: Status) -> str:
    """Empty where nobody is waited for."""
    return status.acts if status.standing in {Standing.WAITS, Standing.NEEDS_PEOPLE} else ""


def _now(last: Row, held: Row | None, seeing: Seeing, where: str) -> str:
    """Who has to act and how, before why it is held."""
    if seeing.lives is Answer.NO:
        act = "No run of it lives: start the rotation again, it goes on where it stood."
    elif _begins_again(seeing):
        act = "Its form was answered, and its run is about to begin again: look again soon."
    elif last.facts.is_waiting:
        act = _waiting(last.facts.awaited, seeing.prefect, where)
        act += " Its process has ended meanwhile, and nothing is lost." if seeing.is_left else ""
    elif held and last.facts.step == Step.HOLD and last.facts.is_done:
        act = "Its run does what was chosen: look again soon."
    elif held:
        act = "Its run is about to ask what is to be done: look again soon."
    else:
        act = "Nobody has to act: a step is being done."
    if seeing.lives is Answer.UNKNOWN:
        act = f"{act} Whether its run lives is not known yet."
    return f"{act} It is held: {held.facts.reason}" if held else act


def _waiting(awaited: str, prefect: str, where: str) -> str:
    """What a person can do, as far as Prefect takes it: a form that takes no answer is nothing to be sent to."""
    if prefect == PAUSED:
        return f"Waiting for {awaited}: {where}"
    if prefect == RUNNING:
        return f"Waiting for {awaited}, and Prefect shows no form now: what was entered is being read. Look again soon."
    if prefect.startswith("unknown"):
        unknown = "Whether its form still takes an answer is unknown."
        return f"Waiting for {awaited}: {where} {unknown}"
    return (
        f"Prefect says {prefect}, so the form for {awaited} takes no answer any more: start the rotation again, "
        "it goes on where it stood."
    )


def _standing(last: Row, held: Row | None, seeing: Seeing) -> Standing:
    if held is not None or seeing.lives is Answer.NO:
        return Standing.NEEDS_PEOPLE
    if not last.facts.is_waiting or _begins_again(seeing):
        return Standing.GOES_ON
    return Standing.WAITS if _may_be_answered(seeing) else Standing.NEEDS_PEOPLE


def _begins_again(seeing: Seeing) -> bool:
    """Whether its form was left and answered: a worker is to begin its run again, or has just begun it."""
    return seeing.is_left and seeing.prefect in {RUNNING, *BEGINS}


def _may_be_answered(seeing: Seeing) -> bool:
    return seeing.prefect in {PAUSED, RUNNING} or seeing.prefect.startswith("unknown")
