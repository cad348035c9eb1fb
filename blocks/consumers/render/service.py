"""A service at Render that has the pair among its own environment variables.

Render sets one variable a request, or replaces all of them by a list, which would undo what somebody else sets in the
same moment. So each is set for itself: no instance that runs sees that, because it has what it was deployed with. When
all are set the service is deployed, and rekey waits until that deploy is live.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field, SecretStr

from blocks.answer import Answer
from blocks.check import Depth, Seen
from blocks.consumers.interface import EQUAL, Consumer, Elsewhere, Given, Handover, Held
from blocks.consumers.render import deploys
from blocks.errors import Missing, StepError, Transient
from blocks.key_end import UNKNOWN, KeyEnd
from blocks.proofs import Record
from blocks.secret import Minted

if TYPE_CHECKING:
    from blocks.consumers.render.client import RenderClient

# So many services are looked through for the same names.
MOST_SERVICES = 50


class RenderConsumer(Consumer):
    """A service's own environment variables."""

    block: ClassVar[str] = "blocks.consumers.render.block:Render"
    application_field: ClassVar[str] = "service"
    platform: ClassVar[str] = "render"
    looks_elsewhere: ClassVar[bool] = True
    whose_token: ClassVar[str] = "Render"  # noqa: S105  # no token, but the vendor of one

    kind: Literal["render"] = Field(description="environment variables of a service at Render")
    service: str = Field(
        pattern=r"^[a-z]{3}-[a-z0-9]+$", description="its id, such as `srv-...`, as in its page's address"
    )

    @property
    def label(self) -> str:
        """How this consumer is called in messages, task runs and the ledger."""
        return f"render {self.service}"

    @property
    def variables(self) -> tuple[tuple[str, str], ...]:
        """One variable of a service holds one half of one pair."""
        return tuple((self.service, name) for name in self.names.values())

    def can_write(self) -> Answer:
        """Whether the key may set variables there, found out with one that no service reads."""
        with connected() as client:
            return client.can_write(self.service)

    def has(self, pair: Minted) -> Answer:
        """Whether its variables are this pair now. Raises Render's errors."""
        with connected() as client:
            return Answer.YES if self._copy(client) == pair else Answer.NO

    def give(self, handover: Handover, record: Record) -> None:
        """Set the variables unless they are set, and deploy unless a deploy was begun for them; then wait for it.

        Raises StepError for a deploy that failed, Transient, and Render's errors.
        """
        pair, mark = handover.pair, handover.pair.fingerprint
        with connected() as client:
            before = client.variables(self.service)
            is_new = self._in(before) != pair
            for name, value in self.named(pair).items() if is_new else ():
                client.set_variable(self.service, name, value)
            if is_new and self._copy(client) != pair:
                raise Transient(
                    f"{self.label} does not show pair {mark} after it was set.",
                    "Find out who else sets its variables (a Blueprint). It is tried again.",
                )
            has = "has" if is_new else "has already"
            if client.is_suspended(self.service):
                record.prove(
                    f"{self.label} {has} {mark}, read back. It is suspended: it is deployed with it when it runs again."
                )
                return
            deploy = deploys.begun(client, self.service, before, mark, is_new=is_new)
            deploys.wait(client, self.service, deploy, mark)
        record.note(deploy=deploy)
        record.prove(f"{self.label} {has} {mark}, read back, and deploy {deploy}, or a newer one, is live with it.")

    def holds(self, held: Held, given: Given | None, depth: Depth) -> Seen:
        """Compared by value. Raises StepError for another one and a missing one, and Render's errors."""
        del given, depth
        with connected() as client:
            there = client.variables(self.service)
        absent = [name for name in self.names.values() if name not in there]
        if absent:
            raise StepError(
                f"{self.label} has no {' and '.join(absent)} of its own.",
                "Compare the names in the catalog, and look whether they come from an environment group, which rekey "
                "does not write; a rotation sets them on the service.",
            )
        if self._in(there) == held.pair:
            return Seen(EQUAL, f"{self.label} has the vault's pair {held.pair.fingerprint}.")
        raise StepError(
            f"{self.label} has another pair than the vault's {held.pair.fingerprint}.",
            "Find out who changed it. If the vault is right, set the variables from the vault and deploy, or rotate.",
        )

    def token_end(self) -> KeyEnd:
        """Render tells nothing of an end. Raises Render's errors."""
        with connected() as client:
            client.is_suspended(self.service)
        return UNKNOWN

    def unwell(self) -> Sequence[StepError]:
        """A newest deploy that failed: the next one would, too. Raises Render's errors."""
        with connected() as client:
            return deploys.troubles(client, self.service)

    def elsewhere(self, entries: Iterable[Consumer]) -> Elsewhere:
        """Other services and environment groups with these names that no entry names. Raises VendorError."""
        named = {one.service for one in entries if isinstance(one, RenderConsumer)} | {self.service}
        wanted, found, unlisted = set(self.names.values()), [], []
        with connected() as client:
            others = {one: name for one, name in client.services().items() if one not in named}
            for one in list(others)[:MOST_SERVICES]:
                try:
                    there = sorted(wanted & client.variables(one).keys())
                except Missing as error:
                    unlisted.append(f"{others[one]} ({error.fault})")
                    continue
                found += [f"service {others[one]} ({', '.join(there)})"] if there else []
            for name, variables in client.groups().items():
                there = sorted(wanted & variables.keys())
                found += [f"environment group {name} ({', '.join(there)})"] if there else []
        more = len(others) - MOST_SERVICES
        unlisted += [f"{more} more services"] if more > 0 else []
        told = f"Render has the same names where no entry of the catalog names them: {'; '.join(found)}. They keep the "
        told += "old pair, and a service that is linked to such a group would read it if its own were taken away."
        nowhere = "No other service and no environment group that was looked at has these names."
        return Elsewhere(told if found else "", nowhere, f"Not looked at: {', '.join(unlisted)}." if unlisted else "")

    def _copy(self, client: RenderClient) -> Minted | None:
        return self._in(client.variables(self.service))

    def _in(self, there: Mapping[str, SecretStr]) -> Minted | None:
        """The pair among these variables; None when a part of it is missing."""
        return self.minted_of(there) if set(self.names.values()) <= there.keys() else None


def connected() -> RenderClient:
    """A client with the key of the block. Close it, or use it as a context manager. Raises CatalogError."""
    from blocks.consumers.render.block import Render  # noqa: PLC0415  # who only reads a catalog does not wait for Prefect
    from blocks.prefect_api import estate  # noqa: PLC0415  # as above

    return estate.loaded(Render).get_client()
