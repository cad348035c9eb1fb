"""What rekey does about a mis-rotation, each alone: who is stopped, in which order, and what becomes of the pair."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import SecretStr

from blocks.issuers.alpaca.pair import Pair
from blocks.ledger import deaths as ledger_deaths
from blocks.ledger.row import Action
from blocks.model.rotation import Rotation
from blocks.prefect_api import estate, recording
from blocks.proofs import Record
from blocks.vaults import pending
from deployments.sandbox.estate import LIVE as LIVE_NAMES
from deployments.sandbox.estate import PAPER as PAPER_NAMES
from deployments.sandbox.faults import Fault, FaultKind
from tasks.brakes import brake_switch
from tasks.lookout import misrotation
from tasks.rotate import whose
from tasks.rotate.resume import resume
from tasks.run import entries
from tasks.run.one_at_a_time import this_run
from tasks.run.watched import WatchedPair
from tests.faults.workplace import hurry
from tests.health.support import LIVE, PAPER, shipped
from tests.operator import Operator
from tests.steps.beside_the_form import alerts
from tests.steps.live import MQ_A, PROD, kill_switches, live_rotation
from tests.steps.support import Clicked, alone, clicked, pending_marks, told


@pytest.fixture(autouse=True)
def _hurried(operator: Operator, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: ARG001  its settings come first
    hurry(monkeypatch)
    # What is proved in time on every machine; a test of what is not proved sets its own.
    monkeypatch.setattr(brake_switch, "HELD_PATIENCE_S", 20.0)


def dead(operator: Operator, name: str) -> WatchedPair:
    """That credential's pair, as the lookout found it refused."""
    values, names = operator.estate.vault_values(), PAPER_NAMES if name == PAPER else LIVE_NAMES
    pair = Pair(values[names[0]], SecretStr(values[names[1]]))
    return WatchedPair(shipped(name), pair=pair, refused_at=datetime.now(UTC), refusals=2)


def paper_rotation() -> Rotation:
    """A rotation of the credential that has no brakes."""
    return replace(live_rotation(), credential=shipped(PAPER))


def in_a_run(work: Callable[[], Any]) -> Any:
    """What this returns inside a flow."""
    returned: list[Any] = []
    state = alone(lambda: returned.append(work()))
    assert state.is_completed(), state.message
    return returned[0]


@pytest.mark.parametrize(("meant", "other", "has_brakes"), [(LIVE, PAPER, False), (PAPER, LIVE, True)])
def test_a_death_that_is_taken_back_is_recorded_and_its_brakes_stay_on(
    operator: Operator, meant: str, other: str, *, has_brakes: bool
) -> None:
    rotation, pair = replace(live_rotation(), credential=shipped(meant)), dead(operator, other)

    def is_none() -> None:
        misrotation.by_death(rotation, pair, own_died=False)
        misrotation.taken_back(rotation, pair)

    in_a_run(is_none)

    assert alerts(operator)[1].startswith(f"{other}: not regenerated after all")
    assert ("Its brakes stay on" in alerts(operator)[1]) is has_brakes
    assert set(kill_switches(operator.estate).values()) == {"1"}
    died, withdrawn = operator.ledger.rows()
    assert (died.action, withdrawn.action) == (Action.MISROTATION, Action.WITHDRAWN)
    assert died.context["dead"] == withdrawn.context["lives"]
    assert ledger_deaths.unsettled(operator.ledger, other) == []


def test_trading_that_goes_on_with_a_verified_pair_is_not_stopped_for_another_ones_keys(operator: Operator) -> None:
    """Nobody would let it go on: this rotation has released its brakes already."""
    rotation, pair = live_rotation(), dead(operator, PAPER)

    def dies() -> None:
        context = {"step": "resume", "outcome": "noted", "resumed_at": datetime.now(UTC).isoformat(), "proofs": []}
        recording.write(rotation, Action.STEP, context)
        misrotation.by_death(rotation, pair, own_died=False)

    in_a_run(dies)

    assert set(kill_switches(operator.estate).values()) == {"0"}
    (alarm,) = alerts(operator)
    assert f"Trading with {PAPER} is not stopped: it has no brakes. {LIVE}: Trading: on again since " in alarm


