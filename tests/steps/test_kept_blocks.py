"""What an alarm and a brake need is on the worker's own disk: both work while Prefect and the ledger are gone."""

from __future__ import annotations

import json
import secrets
import stat
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import pytest
from pydantic import SecretStr

from blocks.brakes.heroku.variable import HerokuBrake
from blocks.brakes.http.block import HttpSwitch
from blocks.brakes.http.switch import HttpBrake
from blocks.brakes.kubernetes.scale import KubernetesBrake
from blocks.consumers.github.block import Github
from blocks.consumers.heroku.block import Heroku
from blocks.consumers.kubernetes.block import Kubernetes
from blocks.consumers.person.block import Slack
from blocks.errors import CatalogError, Unreachable
from blocks.kinds import BRAKES
from blocks.ledger.ledger import Ledger
from blocks.model.step import Step
from blocks.prefect_api import at_once, estate, kept_blocks
from blocks.prefect_api.recording import recorded
from blocks.runtimes.http_json import HttpJson
from blocks.runtimes.raptor import Raptor
from blocks.vendor_block import VendorBlock
from deployments.sandbox.faults import Fault, FaultKind
from tasks.lookout.beside_the_run import looked_after
from tasks.rotate.pause import pause
from tests.faults.workplace import hurry
from tests.operator import Operator
from tests.steps.beside_the_form import Away, alerts, rotation_of, until_told
from tests.steps.live import KILL_SWITCH, MQ_A, PROD, kill_switches, live_rotation
from tests.steps.support import alone, shaky
from tests.waiting import wait_until

BlockT = TypeVar("BlockT", bound=VendorBlock)
GONE = Fault("prefect", FaultKind.DROP_BEFORE, times=None)
STOPPED = {PROD: "1", MQ_A: "1"}


@pytest.fixture
def folder(ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:  # noqa: ARG001  # its settings come first
    """Where this worker keeps blocks."""
    made = tmp_path / "kept"
    monkeypatch.setenv("REKEY_KEPT_FOLDER", str(made))
    return made


def urgently(kind: type[BlockT]) -> BlockT:
    """The block, for somebody who cannot wait for Prefect."""
    return at_once.act(lambda: estate.loaded(kind))


def test_what_is_loaded_is_kept_sealed_for_its_owner_alone(operator: Operator, folder: Path) -> None:
    token = estate.loaded(Heroku).token.get_secret_value()
    estate.loaded(Github)

    files = sorted(folder.iterdir())
    assert [one.name for one in files] == ["heroku-rekey.sealed", "key"], "GitHub's is of no use to an alarm"
    assert [stat.S_IMODE(one.stat().st_mode) for one in (folder, *files)] == [0o700, 0o600, 0o600]
    assert [one for one in files if token.encode() in one.read_bytes()] == []
    with shaky(operator.prefect, GONE):
        assert urgently(Heroku).token.get_secret_value() == token
        with pytest.raises(Unreachable):
            urgently(Github)


def test_each_brake_has_its_block_kept() -> None:
    needed: list[type[VendorBlock]] = [Heroku, Kubernetes, HttpSwitch, Slack, Raptor, HttpJson]

    assert set(BRAKES) == {HerokuBrake, KubernetesBrake, HttpBrake}, "name the block of a new kind of brake here"
    assert [one for one in needed if not one.outlives_prefect] == []


def test_a_token_that_was_corrected_is_kept_from_then_on(operator: Operator, folder: Path) -> None:
    before = estate.loaded(Heroku)
    sealed = (folder / "heroku-rekey.sealed").read_bytes()
    estate.loaded(Heroku)
    assert (folder / "heroku-rekey.sealed").read_bytes() == sealed, "the same is not written again"

    after = before.model_copy(update={"token": SecretStr(secrets.token_hex(16))})
    kept_blocks.keep(after, "rekey")

    with shaky(operator.prefect, GONE):
        assert urgently(Heroku).token == after.token


@pytest.mark.usefixtures("operator")
@pytest.mark.parametrize(
    "spoil",
    [
        lambda folder: (folder / "heroku-rekey.sealed").write_bytes(b"no token of Fernet's"),
        lambda folder: (folder / "key").write_bytes(b"no key"),
        lambda folder: (folder / "heroku-rekey.sealed").unlink(),
        lambda folder: (folder / "heroku-rekey.sealed").write_bytes(
            kept_blocks._key(folder).encrypt(json.dumps({"token": ["of", "another", "shape"]}).encode())
        ),
    ],
    ids=["not sealed", "no key", "gone", "another shape"],
)
def test_what_cannot_be_read_is_as_if_nothing_was_kept(
    operator: Operator, folder: Path, spoil: Callable[[Path], object]
) -> None:
    estate.loaded(Heroku)
    spoil(folder)

    with shaky(operator.prefect, GONE), pytest.raises(Unreachable):
        urgently(Heroku)


def test_an_address_that_the_catalog_does_not_name_is_refused_and_never_kept(
    operator: Operator, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also what was kept is compared: the catalog may have been corrected since."""
    estate.loaded(Heroku)
    kept_blocks.keep(Heroku(url="https://elsewhere.example.com", token=SecretStr("-")), "rekey")
    with shaky(operator.prefect, GONE), pytest.raises(CatalogError, match=r"elsewhere\.example\.com"):
        urgently(Heroku)

    monkeypatch.setattr(
        estate, "_from_prefect", lambda *_: Slack(url="https://elsewhere.example.com", token=SecretStr("-"))
    )
    with pytest.raises(CatalogError):
        estate.loaded(Slack)
    assert not (folder / "rekey-slack-rekey.sealed").exists()


def test_a_disk_that_takes_nothing_stops_nobody(
    operator: Operator, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("REKEY_KEPT_FOLDER", "/proc/nowhere/kept")

    assert estate.loaded(Heroku).token.get_secret_value()
    assert operator.estate.server.journal.entries == []
    assert [one.getMessage() for one in caplog.records if "was not kept" in one.getMessage()] == [
        "heroku-rekey was not kept on this machine's disk (FileNotFoundError)."
    ]


@pytest.mark.usefixtures("folder")
def test_a_brake_that_somebody_releases_while_prefect_and_the_ledger_are_gone_is_told_and_engaged_again(
    operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REKEY_LOOKOUT_INTERVAL_S", "0.2")
    monkeypatch.setattr("tasks.lookout.beside_the_run.BLOCKS_S", 0.5)
    hurry(monkeypatch)
    ledger = Away(monkeypatch)
    estate.loaded(Slack)
    seconds: list[float] = []

    with shaky(operator.prefect) as front:

        def everything_is_gone() -> None:
            front.plan.add(GONE)
            ledger.goes()
            # All blocks are loaded afresh meanwhile.
            time.sleep(1)
            began = time.monotonic()
            operator.estate.heroku.set_by_hand(PROD, KILL_SWITCH, "0")
            until_told(operator)
            wait_until(lambda: kill_switches(operator.estate) == STOPPED, description="it is engaged again")
            seconds.append(time.monotonic() - began)
            ledger.comes_back()
            front.plan.remove(GONE)

        def steps() -> None:
            with looked_after():
                pause(rotation_of(operator))
                with recorded(live_rotation(), Step.PROPAGATE):
                    everything_is_gone()

        state = alone(steps)

    assert state.is_completed(), state.message
    assert seconds[0] < 60
    assert alerts(operator)[0].startswith("alpaca-live: somebody let trading go on: ")
