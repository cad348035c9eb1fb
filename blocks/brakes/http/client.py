"""A service of your own that holds switches: one is read by GET, and set by one request with a JSON body."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import SecretStr

from blocks.errors import Unclear
from blocks.wire.client import Client
from blocks.wire.exchange import READ_TIMEOUT_S
from blocks.wire.http import Http

VENDOR = "HTTP switch"
Scalar = bool | int | str
_ADVICE = (
    "Look at the switch by hand, then correct the service, or read and value of the brake in the catalog; then try "
    "again: it goes on where it stopped."
)
_REMEDY = (
    "Compare the address and the token in the HTTP switch block (Prefect UI, Blocks), and path and method of the brake "
    "in the catalog, with the service."
)


class SwitchClient(Client):
    """One request, one answer or one VendorError. Close it, or use it as a context manager."""

    def __init__(
        self, url: str, token: SecretStr | None, *, name: str = "", read_timeout_s: float = READ_TIMEOUT_S
    ) -> None:
        self._vendor = f"{VENDOR} {name}".strip()
        headers = {"Authorization": SecretStr(f"Bearer {token.get_secret_value()}")} if token else {}
        self._http = Http(self._vendor, url, headers=headers, read_timeout_s=read_timeout_s, doubts_refusals=True)

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def read(self, path: str, dotted: str) -> Scalar:
        """What stands there. Raises VendorError, Unclear for an answer in which nothing does that could be a value."""
        operation = f"read {path}"
        reply = self._http.ask(operation, "GET", path, remedy=_REMEDY)
        found = reply.body
        for name in dotted.split("."):
            found = found.get(name) if isinstance(found, dict) else None
        if isinstance(found, bool | int | str):
            return found
        raise Unclear(
            vendor=self._vendor,
            operation=operation,
            fault=f"no {dotted} in the answer",
            status=reply.status,
            remedy=_ADVICE,
            transient=False,
        )

    def set(self, method: str, path: str, body: Mapping[str, Any], *, asks: bool) -> None:
        """Send this. ``asks``: only with permission (wire/permission.py). Raises VendorError."""
        self._http.ask(f"set {path}", method, path, json=dict(body), writes=asks, remedy=_REMEDY)
