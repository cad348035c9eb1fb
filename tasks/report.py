"""The report of a rotation as Markdown, made from the ledger alone: what it says happened is what it shows."""

from __future__ import annotations

from collections.abc import Sequence

from blocks.ledger import Action, Row
from blocks.recording import DONE, WAITING
from blocks.rotation import Rotation


def report(rotation: Rotation, rows: Sequence[Row], head: str) -> str:
    """Steps, proofs, times and fingerprints. Nothing in it is secret."""
    completed = next((row for row in reversed(rows) if row.action is Action.COMPLETED), None)
    facts = [
        ("Credential", rotation.credential.name),
        ("Rotation", rotation.id),
        ("Reason", rotation.reason.value),
        ("By", rotation.actor),
        ("Began", f"{rotation.started_at:%Y-%m-%d %H:%M:%S} UTC"),
        ("Completed", f"{completed.at:%Y-%m-%d %H:%M:%S} UTC" if completed else "not yet"),
        ("Old pair", f"`{rotation.old}`"),
        ("New pair", f"`{completed.context['new']}`" if completed else "none"),
        ("Ledger head", f"`{head}`"),
    ]
    lines = [f"# {rotation.credential.name} was rotated", "", "| | |", "|---|---|"]
    lines += [f"| {name} | {_cell(value)} |" for name, value in facts]
    lines += ["", "## Timeline", "", "| step | outcome | seconds | what was proved |", "|---|---|---:|---|"]
    lines += [_line(row) for row in rows if row.action is Action.STEP and row.context["outcome"] != WAITING]
    return "\n".join(lines) + "\n"


def _line(row: Row) -> str:
    context = row.context
    name = f"{context['step']} ({context['subject']})" if "subject" in context else context["step"]
    told = list(context.get("proofs", []))
    outcome = context["outcome"]
    if outcome != DONE or context.get("problem"):
        told.append(str(context.get("problem", "")))
        outcome = "not accepted" if outcome == DONE else outcome
    return f"| {name} | {outcome} | {context['seconds']:.1f} | {_cell('<br>'.join(told))} |"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", "<br>")
