"""Watch carries an open incident to its end: it starts what comes next, tells people, and closes it."""

from __future__ import annotations

import json

import pytest

from blocks.ledger.row import Action
from blocks.settings import read_settings
from deployments.cli.main import main
from tests.incidents.conftest import Record
from tests.operator import Operator
from tests.steps.watching import LIVE, PAPER, incidents_gone_on_with, started, watched


def told(operator: Operator) -> str:
    """What Slack told."""
    return json.dumps(operator.estate.slack.messages)


@pytest.mark.usefixtures("deployments")
def test_watch_starts_one_after_another_and_closes_it_when_all_is_rotated(operator: Operator) -> None:
    record = Record(operator.ledger)
    arguments = ["incident", "open", PAPER, LIVE, "--by", "Robin", "--reason", "a laptop was stolen"]
    assert main(arguments) == 0

    watched()
    (run,) = started(LIVE)
    assert run.parameters == {"credential": LIVE, "reason": "suspected compromise"}
    assert "2 of 2 have to be rotated" in told(operator)
    before = len(operator.estate.slack.messages)
    watched()
    assert (started(LIVE), started(PAPER)) == ([run], []), "one at a time, and each once"
    assert len(operator.estate.slack.messages) == before, "people are told once"

    record.rotate(LIVE)
    watched()
    assert len(started(PAPER)) == 1
    record.rotate(PAPER)
    watched()

    assert f"Incident {record.incident.id} is over" in told(operator)
    closed = record.incident.closed
    assert closed is not None
    assert (closed.action, closed.actor.split(" (")[0]) == (Action.INCIDENT_CLOSED, "rekey")
    before = len(operator.estate.slack.messages)
    watched()
    assert len(operator.estate.slack.messages) == before


def test_that_somebody_closed_it_is_told_once(operator: Operator) -> None:
    record = Record(operator.ledger)
    assert main(["incident", "open", LIVE, "--by", "Robin", "--reason", "a laptop was stolen"]) == 0
    name = record.incident.id
    assert main(["incident", "close", name, "--by", "Robin", "--reason", "the laptop was found"]) == 0

    incidents_gone_on_with()

    left = f"Not rotated since it was opened, and not started any more: {LIVE}."
    assert f"claimed by Robin closed it: the laptop was found. {left}" in told(operator)
    assert f"Incident {name} was closed by hand" in told(operator)
    before = len(operator.estate.slack.messages)
    incidents_gone_on_with()
    assert len(operator.estate.slack.messages) == before


@pytest.mark.usefixtures("deployments")
def test_while_the_catalog_cannot_be_read_nothing_is_started_and_people_are_told(operator: Operator) -> None:
    """Each start would fail, and after three of them nobody would start it any more."""
    assert main(["incident", "open", LIVE, "--by", "Robin", "--reason", "a laptop was stolen"]) == 0
    catalog = read_settings().catalog
    well = catalog.read_text()
    catalog.write_text(f"<<<<<<< HEAD\n{well}")

    with pytest.raises(AssertionError, match="is not valid TOML"):
        incidents_gone_on_with()

    assert started(LIVE) == []
    assert "1 of 1 have to be rotated" in told(operator)
    catalog.write_text(well)
    incidents_gone_on_with()
    assert len(started(LIVE)) == 1
