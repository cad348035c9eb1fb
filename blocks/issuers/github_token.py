"""GitHub's fine-grained personal access tokens: a person makes one, and GitHub ends the old one when told its value.

Of its REST reference, read 2026-11-27: ``POST /credentials/revoke`` takes tokens of anybody, without authentication,
answers 202, mails the owner and cannot be undone. The header github-authentication-token-expiration says when the token
that asks ends. That "Regenerate" on an existing token ends it in place is general knowledge.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any, ClassVar

from pydantic import Field, HttpUrl, SecretStr

from blocks.errors import RateLimited, Refused, Unclear
from blocks.issuers import expiry
from blocks.issuers.clicks import Page
from blocks.issuers.keyed import SUBJECT
from blocks.issuers.scoped import Scoped
from blocks.issuers.terms import By, FormField, Identity, Instructions, MintForm, OldDies, Situation, Traits, Wrong
from blocks.look import Look
from blocks.model.credential import Credential
from blocks.model.rotation import Todo
from blocks.secret import Minted, Shown
from blocks.wire.exchange import READ_TIMEOUT_S, ReadTimeout
from blocks.wire.http import Http
from blocks.wire.replies import Failure, Reply

TOKEN, EXPIRY, LIMITED = "token", "github-authentication-token-expiration", "rate limit"
PAGE = Page(
    "GitHub",
    clicks=(
        "Press **Generate new token**: the same owner, repositories and permissions as the old one, and an expiration "
        "after its next rotation.",
        "Copy it: it is shown **only once**.",
    ),
    never=('press "Regenerate token" of the old one: that ends it at once', "delete the old one"),
    thing="token",
    owner="user",
    at_stake="A new token ends nothing: rekey revokes the old one when everything runs with the new one.",
)


class GithubToken(Scoped):
    """GitHub's addresses. The tokens stay in the vault."""

    addresses: ClassVar[Mapping[str, str]] = {"url": "github", "page_url": "github_page"}

    _block_type_name = "GitHub token"
    _block_type_slug = "github-pat"
    _logo_url = HttpUrl("https://github.com/github.png")
    _documentation_url = HttpUrl("https://docs.github.com/en/rest/credentials/revoke")
    _description = "GitHub's API and the page with a person's tokens. The tokens stay in the vault."

    called: ClassVar[str] = "GitHub"
    word: ClassVar[str] = "github-token"
    thing: ClassVar[str] = "token"
    traits: ClassVar[Traits] = Traits(OldDies.AT_REVOKE, By.PERSON, By.API, slots=None)
    fields: ClassVar[tuple[str, ...]] = (TOKEN,)
    realms: ClassVar[tuple[str, ...]] = ("production",)
    identifies: ClassVar[str] = "read user"
    looks: ClassVar[Mapping[str, Look]] = {TOKEN: Look("github_pat_{base62:22}_{base62:59}")}
    dies_within_s: ClassVar[float] = 60.0

    url: str = Field(default="https://api.github.com", title="API", description="Base URL of its API.")
    page_url: str = Field(
        default="https://github.com/settings/personal-access-tokens",
        title="Page",
        description="The page on which an operator makes a token.",
    )
    read_timeout_s: ReadTimeout = READ_TIMEOUT_S

    def get_client(self) -> Http:
        """A client without a token. Close it, or use it as a context manager. Raises CatalogError for a bad URL."""
        headers = {"Accept": "application/vnd.github+json"}
        return Http(self.called, self.url, headers=headers, read_timeout_s=self.read_timeout_s, code_of=_code_of)

    def page(self, realm: str) -> str:  # noqa: ARG002  # one page
        """The list of a person's tokens."""
        return self.page_url

    def ask(self, realm: str, minted: Minted) -> Identity:  # noqa: ARG002  # one host
        """The user that the token belongs to, and when it ends. Raises the vendor's errors."""
        reply = self.get(self.identifies, minted, "/user")
        login = reply.body.get("login") if isinstance(reply.body, dict) else None
        if not isinstance(login, str) or not login:
            raise self.no_identity(reply.status)
        ends = self.ends_at(reply.status, reply.headers.get(EXPIRY))
        return Identity(login, {SUBJECT: login}, f"ends {ends:%Y-%m-%d}" if ends else "never ends")

    def get(self, operation: str, minted: Minted, path: str) -> Reply:
        """Ask with this key. Raises the vendor's errors."""
        remedy = "Compare it with GitHub's list of tokens; one that was revoked or ended is refused like this."
        bearer = SecretStr(f"Bearer {minted.secret.get_secret_value()}")
        try:
            with self.get_client() as http:
                return http.ask(operation, "GET", path, headers={"Authorization": bearer}, if_refused=remedy)
        except Refused as error:
            if error.code != LIMITED:
                raise
        # GitHub says 403 for that, too, which is no word on the token.
        raise RateLimited(vendor=self.called, operation=operation, fault="rate limit reached")

    def ends_at(self, status: int, told: str | None) -> datetime | None:
        """When a token ends, by its header; None for one that never does. Raises Unclear for another date."""
        if told is None:
            return None
        with suppress(ValueError, OverflowError):
            return expiry.moment_of(told)
        fault = "the token's date of expiry cannot be read"
        raise Unclear(vendor=self.called, operation=self.identifies, fault=fault, status=status)

    def misfit(self, credential: Credential, minted: Minted, now: datetime) -> Wrong | None:
        """That it ends before its next rotation, or may do too little or too much. Raises the vendor's errors."""
        reply = self.get(self.identifies, minted, "/user")
        ends = self.ends_at(reply.status, reply.headers.get(EXPIRY))
        told = expiry.too_early(credential, ends, now)
        if told:
            return Wrong(f"The new token {told}", todo=Todo.REGENERATE)
        return super().misfit(credential, minted, now)

    def revoke(self, realm: str, old: Minted, new: Minted) -> None:  # noqa: ARG002  # whoever knows a token may end it
        """Tell GitHub the old token's value: 202, and dead a moment later. Raises the vendor's errors."""
        with self.get_client() as http:
            body = {"credentials": [old.secret.get_secret_value()]}
            http.ask("revoke token", "POST", "/credentials/revoke", json=body, writes=True)

    def instructions(self, situation: Situation) -> Instructions:
        """What to click for a new token."""
        return PAGE.instructions(situation)

    @classmethod
    def form(cls, realm: str) -> MintForm:  # noqa: ARG003  # one realm
        """One value."""
        demand: Mapping[str, Any] = {"type": "string", "minLength": 1}
        told = "The new one, shown only once; it begins with github_pat_."
        return MintForm({TOKEN: FormField("New fine-grained token", told, demand, "the new token")})

    @classmethod
    def shown(cls, minted: Minted) -> Shown:
        """How the token ends."""
        return Shown(TOKEN, "token", minted.secret.get_secret_value()[-4:])


def _code_of(failure: Failure) -> str | None:
    message = failure.body.get("message") if isinstance(failure.body, dict) else None
    return LIMITED if isinstance(message, str) and LIMITED in message.lower() else None
