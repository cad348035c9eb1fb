"""How a form is filled in by program: the page would send the fields that are left empty, too."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def filled_in(schema: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """What Prefect is told when only ``given`` is filled in: each field that its schema names as required is sent.

    A form for a pair demands none of them beside a sealed entry, but the pages would call them optional then.
    """
    fields, required = schema.get("properties"), schema.get("required")
    names = [str(one) for one in required] if isinstance(required, list) else []
    empty = {name: _empty(fields.get(name)) for name in names} if isinstance(fields, Mapping) else {}
    return {**empty, **given}


def _empty(field: object) -> str | bool:
    return False if isinstance(field, Mapping) and field.get("type") == "boolean" else ""
