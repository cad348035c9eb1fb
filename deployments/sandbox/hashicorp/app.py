"""A simulated HashiCorp Vault, as far as rekey and ``hvac`` ask it.

After the API reference of KV v2 and AppRole, and OpenBao's source (builtin/logical/kv), read 2026-11-28. A policy is
the set of capabilities that every token has on every path of the engine.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from deployments.sandbox import made_up

ALL = frozenset({"create", "read", "update", "patch", "delete", "list"})
_MERGE_PATCH = "application/merge-patch+json"
_CAS = "check-and-set parameter did not match the current version"


@dataclass
class Version:
    """One version of a secret; ``data`` is None once it is destroyed."""

    data: dict[str, Any] | None
    at: str
    deleted_at: str = ""

    @property
    def is_there(self) -> bool:
        """Whether it is read as a secret."""
        return self.data is not None and not self.deleted_at

    def told(self, number: int) -> dict[str, Any]:
        """Its metadata."""
        return {
            "created_time": self.at,
            "custom_metadata": None,
            "deletion_time": self.deleted_at,
            "destroyed": self.data is None,
            "version": number,
        }


@dataclass
class Knobs:
    """How this vault may behave."""

    sealed: bool = False
    # What a policy grants.
    capabilities: frozenset[str] = ALL
    # How many reads still show what was there before the last write, as a standby that is behind does.
    stale_reads: int = 0
    # What is answered to a destruction, and not done.
    keeps_versions: bool = False


@dataclass
class VaultError(Exception):
    """Vault's own errors: a status and sentences."""

    status: int
    errors: list[str]


