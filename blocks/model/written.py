"""An entry of the catalog as it is written, before its kinds are known: read here, and refused with its places."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pydantic import ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError

from blocks.model import containment, names
from blocks.model.kinds import Kinds

# Where no real money is.
HARMLESS = ("paper", "test", "practice")
ALWAYS_GUARDED = "live"
# Where something stands in the entry, and what is wrong with it; None when nothing is.
Problem = tuple[tuple[int | str, ...], str | None]


def is_guarded(data: Mapping[str, Any]) -> bool:
    """Whether containment holds for an entry as it is written: unless its realm is harmless or it says so itself.

    A word that is forgotten or misspelt guards it, and nothing takes the guard from a realm called live.
    """
    realm = data.get("realm", data.get("environment"))
    return realm == ALWAYS_GUARDED or bool(data.get("guarded", realm not in HARMLESS))


def issuer_of(data: Mapping[str, Any]) -> str:
    """The word of its issuer in an entry as it is written; empty where it names none."""
    return str(data.get("issuer", data.get("vendor", "")))


def refuse(problems: Iterable[Problem]) -> None:
    """Raise all of them at once, each with its place, so that its line can be told."""
    errors = [
        InitErrorDetails(type=PydanticCustomError("containment", problem), loc=place, input=None)
        for place, problem in problems
        if problem
    ]
    if errors:
        raise ValidationError.from_exception_data("containment", errors, hide_input=True)


def uncontained(data: Mapping[str, Any], known: Kinds) -> list[Problem]:
    """Which consumers must not get a guarded pair, and whether its vault is named like a test."""
    # A brake of an unknown kind is refused for that, and not its consumer for the lack of one.
    brakes = [(known.brake(one) or known.brake({}), one) for one in _tables(data.get("brakes"))]
    braked = {containment.written(kind, one) for kind, one in brakes if kind is not None}
    listed = data.get("deny")
    deny = [str(one) for one in listed] if isinstance(listed, list | tuple) else []
    (vault,) = _tables([data.get("vault")])
    problems: list[Problem] = [
        (("consumers", index), containment.problem_with(known.consumer(consumer), consumer, braked, deny))
        for index, consumer in enumerate(_tables(data.get("consumers")))
    ]
    problems += [
        (("vault", name), containment.problem_with_vault(str(vault.get(name, ""))))
        for name in ("kind", "environment", "path")
    ]
    return problems


def with_names(data: Mapping[str, Any], fields: Sequence[str]) -> Mapping[str, Any]:
    """The entry with the names of every place in the order of what its issuer mints.

    Raises ValidationError when a place lacks one or has one too many.
    """
    consumers = data.get("consumers")
    if not fields or not isinstance(consumers, list | tuple):
        return data
    places: list[tuple[tuple[int | str, ...], object]] = [(("vault",), data.get("vault"))]
    places += [(("consumers", at), one) for at, one in enumerate(consumers)]
    refuse((place, names.problem_with(one, fields)) for place, one in places)
    vault, *others = (names.in_order(one, fields) for _, one in places)
    return {**data, "consumers": others, **({"vault": vault} if "vault" in data else {})}


def _tables(value: object) -> list[Mapping[str, Any]]:
    return [one if isinstance(one, Mapping) else {} for one in value] if isinstance(value, list | tuple) else []
