"""How old a key is that rekey never rotated: what the catalog says of it, until its first rotation."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry
from pydantic import SecretStr

from blocks.catalog import load_catalog
from blocks.ledger import cadence
from blocks.ledger.ledger import Ledger
from blocks.ledger.metrics import Metrics
from blocks.ledger.row import Action
from blocks.model.credential import Credential
from tests.blocks.catalog_text import changed, refusal, written

PAPER, CADENCE = "alpaca-paper", "cadence_days = 180"
NOW = datetime(2025, 10, 1, 12, tzinfo=UTC)


def made_on(folder: Path, written_as: str) -> Credential:
    """The shipped entry, which says when its key was made."""
    text = changed(CADENCE, f"{CADENCE}\nmade_on = {written_as}")
    return load_catalog(written(folder, text)).get(PAPER)


def test_its_age_counts_from_there_until_the_first_rotation(tmp_path: Path, ledger: Ledger) -> None:
    credential = made_on(tmp_path, "2025-03-01")

    age = cadence.age_of(credential, ledger)
    assert (age.rotated_at, age.since) == (None, datetime(2025, 3, 1, tzinfo=UTC))
    assert age.due_at == datetime(2025, 8, 28, tzinfo=UTC)
    assert age.is_overdue(NOW)
    line = cadence.line_of(credential, ledger, NOW)
    assert (line["last rotated"], line["next due"]) == ("never, made on 2025-03-01", "2025-08-28")
    assert line["state"].endswith("overdue")

    ledger.append(Action.COMPLETED, rotation="r-1", credential=PAPER, actor="rekey", context={})
    age = cadence.age_of(credential, ledger)
    assert age.since == age.rotated_at is not None
    assert not age.is_overdue(datetime.now(UTC))
    assert "made on" not in cadence.line_of(credential, ledger, NOW)["last rotated"]


def test_without_it_nobody_knows(tmp_path: Path, ledger: Ledger) -> None:
    credential = load_catalog(written(tmp_path, changed(CADENCE, CADENCE))).get(PAPER)

    assert cadence.age_of(credential, ledger) == cadence.Age(None, None)
    line = cadence.line_of(credential, ledger, NOW)
    assert (line["last rotated"], line["next due"]) == ("never", "not known")


def test_it_is_a_number_for_whoever_watches_from_outside(tmp_path: Path, ledger: Ledger) -> None:
    registry, url = CollectorRegistry(), ledger.engine.url.render_as_string(hide_password=False)
    registry.register(Metrics(SecretStr(url), lambda: [made_on(tmp_path, "2025-03-01")]))

    age, due = (registry.get_sample_value(f"rekey_key_{one}_seconds", {"credential": PAPER}) for one in ("age", "due"))

    assert age is not None
    assert due is not None
    assert age + due == pytest.approx(180 * 86400)


def test_a_day_that_is_to_come_is_refused_and_today_is_not(tmp_path: Path) -> None:
    today = datetime.now(UTC).date()
    later = (today + timedelta(days=2)).isoformat()

    assert made_on(tmp_path, today.isoformat()).made_on == today
    told = refusal(tmp_path, changed(CADENCE, f"{CADENCE}\nmade_on = {later}"))
    assert "credential.alpaca-paper.made_on (line 13)" in told
    assert "that day is in the future" in told


@pytest.mark.parametrize("value", ['"the first of March"', "2025-03-01T12:00:00Z", '"2025-13-01"', "true"])
def test_what_is_no_day_is_refused(tmp_path: Path, value: str) -> None:
    assert "made_on" in refusal(tmp_path, changed(CADENCE, f"{CADENCE}\nmade_on = {value}"))


def test_a_day_may_be_written_as_text(tmp_path: Path) -> None:
    assert made_on(tmp_path, '"2025-03-01"').made_on == date(2025, 3, 1)
