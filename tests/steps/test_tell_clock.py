"""A worker's clock that is wrong is told once in either direction, named by ``rekey status``, and stops nothing."""

from __future__ import annotations

import json
import platform
from datetime import UTC, datetime, timedelta

import pytest

from blocks.ledger import clocks
from blocks.prefect_api import prefect_clock
from deployments.cli.main import main
from deployments.sandbox.faults import Fault, FaultKind
from flows.watch import watch
from tests.health.support import Then
from tests.operator import Operator
from tests.steps.beside_the_form import alerts
from tests.steps.support import shaky
from tests.steps.watching import clock_told, watched


def off_by(monkeypatch: pytest.MonkeyPatch, minutes: float) -> None:
    """So far is this machine ahead."""
    monkeypatch.setattr(prefect_clock, "datetime", Then.of(datetime.now(UTC) + timedelta(minutes=minutes)))


@pytest.mark.parametrize(("minutes", "how"), [(5, "ahead of"), (-5, "behind")])
def test_it_is_told_once_and_once_when_it_is_right_again(
    operator: Operator, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], minutes: int, how: str
) -> None:
    clock_told()
    assert alerts(operator) == []
    off_by(monkeypatch, minutes)
    clock_told()
    clock_told()

    (told,) = alerts(operator)
    assert told.startswith("A worker's clock is wrong")
    assert f"The clock of the worker on {platform.node()} is " in told
    assert f"s {how} that of Prefect's server. Set both by NTP" in told
    main(["status"])
    assert f"s {how} that of Prefect's server." in " ".join(capsys.readouterr().out.split())
    main(["status", "--json"])
    (noted,) = json.loads(capsys.readouterr().out)["clocks"]
    assert (noted["machine"], 280 < abs(noted["ahead_s"]) < 320) == (platform.node(), True)

    off_by(monkeypatch, 0)
    clock_told()

    headlines = [str(one["text"]).partition(":")[0] for one in operator.estate.slack.messages]
    assert headlines == ["A worker's clock is wrong", "A worker's clock is right again"]
    main(["status", "--json"])
    assert json.loads(capsys.readouterr().out)["clocks"] == []


def test_one_that_is_off_by_about_as_much_as_may_be_is_told_once(
    operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Prefect tells whole seconds."""
    for seconds in (60.4, 59.6, 60.4, 51.0, 60.4):
        monkeypatch.setattr(prefect_clock, "ahead", lambda now=seconds: timedelta(seconds=now))
        clock_told()

    assert [one.partition(":")[0] for one in alerts(operator)] == ["A worker's clock is wrong"]
    monkeypatch.setattr(prefect_clock, "ahead", lambda: timedelta(seconds=49))
    clock_told()
    assert clocks.wrong(operator.ledger) == []


def test_while_prefect_does_not_say_what_time_it_is_it_is_not_called_right(
    operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    off_by(monkeypatch, 5)
    watched()
    off_by(monkeypatch, 0)
    silent = Fault("prefect", FaultKind.ANSWER, "GET", "/api/hello", 404, times=None)

    with shaky(operator.prefect, silent):
        assert "ask what time it is failed" in str(watch(return_state=True).message)

    assert len(clocks.wrong(operator.ledger)) == 1, "unknown is not well"
    watched()
    assert clocks.wrong(operator.ledger) == []
