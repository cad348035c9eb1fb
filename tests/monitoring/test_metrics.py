"""What `rekey metrics` says: each number follows from the ledger, and nothing that is not known has one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from prometheus_client import CollectorRegistry
from prometheus_client.parser import text_string_to_metric_families
from pydantic import SecretStr

from blocks import tally
from blocks.catalog import load_catalog
from blocks.check import Outcome
from blocks.ledger import cadence, counts, heartbeat, untold
from blocks.ledger.ledger import Ledger
from blocks.ledger.metrics import Metrics, Stands
from blocks.ledger.row import SHARED, Action
from blocks.settings import ROOT
from deployments.cli import metrics as command
from deployments.cli.main import main
from deployments.local.processes import free_port

PAPER, LIVE = "alpaca-paper", "alpaca-live"
CATALOG = ROOT / "deployments" / "catalog.toml"
Scrape = Callable[[], dict[tuple[str, ...], float]]
Write = Callable[..., None]


@pytest.fixture
def url(ledger: Ledger) -> SecretStr:
    """Of the test's ledger."""
    return SecretStr(ledger.engine.url.render_as_string(hide_password=False))


@pytest.fixture
def registry(url: SecretStr) -> CollectorRegistry:
    """With the shipped catalog's credentials."""
    made = CollectorRegistry()
    made.register(Metrics(url, load_catalog(CATALOG).credential.values))
    return made


@pytest.fixture
def scraped(registry: CollectorRegistry) -> Scrape:
    """Name and labels of each sample, and its number."""

    def now() -> dict[tuple[str, ...], float]:
        return {(one.name, *one.labels.values()): one.value for family in registry.collect() for one in family.samples}

    return now


@pytest.fixture
def write(ledger: Ledger) -> Write:
    """One row of a rotation of the live pair."""

    def written(action: Action, credential: str = LIVE, rotation: str = "r-1", **facts: Any) -> None:
        ledger.append(action, rotation=rotation, credential=credential, actor="rekey", context=facts)

    return written


def step(write: Write, name: str, outcome: str = "done", **facts: Any) -> None:
    """A row of a step."""
    write(Action.STEP, step=name, outcome=outcome, **facts)


def test_an_empty_ledger_says_only_what_is_so(scraped: Scrape) -> None:
    found = scraped()

    assert found["rekey_ledger_up",] == 1
    assert found["rekey_trading_stopped_seconds", LIVE] == 0
    assert found["rekey_trading_unknown", LIVE] == 0
    assert found["rekey_health_outcome", LIVE, "unknown"] == 1
    missing = ("rekey_key_age_seconds", "rekey_rotation_open_seconds", "rekey_health_timestamp_seconds")
    assert [key for key in found if key[0] in {*missing, "rekey_watch_last_good_timestamp_seconds"}] == []


def test_a_rotation_that_the_catalog_does_not_name_is_counted_and_nobody_knows_its_brakes(
    scraped: Scrape, write: Write
) -> None:
    write(Action.STARTED, "renamed-since", reason="scheduled", flow_run_id="1")
    assert scraped()["rekey_trading_unknown", "renamed-since"] == 0, "it did not stop trading"
    paused = {"paused_at": datetime.now(UTC).isoformat(), "engaged_before": {"a brake": False}, "brakes_proved": True}
    write(Action.STEP, "renamed-since", step="pause", outcome="done", **paused)

    found = scraped()

    assert found["rekey_rotation_open_seconds", "renamed-since", Stands.UNLISTED] >= 0
    assert found["rekey_trading_unknown", "renamed-since"] == 1
    assert ("rekey_trading_stopped_seconds", "renamed-since") not in found
    write(Action.ABORTED, "renamed-since")
    assert [key for key in scraped() if "renamed-since" in key] == []


