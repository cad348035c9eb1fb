"""The catalog: which credentials exist, where each is stored, who uses it, and how its rotation is verified.

``deployments/catalog.toml`` is the one place that says so. An entry that is wrong in any way does not load, and the
message names the entry and the field.
"""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from blocks.errors import CatalogError

VariableName = Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9_]*$")]
Name = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class PairNames(_Entry):
    """The two names under which a place keeps the pair."""

    key_id: VariableName
    secret: VariableName

    @model_validator(mode="after")
    def _differ(self) -> Self:
        if self.key_id == self.secret:
            raise ValueError("key_id and secret need two different names")
        return self


class VaultPlace(PairNames):
    """Where the vault keeps the pair. ``path`` is a folder; pairs in flight live in its ``rekey/`` subfolder."""

    environment: str = Field(min_length=1)
    path: str = Field(pattern=r"^/")


class HerokuConsumer(PairNames):
    """An app's config vars. ``runtime`` names the Raptor block that proves what the running app uses."""

    kind: Literal["heroku"]
    app: str = Field(min_length=1)
    runtime: Name | None = None

    @property
    def label(self) -> str:
        """How this consumer is called in messages, task runs and the ledger."""
        return f"heroku {self.app}"


class GithubConsumer(PairNames):
    """Actions secrets of a repository, or of one of its environments. They can be written and never read."""

    kind: Literal["github"]
    repository: str = Field(pattern=r"^[\w.-]+/[\w.-]+$")
    environment: str | None = None

    @property
    def label(self) -> str:
        """How this consumer is called in messages, task runs and the ledger."""
        return f"github {self.repository}" + (f" ({self.environment})" if self.environment else "")


class SlackConsumer(PairNames):
    """A person with a local copy: told by direct message what to fetch from where, never the value."""

    kind: Literal["slack"]
    user: str | None = Field(default=None, pattern=r"^[UW][A-Z0-9]+$")
    channel: str | None = Field(default=None, pattern=r"^[CDG][A-Z0-9]+$")

    @model_validator(mode="after")
    def _one_address(self) -> Self:
        if (self.user is None) == (self.channel is None):
            raise ValueError("give either user (better: it survives a reinstalled app) or channel")
        return self

    @property
    def label(self) -> str:
        """How this consumer is called in messages, task runs and the ledger."""
        return f"slack {self.user or self.channel}"


Consumer = Annotated[HerokuConsumer | GithubConsumer | SlackConsumer, Field(discriminator="kind")]


class CheckOrder(_Entry):
    """The order that proves write authority. ``market`` is the SOP's: it fills and leaves a position."""

    kind: Literal["limit", "market", "none"] = "limit"
    symbol: str = "AAPL"
    quantity: int = Field(default=1, ge=1)
    # US dollars. Far below any market price, so that it cannot fill.
    limit_price: str = Field(default="1.00", pattern=r"^\d+(\.\d{1,2})?$")


class Verification(_Entry):
    """How the running consumers are asked. ``matches``: right answers in a row (a router may have several dynos)."""

    matches: int = Field(default=3, ge=1, le=20)
    check_order: CheckOrder = CheckOrder()


class Credential(_Entry):
    """One rotating pair, of one account, in one environment."""

    name: Name
    vendor: Literal["alpaca"]
    environment: Literal["paper", "live"]
    enabled: bool = True
    role: str = Field(min_length=1)
    cadence_days: int = Field(ge=1)
    # Binds the entry to one account; without it the snapshot alone says which account is the right one.
    account_number: str | None = None
    form_timeout_minutes: int = Field(default=60, ge=1, le=7 * 24 * 60)
    vault: VaultPlace
    consumers: tuple[Consumer, ...] = Field(min_length=1)
    verification: Verification = Verification()

    @model_validator(mode="after")
    def _consumers_differ(self) -> Self:
        doubled = [label for label, count in Counter(one.label for one in self.consumers).items() if count > 1]
        if doubled:
            raise ValueError(f"consumer {doubled[0]} is listed twice")
        return self

    @model_validator(mode="after")
    def _no_live_yet(self) -> Self:
        # A live rotation needs brakes around it; until the flow has them, the catalog refuses to pretend.
        if self.environment == "live" and self.enabled:
            raise ValueError("live credentials need brakes, which this version does not have: set enabled = false")
        return self

    @model_validator(mode="after")
    def _check_order_has_an_application(self) -> Self:
        if self.verification.check_order.kind != "none" and not self.runtimes:
            raise ValueError(
                'no consumer has a runtime to place the check order through: set check_order.kind = "none"'
            )
        return self

    @property
    def runtimes(self) -> tuple[str, ...]:
        """The Raptor blocks of this credential's running consumers."""
        return tuple(one.runtime for one in self.consumers if isinstance(one, HerokuConsumer) and one.runtime)


class Catalog(_Entry):
    """All credentials by name."""

    credential: dict[str, Credential]

    @model_validator(mode="before")
    @classmethod
    def _names_from_keys(cls, data: object) -> object:
        if isinstance(data, dict) and isinstance(data.get("credential"), dict):
            named = {
                key: {"name": key, **entry} if isinstance(entry, dict) else entry
                for key, entry in data["credential"].items()
            }
            return {**data, "credential": named}
        return data

    @model_validator(mode="after")
    def _vault_places_differ(self) -> Self:
        seen: dict[tuple[str, str, str], str] = {}
        for credential in self.credential.values():
            vault = credential.vault
            for variable in (vault.key_id, vault.secret):
                place = (vault.environment, vault.path.rstrip("/"), variable)
                if place in seen:
                    raise ValueError(
                        f"{seen[place]} and {credential.name} are both stored as {variable} in {vault.path}"
                    )
                seen[place] = credential.name
        return self

    @property
    def enabled(self) -> tuple[Credential, ...]:
        """The credentials that can be rotated."""
        return tuple(one for one in self.credential.values() if one.enabled)

    def get(self, name: str) -> Credential:
        """The credential of that name. Raises CatalogError for an unknown or a disabled one."""
        known = ", ".join(one.name for one in self.enabled) or "none"
        found = self.credential.get(name)
        if found is None:
            raise CatalogError(f"There is no credential {name!r} in the catalog.", f"These can be rotated: {known}.")
        if not found.enabled:
            raise CatalogError(
                f"{name} is disabled in the catalog.", "Set enabled = true once its account and consumers exist."
            )
        return found


def load_catalog(path: Path) -> Catalog:
    """Read and check the catalog. Raises CatalogError that names file, entry, field and what to write instead."""
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise CatalogError(
            f"The catalog {path} cannot be read ({error.strerror}).", "Set REKEY_CATALOG to its path."
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise CatalogError(f"The catalog {path} is not valid TOML: {error}.", "Correct that line.") from None
    try:
        return Catalog.model_validate(data)
    except ValidationError as error:
        problems = "; ".join(_problem(entry["loc"], entry["msg"]) for entry in error.errors(include_input=False))
    raise CatalogError(
        f"The catalog {path} is wrong: {problems}.", "Correct these entries; README shows the fields of each."
    )


def _problem(location: tuple[int | str, ...], message: str) -> str:
    text = re.sub(r"^Value error, ", "", message)
    text = "this field is unknown" if text == "Extra inputs are not permitted" else text[0].lower() + text[1:]
    where = ".".join(str(part) for part in location)
    return f"{where}: {text}" if where else text
