"""One kind of each family that breaks one rule, and looks right otherwise."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

from pydantic import SecretStr

from blocks.answer import Answer, LiveEnabled
from blocks.brakes.interface import Done, Position
from blocks.errors import RekeyError, VendorError
from blocks.issuers.postmark import Postmark
from blocks.issuers.terms import DeathProof
from blocks.proofs import Record
from blocks.secret import Minted
from blocks.vaults.terms import Location, Stored
from deployments.kit.shipped import applications, consumers, issuers, vaults
from deployments.kit.shipped.common import block_of
from deployments.kit.stands import BrakeStand, ConsumerStand, IssuerStand, RuntimeStand, VaultStand
from deployments.sandbox.estate import Estate
from deployments.sandbox.issuers.postmark import SERVER


class _Wrapped:
    """Everything as in the right one."""

    def __init__(self, right: Any) -> None:
        self.right = right

    def __getattr__(self, name: str) -> Any:
        return getattr(self.right, name)


class _Credulous(_Wrapped):
    """A vault that takes a lost answer for a write."""

    def write(
        self, location: Location, values: Mapping[str, SecretStr], before: Mapping[str, Stored] | None = None
    ) -> dict[str, Stored]:
        try:
            found: dict[str, Stored] = self.right.write(location, values, before)
        except RekeyError:
            return {}
        return found


class _Boastful(_Wrapped):
    """A consumer that says that it was given what never arrived."""

    def give(self, handover: Any, record: Record) -> None:
        with suppress(RekeyError):
            self.right.give(handover, record)
        record.prove("it has it")


class _Careless(_Wrapped):
    """A brake that is released when nobody says where it stands."""

    def position(self) -> Position:
        try:
            found: Position = self.right.position()
        except RekeyError:
            return Position(is_engaged=False, told="0")
        return found

    def set(self, *, engaged: bool, timeout_s: float | None, on_change: Callable[[], None]) -> Done:
        found: Done = self.right.set(engaged=engaged, timeout_s=timeout_s, on_change=on_change)
        return found


class _Hopeful(_Wrapped):
    """A running application that trades while nobody hears of it, and whose client raises what it must not."""

    def trading_health(self, route: str, field: str) -> LiveEnabled:
        found: LiveEnabled = self.right.trading_health(route, field)
        return LiveEnabled(Answer.YES) if found.answer is Answer.UNKNOWN else found

    def answers_with(self, realm: str, subject: str) -> Answer:
        try:
            found: Answer = self.right.answers_with(realm, subject)
        except VendorError:
            found = Answer.UNKNOWN
        if found is Answer.UNKNOWN:
            raise KeyError("account")
        return found


class _Hasty(_Wrapped):
    """An issuer for which whatever is no yes is a no."""

    def accepts(self, realm: str, minted: Minted) -> Answer:
        found: Answer = self.right.accepts(realm, minted)
        return Answer.NO if found is Answer.UNKNOWN else found

    def is_dead(self, realm: str, old: Minted, new: Minted) -> DeathProof:
        found: DeathProof = self.right.is_dead(realm, old, new)
        return found


class _Flapping(_Wrapped):
    """An issuer for which an ended pair may be accepted for that long."""

    def __init__(self, right: Any, dies_within_s: float) -> None:
        super().__init__(right)
        self.dies_within_s = dies_within_s


@contextmanager
def stand_of_a_vault() -> Iterator[VaultStand]:
    """Credulous."""
    with vaults.hashicorp() as stand:
        stand.client = _Credulous(stand.client)  # type: ignore[assignment]  # it looks like one
        yield stand


@contextmanager
def stand_of_a_consumer() -> Iterator[ConsumerStand]:
    """Boastful."""
    with consumers.heroku() as stand:
        stand.consumer = _Boastful(stand.consumer)  # type: ignore[assignment]  # it looks like one
        yield stand


@contextmanager
def stand_of_a_brake() -> Iterator[BrakeStand]:
    """Careless."""
    with applications.heroku_brake() as stand:
        stand.brake = _Careless(stand.brake)  # type: ignore[assignment]  # it looks like one
        yield stand


@contextmanager
def stand_of_a_runtime() -> Iterator[RuntimeStand]:
    """Hopeful."""
    with applications.http_json() as stand:
        stand.client = _Hopeful(stand.client)  # type: ignore[assignment]  # it looks like one
        yield stand


@contextmanager
def stand_of_an_issuer_that_flaps() -> Iterator[IssuerStand]:
    """A vendor that accepts an ended pair now and then for 20 minutes, and an issuer that does not say so."""
    with flapping(0.0) as stand:
        yield stand


@contextmanager
def flapping(dies_within_s: float) -> Iterator[IssuerStand]:
    """The issuer of that vendor, with what it says of it."""
    with Estate() as estate:
        keys = estate.issuers.postmark.keys
        estate.issuers.postmark.knobs.flaps_s = 1200.0
        ended = keys.mint()
        keys.delete(ended)
        good, dead = (Minted({"token": SecretStr(one)}) for one in (keys.mint(), ended))
        issuer = _Flapping(block_of(estate, Postmark), dies_within_s)
        yield IssuerStand(estate.server, "issuers", issuer, "production", good, dead, str(SERVER))  # type: ignore[arg-type]  # it looks like one


@contextmanager
def stand_of_an_issuer() -> Iterator[IssuerStand]:
    """Hasty."""
    with issuers.alpaca() as stand:
        stand.issuer = _Hasty(stand.issuer)  # type: ignore[assignment]  # it looks like one
        yield stand