def test_a_disabled_entry_has_numbers_only_while_its_rotation_is_open(scraped: Scrape, write: Write) -> None:
    disabled = "alpaca-paper-staging"
    assert [key for key in scraped() if disabled in key] == []

    write(Action.STARTED, disabled, "r-2", reason="scheduled", flow_run_id="1")

    assert [key for key in scraped() if disabled in key] == [("rekey_rotation_open_seconds", disabled, Stands.GOES_ON)]


def test_a_rotation_is_told_from_its_start_to_its_end(scraped: Scrape, write: Write) -> None:
    def stands() -> list[tuple[str, ...]]:
        return [key[1:] for key in scraped() if key[0] == "rekey_rotation_open_seconds"]

    write(Action.STARTED, reason="scheduled", flow_run_id="1")
    assert stands() == [(LIVE, Stands.GOES_ON)]
    paused = datetime.now(UTC) - timedelta(minutes=5)
    step(write, "pause", "noted", paused_at=paused.isoformat(), engaged_before={"a brake": False})
    assert scraped()["rekey_trading_unknown", LIVE] == 1, "rekey began to stop it, and has not proved that"
    step(write, "pause", paused_at=paused.isoformat(), brakes_proved=True)
    assert 299 < scraped()["rekey_trading_stopped_seconds", LIVE] < 400
    assert scraped()["rekey_trading_unknown", LIVE] == 0
    step(write, "await_human_input", "waiting", awaited="the new pair", form="f")
    assert stands() == [(LIVE, Stands.WAITS)]
    write(Action.HELD, step="await_human_input", reason="Nobody came.")
    assert stands() == [(LIVE, Stands.HELD)]
    step(write, "hold", "waiting", awaited="a decision", form="g")
    assert stands() == [(LIVE, Stands.HELD)]
    step(write, "store")
    assert stands() == [(LIVE, Stands.GOES_ON)]

    step(write, "resume", trading_resumed_at=datetime.now(UTC).isoformat())
    write(Action.COMPLETED)

    found = scraped()
    assert stands() == []
    assert found["rekey_trading_stopped_seconds", LIVE] == 0
    assert 0 <= found["rekey_key_age_seconds", LIVE] < 60
    days = load_catalog(CATALOG).get(LIVE).cadence_days
    assert found["rekey_key_due_seconds", LIVE] == pytest.approx(days * 86400, abs=60)
    assert ("rekey_key_age_seconds", PAPER) not in found


