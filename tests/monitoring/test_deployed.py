"""The dashboard and the alert rules ask for what `rekey metrics` says, and for nothing else."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from pydantic import SecretStr

from blocks.catalog import load_catalog
from blocks.check import Outcome
from blocks.ledger import heartbeat
from blocks.ledger.ledger import Ledger
from blocks.ledger.metrics import Metrics, Stands
from blocks.settings import ROOT
from blocks.tally import Answered, Told

FOLDER = ROOT / "deploy" / "monitoring"
RULES: list[dict[str, Any]] = [
    rule for group in yaml.safe_load((FOLDER / "alerts.yaml").read_text())["groups"] for rule in group["rules"]
]
DASHBOARD: dict[str, Any] = json.loads((FOLDER / "dashboard.json").read_text())
NAME = re.compile(r"\brekey_[a-z_]+\b")
LABELLED = re.compile(r'\{(\w+)=~?"([^"]*)"\}')


@pytest.fixture
def named(ledger: Ledger) -> set[str]:
    """The names of all metrics."""
    url = SecretStr(ledger.engine.url.render_as_string(hide_password=False))
    heartbeat.beat(url, heartbeat.WATCH, "run")
    found = Metrics(url, load_catalog(ROOT / "deployments" / "catalog.toml").credential.values).collect()
    # Prometheus stores a counter under a longer name.
    return {f"{one.name}_total" if one.type == "counter" else one.name for one in found}


def asked() -> Iterator[tuple[str, str]]:
    """Where something is asked, and what."""
    yield from ((rule["alert"], rule["expr"]) for rule in RULES)
    yield from ((one["title"], target["expr"]) for one in DASHBOARD["panels"] for target in one["targets"])


def test_all_that_is_asked_for_is_told(named: set[str]) -> None:
    assert [(where, name) for where, asks in asked() for name in NAME.findall(asks) if name not in named] == []
    assert {name for _, asks in asked() for name in NAME.findall(asks)} == named, "what nobody looks at is of no use"


def test_every_value_of_a_label_is_one_that_there_is() -> None:
    known = {"stands": {*Stands}, "outcome": {one.value for one in Outcome}, "answer": {*Answered}, "told": {*Told}}
    found = [
        (label, value) for _, asks in asked() for label, any_of in LABELLED.findall(asks) for value in any_of.split("|")
    ]
    assert [(label, value) for label, value in found if value not in known[label]] == []


def test_no_alert_compares_the_clock_of_a_worker_with_that_of_prometheus() -> None:
    """A worker whose clock was ahead and that died would be missed for as long: what it says has to change."""
    of_workers = {rule["alert"]: rule["expr"] for rule in RULES if "_timestamp_seconds" in rule["expr"]}

    assert set(of_workers) == {"RekeyWatchSilent", "RekeyHealthOld"}
    assert [name for name, expr in of_workers.items() if "time()" in expr or "changes(" not in expr] == []


@pytest.mark.parametrize(
    "name", ["rekey_watch_last_good_timestamp_seconds", "rekey_health_timestamp_seconds", "rekey_key_due_seconds"]
)
def test_a_number_that_is_missing_is_an_alert(name: str) -> None:
    """As for a credential that was never examined, or never rotated."""
    missing = (f"absent({name})", f"unless on (credential) {name}")
    assert [rule["alert"] for rule in RULES if any(one in rule["expr"] for one in missing)] != []


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_every_alert_says_what_is_wrong_and_what_to_do(rule: dict[str, Any]) -> None:
    assert rule["labels"]["severity"] in {"page", "ticket"}
    assert rule["annotations"]["summary"]
    assert rule["annotations"]["description"].endswith(".")


def test_the_panels_of_the_dashboard_stand_beside_each_other() -> None:
    places = [one["gridPos"] for one in DASHBOARD["panels"]]
    taken = [
        (x, y) for at in places for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])
    ]

    assert len(taken) == len(set(taken))
    assert max(x for x, _ in taken) < 24
    assert len({one["id"] for one in DASHBOARD["panels"]}) == len(DASHBOARD["panels"])
