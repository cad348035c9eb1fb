"""What the vault says of a field that it does not take: the issues of zod 3, which its schemas are written with.

From zod's own ``errorMap`` and the vault's error handler, which passes the issues on as they are. An answer never holds
the value of a field, but for a choice (zod says what it received instead of one). The newest source is on its way to
zod 4, whose issues have other words; no server that runs with it was seen.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

Issue = dict[str, Any]
# What a field has that is not there, other than null.
MISSING = object()


def wrong_type(expected: str, value: Any, received: str | None = None) -> Issue:
    """Another type than the one that the schema has."""
    received = received or _type_of(value)
    message = "Required" if received == "undefined" else f"Expected {expected}, received {received}"
    return {"code": "invalid_type", "expected": expected, "received": received, "message": message}


def wrong_choice(options: Sequence[str], value: Any) -> Issue:
    """None of the texts that there are to choose from."""
    expected = " | ".join(f"'{option}'" for option in options)
    if not isinstance(value, str):
        return wrong_type(expected, value)
    message = f"Invalid enum value. Expected {expected}, received '{value}'"
    return {"received": value, "code": "invalid_enum_value", "options": list(options), "message": message}


def too_small(kind: str, least: int) -> Issue:
    """A text, a list or a number below the least one."""
    message = {
        "string": f"String must contain at least {least} character(s)",
        "array": f"Array must contain at least {least} element(s)",
        "number": f"Number must be greater than or equal to {least}",
    }[kind]
    return {
        "code": "too_small",
        "minimum": least,
        "type": kind,
        "inclusive": True,
        "exact": False,
        "message": message,
    }


def too_big(kind: str, most: int, message: str) -> Issue:
    """A text or a number above the greatest one."""
    return {"code": "too_big", "maximum": most, "type": kind, "inclusive": True, "exact": False, "message": message}


def refused(message: str) -> Issue:
    """What a rule of the vault's own refuses."""
    return {"code": "custom", "message": message}


def _type_of(value: Any) -> str:
    if value is MISSING:
        return "undefined"
    if value is None:
        return "null"
    # A truth value is a number too in Python, so it is asked for first.
    for kind, name in ((bool, "boolean"), (str, "string"), (int | float, "number"), (list, "array")):
        if isinstance(value, kind):
            return name
    return "object"
