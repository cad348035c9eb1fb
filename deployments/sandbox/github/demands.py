"""What the body of a request has to be, and how GitHub says that it is not: "Invalid request." and what is wrong below.

The texts are those of the library json_schema (brandur/json_schema 58d622b, validator and error), to the letter the
ones of public reports: what "wasn't supplied", "is not an object", "is not a permitted key". A body that is left out is
``nil``, Ruby's word for null. Inferred: that the body as a whole is always ``links/0/schema``, as it is in the reports.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from starlette.requests import Request

from deployments.sandbox.github.rules import Refusal
from deployments.sandbox.json_body import parsed

_IS: dict[str, Callable[[Any], bool]] = {
    "string": lambda value: isinstance(value, str),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "boolean": lambda value: isinstance(value, bool),
    "array": lambda value: isinstance(value, list),
    "object": lambda value: isinstance(value, dict),
    "null": lambda value: value is None,
}


def object_of(content: bytes) -> dict[str, Any]:
    """The object that was sent. Raises Refusal."""
    try:
        body = parsed(content) if content.strip() else None
    except ValueError:
        raise Refusal(400, "Problems parsing JSON") from None
    if not isinstance(body, dict):
        raise invalid([f"For 'links/0/schema', {inspected(body)} is not an object."])
    return body


async def object_in(request: Request) -> dict[str, Any]:
    """The object that a request carries. Raises Refusal."""
    return object_of(await request.body())


def demand(
    asked: Mapping[str, Any],
    kinds: Mapping[str, Sequence[str]],
    required: Sequence[str] = (),
    words: Mapping[str, Sequence[str]] | None = None,
) -> None:
    """Raise Refusal unless what is there is of its kind (and one of its words), and all is there that is required."""
    told = [
        f"{asked[name]} is not a member of {inspected(list(few))}."
        for name, few in (words or {}).items()
        if name in asked and asked[name] not in few
    ]
    told += [
        f"For 'properties/{name}', {inspected(asked[name])} is not {_listed(those)}."
        for name, those in kinds.items()
        if name in asked and not any(_IS[kind](asked[name]) for kind in those)
    ]
    missing = [f'"{name}"' for name in sorted(required) if name not in asked]
    if missing:
        told.append(f"{', '.join(missing)} {'wasn' if len(missing) == 1 else 'weren'}'t supplied.")
    if told:
        raise invalid(told)


def at_most(most: int, count: int, one: str, several: str) -> None:
    """Raise Refusal for more than that many properties, items or characters, whose words these are."""
    if count <= most:
        return
    begins = "Only" if one == "character" else "No more than"
    allowed = f"{one} is" if most == 1 else f"{several} are"
    raise invalid([f"{begins} {most} {allowed} allowed; {count} {'was' if count == 1 else 'were'} supplied."])


def between(least: int, most: int, value: int) -> None:
    """Raise Refusal for a number that is less or more than that."""
    if value < least:
        raise invalid([f"{value} must be greater than or equal to {least}."])
    if value > most:
        raise invalid([f"{value} must be less than or equal to {most}."])


def invalid(told: Sequence[str]) -> Refusal:
    """422 with everything that is wrong."""
    return Refusal(422, "Invalid request.\n\n" + "\n".join(told))


def inspected(value: Any) -> str:
    """A value as Ruby writes it."""
    if isinstance(value, list):
        return f"[{', '.join(map(inspected, value))}]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{inspected(name)}=>{inspected(held)}" for name, held in value.items()) + "}"
    # What is no text for the answer is written with escapes, which Ruby does too.
    return "nil" if value is None else json.dumps(value)


def _listed(kinds: Sequence[str]) -> str:
    connector = ", or " if len(kinds) > 2 else " or "
    text = connector.join([", ".join(kinds[:-1]), kinds[-1]]) if len(kinds) > 1 else kinds[0]
    return f"{'an' if text[0] in 'aeiou' else 'a'} {text}"