def test_an_alarm_that_watch_gave_up_to_tell_alerts_no_more(
    scraped: Scrape, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(Action.UNTOLD, PAPER, "", headline="h", text="t", footer="f", payload={}, kind="rekey_alert")
    assert scraped()["rekey_alarms_untold",] == 1

    monkeypatch.setattr(untold, "KEPT_FOR", timedelta(0))

    assert scraped()["rekey_alarms_untold",] == 0


def test_health_alarms_incidents_and_watch_are_told(scraped: Scrape, write: Write, url: SecretStr) -> None:
    write(Action.HEALTH_CHECKED, PAPER, "", outcome="failed", depth="light")
    write(Action.HEALTH_CHECKED, SHARED, "", outcome="failed", depth="light")
    write(Action.UNTOLD, PAPER, "", headline="h", text="t", footer="f", payload={}, kind="rekey_alert")
    write(Action.UNTOLD, PAPER, "", headline="h", text="t", footer="f", payload={}, kind="rekey_alert")
    write(Action.TOLD_LATE, PAPER, "", row=3, headline="h")
    write(Action.INCIDENT_OPENED, "all credentials", "", incident="i-1", reason="lost", suspects=[])
    before = datetime.now(UTC).timestamp()
    heartbeat.beat(url, heartbeat.WATCH, "run")
    heartbeat.beat(url, heartbeat.WATCH, "run")

    found = scraped()

    assert [found["rekey_health_outcome", PAPER, one] for one in ("ok", "unknown", "failed")] == [0, 0, 1]
    assert [found["rekey_health_outcome", SHARED, one] for one in ("ok", "unknown", "failed")] == [0, 0, 1]
    assert found["rekey_health_timestamp_seconds", SHARED] == pytest.approx(before, abs=60)
    assert found["rekey_health_timestamp_seconds", PAPER] == pytest.approx(before, abs=60)
    assert found["rekey_alarms_untold",] == 1
    assert found["rekey_incidents_open",] == 1
    assert found["rekey_watch_last_good_timestamp_seconds",] >= before
    assert found["rekey_ledger_rows",] == 6


def test_what_health_found_counts_for_a_day_and_two_hours(scraped: Scrape, write: Write, ledger: Ledger) -> None:
    """A light run that finds no change writes no row."""
    later, credential = datetime.now(UTC) + timedelta(hours=27), load_catalog(CATALOG).get(PAPER)
    write(Action.HEALTH_CHECKED, PAPER, "", outcome="ok", depth="light")
    assert cadence.line_of(credential, ledger, later - timedelta(hours=2))["state"] == "ok"

    told = f"unknown: last asked on {datetime.now(UTC):%Y-%m-%d}"
    assert cadence.line_of(credential, ledger, later)["state"] == told
    assert cadence.state_of(PAPER, ledger, later) == (Outcome.UNKNOWN, told)
    write(Action.HEALTH_CHECKED, PAPER, "", outcome="failed", depth="light")
    assert cadence.state_of(PAPER, ledger, later) == (Outcome.UNKNOWN, f"failed, {told}")

    row, url = scraped()["rekey_health_timestamp_seconds", PAPER], ledger.engine.url
    before = datetime.now(UTC).timestamp()
    heartbeat.beat(SecretStr(url.render_as_string(hide_password=False)), heartbeat.EXAMINED.format(name=PAPER), "run")

    assert scraped()["rekey_health_timestamp_seconds", PAPER] >= before > row


def test_each_answer_of_a_vendor_that_was_asked_has_a_number(scraped: Scrape, url: SecretStr, ledger: Ledger) -> None:
    """The first refusal for too many requests in months is an increase only where there was a 0 before."""
    assert ledger.rows() == []
    tally.take()
    tally.add(tally.REQUESTS, "a vendor", "a host", tally.Answered.OK)
    counts.keep(url)

    found = {key[3]: number for key, number in scraped().items() if key[0] == "rekey_vendor_requests_total"}

    assert found == {**dict.fromkeys((one.value for one in tally.Answered), 0), "ok": 1}


def test_without_its_ledger_only_that_is_told_and_none_is_made(tmp_path: Any) -> None:
    registry = CollectorRegistry()
    registry.register(Metrics(SecretStr(f"sqlite:///{tmp_path}/none.db"), tuple))

    assert [(one.name, [each.value for each in one.samples]) for one in registry.collect()] == [
        ("rekey_ledger_up", [0])
    ]
    assert list(tmp_path.iterdir()) == []


def test_the_command_prints_what_prometheus_reads(
    url: SecretStr, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REKEY_CATALOG", str(CATALOG))
    monkeypatch.setenv("REKEY_LEDGER_URL", url.get_secret_value())

    assert main(["metrics"]) == 0

    families = {one.name for one in text_string_to_metric_families(capsys.readouterr().out)}
    assert {"rekey_ledger_up", "rekey_trading_stopped_seconds", "rekey_health_outcome"} <= families


def test_it_serves_them_where_it_is_told_to(registry: CollectorRegistry) -> None:
    port = free_port()
    command._serve(registry, "127.0.0.1", port)

    answer = httpx.get(f"http://127.0.0.1:{port}/metrics", trust_env=False)

    assert answer.status_code == 200
    assert "rekey_ledger_up 1.0" in answer.text


@pytest.mark.parametrize("wrong", ["9464", "127.0.0.1", "127.0.0.1:0", "127.0.0.1:99999", ":80"])
def test_no_address_is_refused_at_the_door(wrong: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["metrics", "--listen", wrong])

    assert "give an address and a port, such as 127.0.0.1:9464" in capsys.readouterr().err
