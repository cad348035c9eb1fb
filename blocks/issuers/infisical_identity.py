"""Infisical: the client secret with which a machine identity logs in (universal auth); rekey's own is one.

Of the vault's source (identity-universal-auth-router.ts and its service, read 2026-11-27) and of a real server of
2024: a secret is shown once, listed by id without its value, and revoked by id. The token of a login names identity and
secret in its claims. Three wrong logins in a row lock the identity on a current server, for the right secret, too: so
none is tried twice in a row here, and the control asks for an identity that nobody has. Of a token that was had before,
the newest source (read 2026-11-29) says that it ends with its secret; older servers let it live on until its own end,
which is inferred.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import ClassVar

from pydantic import Field, HttpUrl

from blocks.answer import Answer
from blocks.errors import Missing, Refused
from blocks.issuers.by_api import ByApi
from blocks.issuers.infisical_login import LOGIN, NO_WORD, REMEDY, Login, code_of, login_in
from blocks.issuers.interface import PROOF_WITHIN_S, verdict
from blocks.issuers.keyed import SUBJECT
from blocks.issuers.listed_key import Listed, end_of
from blocks.issuers.terms import DeathProof, Identity
from blocks.look import Look
from blocks.secret import Minted
from blocks.wire.exchange import READ_TIMEOUT_S, ReadTimeout
from blocks.wire.http import Http

CLIENT, SECRET = "client_id", "client_secret"


class InfisicalIdentity(ByApi):
    """Infisical's address, for client secrets of identities. They stay in the vault."""

    addresses: ClassVar[Mapping[str, str]] = {"url": "infisical"}

    _block_type_name = "Infisical identity"
    _block_type_slug = "infisical-identity"
    _logo_url = HttpUrl("https://github.com/Infisical.png")
    _documentation_url = HttpUrl("https://infisical.com/docs/documentation/platform/identities/universal-auth")
    _description = "Infisical's API for client secrets of identities, which are rotated. They stay in the vault."

    called: ClassVar[str] = "Infisical"
    word: ClassVar[str] = "infisical-identity"
    fields: ClassVar[tuple[str, ...]] = (CLIENT, SECRET)
    realms: ClassVar[tuple[str, ...]] = ("production",)
    fixed: ClassVar[Mapping[str, str]] = {SUBJECT: "identity"}
    identifies: ClassVar[str] = "log in"
    looks: ClassVar[Mapping[str, Look]] = {CLIENT: Look("{uuid}"), SECRET: Look("{hex:64}")}
    # One fewer than lock the identity.
    refusals: ClassVar[int] = 2
    refused_by: ClassVar[tuple[int, ...]] = (401, 404)
    may: ClassVar[str] = (
        "Give rekey's machine identity the right to read and edit identities (Infisical, Organization Access Control), "
        "or compare the Infisical block's address."
    )
    how_to_name: ClassVar[str] = (
        "Look at the identity's client secrets in Infisical: the one with fingerprint {fingerprint} is the one that "
        "the vault and the Infisical block have. If it is not there, put a new one into both, and start again."
    )

    url: str = Field(default="https://app.infisical.com", title="URL", description="Where its API is.")
    read_timeout_s: ReadTimeout = READ_TIMEOUT_S

    def get_client(self) -> Http:
        """A client without a token. Close it, or use it as a context manager. Raises CatalogError for a bad URL."""
        return Http(self.called, self.url, read_timeout_s=self.read_timeout_s, code_of=code_of)

    def ask(self, realm: str, minted: Minted) -> Identity:  # noqa: ARG002  # one host
        """The identity that logs in with it. Raises the vendor's errors."""
        found = self._login(minted)
        return Identity(found.identity, {SUBJECT: found.identity}, "it logs in")

    def listed(self, realm: str, minted: Minted) -> Sequence[Listed]:  # noqa: ARG002  # one host
        """The identity's client secrets that were not revoked. Raises the vendor's errors."""
        operation, login = "list client secrets", self._login(minted)
        body = self.asked(operation, login.token, "GET", login.path).body
        rows = body.get("clientSecretData") if isinstance(body, dict) else None
        if not isinstance(rows, list):
            raise self.unclear(operation, "no list")
        found = [one for one in rows if not (isinstance(one, dict) and one.get("isClientSecretRevoked") is True)]
        return [self._row(operation, one) for one in found]

    def own(self, realm: str, minted: Minted, listed: Sequence[Listed]) -> Listed | None:  # noqa: ARG002  # one host
        """The one that its own login names; None for one that logs in no more. Raises the vendor's errors."""
        with suppress(Refused):
            named = self._login(minted).secret
            return next((one for one in listed if one.id == named), None)
        return None

    def make(self, realm: str, minted: Minted, label: str, like: Listed) -> Minted:  # noqa: ARG002  # one host
        """One more that lives as long, and is good for any number of logins. Raises the vendor's errors."""
        operation, login = "make client secret", self._login(minted)
        asked = {"description": label, "numUsesLimit": 0, **like.like}
        made = self.asked(operation, login.token, "POST", login.path, json=asked)
        return Minted({CLIENT: minted.values[CLIENT], SECRET: self.value_in(operation, made.body, "clientSecret")})

    def end(self, realm: str, minted: Minted, key: Listed) -> None:  # noqa: ARG002  # one host
        """Revoke that client secret. Raises the vendor's errors."""
        login = self._login(minted)
        with suppress(Missing):
            self.asked("revoke client secret", login.token, "POST", f"{login.path}/{key.id}/revoke", json={})

    def is_dead(self, realm: str, old: Minted, new: Minted, *, within_s: float = PROOF_WITHIN_S) -> DeathProof:
        """As of any issuer, one after the other: after each wrong login the right one, which forgives it."""
        at, started = datetime.now(UTC), time.monotonic()
        control, lives, seen = self.accepts_yet(realm, self.made_up(realm)), Answer.UNKNOWN, Answer.UNKNOWN
        for _ in range(self.refusals):
            seen, lives = self.accepts_yet(realm, old), self.accepts_yet(realm, new)
            if (seen, lives) != (Answer.NO, Answer.YES):
                break
        in_time = time.monotonic() - started <= within_s
        return DeathProof(verdict((seen, lives, control)) if in_time else Answer.UNKNOWN, seen, lives, control, at)

    def _login(self, minted: Minted) -> Login:
        secrets = {"clientId": minted.values[CLIENT], "clientSecret": minted.values[SECRET]}
        try:
            with self.get_client() as http:
                body = {name: one.get_secret_value() for name, one in secrets.items()}
                reply = http.ask(self.identifies, "POST", LOGIN, json=body)
        except (Refused, Missing) as error:
            status, code = error.status, error.code
        else:
            found = login_in(reply.body)
            if found is None:
                raise self.unclear(self.identifies, "the token does not name identity and client secret")
            return found
        if code in NO_WORD:
            raise self.unclear(self.identifies, f"it says nothing of the secret ({code})")
        # Servers of 2024 answer 404 to a client ID that they do not know.
        raise Refused(
            vendor=self.called, operation=self.identifies, fault="not accepted", status=status, code=code, remedy=REMEDY
        )

    def _row(self, operation: str, row: object) -> Listed:
        """What is known of a client secret. Raises Unclear. A limit of 0 is none."""
        found = row if isinstance(row, dict) else {}
        with suppress(LookupError, ValueError, TypeError, OverflowError):
            ttl_s, limit = int(found["clientSecretTTL"]), int(found["clientSecretNumUsesLimit"])
            left = limit - int(found["clientSecretNumUses"]) if limit else None
            ends = end_of(found["createdAt"], ttl_s or None)
            return Listed(str(found["id"]), str(found.get("description") or ""), ends, {"ttl": ttl_s}, left)
        raise self.unreadable(operation, "a client secret")
