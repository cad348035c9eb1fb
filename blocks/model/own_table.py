"""An issuer's own table in the catalog: ``[credential.NAME.ISSUER]``, under the issuer's word."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, Self

from pydantic import PrivateAttr, ValidationError

from blocks.entry import Entry

Place = tuple[int | str, ...]
VERIFICATION = "verification"


class OwnTable(Entry):
    """What only one issuer's credentials say. This one has no fields: an issuer without rules of its own."""

    # Fields that are also found in ``[credential.NAME.verification]``, where catalogs once had them.
    also_in_verification: ClassVar[tuple[str, ...]] = ()
    # Where each field is really written, so that what is wrong with it names its line.
    _written: Mapping[str, Place] = PrivateAttr(default_factory=dict)

    @classmethod
    def read(cls, values: Mapping[str, Any], written: Mapping[str, Place]) -> Self:
        """The table of these values, and where each is ``written``. Raises ValidationError."""
        table = cls.model_validate(values)
        table._written = written  # noqa: SLF001  # its own
        return table

    def place_of(self, field: str, *inner: str) -> Place:
        """Where this field is written in its credential's entry."""
        return (*self._written.get(field, (field,)), *inner)

    @property
    def issuer_called(self) -> str:
        """How people call the issuer, where its table says so; empty where its kind does."""
        return ""

    @property
    def thing(self) -> str:
        """How people call what the issuer mints, where its table says so; empty where its kind does."""
        return ""

    @property
    def mints(self) -> tuple[str, ...]:
        """The values that are minted at once, where its table says so; empty where its kind does."""
        return ()

    @property
    def hosts(self) -> tuple[str, ...]:
        """The words of ``[hosts.issuers]`` that must be there for it."""
        return ()

    @property
    def lacks(self) -> tuple[str, ...]:
        """Which proofs of a rotation there are none of, each as half a sentence."""
        return ()

    def problems(self, *, guarded: bool, takes_orders: bool) -> Iterable[tuple[Place, str | None]]:  # noqa: ARG002  # it has no rules
        """What is wrong with it for this credential, each with its place; ``takes_orders``: an application does."""
        return ()


class WrongTable(Exception):
    """It cannot be read: every problem with its place."""

    def __init__(self, problems: list[tuple[Place, str | None]]) -> None:
        super().__init__()
        self.problems = problems


def taken_out(entry: Mapping[str, Any], word: str, kind: type[OwnTable]) -> tuple[dict[str, Any], OwnTable]:
    """The credential's entry without its issuer's table, and that table. Raises WrongTable."""
    rest = dict(entry)
    own, verification = rest.pop(word, {}), rest.get(VERIFICATION)
    if not isinstance(own, Mapping):
        raise WrongTable([((word,), "this is a table")])
    values, written = dict(own), {name: (word, name) for name in own}
    if isinstance(verification, Mapping):
        moved = [name for name in kind.also_in_verification if name in verification]
        twice = [name for name in moved if name in own]
        if twice:
            said = f"it is written twice, here and in {word}: keep that one"
            raise WrongTable([((VERIFICATION, name), said) for name in twice])
        values |= {name: verification[name] for name in moved}
        written |= {name: (VERIFICATION, name) for name in moved}
        rest[VERIFICATION] = {name: value for name, value in verification.items() if name not in moved}
    try:
        return rest, kind.read(values, written)
    except ValidationError as error:
        found = error.errors(include_input=False, include_context=False)
    raise WrongTable([(_place(written, one["loc"]), one["msg"]) for one in found])


def _place(written: Mapping[str, Place], location: Place) -> Place:
    first, *inner = location
    return (*written.get(str(first), (str(first),)), *inner)
