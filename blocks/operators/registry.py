"""Who is enrolled, as the ledger says: one fold over the rows about operators, oldest first.

Public keys, roles and one-time links are rows, so an enrolment is recorded and chained like everything else, and cannot
be changed afterwards without that showing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import lru_cache, reduce

from sqlalchemy import Engine

from blocks.ledger.facts import Facts
from blocks.ledger.ledger import Ledger
from blocks.ledger.row import SHARED, Action, Context, Row
from blocks.operators.passkeys import Passkey

SUPERADMIN = "superadmin"
ROLES = ("ops", SUPERADMIN)
# How somebody proves to be the one who acts.
PASSKEY, CODE = "passkey", "code"
ABOUT_OPERATORS = (
    Action.OPERATOR_INVITED,
    Action.OPERATOR_APPROVED,
    Action.OPERATOR_ENROLLED,
    Action.OPERATOR_CODED,
    Action.OPERATOR_REMOVED,
    Action.OPERATOR_RECOVERED,
    Action.OPERATOR_ACTED,
)
# The databases of which the fold is kept.
KEPT = 4


@dataclass(frozen=True, slots=True)
class Operator:
    """One who is enrolled."""

    name: str
    role: str
    passkeys: tuple[Passkey, ...] = ()
    # The number of the newest time step whose code was taken, 0 before that; None for one who has no codes.
    code: int | None = None

    def may(self, role: str) -> bool:
        """Whether an act that asks for this role is theirs to do: their own role's, and a superadmin's is every one."""
        return self.role in {role, SUPERADMIN}

    def passkeys_at(self, host: str) -> tuple[Passkey, ...]:
        """Those that sign on a console at this host: a browser offers no passkey of another one."""
        return tuple(one for one in self.passkeys if one.host == host)

    def passkey(self, credential_id: str) -> Passkey | None:
        """Theirs with this ID; None when they have none such, or not any more."""
        return next((one for one in self.passkeys if one.credential_id == credential_id), None)


@dataclass(frozen=True, slots=True)
class Link:
    """A one-time link; its token is known to whoever has the link, and here only its hash."""

    hash: str
    operator: str
    role: str
    until: datetime
    needs_approval: bool = False
    approved_by: str = ""
    used: bool = False
    # It registers no passkey: approved, it lets the one-time codes count whose secret the vault has.
    codes: bool = False


@dataclass(frozen=True, slots=True)
class Registry:
    """Everybody who is enrolled, and the links that were made."""

    operators: Mapping[str, Operator] = field(default_factory=dict)
    links: Mapping[str, Link] = field(default_factory=dict)
    # Who may not act any more, and did once.
    removed: frozenset[str] = frozenset()
    last: Row | None = None

    @classmethod
    def fold(cls, rows: Iterable[Row]) -> Registry:
        """Of all these rows, oldest first."""
        return reduce(cls.add, rows, cls())

    @property
    def is_empty(self) -> bool:
        """Whether nobody was ever enrolled. Once somebody was, that all are gone lets nobody act unproved."""
        return not (self.operators or self.removed)

    @property
    def superadmins(self) -> list[Operator]:
        """Those who can approve the enrolment of others."""
        return [one for one in self.operators.values() if one.role == SUPERADMIN and one.passkeys]

    def add(self, row: Row) -> Registry:
        """With one row more."""
        change = _CHANGES.get(row.action)
        now = self if change is None else change(self, row.facts)
        return replace(now, last=row)

    def with_operator(self, operator: Operator) -> Registry:
        """With this operator as they are now."""
        return replace(
            self, operators={**self.operators, operator.name: operator}, removed=self.removed - {operator.name}
        )


def _invited(known: Registry, facts: Facts) -> Registry:
    until = datetime.fromisoformat(facts.until)
    link = Link(facts.link, facts.who, facts.role, until, facts.needs_approval, codes=facts.codes)
    if link.codes:
        known = _without_codes(known, link.operator)
    return replace(known, links={**known.links, link.hash: link})


def _without_codes(known: Registry, operator: str) -> Registry:
    """Older codes are not taken any more, and an older link approves none."""
    links = {name: one for name, one in known.links.items() if not (one.codes and one.operator == operator)}
    before = known.operators.get(operator)
    now = replace(known, links=links)
    return now if before is None else now.with_operator(replace(before, code=None))


def _approved(known: Registry, facts: Facts) -> Registry:
    now, link = _acted(known, facts), known.links.get(facts.link)
    if link is None:
        return now
    owner = now.operators.get(link.operator)
    # Only once: a code that was used must not count again.
    if link.codes and not link.approved_by and owner is not None:
        now = now.with_operator(replace(owner, code=0))
    return replace(now, links={**known.links, link.hash: replace(link, approved_by=facts.who)})


def _enrolled(known: Registry, facts: Facts) -> Registry:
    before = _acted(known, facts).operators.get(facts.who, Operator(facts.who, facts.role))
    passkeys = (*before.passkeys, Passkey(**(facts.passkey or {})))
    link = known.links.get(facts.link)
    links = {**known.links, link.hash: replace(link, used=True)} if link else known.links
    now = known.with_operator(replace(before, role=facts.role, passkeys=passkeys))
    return replace(now, links=links)


def _coded(known: Registry, facts: Facts) -> Registry:
    before = known.operators.get(facts.who)
    return known if before is None else known.with_operator(replace(before, code=0))


def _removed(known: Registry, facts: Facts) -> Registry:
    left = {name: one for name, one in known.operators.items() if name != facts.who}
    return replace(_without_links(known, facts.who), operators=left, removed=known.removed | {facts.who})


def _recovered(known: Registry, facts: Facts) -> Registry:
    before = known.operators.get(facts.who)
    now = _without_links(known, facts.who)
    return now if before is None else now.with_operator(replace(before, passkeys=(), code=None))


def _without_links(known: Registry, operator: str) -> Registry:
    """A link that was made before leads nowhere any more."""
    return replace(known, links={name: one for name, one in known.links.items() if one.operator != operator})


def _acted(known: Registry, facts: Facts) -> Registry:
    """With the counter of the authenticator that signed, or the code that was taken."""
    before = known.operators.get(facts.who)
    if before is None or facts.counter is None:
        return known
    if facts.how == CODE:
        return known.with_operator(replace(before, code=facts.counter))
    used = (facts.assertion or {}).get("credential_id")
    passkeys = tuple(
        replace(one, counter=facts.counter) if one.credential_id == used else one for one in before.passkeys
    )
    return known.with_operator(replace(before, passkeys=passkeys))


_CHANGES = {
    Action.OPERATOR_INVITED: _invited,
    Action.OPERATOR_APPROVED: _approved,
    Action.OPERATOR_ENROLLED: _enrolled,
    Action.OPERATOR_CODED: _coded,
    Action.OPERATOR_REMOVED: _removed,
    Action.OPERATOR_RECOVERED: _recovered,
    Action.OPERATOR_ACTED: _acted,
}


def write(ledger: Ledger, known: Registry, action: Action, actor: str, context: Context) -> Row | None:
    """One row about operators, if ``known`` is still all that there is; None when somebody wrote meanwhile.

    Raises LedgerError.
    """
    return ledger.append_if_newest(
        action, credential=SHARED, actor=actor, context=context, newest=known.last, among=ABOUT_OPERATORS
    )


def of(ledger: Ledger) -> Registry:
    """Who is enrolled now. Only the rows are read that came since this process asked last. Raises LedgerError.

    The newest row that was read is asked for again: while its hash is there, so are all rows before it.
    """
    kept = _kept(ledger.engine)
    known = kept.get(SHARED, Registry())
    last = known.last
    found = ledger.rows(credential=SHARED, actions=ABOUT_OPERATORS, after=last.sequence - 1 if last else 0)
    if last is not None and (not found or found[0].hash != last.hash):
        # Another ledger, or an older copy of it.
        known, last = Registry(), None
        found = ledger.rows(credential=SHARED, actions=ABOUT_OPERATORS)
    kept[SHARED] = now = reduce(Registry.add, found if last is None else found[1:], known)
    return now


@lru_cache(maxsize=KEPT)
def _kept(_: Engine) -> dict[str, Registry]:
    """Of one database."""
    return {}
