"""A simulated API server of Kubernetes, as far as rekey and the client ``kubernetes`` ask it.

After the Kubernetes API concepts and the API reference, read 2026-11-28: objects with a resourceVersion, Status objects
for errors, three kinds of patches, dry runs. What it is not made for it refuses in the API server's way.
"""

from __future__ import annotations

import base64
import binascii
import json
import secrets as random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from deployments.sandbox import made_up
from deployments.sandbox.kubernetes.cluster import Cluster, Knobs
from deployments.sandbox.kubernetes.patches import WrongPatch, applied

# The resources that there are: group and version, kind.
_RESOURCES = {
    "secrets": ("v1", "Secret"),
    "pods": ("v1", "Pod"),
    "deployments": ("apps/v1", "Deployment"),
    "statefulsets": ("apps/v1", "StatefulSet"),
    "daemonsets": ("apps/v1", "DaemonSet"),
    "cronjobs": ("batch/v1", "CronJob"),
}
_REASONS = {400: "BadRequest", 401: "Unauthorized", 403: "Forbidden", 404: "NotFound", 409: "Conflict"}
_REASONS |= {405: "MethodNotAllowed", 415: "UnsupportedMediaType", 422: "Invalid"}


@dataclass
class ApiError(Exception):
    """An error, as a Status object tells it."""

    status: int
    message: str
    reason: str = ""

    def told(self) -> Response:
        """The answer."""
        status: dict[str, Any] = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure"}
        reason = self.reason or _REASONS[self.status]
        return JSONResponse({**status, "message": self.message, "reason": reason, "code": self.status}, self.status)


@dataclass
class KubernetesSandbox:
    """The API server of one cluster, and the token of one service account."""

    token: str = field(default_factory=lambda: made_up.token("eyJ", 120))
    cluster: Cluster = field(default_factory=Cluster)

    @property
    def knobs(self) -> Knobs:
        """How the cluster behaves."""
        return self.cluster.knobs

    def serving(self, application: str) -> dict[str, str] | None:
        """The environment of a pod of ``namespace/deployment``; None while no pod is available."""
        return self.cluster.serving(application)

    def app(self) -> Starlette:
        """Its API."""
        routes = [Route("/version", self._answered(lambda _, __: JSONResponse({"major": "1", "minor": "34"})))]
        for prefix in ("/api/v1", "/apis/{group}/v1"):
            base = f"{prefix}/namespaces/{{namespace}}/{{resource}}"
            routes += [
                Route(base, self._answered(self._many), methods=["GET", "POST"]),
                Route(f"{base}/{{name}}", self._answered(self._one), methods=["GET", "PUT", "PATCH", "DELETE"]),
                Route(f"{base}/{{name}}/scale", self._answered(self._scale), methods=["GET", "PUT", "PATCH"]),
            ]
        return Starlette(routes=routes)

    def _answered(self, do: Callable[[Request, Any], Response]) -> Callable[[Request], Awaitable[Response]]:
        async def answer(request: Request) -> Response:
            try:
                self._admit(request)
                return do(request, _parsed(await request.body()))
            except ApiError as error:
                return error.told()

        return answer

    def _admit(self, request: Request) -> None:
        presented = request.headers.get("authorization", "")
        if not random.compare_digest(presented.encode(), f"Bearer {self.token}".encode()):
            raise ApiError(401, "Unauthorized")
        path = request.path_params
        resource = path.get("resource")
        if resource is None:
            return
        group = f"{path['group']}/v1" if "group" in path else "v1"
        if resource not in _RESOURCES or _RESOURCES[resource][0] != group:
            raise ApiError(404, "the server could not find the requested resource")
        verb = {"GET": "get" if "name" in path else "list", "POST": "create", "PUT": "update"}
        done = verb.get(request.method, request.method.lower())
        asked = f"{done} {resource}"
        if self.knobs.allowed is not None and asked not in self.knobs.allowed:
            raise ApiError(
                403,
                f'{resource} is forbidden: User "system:serviceaccount:rekey:rekey" cannot {done} resource '
                f'"{resource}" in API group "{group.rpartition("/")[0]}" in the namespace "{path["namespace"]}"',
            )

    def _many(self, request: Request, body: Any) -> Response:
        resource, namespace = request.path_params["resource"], request.path_params["namespace"]
        if request.method == "POST":
            name = body.get("metadata", {}).get("name", "") if isinstance(body, dict) else ""
            if (resource, namespace, name) in self.cluster.objects:
                raise ApiError(409, f'{resource} "{name}" already exists', "AlreadyExists")
            return self._kept(request, (resource, namespace, name), body, 201)
        self.cluster.reconcile()
        found = [one for (kind, of, _), one in self.cluster.objects.items() if (kind, of) == (resource, namespace)]
        found = self.cluster.listed_pods(namespace) if resource == "pods" else found
        wanted = dict(one.split("=", 1) for one in request.query_params.get("labelSelector", "").split(",") if one)
        found = [one for one in found if wanted.items() <= (one["metadata"].get("labels") or {}).items()]
        version, kind = _RESOURCES[resource]
        items = [_shown(one) for one in found]
        return JSONResponse({"kind": f"{kind}List", "apiVersion": version, "metadata": {}, "items": items})

    def _one(self, request: Request, body: Any) -> Response:
        key, found = self._found(request)
        if request.method == "GET":
            return JSONResponse(_typed(key[0], found))
        if request.method == "DELETE":
            del self.cluster.objects[key]
            return JSONResponse({"kind": "Status", "apiVersion": "v1", "status": "Success"})
        return self._kept(request, key, self._changed(request, found, body), 200)

    def _scale(self, request: Request, body: Any) -> Response:
        key, found = self._found(request)
        if request.method != "GET":
            changed = self._changed(request, {"metadata": {}, "spec": {"replicas": found["spec"]["replicas"]}}, body)
            wanted = {**found, "spec": {**found["spec"], "replicas": changed["spec"]["replicas"]}}
            self._kept(request, key, wanted, 200)
            _, found = self._found(request)
        scale = {"kind": "Scale", "apiVersion": "autoscaling/v1", "metadata": found["metadata"]}
        count = {"replicas": found["status"].get("replicas", 0)}
        return JSONResponse({**scale, "spec": {"replicas": found["spec"]["replicas"]}, "status": count})

    def _found(self, request: Request) -> tuple[tuple[str, str, str], dict[str, Any]]:
        path = request.path_params
        key = path["resource"], path["namespace"], path["name"]
        self.cluster.reconcile()
        if key not in self.cluster.objects:
            raise ApiError(404, f'{key[0]} "{key[2]}" not found')
        return key, self.cluster.objects[key]

    def _changed(self, request: Request, found: dict[str, Any], body: Any) -> dict[str, Any]:
        if request.method == "PUT":
            if not isinstance(body, dict):
                raise ApiError(400, "the object provided is unrecognized")
            return body
        kind = request.headers.get("content-type", "").partition(";")[0]
        try:
            return applied(kind, found, body)
        except KeyError:
            raise ApiError(415, "the body of the request was in an unknown format") from None
        except WrongPatch as error:
            raise ApiError(422, f"the server rejected our request due to an error in our request: {error}") from None

    def _kept(self, request: Request, key: tuple[str, str, str], body: Any, status: int) -> Response:
        resource, _, name = key
        if not isinstance(body, dict) or not name or not isinstance(body.get("metadata", {}), dict):
            raise ApiError(422, f'{resource} "{name}" is invalid: metadata.name: Required value')
        found = self.cluster.objects.get(key)
        asked = body.get("metadata", {}).get("resourceVersion")
        current = found["metadata"]["resourceVersion"] if found else asked
        if self.knobs.conflicts and _names_a_version(request, body):
            self.knobs.conflicts -= 1
            asked = "0"
        if asked and asked != current:
            raise ApiError(
                409,
                f'Operation cannot be fulfilled on {resource} "{name}": the object has been modified; please apply '
                "your changes to the latest version and try again",
            )
        body = _checked(key, body, found)
        if request.query_params.get("dryRun") == "All":
            return JSONResponse(_typed(resource, {**(found or {}), **body}), status)
        manager = request.query_params.get("fieldManager") or request.headers.get("user-agent", "").partition("/")[0]
        return JSONResponse(_typed(resource, self.cluster.keep(key, body, manager)), status)


