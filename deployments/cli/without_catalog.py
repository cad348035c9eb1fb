"""What a command says of open rotations while the catalog cannot be read: what the ledger alone has of them."""

from __future__ import annotations

from datetime import UTC, datetime

from blocks.errors import CatalogError, LedgerError
from blocks.ledger import deaths, history, trading
from blocks.ledger.ledger import Ledger
from blocks.ledger.row import Row
from blocks.settings import Settings
from deployments.cli.which_ledger import with_rows

UNKNOWN = "Whether a rotation is open, and whether trading is stopped, is unknown."


def with_what_is_open(error: CatalogError, settings: Settings) -> CatalogError:
    """This error, and what follows for whoever asks whether trading stands."""
    return CatalogError(f"{error.problem} {_open_ones(settings)}", error.remedy)


def _open_ones(settings: Settings) -> str:
    try:
        ledger = with_rows(settings)
        told = [f"{row.credential} (trading: {_stands(ledger, row)})" for row in ledger.open_starts()] if ledger else []
    except LedgerError as error:
        return f"{UNKNOWN} {error.problem}"
    if not told:
        return "No rotation is open."
    return f"By the ledger these rotations are open: {', '.join(told)}."


def _stands(ledger: Ledger, start: Row) -> str:
    known = history.of(ledger, start.rotation)
    killed = deaths.unsettled(ledger, start.credential)
    told = trading.by_the_ledger(known, killed).replace("**", "")
    since = trading.stopped_since(known, told, killed)
    return f"{told}, for {trading.lasted(trading.between(since, datetime.now(UTC).isoformat()))} now" if since else told
