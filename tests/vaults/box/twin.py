"""A vault of tests: folders of versioned secrets, and one transaction for several. Its twin is a server."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from deployments.sandbox import made_up

TOKEN = "X-Box-Token"  # noqa: S105  # the name of a header


@dataclass
class Twin:
    """Its folders by environment and path; of each secret value, version and time."""

    token: str = field(default_factory=lambda: made_up.token("box-"))
    folders: dict[tuple[str, str], dict[str, tuple[str, int, str]]] = field(default_factory=dict)
    # A transaction in this folder stores each value under the other's name.
    mixes_up: str = ""
    writes: list[dict[str, str]] = field(default_factory=list)

    def put(self, environment: str, path: str, values: dict[str, str]) -> None:
        """Store all values at once; each gets its next version."""
        folder = self.folders.setdefault((environment, path), {})
        for name, value in values.items():
            version = folder[name][1] + 1 if name in folder else 1
            folder[name] = (value, version, datetime.now(UTC).isoformat())

    def values(self, environment: str, path: str) -> dict[str, str]:
        """What a folder holds."""
        return {name: one[0] for name, one in self.folders.get((environment, path), {}).items()}

    def app(self) -> Starlette:
        """Its API. Every request is a JSON object that names environment and path."""
        asked = {"read": self._read, "make": self._make, "write": self._write, "delete": self._delete}
        return Starlette(
            routes=[Route(f"/v1/{name}", self._answer(do), methods=["POST"]) for name, do in asked.items()]
        )

    def _answer(self, do: Callable[[tuple[str, str], dict[str, Any]], Response]) -> Callable[..., Any]:
        async def answer(request: Request) -> Response:
            if request.headers.get(TOKEN) != self.token:
                return JSONResponse({"error": "unknown token"}, status_code=401)
            body = await request.json()
            return do((body["environment"], body["path"]), body)

        return answer

    def _read(self, place: tuple[str, str], _: dict[str, Any]) -> Response:
        if place not in self.folders:
            return JSONResponse({"error": "no such folder"}, status_code=404)
        return JSONResponse({"secrets": {name: list(one) for name, one in self.folders[place].items()}})

    def _make(self, place: tuple[str, str], _: dict[str, Any]) -> Response:
        self.folders.setdefault(place, {})
        return JSONResponse({})

    def _write(self, place: tuple[str, str], body: dict[str, Any]) -> Response:
        if place not in self.folders:
            return JSONResponse({"error": "no such folder"}, status_code=404)
        values: dict[str, str] = body["values"]
        self.writes.append(values)
        if self.mixes_up == place[1] and len(values) > 1:
            values = dict(zip(values, reversed(values.values()), strict=True))
        self.put(*place, values)
        return JSONResponse({})

    def _delete(self, place: tuple[str, str], body: dict[str, Any]) -> Response:
        for name in body["names"]:
            self.folders.get(place, {}).pop(name, None)
        return JSONResponse({})
