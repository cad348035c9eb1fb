"""The report of a rotation as Markdown, made from the ledger alone: what it says happened is what it shows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from blocks.ledger.decisions import decided
from blocks.ledger.facts import Facts
from blocks.ledger.history import History
from blocks.ledger.row import Action, Row
from blocks.ledger.trading import clock, left_on
from blocks.model.rotation import Rotation
from blocks.prefect_api.issuers import called, words_of
from blocks.settings import read_settings
from blocks.text import markdown

SHOWN = frozenset({Action.STEP, Action.HELD, Action.MISROTATION, Action.WITHDRAWN})


def report(rotation: Rotation, history: History, head: str) -> str:
    """Steps, proofs, times and fingerprints. Nothing in it is secret."""
    completed = history.completed
    facts = [
        ("Credential", rotation.credential.name),
        ("Rotation", rotation.id),
        ("Reason", rotation.reason.value),
        *_started(history),
        *_deciders(history),
        *([("Approved by", _cell(history.approved_by))] if history.approval else []),
        ("Began", f"{rotation.started_at:%Y-%m-%d %H:%M:%S} UTC"),
        ("Completed", f"{history.ended.at:%Y-%m-%d %H:%M:%S} UTC" if completed and history.ended else "not yet"),
        ("Old pair", f"{_code(rotation.old)}{_dies(completed)}"),
        ("New pair", _code(completed.new) if completed else "none"),
        *_trading(completed),
        *_suspension(rotation, completed),
        ("Outage", _outage(history)),
        ("Hosts that answered", _hosts(history)),
        ("Ledger head", _code(head)),
    ]
    lines = [f"# {rotation.credential.name} was rotated", "", "| | |", "|---|---|"]
    lines += [f"| {name} | {value} |" for name, value in facts]
    lines += ["", *_decisions(history.rows)]
    lines += ["## Timeline", "", "| step | outcome | seconds | what was proved |", "|---|---|---:|---|"]
    lines += [_line(row) for row in history.rows if row.action in SHOWN and not row.facts.is_waiting]
    return words_of(rotation.credential).said("\n".join(lines) + "\n")


def _deciders(history: History) -> list[tuple[str, str]]:
    """Whose decisions it holds: who proved to be that one, and whose names were typed."""
    proved = {row.facts.operator for row in history.rows if row.facts.how}
    told = [("Proved to be", [one for one in history.operators if one in proved])]
    told.append(("Claimed by", [one for one in history.operators if one not in proved]))
    found = [(name, _cell(", ".join(who))) for name, who in told if who]
    return found or [("Claimed by", "nobody")]


def _decisions(rows: Sequence[Row]) -> Iterator[str]:
    """Who decided what, and by which proof; nothing where nobody decided anything."""
    found = [f"| {clock(one.at)} | {_cell(one.who)} | {_cell(one.what)} | {one.proof} |" for one in decided(rows)]
    if found:
        yield from ("## Who decided what", "", "| when | who | what | proof |", "|---|---|---|---|", *found, "")


def _started(history: History) -> list[tuple[str, str]]:
    """Who signed the start of each of its runs, where that is asked for."""
    starts = [row.facts for row in history.rows if row.action is Action.STARTED]
    told = [_cell(one.starter) or "nobody signed that" for one in starts if one.starter or one.unsigned]
    return [("Started by", ", then ".join(told))] if told else []


def _trading(completed: Facts | None) -> list[tuple[str, str]]:
    """How long trading stood still, of a credential with brakes."""
    if completed is None or completed.brakes_left_engaged is None:
        return []
    seconds, begin, end = completed.downtime_seconds, completed.trading_paused_at, completed.trading_resumed_at
    if seconds is None or begin is None or end is None:
        left = left_on(completed.brakes_left_engaged, completed.brakes_unknown_before)
        return [("Trading", _cell(left) or "not stopped by this rotation")]
    paused, resumed = (datetime.fromisoformat(one) for one in (begin, end))
    told = f"stopped for {seconds:.0f} s, from {paused:%H:%M:%S} to {resumed:%H:%M:%S} UTC"
    return [("Trading", told), ("Account verified", _cell(str(completed.account_number_verified)))]


def _dies(completed: Facts | None) -> str:
    """When the old one dies, where it lived on at the end."""
    if completed is None or not completed.old_dies_at:
        return ""
    date = clock(datetime.fromisoformat(completed.old_dies_at))
    if not completed.old_reversible:
        return f", dies by {date}; not proved when this was written"
    back = f" Until then its end can be taken back: {_cell(completed.old_way_back)}." if completed.old_way_back else ""
    return f", dead; ends for good by {date}, which was to come when this was written.{back}"


def _suspension(rotation: Rotation, completed: Facts | None) -> list[tuple[str, str]]:
    is_on = completed is not None and completed.suspended_by_owner
    where = f"Trades at {called(rotation.credential)}"
    return [(where, "suspended by the account's owner; rekey left that on")] if is_on else []


def _outage(history: History) -> str:
    """From the old pair's death, as it was seen while the form waited, to the last consumer on the new pair."""
    died, given = history.died_at, history.given
    if died is None:
        return "the old pair's death was not seen while the form waited (it is asked every few seconds)"
    if given is None:
        return f"since {died}"
    began = datetime.fromisoformat(died)
    return f"{(given.at - began).total_seconds():.0f} s, from {began:%H:%M:%S} to {given.at:%H:%M:%S} UTC"


def _hosts(history: History) -> str:
    """Every vendor's answer that a proof rests on came from one of these; each row of the ledger names its own."""
    return ", ".join(_code(one) for one in sorted(history.hosts)) or "none"


def _line(row: Row) -> str:
    facts = row.facts
    if row.action is not Action.STEP:
        return f"| {row.action.value.removeprefix('secret.')} | | | {_cell(facts.reason)} |"
    name = f"{facts.step} ({facts.subject})" if facts.subject is not None else facts.step
    told, outcome = list(facts.proofs), facts.outcome
    if facts.problem:
        told.append(facts.problem)
        outcome = "not accepted" if facts.is_done else outcome
    seconds = f"{facts.seconds:.1f}" if facts.seconds is not None else ""
    return f"| {_cell(name)} | {outcome} | {seconds} | {_cell(_listed(told))} |"


def _listed(sentences: list[str]) -> str:
    """Prefect's pages drop line breaks inside a table's cell."""
    return " ".join(f"• {one}" for one in sentences) if len(sentences) > 1 else "".join(sentences)


def _code(mark: str) -> str:
    """Of a fingerprint or a hash: hexadecimal digits."""
    return f"`{mark}`"


def _cell(text: str) -> str:
    """Prefect's pages show no line breaks within a cell."""
    return markdown(" ".join(text.splitlines()), ours=read_settings().prefect_ui_url)
