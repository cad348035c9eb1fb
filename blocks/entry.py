"""What every table of the catalog is made of: an entry, and the names that stand in one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, model_validator

from blocks.secret import Minted

VariableName = Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9_]*$")]
Name = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]

# The name of every block; a running application, and a second vault of a kind, has one of its own.
DOCUMENT = "rekey"
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


# The words of catalogs that name the two values of a pair beside a place's other fields.
FLAT = ("key_id", "secret")


class FieldNames(Entry):
    """The names under which a place keeps what was minted."""

    names: dict[str, VariableName] = Field(
        min_length=1,
        description="under which name this place keeps each value of the pair, by the issuer's word for it, such as "
        '`names = { key_id = "KEY_ID", secret = "SECRET" }`; also flat: `key_id = "KEY_ID"`, `secret = "SECRET"`',
    )

    @model_validator(mode="before")
    @classmethod
    def _flat(cls, data: object) -> object:
        """``names``, or ``key_id`` and ``secret`` beside the other fields, and never both."""
        if not isinstance(data, Mapping) or not any(word in data for word in FLAT):
            return data
        if "names" in data:
            raise ValueError(f"names, or {' and '.join(FLAT)} beside the other fields, and never both")
        rest = {name: value for name, value in data.items() if name not in FLAT}
        return {**rest, "names": {word: data[word] for word in FLAT if word in data}}

    @model_validator(mode="after")
    def _differ(self) -> Self:
        """Each value has a name of its own."""
        if len(set(self.names.values())) < len(self.names):
            raise ValueError(f"{' and '.join(self.names)} need different names")
        return self

    def named(self, minted: Minted) -> dict[str, SecretStr]:
        """The values by the names under which this place keeps them."""
        return {name: minted.values[field] for field, name in self.names.items()}

    def minted_of(self, values: Mapping[str, SecretStr]) -> Minted:
        """What was minted, of the values under this place's names."""
        return Minted({field: values[name] for field, name in self.names.items()})
