"""What one look of the watchdog finds, by the ledger and by its own clock alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr

from blocks.catalog import load_catalog
from blocks.ledger import heartbeat
from blocks.ledger.ledger import Ledger
from blocks.ledger.row import Action
from blocks.settings import ROOT
from deployments.watchdog import seen as memory
from deployments.watchdog.seen import Seen
from deployments.watchdog.trouble import ALARMS, LEDGER, WATCH, Looked, look

LIVE = "alpaca-live"
LATE = timedelta(minutes=5)
BEGAN = datetime(2026, 3, 1, 12, tzinfo=UTC)
CREDENTIALS = tuple(load_catalog(ROOT / "deployments" / "catalog.toml").credential.values())


@pytest.fixture
def url(ledger: Ledger) -> SecretStr:
    """Of the test's ledger."""
    return SecretStr(ledger.engine.url.render_as_string(hide_password=False))


def at(url: SecretStr, minutes: float, seen: Seen | None = None) -> Looked:
    """A look so many minutes after the first one."""
    return look(url, CREDENTIALS, seen or Seen(), LATE, BEGAN + timedelta(minutes=minutes))


def names(looked: Looked) -> list[str]:
    """Of what is wrong."""
    return [one.name for one in looked.troubles]


def test_watch_that_never_ended_well_is_told_once_it_had_its_time(url: SecretStr) -> None:
    first = at(url, 0)
    soon = at(url, 4.9, first.seen)
    late = at(url, 5, soon.seen)

    assert (names(first), names(soon), names(late)) == ([], [], [WATCH])
    (trouble,) = late.troubles
    assert trouble.text.startswith("Watch did not end well yet, in 5 min 0 s, so nobody looks after rotations. No rota")


def test_each_end_counts_anew_by_the_clock_of_whoever_looks(url: SecretStr) -> None:
    """Whose clock wrote it says nothing: it is a year off here."""
    heartbeat.beat(url, heartbeat.WATCH, "run")
    first = at(url, 0)
    heartbeat.beat(url, heartbeat.WATCH, "run")
    second = at(url, 4, first.seen)
    third = at(url, 8, second.seen)
    fourth = at(url, 9, third.seen)

    assert [names(one) for one in (first, second, third, fourth)] == [[], [], [], [WATCH]]
    assert "since 2026-03-01 12:04:00 UTC (5 min 0 s)" in fourth.troubles[0].text


def test_what_is_at_stake_is_told_with_it(url: SecretStr, ledger: Ledger) -> None:
    ledger.append(Action.STARTED, rotation="r-1", credential=LIVE, actor="rekey", context={"reason": "scheduled"})

    (trouble,) = at(url, 6, at(url, 0).seen).troubles

    assert f"Being rotated now: {LIVE} (trading: not stopped by this rotation)." in trouble.text


def test_what_the_catalog_does_not_name_is_at_stake_as_well(url: SecretStr, ledger: Ledger) -> None:
    facts = {"reason": "scheduled"}
    ledger.append(Action.STARTED, rotation="r-1", credential="renamed-since", actor="rekey", context=facts)
    ledger.append(Action.STARTED, rotation="r-2", credential="alpaca-paper-staging", actor="rekey", context=facts)

    (trouble,) = at(url, 6, at(url, 0).seen).troubles

    unknown = "renamed-since, of which the catalog has no entry (trading: not stopped by this rotation)"
    assert f"Being rotated now: {unknown}, alpaca-paper-staging." in trouble.text


def test_an_alarm_that_nobody_takes_is_told_from_here(url: SecretStr, ledger: Ledger) -> None:
    row = ledger.append(
        Action.UNTOLD, rotation="", credential=LIVE, actor="rekey", context={"headline": "alpaca-live is held"}
    )
    heartbeat.beat(url, heartbeat.WATCH, "run")
    first = at(url, 0)
    heartbeat.beat(url, heartbeat.WATCH, "run")
    late = at(url, 5, first.seen)
    ledger.append(Action.TOLD_LATE, rotation="", credential=LIVE, actor="rekey", context={"row": row.sequence})
    told = at(url, 6, late.seen)

    assert (names(first), names(late), names(told)) == ([], [ALARMS], [])
    assert late.troubles[0].text.startswith("1 alarm that nobody has taken, the first: alpaca-live is held.")
    assert told.seen.untold == {}


def test_a_ledger_that_is_not_there_is_told_and_not_made(tmp_path: Path) -> None:
    file = tmp_path / "ledger.db"
    url = SecretStr(f"sqlite:///{file}")

    late = at(url, 5, at(url, 0).seen)

    assert names(late) == [LEDGER]
    assert "The ledger does not answer since 2026-03-01 12:00:00 UTC (5 min 0 s): There is no" in late.troubles[0].text
    assert not file.exists()


def test_a_ledger_that_answers_again_begins_no_outage_of_its_own(url: SecretStr, tmp_path: Path) -> None:
    """What stood in it counts from when it stood there first."""
    gone = SecretStr(f"sqlite:///{tmp_path / 'gone.db'}")
    heartbeat.beat(url, heartbeat.WATCH, "run")

    back = at(url, 4, at(gone, 1, at(url, 0).seen).seen)

    assert names(back) == []
    assert (back.seen.away_since, back.seen.beat_since) == (None, BEGAN)


@pytest.mark.parametrize(
    "spoiled",
    ["", "[]", '{"more": 1}', '{"beat_since": "yesterday"}', '{"told": {"watch": "soon"}}', '{"untold": [3]}'],
)
def test_what_was_seen_is_kept_for_the_owner_alone_and_what_cannot_be_read_is_seen_anew(
    tmp_path: Path, spoiled: str
) -> None:
    file = tmp_path / "kept" / "watchdog.json"
    known = Seen(told={WATCH: BEGAN}).with_ledger(BEGAN, [3], BEGAN)

    assert memory.read(file) == Seen()
    memory.write(file, known)
    assert (memory.read(file), file.stat().st_mode & 0o777) == (known, 0o600)
    file.write_text(spoiled)
    assert memory.read(file) == Seen()
    file.write_text("{}")
    assert memory.read(file) == Seen()


def test_one_alarm_that_is_taken_makes_no_other_one_new(url: SecretStr, ledger: Ledger) -> None:
    """Each counts from when it was there first; one that is older than a day is told by nobody any more."""

    def untold(headline: str) -> int:
        row = ledger.append(Action.UNTOLD, rotation="", credential=LIVE, actor="rekey", context={"headline": headline})
        return row.sequence

    first, _ = untold("the first"), untold("the second")
    now = datetime.now(UTC)
    before = look(url, CREDENTIALS, Seen(), LATE, now).seen
    heartbeat.beat(url, heartbeat.WATCH, "run")
    ledger.append(Action.TOLD_LATE, rotation="", credential=LIVE, actor="rekey", context={"row": first})

    late = look(url, CREDENTIALS, before, LATE, now + LATE)
    assert names(late) == [ALARMS]
    assert "1 alarm that nobody has taken, the first: the second." in late.troubles[0].text
    assert late.seen.untold.keys() == {first + 1}
    assert look(url, CREDENTIALS, late.seen, LATE, now + timedelta(hours=25)).seen.untold == {}
