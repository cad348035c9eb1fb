"""Which ledger a command reads. It is named in every answer, and never made by reading.

A ledger without rows says nothing: it may be the wrong one. So Prefect is asked whether rekey ran at all.
"""

from __future__ import annotations

from blocks import worker_file
from blocks.errors import LedgerError, RekeyError
from blocks.ledger import database as ledger_database
from blocks.ledger import schema
from blocks.ledger.ledger import Ledger
from blocks.settings import Settings
from deployments.local.ask_prefect import Prefect


def name_of(settings: Settings) -> str:
    """Where the ledger is, without account and password; and who says so. Raises LedgerError."""
    by = "REKEY_LEDGER_URL" if "ledger_url" in settings.model_fields_set else "the default: REKEY_LEDGER_URL is not set"
    by = f"named by {settings.config}" if settings.config else by
    return f"{ledger_database.shown(settings.ledger_url)} ({by})"


def existing(settings: Settings) -> Ledger:
    """The ledger, when there is one. Raises LedgerError."""
    if not schema.exists(settings.ledger_url):
        raise LedgerError(f"There is no ledger in {name_of(settings)}.", f"{_same(settings)}; the first run makes it.")
    return Ledger(settings.ledger_url)


def _same(settings: Settings) -> str:
    """Beside a worker's file the variable would be refused, so the file is what has to be corrected."""
    if settings.config:
        return f"Let REKEY_CONFIG name the worker's own file, or correct {worker_file.place_of('ledger_url')}"
    return "Set REKEY_LEDGER_URL to what the worker has"


def with_rows(settings: Settings) -> Ledger | None:
    """The ledger; None when it has no rows or is missing, and Prefect says that rekey never ran.

    Raises LedgerError when Prefect knows runs, or was not asked: then nothing is known of any rotation.
    """
    there = schema.exists(settings.ledger_url)
    ledger = Ledger(settings.ledger_url) if there else None
    if ledger is not None and ledger.head().sequence:
        return ledger
    what = f"The ledger {name_of(settings)} {'is empty' if there else 'does not exist'}"
    try:
        with Prefect() as prefect:
            runs = prefect.runs_of_rekey()
    except RekeyError as error:
        raise LedgerError(
            f"{what}, so nothing is known of any rotation. {error.problem}", f"{_same(settings)}. {error.remedy}"
        ) from None
    if runs:
        raise LedgerError(
            f"{what}, and Prefect knows {runs} runs of rekey: this is the wrong ledger.", f"{_same(settings)}."
        )
    return None
