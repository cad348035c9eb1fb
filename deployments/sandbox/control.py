"""The sandbox's own page and levers: what runs where, faults, knobs, and the journal of requests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from html import escape
from typing import Any, Protocol

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from deployments.sandbox import made_up
from deployments.sandbox.faults import Fault, FaultKind
from deployments.sandbox.server import SandboxServer


class Controlled(Protocol):
    """What this page shows and turns: the servers, their addresses, and the vendors' knobs."""

    @property
    def server(self) -> SandboxServer:
        """With the plan of faults and the journal. It is there once the applications are."""

    def addresses(self) -> Mapping[str, str]:
        """By name. Known once the servers run."""

    def knobs(self) -> Mapping[str, Any]:
        """By vendor."""


def control_app(estate: Controlled) -> Starlette:
    """GET / (page), GET /journal, POST and DELETE /faults, PATCH /knobs/{vendor}, GET /issued (made-up secrets)."""
    knobs = estate.knobs()

    async def page(_: Request) -> Response:
        return HTMLResponse(_page(estate.addresses(), knobs))

    async def journal(_: Request) -> Response:
        return JSONResponse(estate.server.journal.as_rows())

    async def issued(_: Request) -> Response:
        return JSONResponse(made_up.issued)

    async def add_fault(request: Request) -> Response:
        body = await request.json()
        try:
            estate.server.plan.add(Fault(**{**body, "kind": FaultKind(body.get("kind"))}))
        except (TypeError, ValueError) as error:
            return JSONResponse({"error": str(error)}, 422)
        return JSONResponse({}, 201)

    async def clear_faults(_: Request) -> Response:
        estate.server.plan.clear()
        return Response(status_code=204)

    async def turn(request: Request) -> Response:
        target = knobs.get(request.path_params["vendor"])
        body = await request.json()
        known = {field.name for field in fields(target)} if target is not None else set()
        if target is None or not set(body) <= known:
            return JSONResponse({"error": f"known knobs: {sorted(known)}"}, 422)
        for name, value in body.items():
            setattr(target, name, value)
        return JSONResponse({name: repr(getattr(target, name)) for name in sorted(known)})

    return Starlette(
        routes=[
            Route("/", page),
            Route("/journal", journal),
            Route("/issued", issued),
            Route("/faults", add_fault, methods=["POST"]),
            Route("/faults", clear_faults, methods=["DELETE"]),
            Route("/knobs/{vendor}", turn, methods=["PATCH"]),
        ]
    )


def _page(addresses: Mapping[str, str], knobs: Mapping[str, Any]) -> str:
    hosts = "".join(
        f'<tr><td>{name}</td><td><a href="{address}">{address}</a></td></tr>' for name, address in addresses.items()
    )
    turned = "".join(
        f"<tr><td>{vendor}</td><td><code>{escape(', '.join(field.name for field in fields(target)))}</code></td></tr>"
        for vendor, target in knobs.items()
    )
    return f"""<!doctype html><html lang="en"><meta charset="utf-8"><title>rekey sandbox</title>
<style>body{{font:16px/1.5 system-ui;max-width:60rem;margin:2rem auto;padding:0 1rem}}
td{{padding:.2rem 1rem .2rem 0;vertical-align:top}}code{{font-size:.9em}}</style>
<h1>rekey sandbox</h1><p>Simulated vendors on this machine. No request leaves it, and every credential is made up.</p>
<h2>Hosts</h2><table>{hosts}</table>
<h2>Faults</h2><p>POST /faults with vendor, kind ({", ".join(FaultKind)}), method, path, status, times;
DELETE /faults clears.</p>
<h2>Knobs</h2><p>PATCH /knobs/VENDOR with a JSON object.</p><table>{turned}</table>
<p><a href="/journal">Journal of requests</a></p></html>"""
