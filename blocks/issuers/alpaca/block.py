"""Alpaca's Trading API v2: the vendor whose pairs only a human can mint.

Paper and live are two hosts with the same paths. A pair belongs to one account in one environment, and every other
host refuses it (docs.alpaca.markets "Authentication", read 2026-11-21). There is no API to create or revoke a pair.
"""

from __future__ import annotations

from prefect.blocks.abstract import CredentialsBlock
from pydantic import Field, HttpUrl

from blocks.issuers.alpaca.client import AlpacaClient
from blocks.issuers.alpaca.maintenance import Maintenance, in_maintenance, next_maintenance
from blocks.issuers.alpaca.models import Account, Clock, DeathProof, Environment, Order, Position, is_business_code
from blocks.issuers.alpaca.session import REFUSALS
from blocks.wire.exchange import ON_READ_TIMEOUT, READ_TIMEOUT_S

__all__ = [
    "REFUSALS",
    "Account",
    "Alpaca",
    "AlpacaClient",
    "Clock",
    "DeathProof",
    "Environment",
    "Maintenance",
    "Order",
    "Position",
    "in_maintenance",
    "is_business_code",
    "next_maintenance",
]


class Alpaca(CredentialsBlock):
    """Alpaca's addresses. It holds no credentials: the pair comes from the vault."""

    _block_type_name = "Alpaca"
    _block_type_slug = "alpaca"
    _logo_url = HttpUrl("https://github.com/alpacahq.png")
    _documentation_url = HttpUrl("https://docs.alpaca.markets/docs/authentication")
    _description = "Alpaca's API hosts and dashboards. The key pairs stay in the vault."

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
    read_timeout_s: float = Field(
        default=READ_TIMEOUT_S, ge=0.05, title="Read timeout (seconds)", description=ON_READ_TIMEOUT
    )

    def get_client(self, environment: Environment) -> AlpacaClient:
        """A client for one host. Close it, or use it as a context manager. Raises CatalogError for a bad URL."""
        base_url = {"paper": self.paper_url, "live": self.live_url}[environment]
        return AlpacaClient(base_url, environment, read_timeout_s=self.read_timeout_s)

    def dashboard_url(self, environment: Environment) -> str:
        """The page that an operator is sent to."""
        return {"paper": self.paper_dashboard_url, "live": self.live_dashboard_url}[environment]
