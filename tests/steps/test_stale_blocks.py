"""A token that was replaced from another machine since this one kept it: no step is done with the kept one."""

from __future__ import annotations

import secrets
from pathlib import Path

import pytest
from prefect.settings import PREFECT_CLIENT_MAX_RETRIES, temporary_settings
from pydantic import SecretStr

from blocks.consumers.heroku.block import Heroku
from blocks.consumers.person.block import Slack
from blocks.errors import Unreachable
from blocks.ledger.ledger import Ledger
from blocks.prefect_api import estate, kept_blocks
from blocks.prefect_api.block_cache import CACHE
from blocks.vendor_block import VendorBlock
from deployments.sandbox.faults import Fault, FaultKind
from tasks.brakes import found_before
from tasks.brakes.released_brakes import WatchedBrake
from tasks.run.notify import tell
from tests.operator import Operator
from tests.steps.beside_the_form import alerts
from tests.steps.live import KILL_SWITCH, MQ_A, PROD, live_rotation
from tests.steps.support import alone, shaky

GONE = Fault("prefect", FaultKind.DROP_BEFORE, times=None)
BUSY = Fault("prefect", FaultKind.ANSWER, status=503, times=2)


@pytest.fixture
def folder(ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:  # noqa: ARG001  # its settings come first
    """Where this worker keeps blocks."""
    made = tmp_path / "kept"
    monkeypatch.setenv("REKEY_KEPT_FOLDER", str(made))
    return made


def make_stale(kind: type[Heroku | Slack], folder: Path) -> VendorBlock:
    """Prefect has the right block, which is returned; on this machine's disk is one whose token was replaced."""
    right = estate.loaded(kind)
    kept_blocks.keep(right.model_copy(update={"token": SecretStr(secrets.token_hex(16))}), "rekey")
    assert folder.exists()
    return right


def once_away(slug: str) -> Fault:
    """Prefect does not answer the next time it is asked for a block of this kind."""
    return Fault("prefect", FaultKind.DROP_BEFORE, "GET", f".*/block_types/slug/{slug}/.*", times=1)


def warnings_of(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What was said of a copy that may be stale."""
    return [one.getMessage() for one in caplog.records if "may be stale" in one.getMessage()]


def test_what_a_step_asks_waits_for_prefect_and_uses_no_kept_token(operator: Operator, folder: Path) -> None:
    """It was replaced from another machine: with the kept one the step would be refused."""
    right = make_stale(Heroku, folder)

    with shaky(operator.prefect, BUSY), temporary_settings({PREFECT_CLIENT_MAX_RETRIES: 5}):
        assert estate.loaded(Heroku).token == right.token  # type: ignore[attr-defined]  # Heroku's has one

    make_stale(Heroku, folder)
    with shaky(operator.prefect, GONE), pytest.raises(Unreachable, match="Prefect: load block Heroku/rekey"):
        estate.loaded(Heroku)


def test_a_kept_token_that_is_refused_may_be_stale_and_prefect_is_asked_again(
    operator: Operator, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    make_stale(Heroku, folder)
    make_stale(Slack, folder)

    with shaky(operator.prefect, once_away("heroku")), CACHE.afresh():
        assert found_before.look(live_rotation().credential) == {
            f"{KILL_SWITCH} on {PROD}": False,
            f"{KILL_SWITCH} on {MQ_A}": False,
        }
    with shaky(operator.prefect, once_away("rekey-slack")):
        state = alone(lambda: tell("somebody is to know this", "It is so.", "", {}))

    assert state.is_completed(), state.message
    told = warnings_of(caplog)
    assert "so heroku/rekey was taken from this machine's disk; that copy may be stale" in told[0]
    assert "so rekey-slack/rekey was taken from this machine's disk; that copy may be stale" in told[-1]
    assert alerts(operator)[0].startswith("somebody is to know this")


@pytest.mark.usefixtures("folder")
def test_a_page_that_refuses_a_kept_token_is_asked_again_with_prefects(
    operator: Operator, caplog: pytest.LogCaptureFixture
) -> None:
    """A page never raises: that it is unknown for want of the right token must not look like a page that is down."""
    brake = next(one for one in live_rotation().credential.brakes if one.runtime == "raptor-prod")
    estate.runtime(brake.runtime)
    refused = Fault("raptor-prod", FaultKind.ANSWER, status=401, body={}, times=1)
    operator.estate.server.plan.add(refused)
    one = WatchedBrake(brake)

    with shaky(operator.prefect, once_away("raptor")):
        one.ask()

    assert one.seen_on == 1, "trading is on"
    (told,) = warnings_of(caplog)
    assert "so raptor/raptor-prod was taken from this machine's disk" in told


def test_a_kept_token_that_is_refused_while_prefect_is_away_proves_nothing_and_is_said(
    operator: Operator, folder: Path
) -> None:
    """Worth another try: it is no refusal of what Prefect has."""
    make_stale(Heroku, folder)

    with shaky(operator.prefect, GONE), pytest.raises(Unreachable, match="may be stale") as caught:
        found_before.look(live_rotation().credential)

    assert caught.value.transient
    assert "the copy of it that is kept on this machine was refused" in str(caught.value)
