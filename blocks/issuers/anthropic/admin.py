"""Anthropic's Admin API, as far as API keys go: it lists them by a hint of their value, and sets how each stands.

Of its reference (platform.claude.com/docs, "Admin API", read 2026-11-28): GET /v1/organizations/api_keys answers with
pages of at most 1,000 keys (id, name, partial_key_hint, status, workspace_id, expires_at), POST to one's id sets its
status to active, inactive or archived. It makes none, and takes only an admin key. Whether archived keys are listed is
not documented: one that is not, beside one that is in use, is gone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime

from pydantic import SecretStr

from blocks.errors import Missing, Refused, StepError, Unclear
from blocks.secret import Minted
from blocks.wire.exchange import LIST_BYTES
from blocks.wire.http import Http
from blocks.wire.replies import Reply

CALLED, KEYS = "Anthropic", "/v1/organizations/api_keys"
ACTIVE, INACTIVE, ARCHIVED = "active", "inactive", "archived"
MOST_PAGES = 50
# What a key is in that names no workspace.
DEFAULT = "the default workspace"
# An id becomes a part of a path.
_PART = re.compile(r"[A-Za-z0-9_-]+")
_HINT = re.compile(r"(?P<begin>[A-Za-z0-9_-]{8,})(?:\.{2,}|…)(?P<end>[A-Za-z0-9_-]{2,})")


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key as it is listed: never its value."""

    id: str
    name: str
    hint: str
    status: str
    workspace: str
    ends: datetime | None

    def may_be(self, minted: Minted) -> bool:
        """Whether its hint is one of this value: the begin and the end of it."""
        found, value = _HINT.fullmatch(self.hint), minted.secret.get_secret_value()
        return found is not None and value.startswith(found["begin"]) and value.endswith(found["end"])


@dataclass(frozen=True, slots=True)
class Admin:
    """With an admin key. Every method raises the vendor's errors, and StepError for an admin key that may not ask."""

    http: Http
    key: SecretStr

    def keys(self) -> list[ApiKey]:
        """All keys of the organization."""
        found: list[ApiKey] = []
        after: dict[str, str] = {}
        for _ in range(MOST_PAGES):
            body = self._asked("list API keys", "GET", KEYS, params={"limit": "1000", **after}).body
            page = body if isinstance(body, dict) else {}
            if not isinstance(page.get("data"), list) or not isinstance(page.get("has_more"), bool):
                raise _unclear("list API keys", "no list of keys")
            found += [_row(one) for one in page["data"]]
            if not page["has_more"]:
                return found
            after = {"after_id": str(page.get("last_id"))}
        raise _unclear("list API keys", f"more than {MOST_PAGES} pages of keys")

    def own(self, minted: Minted) -> tuple[list[ApiKey], ApiKey]:
        """All keys, and the one with this value. StepError when none is."""
        keys = self.keys()
        row = known(keys, minted)
        if row is None:
            raise _not_listed(minted)
        return keys, row

    def old(self, old: Minted, new: Minted, is_refused: Callable[[], bool]) -> ApiKey | None:
        """The old key among those in which the new one is; None for one that is gone. StepError for any other."""
        keys = self.own(new)[0]
        row = known(keys, old)
        if row is None and not is_refused():
            raise _not_listed(old)
        return row

    def set(self, key: ApiKey, status: str) -> None:
        """Let this key stand so, and demand that the answer says that it does; one that is gone is gone."""
        with suppress(Missing):
            body = self._asked("update API key", "POST", f"{KEYS}/{key.id}", json={"status": status}, writes=True).body
            if _row(body).status != status:
                raise _unclear("update API key", f"the key is not {status} after that")

    def _asked(self, operation: str, method: str, path: str, **request: object) -> Reply:
        refused = 0
        try:
            headers = {"x-api-key": self.key}
            return self.http.ask(operation, method, path, headers=headers, largest=LIST_BYTES, **request)  # type: ignore[arg-type]  # as given
        except Refused as error:
            refused = error.status or 0
        # No word on the key that is rotated: it must not look like one.
        raise StepError(
            f"{CALLED} does not let the admin key of its block {operation} ({refused}).",
            f"Put an admin key of the same organization (sk-ant-admin…) into the {CALLED} block (Prefect UI, Blocks), "
            "or take it out there: then a person ends the old key.",
        )


def known(keys: Sequence[ApiKey], minted: Minted) -> ApiKey | None:
    """The one with this value; None when none has its hint. Raises Unclear when several have."""
    found = [one for one in keys if one.may_be(minted)]
    if len(found) > 1:
        raise _unclear("list API keys", f"{len(found)} keys have the hint of {minted.fingerprint}")
    return found[0] if found else None


def _not_listed(minted: Minted) -> StepError:
    return StepError(
        f"None of the keys that {CALLED} lists can be the one with the fingerprint {minted.fingerprint}.",
        f"The admin key in the {CALLED} block is one of another organization: put one of the right organization there.",
    )


def _row(found: object) -> ApiKey:
    """Raises Unclear for a key that lacks a field."""
    row = found if isinstance(found, dict) else {}
    names = ("id", "name", "partial_key_hint", "status")
    key_id, name, hint, status = ("" if row.get(one) is None else str(row[one]) for one in names)
    workspace = str(row.get("workspace_id") or DEFAULT)
    with suppress(ValueError):
        ends = _ends(row.get("expires_at"))
        if _PART.fullmatch(key_id) and name and hint and status:
            return ApiKey(key_id, name, hint, status, workspace, ends)
    raise _unclear("list API keys", "a key lacks a field, or it is of another type than documented")


def _ends(written: object) -> datetime | None:
    """Raises ValueError for a date that is none."""
    ends = datetime.fromisoformat(str(written)) if written is not None else None
    return ends if ends is None or ends.tzinfo else ends.replace(tzinfo=UTC)


def _unclear(operation: str, fault: str) -> Unclear:
    return Unclear(vendor=CALLED, operation=operation, fault=fault, transient=False)
