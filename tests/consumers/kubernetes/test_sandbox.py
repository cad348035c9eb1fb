"""The client that others wrote runs against the twin unchanged."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from kubernetes import client as kubernetes
from kubernetes.client.exceptions import ApiException

from deployments.kit.shipped.clusters import NAME, NAMESPACE, SECRET
from tests.consumers.kubernetes.scene import Scene
from tests.waiting import wait_until


@pytest.fixture
def api(scene: Scene) -> Iterator[kubernetes.ApiClient]:
    settings = kubernetes.Configuration(host=scene.server.url("kubernetes"))
    settings.api_key = {"authorization": f"Bearer {scene.twin.token}"}
    settings.proxy = None
    with kubernetes.ApiClient(settings) as made:
        yield made


def refused(ask: Callable[[], Any]) -> tuple[int, str]:
    """Status and body of the refusal."""
    with pytest.raises(ApiException) as error:
        ask()
    return error.value.status, str(error.value.body)


def test_a_secret_is_made_read_patched_replaced_and_deleted(api: kubernetes.ApiClient) -> None:
    core = kubernetes.CoreV1Api(api)
    made = core.create_namespaced_secret(
        NAMESPACE, kubernetes.V1Secret(metadata=kubernetes.V1ObjectMeta(name="new"), string_data={"a": "1", "b": "2"})
    )
    assert made.data == {"a": base64.b64encode(b"1").decode(), "b": base64.b64encode(b"2").decode()}
    assert refused(lambda: core.create_namespaced_secret(NAMESPACE, made))[0] == 409

    changed = core.patch_namespaced_secret("new", NAMESPACE, {"stringData": {"a": "3"}, "data": {"b": None}})
    assert changed.data == {"a": base64.b64encode(b"3").decode()}
    assert changed.metadata.resource_version != made.metadata.resource_version
    same = core.patch_namespaced_secret("new", NAMESPACE, {"stringData": {"a": "3"}})
    assert same.metadata.resource_version == changed.metadata.resource_version
    tried = core.patch_namespaced_secret("new", NAMESPACE, {"stringData": {"a": "4"}}, dry_run="All")
    assert tried.data == {"a": base64.b64encode(b"4").decode()}
    assert core.read_namespaced_secret("new", NAMESPACE).data == changed.data

    status, body = refused(lambda: core.replace_namespaced_secret("new", NAMESPACE, made))
    assert (status, '"reason":"Conflict"' in body) == (409, True)
    step = [{"op": "replace", "path": "/data/a", "value": base64.b64encode(b"5").decode()}]
    assert core.patch_namespaced_secret("new", NAMESPACE, step).data == {"a": base64.b64encode(b"5").decode()}
    assert {one.metadata.name for one in core.list_namespaced_secret(NAMESPACE).items} == {SECRET, "new"}
    core.delete_namespaced_secret("new", NAMESPACE)
    assert refused(lambda: core.read_namespaced_secret("new", NAMESPACE))[0] == 404


def test_a_rollout_takes_time_and_is_told_as_it_goes_on(api: kubernetes.ApiClient, scene: Scene) -> None:
    apps = kubernetes.AppsV1Api(api)
    before = apps.read_namespaced_deployment(NAME, NAMESPACE)
    assert (before.status.replicas, before.status.available_replicas, before.spec.replicas) == (2, 2, 2)
    scene.knobs.boot_s, scene.knobs.deadline_s = 0.3, 9
    restart = {"spec": {"template": {"metadata": {"annotations": {"kubectl.kubernetes.io/restartedAt": "now"}}}}}

    going_on = apps.patch_namespaced_deployment(NAME, NAMESPACE, restart)

    assert going_on.metadata.generation == before.metadata.generation + 1
    assert (going_on.status.replicas, going_on.status.updated_replicas, going_on.status.available_replicas) == (4, 2, 2)
    wait_until(
        lambda: apps.read_namespaced_deployment(NAME, NAMESPACE).status.replicas == 2, description="old pods are gone"
    )
    done = apps.read_namespaced_deployment(NAME, NAMESPACE)
    assert done.status.updated_replicas == done.status.available_replicas == 2
    assert done.metadata.annotations["deployment.kubernetes.io/revision"] == "2"


def test_a_deployment_is_scaled_and_its_pods_are_listed_by_label(api: kubernetes.ApiClient, scene: Scene) -> None:
    apps, core = kubernetes.AppsV1Api(api), kubernetes.CoreV1Api(api)
    selector = f"app={NAME}"
    assert len(core.list_namespaced_pod(NAMESPACE, label_selector=selector).items) == 2
    assert core.list_namespaced_pod(NAMESPACE, label_selector="app=other").items == []
    scene.knobs.end_s = 0.2

    scaled = apps.patch_namespaced_deployment_scale(NAME, NAMESPACE, {"spec": {"replicas": 0}})

    assert (scaled.spec.replicas, apps.read_namespaced_deployment(NAME, NAMESPACE).status.replicas) == (0, None)
    ending = core.list_namespaced_pod(NAMESPACE, label_selector=selector).items
    assert [one.metadata.deletion_timestamp is not None for one in ending] == [True, True]
    wait_until(lambda: not core.list_namespaced_pod(NAMESPACE).items, description="the pods have ended")


def test_what_is_refused_is_a_status(api: kubernetes.ApiClient, scene: Scene) -> None:
    core, apps = kubernetes.CoreV1Api(api), kubernetes.AppsV1Api(api)
    scene.knobs.allowed = frozenset({"get secrets", "patch secrets", "get deployments", "patch deployments"})
    status, body = refused(lambda: core.list_namespaced_pod(NAMESPACE))
    assert (status, '"reason":"Forbidden"' in body, "cannot list resource" in body) == (403, True, True)
    assert refused(lambda: core.patch_namespaced_secret(SECRET, NAMESPACE, {"data": {"a": "no base64!"}}))[0] == 400
    assert refused(lambda: apps.patch_namespaced_deployment(NAME, NAMESPACE, {"spec": {"replicas": -1}}))[0] == 422
    scene.twin.cluster.objects["secrets", NAMESPACE, SECRET]["immutable"] = True
    status, body = refused(lambda: core.patch_namespaced_secret(SECRET, NAMESPACE, {"stringData": {"a": "1"}}))
    assert (status, "field is immutable" in body) == (422, True)
    api.configuration.api_key = {"authorization": "Bearer other"}
    status, body = refused(lambda: core.read_namespaced_secret(SECRET, NAMESPACE))
    assert (status, '"reason":"Unauthorized"' in body) == (401, True)
