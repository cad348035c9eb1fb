"""What the console knows of all credentials at one moment, and how it learns what is new.

Everything comes from the catalog, the ledger and Prefect; nothing is kept but what was read. Only the credentials that
new rows name are read again.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from threading import Event

from blocks.answer import Answer
from blocks.catalog import Catalog, load_catalog, problem_of
from blocks.errors import RekeyError
from blocks.ledger import cadence, history, incidents
from blocks.ledger.chain import Head
from blocks.ledger.history import History
from blocks.ledger.incidents import Incident, Progress
from blocks.ledger.lease import Lease, Seen
from blocks.ledger.ledger import Ledger
from blocks.ledger.row import SHARED, Row
from blocks.model.credential import Credential
from blocks.operators import policy, registry
from blocks.operators.registry import Registry
from blocks.settings import Settings
from blocks.wire.beside import Beside
from deployments.cli import unlisted
from deployments.cli.seeing import Seeing, acting
from deployments.cli.status import Status, run_of, standing_of
from deployments.cli.which_ledger import with_rows
from deployments.local.ask_prefect import Prefect

NOT_ASKED = "unknown: Prefect was not asked yet"
NOT_LOOKED = "unknown: nobody looks at its run while the catalog has no entry of it"
# Where no ledger with rows is, Prefect is asked whether that can be: not with every look.
LOOK_FOR_LEDGER_S = 5.0
# The matrix says what is due, which changes by itself.
MATRIX_S = 60.0
# What all credentials share has no forms.
_OF_ALL = {"proof": "", "entry": ""}


@dataclass(frozen=True, slots=True)
class Underway:
    """An open incident, and how far each credential of it is."""

    headline: str
    incident: Incident
    progress: tuple[Progress, ...]


@dataclass(frozen=True, slots=True)
class Known:
    """All that a page shows, as of ``at`` (UTC). ``problem`` says what could not be read, and what to do."""

    at: datetime
    version: int = 0
    problem: str = "Nothing was read yet: reload in a moment."
    # The unfinished rotations, and a line of the matrix for each enabled credential, both by its name.
    open: Mapping[str, Status] = field(default_factory=dict)
    matrix: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    # What somebody may know, and how far each credential of it is.
    incidents: tuple[Underway, ...] = ()


@dataclass(slots=True)
class _Beats:
    """The lease of one credential as it was watched, and since when it has been as it is (monotonic seconds)."""

    seen: Seen | None
    since: float
    counted: bool = False


class Reader:
    """Reads again and again: the ledger in one thread, and Prefect in another, because it may keep one waiting."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._ledger: Ledger | None = None
        self._why_not: RekeyError | None = None
        self._head = Head(0, "")
        self._starts: dict[str, Row] = {}
        self._matrix: dict[str, Mapping[str, str]] = {}
        self._matrix_at = float("-inf")
        self._catalog: Catalog | None = None
        self._operators: Registry | None = None
        self._incidents: tuple[Underway, ...] = ()
        self._beats: dict[str, _Beats] = {}
        # The runs of what is open, and how Prefect sees each; replaced as a whole.
        self._runs: tuple[str, ...] = ()
        self._prefect: dict[str, str] = {}
        self._ledger_at = float("-inf")
        self.known = Known(datetime.now(UTC))

    @property
    def ledger(self) -> Ledger | None:
        """The ledger that was read last."""
        return self._ledger

    @contextmanager
    def reading(self, every_s: float) -> Iterator[None]:
        """Look again and again, in a thread for each."""
        over = Event()
        for look in (self.look, self.ask_prefect):
            Beside(partial(_again_and_again, look, over, every_s)).begin()
        try:
            yield
        finally:
            over.set()

    def look(self) -> None:
        """Read what is new. Never raises: what cannot be read is a problem that every page shows."""
        try:
            found, matrix = self._read()
        except RekeyError as error:
            self._show(replace(self.known, problem=str(error)))
        except Exception as error:  # noqa: BLE001  # a page that stands still without a word would be worse
            told = f"The console cannot read ({type(error).__name__}). Read its log, and use `rekey status` meanwhile."
            self._show(replace(self.known, problem=told))
        else:
            problem = problem_of(self._settings.catalog)
            self._show(replace(self.known, problem=problem, open=found, matrix=matrix, incidents=self._incidents))

    def _show(self, now: Known) -> None:
        before = self.known
        is_new = replace(now, at=before.at) != before
        self.known = replace(now, at=datetime.now(UTC), version=before.version + is_new)

    def _read(self) -> tuple[dict[str, Status], dict[str, Mapping[str, str]]]:
        catalog = load_catalog(self._settings.catalog)
        ledger = self._opened()
        if ledger is None:
            now, nobody = datetime.now(UTC), Registry()
            lines = {one.name: {**cadence.line_of(one, None, now), **_acting(one, nobody)} for one in catalog.enabled}
            return {}, {**lines, SHARED: {**cadence.line_of_all(None, now), **_OF_ALL}}
        head, enabled = ledger.head(), {one.name: one for one in catalog.enabled}
        news, listed = self._news(ledger, catalog, head), catalog.credential
        if news:
            self._starts = {row.credential: row for row in ledger.open_starts()}
        if SHARED in news:
            self._matrix[SHARED] = cadence.line_of_all(ledger, datetime.now(UTC))
        for name in news & enabled.keys():
            self._matrix[name] = cadence.line_of(enabled[name], ledger, datetime.now(UTC))
        if self._operators is None or head != self._head:
            self._operators = registry.of(ledger)
            self._incidents = _incidents_in(ledger)
        # Only now: what could not be read is news still.
        self._catalog, self._head = catalog, head
        open_ones = {name: start for name, start in self._starts.items() if name in listed}
        known = {name: history.of(ledger, start.rotation) for name, start in open_ones.items()}
        seen = {name: self._seeing(name, start, known[name]) for name, start in open_ones.items()}
        self._runs = tuple(one.run for one in seen.values())
        found = {name: self._status(ledger, listed[name], start, seen[name]) for name, start in open_ones.items()}
        found |= {name: self._unlisted(ledger, start) for name, start in self._starts.items() if name not in listed}
        acting = {name: _acting(one, self._operators) for name, one in enabled.items()}
        lines = {name: {**self._matrix[name], **acting[name]} for name in enabled}
        return found, {**lines, SHARED: {**self._matrix[SHARED], **_OF_ALL}}

    def _news(self, ledger: Ledger, catalog: Catalog, head: Head) -> set[str]:
        """The names of the credentials of which something new has to be read."""
        is_due = time.monotonic() - self._matrix_at > MATRIX_S
        if catalog is not self._catalog or head.sequence < self._head.sequence or is_due:
            self._matrix_at = time.monotonic()
            return {*catalog.credential, SHARED}
        if head == self._head:
            return set()
        rows = ledger.rows(after=self._head.sequence)
        # A row of one rotation may tell of another credential's pair.
        return {name for row in rows for name in (row.credential, row.facts.killed, row.facts.revived)}

    def _seeing(self, name: str, start: Row, known: History) -> Seeing:
        lease = Lease(self._settings.ledger_url, name).look()
        now, before = time.monotonic(), self._beats.get(name)
        if before is None:
            before = self._beats[name] = _Beats(lease, now)
        elif _beat(lease) != _beat(before.seen):
            before = self._beats[name] = _Beats(lease, now, counted=lease is not None)
        is_silent = now - before.since > self._settings.lease_s
        lives = Answer.YES if before.counted else Answer.UNKNOWN
        if lease is None or is_silent:
            lives = Answer.NO
        living = acting(known, start, lease if lives is not Answer.NO else None)
        lives, run = lives if living is not None else Answer.NO, run_of(start, living)
        return Seeing(lives, self._prefect.get(run, NOT_ASKED), run)

    def _opened(self) -> Ledger | None:
        if self._ledger is None and time.monotonic() - self._ledger_at > LOOK_FOR_LEDGER_S:
            self._ledger_at, self._why_not = time.monotonic(), None
            try:
                self._ledger = with_rows(self._settings)
            except RekeyError as error:
                self._why_not = error
        if self._why_not is not None:
            raise self._why_not
        return self._ledger

    def ask_prefect(self) -> None:
        """How Prefect sees the runs of what is open; it is not asked when nothing is. Raises nothing."""
        runs = self._runs
        if not runs:
            return
        try:
            with Prefect() as prefect:
                self._prefect = prefect.states_of(runs)
        except RekeyError as error:
            self._prefect = dict.fromkeys(runs, f"unknown: {error.problem}")

    def _status(self, ledger: Ledger, credential: Credential, start: Row, seeing: Seeing) -> Status:
        now = replace(seeing, prefect=self._prefect.get(seeing.run, NOT_ASKED))
        return standing_of(ledger, credential, start, now, self._settings, self._operators or Registry())

    def _unlisted(self, ledger: Ledger, start: Row) -> Status:
        return unlisted.status_of(ledger, start, NOT_LOOKED, self._settings.prefect_ui_url)


def _again_and_again(look: Callable[[], None], over: Event, every_s: float) -> None:
    while not over.is_set():
        look()
        over.wait(every_s)


def _acting(credential: Credential, operators: Registry) -> dict[str, str]:
    """By what whoever answers its forms proves to be an operator, and how its pair is entered."""
    return {"proof": policy.wanted(credential, operators), "entry": credential.entry}


def _incidents_in(ledger: Ledger) -> tuple[Underway, ...]:
    """Those that are open, oldest first."""
    now = datetime.now(UTC)
    open_ones = [one for one in incidents.all_of(ledger) if one.closed is None]
    found = [(one, tuple(incidents.progress(ledger, one, now))) for one in open_ones]
    return tuple(Underway(incidents.headline(*one), *one) for one in found)


def _beat(seen: Seen | None) -> tuple[str, int] | None:
    return (seen.holder, seen.beat) if seen else None
