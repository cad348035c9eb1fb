"""Refused together: a host refuses the pairs of all its credentials, and nothing tells an outage from their deaths.

An outage passes, and a dead pair never comes back, so watch looks again each minute. When it has lasted, people are
told once for all of them what is so and how it is settled. No brake goes on by it, and nothing is started.

Looks first at the ledger: since when it lasts, and whether it was told.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from blocks.ledger.ledger import Ledger
from blocks.ledger.operators import rekey_in
from blocks.ledger.row import Action, Row
from blocks.ledger.trading import clock
from blocks.model.credential import Credential
from blocks.model.rotation import Reason
from blocks.model.step import Step
from blocks.prefect_api.issuers import called
from blocks.prefect_api.recording import NOTED
from blocks.secret import Minted
from tasks.run.notify import Kind
from tasks.run.one_at_a_time import this_run

STEP = Step.REFUSED_TOGETHER
# Longer than most outages of a login; nobody is told of each hiccup.
LASTS = timedelta(minutes=10)

# Headline, text, id of the run that tells it, and what it is about.
Tell = Callable[[str, str, str, Kind], None]


def noticed(ledger: Ledger, credential: Credential, pair: Minted, others: Sequence[str], tell: Tell) -> None:
    """Write down that this pair is refused with those of the ``others``, and tell it when it lasts. LedgerError."""
    begun = _begun(ledger, credential.name, pair.fingerprint)
    if begun is None:
        told = f"The pair {pair.fingerprint} is refused, as those of {' and '.join(others)} are: an outage, or deaths."
        _note(ledger, credential, {"refused": pair.fingerprint, "with": list(others), "proofs": [told]})
        return
    if datetime.now(UTC) - begun.at < LASTS or _is_told(ledger, begun):
        return
    if not any(_was_told_with(ledger, one, credential.name) for one in others):
        tell(f"{credential.name}: look whether its keys are dead", _text(credential, others, begun), _run(), Kind.ALARM)
    _note(ledger, credential, {"told": begun.sequence, "proofs": ["People on call were told."]})


def lasts(ledger: Ledger, credential: Credential, pair: Minted) -> bool:
    """Whether it was noticed of this very pair, and is not over. Raises LedgerError."""
    return _begun(ledger, credential.name, pair.fingerprint) is not None


def has_lasted(ledger: Ledger, credential: Credential, pair: Minted) -> bool:
    """Whether it lasts so long that people are told to look, and to say that the pair is dead. Raises LedgerError."""
    begun = _begun(ledger, credential.name, pair.fingerprint)
    return begun is not None and datetime.now(UTC) - begun.at >= LASTS


def is_over(ledger: Ledger, credential: Credential, pair: Minted, tell: Tell) -> None:
    """The pair is proved to live: write that down if it was refused before, and tell whoever was told. LedgerError."""
    begun = _begun(ledger, credential.name, pair.fingerprint)
    if begun is None:
        return
    lives = f"{called(credential)} accepts the pair {pair.fingerprint} of {credential.name} again"
    told = f"Nothing to do: {lives}. It was an outage."
    if _is_told(ledger, begun):
        tell(f"{credential.name} lives", told, _run(), Kind.NEWS)
    _note(ledger, credential, {"over": begun.sequence, "proofs": [told]})


def _text(credential: Credential, others: Sequence[str], begun: Row) -> str:
    named, issuer = " and ".join([credential.name, *others]), called(credential)
    return (
        f"{issuer} refuses the pairs of {named} since {clock(begun.at)}. Either its login is out, or all of these keys "
        "are dead, and whatever trades with them is down: rekey cannot tell which, and has stopped no trading for it. "
        f"Look at {issuer}'s status page and at each account in the dashboard. Where the keys are dead, start the "
        f"rotation of {credential.name} with reason '{Reason.ACCOUNT_RESET}': as soon as one new pair is accepted, "
        "rekey finds out about the others by itself."
    )


def _begun(ledger: Ledger, name: str, mark: str) -> Row | None:
    """The row by which it began for this very pair, unless it is over; the death of the pair ends it, too."""
    begun: Row | None = None
    for row in ledger.rows(rotation="", credential=name, actions=(Action.STEP, Action.DIED)):
        facts = row.facts
        if facts.step == STEP and facts.refused is not None:
            begun = row if facts.refused == mark else None
        elif begun is not None and (row.action is Action.DIED or facts.over == begun.sequence):
            begun = None
    return begun


def _is_told(ledger: Ledger, begun: Row) -> bool:
    return any(row.facts.told == begun.sequence for row in _own(ledger, begun.credential))


def _was_told_with(ledger: Ledger, other: str, name: str) -> bool:
    """Whether the message about another credential, which lasts still, named this one."""
    rows = _own(ledger, other)
    begun = next((row for row in reversed(rows) if row.facts.refused is not None), None)
    return begun is not None and name in begun.facts.refused_with and rows[-1].facts.told == begun.sequence


def _own(ledger: Ledger, name: str) -> list[Row]:
    return [row for row in ledger.rows(rotation="", credential=name, actions=(Action.STEP,)) if row.facts.step == STEP]


def _note(ledger: Ledger, credential: Credential, facts: dict[str, Any]) -> None:
    context = {"step": STEP, "outcome": NOTED, **facts}
    ledger.append(Action.STEP, rotation="", credential=credential.name, actor=rekey_in(this_run()[1]), context=context)


def _run() -> str:
    return this_run()[0]
