"""Whether a release is made, and whether every dyno runs it."""

from __future__ import annotations

import pytest

from blocks.answer import Answer
from blocks.consumers.heroku.client import HerokuClient
from blocks.consumers.heroku.models import Aside
from blocks.errors import (
    Unclear,
)
from deployments.sandbox.heroku.apps import SandboxApp
from tests.vendors.heroku.scene import new_pair


def test_a_release_is_pending_until_its_phase_ends_and_may_fail(app: SandboxApp, client: HerokuClient) -> None:
    app.knobs.release_phase_s = 3600
    client.set_variables(app.name, new_pair())
    assert client.release(app.name, 2).status == "pending"
    app.knobs.release_phase_s, app.knobs.release_phase_fails = 0, True
    client.set_variables(app.name, new_pair())
    assert client.release(app.name, 3).status == "failed"
    assert client.running(app.name, 3) is Answer.UNKNOWN


def test_the_formation_is_the_number_of_long_running_dynos(app: SandboxApp, client: HerokuClient) -> None:
    app.types = {"web": 2, "worker": 1, "release": 1}
    assert client.quantities(app.name) == {"web": 2, "worker": 1}


def test_running_is_yes_when_every_dyno_is_up_on_the_release(app: SandboxApp, client: HerokuClient) -> None:
    app.types = {"web": 2, "worker": 1, "run": 1}
    client.set_variables(app.name, new_pair())
    assert client.running(app.name, 2) is Answer.YES
    assert client.running(app.name, 1) is Answer.YES
    assert client.running(app.name, 3) is Answer.UNKNOWN


def test_running_is_unknown_while_dynos_boot(app: SandboxApp, client: HerokuClient) -> None:
    app.knobs.boot_delay_s = 3600
    client.set_variables(app.name, new_pair())
    assert {dyno.state for dyno in client.dynos(app.name)} == {"starting"}
    assert client.running(app.name, 2) is Answer.UNKNOWN


def test_running_is_unknown_while_the_list_shows_the_old_dynos(app: SandboxApp, client: HerokuClient) -> None:
    app.knobs.dyno_list_lag_s = 3600
    client.set_variables(app.name, new_pair())
    assert [(dyno.state, dyno.release_version) for dyno in client.dynos(app.name)] == [("up", 1)]
    assert client.running(app.name, 2) is Answer.UNKNOWN


def test_running_is_no_when_a_dyno_crashed_on_the_release(app: SandboxApp, client: HerokuClient) -> None:
    app.knobs.crash_on_boot = True
    client.set_variables(app.name, new_pair())
    assert client.running(app.name, 2) is Answer.NO
    assert client.running(app.name, 3) is Answer.UNKNOWN


def test_a_formation_that_was_read_before_is_read_again_while_the_dynos_are_not_that_many(
    app: SandboxApp, client: HerokuClient
) -> None:
    app.types = {"web": 2, "worker": 1}
    before = client.quantities(app.name)
    assert client.running(app.name, 1, before) is Answer.YES
    app.types = {"web": 1, "worker": 1}
    assert client.running(app.name, 1, before) is Answer.YES
    app.types = {"web": 3, "worker": 1}
    assert client.running(app.name, 1, before) is Answer.YES
    assert client.running(app.name, 2, before) is Answer.UNKNOWN


def test_an_app_scaled_to_nothing_is_running(app: SandboxApp, client: HerokuClient) -> None:
    app.types = {"web": 0}
    assert client.running(app.name, 99) is Answer.YES


def test_a_truncated_list_is_unclear_rather_than_taken_for_all(
    app: SandboxApp, client: HerokuClient, capfd: pytest.CaptureFixture[str]
) -> None:
    app.types = {"web": 1001}
    with pytest.raises(Unclear, match="more than 1000"):
        client.dynos(app.name)
    assert capfd.readouterr().out == ""


def test_an_eco_dyno_that_sleeps_runs_no_process_and_is_not_waited_for(app: SandboxApp, client: HerokuClient) -> None:
    app.types = {"web": 1}
    app.fall_asleep()
    client.set_variables(app.name, new_pair())
    assert [(one.name, one.state, one.release_version) for one in client.dynos(app.name)] == [("web.1", "idle", 1)]
    assert client.running(app.name, 2) is Answer.YES
    app.wake()
    assert [(one.state, one.release_version) for one in client.dynos(app.name)] == [("up", 2)]


def test_one_off_and_scheduled_dynos_are_not_restarted_and_are_found(app: SandboxApp, client: HerokuClient) -> None:
    names = (app.start_one_off(), app.start_one_off("scheduler"))
    client.set_variables(app.name, new_pair())
    later = app.start_one_off()
    assert client.running(app.name, 2) is Answer.YES
    assert set(Aside.of(client.dynos(app.name), 2).apart) == set(names)
    assert set(Aside.of(client.dynos(app.name)).apart) == {*names, later}
