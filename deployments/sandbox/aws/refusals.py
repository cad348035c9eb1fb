"""What AWS answers instead of an answer, with status 400, and the fields of a request as its model limits them.

The limits and the names of the refusals are those of botocore's service models; the sentences are as AWS sends them
where public reports quote them (read 2026-11-29).
"""

from __future__ import annotations

from typing import Any

_LONGEST = 2048
# No list is so long that a place in it has more.
_DIGITS = 10
_DETECTED = "1 validation error detected: Value at '{field}' failed to satisfy constraint: Member must "


class AwsError(Exception):
    """A refusal."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(kind)
        self.kind, self.message = kind, message


def out_of_bounds(name: str, bound: str) -> AwsError:
    """A field that the model of the service does not allow; its value is not repeated."""
    field = name[:1].lower() + name[1:]
    return AwsError("ValidationException", f"{_DETECTED.format(field=field)}{bound}")


def text_in(body: dict[str, Any], name: str, most: int = _LONGEST) -> str:
    """A text that has to be there, of 1 to so many characters."""
    found = body.get(name)
    if found is None:
        raise out_of_bounds(name, "not be null")
    if not isinstance(found, str):
        raise AwsError("SerializationException", "")
    if not found:
        raise out_of_bounds(name, "have length greater than or equal to 1")
    if len(found) > most:
        raise out_of_bounds(name, f"have length less than or equal to {most}")
    return found


def optional_text_in(body: dict[str, Any], name: str, most: int = _LONGEST) -> str | None:
    """A text that may be left out."""
    return None if body.get(name) is None else text_in(body, name, most)


def texts_in(body: dict[str, Any], name: str, most: int) -> list[str]:
    """A list of 1 to so many texts; empty when it is left out."""
    found = body.get(name)
    if found is None:
        return []
    if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
        raise AwsError("SerializationException", "")
    if not 1 <= len(found) <= most:
        bound = f"less than or equal to {most}" if found else "greater than or equal to 1"
        raise out_of_bounds(name, f"have length {bound}")
    return found


def number_in(body: dict[str, Any], name: str) -> int | None:
    """A whole number that may be left out."""
    found = body.get(name)
    if found is not None and type(found) is not int:
        raise AwsError("SerializationException", "")
    return found


def page_of(
    body: dict[str, Any], rows: list[dict[str, Any]], most: int, refusal: AwsError
) -> tuple[list[dict[str, Any]], dict[str, str]]:
    """The rows that were asked for, and where the others go on. ``refusal`` is of a token that nobody was given."""
    size = number_in(body, "MaxResults")
    if size is not None and not 1 <= size <= most:
        bound = f"less than or equal to {most}" if size > most else "greater than or equal to 1"
        raise out_of_bounds("MaxResults", f"have value {bound}")
    token = optional_text_in(body, "NextToken", 4096) or "0"
    begin = int(token) if token.isascii() and token.isdecimal() and len(token) < _DIGITS else len(rows) + 1
    if begin and begin >= len(rows):
        raise refusal
    end = begin + (size or most)
    return rows[begin:end], {"NextToken": str(end)} if end < len(rows) else {}
