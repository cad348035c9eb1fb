"""Alpaca's Trading API v2: the vendor whose pairs only a human can mint.

Paper and live are two hosts with the same paths. A pair belongs to one account in one environment, and every other
host refuses it (docs.alpaca.markets "Authentication", read 2026-11-21). There is no API to create or revoke a pair.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import ClassVar, cast

from pydantic import Field, HttpUrl

from blocks.answer import Answer
from blocks.issuers.alpaca import (
    account,
    check_order,
    check_orders_left,
    equity,
    identify,
    instructions,
    looks,
    maintenance,
    market,
    open_orders,
    unknown,
)
from blocks.issuers.alpaca.client import AlpacaClient, never_valid
from blocks.issuers.alpaca.models import READ_ACCOUNT, Environment
from blocks.issuers.alpaca.pair import FIELDS, key_id_of
from blocks.issuers.alpaca.session import REFUSALS
from blocks.issuers.alpaca.table import AlpacaTable
from blocks.issuers.interface import Issuer
from blocks.issuers.terms import (
    Doubt,
    Hint,
    Identity,
    Instructions,
    Market,
    MintForm,
    Obstacle,
    OldDies,
    Situation,
    Traits,
    WriteProbe,
    Wrong,
)
from blocks.model.credential import Credential
from blocks.model.rotation import Snapshot
from blocks.proofs import Record
from blocks.secret import Minted, Shown
from blocks.wire.exchange import READ_TIMEOUT_S, ReadTimeout
from blocks.wire.parallel import together


class Alpaca(Issuer):
    """Alpaca's addresses. It holds no credentials: the pair comes from the vault."""

    addresses: ClassVar[Mapping[str, str]] = {
        "paper_url": "alpaca_paper",
        "live_url": "alpaca_live",
        "paper_dashboard_url": "alpaca_paper_dashboard",
        "live_dashboard_url": "alpaca_live_dashboard",
    }

    _block_type_name = "Alpaca"
    _block_type_slug = "alpaca"
    _logo_url = HttpUrl("https://github.com/alpacahq.png")
    _documentation_url = HttpUrl("https://docs.alpaca.markets/docs/authentication")
    _description = "Alpaca's API hosts and dashboards. The key pairs stay in the vault."

    called: ClassVar[str] = "Alpaca"
    word: ClassVar[str] = "alpaca"
    traits: ClassVar[Traits] = Traits(old_dies=OldDies.AT_MINT)
    fields: ClassVar[tuple[str, ...]] = FIELDS
    realms: ClassVar[tuple[str, ...]] = ("paper", "live")
    own_table = AlpacaTable
    fixed: ClassVar[Mapping[str, str]] = account.FIXED
    identifies: ClassVar[str] = READ_ACCOUNT
    in_headers: ClassVar[bool] = True
    refusals: ClassVar[int] = REFUSALS
    # Of an account: https://alpaca.markets/support/usage-limit-api-calls/ (a stored copy, read 2026-11-29).
    requests_a_minute: ClassVar[int | None] = 200
    second_factor: ClassVar[str] = "Alpaca asks for a code by e-mail or authenticator before it shows the new secret."
    suspended: ClassVar[str] = account.SUSPENDED_BY_OWNER
    what_is_open: ClassVar[str] = "open orders"
    left_by_probes: ClassVar[str] = "check orders"

    paper_url: str = Field(
        default="https://paper-api.alpaca.markets", title="Paper API", description="Base URL of the paper trading API."
    )
    live_url: str = Field(
        default="https://api.alpaca.markets", title="Live API", description="Base URL of the live trading API."
    )
    paper_dashboard_url: str = Field(
        default="https://app.alpaca.markets/paper/dashboard/overview",
        title="Paper dashboard",
        description="The page on which an operator regenerates a paper pair.",
    )
    live_dashboard_url: str = Field(
        default="https://app.alpaca.markets/live/dashboard/overview",
        title="Live dashboard",
        description="The page on which an operator regenerates the live pair.",
    )
    read_timeout_s: ReadTimeout = READ_TIMEOUT_S

    def get_client(self, realm: str) -> AlpacaClient:
        """A client for one host. Close it, or use it as a context manager. Raises CatalogError for a bad URL."""
        base_url = {"paper": self.paper_url, "live": self.live_url}[realm]
        return AlpacaClient(base_url, cast("Environment", realm), read_timeout_s=self.read_timeout_s)

    def page(self, realm: str) -> str:
        """The dashboard that an operator is sent to."""
        return {"paper": self.paper_dashboard_url, "live": self.live_dashboard_url}[realm]

    def accepts(self, realm: str, minted: Minted) -> Answer:
        """Whether this host accepts the pair: a no is REFUSALS refusals in a row. Never raises."""
        with self.get_client(realm) as client:
            return client.accepts(minted)

    def accepts_yet(self, realm: str, minted: Minted) -> Answer:
        """Whether this one time the host accepts the pair: its no proves nothing, so ask again. Never raises."""
        with self.get_client(realm) as client:
            return client.accepts_yet(minted)

    def made_up(self, realm: str) -> Minted:
        """A pair in today's shape that nobody ever issued."""
        return never_valid(next(prefix for prefix, of in identify.PREFIXES.items() if of == realm))

    def identify(self, realm: str, minted: Minted, *, closely: bool = False) -> account.Opened:
        """The account that the pair opens; ``closely`` with its positions. Raises Alpaca's errors."""
        with self.get_client(realm) as client:
            if not closely:
                return account.opened(client.account(minted))
            return account.opened(*together(partial(client.account, minted), partial(client.positions, minted)))

    def instructions(self, situation: Situation) -> Instructions:
        """What to click in the dashboard."""
        return instructions.instructions(situation)

    @classmethod
    def form(cls, realm: str) -> MintForm:
        """The pair, and that the switcher says the right realm."""
        return instructions.form(realm)

    @classmethod
    def switch_to(cls, realm: str) -> str:
        """Where in the dashboard the pair of this realm is made."""
        return instructions.switch_to(realm)

    @classmethod
    def refused_everywhere(cls, realm: str, minted: Minted) -> Wrong:
        """What it means that neither host accepts a pair."""
        return identify.refused_everywhere(realm, minted)

    @classmethod
    def shown(cls, minted: Minted) -> Shown | None:
        """How the key ID ends: the dashboard shows it too."""
        return Shown("key_id", "key ID", key_id_of(minted)[-4:])

    @classmethod
    def hints(cls, realm: str) -> Mapping[str, tuple[Hint, ...]]:
        """What cannot be a half of a pair, or looks like another realm's."""
        return looks.hints(realm)

    @classmethod
    def looks_wrong(cls, minted: Minted) -> Wrong | None:
        """What is wrong with the looks of this pair; None when it can be a pair."""
        return looks.looks_wrong(minted)

    @classmethod
    def not_now(cls, now: datetime) -> str:
        """When the next maintenance begins. Raises StepError while there is one."""
        return maintenance.demand_none(now)

    def market(self, realm: str, minted: Minted) -> Market:
        """Whether the core session of US equities is open. Raises Alpaca's errors."""
        with self.get_client(realm) as client:
            return market.market_of(client.clock(minted))

    def activity(self, credential: Credential, minted: Minted) -> Snapshot:
        """Account, positions and the number of open orders, as this pair sees them. Raises Alpaca's errors."""
        with self.get_client(credential.realm) as client:
            seen = account.all_of(client, minted)
        return account.snapshot_of(*seen, with_money=credential.guarded)

    @classmethod
    def told_of(cls, taken: Snapshot) -> str:
        """How many orders are open, and how many positions."""
        return f"{taken.in_flight} open orders, {len(taken.facts['positions'])} positions. "

    @classmethod
    def reads(cls, taken: Snapshot) -> str:
        """That orders and positions can be read."""
        positions = len(taken.facts["positions"])
        return (
            f"The current pair reads what snapshot will: open orders ({taken.in_flight}) and positions ({positions})."
        )

    @classmethod
    def outdated(cls, before: Snapshot) -> Snapshot:
        """Without money: trading went on."""
        return account.without_money(before)

    @classmethod
    def left_open(cls, before: Snapshot) -> str:
        """What to do about orders that were open when the pair died; empty without any."""
        return instructions.left_open(before)

    def in_the_way(self, credential: Credential, minted: Minted, record: Record) -> Obstacle | None:
        """Open orders, about which a person has to decide. Raises Alpaca's errors."""
        return open_orders.in_the_way(partial(self.get_client, credential.realm), minted, record)

    def compares_closely(self, before: Snapshot | None) -> bool:
        """Whether money was kept, which is compared with cash and positions."""
        return before is not None and account.money_of(before) is not None

    def compared(self, before: Snapshot, seen: Identity, record: Record) -> Doubt | None:
        """What only a person can say of another equity. Raises StepError when the account's money changed."""
        if not isinstance(seen, account.Opened) or seen.account is None:
            return None
        return equity.compared(before, seen.account, seen.positions, record)

    def unknown(self, credential: Credential, seen: Identity) -> Doubt | None:
        """Whether a live account of which nothing is known is the right one; a paper one is only reported."""
        if not credential.guarded or not isinstance(seen, account.Opened) or seen.account is None:
            return None
        return unknown.unknown(credential.name, credential.realm, seen.account)

    def demand_nothing_left(self, credential: Credential, minted: Minted) -> str:
        """No check order of rekey is open. Raises StepError, and Alpaca's errors."""
        return open_orders.demand_no_check_order(partial(self.get_client, credential.realm), minted)

    def clear_probes(self, probe: WriteProbe) -> None:
        """Cancel every check order that an earlier try left open, and see it gone. Raises Alpaca's errors."""
        check_orders_left.demand_none_left(self._connect(probe), probe)

    def probed_before(self, probe: WriteProbe) -> str | None:
        """The check order of an earlier try, whose answer may have been lost. Raises Alpaca's errors."""
        return check_orders_left.placed_before(self._connect(probe), probe)

    def prove_write(self, probe: WriteProbe, earlier: str | None) -> None:
        """Place the check order, see it, cancel it, see it gone. Raises the vendors' errors."""
        check_order.prove_write_authority(self._connect(probe), probe, earlier)

    def _connect(self, probe: WriteProbe) -> open_orders.Connect:
        return partial(self.get_client, probe.credential.realm)
