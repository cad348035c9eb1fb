"""Whoever makes a secret, or scales a deployment, from a source of its own is named: it puts back what rekey writes."""

from __future__ import annotations

from typing import Any

import pytest

from blocks.brakes.kubernetes.scale import KubernetesBrake
from blocks.consumers.kubernetes.heads import Head
from blocks.errors import StepError
from blocks.writers import NOBODY
from deployments.kit.shipped.clusters import NAME, NAMES, NAMESPACE, RUNTIME, SECRET
from tasks.consumers import writers
from tests.consumers.handover import a_pair, given
from tests.consumers.kubernetes.scene import DEPLOYMENT, Scene

FLUX = {"kustomize.toolkit.fluxcd.io/name": "apps", "kustomize.toolkit.fluxcd.io/namespace": "flux-system"}
KEY = NAMES["secret"]
BRAKE = KubernetesBrake(kind="kubernetes", deployment=DEPLOYMENT, runtime=RUNTIME)


def head(scene: Scene, resource: str = "secrets", name: str = SECRET) -> dict[str, Any]:
    found: dict[str, Any] = scene.twin.cluster.objects[resource, NAMESPACE, name]["metadata"]
    return found


def applied(fields: dict[str, Any], manager: str = "kustomize-controller", **other: str) -> dict[str, Any]:
    entry = {"manager": manager, "operation": "Apply", "fieldsType": "FieldsV1", "fieldsV1": fields}
    return {**entry, "time": "2026-11-29T10:00:00Z", **other}


def by_flux(scene: Scene, fields: dict[str, Any] | None = None) -> dict[str, Any]:
    found = head(scene)
    found["labels"] = dict(FLUX)
    found["managedFields"] = [applied({"f:data": {f"f:{KEY}": {}}} if fields is None else fields)]
    return found


def test_a_secret_that_nobody_makes_is_told_as_such(scene: Scene) -> None:
    assert scene.consumer.writers() == NOBODY
    assert writers.told(scene.consumer, urgent=False) == ""
    assert writers.demand_none(scene.consumer) == f"Nobody else writes to {scene.consumer.label}, as far as it shows."


def test_what_flux_has_in_its_source_stops_a_rotation_before_the_link(scene: Scene) -> None:
    by_flux(scene)

    with pytest.raises(StepError) as stopped:
        writers.told(scene.consumer, urgent=False)

    assert stopped.value.problem == (
        f"Somebody else writes there: secret {NAMESPACE}/{SECRET} is applied by Flux's Kustomization flux-system/apps, "
        f"whose source has {KEY}. It puts back what rekey writes."
    )
    assert "kustomize.toolkit.fluxcd.io/ssa: IfNotPresent" in stopped.value.remedy
    with pytest.raises(StepError):
        writers.demand_none(scene.consumer)
    # Whoever knows that a key leaked waits for nothing, and reads it all the same.
    assert "It puts back what rekey writes." in writers.told(scene.consumer, urgent=True)


@pytest.mark.parametrize("fields", [{"f:metadata": {"f:labels": {}}}, {"f:data": {"f:other": {}}}, {"f:data": []}, {}])
def test_what_flux_has_no_value_of_it_leaves(scene: Scene, fields: dict[str, Any]) -> None:
    by_flux(scene, fields)

    assert scene.consumer.writers() == NOBODY


@pytest.mark.parametrize("where", ["labels", "annotations"])
@pytest.mark.parametrize(("word", "value"), [("ssa", "IfNotPresent"), ("ssa", "Ignore"), ("reconcile", "disabled")])
def test_what_flux_is_told_to_leave_it_leaves(scene: Scene, where: str, word: str, value: str) -> None:
    by_flux(scene).setdefault(where, {})[f"kustomize.toolkit.fluxcd.io/{word}"] = value

    assert scene.consumer.writers() == NOBODY


def test_after_a_write_of_rekeys_the_source_is_asked_by_what_the_object_shows_then(scene: Scene) -> None:
    by_flux(scene)
    given(scene.consumer, a_pair())

    assert head(scene)["managedFields"][0]["manager"] == "rekey"
    assert scene.consumer.writers() == NOBODY


