"""docs/reference/ledger.md: what a row of the ledger holds, and what can be recorded."""

from __future__ import annotations

from blocks.ledger.ledger import Action
from tests.project.reference import members
from tests.project.reference.markdown import code, page, table

ABOUT = (
    "One append-only, hash-chained table. `rekey ledger show` prints it, `--json` for programs; `rekey ledger verify` "
    "compares it. Times are UTC. No secret is in it: a pair is its fingerprint, the first 12 hex digits of its SHA-256."
)


def text() -> str:
    """The page."""
    told = members.told(Action)
    return page(
        "Ledger",
        ABOUT,
        "## Actions",
        table(["action", "says"], ([code(one.value), told[one.name]] for one in Action)),
    )