def _names_a_version(request: Request, body: dict[str, Any]) -> bool:
    return request.method in {"PUT", "PATCH"} and "resourceVersion" in body.get("metadata", {})


def _checked(key: tuple[str, str, str], body: dict[str, Any], found: dict[str, Any] | None) -> dict[str, Any]:
    resource, _, name = key
    if resource == "secrets":
        data = {**(body.get("data") or {})}
        given = body.pop("stringData", None) or {}
        data |= {word: base64.b64encode(str(value).encode()).decode() for word, value in given.items()}
        for word, value in data.items():
            try:
                base64.b64decode(value, validate=True)
            except (binascii.Error, TypeError, ValueError):
                raise ApiError(400, f"illegal base64 data in {word}") from None
        if found is not None and found.get("immutable") and found.get("data") != data:
            raise ApiError(
                422, f'Secret "{name}" is invalid: data: Forbidden: field is immutable when `immutable` is set'
            )
        return {**body, "data": data}
    if resource == "deployments":
        spec = body.get("spec")
        if not isinstance(spec, dict) or not isinstance(spec.get("template"), dict):
            raise ApiError(422, f'Deployment.apps "{name}" is invalid: spec.template: Required value')
        if type(spec.get("replicas", 1)) is not int or spec.get("replicas", 1) < 0:
            raise ApiError(422, f'Deployment.apps "{name}" is invalid: spec.replicas: Invalid value')
    return body


def _typed(resource: str, found: dict[str, Any]) -> dict[str, Any]:
    version, kind = _RESOURCES[resource]
    return {"kind": kind, "apiVersion": version, **_shown(found)}


def _shown(found: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in found.items() if not name.startswith("_")}


def _parsed(content: bytes) -> Any:
    try:
        return json.loads(content) if content else {}
    except (ValueError, RecursionError):
        raise ApiError(400, "couldn't get version/kind; json parse error") from None
