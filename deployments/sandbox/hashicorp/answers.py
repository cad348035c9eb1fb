"""How Vault answers and refuses, and the fields of a request as it decodes them: weakly.

From OpenBao's source (http/logical.go, sdk/framework/field_data.go, sdk/logical/response_util.go), read 2026-11-29.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from deployments.sandbox import made_up

_UNITS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "ns": 1e-9}
_DURATION = re.compile(r"(?:[0-9]+(?:\.[0-9]*)?(?:h|ms|m|s|us|µs|ns))+")
_PART = re.compile(r"([0-9]+(?:\.[0-9]*)?)(h|ms|m|s|us|µs|ns)")
_HALF = re.compile("[\ud800-\udfff]")
_YES, _NO = frozenset({"1", "t", "T", "TRUE", "true", "True"}), frozenset({"0", "f", "F", "FALSE", "false", "False"})


@dataclass
class VaultError(Exception):
    """Vault's own errors: a status and sentences."""

    status: int
    errors: list[str]


def answered(
    data: dict[str, Any] | None, status: int = 200, auth: dict[str, Any] | None = None, *, on_top: bool = False
) -> Response:
    """An answer with what all of them have. ``on_top``: the data is there twice, as below sys/."""
    lease = {"lease_id": "", "renewable": False, "lease_duration": 0}
    beside = {"wrap_info": None, "warnings": None, "auth": auth}
    injected = data if on_top and data is not None else {}
    return JSONResponse({"request_id": made_up.identifier(), **lease, "data": data, **beside, **injected}, status)


def object_of(body: bytes) -> dict[str, Any]:
    """The object that was sent; half of a pair of surrogates becomes U+FFFD, as in Go. Raises VaultError."""
    try:
        text = json.dumps(json.loads(body or b"{}"), ensure_ascii=False)
        found = json.loads(_HALF.sub("\ufffd", text))
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise VaultError(400, ["failed to parse JSON input"])
    return found


def whole(value: object) -> int:
    """A number as Vault decodes one: of a text and of yes and no, too. Raises ValueError."""
    if value is None or value == "":
        return 0
    if isinstance(value, str):
        return int(value, 0)
    if isinstance(value, int):
        return int(value)
    raise ValueError


def number_in(fields: dict[str, Any], name: str) -> int:
    """A whole number that is 0 when it is left out. Raises VaultError."""
    try:
        return whole(fields.get(name))
    except ValueError:
        raise unreadable(name) from None


def flag_in(fields: dict[str, Any], name: str) -> bool:
    """Yes or no. Raises VaultError."""
    found = fields[name]
    if isinstance(found, bool | int):
        return bool(found)
    if not isinstance(found, str) or found not in _YES | _NO | {""}:
        raise unreadable(name)
    return found in _YES


def versions_in(fields: dict[str, Any]) -> list[int]:
    """A list of numbers, also as a text with commas. Raises VaultError."""
    found = fields.get("versions")
    several = found.split(",") if isinstance(found, str) and found else found
    try:
        return [whole(one) for one in several] if isinstance(several, list) else [whole(found)] if found else []
    except ValueError:
        raise unreadable("versions") from None


def seconds_in(fields: dict[str, Any], name: str) -> int:
    """A duration: seconds, or such as "3h25m19s". Raises VaultError."""
    found = fields[name]
    try:
        if isinstance(found, str) and _DURATION.fullmatch(found):
            return int(sum(float(number) * _UNITS[unit] for number, unit in _PART.findall(found)))
        seconds = whole(found)
    except ValueError:
        raise unreadable(name) from None
    if seconds < 0:
        raise unreadable(name)
    return seconds


def duration(seconds: int) -> str:
    """Seconds as Go writes them: "0s", "1m0s", "3h25m19s"."""
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return (f"{hours}h" if hours else "") + (f"{minutes}m" if hours or minutes else "") + f"{rest}s"


def asks_for_list(request: Request) -> bool:
    """Whether it is the method LIST, or a GET that says so. Raises VaultError."""
    if request.method == "LIST":
        return True
    said = request.query_params.get("list", "") if request.method == "GET" else ""
    if said and said not in _YES | _NO:
        raise VaultError(400, [])
    return said in _YES


def unreadable(name: str) -> VaultError:
    """A field that cannot be what it has to be; of the sentence its end is left out."""
    return VaultError(400, [f'Field validation failed: error converting input for field "{name}"'])
