"""A whole rotation of a live key of a declared vendor: a cluster is scaled to zero, and a switch is turned off."""

from __future__ import annotations

from pathlib import Path

import pytest

from blocks.secret import Minted
from blocks.settings import read_settings
from deployments.sandbox import desks
from deployments.sandbox.estate import ONLY_HERE
from tests.issuers.support import token
from tests.operator import Operator
from tests.rotation_steps import try_again_at_once

NAME = "oanda-live"


def test_both_desks_stand_still_meanwhile_and_trade_with_the_new_key_afterwards(
    operator: Operator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    try_again_at_once(monkeypatch)
    estate = operator.estate
    catalog = tmp_path / "with-issuers.toml"
    catalog.write_text(estate.catalog(read_settings().catalog.read_text() + ONLY_HERE.read_text()))
    monkeypatch.setenv("REKEY_CATALOG", str(catalog))
    cluster = estate.desks.kubernetes.cluster
    stood: list[tuple[object, object]] = []

    def mint(_: Operator) -> Minted:
        stood.append((cluster.serving(desks.CLUSTER_DESK), estate.desks.flags.flags[desks.FLAG]))
        return token(estate.issuers.oanda.live.replace())

    outcome = operator.rotate(Operator.be_ready, mint, credential=NAME)

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
