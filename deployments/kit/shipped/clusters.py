"""What runs in a Kubernetes cluster or at Render, and a switch of a service of one's own, before their twins."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from pydantic import SecretStr

from blocks.brakes.http.block import HttpSwitch
from blocks.brakes.http.switch import HttpBrake
from blocks.brakes.kubernetes.scale import KubernetesBrake
from blocks.consumers.kubernetes.block import Kubernetes
from blocks.consumers.kubernetes.secret import KubernetesConsumer
from blocks.consumers.render.block import Render
from blocks.consumers.render.service import RenderConsumer
from blocks.secret import Minted
from deployments.kit.shipped.common import TIMEOUT_S, a_pair
from deployments.kit.stands import BrakeStand, ConsumerStand
from deployments.sandbox.flags import FlagsSandbox
from deployments.sandbox.kubernetes.app import KubernetesSandbox
from deployments.sandbox.render.app import RenderSandbox
from deployments.sandbox.server import SandboxServer

NAMESPACE, NAME, SECRET = "trading", "desk", "broker"
NAMES = {"key_id": "key-id", "secret": "secret-key"}
REPLICAS = 2
RUNTIME = "http-json/desk"
_PATCHES = ("PATCH", ".*/(secrets|deployments)/.*")


@contextmanager
def cluster(pair: Minted) -> Iterator[tuple[KubernetesSandbox, SandboxServer, list[tuple[str, Kubernetes]]]]:
    """A namespace with a secret that holds the pair, and a deployment that reads it."""
    twin = KubernetesSandbox()
    values = {NAMES[name]: value.get_secret_value() for name, value in pair.values.items()}
    twin.cluster.put_secret(NAMESPACE, SECRET, {**values, "other": "stays"})
    twin.cluster.put_deployment(NAMESPACE, NAME, SECRET, REPLICAS)
    server = SandboxServer({"kubernetes": twin.app()})
    server.start()
    block = Kubernetes(url=server.url("kubernetes"), token=SecretStr(twin.token), read_timeout_s=TIMEOUT_S)
    yield twin, server, [("rekey", block)]
    server.stop()


@contextmanager
def kubernetes() -> Iterator[ConsumerStand]:
    """A secret in a cluster."""
    consumer, old = (
        KubernetesConsumer(kind="kubernetes", deployment=f"{NAMESPACE}/{NAME}", secret_name=SECRET, names=NAMES),
        a_pair(),
    )
    with cluster(old) as (twin, server, blocks):

        def has(pair: Minted) -> bool:
            there = twin.cluster.values(NAMESPACE, SECRET)
            return all(there.get(name) == value.get_secret_value() for name, value in consumer.named(pair).items())

        yield ConsumerStand(server, "kubernetes", consumer, old, a_pair(), has, _PATCHES, blocks=blocks)


@contextmanager
def render() -> Iterator[ConsumerStand]:
    """A service at Render."""
    twin, old = RenderSandbox(), a_pair()
    names = {"key_id": "BROKER_KEY_ID", "secret": "BROKER_SECRET_KEY"}
    service = twin.add_service("desk", {names[name]: value.get_secret_value() for name, value in old.values.items()})
    consumer = RenderConsumer(kind="render", service=service.id, names=names)
    server = SandboxServer({"render": twin.app()})
    server.start()
    block = Render(url=server.url("render"), token=SecretStr(twin.token), read_timeout_s=TIMEOUT_S)

    def has(pair: Minted) -> bool:
        running = twin.serving(service.id) or {}
        return all(running.get(name) == value.get_secret_value() for name, value in consumer.named(pair).items())

    write = ("PUT|POST", ".*/(env-vars|deploys).*")
    yield ConsumerStand(server, "render", consumer, old, a_pair(), has, write, blocks=[("rekey", block)])
    server.stop()


@contextmanager
def kubernetes_brake() -> Iterator[BrakeStand]:
    """A deployment that is scaled to zero."""
    brake = KubernetesBrake(kind="kubernetes", deployment=f"{NAMESPACE}/{NAME}", runtime=RUNTIME)
    with cluster(a_pair()) as (twin, server, blocks):

        def is_engaged() -> bool:
            return not twin.cluster.pods[NAMESPACE, NAME]

        def turn(_: str) -> None:
            twin.cluster.scale(NAMESPACE, NAME, 0)

        yield BrakeStand(server, "kubernetes", brake, is_engaged, turn, _PATCHES, blocks=blocks)


@contextmanager
def http_brake() -> Iterator[BrakeStand]:
    """A switch of a service of one's own."""
    twin = FlagsSandbox({"trading": True})
    server = SandboxServer({"flags": twin.app()})
    server.start()
    brake = HttpBrake(
        kind="http",
        app="desk",
        switch="flags",
        path="/flags/trading",
        engage={"enabled": False},
        release={"enabled": True},
        runtime=RUNTIME,
    )
    block = HttpSwitch(url=server.url("flags"), token=SecretStr(twin.token), read_timeout_s=TIMEOUT_S)

    def turn(value: str) -> None:
        twin.flags["trading"] = value

    yield BrakeStand(
        server,
        "flags",
        brake,
        lambda: twin.flags["trading"] is False,
        turn,
        ("PUT", "/flags/.*"),
        blocks=[("flags", block)],
    )
    server.stop()
