"""``rekey health`` and the matrix of ``rekey status``: how every credential is, for the terminal."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from prefect.settings import get_current_settings

from blocks import cadence
from blocks.catalog import load_catalog
from blocks.check import Depth, Outcome
from blocks.errors import CatalogError, RekeyError, StepError
from blocks.ledger import Ledger
from blocks.settings import Settings
from flows.health import health


def examined(credential: str, *, full: bool) -> dict[str, Any]:
    """Run the flow ``health`` in this process: ``outcome``, ``matrix`` and ``checks``. Raises RekeyError."""
    if not get_current_settings().api.url:
        raise CatalogError(
            "PREFECT_API_URL is not set, so the blocks cannot be found.",
            "Set it to the server that the worker uses, for example http://127.0.0.1:4200/api.",
        )
    state: Any = health(credential=credential, depth=Depth.FULL if full else Depth.LIGHT, return_state=True)
    found = getattr(state.data, "result", None)
    if isinstance(found, RekeyError):
        raise found
    if not isinstance(found, dict):
        raise StepError(f"Nothing was examined: {state.message}", "Look at the run in the Prefect UI.")
    return found


def lines_of(found: dict[str, Any]) -> Iterator[str]:
    """The matrix, then what is not ok with what to do, then a sum."""
    yield from _table(found["matrix"])
    checks = found["checks"]
    wrong = [one for one in checks if one["outcome"] != Outcome.OK]
    yield ""
    for one in wrong:
        yield f"{one['outcome'].upper()}  {one['credential']}: {one['check']}"
        yield f"    {one['what']} {one['what to do']}"
    yield f"{len(checks) - len(wrong)} of {len(checks)} checks are ok."


def matrix_lines(settings: Settings) -> Iterator[str]:
    """The same matrix as the ledger knows it, without asking anybody. Raises LedgerError."""
    ledger, now = Ledger(settings.ledger_url), datetime.now(UTC)
    enabled = load_catalog(settings.catalog).enabled
    yield from _table([cadence.line_of(one, ledger.rows(credential=one.name), now) for one in enabled])


def _table(rows: list[dict[str, str]]) -> Iterator[str]:
    """Aligned columns; drift has a line for each copy."""
    if not rows:
        return
    names = [name for name in rows[0] if name != "drift"]
    widths = {name: max(len(name), *(len(row[name]) for row in rows)) for name in names}
    yield "  ".join(name.ljust(widths[name]) for name in names).rstrip()
    for row in rows:
        yield "  ".join(row[name].ljust(widths[name]) for name in names).rstrip()
        for copy in row["drift"].split("; "):
            yield f"    {copy}"
