"""docs/reference/ledger.md: what a row of the ledger holds, and what can be recorded."""

from __future__ import annotations

from blocks.ledger.facts import KEYS, Facts
from blocks.ledger.row import Action
from blocks.model.step import Step
from tests.project.reference import members
from tests.project.reference.groups import groups
from tests.project.reference.markdown import code, page, table

ABOUT = (
    "One append-only, hash-chained table. `rekey ledger show` prints it, `--json` for programs; `rekey ledger verify` "
    "compares it. Times are UTC. No secret is in it: a pair is its fingerprint, the first 12 hex digits of its SHA-256."
)
STEPS = (
    "A row `secret.rotate.step` names its step, in the order of [the procedure](../explanation/rotation.md), or what "
    "was asked or noted beside it."
)
FACTS = (
    "What a row's `context` may hold: moments are ISO 8601 in UTC. A fact that a row does not have is left out; an "
    "issuer keeps facts of its own beside these."
)
# Not in a row by these names: all of it, and whether one key is there.
_INNER = {"as_written", "says_of_the_old_pair"}


def facts() -> list[tuple[str, list[str]]]:
    """What each group of facts is about, with the keys under which a row keeps them."""
    return [
        (told, keys)
        for told, names in groups(Facts)
        if (keys := [KEYS.get(name, name) for name in names if name not in _INNER])
    ]


def text() -> str:
    """The page."""
    told = members.told(Action)
    return page(
        "Ledger",
        ABOUT,
        "## Actions",
        table(["action", "says"], ([code(one.value), told[one.name]] for one in Action)),
        "## Steps",
        STEPS,
        ", ".join(code(one.value) for one in Step),
        "## Facts",
        FACTS,
        table(["about", "facts"], ([about, ", ".join(map(code, keys))] for about, keys in facts())),
    )
