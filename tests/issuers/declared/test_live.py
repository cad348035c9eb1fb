"""A whole rotation of a live key of a declared vendor: a cluster is scaled to zero, and a switch is turned off."""

from __future__ import annotations

from pathlib import Path

import pytest

from blocks.secret import Minted
from blocks.settings import read_settings
from deployments.sandbox import desks
from deployments.sandbox.estate import ONLY_HERE
from deployments.sandbox.faults import Fault, FaultKind
from tasks.brakes import brake_switch
from tests.issuers.support import token
from tests.operator import Operator
from tests.rotation_steps import try_again_at_once

NAME = "oanda-live"


@pytest.fixture
def live(operator: Operator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Operator:
    """With the catalog that has the declared vendor's live key."""
    try_again_at_once(monkeypatch)
    catalog = tmp_path / "with-issuers.toml"
    catalog.write_text(operator.estate.catalog(read_settings().catalog.read_text() + ONLY_HERE.read_text()))
    monkeypatch.setenv("REKEY_CATALOG", str(catalog))
    return operator


def mint(operator: Operator) -> Minted:
    """Make the new key at its desk; the old one dies at once."""
    return token(operator.estate.issuers.oanda.live.replace())


def test_both_desks_stand_still_meanwhile_and_trade_with_the_new_key_afterwards(live: Operator) -> None:
    operator, estate = live, live.estate
    cluster = estate.desks.kubernetes.cluster
    stood: list[tuple[object, object]] = []

    def look_and_mint(person: Operator) -> Minted:
        stood.append((cluster.serving(desks.CLUSTER_DESK), estate.desks.flags.flags[desks.FLAG]))
        return mint(person)

    outcome = operator.rotate(Operator.be_ready, look_and_mint, credential=NAME)

    assert outcome.state.is_completed(), outcome.message
    assert stood == [(None, False)]
    (new,) = estate.issuers.oanda.live.living.values()
    running = [one.environment[desks.KEY] for one in cluster.pods["trading", "desk"] if one.ended is None]
    assert running == [new] * desks.REPLICAS
    assert dict(estate.heroku.serving(desks.SWITCHED_DESK) or {})[desks.VARIABLE] == new
    assert estate.desks.flags.flags[desks.FLAG] is True
    verified, resumed = (
        [proof for row in operator.steps(step) for proof in row.context["proofs"]] for step in ("verify", "resume")
    )
    assert (
        f"kubernetes {desks.CLUSTER_DESK}: not asked which account it trades in, it is stopped. It is asked when it "
        "runs again."
    ) in verified
    account = estate.issuers.oanda.live_account
    assert f"http-json/desk-switched: ready in account {account}, 3 times in a row." in verified
    assert f"http-json/desk: ready in account {account}, 3 times in a row." in resumed


@pytest.mark.long
def test_a_desk_that_fails_with_the_dead_key_is_given_the_new_one_by_a_retry(
    live: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its page answers 502 until then, so it cannot say that trading is stopped: its switch was proved before."""
    monkeypatch.setattr(brake_switch, "KEPT_ON_PATIENCE_S", 1.5)
    plan = live.estate.server.plan
    path = f"/apps/{desks.SWITCHED_DESK}/config-vars"

    def break_and_mint(person: Operator) -> Minted:
        plan.add(Fault("heroku", FaultKind.ANSWER, "PATCH", path, 403, times=None))
        return mint(person)

    def mend(person: Operator) -> None:
        plan.clear()
        person.choose("retry this step")

    outcome = live.rotate(Operator.be_ready, break_and_mint, mend, credential=NAME)

    assert outcome.state.is_completed(), outcome.message
    assert [len(row.context.get("brakes_unheard", ())) for row in live.steps("pause")].count(1) == 1
    (new,) = live.estate.issuers.oanda.live.living.values()
    assert dict(live.estate.heroku.serving(desks.SWITCHED_DESK) or {})[desks.VARIABLE] == new
    assert live.estate.desks.flags.flags[desks.FLAG] is True
