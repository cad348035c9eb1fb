"""Heroku: an authorization's token, made and ended by Heroku's own API; rekey's own token is one.

Of the Platform API reference (devcenter.heroku.com/articles/platform-api-reference and its schema, read 2026-11-27):
POST /oauth/authorizations shows a token once, lists show none, DELETE ends one by id. So the fingerprint is written
into the authorization's description. That only a token of the scope global may ask for them is inferred. ``expires_in``
is "seconds until" the end: so Heroku's CLI reads it (heroku/cli, lib/authorizations), from when it asks. Some more than
a thousand authorizations are not read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from pydantic import Field, HttpUrl

from blocks.errors import Missing, Refused
from blocks.issuers.by_api import ByApi
from blocks.issuers.keyed import SUBJECT
from blocks.issuers.listed_key import Listed, moment
from blocks.issuers.terms import Identity
from blocks.look import Look
from blocks.secret import Minted, fingerprint
from blocks.wire.exchange import READ_TIMEOUT_S, ReadTimeout
from blocks.wire.http import Http
from blocks.wire.replies import Failure

TOKEN, PATH = "token", "/oauth/authorizations"
MOST = 1000
_PARTIAL, _FORBIDDEN = 206, 403


class HerokuToken(ByApi):
    """Heroku's address, for its tokens. The tokens stay in the vault."""

    addresses: ClassVar[Mapping[str, str]] = {"url": "heroku"}

    _block_type_name = "Heroku authorization"
    _block_type_slug = "heroku-authorization"
    _logo_url = HttpUrl("https://github.com/heroku.png")
    _documentation_url = HttpUrl("https://devcenter.heroku.com/articles/platform-api-reference#oauth-authorization")
    _description = "Heroku's API for authorizations, whose tokens are rotated. The tokens stay in the vault."

    called: ClassVar[str] = "Heroku"
    word: ClassVar[str] = "heroku-token"
    thing: ClassVar[str] = "token"
    fields: ClassVar[tuple[str, ...]] = (TOKEN,)
    realms: ClassVar[tuple[str, ...]] = ("production",)
    identifies: ClassVar[str] = "read account"
    looks: ClassVar[Mapping[str, Look]] = {TOKEN: Look("HRKU-{base62:40}")}
    # An ended token is told by 401 in the error table and by 403 in Heroku's help (read 2026-11-21).
    refused_by: ClassVar[tuple[int, ...]] = (401, 403)
    may: ClassVar[str] = (
        "It has to be a token that makes others: `heroku authorizations:create --scope global`, by the account whose "
        "apps rekey changes. Put it into the vault and into the Heroku block (Prefect UI, Blocks)."
    )
    how_to_name: ClassVar[str] = (
        "Say it once: find its authorization with `heroku authorizations`, then `heroku authorizations:update ID "
        '--description "rekey {fingerprint}"`, and start again.'
    )

    url: str = Field(default="https://api.heroku.com", title="API", description="Base URL of its API.")
    read_timeout_s: ReadTimeout = READ_TIMEOUT_S

    def get_client(self) -> Http:
        """A client without a token. Close it, or use it as a context manager. Raises CatalogError for a bad URL."""
        headers = {"Accept": "application/vnd.heroku+json; version=3"}
        return Http(self.called, self.url, headers=headers, read_timeout_s=self.read_timeout_s, code_of=_code_of)

    def ask(self, realm: str, minted: Minted) -> Identity:  # noqa: ARG002  # one host
        """The account that the token belongs to. Raises the vendor's errors."""
        try:
            reply = self.asked(self.identifies, minted.secret, "GET", "/account")
        except Refused as error:
            if error.status == _FORBIDDEN and error.code != "forbidden":
                # Suspended, or without a second factor: no word on the token.
                raise self.no_identity(_FORBIDDEN) from None
            raise
        email = reply.body.get("email") if isinstance(reply.body, dict) else None
        if not isinstance(email, str) or not email:
            raise self.no_identity(reply.status)
        return Identity(email, {SUBJECT: email}, "open")

    def listed(self, realm: str, minted: Minted) -> Sequence[Listed]:  # noqa: ARG002  # one host
        """The account's authorizations. Raises the vendor's errors."""
        operation = "list authorizations"
        reply = self.asked(operation, minted.secret, "GET", PATH, headers={"Range": f"id ..; max={MOST};"})
        if reply.status == _PARTIAL or not isinstance(reply.body, list):
            raise self.unclear(operation, f"no list, or more than {MOST} authorizations")
        return [self._row(operation, one) for one in reply.body]

    def own(self, realm: str, minted: Minted, listed: Sequence[Listed]) -> Listed | None:  # noqa: ARG002  # one host
        """The one with the token's fingerprint at the end of its description."""
        return next((one for one in listed if one.label.rpartition(" ")[2] == minted.fingerprint), None)

    def make(self, realm: str, minted: Minted, label: str, like: Listed) -> Minted:  # noqa: ARG002  # one host
        """One more with the same scopes, described by label and fingerprint. Raises the vendor's errors."""
        operation = "make authorization"
        reply = self.asked(operation, minted.secret, "POST", PATH, json={"description": label, **like.like})
        made = reply.body if isinstance(reply.body, dict) else {}
        token = self.value_in(operation, made.get("access_token"), "token")
        told = {"description": f"{label} {fingerprint(token)}"}
        self.asked(
            "describe authorization", minted.secret, "PATCH", f"{PATH}/{self._row(operation, reply.body).id}", json=told
        )
        return Minted({TOKEN: token})

    def end(self, realm: str, minted: Minted, key: Listed) -> None:  # noqa: ARG002  # one host
        """Delete that authorization. Raises the vendor's errors."""
        with suppress(Missing):
            self.asked("delete authorization", minted.secret, "DELETE", f"{PATH}/{key.id}")

    def _row(self, operation: str, row: object) -> Listed:
        """What is known of an authorization. Raises Unclear."""
        found = row if isinstance(row, dict) else {}
        token, scope = found.get("access_token"), found.get("scope")
        seconds = token.get("expires_in") if isinstance(token, dict) else None
        with suppress(LookupError, ValueError, TypeError, OverflowError):
            made, ends = moment(found["created_at"]), None
            like: dict[str, Any] = {"scope": [str(one) for one in scope or ()]}
            if isinstance(seconds, int):
                ends = datetime.now(UTC) + timedelta(seconds=seconds)
                # One more lasts as long as this one did from when it was made, and not as long as is left of it.
                like["expires_in"] = round((ends - made).total_seconds())
            return Listed(str(found["id"]), str(found.get("description") or ""), ends, like)
        raise self.unreadable(operation, "an authorization")


def _code_of(failure: Failure) -> str | None:
    code = failure.body.get("id") if isinstance(failure.body, dict) else None
    return code if isinstance(code, str) else None
