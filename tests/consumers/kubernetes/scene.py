"""A cluster with a secret and a deployment that reads it, and what the tests have at hand."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from prefect.logging import disable_run_logger

from blocks.consumers.kubernetes.secret import KubernetesConsumer
from blocks.prefect_api.block_cache import CACHE
from blocks.secret import Minted
from deployments.kit.shipped.clusters import NAME, NAMES, NAMESPACE, SECRET, cluster
from deployments.kit.shipped.common import a_pair
from deployments.sandbox.kubernetes.app import KubernetesSandbox
from deployments.sandbox.kubernetes.cluster import Knobs
from deployments.sandbox.server import SandboxServer

DEPLOYMENT = f"{NAMESPACE}/{NAME}"


@dataclass
class Scene:
    """The secret holds ``old``; two pods run with it."""

    twin: KubernetesSandbox
    server: SandboxServer
    old: Minted
    consumer: KubernetesConsumer

    @property
    def knobs(self) -> Knobs:
        """How the cluster behaves."""
        return self.twin.knobs

    @property
    def running(self) -> list[str]:
        """The secret values with which the pods run that are not being ended."""
        pods = self.twin.cluster.pods[NAMESPACE, NAME]
        return [one.environment[NAMES["secret"]] for one in pods if one.ended is None]

    def rollouts(self) -> int:
        """How many templates of pods there were."""
        marks = self.twin.cluster.objects["deployments", NAMESPACE, NAME]["metadata"]["annotations"]
        return int(marks["deployment.kubernetes.io/revision"])


@contextmanager
def made() -> Iterator[Scene]:
    """A scene whose blocks are those of the twin, and whose log needs no run."""
    old = a_pair()
    consumer = KubernetesConsumer(kind="kubernetes", deployment=DEPLOYMENT, secret_name=SECRET, names=NAMES)
    with cluster(old) as (twin, server, blocks), CACHE.afresh(), disable_run_logger():
        for document, block in blocks:
            CACHE.get(type(block), document, lambda *_, one=block: one)
        yield Scene(twin, server, old, consumer)
