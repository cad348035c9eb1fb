"""What every table of the catalog is made of: an entry, and the names that stand in one."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

VariableName = Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9_]*$")]
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
