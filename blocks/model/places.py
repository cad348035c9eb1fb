"""The parts of a catalog entry that name places: the vault, and the consumers that hold a copy."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

VariableName = Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9_]*$")]
# Heroku's rule for names of apps.
AppName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{1,28}[a-z0-9]$")]
Name = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]


class Entry(BaseModel):
    """A table of the catalog: what it does not know it refuses, and what it refuses it does not repeat."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class PairNames(Entry):
    """The two names under which a place keeps the pair."""

    key_id: VariableName = Field(description="under which name this place keeps the key's id")
    secret: VariableName = Field(description="under which name it keeps the secret half")

    @model_validator(mode="after")
    def _differ(self) -> Self:
        """``key_id`` and ``secret`` are two different names."""
        if self.key_id == self.secret:
            raise ValueError("key_id and secret need two different names")
        return self


class VaultPlace(PairNames):
    """Where the vault keeps the pair."""

    environment: str = Field(
        min_length=1, description="the vault's environment; a live pair's must not be named like a test"
    )
    path: str = Field(pattern=r"^/", description="the folder, from `/`; pairs in flight lie in its subfolder `rekey/`")


class SlackAddress(Entry):
    """A person or a channel in Slack."""

    user: str | None = Field(
        default=None,
        pattern=r"^[UW][A-Z0-9]+$",
        description="the member who is told; it survives an app that is installed again",
    )
    channel: str | None = Field(
        default=None, pattern=r"^[CDG][A-Z0-9]+$", description="the conversation in which it is told"
    )

    @model_validator(mode="after")
    def _one_address(self) -> Self:
        """One of ``user`` and ``channel`` is given, and not both."""
        if (self.user is None) == (self.channel is None):
            raise ValueError("give either user (better: it survives a reinstalled app) or channel")
        return self


class HerokuConsumer(PairNames):
    """An app's config vars."""

    kind: Literal["heroku"] = Field(description="config vars of an app at Heroku")
    app: AppName = Field(description="the app")
    runtime: Name | None = Field(
        default=None, description="the Raptor block that tells which account the running app trades in"
    )

    @property
    def label(self) -> str:
        """How this consumer is called in messages, task runs and the ledger."""
        return f"heroku {self.app}"


class GithubConsumer(PairNames):
    """Actions secrets of a repository, or of one of its environments. They can be written and never read."""

    kind: Literal["github"] = Field(description="secrets of GitHub Actions")
    repository: str = Field(pattern=r"^[\w.-]+/[\w.-]+$", description="`owner/name`, whose Actions secrets are written")
    environment: str | None = Field(
        default=None, description="one of its environments, whose secrets are written instead"
    )
    # docs/rekey-attestation.yml, where it was added.
    attestation: str | None = Field(
        default=None,
        pattern=r"^[\w-][\w.-]*\.ya?ml$",
        description="the file name of the workflow that proves which pair it has",
    )

    @property
    def label(self) -> str:
        """How this consumer is called in messages, task runs and the ledger."""
        return f"github {self.repository}" + (f" ({self.environment})" if self.environment else "")


class SlackConsumer(PairNames, SlackAddress):
    """A person with a local copy: told by direct message what to fetch from where, never the value."""

    kind: Literal["slack"] = Field(description="a person, told by Slack what to fetch from where")

    @property
    def label(self) -> str:
        """How this consumer is called in messages, task runs and the ledger."""
        return f"slack {self.user or self.channel}"


Consumer = Annotated[HerokuConsumer | GithubConsumer | SlackConsumer, Field(discriminator="kind")]
