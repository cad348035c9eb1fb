"""Reads the JSON of a request as the vendors' own parsers do."""

from __future__ import annotations

import json
from typing import Any


def parsed(content: bytes | str) -> Any:
    """What was sent. Raises ValueError for what is no JSON, NaN and Infinity, and for what is nested too deeply."""
    try:
        return json.loads(content, parse_constant=_refuse)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is no JSON")
