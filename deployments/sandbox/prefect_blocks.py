"""The part of Prefect's API that reads one block and changes it, for stands that need no Prefect server.

As Prefect 3.8.8 answers; the rotations of rekey's own tokens are tested against a real one.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from deployments.sandbox import made_up

_MISSING = {"detail": "Block document not found"}


@dataclass
class PrefectBlocks:
    """Blocks by id, each with its kind, name and values."""

    _blocks: dict[str, tuple[str, str, dict[str, Any]]] = field(default_factory=dict)

    def add(self, slug: str, name: str, values: dict[str, Any]) -> str:
        """One more; its id."""
        made = made_up.identifier()
        self._blocks[made] = slug, name, dict(values)
        return made

    def values(self, document: str) -> dict[str, Any]:
        """What it holds."""
        return self._blocks[document][2]

    def app(self) -> Starlette:
        """The API."""
        return Starlette(
            routes=[
                Route("/api/csrf-token", self._no_csrf),
                Route("/api/block_types/slug/{slug}/block_documents/name/{name}", self._read),
                Route("/api/block_documents/{document}", self._change, methods=["PATCH"]),
            ]
        )

    async def _no_csrf(self, _: Request) -> Response:
        return JSONResponse({"detail": "CSRF protection is disabled."}, 422)

    async def _read(self, request: Request) -> Response:
        wanted = request.path_params["slug"], request.path_params["name"]
        for document, (slug, name, values) in self._blocks.items():
            if (slug, name) == wanted:
                return JSONResponse({"id": document, "name": name, "data": values, "block_type_name": slug})
        return JSONResponse(_MISSING, 404)

    async def _change(self, request: Request) -> Response:
        found = self._blocks.get(request.path_params["document"])
        if found is None:
            return JSONResponse(_MISSING, 404)
        asked = await request.json()
        if not asked.get("merge_existing_data"):
            found[2].clear()
        found[2].update(asked["data"])
        return Response(status_code=204)
