"""What the key/value engine, version 2, holds under a path, read from its answers.

A folder of the catalog is one secret of the engine: ``MOUNT/data/ENVIRONMENT/PATH``, and the names are its keys. So all
names have the version and the time of the whole secret, which are raised by a write of any of them.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from pydantic import SecretStr

from blocks.errors import CatalogError, StepError
from blocks.vaults.hashicorp.session import VENDOR, unclear
from blocks.vaults.terms import Location, Stored
from blocks.wire.replies import Reply


@dataclass(frozen=True, slots=True)
class Kept:
    """A secret of the engine. ``values`` is None where there is none: never written (version 0), or deleted."""

    version: int
    values: Mapping[str, Any] | None = field(repr=False)
    at: datetime | None = None

    def stored(self, location: Location, names: Collection[str] | None) -> dict[str, Stored]:
        """The texts by name; only those in ``names`` when it is given. Raises StepError for one that is no text."""
        found = {}
        for name, value in (self.values or {}).items():
            if names is not None and name not in names:
                continue
            if isinstance(value, str) and self.at is not None:
                found[name] = Stored(SecretStr(value), self.version, self.at)
            elif names is not None:
                raise StepError(
                    f"{VENDOR}: {name} in {location} is no text.",
                    "Compare the name in the catalog with the vault, and put the text there that belongs to it.",
                )
        return found


def path_of(mount: str, what: str, location: Location) -> str:
    """The path of the API for that folder: ``what`` is data, destroy, metadata or subkeys.

    Raises CatalogError for a part that is none. An environment is one part, so that each path is of one folder only.
    """
    parts = [*mount.split("/"), what, location.environment, *location.path.split("/")]
    plain = [part for part in parts if part]
    if "/" in location.environment or any(part.strip(".") == "" for part in plain):
        raise CatalogError(f"{VENDOR}: {location} is no path.", "Correct environment and path in the catalog.")
    return "/v1/" + "/".join(quote(part, safe="") for part in plain)


def kept_of(operation: str, reply: Reply) -> Kept:
    """What an answer says of a secret. Raises Unclear for one that does not say it.

    404 with ``errors`` that are empty is said of what never was, 404 with the version of what was deleted (source of
    OpenBao's ``builtin/logical/kv/path_data.go``, read 2026-11-28).
    """
    body = reply.body if isinstance(reply.body, dict) else {}
    if reply.status == 404 and body.get("errors") == []:
        return Kept(0, None)
    data = body.get("data")
    about = data.get("metadata") if isinstance(data, dict) else None
    version = version_in(about)
    if version is None or not isinstance(data, dict) or not isinstance(about, dict):
        raise unclear(operation, "no version in the answer (is it a key/value engine of version 2?)", reply.status)
    if reply.status == 404:
        return Kept(version, None)
    values, at = data.get("data"), _moment(about.get("created_time"))
    if not isinstance(values, dict) or at is None:
        raise unclear(operation, "no data or no time in the answer", reply.status)
    return Kept(version, values, at)


def version_in(about: object) -> int | None:
    """The version that these facts name; None without one."""
    found = about.get("version") if isinstance(about, dict) else None
    return found if isinstance(found, int) and not isinstance(found, bool) and found > 0 else None


def _moment(text: object) -> datetime | None:
    try:
        found = datetime.fromisoformat(text) if isinstance(text, str) else None
        return found.astimezone(UTC) if found is not None and found.tzinfo is not None else None
    except (ValueError, OverflowError):
        return None
