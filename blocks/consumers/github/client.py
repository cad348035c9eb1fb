"""GitHub: the secrets of a place. They can be written and never read.

So the proof of a write is GitHub's receipt (201 or 204) and the secret's ``updated_at``, measured by GitHub's own
clock; the proof of a value is a workflow run that uses it. Facts from GitHub's REST API reference (Actions secrets),
read 2026-11-21.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from pydantic import SecretStr

from blocks.answer import Answer
from blocks.consumers.github.actions import Actions
from blocks.consumers.github.errors import moved, refusal, repository_name, unclear
from blocks.consumers.github.place import VENDOR, Place
from blocks.consumers.github.places import Places
from blocks.consumers.github.public_key import Key, key_of, sealed_with
from blocks.consumers.github.readers import Readers
from blocks.errors import CatalogError, Missing, Unclear, Unreachable, VendorError
from blocks.wire.client import Client
from blocks.wire.exchange import ANSWER_BYTES, READ_TIMEOUT_S
from blocks.wire.http import Http
from blocks.wire.replies import Reply

API_URL = "https://api.github.com"
# The documentation's default since 2026-03-10; `gh` still asks for 2022-11-28. The secrets answer alike in both.
API_VERSION = "2026-03-10"
# A throw-away secret that proves that the token may write. No workflow reads it.
WRITE_CHECK = "REKEY_WRITE_CHECK"
# https://github.blog/changelog/2021-07-26-expiration-options-for-personal-access-tokens/
_EXPIRY_HEADER = "github-authentication-token-expiration"
_SECRET_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
# How a repository that was renamed or transferred is answered for: 301 to reads, 307 or 308 to writes.
_MOVED = (301, 307, 308)
_BY_NUMBER = re.compile(r"/repositories/([0-9]{1,19})(?:/|$)")
_READ_HERE = (*_MOVED, *range(400, 500))


# There was no secret of that name; 204 replaced one.
_CREATED = 201


@dataclass(frozen=True, slots=True)
class Written:
    """The moment before the first write by GitHub's clock (whole seconds, UTC), and the names that were new."""

    at: datetime
    created: tuple[str, ...]


