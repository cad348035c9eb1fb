"""An end that can be taken back: watched for a day, and then one for good; nothing of it is kept after that.

The first test and the last one play whole rotations and watch itself; the others begin behind the step retire, and run
of watch what it does of the keys that are kept (tests/issuers/retired.py).
"""

from __future__ import annotations

from datetime import timedelta

import pytest

from blocks.catalog import load_catalog
from blocks.errors import StepError, Unproved
from blocks.ledger.row import Action
from blocks.settings import read_settings
from deployments.sandbox.estate import ANTHROPIC
from deployments.sandbox.faults import Fault, FaultKind
from tasks.health import kept_pairs
from tasks.watch.kept_pair import Kept
from tests.issuers.anthropic.conftest import NAME, Bench
from tests.issuers.retired import looked, retired
from tests.steps.watching import watched

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
ADMIN = "/v1/organizations/api_keys"


def rotated(bench: Bench) -> str:
    """A rotation is over; return the old key."""
    (old,) = bench.twin.keys.living.values()
    outcome = bench.operator.rotate(bench.mint, credential=NAME)
    assert outcome.state.is_completed(), outcome.message
    return old


def ended(bench: Bench) -> str:
    """A rotation is over, of which the step retire alone was run; return the old key."""
    (old,) = bench.twin.keys.living.values()
    retired(bench.operator, NAME, ANTHROPIC, bench.mint(bench.operator))
    return old


def test_after_a_day_it_is_archived_and_proved_and_kept_no_more(bench: Bench) -> None:
    rotated(bench)

    watched()
    bench.later(23 * HOUR)
    watched()
    assert (bench.statuses, len(bench.folder), bench.heard) == (["inactive", "active"], 1, [])

    bench.later(HOUR + MINUTE)
    watched()

    assert (bench.statuses, bench.folder, bench.kept) == (["archived", "active"], set(), [])
    assert bench.heard == ["dead"]
    assert len(bench.told("the old one is dead")) == 1
    assert bench.operator.ledger.verify() is None


def test_one_that_somebody_takes_back_is_told_and_not_archived_while_it_is_accepted(bench: Bench) -> None:
    """People are reminded each day. When it is inactive again its day begins anew."""
    old = ended(bench)
    key = bench.twin.keys.of(old)
    bench.twin.keys.set(key, "active")
    bench.later(2 * HOUR)
    looked()
    looked()
    assert len(bench.told("the old one is accepted again")) == 1
    assert f"make the key that ends with {old[-4:]} inactive at" in bench.told("the old one is accepted again")[0]
    (kept,) = bench.kept
    assert kept.is_back
    assert "was taken back" in kept.told()

    for _ in range(3):
        bench.later(10 * HOUR)
        looked()
    assert bench.statuses == ["active", "active"]
    assert len(bench.told("the old one is accepted again")) == 2, "each day"

    bench.twin.keys.set(key, "inactive")
    bench.later(HOUR)
    looked()
    assert bench.heard[-1] == "refused"
    assert not bench.kept[0].is_back
    credential = load_catalog(read_settings().catalog).get(NAME)
    assert kept_pairs.examined(credential, bench.kept[0]).short == "ended", "accepted after its date, and refused again"
    bench.later(21 * HOUR)
    looked()
    assert bench.statuses == ["inactive", "active"], "its day began anew"
    bench.later(3 * HOUR)
    looked()
    assert (bench.statuses, bench.folder, bench.kept) == (["archived", "active"], set(), [])


def test_health_says_that_it_was_taken_back(bench: Bench) -> None:
    old = ended(bench)
    credential = load_catalog(read_settings().catalog).get(NAME)
    assert kept_pairs.examined(credential, bench.kept[0]).short == "ended"
    bench.twin.keys.set(bench.twin.keys.of(old), "active")
    bench.later(2 * HOUR)
    looked()
    with pytest.raises(StepError, match="somebody took its end back"):
        kept_pairs.examined(credential, bench.kept[0])


