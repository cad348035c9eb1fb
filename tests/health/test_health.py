"""One health run asks everything that a rotation would, changes nothing, and never takes unknown for ok."""

from __future__ import annotations

import json

import pytest

from blocks.check import Depth
from blocks.ledger.row import Action
from deployments.sandbox.estate import PAPER as PAPER_NAMES
from deployments.sandbox.faults import Fault, FaultKind
from tasks.health.ask_shared import ALL
from tasks.run.notify import Kind
from tests.health.support import LIVE, PAPER, examined, looked, messages, told, wrong
from tests.operator import Operator
from tests.project.documents import HEALTH, table
from tests.steps.support import seen


def test_when_everything_is_well_a_full_run_completes_changes_nothing_and_tells_nobody(well: Operator) -> None:
    before, releases = seen(well.estate), {name: len(app.releases) for name, app in well.estate.heroku.apps.items()}

    found = examined(depth=Depth.FULL)

    assert found["state"] == "Completed", found["message"]
    assert found["outcome"] == "ok"
    assert wrong(found) == {}
    assert len(found["checks"]) > 40
    assert seen(well.estate) == before
    assert {name: len(app.releases) for name, app in well.estate.heroku.apps.items()} == releases
    assert messages(well) == []
    rows = [row for row in well.ledger.rows() if row.action is Action.HEALTH_CHECKED]
    assert {row.credential for row in rows} == {PAPER, LIVE, "all credentials"}
    assert well.ledger.verify() is None


def test_a_light_run_writes_nothing_at_any_vendor(well: Operator) -> None:
    journal = well.estate.server.journal
    first = len(journal.entries)

    assert examined()["outcome"] == "ok"

    writes = [(one.vendor, one.path) for one in journal.entries[first:] if one.method != "GET"]
    # The vault's login, and Slack's way to ask.
    assert [one for one in writes if one[0] != "slack" and "login" not in one[1]] == []


ELSEWHERE = {
    "rotation",
    "operators",
    "old ...",
    "other places of kubernetes ...",
    "other places of render ...",
    "other writers of ...",
    "snapshot's folder",
    "Kubernetes token",
    "Render token",
    "AWS token",
    "vault token",
}


def on_the_page() -> dict[str, bool]:
    """How each check in docs/how-to/health.md begins, and whether only a full run asks it.

    Not what needs more than this catalog has: a rotation, operators, an old key that lives on, a cluster, Render, AWS,
    another vault, a folder for snapshots.
    """
    rows = [
        (name, cells[2])
        for cells in table(HEALTH.read_text(), "nothing could be examined.")
        for name in cells[0].split(", ")
    ]
    return {name.partition("...")[0]: full == "yes" for name, full in rows if name not in ELSEWHERE}


@pytest.mark.usefixtures("well")
@pytest.mark.parametrize("depth", list(Depth))
def test_the_checks_are_those_of_the_page(depth: Depth) -> None:
    told = {name for name, only_full in on_the_page().items() if depth is Depth.FULL or not only_full}
    asked = {str(one["check"]) for one in looked(ALL, depth)["checks"]}
    of = {
        check: {name for name in told if check == name or (name.endswith(" ") and check.startswith(name))}
        for check in asked
    }

    assert sorted(check for check, names in of.items() if len(names) != 1) == []
    assert told - {name for names in of.values() for name in names} == set()


@pytest.mark.usefixtures("well")
def test_the_matrix_is_computed_from_the_ledger() -> None:
    examined(depth=Depth.FULL)
    (line,) = (one for one in examined()["matrix"] if one["credential"] == PAPER)

    assert line["role"] == "ops"
    assert line["cadence"] == "180 days"
    assert line["state"] == "ok"
    assert line["last rotated"] < line["last rehearsed"] < line["next due"]
    assert line["drift"] == (
        "heroku raxx-api-prod: equal; heroku raxx-api-staging: equal; github raxx/raxx: consistent by time; "
        "slack D0AJ7K184TV: cannot be read"
    )


