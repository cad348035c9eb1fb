"""The hash of a plan changes with everything that the rotation is about to do, and with nothing else."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from blocks.catalog import load_catalog
from blocks.model.credential import Credential
from blocks.model.plan import hash_of, plan_of
from blocks.settings import ROOT

CATALOG = (ROOT / "deployments" / "catalog.toml").read_text()


def live(tmp_path: Path, text: str = CATALOG) -> Credential:
    path = tmp_path / "catalog.toml"
    path.write_text(text)
    return load_catalog(path).get("alpaca-live")


def test_a_plan_is_json_and_names_what_is_done(tmp_path: Path) -> None:
    plan = plan_of(live(tmp_path), "0123456789ab")

    assert json.loads(json.dumps(plan)) == plan
    assert plan["credential"] == "alpaca-live"
    assert plan["old"] == "0123456789ab"
    assert len(plan["consumers"]) == len(plan["brakes"]) == 2
    assert set(plan) == {"credential", "old", "consumers", "brakes", "checks"}
    assert len(hash_of(plan)) == 64


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('variable = "TRADING_LIVE_DISABLED"', 'variable = "TRADING_IS_DISABLED"'),
        ('algorithms = "raxx-mq-a"', 'algorithms = "raxx-mq-a"\naccount_number = "123456789"'),
        ('algorithms = "raxx-mq-a"', 'algorithms = "raxx-mq-a"\nverification = { matches = 4 }'),
    ],
)
def test_the_hash_changes_with_the_plan(tmp_path: Path, before: str, after: str) -> None:
    assert before in CATALOG
    plan = plan_of(live(tmp_path), "0123456789ab")

    assert hash_of(plan_of(live(tmp_path, CATALOG.replace(before, after)), "0123456789ab")) != hash_of(plan)
    assert hash_of(plan_of(live(tmp_path), "ba9876543210")) != hash_of(plan)


def test_what_changes_nothing_that_is_done_leaves_the_hash(tmp_path: Path) -> None:
    said = CATALOG.replace("cadence_days = 90", "cadence_days = 91")

    assert hash_of(plan_of(live(tmp_path, said), "a")) == hash_of(plan_of(live(tmp_path), "a"))
