"""Postmark: a server has up to three tokens, and a person makes and deletes them on its page.

Of its documentation (postmarkapp.com/developer, "Server API", read 2026-11-27): GET /server answers with the server's
ID and name to whoever has one of its tokens, in the header X-Postmark-Server-Token. A token has no scopes, so one that
is accepted may send. That the answer lists the tokens in ApiTokens, and that a wrong one gets 401 with ErrorCode 10, is
general knowledge.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import Field, HttpUrl

from blocks.errors import StepError
from blocks.issuers.clicks import Page
from blocks.issuers.ending import Ending
from blocks.issuers.keyed import SUBJECT, Keyed
from blocks.issuers.terms import By, FormField, Identity, Instructions, MintForm, OldDies, Situation, Traits
from blocks.look import Look
from blocks.secret import Minted, Shown
from blocks.wire.exchange import READ_TIMEOUT_S, ReadTimeout
from blocks.wire.http import Http
from blocks.wire.replies import Failure, Reply

TOKEN, HEADER = "token", "X-Postmark-Server-Token"
SLOTS = 3
PAGE = Page(
    "Postmark",
    clicks=(
        "Open the server, then **API Tokens**. If **three** tokens are shown, stop here: one that nobody uses has to "
        "be deleted first.",
        "Press **Generate another token** and copy it.",
    ),
    never=("delete a token now", "delete the server"),
    ends=("In the server's **API Tokens** delete the old one.",),
    never_then=("delete the new one", "delete the server"),
    thing="token",
    owner="server",
    at_stake="A new token ends nothing: the old one lives until it is deleted, which you are asked for at the end.",
)


class Postmark(Keyed):
    """Postmark's addresses. The tokens stay in the vault."""

    addresses: ClassVar[Mapping[str, str]] = {"url": "postmark", "page_url": "postmark_page"}

    _block_type_name = "Postmark"
    _block_type_slug = "postmark"
    _logo_url = HttpUrl("https://github.com/ActiveCampaign.png")
    _documentation_url = HttpUrl("https://postmarkapp.com/developer/api/server-api")
    _description = "Postmark's API and the page with a server's tokens. The tokens stay in the vault."

    called: ClassVar[str] = "Postmark"
    word: ClassVar[str] = "postmark"
    thing: ClassVar[str] = "token"
    traits: ClassVar[Traits] = Traits(OldDies.AT_REVOKE, By.PERSON, By.PERSON, slots=SLOTS)
    fields: ClassVar[tuple[str, ...]] = (TOKEN,)
    realms: ClassVar[tuple[str, ...]] = ("production",)
    identifies: ClassVar[str] = "read server"
    looks: ClassVar[Mapping[str, Look]] = {TOKEN: Look("{uuid}")}

    url: str = Field(default="https://api.postmarkapp.com", title="API", description="Base URL of its API.")
    page_url: str = Field(
        default="https://account.postmarkapp.com/servers",
        title="Page",
        description="The page on which an operator finds the server and its tokens.",
    )
    read_timeout_s: ReadTimeout = READ_TIMEOUT_S

    def get_client(self) -> Http:
        """A client. Close it, or use it as a context manager. Raises CatalogError for a bad URL."""
        return Http(self.called, self.url, read_timeout_s=self.read_timeout_s, code_of=_code_of)

    def page(self, realm: str) -> str:  # noqa: ARG002  # one page
        """The list of servers."""
        return self.page_url

    def ask(self, realm: str, minted: Minted) -> Identity:  # noqa: ARG002  # one host
        """The server that the token belongs to. Raises the vendor's errors."""
        reply = self._server(minted)
        server, name = reply.body.get("ID"), reply.body.get("Name")
        if not isinstance(server, int) or isinstance(server, bool) or not isinstance(name, str):
            raise self.no_identity(reply.status)
        return Identity(str(server), {SUBJECT: str(server)}, f"server {name}")

    def demand_a_free_slot(self, realm: str, minted: Minted) -> str:  # noqa: ARG002  # one host
        """One more token can be made. Raises StepError when there are three, and the vendor's errors."""
        tokens = self._server(minted).body.get("ApiTokens")
        if not isinstance(tokens, list):
            return "Postmark does not say how many tokens the server has: the form says to look."
        if len(tokens) >= SLOTS:
            raise StepError(
                f"The server has {len(tokens)} tokens already, and Postmark takes no more.",
                f"Delete one that nobody uses at {self.page_url}, and never the one that ends with "
                f"{self.shown(minted).end}. Then start the rotation again.",
            )
        return f"Postmark holds {len(tokens)} of {SLOTS} tokens of the server."

    def _server(self, minted: Minted) -> Reply:
        """Its JSON object. It lists tokens: nothing of it is kept, logged or shown."""
        remedy = "Compare the token with those on Postmark's page; one that was deleted is refused like this."
        with self.get_client() as http:
            reply = http.ask(self.identifies, "GET", "/server", headers={HEADER: minted.secret}, if_refused=remedy)
        if not isinstance(reply.body, dict):
            raise self.no_identity(reply.status)
        return reply

    def instructions(self, situation: Situation) -> Instructions:
        """What to click for a new token."""
        return PAGE.instructions(situation)

    def ending(self, situation: Ending) -> str:
        """What to click to delete the old one."""
        return PAGE.ending(situation)

    @classmethod
    def form(cls, realm: str) -> MintForm:  # noqa: ARG003  # one realm
        """One value."""
        demand: Mapping[str, Any] = {"type": "string", "minLength": 1}
        told = "The new one, as Postmark's page shows it: 36 letters, digits and dashes."
        return MintForm({TOKEN: FormField("New server API token", told, demand, "the new token")})

    @classmethod
    def shown(cls, minted: Minted) -> Shown:
        """How the token ends: the page shows all of it."""
        return Shown(TOKEN, "token", minted.secret.get_secret_value()[-4:])


def _code_of(failure: Failure) -> str | None:
    code = failure.body.get("ErrorCode") if isinstance(failure.body, dict) else None
    return str(code) if isinstance(code, int) and not isinstance(code, bool) else None
