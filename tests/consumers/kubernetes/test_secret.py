"""Both values are written at once, the pods are started with them, and what else has them is told."""

from __future__ import annotations

import pytest

from blocks.answer import Answer
from blocks.check import Depth
from blocks.consumers.interface import EQUAL
from blocks.errors import Missing, Refused, StepError, Transient
from deployments.kit.shipped.clusters import NAME, NAMESPACE, SECRET
from deployments.sandbox.faults import Fault, FaultKind
from tests.consumers.handover import a_pair, given, held
from tests.consumers.kubernetes.scene import DEPLOYMENT, Scene
from tests.vendors.silence import assert_silent


def test_both_values_are_in_one_write_and_every_pod_is_started_with_them(scene: Scene) -> None:
    pair = a_pair()

    proofs = given(scene.consumer, pair).proofs

    version = scene.twin.cluster.objects["secrets", NAMESPACE, SECRET]["metadata"]["resourceVersion"]
    assert proofs == [
        f"secret {NAMESPACE}/{SECRET} holds {pair.fingerprint}, read back; of {DEPLOYMENT} all 2 pods were "
        f"started for version {version}."
    ]
    assert scene.running == [pair.secret.get_secret_value()] * 2
    assert scene.twin.cluster.values(NAMESPACE, SECRET)["other"] == "stays"
    writes = [one.path for one in scene.server.journal.entries if one.method == "PATCH"]
    assert [one.rpartition("/")[2] for one in writes] == [SECRET, NAME]
    assert scene.consumer.holds(held(pair), None, Depth.FULL).short == EQUAL


def test_what_was_written_before_a_kill_is_rolled_out_after_it(scene: Scene) -> None:
    """The secret has the pair, and no pod was started for it yet: only the pods say so."""
    pair = a_pair()
    scene.server.plan.add(Fault("kubernetes", FaultKind.DROP_BEFORE, "PATCH", ".*/deployments/.*", times=1))
    with pytest.raises(Exception, match="roll out"):
        given(scene.consumer, pair)
    assert scene.consumer.has(pair) is Answer.YES
    assert scene.running == [scene.old.secret.get_secret_value()] * 2

    given(scene.consumer, pair)

    assert scene.running == [pair.secret.get_secret_value()] * 2
    before = scene.rollouts()
    assert "holds already" in given(scene.consumer, pair).proofs[0]
    assert scene.rollouts() == before


def test_somebody_who_writes_in_the_same_moment_loses_nothing(scene: Scene) -> None:
    scene.knobs.conflicts = 2

    given(scene.consumer, pair := a_pair())

    assert scene.running == [pair.secret.get_secret_value()] * 2
    scene.knobs.conflicts = 99
    with pytest.raises(Transient, match="at each of 5 tries, and nothing was written"):
        given(scene.consumer, a_pair())


def test_a_rollout_that_is_stuck_is_told_with_what_there_is(scene: Scene) -> None:
    scene.knobs.crashes = True
    pair = a_pair()

    with pytest.raises(StepError, match=r"is stuck \(ProgressDeadlineExceeded\): 2 of 2 pods are new, 2 are available"):
        given(scene.consumer, pair)

    # The older pods run on: the controller ends none of them before a new one is available.
    assert scene.running.count(scene.old.secret.get_secret_value()) == 2
    # Known already, it is told before the next pair.
    (trouble,) = scene.consumer.unwell()
    assert f"The rollout of {DEPLOYMENT} is stuck already (ProgressDeadlineExceeded)" in trouble.problem


def test_a_deployment_whose_rollouts_are_paused_is_told_at_once(scene: Scene) -> None:
    assert scene.consumer.unwell() == []
    scene.twin.cluster.objects["deployments", NAMESPACE, NAME]["spec"]["paused"] = True

    with pytest.raises(StepError, match="its rollouts are paused, so no pod has pair"):
        given(scene.consumer, a_pair())
    assert f"The rollouts of {DEPLOYMENT} are paused" in scene.consumer.unwell()[0].problem


def test_a_deployment_without_a_pod_has_the_pair_when_it_starts_one(scene: Scene) -> None:
    scene.twin.cluster.scale(NAMESPACE, NAME, 0)

    proofs = given(scene.consumer, pair := a_pair()).proofs

    assert f"{DEPLOYMENT} has no pod; each reads it when it starts." in proofs[0]
    scene.twin.cluster.scale(NAMESPACE, NAME, 1)
    assert scene.running == [pair.secret.get_secret_value()]


