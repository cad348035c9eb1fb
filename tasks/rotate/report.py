"""The report of a rotation as Markdown, made from the ledger alone: what it says happened is what it shows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from blocks.ledger.ledger import Action, Row
from blocks.ledger.operators import named_in
from blocks.ledger.trading import left_on
from blocks.model.rotation import Rotation
from blocks.model.step import Step
from blocks.prefect_api.issuers import called
from blocks.prefect_api.recording import DONE, WAITING
from blocks.settings import read_settings
from blocks.text import markdown
from blocks.wire.witnesses import HOSTS
from tasks.run import outage

SHOWN = frozenset({Action.STEP, Action.HELD, Action.MISROTATION, Action.WITHDRAWN})


def report(rotation: Rotation, rows: Sequence[Row], head: str) -> str:
    """Steps, proofs, times and fingerprints. Nothing in it is secret."""
    completed = next((row for row in reversed(rows) if row.action is Action.COMPLETED), None)
    facts = [
        ("Credential", rotation.credential.name),
        ("Rotation", rotation.id),
        ("Reason", rotation.reason.value),
        ("Claimed by", _cell(", ".join(named_in(rows)) or "nobody")),
        ("Began", f"{rotation.started_at:%Y-%m-%d %H:%M:%S} UTC"),
        ("Completed", f"{completed.at:%Y-%m-%d %H:%M:%S} UTC" if completed else "not yet"),
        ("Old pair", _code(rotation.old)),
        ("New pair", _code(str(completed.context["new"])) if completed else "none"),
        *_trading(completed),
        *_suspension(rotation, completed),
        ("Outage", _outage(rows)),
        ("Hosts that answered", _hosts(rows)),
        ("Ledger head", _code(head)),
    ]
    lines = [f"# {rotation.credential.name} was rotated", "", "| | |", "|---|---|"]
    lines += [f"| {name} | {value} |" for name, value in facts]
    lines += ["", "## Timeline", "", "| step | outcome | seconds | what was proved |", "|---|---|---:|---|"]
    lines += [_line(row) for row in rows if row.action in SHOWN and row.context.get("outcome") != WAITING]
    return "\n".join(lines) + "\n"


def _trading(completed: Row | None) -> list[tuple[str, str]]:
    """How long trading stood still, of a credential with brakes."""
    if completed is None or "trading_paused_at" not in completed.context:
        return []
    context = completed.context
    left = left_on(context["brakes_left_engaged"], context.get("brakes_unknown_before", []))
    if context["downtime_seconds"] is None:
        return [("Trading", _cell(left) or "not stopped by this rotation")]
    paused, resumed = (datetime.fromisoformat(context[name]) for name in ("trading_paused_at", "trading_resumed_at"))
    told = f"stopped for {context['downtime_seconds']:.0f} s, from {paused:%H:%M:%S} to {resumed:%H:%M:%S} UTC"
    return [("Trading", told), ("Account verified", _cell(str(context["account_number_verified"])))]


def _suspension(rotation: Rotation, completed: Row | None) -> list[tuple[str, str]]:
    is_on = completed is not None and completed.context.get("suspended_by_owner")
    where = f"Trades at {called(rotation.credential)}"
    return [(where, "suspended by the account's owner; rekey left that on")] if is_on else []


def _outage(rows: Sequence[Row]) -> str:
    """From the old pair's death, as it was seen while the form waited, to the last consumer on the new pair."""
    died = outage.died_at(rows)
    given = [row.at for row in rows if row.context.get("step") == Step.PROPAGATE and row.context.get("outcome") == DONE]
    if died is None:
        return "the old pair's death was not seen while the form waited (it is asked every few seconds)"
    if not given:
        return f"since {died}"
    began = datetime.fromisoformat(died)
    return f"{(given[-1] - began).total_seconds():.0f} s, from {began:%H:%M:%S} to {given[-1]:%H:%M:%S} UTC"


def _hosts(rows: Sequence[Row]) -> str:
    """Every vendor's answer that a proof rests on came from one of these; each row of the ledger names its own."""
    hosts = sorted({str(host) for row in rows for host in row.context.get(HOSTS, ())})
    return ", ".join(_code(one) for one in hosts) or "none"


def _line(row: Row) -> str:
    context = row.context
    if row.action is not Action.STEP:
        return f"| {row.action.value.removeprefix('secret.')} | | | {_cell(str(context.get('reason', '')))} |"
    name = f"{context['step']} ({context['subject']})" if "subject" in context else context["step"]
    told = list(context.get("proofs", []))
    outcome = context["outcome"]
    if context.get("problem"):
        told.append(str(context["problem"]))
        outcome = "not accepted" if outcome == DONE else outcome
    seconds = f"{context['seconds']:.1f}" if "seconds" in context else ""
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
