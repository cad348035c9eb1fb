"""A vendor that the catalog describes: each credential's own table makes an issuer of it, without a line of code.

It is asked one question, whose a key is, and proves with that what can be proved with it; what it cannot prove,
``rekey catalog`` says.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import lru_cache
from typing import ClassVar

from pydantic import Field

from blocks.errors import CatalogError, Refused, Rejected, Unclear, VendorError
from blocks.issuers.declared.reading import found, headers, is_name, page_of, refuses
from blocks.issuers.declared.table import AT_MINT, DeclaredTable
from blocks.issuers.ending import Ending
from blocks.issuers.interface import Issuer
from blocks.issuers.keyed import SUBJECT, Keyed
from blocks.issuers.terms import By, FormField, Identity, Instructions, MintForm, OldDies, Situation, Traits
from blocks.look import Look
from blocks.model.credential import Credential
from blocks.model.hosts import Hosts
from blocks.secret import Minted
from blocks.wire.exchange import READ_TIMEOUT_S, ReadTimeout
from blocks.wire.http import Http

# The issuers of so many tables are kept: each is a class.
KEPT = 512
# The statuses of an answer that seems to be well.
WELL = range(200, 300)


class Declared(Keyed):
    """What all declared vendors share. Its ``of`` makes the issuer of a credential from its table."""

    _block_type_name = "Declared vendor"
    _block_type_slug = "declared"

    called: ClassVar[str] = "a declared vendor"
    word: ClassVar[str] = "declared"
    traits: ClassVar[Traits] = Traits(OldDies.AT_MINT)
    fields: ClassVar[tuple[str, ...]] = ()
    realms: ClassVar[tuple[str, ...]] = ("paper", "test", "practice", "production", "live")
    identifies: ClassVar[str] = "read whose the key is"
    own_table = DeclaredTable
    table: ClassVar[DeclaredTable]

    url: str = Field(default="", title="Address", description="Of its API, by [hosts.issuers] of the catalog.")
    page_url: str = Field(default="", title="Page", description="On which a person makes a key.")
    read_timeout_s: ReadTimeout = READ_TIMEOUT_S

    @classmethod
    def of(cls, credential: Credential) -> type[Issuer]:
        """The issuer that the credential's table describes. Raises CatalogError for a credential without one."""
        if not isinstance(credential.own, DeclaredTable):
            raise CatalogError(
                f"{credential.name} has no table that says what its vendor is.",
                f"Write [credential.{credential.name}.declared] into the catalog.",
            )
        return _issuer_of(credential.own.model_dump_json(), credential.realm)

    @classmethod
    def in_the_catalog(cls, hosts: Hosts) -> Issuer:
        """The vendor at the addresses of the catalog. Raises CatalogError for one that is not there."""
        missing = [one for one in cls.table.hosts if one not in hosts.issuers]
        if missing:
            raise CatalogError(
                f"[hosts.issuers] of the catalog names no {' and no '.join(missing)}.", "Write there where it is."
            )
        page = hosts.issuers[cls.table.page_host or cls.table.host][0]
        return cls(url=hosts.issuers[cls.table.host][0], page_url=f"{page}{cls.table.page}")

    def get_client(self) -> Http:
        """A client. Close it, or use it as a context manager."""
        return Http(self.called, self.url, read_timeout_s=self.read_timeout_s)

    def address_in(self, realm: str) -> str:
        """It has no block: the catalog says all of it."""
        host = f"the {realm} address {self.table.host} in [hosts.issuers] of the catalog"
        return f"{host} and identity, subject and refusal in its table"

    def page(self, realm: str) -> str:  # noqa: ARG002  # a table is of one realm
        """The page on which a person makes a key."""
        return self.page_url

    def ask(self, realm: str, minted: Minted) -> Identity:  # noqa: ARG002  # a table is of one realm
        """Ask once whose the key is. Raises the vendor's errors."""
        problem: VendorError | None = None
        try:
            with self.get_client() as http:
                reply = http.ask(self.identifies, "GET", self.table.identity, headers=headers(self.table, minted))
        except VendorError as error:
            problem = error
        if problem is not None:
            raise self._told(problem)
        if refuses(reply.body, self.table):
            raise self._refused(reply.status, request_id=None)
        subject = found(reply.body, self.table.subject)
        status = found(reply.body, self.table.status) if self.table.status else self.table.well
        if not is_name(subject) or not isinstance(status, str):
            raise self.no_identity(reply.status)
        return Identity(str(subject), {SUBJECT: str(subject)}, status, is_well=status == self.table.well)

    def _told(self, problem: VendorError) -> VendorError:
        """As a refusal when its status is one by which this vendor refuses a key."""
        if problem.status not in self.table.refused or not isinstance(problem, Refused | Rejected):
            return problem
        return self._refused(problem.status, request_id=problem.request_id)

    def _refused(self, status: int | None, *, request_id: str | None) -> Refused:
        return Refused(
            vendor=self.called,
            operation=self.identifies,
            fault="the key is not accepted",
            status=status,
            request_id=request_id,
            remedy=f"Compare it with what {self.called} shows; one that was deleted there is refused like this.",
        )

    def no_identity(self, status: int) -> Unclear:
        """The error for an answer that names no account: where the table has to say more, or something else."""
        if status not in WELL:
            return super().no_identity(status)
        subject = self.table.subject
        where = f"{subject} and {self.table.status}" if self.table.status else subject
        return Unclear(
            vendor=self.called,
            operation=self.identifies,
            fault=f"the answer has no {where}, where the table in the catalog says that it names whose the key is",
            status=status,
            remedy=f"Ask {self.table.identity} by hand, with a key and with a made-up one. Correct subject and status "
            "in the table; where a made-up key is refused by such an answer, say in refusal how, such as "
            'refusal = { error = ["invalid_auth"] }.',
            transient=False,
        )

    def instructions(self, situation: Situation) -> Instructions:
        """What the table says to click."""
        return page_of(self.table).instructions(situation)

    def ending(self, situation: Ending) -> str:
        """What the table says to click for the old key."""
        return page_of(self.table).ending(situation)

    @classmethod
    def form(cls, realm: str) -> MintForm:  # noqa: ARG003  # a table is of one realm
        """Each value of the table."""
        demand = {"type": "string", "minLength": 1}
        values = {
            name: FormField(f"New {cls._titled(name)}", "Paste it as the page shows it.", demand, cls._titled(name))
            for name in cls.fields
        }
        return MintForm(values)