@pytest.mark.parametrize(("meant", "other"), [(PAPER, LIVE), (LIVE, PAPER)])
def test_who_is_told_of_a_misrotation_reads_whether_trading_stands(operator: Operator, meant: str, other: str) -> None:
    rotation, pair = replace(live_rotation(), credential=shipped(meant)), dead(operator, other)

    in_a_run(lambda: misrotation.by_death(rotation, pair, own_died=False))

    (alarm,) = alerts(operator)
    assert f"rekey is stopping trading with {LIVE} now; if that is not proved, another message says so." in alarm
    assert f"Trading with {PAPER} is not stopped: it has no brakes." in alarm
    assert "stays stopped" not in alarm, "that is not proved yet"


def test_a_slack_that_hangs_delays_neither_the_brakes_nor_the_ledger(operator: Operator) -> None:
    hang_s = 5.0
    operator.estate.server.plan.add(Fault("slack", FaultKind.HANG, seconds=hang_s, times=1))
    began = datetime.now(UTC)

    in_a_run(lambda: misrotation.by_death(paper_rotation(), dead(operator, LIVE), own_died=False))

    row, untold = operator.ledger.rows()
    assert (row.action, untold.action) == (Action.MISROTATION, Action.UNTOLD)
    set_at = [one.at for one in operator.estate.server.journal.of("heroku") if one.method == "PATCH"]
    assert len(set_at) == 2
    assert max((at - began).total_seconds() for at in [*set_at, row.at]) < hang_s - 1
    assert set(row.context["engaged_before"].values()) == {False}