def test_the_artifacts_show_the_matrix_each_copy_and_every_check(well: Operator) -> None:
    well.estate.heroku.set_by_hand("raxx-api-staging", PAPER_NAMES[0], None)
    found = examined()

    shown = well.api.get("/artifacts/health/latest").json()["data"]
    assert "| alpaca-paper | paper | operator-assisted | ops | 180 days |" in shown
    assert "| alpaca-paper | heroku raxx-api-prod | equal |" in shown
    assert "| alpaca-paper | heroku raxx-api-staging | failed |" in shown
    assert f"## 1 of {len(found['checks'])} checks are not ok" in shown
    table = json.loads(well.api.get("/artifacts/health-checks/latest").json()["data"])
    assert len(table) == len(found["checks"])
    assert table[0]["check"] == "copy of heroku raxx-api-staging"
    assert "raxx-api-staging has no ALPACA_PAPER_API_KEY_ID" in table[0]["what"]


def test_a_change_is_told_once_and_so_is_its_end(well: Operator) -> None:
    assert examined()["outcome"] == "ok"
    value = well.estate.vault_values()[PAPER_NAMES[0]]
    well.estate.heroku.set_by_hand("raxx-api-staging", PAPER_NAMES[0], None)

    first, second = examined(), examined()

    assert first["state"] == second["state"] == "Failed"
    assert list(wrong(first)) == list(wrong(second)) == [f"{PAPER}: copy of heroku raxx-api-staging"]
    (alarm,) = messages(well)
    assert "raxx-api-staging has no ALPACA_PAPER_API_KEY_ID" in alarm
    well.estate.heroku.set_by_hand("raxx-api-staging", PAPER_NAMES[0], value)
    assert examined()["outcome"] == "ok"
    assert examined()["outcome"] == "ok"
    assert len(messages(well)) == 2
    assert "well again" in messages(well)[1]
    kinds = [one["metadata"]["event_type"] for one in well.estate.slack.messages]
    assert kinds == [Kind.ALARM, Kind.NEWS], "that all is well again asks nobody to do anything"


def test_what_slack_did_not_take_is_told_by_the_next_run(well: Operator) -> None:
    examined()
    well.estate.heroku.set_by_hand("raxx-api-staging", PAPER_NAMES[0], None)
    plan = well.estate.server.plan
    plan.add(Fault("slack", FaultKind.ANSWER, "POST", "/api/chat.postMessage", 400, times=None))
    examined()
    assert messages(well) == []
    plan.clear()

    examined()
    examined()

    assert len(messages(well)) == 1


def test_without_the_vault_it_says_so_and_calls_nothing_ok(well: Operator) -> None:
    well.estate.server.plan.add(Fault("infisical", FaultKind.ANSWER, status=503, times=None))

    found = examined(depth=Depth.FULL)

    assert found["state"] == "Failed"
    assert wrong(found) == {
        "all credentials: vault": "unknown",
        **{f"{one}: current pair": "unknown" for one in (PAPER, LIVE)},
    }
    assert len(found["checks"]) == len(wrong(found)), "nothing else is said"
    assert "Infisical" in told(found, "vault")
    assert "3 of 3 checks are not ok: vault (unknown)" in found["message"]


def test_one_credential_can_be_asked_alone(well: Operator) -> None:
    assert {one["credential"] for one in examined(LIVE)["checks"]} == {LIVE, "all credentials"}
    assert well.ledger.rows(credential=PAPER)[-1].action is Action.COMPLETED


@pytest.mark.parametrize(
    ("vendor", "kind"),
    [
        ("alpaca-paper", FaultKind.HTML),
        pytest.param("alpaca-live", FaultKind.DROP_BEFORE, marks=pytest.mark.long),
        pytest.param("heroku", FaultKind.HTML, marks=pytest.mark.long),
        ("github", FaultKind.DROP_BEFORE),
        pytest.param("slack", FaultKind.HTML, marks=pytest.mark.long),
        pytest.param("raptor-prod", FaultKind.HTML, marks=pytest.mark.long),
    ],
)
def test_no_answer_of_a_vendor_makes_a_check_ok(well: Operator, vendor: str, kind: FaultKind) -> None:
    """A vendor that answers nothing that says anything: whatever asked it is unknown, and never ok."""
    well.estate.server.plan.add(Fault(vendor, kind, times=None))

    found = looked(ALL, Depth.FULL)

    assert wrong(found)
    assert set(wrong(found).values()) == {"unknown"}, wrong(found)
