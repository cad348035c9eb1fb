"""What is not the engine's: tokens, the login of an AppRole, and what clients ask below sys/ before they begin.

After OpenBao's source (http/sys_health.go, vault/logical_system.go, vault/token_store.go), read 2026-11-29. A token has
always as long to live as when it was given; how much longer a renewal asks for is not looked at.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from deployments.sandbox import made_up
from deployments.sandbox.hashicorp.answers import VaultError, answered
from deployments.sandbox.hashicorp.engine import Handler
from deployments.sandbox.hashicorp.state import TTL_S, State, moment

VERSION, CLUSTER = "1.20.4", "vault-cluster-sandbox"
_POLICIES = ["default", "sandbox"]


class System:
    """The routes beside the engine."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._ids = {name: made_up.identifier() for name in ("cluster", "mount", "accessor")}
        self._begun = int(time.time())

    def routes(self) -> list[tuple[str, Handler, tuple[str, ...]]]:
        """Path, handler and methods of what a sealed vault does not answer."""
        writes, token = ("POST", "PUT"), "/v1/auth/token"
        return [
            ("/v1/auth/approle/login", self._log_in, writes),
            (f"{token}/lookup-self", self._look, ("GET",)),
            (f"{token}/renew-self", self._renew, writes),
            (f"{token}/revoke-self", self._revoke, writes),
            ("/v1/sys/capabilities-self", self._capabilities, writes),
            ("/v1/sys/internal/ui/mounts/{asked:path}", self._mount, ("GET",)),
        ]

    def open_routes(self) -> list[tuple[str, Handler, tuple[str, ...]]]:
        """What is answered to everybody, sealed or not."""
        return [
            ("/v1/sys/health", self._health, ("GET", "HEAD")),
            ("/v1/sys/seal-status", self._seal_status, ("GET",)),
        ]

    def _log_in(self, _: Request, body: dict[str, Any]) -> Response:
        if (body.get("role_id"), body.get("secret_id")) != (self._state.role_id, self._state.secret_id):
            raise VaultError(400, ["invalid role or secret ID"])
        self._state.logins += 1
        token = made_up.token("hvs.")
        self._state.tokens.add(token)
        return answered(None, auth=self._lease(token))

    def _lease(self, token: str) -> dict[str, Any]:
        return {
            "client_token": token,
            "accessor": self._ids["accessor"],
            "policies": _POLICIES,
            "token_policies": _POLICIES,
            "metadata": {},
            "lease_duration": TTL_S,
            "renewable": True,
            "entity_id": "",
            "token_type": "service",
            "orphan": True,
        }

    def _look(self, request: Request, _: dict[str, Any]) -> Response:
        """A token without an end has ``expire_time`` null and ``ttl`` 0 (vault/token_store.go, handleLookup)."""
        token, lasts_s = self._state.demand(request), self._state.knobs.token_lasts_s
        ends = None if lasts_s is None else moment(datetime.now(UTC) + timedelta(seconds=lasts_s))
        told = {
            "id": token,
            "accessor": self._ids["accessor"],
            "policies": _POLICIES,
            "path": "auth/approle/login",
            "meta": None,
            "display_name": "approle",
            "num_uses": self._state.knobs.token_uses,
            "orphan": True,
            "creation_time": self._begun,
            "creation_ttl": lasts_s or 0,
            "expire_time": ends,
            "ttl": lasts_s or 0,
            "explicit_max_ttl": 0,
            "entity_id": "",
            "type": "service",
            "renewable": lasts_s is not None,
        }
        return answered(told)

    def _renew(self, request: Request, _: dict[str, Any]) -> Response:
        return answered(None, auth=self._lease(self._state.demand(request)))

    def _revoke(self, request: Request, _: dict[str, Any]) -> Response:
        token = self._state.demand(request)
        self._state.tokens.discard(token)
        self._state.revoked.add(token)
        return Response(status_code=204)

    def _capabilities(self, request: Request, body: dict[str, Any]) -> Response:
        """Of each path that is asked for; of one alone also by the older name. A policy is about the engine alone."""
        self._state.demand(request)
        paths = body.get("paths") or body.get("path") or []
        paths = [paths] if isinstance(paths, str) else paths
        if not isinstance(paths, list) or not paths:
            raise VaultError(400, ["paths must be supplied"])
        granted = sorted(self._state.knobs.capabilities) or ["deny"]
        told = {str(one): granted if self._is_in_mount(str(one)) else ["deny"] for one in paths}
        return answered({**told, **({"capabilities": told[str(paths[0])]} if len(paths) == 1 else {})}, on_top=True)

    def _is_in_mount(self, path: str) -> bool:
        return f"{path.strip('/')}/".startswith(f"{self._state.mount}/")

    def _mount(self, request: Request, _: dict[str, Any]) -> Response:
        """What `vault kv` asks first: which engine a path belongs to. Of no engine it says what it says of no right."""
        self._state.demand(request)
        asked = request.path_params["asked"].strip("/")
        if not self._is_in_mount(asked) or not self._state.knobs.capabilities:
            told = "preflight capability check returned 403, please ensure client's policies grant access to path"
            raise VaultError(403, [f'{told} "{asked}/"'])
        mount = {
            "type": "kv",
            "description": "key/value secret storage",
            "accessor": f"kv_{self._ids['mount'][:8]}",
            "local": False,
            "seal_wrap": False,
            "external_entropy_access": False,
            "options": {"version": "2"},
            "uuid": self._ids["mount"],
            "config": {"default_lease_ttl": 0, "max_lease_ttl": 0, "force_no_cache": False},
            "path": f"{self._state.mount}/",
        }
        return answered(mount, on_top=True)

    def _health(self, request: Request, _: dict[str, Any]) -> Response:
        """The status says it, and may be chosen."""
        sealed = self._state.knobs.sealed
        told = {
            "initialized": True,
            "sealed": sealed,
            "standby": False,
            "performance_standby": False,
            "replication_performance_mode": "disabled",
            "replication_dr_mode": "disabled",
            "server_time_utc": int(time.time()),
            "version": VERSION,
            **({} if sealed else self._cluster),
        }
        name, usual = ("sealedcode", 503) if sealed else ("activecode", 200)
        said = request.query_params.get(name, str(usual))
        if not said.isdecimal() or not 100 <= int(said) <= 599:
            raise VaultError(400, [])
        return JSONResponse(told, int(said))

    def _seal_status(self, _: Request, __: dict[str, Any]) -> Response:
        sealed = self._state.knobs.sealed
        told = {
            "type": "shamir",
            "initialized": True,
            "sealed": sealed,
            "t": 3,
            "n": 5,
            "progress": 0,
            "nonce": "",
            "version": VERSION,
            "migration": False,
            "recovery_seal": False,
            "storage_type": "raft",
            **({} if sealed else self._cluster),
        }
        return JSONResponse(told)

    @property
    def _cluster(self) -> dict[str, str]:
        return {"cluster_name": CLUSTER, "cluster_id": self._ids["cluster"]}
