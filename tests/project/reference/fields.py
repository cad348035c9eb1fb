"""A field of a pydantic model in words: what is written, what counts without it, and what it must be."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, get_args, get_origin

from pydantic import AliasChoices, AwareDatetime, IPvAnyNetwork, SecretStr
from pydantic.fields import FieldInfo

from blocks.settings import ROOT
from tests.project.reference.markdown import code

NONE = "none"
NEEDED = "needed"
BOUNDS = {"gt": "above", "ge": "at least", "lt": "below", "le": "at most"}
WORDS: dict[type, str] = {
    bool: "true or false",
    int: "number",
    float: "number",
    str: "text",
    Path: "path",
    SecretStr: "text",
    AwareDatetime: "time with its zone",
    IPvAnyNetwork: "text",  # type: ignore[dict-item]  # a class as it runs, and a union to mypy
}


def type_of(field: FieldInfo) -> str:
    """What kind of value it is, in a word or two."""
    return _word(field.annotation)


def _word(kind: object) -> str:
    if get_origin(kind) is Literal:
        words = dict.fromkeys("number" if isinstance(one, int) else "text" for one in get_args(kind))
        return " or ".join(words)
    if isinstance(kind, type) and (named := [word for one, word in WORDS.items() if issubclass(kind, one)]):
        return named[0]
    inner = [one for one in get_args(kind) if one is not type(None) and one is not Ellipsis]
    if get_origin(kind) in {list, tuple}:
        return f"list of {_word(inner[0])}"
    if get_origin(kind) is dict:
        return f"table of {_word(inner[1])}"
    return _word(inner[0]) if inner else getattr(kind, "__name__", "").removeprefix("Secret").lower()


def default_of(field: FieldInfo, shown: type[object] = object) -> str:
    """What counts where it is not written; a list of one as that one, a path below the checkout from there."""
    if field.is_required():
        return NEEDED
    value = field.get_default(call_default_factory=True)
    if value is None:
        return NONE
    if isinstance(value, tuple | list) and len(value) == 1:
        value = value[0]
    if isinstance(value, SecretStr):
        value = value.get_secret_value()
    text = value if shown is str else json.dumps(value, default=str)
    return code(str(text).replace(str(ROOT), "CHECKOUT"))


def rule_of(field: FieldInfo) -> str:
    """What a value, or each value of a list, must be; empty where the type says it all."""
    own, inner = list(_limits(field.metadata)), list(_limits_within(field.annotation))
    choices = _choices(field.annotation)
    parts = [f"one of {', '.join(code(one) for one in choices)}" if len(choices) > 1 else ""]
    parts += [code(one) for one in choices if len(choices) == 1]
    if _is_list(field):
        parts += ["at least one"] * (_least(own) == 1) + [f"each {one}" for one in _told(inner)]
    else:
        parts += ["not empty"] * (_least([*own, *inner]) == 1) + _told([*own, *inner])
    return ", ".join(part for part in parts if part)


def aliases_of(field: FieldInfo) -> list[str]:
    """Other names under which it may be written."""
    alias = field.validation_alias
    choices = alias.choices if isinstance(alias, AliasChoices) else [alias]
    return [one for one in choices if isinstance(one, str)]


def _is_list(field: FieldInfo) -> bool:
    return type_of(field).startswith(("list", "table"))


def _limits(metadata: object) -> Iterator[object]:
    for one in metadata if isinstance(metadata, list | tuple) else []:
        yield from getattr(one, "metadata", [one])


def _limits_within(kind: object) -> Iterator[object]:
    inside = () if get_origin(kind) is Literal else get_args(kind)
    # Of a table its values; its keys are names.
    for inner in inside[1:] if get_origin(kind) is dict else inside:
        yield from _limits(getattr(inner, "__metadata__", ()))
        yield from _limits_within(inner)


def _told(limits: list[object]) -> list[str]:
    bounds = [
        f"{word} {getattr(one, name)}"
        for one in limits
        for name, word in BOUNDS.items()
        if getattr(one, name, None) is not None
    ]
    patterns = [f"matches {code(one.pattern)}" for one in limits if isinstance(getattr(one, "pattern", None), str)]  # type: ignore[attr-defined]  # asked for right there
    return [" and ".join(bounds), *patterns] if bounds else patterns


def _least(limits: list[object]) -> int | None:
    """How many characters, or values, it has at least."""
    return next((one.min_length for one in limits if hasattr(one, "min_length")), None)


def _choices(kind: object) -> list[str]:
    if get_origin(kind) is Literal:
        return [json.dumps(one) for one in get_args(kind)]
    return [choice for inner in get_args(kind) for choice in _choices(inner)]
