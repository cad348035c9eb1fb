"""What the ledger says, as numbers for a monitoring system: gauges and counters as Prometheus has them.

Labels are names of the catalog and words of rekey's own; nothing here can be secret. What is not known has no sample:
a number that is missing is an alert of its own (deploy/monitoring/alerts.yaml).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from enum import StrEnum

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from pydantic import SecretStr

from blocks import tally
from blocks.check import Outcome
from blocks.errors import CatalogError, LedgerError
from blocks.ledger import cadence, counts, heartbeat, history, incidents, schema, stopped, trading, unlisted, untold
from blocks.ledger.ledger import Ledger
from blocks.ledger.row import SHARED, Action, Row
from blocks.model.credential import Credential
from blocks.model.step import Step

CREDENTIAL = "credential"


class Stands(StrEnum):
    """How an unfinished rotation stands, as far as the ledger alone tells."""

    GOES_ON = "goes on"
    WAITS = "waits for a person"
    HELD = "held"
    UNLISTED = "not in the catalog"


class Metrics(Collector):
    """Asks the ledger anew at each scrape."""

    def __init__(self, url: SecretStr, listed: Callable[[], Collection[Credential]]) -> None:
        """``listed`` gives all credentials of the catalog, as it is now; while it cannot, those of before count."""
        self._url = url
        self._listed = listed
        self._credentials = tuple(listed())

    def _read_again(self) -> None:
        with suppress(CatalogError):
            self._credentials = tuple(self._listed())

    def collect(self) -> Iterator[Metric]:
        """Every metric; without a ledger only that it does not answer."""
        up = GaugeMetricFamily("rekey_ledger_up", "Whether the ledger could be read: 1 or 0.")
        try:
            found: list[Metric] = list(self._read(datetime.now(UTC)))
        except LedgerError:
            found = []
            up.add_metric([], 0)
        else:
            up.add_metric([], 1)
        yield up
        yield from found

    def _read(self, now: datetime) -> Iterator[Metric]:
        # Reading makes none: it may be the wrong one.
        if not schema.exists(self._url):
            raise LedgerError("There is no ledger.", "The first run makes it.")
        self._read_again()
        ledger = Ledger(self._url)
        enabled = [one for one in self._credentials if one.enabled]
        yield _one("rekey_ledger_rows", "Rows of the ledger.", ledger.head().sequence)
        yield from _of_rotations(ledger, self._credentials, now)
        yield from _of_keys(ledger, enabled, now)
        yield from _of_health(ledger, enabled, now)
        yield _one("rekey_alarms_untold", "Alarms that nobody has taken yet.", len(untold.alarms(ledger, now)))
        yield from _of_counts(counts.all_of(self._url))
        open_ones = sum(one.closed is None for one in incidents.all_of(ledger))
        yield _one("rekey_incidents_open", "Incidents that are not over.", open_ones)
        ended_well = heartbeat.last(self._url, heartbeat.WATCH)
        if ended_well is not None:
            text = "When watch ended well last, as Unix time."
            yield _one("rekey_watch_last_good_timestamp_seconds", text, ended_well.timestamp())


def _one(name: str, text: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, text, value=value)


def _of_rotations(ledger: Ledger, credentials: Collection[Credential], now: datetime) -> Iterator[GaugeMetricFamily]:
    begun = GaugeMetricFamily(
        "rekey_rotation_open_seconds",
        "Since when a rotation is open, and how it stands.",
        labels=[CREDENTIAL, "stands"],
    )
    stood = GaugeMetricFamily(
        "rekey_trading_stopped_seconds", "Since when rekey stops trading; 0 where it does not.", labels=[CREDENTIAL]
    )
    unknown = GaugeMetricFamily(
        "rekey_trading_unknown", "Whether nobody knows if trading is stopped: 1 or 0.", labels=[CREDENTIAL]
    )
    starts = {row.credential: row for row in ledger.open_starts()}
    for one in credentials:
        start = starts.pop(one.name, None)
        known = history.of(ledger, start.rotation) if start else None
        if known is not None:
            begun.add_metric([one.name, _stands(known.rows)], (now - known.rows[0].at).total_seconds())
        stands = stopped.of(ledger, one, known)
        # What stops trading is told of a disabled one, too.
        if one.brakes and (known or one.enabled or stands != stopped.Stopped()):
            lasted = trading.between(stands.since, now.isoformat()) if stands.since else 0
            stood.add_metric([one.name], lasted)
            unknown.add_metric([one.name], stands.is_unknown)
    for name, start in starts.items():
        first = history.of(ledger, start.rotation).rows[0]
        begun.add_metric([name, Stands.UNLISTED], (now - first.at).total_seconds())
        unknown.add_metric([name], unlisted.stands(ledger, start) != trading.NOT_STOPPED)
    yield from (begun, stood, unknown)


def _stands(rows: Sequence[Row]) -> str:
    """By the newest row that says so; what is noted in between says nothing."""
    for row in reversed(rows):
        if row.action is Action.HELD:
            return Stands.HELD
        if row.facts.is_waiting:
            return Stands.HELD if row.facts.step == Step.HOLD else Stands.WAITS
        if row.facts.is_done and row.facts.step != Step.HOLD:
            return Stands.GOES_ON
    return Stands.GOES_ON


def _of_keys(ledger: Ledger, credentials: Sequence[Credential], now: datetime) -> Iterator[GaugeMetricFamily]:
    age = GaugeMetricFamily("rekey_key_age_seconds", "How old the current pair is.", labels=[CREDENTIAL])
    due = GaugeMetricFamily(
        "rekey_key_due_seconds", "Until the next rotation is due; negative when it is overdue.", labels=[CREDENTIAL]
    )
    for one in credentials:
        known = cadence.age_of(one, ledger)
        if known.since is not None and known.due_at is not None:
            age.add_metric([one.name], (now - known.since).total_seconds())
            due.add_metric([one.name], (known.due_at - now).total_seconds())
    yield from (age, due)


def _of_health(ledger: Ledger, credentials: Sequence[Credential], now: datetime) -> Iterator[GaugeMetricFamily]:
    outcome = GaugeMetricFamily(
        "rekey_health_outcome", "What health found last: 1 for that outcome.", labels=[CREDENTIAL, "outcome"]
    )
    at = GaugeMetricFamily(
        "rekey_health_timestamp_seconds", "When health examined it last, as Unix time.", labels=[CREDENTIAL]
    )
    # What all share, such as the worker and the people on call, is a line of its own.
    for name in (*(one.name for one in credentials), SHARED):
        examined_at = cadence.examined_at(name, ledger)
        if examined_at is not None:
            at.add_metric([name], examined_at.timestamp())
        found, _ = cadence.state_of(name, ledger, now)
        for each in Outcome:
            outcome.add_metric([name, each.value], each is found)
    yield from (outcome, at)


def _of_counts(counted: Mapping[tally.Key, int]) -> Iterator[CounterMetricFamily]:
    requests = CounterMetricFamily(
        "rekey_vendor_requests", "Requests that runs sent, by what became of them.", labels=["vendor", "host", "answer"]
    )
    alarms = CounterMetricFamily("rekey_alarms", "Alarms that runs tried to tell.", labels=["told"])
    # What has no sample before its first one does not increase by that one.
    for vendor, host in sorted({(key[1], key[2]) for key in counted if key[0] == tally.REQUESTS}):
        for answer in tally.Answered:
            number = counted.get((tally.REQUESTS, vendor, host, answer.value), 0)
            requests.add_metric([vendor, host, answer.value], number)
    for told in tally.Told:
        alarms.add_metric([told.value], counted.get((tally.ALARMS, told.value), 0))
    yield from (requests, alarms)
