"""The catalog: which credentials exist, where each is stored, who uses it, and how its rotation is verified.

``deployments/catalog.toml`` is the one place that says so. An entry that is wrong in any way does not load, and the
message names the line, the entry and the field.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Self

from pydantic import AwareDatetime, Field, model_validator

from blocks import catalog_file, catalog_vaults, kept_catalog
from blocks.catalog_file import VaultKind, any_of
from blocks.consumers.person.address import SlackAddress
from blocks.entry import Entry
from blocks.errors import CatalogError
from blocks.kinds import KINDS
from blocks.ledger.ledger import Ledger
from blocks.listed import ISSUERS
from blocks.model.credential import Credential
from blocks.model.hosts import Hosts
from blocks.model.kinds import CONTEXT
from blocks.model.places import OperatorsPlace
from blocks.model.written import refuse
from blocks.people.interface import People

# The words for an issuer and a realm, newest first.
ISSUER, REALM = ("issuer", "vendor"), ("realm", "environment")


class LedgerRules(Entry):
    """What the ledger is known to have lost."""

    heads_since: AwareDatetime | None = Field(
        default=None,
        description="heads of the ledger that were posted before this time are not looked for, "
        "because those rows are lost",
    )


class Catalog(Entry):
    """All credentials by name, and what holds for all of them."""

    credential: dict[str, Credential]
    alerts: SlackAddress | None = Field(
        default=None, description="Whom Slack tells what happens to rotations and keys. The table may be missing."
    )
    vault: VaultKind = VaultKind()
    operators: OperatorsPlace | None = None
    ledger: LedgerRules = LedgerRules()
    hosts: Hosts = Hosts()

    @model_validator(mode="before")
    @classmethod
    def _names_from_keys(cls, data: object) -> object:
        if isinstance(data, dict) and isinstance(data.get("credential"), dict):
            named = {
                key: {**entry, "name": key} if isinstance(entry, dict) else entry
                for key, entry in data["credential"].items()
            }
            refuse_unknown_issuers(named)
            refuse(catalog_vaults.unknown(named, data.get("operators")))
            return {**data, "credential": named}
        return data

    @model_validator(mode="after")
    def _vault_keeps_pairs_whole(self) -> Self:
        """A vault writes all values of a pair in one transaction, unless it is a single one."""
        catalog_vaults.refuse_halves(self.credential.values(), self.vault)
        return self

    @model_validator(mode="after")
    def _vault_places_differ(self) -> Self:
        """No two credentials are kept in one vault under the same name in the same folder."""
        doubled = catalog_vaults.doubled(self.credential.values(), self.vault)
        if doubled:
            raise ValueError(doubled)
        return self

    @model_validator(mode="after")
    def _variables_differ(self) -> Self:
        """A config var of an app holds one thing: half of one pair, or one brake."""
        seen: dict[tuple[str, str], str] = {}
        for credential in self.enabled:
            places = [place for one in credential.consumers for place in one.variables]
            for place in [*places, *(place for one in credential.brakes for place in one.variables)]:
                if place in seen:
                    raise ValueError(
                        f"config var {place[1]} of {place[0]} is used twice, by {seen[place]} and {credential.name}"
                    )
                seen[place] = credential.name
        return self

    @model_validator(mode="after")
    def _delays_are_told(self) -> Self:
        """While a delayed approval cools off, somebody else can stop it: it is told to `[alerts]`."""
        told = "somebody else has to hear of it meanwhile: name them in [alerts], or ask for approvals = 2"
        delayed = (one.name for one in self.credential.values() if one.approvals == "delayed" and self.alerts is None)
        refuse((("credential", name, "approvals"), told) for name in delayed)
        return self

    @model_validator(mode="after")
    def _hosts_of_issuers_are_named(self) -> Self:
        """A vendor that is declared in the catalog has its address in `[hosts.issuers]`."""
        refuse(
            (("credential", one.name), f"[hosts.issuers] names no {word}: write there where it is")
            for one in self.credential.values()
            for word in one.own.hosts
            if word not in self.hosts.issuers
        )
        return self

    def vault_of(self, credential: Credential) -> str:
        """Which vault keeps it, by ``kind`` or ``kind/document``."""
        return catalog_vaults.named(credential.vault, self.vault)

    @property
    def told_by(self) -> type[People]:
        """Of which kind the people on call are, or would be."""
        return type(self.alerts) if self.alerts else SlackAddress

    @property
    def people(self) -> tuple[SlackAddress, ...]:
        """Where rekey posts: to the people on call, and to those who have a local copy."""
        told = [
            SlackAddress(user=one.user, channel=one.channel)
            for credential in self.enabled
            for one in credential.consumers
            if isinstance(one, SlackAddress)
        ]
        return tuple(dict.fromkeys([*([self.alerts] if self.alerts else []), *told]))

    def check_ledger(self, ledger: Ledger) -> str:
        """What ``heads.check`` says of this ledger, wherever rekey posts. Raises what that raises."""
        from blocks.prefect_api import heads  # noqa: PLC0415  # who only reads a catalog does not wait for Prefect

        return heads.check(ledger, [one.heads for one in self.people], self.ledger.heads_since)

    @property
    def enabled(self) -> tuple[Credential, ...]:
        """The credentials that can be rotated."""
        return tuple(one for one in self.credential.values() if one.enabled)

    def siblings(self, name: str) -> tuple[Credential, ...]:
        """The other credentials whose pair an operator could regenerate by mistake."""
        return tuple(one for one in self.enabled if one.name != name)

    def get(self, name: str, *, is_open: bool = False) -> Credential:
        """The credential of that name. Raises CatalogError for an unknown one, and for a disabled one.

        One whose rotation ``is_open`` goes on until that has ended: disabled means that no other one begins.
        """
        known = ", ".join(one.name for one in self.enabled) or "none"
        found = self.credential.get(name)
        if found is None:
            raise CatalogError(f"There is no credential {name!r} in the catalog.", f"These can be rotated: {known}.")
        if not found.enabled and not is_open:
            raise CatalogError(
                f"{name} is disabled in the catalog.", "Set enabled = true once its account and consumers exist."
            )
        return found


def refuse_unknown_issuers(entries: Mapping[str, object]) -> None:
    """Raise ValidationError, with its place, for an issuer that nobody knows and for a realm that it has not."""
    problems: list[tuple[tuple[int | str, ...], str | None]] = []
    for name, entry in entries.items():
        if not isinstance(entry, Mapping):
            continue
        issuer, realm = (next((word for word in words if word in entry), None) for words in (ISSUER, REALM))
        kind = ISSUERS.get(str(entry[issuer])) if issuer else None
        if issuer and kind is None:
            problems.append((("credential", name, issuer), f"input should be {any_of(ISSUERS)}"))
        if kind is not None and realm and entry[realm] not in kind.realms:
            problems.append((("credential", name, realm), f"input should be {any_of(kind.realms)}"))
    refuse(problems)


def load_catalog(path: Path, *, as_it_is: bool = False) -> Catalog:
    """Read and check the catalog. Raises CatalogError that names file, line, entry, field and what to write instead.

    While its file cannot be read, what was read well last counts, and the log says so: trading may stand still
    meanwhile. ``as_it_is``: never that, for whoever begins something by what it says now.
    """
    if not as_it_is:
        return catalog_file.known(path, _checked, is_whole=True)
    text = catalog_file.read(path)
    found = _checked(path, text)
    kept_catalog.keep(path, text)
    return found


def problem_of(path: Path) -> str:
    """What is wrong with the file, in sentences; empty when it can be loaded as it is."""
    try:
        load_catalog(path, as_it_is=True)
    except CatalogError as error:
        return str(error)
    return ""


@lru_cache(maxsize=2)
def _checked(path: Path, text: str) -> Catalog:
    """Kept for the same text: with a thousand credentials checking takes half a second, and every step asks."""
    return catalog_file.checked(path, text, Catalog, {CONTEXT: KINDS})