@pytest.mark.parametrize("killed", ["archived", pytest.param("told", marks=pytest.mark.long)])
def test_a_run_that_is_killed_on_the_way_is_made_up_for(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, killed: str
) -> None:
    """Right after it was archived, and right after that was written down: the next one finds what is done."""

    class Killed(BaseException):
        pass

    def dies(*_: object, **__: object) -> None:
        raise Killed

    ended(bench)
    bench.later(25 * HOUR)
    with monkeypatch.context() as patch:
        patch.setattr(Kept, "refused" if killed == "archived" else "delete", dies)
        with pytest.raises(Killed):
            looked()
    assert (bench.statuses, len(bench.folder)) == (["archived", "active"], 1)
    asked = len(posted(bench))

    looked()

    assert len(posted(bench)) == asked, "it is archived already"
    assert (bench.folder, bench.kept, bench.heard) == (set(), [], ["dead"])
    assert [row.action for row in bench.operator.ledger.rows(credential=NAME)][-1] is Action.OLD_DIED


def posted(bench: Bench) -> list[object]:
    """What was set by the Admin API."""
    entries = bench.operator.estate.server.journal.of("issuers")
    return [one for one in entries if one.method == "POST" and one.path.startswith(ADMIN)]


@pytest.mark.long
def test_while_it_cannot_be_archived_that_is_tried_again_and_told_once(bench: Bench) -> None:
    """Also when people heard before that nobody could say whether it is dead."""
    ended(bench)
    bench.later(25 * HOUR)
    asked = Fault("issuers", FaultKind.ANSWER, path="/v1/models", status=529, times=None)
    bench.operator.estate.server.plan.add(asked)
    looked()
    bench.later(31 * MINUTE)
    looked()
    assert len(bench.told("whether the old one is dead is unknown")) == 1
    plan = bench.operator.estate.server.plan
    body = {"type": "error", "error": {"type": "permission_error", "message": "no"}}
    plan.clear()
    plan.add(Fault("issuers", FaultKind.ANSWER, "POST", f"{ADMIN}/.*", 403, times=None, body=body))
    looked()
    bench.later(31 * MINUTE)
    looked()
    looked()
    (told,) = bench.told("the old one is not ended for good yet")
    assert "does not let the admin key of its block update API key (403)" in told
    assert (bench.statuses, len(bench.folder)) == (["inactive", "active"], 1)
    with pytest.raises(Unproved, match="is refused, and is not ended for good"):
        kept_pairs.examined(load_catalog(read_settings().catalog).get(NAME), bench.kept[0])

    plan.clear()
    looked()
    assert (bench.statuses, bench.folder, bench.kept) == (["archived", "active"], set(), [])


@pytest.mark.long
def test_an_archived_one_that_is_answered_404_stays_unknown_and_kept(bench: Bench) -> None:
    ended(bench)
    bench.twin.knobs.archived_by = 404
    bench.later(25 * HOUR)
    looked()
    bench.later(31 * MINUTE)
    looked()

    assert bench.statuses == ["archived", "active"]
    assert len(bench.told("whether the old one is dead is unknown")) == 1
    assert len(bench.folder) == len(bench.kept) == 1
    bench.twin.knobs.archived_by = 401
    looked()
    assert (bench.folder, bench.kept) == (set(), [])


def test_without_an_admin_key_people_are_asked_to_archive_it_and_it_is_kept_no_more(bench: Bench) -> None:
    """Nobody can see whether they do: a key that is inactive is refused as an archived one is."""
    old = ended(bench)
    bench.take_the_admin_key_out()
    bench.later(25 * HOUR)
    looked()

    (told,) = bench.told("the old one can be ended for good now")
    assert f"archive the key that ends with {old[-4:]} at" in told
    assert bench.told("the old one is dead") == []
    assert (bench.statuses, bench.folder, bench.kept, bench.heard) == (["inactive", "active"], set(), [], ["dead"])


@pytest.mark.long
def test_another_rotation_within_the_day_keeps_both_and_each_is_archived(bench: Bench) -> None:
    rotated(bench)
    bench.later(12 * HOUR)
    rotated(bench)
    assert len(bench.kept) == len(bench.folder) == 2
    assert bench.statuses == ["inactive", "inactive", "active"]

    bench.later(13 * HOUR)
    watched()

    assert bench.statuses == ["archived", "archived", "active"]
    assert (bench.folder, bench.kept) == (set(), [])
