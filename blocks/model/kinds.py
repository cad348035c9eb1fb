"""The kinds that there are, by family, and how an entry of the catalog becomes one of them.

blocks/kinds.py is the list. A catalog is checked with it as the context of its validation, so that the model knows only
the contracts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, reduce
from operator import or_
from typing import Annotated, Any, TypeVar, get_args

from pydantic import Field, TypeAdapter, ValidationInfo, ValidatorFunctionWrapHandler, WrapValidator

from blocks.brakes.interface import Brake
from blocks.consumers.interface import Consumer
from blocks.entry import DEFAULT_RUNTIME, Entry
from blocks.model.own_table import OwnTable

# Under which name the context of a validation has them.
CONTEXT = "kinds"
# What an entry is that names no kind.
DEFAULT_BRAKE = "heroku"
_EntryT = TypeVar("_EntryT", bound=Entry)


@dataclass(frozen=True, slots=True)
class Kinds:
    """The classes of each family."""

    consumers: tuple[type[Consumer], ...] = ()
    brakes: tuple[type[Brake], ...] = ()
    # The slugs of the blocks of running applications, and whether a check order can be placed through one.
    runtimes: Mapping[str, bool] = field(default_factory=dict)
    # What each issuer's own table is, by the issuer's word.
    tables: Mapping[str, type[OwnTable]] = field(default_factory=dict)
    # What each issuer mints, by the issuer's word: the names of the values, the secret last.
    fields: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def consumer(self, written: Mapping[str, Any]) -> type[Consumer] | None:
        """The kind of this entry, as the catalog writes it; None for one that is not known."""
        return _by_name(self.consumers).get(str(written.get("kind")))

    def brake(self, written: Mapping[str, Any]) -> type[Brake] | None:
        """The kind of this entry, as the catalog writes it; None for one that is not known."""
        return _by_name(self.brakes).get(str(written.get("kind", DEFAULT_BRAKE)))

    def takes_orders(self, runtime: str) -> bool:
        """Whether a check order can be placed through this running application; it names its kind, or is Raptor's."""
        return self.runtimes.get(slug_of(runtime), False)


def slug_of(runtime: str) -> str:
    """The kind of a running application."""
    return runtime.rpartition("/")[0] or DEFAULT_RUNTIME


def of(info: ValidationInfo) -> Kinds:
    """The kinds with which something is validated; none where nobody gave them."""
    found = (info.context or {}).get(CONTEXT)
    return found if isinstance(found, Kinds) else Kinds()


def one_of(family: str, default: str = "") -> WrapValidator:
    """Let an entry become the kind of this family that it names, or the ``default``."""

    def chosen(value: object, handler: ValidatorFunctionWrapHandler, info: ValidationInfo) -> object:
        kinds: tuple[type[Entry], ...] = getattr(of(info), family)
        if not kinds or not isinstance(value, Mapping):
            return handler(value)
        if len(kinds) == 1:
            return kinds[0].model_validate(value)
        if "kind" not in value and default:
            return _by_name(kinds)[default].model_validate(value)
        return _union(kinds).validate_python(value)

    return WrapValidator(chosen)


@cache
def _union(kinds: tuple[type[Entry], ...]) -> TypeAdapter[Entry]:
    """Pydantic's own choice by kind, which says of a wrong one which there are."""
    union: Any = Annotated[reduce(or_, kinds), Field(discriminator="kind")]
    return TypeAdapter(union)


def _by_name(kinds: Sequence[type[_EntryT]]) -> dict[str, type[_EntryT]]:
    return {name_of(one): one for one in kinds}


def name_of(kind: type[Entry]) -> str:
    """The word by which the catalog names a kind."""
    return str(get_args(kind.model_fields["kind"].annotation)[0])