@pytest.mark.parametrize("shown", ["owner", "mark"])
def test_a_sealed_secret_is_written_by_its_controller_alone(scene: Scene, shown: str) -> None:
    if shown == "owner":
        head(scene)["ownerReferences"] = [{"kind": "SealedSecret", "name": "broker", "controller": True}]
    else:
        head(scene)["annotations"] = {"sealedsecrets.bitnami.com/managed": "true"}

    with pytest.raises(StepError, match="is made from SealedSecret broker, whose controller writes what is sealed"):
        writers.told(scene.consumer, urgent=False)


@pytest.mark.parametrize("shown", ["owner", "mark"])
def test_an_external_secret_may_read_the_very_vault_so_it_is_told(scene: Scene, shown: str) -> None:
    if shown == "owner":
        head(scene)["ownerReferences"] = [{"kind": "ExternalSecret", "name": "broker", "controller": True}]
    head(scene)["annotations"] = {"reconcile.external-secrets.io/data-hash": "a"}

    told = writers.told(scene.consumer, urgent=False)

    assert ("belongs to ExternalSecret broker, which writes it, too" in told) is (shown == "owner")
    assert told.count("it would put the dead pair back") == 1
    assert writers.demand_none(scene.consumer) == told


def test_argo_cd_is_told_where_its_mark_names_this_very_object(scene: Scene) -> None:
    marks = head(scene).setdefault("annotations", {})
    # Copied with the object, or of a generator: it counts nowhere else.
    marks["argocd.argoproj.io/tracking-id"] = f"desk:/Secret:{NAMESPACE}/another"
    assert scene.consumer.writers() == NOBODY

    marks["argocd.argoproj.io/tracking-id"] = f"desk:/Secret:{NAMESPACE}/{SECRET}"

    assert "is of Argo CD's application desk: if its source has its values" in writers.told(
        scene.consumer, urgent=False
    )


def test_a_helm_release_of_flux_is_told(scene: Scene) -> None:
    head(scene)["labels"] = {"helm.toolkit.fluxcd.io/name": "desk", "helm.toolkit.fluxcd.io/namespace": "flux-system"}

    assert "is of Flux's HelmRelease flux-system/desk" in writers.told(scene.consumer, urgent=False)


def test_a_brake_whose_number_of_pods_flux_applies_would_be_released_by_it(scene: Scene) -> None:
    assert BRAKE.writers() == NOBODY
    found = head(scene, "deployments", NAME)
    found["labels"], found["managedFields"] = dict(FLUX), [applied({"f:spec": {"f:template": {}}})]
    assert BRAKE.writers() == NOBODY
    found["managedFields"].append(applied({"f:spec": {"f:replicas": {}}}, "kube-controller-manager"))
    assert BRAKE.writers() == NOBODY
    found["managedFields"].append(applied({"f:spec": {"f:replicas": {}}}))

    with pytest.raises(StepError, match=f"deployment {DEPLOYMENT} is applied by Flux's .* whose source has replicas"):
        writers.told(BRAKE, urgent=False)
    found["managedFields"][-1]["subresource"] = "scale"
    assert BRAKE.writers() == NOBODY
    found["annotations"]["argocd.argoproj.io/tracking-id"] = f"desk:apps/Deployment:{DEPLOYMENT}"
    assert "application desk: if its source has replicas" in writers.demand_none(BRAKE)


@pytest.mark.parametrize(
    "odd",
    [
        {"managedFields": "none", "ownerReferences": {}, "labels": [], "annotations": None},
        {
            "managedFields": [None, {"operation": "Apply", "fieldsV1": []}],
            "ownerReferences": [1, {"controller": False}],
        },
    ],
)
def test_what_is_of_another_form_says_nothing(odd: dict[str, Any]) -> None:
    found = Head.of({"name": SECRET, "namespace": NAMESPACE, **odd})

    assert (found.owner, found.appliers, found.says("a")) == (None, (), "")
