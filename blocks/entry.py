"""What every table of the catalog is made of: an entry, and the names that stand in one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, model_validator

from blocks.secret import Minted

VariableName = Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9_]*$")]
Name = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]


# The block of a running application, by ``slug/document`` as Prefect names it; without a slug an instance of Raptor.
DEFAULT_RUNTIME = "raptor"
RuntimeName = Annotated[
    str,
    Field(pattern=r"^([a-z0-9]+(-[a-z0-9]+)*/)?[a-z0-9]+(-[a-z0-9]+)*$"),
    AfterValidator(lambda name: name.removeprefix(f"{DEFAULT_RUNTIME}/")),
]


def block_called(runtime: str) -> str:
    """How the block of a running application is called in sentences."""
    return f"block {runtime}" if "/" in runtime else f"Raptor block {runtime}"


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

    @property
    def names(self) -> dict[str, str]:
        """Under which name it keeps each field of what was minted; the last one names the credential."""
        return {"key_id": self.key_id, "secret": self.secret}

    def named(self, minted: Minted) -> dict[str, SecretStr]:
        """The values by the names under which this place keeps them."""
        return {name: minted.values[field] for field, name in self.names.items()}

    def minted_of(self, values: Mapping[str, SecretStr]) -> Minted:
        """What was minted, of the values under this place's names."""
        return Minted({field: values[name] for field, name in self.names.items()})
