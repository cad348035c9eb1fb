"""Reads JSON that came from outside: what can be read in two ways is not read at all.

Python's own reader takes the last of two equal names, NaN and Infinity, and UTF-16; another reader of the same bytes
would see another answer.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any

NOT_JSON = "not JSON (a proxy's page?)"
# An escape that is half of one character.
_HALF = re.compile(r"\\u[dD][89a-fA-F]")


class UnreadableError(ValueError):
    """Why the bytes are not read. Its text holds nothing of them."""


def read_json(content: bytes) -> Any:
    """The value; None for no bytes at all. Raises UnreadableError, and nothing else."""
    if not content:
        return None
    reason = NOT_JSON
    try:
        text = content.decode("utf-8-sig")
        value = json.loads(text, object_pairs_hook=_object, parse_constant=_constant, parse_float=_number)
        if _HALF.search(text):
            # Whether each is one of two that belong together. What is none can neither be recorded nor sent.
            json.dumps(value, ensure_ascii=False).encode()
    except UnreadableError as error:
        reason = str(error)
    except UnicodeEncodeError:
        reason = "JSON with half a character"
    except RecursionError:
        reason = "JSON that is nested too deeply"
    except ValueError:
        # Neither JSON nor UTF-8, or a number of thousands of digits. Not chained: the error holds the whole text.
        pass
    else:
        return value
    raise UnreadableError(reason)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise UnreadableError("JSON in which a name stands twice")
    return made


def _constant(_: str) -> float:
    raise UnreadableError("JSON with a number that is none (NaN or Infinity)")


def _number(text: str) -> float:
    value = float(text)
    return value if math.isfinite(value) else _constant(text)
