"""Stripe's restricted keys: a person rotates one, and the old key lives on for as long as is chosen with the click.

Of its documentation (docs.stripe.com/keys, read 2026-11-27): test and live mode have keys of their own, rk_test_ and
rk_live_. "Rotate key" makes a key and ends the old one now, or after a time of up to 7 days. A retired one can live on
(a warning of Infisical's about its own rotation of them), so its death is seen and not believed. GET /v1/account names
the account, and few restricted keys may ask it; the 403 that says so names the account, too (stripe/stripe-node 2246,
dj-stripe/dj-stripe 1131), which none that is refused by 401 gets to hear. General knowledge: live ones are shown once.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, ClassVar

from pydantic import Field, HttpUrl, SecretStr

from blocks.issuers.clicks import GRACE, Page
from blocks.issuers.keyed import FORBIDDEN, SUBJECT
from blocks.issuers.scoped import Scoped
from blocks.issuers.terms import FormField, Hint, Identity, Instructions, MintForm, OldDies, Situation, Traits, Wrong
from blocks.look import Look
from blocks.model.rotation import Todo
from blocks.secret import Minted, Shown
from blocks.wire.exchange import READ_TIMEOUT_S, ReadTimeout
from blocks.wire.http import Http
from blocks.wire.replies import Reply

KEY = "key"
MODES = {"live": "rk_live_", "test": "rk_test_"}
LOOK = "{base62:24..200}"
_NAMED = re.compile(r"\bon account '(acct_[A-Za-z0-9]{1,60})'")
PAGE = Page(
    "Stripe",
    clicks=(
        "In the old restricted key's menu (three dots) press **Rotate key**.",
        f"Choose that it expires in **{GRACE}**, and press **Rotate**.",
        "Copy the new one: a live one is shown **only once**.",
    ),
    never=('choose "now": what uses the old key would be down', "touch the secret key (sk_) or a webhook's secret"),
    at_stake="The old key lives on for as long as you choose with the click: what uses it goes on.",
)


class StripeRestricted(Scoped):
    """Stripe's addresses. The keys stay in the vault."""

    addresses: ClassVar[Mapping[str, str]] = {"url": "stripe", "page_url": "stripe_page"}

    _block_type_name = "Stripe"
    _block_type_slug = "stripe"
    _logo_url = HttpUrl("https://github.com/stripe.png")
    _documentation_url = HttpUrl("https://docs.stripe.com/keys")
    _description = "Stripe's API and the page with an account's keys. The keys stay in the vault."

    called: ClassVar[str] = "Stripe"
    word: ClassVar[str] = "stripe-restricted"
    thing: ClassVar[str] = "key"
    traits: ClassVar[Traits] = Traits(
        OldDies.AFTER_GRACE, slots=None, grace=timedelta(hours=24), urgent_grace=timedelta(hours=1)
    )
    fields: ClassVar[tuple[str, ...]] = (KEY,)
    realms: ClassVar[tuple[str, ...]] = ("live", "test")
    identifies: ClassVar[str] = "read account"
    right: ClassVar[str] = "read of Accounts (Stripe calls it rak_accounts_kyc_basic_read)"

    url: str = Field(default="https://api.stripe.com", title="API", description="Base URL of its API.")
    page_url: str = Field(
        default="https://dashboard.stripe.com",
        title="Dashboard",
        description="Its address; below it are /apikeys and /test/apikeys.",
    )
    read_timeout_s: ReadTimeout = READ_TIMEOUT_S

    def get_client(self) -> Http:
        """A client without a key. Close it, or use it as a context manager. Raises CatalogError for a bad URL."""
        return Http(self.called, self.url, read_timeout_s=self.read_timeout_s)

    def page(self, realm: str) -> str:
        """The keys of a mode."""
        return f"{self.page_url}{'/test' if realm == 'test' else ''}/apikeys"

    def made_up(self, realm: str) -> Minted:
        """A key of this mode that nobody was issued."""
        return Minted({KEY: SecretStr(Look(f"{MODES[realm]}{LOOK}").made_up())})

    def ask(self, realm: str, minted: Minted) -> Identity:
        """The account that the key belongs to. Raises the vendor's errors: Refused for a key of the other mode, too."""
        # Both modes have one host. A key of the other one is nobody's in this one, and is asked about as such.
        asking = minted if _is_of(realm, minted) else self.made_up(realm)
        reply = self.get(self.identifies, asking, "/v1/account", accept=(FORBIDDEN,))
        account = _named_in(reply)
        if account is None:
            raise self.no_identity(reply.status)
        return Identity(account, {SUBJECT: account}, f"{realm} mode")

    def get(self, operation: str, minted: Minted, path: str, *, accept: tuple[int, ...] = ()) -> Reply:
        """Ask with this key. Raises the vendor's errors."""
        remedy = "Compare it with the keys on Stripe's page; one that was deleted is refused like this."
        bearer = SecretStr(f"Bearer {minted.secret.get_secret_value()}")
        with self.get_client() as http:
            return http.ask(operation, "GET", path, headers={"Authorization": bearer}, accept=accept, if_refused=remedy)

    @classmethod
    def looks_wrong(cls, minted: Minted) -> Wrong | None:
        """A secret key in the place of a restricted one is told apart, and never kept: it may do everything."""
        typed = minted.secret.get_secret_value()
        if "sk_" in typed:
            told = "That is a secret key (sk_), which may do everything: rekey does not keep it. Enter the restricted"
            return Wrong(f"{told} one, which begins with rk_.", todo=Todo.COPY, worth_keeping=False)
        wrong = super().looks_wrong(minted)
        if wrong is None and not typed.startswith(tuple(MODES.values())):
            return Wrong(
                "A restricted key of Stripe's begins with rk_live_ or rk_test_: copy it again.", todo=Todo.COPY
            )
        return wrong

    @classmethod
    def hints(cls, realm: str) -> Mapping[str, tuple[Hint, ...]]:
        """Of which kind it seems: what is sent all the same is asked about for a while before that is told."""
        mine = f"{realm} keys begin with {MODES[realm]}."
        others = (Hint(f"^{one}", f"This is a {mode} key: {mine}") for mode, one in MODES.items() if mode != realm)
        secret = Hint("sk_", f"This is a secret key, which may do everything: never enter it. Restricted {mine}")
        along = super().hints(realm)[KEY]
        return {KEY: (secret, *along, *others, Hint(f"^(?!{MODES[realm]}).", f"Restricted {mine}"))}

    def instructions(self, situation: Situation) -> Instructions:
        """What to click for a new key."""
        return PAGE.instructions(situation)

    @classmethod
    def form(cls, realm: str) -> MintForm:
        """One value."""
        demand: Mapping[str, Any] = {"type": "string", "minLength": 1}
        told = f"The new one; it begins with {MODES[realm]}."
        return MintForm({KEY: FormField("New restricted key", told, demand, "the new restricted key")})

    @classmethod
    def shown(cls, minted: Minted) -> Shown:
        """How the key ends: the page shows that, too."""
        return Shown(KEY, "key", minted.secret.get_secret_value()[-4:])


def _is_of(realm: str, minted: Minted) -> bool:
    return minted.secret.get_secret_value().startswith(MODES[realm])


def _named_in(reply: Reply) -> str | None:
    """The account in the answer, also in one that says that the key may not read it; None where neither names one."""
    body = reply.body if isinstance(reply.body, dict) else {}
    if reply.status != FORBIDDEN:
        account = body.get("id")
        return account if isinstance(account, str) and account else None
    error = body.get("error")
    named = _NAMED.search(str(error.get("message"))) if isinstance(error, dict) else None
    return named[1] if named else None
