"""No instance sees half a pair, a deploy is begun once for a pair, and only one that is live counts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from prefect.logging import disable_run_logger
from pydantic import SecretStr

from blocks.answer import Answer
from blocks.check import Depth
from blocks.consumers.interface import EQUAL
from blocks.consumers.render.block import Render
from blocks.consumers.render.deploys import MARK
from blocks.consumers.render.service import RenderConsumer
from blocks.errors import Missing, Refused, StepError
from blocks.prefect_api.block_cache import CACHE
from blocks.secret import Minted
from deployments.sandbox.faults import Fault, FaultKind
from deployments.sandbox.render.app import RenderSandbox, Service
from deployments.sandbox.server import SandboxServer
from tests.consumers.handover import a_pair, given, held
from tests.vendors.silence import assert_silent

NAMES = {"key_id": "BROKER_KEY_ID", "secret": "BROKER_SECRET_KEY"}


@dataclass
class Scene:
    """A service that runs with the pair ``old``."""

    twin: RenderSandbox
    server: SandboxServer
    service: Service
    consumer: RenderConsumer
    old: Minted

    @property
    def running(self) -> str | None:
        """The secret with which the instance runs."""
        return (self.twin.serving(self.service.id) or {}).get(NAMES["secret"])


@pytest.fixture
def scene(monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    monkeypatch.setenv("REKEY_RELEASE_TIMEOUT_S", "2")
    monkeypatch.setenv("REKEY_PROBE_INTERVAL_S", "0.05")
    twin, old = RenderSandbox(), a_pair()
    values = {NAMES[name]: value.get_secret_value() for name, value in old.values.items()}
    service = twin.add_service("desk", {**values, "OTHER": "stays"})
    server = SandboxServer({"render": twin.app()})
    server.start()
    consumer = RenderConsumer(kind="render", service=service.id, names=NAMES)
    block = Render(url=server.url("render"), token=SecretStr(twin.token))
    with CACHE.afresh(), disable_run_logger():
        CACHE.get(Render, "rekey", lambda *_: block)
        yield Scene(twin, server, service, consumer, old)
    server.stop()


def test_both_are_set_before_one_deploy_carries_them(scene: Scene) -> None:
    proofs = given(scene.consumer, pair := a_pair()).proofs

    (deploy, _) = scene.service.deploys
    assert proofs == [
        f"render {scene.service.id} has {pair.fingerprint}, read back, and deploy {deploy.id}, or a newer one, is live "
        "with it."
    ]
    assert scene.running == pair.secret.get_secret_value()
    assert scene.service.variables["OTHER"] == "stays"
    assert scene.service.variables[MARK] == f"{deploy.id} {pair.fingerprint}"
    assert scene.consumer.holds(held(pair), None, Depth.FULL).short == EQUAL
    assert "has already" in given(scene.consumer, pair).proofs[0]
    assert len(scene.service.deploys) == 2


@pytest.mark.parametrize("path", [".*/env-vars/BROKER_SECRET_KEY", ".*/deploys", f".*/env-vars/{MARK}"])
@pytest.mark.parametrize("kind", [FaultKind.DROP_BEFORE, FaultKind.DROP_AFTER])
def test_killed_at_a_write_it_ends_with_an_instance_that_has_all_of_it(
    scene: Scene, path: str, kind: FaultKind
) -> None:
    method = "POST" if path.endswith("deploys") else "PUT"
    scene.server.plan.add(Fault("render", kind, method, path, times=1))
    pair = a_pair()
    with pytest.raises(Exception, match="Render: "):
        given(scene.consumer, pair)

    given(scene.consumer, pair)

    assert scene.running == pair.secret.get_secret_value()
    seen = {(one.variables[NAMES["key_id"]], one.variables[NAMES["secret"]]) for one in scene.service.deploys}
    whole = [tuple(one.values[name].get_secret_value() for name in NAMES) for one in (scene.old, pair)]
    assert seen <= set(whole)


@pytest.mark.parametrize("knob", ["queues", "deploys_on_write"])
def test_where_nobody_documents_it_both_ways_end_well(scene: Scene, knob: str) -> None:
    setattr(scene.twin.knobs, knob, True)

    given(scene.consumer, pair := a_pair())

    assert scene.running == pair.secret.get_secret_value()


@pytest.mark.parametrize("ends", ["build_failed", "update_failed", "pre_deploy_failed", "canceled"])
def test_a_deploy_that_failed_is_told_and_begun_again_at_the_next_try(scene: Scene, ends: str) -> None:
    scene.twin.knobs.ends = ends
    pair = a_pair()
    assert scene.consumer.unwell() == []
    with pytest.raises(StepError, match="ended without being live, so its instances run with the old pair"):
        given(scene.consumer, pair)
    assert scene.running == scene.old.secret.get_secret_value()
    # One that somebody canceled says nothing of the next one.
    assert [ends in str(one) for one in scene.consumer.unwell()] == ([] if ends == "canceled" else [True])
    scene.twin.knobs.ends = "live"

    given(scene.consumer, pair)

    assert scene.running == pair.secret.get_secret_value()


def test_a_deploy_of_somebody_else_that_came_later_counts_too(scene: Scene) -> None:
    given(scene.consumer, pair := a_pair())
    scene.twin._begin(scene.service).ends_at = 0.0

    assert "has already" in given(scene.consumer, pair).proofs[0]
    assert len(scene.service.deploys) == 3


def test_a_service_that_is_suspended_is_told(scene: Scene) -> None:
    scene.service.suspended = True

    assert "It is suspended: it is deployed with it when it runs again." in given(scene.consumer, a_pair()).proofs[0]


def test_the_right_to_write_is_tried_with_a_variable_that_is_taken_away(scene: Scene) -> None:
    before = dict(scene.service.variables)

    assert scene.consumer.can_write() is Answer.YES
    assert scene.service.variables == before
    scene.twin.knobs.reads_only = True
    with pytest.raises(Refused, match="the owner of the API key may not do this") as refused:
        scene.consumer.can_write()
    assert_silent(refused.value)


def test_what_is_missing_or_another_one_is_told(scene: Scene) -> None:
    with pytest.raises(StepError, match="has another pair than the vault's"):
        scene.consumer.holds(held(a_pair()), None, Depth.LIGHT)
    del scene.service.variables[NAMES["secret"]]
    with pytest.raises(StepError, match="has no BROKER_SECRET_KEY of its own"):
        scene.consumer.holds(held(scene.old), None, Depth.LIGHT)
    stranger = scene.consumer.model_copy(update={"service": "srv-none"})
    with pytest.raises(Missing, match="there is no such service, or the key may not see it"):
        stranger.holds(held(scene.old), None, Depth.LIGHT)


def test_other_services_and_groups_with_these_names_are_told(scene: Scene) -> None:
    assert scene.consumer.elsewhere([]).unnamed == ""
    other = scene.twin.add_service("worker", {NAMES["secret"]: "x"})
    for number in range(120):
        scene.service.variables[f"V{number}"] = "x"
    scene.twin.groups["shared"] = {NAMES["key_id"]: "x"}

    told = scene.consumer.elsewhere([scene.consumer]).told

    assert "service worker (BROKER_SECRET_KEY); environment group shared (BROKER_KEY_ID)" in told
    named = scene.consumer.model_copy(update={"service": other.id})
    assert "service worker" not in scene.consumer.elsewhere([scene.consumer, named]).told


def test_a_long_list_is_read_to_its_end(scene: Scene) -> None:
    for number in range(250):
        scene.service.variables[f"A{number}"] = "x"
    pair = {name: scene.service.variables.pop(name) for name in NAMES.values()}
    scene.service.variables |= pair

    assert scene.consumer.has(scene.old) is Answer.YES
