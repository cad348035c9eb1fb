"""The key/value engine, version 2: data, metadata, subkeys, and what deletes, brings back and destroys versions.

After the API reference of KV v2 and OpenBao's source (builtin/logical/kv), read 2026-11-28 and 2026-11-29. Left out are
the engine's own settings (config) and a patch of the metadata.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from deployments.sandbox.hashicorp import answers
from deployments.sandbox.hashicorp.answers import VaultError, answered
from deployments.sandbox.hashicorp.state import State, Version, moment

Handler = Callable[[Request, dict[str, Any]], Response]
_MERGE_PATCH = "application/merge-patch+json"
_CAS = "check-and-set parameter did not match the current version"


class Engine:
    """One mount."""

    def __init__(self, state: State) -> None:
        self._state = state

    def routes(self) -> list[tuple[str, Handler, tuple[str, ...]]]:
        """Path, handler and methods."""
        path, writes = "/v1/{mount}/%s/{path:path}", ("POST", "PUT")
        return [
            (path % "data", self._data, ("GET", "POST", "PUT", "PATCH", "DELETE")),
            (path % "subkeys", self._subkeys, ("GET",)),
            ("/v1/{mount}/metadata", self._metadata, ("GET", "LIST")),
            (path % "metadata", self._metadata, ("GET", "LIST", "DELETE", *writes)),
            (path % "delete", self._delete, writes),
            (path % "undelete", self._undelete, writes),
            (path % "destroy", self._destroy, writes),
        ]

    def _data(self, request: Request, body: dict[str, Any]) -> Response:
        path, method = request.path_params["path"], request.method
        versions = self._state.kept.get(path, [])
        if method == "GET":
            self._state.demand(request, "read")
            number, found = self._chosen(request, path)
            return self._told(path, number, found, data=found.data if found.is_there else None)
        if method == "DELETE":
            self._state.demand(request, "delete")
            self._mark(versions[-1:])
            return Response(status_code=204)
        if method == "PATCH":
            self._state.demand(request, "patch")
            self._demand_merge_patch(request)
        else:
            # A secret with settings and no version is there already.
            self._state.demand(request, "update" if path in self._state.kept else "create")
        return self._write(path, body, patches=method == "PATCH")

    def _write(self, path: str, body: dict[str, Any], *, patches: bool) -> Response:
        wanted, options = body.get("data"), body.get("options") or {}
        if not isinstance(wanted, dict) or not isinstance(options, dict):
            raise VaultError(400, ["no data provided"])
        versions = self._state.kept.get(path, [])
        if patches and path not in self._state.kept:
            raise VaultError(404, [])
        self._demand_version(path, options)
        if patches:
            if not versions:
                raise VaultError(404, [])
            if not versions[-1].is_there:
                return answered(versions[-1].told(len(versions), self._custom(path)), 404)
            wanted = merged(versions[-1].data or {}, wanted)
        self._state.put(path, wanted)
        written = self._state.kept[path]
        return answered(written[-1].told(len(written), self._custom(path)))

    def _demand_version(self, path: str, options: dict[str, Any]) -> None:
        """Check-and-set, which a secret may demand of every write."""
        about = self._state.about.get(path)
        if "cas" not in options:
            if about is not None and about.cas_required:
                raise VaultError(400, ["check-and-set parameter required for this call"])
            return
        try:
            number = answers.whole(options["cas"])
        except ValueError:
            raise VaultError(400, ["error parsing check-and-set parameter"]) from None
        if number != len(self._state.kept.get(path, [])):
            raise VaultError(400, [_CAS])

    def _demand_merge_patch(self, request: Request) -> None:
        said = request.headers.get("content-type", "")
        if not said:
            raise VaultError(400, ["mime: no media type"])
        if said.partition(";")[0].strip().lower() != _MERGE_PATCH:
            raise VaultError(415, [f"PATCH requires Content-Type of {_MERGE_PATCH}, provided {said}"])

    def _chosen(self, request: Request, path: str) -> tuple[int, Version]:
        """The version that is asked for, the current one for none. Raises VaultError where it is not kept."""
        versions = self._state.kept.get(path, [])
        asked = max(0, answers.number_in(dict(request.query_params), "version"))
        number = asked or len(versions)
        if not asked and self._state.knobs.stale_reads and len(versions) > 1:
            self._state.knobs.stale_reads -= 1
            number -= 1
        if not 1 <= number <= len(versions) or versions[number - 1].is_gone:
            raise VaultError(404, [])
        return number, versions[number - 1]

    def _told(self, path: str, number: int, found: Version, **shown: Any) -> Response:
        """A version that was deleted or destroyed is told with 404 and its metadata."""
        return answered({**shown, "metadata": found.told(number, self._custom(path))}, 200 if found.is_there else 404)

    def _custom(self, path: str) -> dict[str, str] | None:
        return self._state.about[path].custom

    def _subkeys(self, request: Request, _: dict[str, Any]) -> Response:
        """The names of the keys of a version, without their values."""
        self._state.demand(request, "read")
        path, depth = request.path_params["path"], answers.number_in(dict(request.query_params), "depth")
        number, found = self._chosen(request, path)
        return self._told(path, number, found, subkeys=_names(found.data or {}, depth) if found.is_there else None)

    def _metadata(self, request: Request, body: dict[str, Any]) -> Response:
        path = request.path_params.get("path", "")
        if answers.asks_for_list(request):
            return self._listed(request, path)
        there = path in self._state.kept
        if request.method == "GET":
            self._state.demand(request, "read")
            if not there:
                raise VaultError(404, [])
            return answered(self._state.told_about(path))
        if request.method == "DELETE":
            self._state.demand(request, "delete")
            self._state.kept.pop(path, None)
            self._state.about.pop(path, None)
            return Response(status_code=204)
        self._state.demand(request, "update" if there else "create")
        self._set(path, body)
        return Response(status_code=204)

    def _set(self, path: str, body: dict[str, Any]) -> None:
        """Change the settings that are named; with none of them, nothing is made either."""
        changes: dict[str, Any] = {}
        if "max_versions" in body:
            changes["max_versions"] = max(0, answers.number_in(body, "max_versions"))
        if "cas_required" in body:
            changes["cas_required"] = answers.flag_in(body, "cas_required")
        if "delete_version_after" in body:
            changes["delete_after_s"] = answers.seconds_in(body, "delete_version_after")
        if "custom_metadata" in body:
            changes["custom"] = _custom_in(body["custom_metadata"])
        if changes:
            about = self._state.made(path)
            for name, value in changes.items():
                setattr(about, name, value)

    def _listed(self, request: Request, path: str) -> Response:
        """What lies directly in a folder; folders end with a slash. Also what was deleted and not forgotten."""
        self._state.demand(request, "list")
        folder = path.strip("/")
        base = f"{folder}/" if folder else ""
        below = {one.removeprefix(base) for one in self._state.kept if one.startswith(base)}
        keys = sorted({one.split("/")[0] + ("/" if "/" in one else "") for one in below})
        if not keys:
            raise VaultError(404, [])
        return answered({"keys": keys})

    def _delete(self, request: Request, body: dict[str, Any]) -> Response:
        self._mark(self._named(request, body, "No version number provided"))
        return Response(status_code=204)

    def _undelete(self, request: Request, body: dict[str, Any]) -> Response:
        """A version that is brought back ends again after the time that its secret sets."""
        found = self._named(request, body, "No version number provided")
        about = self._state.about.get(request.path_params["path"])
        after = about.delete_after_s if about else 0
        for one in found:
            if one.data is not None:
                one.deleted_at = moment(datetime.now(UTC) + timedelta(seconds=after)) if after else ""
        return Response(status_code=204)

    def _destroy(self, request: Request, body: dict[str, Any]) -> Response:
        for one in self._named(request, body, "no version number provided"):
            one.data = None if not self._state.knobs.keeps_versions else one.data
        return Response(status_code=204)

    def _named(self, request: Request, body: dict[str, Any], otherwise: str) -> list[Version]:
        """The versions whose numbers are sent, as far as they are kept. Raises VaultError for no number."""
        self._state.demand(request, "update")
        numbers, versions = answers.versions_in(body), self._state.kept.get(request.path_params["path"], [])
        if not numbers:
            raise VaultError(400, [otherwise])
        return [one for number, one in enumerate(versions, 1) if number in numbers and not one.is_gone]

    def _mark(self, versions: list[Version]) -> None:
        for one in versions:
            if one.is_there:
                one.deleted_at = moment(datetime.now(UTC))


def merged(before: dict[str, Any], patch: dict[str, Any]) -> dict[str, Any]:
    """A JSON merge patch (RFC 7396): null takes a name out, and objects are merged in their turn."""
    after = dict(before)
    for name, value in patch.items():
        if isinstance(value, dict):
            inner = after.get(name)
            after[name] = merged(inner if isinstance(inner, dict) else {}, value)
        elif value is None:
            after.pop(name, None)
        else:
            after[name] = value
    return after


def _names(data: dict[str, Any], depth: int) -> dict[str, Any]:
    """The names, in objects down to this depth; 0 is without end."""
    return {
        name: _names(value, depth - 1) if isinstance(value, dict) and value and depth != 1 else None
        for name, value in data.items()
    }


def _custom_in(found: object) -> dict[str, str]:
    """Texts by name. The bounds are OpenBao's (path_metadata.go): 64 names of 128, values of 512 characters."""
    failed = "custom_metadata validation failed"
    if not isinstance(found, dict):
        raise answers.unreadable("custom_metadata")
    if len(found) > 64:
        raise VaultError(400, [f"{failed}: payload must contain at most 64 keys, provided {len(found)}"])
    if any(isinstance(value, dict | list) for value in found.values()):
        raise VaultError(400, [failed])
    texts = {name: value if isinstance(value, str) else _decoded(value) for name, value in found.items()}
    if any(not 0 < len(name) <= 128 or not 0 < len(value) <= 512 for name, value in texts.items()):
        raise VaultError(400, [failed])
    return texts


def _decoded(value: object) -> str:
    if isinstance(value, bool):
        return str(int(value))
    return "" if value is None else str(value)
