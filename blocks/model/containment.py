"""Containment: a live pair goes only to apps whose trading rekey can stop, never to staging, GitHub, or a local copy.

Nor is it kept in the vault beside theirs, and its check order may cost next to nothing, should it ever fill.

Asked twice: a catalog that breaks the rule does not load, and each consumer is asked again at the moment of writing.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from fnmatch import fnmatchcase
from typing import Any

from blocks.brakes.interface import Brake
from blocks.consumers.interface import Consumer
from blocks.errors import StepError

# What an app that does not trade real money is called. A credential's own ``deny`` comes on top.
DENIED = (
    "*staging*",
    "*stage*",
    "*dev*",
    "*test*",
    "*local*",
    "*demo*",
    "*review*",
    "*stg*",
    "*uat*",
    "*preview*",
    "*paper*",
    "*-pr-*",
)
# Words that hold one of those and mean something else, where they stand alone (`raxx-latest`). Not every edge of
# a word counts: `raxxdev` and `apitest` stay denied.
_OTHER_WORDS = re.compile(
    r"(?<![a-z])(?:latest|contests?|protest|attest(?:ation)?s?|devices?|devops|locales?|locali[sz]ation|democracy"
    r"|backstage|newspapers?)(?![a-z])"
)
RULE = "containment: a live pair goes only to applications that its brakes can stop"
NEVER = "never to staging, GitHub Actions, Slack or a local copy"
RULE_OF_VAULT = "containment: a live pair is kept apart from what trades no real money"
# One share at the default limit, with room; what is lost at most should it ever fill.
MOST_USD = 5
RULE_OF_COST = f"containment: the check order of a live credential may cost at most {MOST_USD} USD"


# An application, and the platform that runs it: another platform may have one of that name.
Application = tuple[str, str]


def written(kind: type[Consumer | Brake], entry: Mapping[str, Any]) -> Application:
    """The application of an entry, as the catalog writes it."""
    if issubclass(kind, Brake):
        return kind.application_in(entry)
    return kind.platform, str(entry.get(kind.application_field, ""))


def problem_with(
    kind: type[Consumer] | None, consumer: Mapping[str, Any], braked: Collection[Application], deny: Sequence[str]
) -> str | None:
    """Why this consumer, as the catalog writes it, must not get a live pair; None when it may.

    ``kind`` is None for one that is not known.
    """
    if kind is None or not kind.application_field:
        return f"{RULE}, {NEVER}: take this consumer of the kind {consumer.get('kind')!r} out"
    return _problem_with_application(written(kind, consumer), braked, deny)


def _problem_with_application(one: Application, braked: Collection[Application], deny: Sequence[str]) -> str | None:
    app = one[1]
    own = next((one for one in deny if fnmatchcase(app.lower(), one.lower())), None)
    pattern = _denied(app) or own
    if pattern is not None:
        return f"{RULE}, {NEVER}: the app {app} matches the denied {pattern!r}, take it out"
    if one not in braked:
        return f"{RULE}: {app} has none, so give it a brake of its own or take it out"
    return None


def problem_with_vault(value: str) -> str | None:
    """Why a live pair must not be kept under this environment or path of the vault; None when it may."""
    pattern = _denied(value)
    if pattern is None:
        return None
    return f"{RULE_OF_VAULT}: {value} matches the denied {pattern!r}, name the environment and the path of real trading"


def _denied(name: str) -> str | None:
    """Which of the words is in this name; None for none."""
    left = _OTHER_WORDS.sub("", name.lower())
    return next((one for one in DENIED if fnmatchcase(left, one)), None)


def problem_with_cost(quantity: int, limit_price: str) -> str | None:
    """Why this check order must not be placed with real money; None when it may."""
    cost = quantity * Decimal(limit_price)
    if cost <= MOST_USD:
        return None
    return f"{RULE_OF_COST}: quantity x limit_price is {cost} USD, lower one of them"


def refuse(consumer: Consumer, braked: Collection[Application], deny: Sequence[str], *, is_guarded: bool) -> None:
    """Ask containment right before a pair is written to this consumer. Raises StepError; nothing was written."""
    if not is_guarded:
        return
    problem = problem_with(type(consumer), consumer.model_dump(), braked, deny)
    if problem is not None:
        raise StepError(
            f"{consumer.label} must not get a live pair ({problem}).", "Nothing was written to it. Correct the catalog."
        )