@dataclass
class HashicorpVault:
    """Its secrets by path, each with all its versions, the first one at 0."""

    mount: str = "secret"
    token: str = field(default_factory=lambda: made_up.token("hvs."))
    role_id: str = field(default_factory=made_up.identifier)
    secret_id: str = field(default_factory=lambda: made_up.token("", 36))
    knobs: Knobs = field(default_factory=Knobs)
    tokens: set[str] = field(default_factory=set)
    kept: dict[str, list[Version]] = field(default_factory=dict)
    logins: int = 0

    def put(self, path: str, data: dict[str, Any]) -> None:
        """Somebody writes there by hand."""
        self.kept.setdefault(path, []).append(Version(data, datetime.now(UTC).isoformat().replace("+00:00", "012Z")))

    def values(self, path: str) -> dict[str, Any]:
        """What the newest version holds."""
        versions = self.kept.get(path, [])
        return dict(versions[-1].data or {}) if versions and versions[-1].is_there else {}

    def ever_held(self, name: str) -> bool:
        """Whether any version of any secret has this name, or one that begins with it."""
        return any(
            one.startswith(name) for versions in self.kept.values() for each in versions for one in each.data or {}
        )

    def app(self) -> Starlette:
        """Its API."""
        login = Route("/v1/auth/approle/login", self._answered(self._log_in), methods=["POST", "PUT"])
        data = Route(
            "/v1/{mount}/data/{path:path}", self._answered(self._data), methods=["GET", "POST", "PUT", "PATCH"]
        )
        names = Route("/v1/{mount}/subkeys/{path:path}", self._answered(self._subkeys), methods=["GET"])
        listed = [
            Route(path, self._answered(self._listed), methods=["GET", "LIST"])
            for path in ("/v1/{mount}/metadata", "/v1/{mount}/metadata/{path:path}")
        ]
        destroy = Route("/v1/{mount}/destroy/{path:path}", self._answered(self._destroy), methods=["POST", "PUT"])
        look = Route("/v1/auth/token/lookup-self", self._answered(self._look), methods=["GET"])
        return Starlette(routes=[login, look, data, destroy, names, *listed])

    def _answered(self, do: Callable[[Request, dict[str, Any]], Response]) -> Callable[[Request], Awaitable[Response]]:
        async def answer(request: Request) -> Response:
            try:
                self._demand_open()
                return do(request, _object_of(await request.body()))
            except VaultError as error:
                return JSONResponse({"errors": error.errors}, error.status)

        return answer

    def _demand_open(self) -> None:
        if self.knobs.sealed:
            raise VaultError(503, ["Vault is sealed"])

    def _log_in(self, _: Request, body: dict[str, Any]) -> Response:
        if (body.get("role_id"), body.get("secret_id")) != (self.role_id, self.secret_id):
            raise VaultError(400, ["invalid role or secret ID"])
        self.logins += 1
        token = made_up.token("hvs.")
        self.tokens.add(token)
        return JSONResponse({"auth": {"client_token": token, "lease_duration": 1200, "renewable": True}})

    def _look(self, request: Request, _: dict[str, Any]) -> Response:
        self._demand(request)
        return JSONResponse({"data": {"ttl": 1200}})

    def _demand(self, request: Request, *capabilities: str) -> None:
        token = request.headers.get("X-Vault-Token", "")
        if not any(secrets.compare_digest(token.encode(), one.encode()) for one in (self.token, *self.tokens)):
            raise VaultError(403, ["2 errors occurred:\n\t* permission denied\n\t* invalid token\n\n"])
        if not set(capabilities) <= self.knobs.capabilities:
            raise VaultError(403, ["1 error occurred:\n\t* permission denied\n\n"])
        mount = request.path_params.get("mount", self.mount)
        if mount != self.mount:
            path = request.url.path.removeprefix("/v1/")
            raise VaultError(404, [f'no handler for route "{path}". route entry not found.'])

    def _data(self, request: Request, body: dict[str, Any]) -> Response:
        path = request.path_params["path"]
        versions = self.kept.get(path, [])
        if request.method == "GET":
            self._demand(request, "read")
            return self._read(versions, request.query_params.get("version", ""))
        if request.method == "PATCH":
            self._demand(request, "patch")
            if request.headers.get("content-type") != _MERGE_PATCH:
                raise VaultError(415, [])
            if not versions or not versions[-1].is_there:
                raise VaultError(404, [])
        else:
            self._demand(request, "update" if versions else "create")
        wanted, options = body.get("data"), body.get("options") or {}
        if not isinstance(wanted, dict) or not isinstance(options, dict):
            raise VaultError(400, ["no data provided"])
        if "cas" in options and options["cas"] != len(versions):
            raise VaultError(400, [_CAS])
        if request.method == "PATCH":
            both = {**(versions[-1].data or {}), **wanted}
            wanted = {name: value for name, value in both.items() if value is not None}
        self.put(path, wanted)
        written = self.kept[path]
        return JSONResponse({"request_id": made_up.identifier(), "data": written[-1].told(len(written))})

    def _subkeys(self, request: Request, _: dict[str, Any]) -> Response:
        """The names of the keys of the newest version, without their values."""
        self._demand(request, "read")
        versions = self.kept.get(request.path_params["path"], [])
        if not versions or not versions[-1].is_there:
            raise VaultError(404, [])
        data = dict.fromkeys(versions[-1].data or {})
        return JSONResponse({"data": {"subkeys": data, "metadata": versions[-1].told(len(versions))}})

    def _listed(self, request: Request, _: dict[str, Any]) -> Response:
        """What lies directly in a folder; folders end with a slash. Also what was deleted and not forgotten."""
        self._demand(request, "list")
        if request.method == "GET" and request.query_params.get("list") != "true":
            raise VaultError(404, [])
        folder = request.path_params.get("path", "").strip("/")
        base = f"{folder}/" if folder else ""
        below = {one.removeprefix(base) for one in self.kept if one.startswith(base)}
        keys = sorted({one.split("/")[0] + ("/" if "/" in one else "") for one in below})
        if not keys:
            raise VaultError(404, [])
        return JSONResponse({"data": {"keys": keys}})

    def _read(self, versions: list[Version], asked: str) -> Response:
        number = int(asked) if asked.isdecimal() and asked != "0" else len(versions)
        if not asked and self.knobs.stale_reads and len(versions) > 1:
            self.knobs.stale_reads -= 1
            number -= 1
        if not 1 <= number <= len(versions):
            raise VaultError(404, [])
        found = versions[number - 1]
        data = {"data": found.data if found.is_there else None, "metadata": found.told(number)}
        return JSONResponse({"request_id": made_up.identifier(), "data": data}, 200 if found.is_there else 404)

    def _destroy(self, request: Request, body: dict[str, Any]) -> Response:
        self._demand(request, "update")
        versions = self.kept.get(request.path_params["path"], [])
        asked = body.get("versions")
        if not isinstance(asked, list) or not asked:
            raise VaultError(400, ["no version number provided"])
        for number in asked if not self.knobs.keeps_versions else []:
            if isinstance(number, int) and 1 <= number <= len(versions):
                versions[number - 1].data = None
        return Response(status_code=204)


def _object_of(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body or b"{}")
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise VaultError(400, ["failed to parse JSON input"])
    return found
