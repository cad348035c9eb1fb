"""The cluster's API by HTTP, as far as Prefect's worker asks it (prefect-kubernetes 0.8.0) and its Role lets it."""

from __future__ import annotations

import asyncio
import json
import secrets as random
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from tests.pods.cluster import Cluster, Thing

KINDS = {"jobs": ("batch/v1", "Job"), "pods": ("v1", "Pod")}
# What a cluster says that it has: whoever looks for one of these waits until it is there.
RESOURCES = {
    "v1": {"pods": "Pod", "secrets": "Secret", "events": "Event", "namespaces": "Namespace"},
    "batch/v1": {"jobs": "Job"},
    "apiextensions.k8s.io/v1": {"customresourcedefinitions": "CustomResourceDefinition"},
}
METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]
# Of no namespace.
WITHOUT = {"namespaces", "customresourcedefinitions"}
LOOK_S = 0.1


@dataclass
class Api:
    """Of one cluster. ``rules`` are those of the Role of whoever has the token."""

    cluster: Cluster
    rules: list[Mapping[str, Any]]
    token: str
    # What was asked and let in or not: verb and resource.
    allowed: set[str] = field(default_factory=set)
    refused: set[str] = field(default_factory=set)

    def app(self) -> Starlette:
        """Its routes."""
        routes = [Route("/api", self._answered(_versions)), Route("/apis", self._answered(_groups))]
        for version, of in RESOURCES.items():
            at = f"/apis/{version}" if "/" in version else f"/api/{version}"
            routes.append(Route(at, self._answered(partial(_resources, version, of))))
        for prefix, resource in (("/apis/batch/v1", "jobs"), ("/api/v1", "pods")):
            base = f"{prefix}/namespaces/{self.cluster.namespace}/{resource}"
            routes += [
                Route(base, self._answered(self._many, resource), methods=["GET", "POST"]),
                Route(f"{base}/{{name}}", self._answered(self._one, resource), methods=["GET", "DELETE"]),
                Route(f"{base}/{{name}}/log", self._answered(self._log, f"{resource}/log")),
            ]
        routes.append(Route("/{path:path}", self._answered(_nothing, "another"), methods=METHODS))
        return Starlette(routes=routes)

    def _answered(self, do: Callable[[Request], Any], resource: str = "") -> Callable[[Request], Awaitable[Response]]:
        async def answer(request: Request) -> Response:
            presented = request.headers.get("authorization", "")
            if not random.compare_digest(presented, f"Bearer {self.token}"):
                return _error(401, "Unauthorized")
            if resource and not self._may(request, resource):
                return _error(403, "Forbidden")
            request.state.resource = resource
            done = do(request)
            found: Response = await done if asyncio.iscoroutine(done) else done
            return found

        return answer

    def _may(self, request: Request, resource: str) -> bool:
        one = "name" in request.path_params
        verbs = {"GET": "get" if one else "list", "POST": "create", "PUT": "update"}
        verb = verbs.get(request.method, request.method.lower())
        verb = "watch" if request.query_params.get("watch") else verb
        asked = f"{verb} {resource}" if resource in {*KINDS, "pods/log"} else f"{verb} {request.url.path}"
        is_allowed = any(resource in one["resources"] and verb in one["verbs"] for one in self.rules)
        (self.allowed if is_allowed else self.refused).add(asked)
        return is_allowed

    async def _many(self, request: Request) -> Response:
        resource = request.state.resource
        if request.method == "POST":
            return JSONResponse(_typed(resource, self.cluster.create_job(await request.json())), 201)
        if request.query_params.get("watch"):
            return StreamingResponse(self._watched(request, resource), media_type="application/json")
        version, found = self.cluster.all_of(resource)
        of, kind = KINDS[resource]
        items = [one for one in found if _selected(one, request)]
        return JSONResponse(
            {"kind": f"{kind}List", "apiVersion": of, "metadata": {"resourceVersion": str(version)}, "items": items}
        )

    async def _watched(self, request: Request, resource: str) -> AsyncIterator[bytes]:
        version = int(request.query_params.get("resourceVersion") or 0)
        ends = time.monotonic() + float(request.query_params.get("timeoutSeconds") or 600)
        while time.monotonic() < ends and not await request.is_disconnected():
            for one in self.cluster.since(version, resource):
                version = one.version
                if _selected(one.object, request):
                    yield json.dumps({"type": one.type, "object": _typed(resource, one.object)}).encode() + b"\n"
            await asyncio.sleep(LOOK_S)

    def _one(self, request: Request) -> Response:
        resource, name = request.state.resource, request.path_params["name"]
        found = self.cluster.one(resource, name)
        if found is None:
            return _error(404, "NotFound")
        if request.method == "DELETE":
            self.cluster.delete_job(name)
        return JSONResponse(_typed(resource, found))

    def _log(self, request: Request) -> Response:
        if request.query_params.get("previous"):
            return _error(400, "BadRequest")
        found = self.cluster.log_of(request.path_params["name"])
        return _error(404, "NotFound") if found is None else PlainTextResponse(found)


def _selected(thing: Thing, request: Request) -> bool:
    labels = thing["metadata"].get("labels") or {}
    for one in filter(None, request.query_params.get("labelSelector", "").split(",")):
        name, has_value, value = one.partition("=")
        if name not in labels or (has_value and labels[name] != value):
            return False
    return True


def _typed(resource: str, thing: Thing) -> Thing:
    version, kind = KINDS[resource]
    return {"apiVersion": version, **thing, "kind": kind}


def _nothing(_: Request) -> Response:
    return _error(404, "NotFound")


def _versions(_: Request) -> Response:
    return JSONResponse({"kind": "APIVersions", "versions": ["v1"]})


def _groups(_: Request) -> Response:
    groups = []
    for name in (version.partition("/")[0] for version in RESOURCES if "/" in version):
        version = {"groupVersion": f"{name}/v1", "version": "v1"}
        groups.append({"name": name, "versions": [version], "preferredVersion": version})
    return JSONResponse({"kind": "APIGroupList", "apiVersion": "v1", "groups": groups})


def _resources(version: str, of: Mapping[str, str], _: Request) -> Response:
    verbs = ["create", "delete", "get", "list", "patch", "update", "watch"]
    listed = [
        {"name": name, "singularName": kind.lower(), "namespaced": name not in WITHOUT, "kind": kind, "verbs": verbs}
        for name, kind in of.items()
    ]
    return JSONResponse({"kind": "APIResourceList", "groupVersion": version, "resources": listed})


def _error(status: int, reason: str) -> Response:
    told = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure"}
    return JSONResponse({**told, "message": reason, "reason": reason, "code": status}, status)