@lru_cache(maxsize=KEPT)
def _issuer_of(written: str, realm: str) -> type[Declared]:
    """The class of one table in one realm."""
    read = DeclaredTable.model_validate_json(written)
    mark = hashlib.sha256(f"{written} {realm}".encode()).hexdigest()[:12]
    slots = read.slots
    by_hand = Traits(OldDies.AT_REVOKE, revoked_by=By.PERSON, slots=slots)
    dies = Traits(OldDies.AT_MINT, slots=slots) if read.old_dies == AT_MINT else by_hand

    class Made(Declared):
        """A declared vendor. Prefect wants each class of blocks to have a slug of its own."""

        _block_type_slug = f"declared-{mark}"
        called: ClassVar[str] = read.called
        thing: ClassVar[str] = read.thing
        traits: ClassVar[Traits] = dies
        fields: ClassVar[tuple[str, ...]] = read.mints
        refused_by: ClassVar[tuple[int, ...]] = (*read.refused, *(WELL if read.refusal else ()))
        right: ClassVar[str] = f"the right to ask {read.identity}"
        looks: ClassVar[Mapping[str, Look]] = {name: Look(one) for name, one in read.values.items()}
        realms: ClassVar[tuple[str, ...]] = (realm,)
        dies_within_s: ClassVar[float] = read.dies_within_s
        table: ClassVar[DeclaredTable] = read

    return Made
