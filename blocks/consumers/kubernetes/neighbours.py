"""What else in a namespace has the same keys, or reads the same secret: a rotation leaves it with the dead pair.

Where a pod may name a secret: Kubernetes API reference, PodSpec v1 (env, envFrom, volumes, projected), read 2026-11-28.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import quote

from blocks.consumers.interface import Elsewhere
from blocks.errors import Missing, Refused

if TYPE_CHECKING:
    from blocks.consumers.kubernetes.client import KubernetesClient

# What makes pods, by how it is called: where its list is.
_MAKERS = {
    "deployment": "/apis/apps/v1/namespaces/{}/deployments",
    "statefulset": "/apis/apps/v1/namespaces/{}/statefulsets",
    "daemonset": "/apis/apps/v1/namespaces/{}/daemonsets",
    "cronjob": "/apis/batch/v1/namespaces/{}/cronjobs",
}


class Named(Protocol):
    """An entry of the catalog in this namespace."""

    secret_name: str

    @property
    def called(self) -> str:
        """Its deployment."""


def found(client: KubernetesClient, namespace: str, secret: str, keys: set[str], named: Sequence[Named]) -> Elsewhere:
    """Looks at whatever the token may list; what it may not is said. Raises VendorError when a list did not answer."""
    held, unlisted = [], []
    for what in ("secret", *_MAKERS):
        path = _MAKERS.get(what, "/api/v1/namespaces/{}/secrets").format(quote(namespace, safe=""))
        try:
            items = client.listed(f"list the {what}s of {namespace}", path)
        except (Refused, Missing) as error:
            unlisted.append(f"{what}s ({error.fault})")
            continue
        if what == "secret":
            held += _with_keys(items, keys, {one.secret_name for one in named} | {secret})
        else:
            known = {one.called for one in named if one.secret_name == secret} if what == "deployment" else set()
            held += [f"{what} {one} (reads {secret})" for one in _readers(items, secret) if one not in known]
    told = (
        f"Namespace {namespace} has what no entry of the catalog names: {'; '.join(held)}. It keeps the old pair until "
    )
    told += "it is written or started anew."
    nowhere = f"Nothing else in namespace {namespace} has these keys or reads {secret}."
    if unlisted:
        nowhere = f"Nothing else in namespace {namespace} that could be listed has these keys or reads {secret}."
    return Elsewhere(told if held else "", nowhere, f"Not looked at: {', '.join(unlisted)}." if unlisted else "")


def _with_keys(items: Iterable[Any], keys: set[str], named: set[str]) -> list[str]:
    """The other secrets that have one of the keys; their values are never looked at."""
    there = [
        (_name(one), sorted(keys & set((one.get("data") or {}) if isinstance(one, dict) else ()))) for one in items
    ]
    return [f"secret {name} ({', '.join(some)})" for name, some in there if some and name not in named]


def _readers(items: Iterable[Any], secret: str) -> Iterator[str]:
    for one in items:
        spec = one.get("spec") if isinstance(one, dict) else None
        if isinstance(spec, dict) and secret in set(_secrets_of(spec)):
            yield _name(one)


def _secrets_of(value: Any) -> Iterator[str]:
    """Every secret that is named anywhere in there."""
    if isinstance(value, list):
        for one in value:
            yield from _secrets_of(one)
    if not isinstance(value, dict):
        return
    for word, inner in value.items():
        if word in {"secretRef", "secretKeyRef"} and isinstance(inner, dict):
            yield str(inner.get("name"))
        elif word == "secret" and isinstance(inner, dict):
            # Of a volume, or of one of the sources of a projected volume.
            yield str(inner.get("secretName", inner.get("name")))
        yield from _secrets_of(inner)


def _name(item: Any) -> str:
    head = item.get("metadata") if isinstance(item, dict) else None
    return str(head.get("name", "")) if isinstance(head, dict) else ""