def test_a_key_that_was_not_there_is_told(scene: Scene) -> None:
    scene.twin.cluster.put_secret(NAMESPACE, SECRET, {"other": "stays"})

    with pytest.raises(StepError, match=f"secret {NAMESPACE}/{SECRET} has no key-id and secret-key"):
        scene.consumer.holds(held(scene.old), None, Depth.FULL)
    assert "had no key-id and secret-key before, so nobody read it there" in given(scene.consumer, a_pair()).proofs[1]


def test_a_copy_that_differs_names_both_fingerprints(scene: Scene) -> None:
    other = a_pair()

    with pytest.raises(StepError) as differs:
        scene.consumer.holds(held(other), None, Depth.LIGHT)

    assert other.fingerprint in str(differs.value)
    assert scene.old.fingerprint in str(differs.value)
    assert_silent(differs.value)


def test_the_right_to_write_is_tried_and_nothing_is_kept_of_it(scene: Scene) -> None:
    before = dict(scene.twin.cluster.objects["secrets", NAMESPACE, SECRET]["metadata"])

    assert scene.consumer.can_write() is Answer.YES
    assert scene.twin.cluster.objects["secrets", NAMESPACE, SECRET]["metadata"] == before
    assert scene.rollouts() == 1
    scene.twin.cluster.objects["secrets", NAMESPACE, SECRET]["immutable"] = True
    assert scene.consumer.can_write() is Answer.NO


@pytest.mark.parametrize("missing", ["patch secrets", "patch deployments", "get secrets"])
def test_a_role_that_lacks_something_is_refused_with_what_to_grant(scene: Scene, missing: str) -> None:
    every = {f"{verb} {what}" for verb in ("get", "patch") for what in ("secrets", "deployments")}
    scene.knobs.allowed = frozenset(every - {missing})

    with pytest.raises(Refused, match=r"the service account may not do this \(HTTP 403, code Forbidden\)") as refused:
        scene.consumer.can_write()

    assert "a role in this namespace with get and patch on its secrets and deployments" in refused.value.remedy
    assert_silent(refused.value)


def test_a_secret_that_is_not_there_is_named(scene: Scene) -> None:
    del scene.twin.cluster.objects["secrets", NAMESPACE, SECRET]

    with pytest.raises(Missing, match=f"read secret {NAMESPACE}/{SECRET} failed"):
        given(scene.consumer, a_pair())


def test_other_secrets_with_its_keys_and_whatever_else_reads_it_are_named(scene: Scene) -> None:
    assert scene.consumer.elsewhere([scene.consumer]).told == (
        f"Nothing else in namespace {NAMESPACE} has these keys or reads {SECRET}."
    )
    cluster = scene.twin.cluster
    cluster.put_secret(NAMESPACE, "broker-old", {"key-id": "x"})
    cluster.put_deployment(NAMESPACE, "worker", SECRET)
    volume = {"name": "keys", "secret": {"secretName": SECRET}}
    template = {"spec": {"template": {"spec": {"containers": [], "volumes": [volume]}}}}
    cluster.put("cronjobs", NAMESPACE, "nightly", {"spec": {"jobTemplate": template}})
    cluster.put("statefulsets", "elsewhere", "db", template)

    told = scene.consumer.elsewhere([scene.consumer]).told

    assert told.startswith(
        f"Namespace {NAMESPACE} has what no entry of the catalog names: secret broker-old (key-id); deployment worker "
        f"(reads {SECRET}); cronjob nightly (reads {SECRET})."
    )
    worker = scene.consumer.model_copy(update={"deployment": f"{NAMESPACE}/worker"})
    assert "deployment worker" not in scene.consumer.elsewhere([scene.consumer, worker]).told


def test_what_may_not_be_listed_is_said(scene: Scene) -> None:
    scene.knobs.allowed = frozenset({"list deployments", "list statefulsets", "list daemonsets", "list cronjobs"})

    told = scene.consumer.elsewhere([scene.consumer]).told

    assert "Nothing else" in told
    assert "that could be listed" in told
    assert "Not looked at: secrets (the service account may not do this)." in told


def test_the_newest_change_counts_templates_and_not_scaling(scene: Scene) -> None:
    before = scene.consumer.newest_change()
    scene.twin.cluster.scale(NAMESPACE, NAME, 5, manager="kube-controller-manager")
    assert scene.consumer.newest_change().version == before.version

    given(scene.consumer, a_pair())

    assert (scene.consumer.newest_change().version, scene.consumer.newest_change().by) == (before.version + 1, "rekey")