def test_brakes_that_do_not_go_on_are_told_beside_the_misrotation(
    operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(brake_switch, "HELD_PATIENCE_S", 0.3)
    operator.estate.server.plan.add(Fault("heroku", FaultKind.ANSWER, "PATCH", status=503, times=None))

    def told_and_taken_back() -> None:
        one = dead(operator, LIVE)
        misrotation.by_death(paper_rotation(), one, own_died=False)
        misrotation.taken_back(paper_rotation(), one)

    in_a_run(told_and_taken_back)

    assert [row.action for row in operator.ledger.rows()] == [Action.MISROTATION, Action.WITHDRAWN]
    assert alerts(operator)[0].startswith("Wrong keys regenerated: alpaca-live")
    assert "Its brakes were not proved to be on, and rekey leaves them as they are: look " in alerts(operator)[2]
    assert alerts(operator)[1].startswith("alpaca-live: the brakes are not proved to be on: 2 brakes are not as they ")
    assert [app for app in (PROD, MQ_A) if app not in alerts(operator)[1]] == []
    assert alerts(operator)[1].endswith("Stop trading by hand.")
    assert kill_switches(operator.estate)[PROD] == "0"


def test_where_the_other_rotation_has_a_form_of_its_own_the_operator_is_sent_there(operator: Operator) -> None:
    """Another run of it would be refused its lease."""
    pair = operator.regenerate()

    def entered() -> str:
        context = {"flow_run_id": this_run()[0], "reason": "scheduled"}
        operator.ledger.append(Action.STARTED, rotation="r-2", credential=PAPER, actor="somebody", context=context)
        return f"{misrotation.by_pair(live_rotation(), shipped(PAPER), pair, 'somebody')} {this_run()[0]}"

    sentence, _, run = in_a_run(entered).rpartition(" ")

    assert f"What was entered is not lost: it is put aside in the vault for **{PAPER}**" in sentence
    assert "Its own rotation is open already and has a form of its own: enter the same pair there, too" in sentence
    assert f"/runs/flow-run/{run})" in sentence
    assert pending_marks(operator.estate) == [pair.fingerprint]


@pytest.fixture
def behind(operator: Operator) -> Clicked:
    """A rotation of alpaca-paper right behind the click."""
    return clicked(operator)


def put_aside(operator: Operator, mark: str) -> None:
    """Another credential's rotation put a pair aside for alpaca-paper."""
    context = {"killed": PAPER, "noticed": "typed", "fingerprint": mark, "operator": "somebody", "reason": ""}
    operator.ledger.append(Action.MISROTATION, rotation="r-2", credential=LIVE, actor="somebody", context=context)


def judged(operator: Operator, rotation: Rotation, **verdict: str) -> None:
    """Validate said this of what was entered last."""
    context = {"step": "validate", "outcome": "done", "seconds": 0, "proofs": [], **verdict}
    operator.ledger.append(Action.STEP, rotation=rotation.id, credential=PAPER, actor="somebody", context=context)


def test_another_entry_that_is_refused_loses_no_pair_that_was_put_aside(operator: Operator, behind: Clicked) -> None:
    put_aside(operator, behind.accepted)
    judged(operator, behind.rotation, rejected="a" * 12)

    waiting = entries.not_judged_yet(behind.rotation)

    assert waiting is not None
    assert waiting.fingerprint == behind.accepted
    judged(operator, behind.rotation, rejected=behind.accepted)
    assert entries.put_aside(behind.rotation) is None


def test_a_pair_that_is_put_aside_after_another_one_was_accepted_is_not_deleted(
    operator: Operator, behind: Clicked
) -> None:
    judged(operator, behind.rotation, accepted=behind.accepted)
    put_aside(operator, behind.accepted)
    assert entries.put_aside(behind.rotation) is None, "the very same pair"
    newest = operator.regenerate()
    with estate.vault(behind.rotation.credential.vault).get_client() as vault:
        pending.keep(vault, behind.rotation.credential.vault, newest)
    put_aside(operator, newest.fingerprint)

    message = told(alone(lambda: resume.with_options(retries=0)(behind.rotation, behind.accepted)))

    assert f"pair {newest.fingerprint} was entered into another rotation" in message
    assert "Choose 'enter another pair': rekey takes that one." in message
    assert newest.fingerprint in pending_marks(operator.estate)
    assert Action.COMPLETED not in {row.action for row in operator.ledger.rows()}


def test_where_the_owners_place_in_the_vault_is_unreadable_people_are_told_all_the_same(operator: Operator) -> None:
    """Whether the pair is in use there is unknown then, and said so: an alarm too many is better than none."""
    pair = operator.regenerate()
    with estate.vault(shipped(PAPER).vault).get_client() as vault:
        vault.delete(pending.place_of(shipped(PAPER).vault), [PAPER_NAMES[1]])
    seen = {PAPER: {"account_number": operator.estate.paper.number}}
    context = {"step": "preflight", "outcome": "done", "seconds": 0, "proofs": [], "siblings": seen}
    operator.ledger.append(Action.STEP, rotation="r-test", credential=LIVE, actor="somebody", context=context)

    found = in_a_run(lambda: whose.wrong_owner(live_rotation(), None, pair, Record()))
    kept = in_a_run(lambda: misrotation.by_pair(live_rotation(), shipped(PAPER), pair, "somebody"))

    unknown = f"Whether it is the pair that is in use for {PAPER} could not be looked at: Infisical: {PAPER_NAMES[1]}"
    assert unknown in found.problem
    assert "If it is not, regenerating it killed the paper keys that were in use" in found.problem
    (alarm,) = alerts(operator)
    assert alarm.startswith(f"Wrong keys regenerated: {PAPER} instead of {LIVE}")
    assert unknown in alarm
    assert f"it is put aside in the vault for **{PAPER}**" in kept
    assert pending_marks(operator.estate) == [pair.fingerprint]