class GithubClient(Client):
    """One request, one answer or one VendorError. Retrying is the caller's: every write here may be repeated."""

    def __init__(
        self,
        url: str,
        token: SecretStr,
        *,
        api_version: str = API_VERSION,
        read_timeout_s: float = READ_TIMEOUT_S,
    ) -> None:
        self._http = Http(
            VENDOR,
            url,
            headers={
                "Accept": "application/vnd.github+json",
                "Authorization": SecretStr(f"Bearer {token.get_secret_value()}"),
                "X-GitHub-Api-Version": api_version,
            },
            read_timeout_s=read_timeout_s,
            doubts_refusals=True,
        )
        self.actions = Actions(self._ask)
        self.places = Places(self._ask)
        self.readers = Readers(self._ask)
        self._host = urlsplit(url).netloc

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def token_ends_at(self) -> datetime | None:
        """When the token expires (UTC); None when GitHub tells no date, as for one that never does.

        The question also proves that the token is valid. Raises Unclear for a date that cannot be read.
        """
        operation = "ask when the token expires"
        reply = self._ask(operation, "GET", "/", None)
        told = reply.headers.get(_EXPIRY_HEADER)
        if told is None:
            return None
        # Seen in two forms: "2026-11-30 19:07:53 UTC" and "2026-11-30 19:07:53 +0000".
        with suppress(ValueError, OverflowError):
            return datetime.strptime(told.replace("UTC", "+0000"), "%Y-%m-%d %H:%M:%S %z").astimezone(UTC)
        raise unclear(operation, reply, "the token's date of expiry cannot be read")

    def can_write(self, place: Place) -> Answer:
        """Whether the token may write secrets there, found out by writing and deleting ``REKEY_WRITE_CHECK``.

        YES, or UNKNOWN when the answer to the write is no receipt of GitHub's. A no is raised, and names the
        permission to grant: Refused (401, 403), Missing (404: no such place, or not visible to the token). Raises every
        other VendorError too. The deletion is tried whatever the write said, because a write without an answer may have
        been applied; a check that was left over is overwritten and deleted by the next one.
        """
        sealed: dict[str, Any] = dict(sealed_with(self._public_key(place), SecretStr(secrets.token_urlsafe())))
        sealed |= {"visibility": "selected", "selected_repository_ids": []} if place.is_shared else {}
        failures: list[VendorError] = []
        status = 0
        try:
            status = self._put(place, WRITE_CHECK, sealed).status
        except VendorError as error:
            failures.append(error)
        try:
            self._delete(place, WRITE_CHECK)
        except VendorError as error:
            failures.append(error)
        if failures:
            raise failures[0]
        return Answer.YES if status in {201, 204} else Answer.UNKNOWN

    def secret_updated_at(self, place: Place, name: str) -> datetime | None:
        """When the secret was last written (whole seconds, UTC), or None when it does not exist.

        404 is also GitHub's answer for a place that the token may not see: that raises Missing and is never None.
        """
        operation = f"read when {_checked(name)} of {place.label} was written"
        reply: Reply | None = None
        with suppress(Missing):
            reply = self._ask(operation, "GET", f"{place.path}/{name}", place)
        if reply is None:
            self._public_key(place)
            return None
        return _updated_at(operation, reply)

    def put_secrets(self, place: Place, values: Mapping[str, SecretStr]) -> Written:
        """Write the secrets directly after each other, sealed with a public key that is fetched for this batch.

        Idempotent: after Unreachable, Unclear or RateLimited write all of them again; a batch that was cut short has
        left a mixed pair behind. Runs that are queued already keep a repository secret's old value. What an
        organization shares goes to the same repositories as before. Raises CatalogError for a name that is none and
        StepError for one of an organization's that is not there, before anything is written, and every VendorError.
        """
        names = [_checked(name) for name in values]
        readers = {name: self.readers.of(place, name) if place.is_shared else {} for name in names}
        key = self._public_key(place)
        sealed = {name: {**sealed_with(key, values[name]), **readers[name]} for name in names}
        created = []
        for name, body in sealed.items():
            reply = self._put(place, name, body)
            if reply.status not in {_CREATED, 204}:
                raise unclear(f"write {name} of {place.label}", reply, "the answer is no receipt")
            created += [name] if reply.status == _CREATED else []
        return Written(key.seen_at, tuple(created))

    def updated_since(self, place: Place, names: Iterable[str], moment: datetime) -> Answer:
        """Whether all the secrets were written at ``moment`` or later, in whole seconds of GitHub's clock.

        Take ``moment`` from ``put_secrets``, never from the local clock. NO when one is older or
        does not exist; UNKNOWN without an answer or without a date. Raises Refused, Missing (the place), RateLimited
        and Rejected.
        """
        earliest = moment.astimezone(UTC).replace(microsecond=0)
        answer = Answer.YES
        for name in names:
            try:
                seen = self.secret_updated_at(place, name)
            except (Unreachable, Unclear):
                answer = Answer.UNKNOWN
                continue
            if seen is None or seen < earliest:
                return Answer.NO
        return answer

    def _public_key(self, place: Place) -> Key:
        operation = f"read the public key of {place.label}"
        return key_of(operation, self._ask(operation, "GET", f"{place.path}/public-key", place))

    def _put(self, place: Place, name: str, sealed: Mapping[str, Any]) -> Reply:
        return self._ask(f"write {name} of {place.label}", "PUT", f"{place.path}/{name}", place, json=dict(sealed))

    def _delete(self, place: Place, name: str) -> None:
        with suppress(Missing):
            self._ask(f"delete {name} of {place.label}", "DELETE", f"{place.path}/{name}", place)

    def _ask(
        self,
        operation: str,
        method: str,
        path: str,
        place: Place | None,
        *,
        json: Any = None,
        largest: int = ANSWER_BYTES,
    ) -> Reply:
        # 4xx are taken as answers, because a 403 may be a rate limit, which only headers and the message tell.
        reply = self._http.ask(
            operation, method, path, json=json, accept=_READ_HERE, writes=method != "GET", largest=largest
        )
        if reply.status in _MOVED:
            if place is None or not isinstance(reply.body, dict):
                raise unclear(operation, reply, "redirected, which rekey never follows")
            raise moved(operation, reply, place, self._name_now(reply))
        if reply.status >= 400:
            raise refusal(operation, reply, place)
        return reply

    def _name_now(self, reply: Reply) -> str | None:
        """The full name of the repository that was moved, asked for by its number, and only of the same host."""
        to = urlsplit(reply.headers.get("location", ""))
        number = _BY_NUMBER.search(to.path)
        if number is None or to.netloc != self._host:
            return None
        try:
            found = self._http.ask("read a repository's name", "GET", f"/repositories/{number[1]}")
        except VendorError:
            return None
        return repository_name(found.body.get("full_name")) if isinstance(found.body, dict) else None


def _checked(name: str) -> str:
    if _SECRET_NAME.fullmatch(name):
        return name
    raise CatalogError(f"{VENDOR}: {name!r} is not a secret's name.", "Use letters, digits and underscores.")


def _updated_at(operation: str, reply: Reply) -> datetime:
    text = reply.body.get("updated_at") if isinstance(reply.body, dict) else None
    seen: datetime | None = None
    with suppress(ValueError, OverflowError):
        told = datetime.fromisoformat(text) if isinstance(text, str) else None
        seen = told.astimezone(UTC) if told is not None and told.tzinfo is not None else None
    if seen is None:
        raise unclear(operation, reply, "no date in the answer")
    return seen
