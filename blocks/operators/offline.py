"""Whether every signature in the ledger holds, checked without asking anybody: only rows and public keys are needed."""

from __future__ import annotations

from collections.abc import Iterable

from blocks.errors import ProofRefused
from blocks.ledger.chain import Break
from blocks.ledger.ledger import Ledger
from blocks.ledger.row import SHARED, Row
from blocks.operators import passkeys
from blocks.operators.act import Act
from blocks.operators.assertion import Assertion
from blocks.operators.passkeys import Site
from blocks.operators.registry import ABOUT_OPERATORS, Registry


def broken(ledger: Ledger) -> tuple[int, Break | None]:
    """How many signatures there are, and the first row whose signature does not hold. Raises LedgerError."""
    return first_broken(ledger.rows(credential=SHARED, actions=ABOUT_OPERATORS))


def first_broken(rows: Iterable[Row]) -> tuple[int, Break | None]:
    """As ``broken``, of these rows about operators, oldest first: each is checked against what came before it."""
    known, count = Registry(), 0
    for row in rows:
        if row.facts.assertion is not None:
            count += 1
            reason = _what_is_wrong_with(row, known)
            if reason:
                return count, Break(row.sequence, reason)
        known = known.add(row)
    return count, None


def _what_is_wrong_with(row: Row, known: Registry) -> str:
    facts = row.facts
    who = known.operators.get(facts.who)
    if who is None:
        return "its signature is of nobody who was enrolled then"
    try:
        act, assertion = Act.from_context(facts.act or {}), Assertion(**(facts.assertion or {}))
        passkey = passkeys.one_of(who.passkeys, assertion)
        site = Site(passkey.host, facts.origin)
        counter = passkeys.checked(site, act.challenge, assertion, passkey)
    except TypeError:
        return "what was signed cannot be read"
    except ProofRefused as problem:
        return f"its signature does not hold. {problem.problem}"
    if facts.link and act.form != facts.link:
        return "what was signed is about another link"
    return "" if counter == facts.counter else "it names another counter than its signature"
