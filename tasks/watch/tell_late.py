"""Tell late: what was not taken when it happened is sent again, each minute until it is; and who got a right to act."""

from __future__ import annotations

from prefect import task

from blocks.ledger.row import Action, Row
from blocks.ledger.trading import clock
from blocks.people.interface import Message
from tasks.run import policy, untold
from tasks.run.notify import Kind, medium, tell

STEP = "tell late"
# One message that is never taken must not keep the others from people; but watch does not wait for each while it is
# away.
MOST_NOT_TAKEN = 3


@task(name=STEP, **policy.HUMAN)
def tell_late() -> None:
    """Send what nobody was told, oldest first, until several in a row are not taken. Raises LedgerError."""
    not_taken = 0
    for row in untold.waiting():
        message = _late(row) if row.action is Action.UNTOLD else _of_an_operator(row)
        if tell(message.headline, message.text, message.footer, message.facts, kind=Kind(message.kind), keep=False):
            untold.settle(row, message.headline)
            not_taken = 0
            continue
        not_taken += 1
        if not_taken == MOST_NOT_TAKEN:
            return


def _late(row: Row) -> Message:
    kept = row.facts
    text = f"{kept.text} (Told late: {medium()} did not take it at {clock(row.at)}.)"
    return Message(kept.headline, text, kept.footer, kept.message_kind, kept.payload or {})


def _of_an_operator(row: Row) -> Message:
    """Somebody may act from now on, or by something more."""
    # Who signed an approval is another one than whom it is for.
    of = untold.chosen_in(row)
    who, role = str(of.get("operator") or row.facts.who), str(of.get("role") or row.facts.role)
    called = (row.facts.passkey or {}).get("called")
    by = f'the passkey "{called}", which was registered' if called else "one-time codes, which were made"
    return Message(
        f"{who} may act as an operator ({role})",
        f"By {by} at {clock(row.at)}. If nobody of you expected that, end it: `rekey operator remove`, and then find "
        "out who had the link or the terminal.",
        "Everybody who may act: `rekey operator list`.",
        Kind.NEWS,
        {"operator": who},
    )
