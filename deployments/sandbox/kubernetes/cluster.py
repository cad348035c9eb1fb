"""The objects of a simulated cluster, and its controller: pods come and go with time, as a deployment wants them.

After the Kubernetes documentation ("Deployments", "API Concepts"), read 2026-11-28. A rollout makes all new pods at
once and ends the old ones when the new ones are available: with surge for all of them, which is one of the strategies.
"""

from __future__ import annotations

import base64
import copy
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from deployments.sandbox import made_up

REVISION = "deployment.kubernetes.io/revision"


@dataclass
class Knobs:
    """How this cluster behaves. Times are in seconds."""

    # From a pod's start until it is available, and from its end until it is gone.
    boot_s: float = 0.05
    end_s: float = 0.05
    # Whether new pods never become available; and after how long the controller says so.
    crashes: bool = False
    deadline_s: float = 0.3
    # What the service account may do: "verb resource"; None for all of it.
    allowed: frozenset[str] | None = None
    # How many of the next writes meet somebody else's in the same moment.
    conflicts: int = 0


@dataclass(eq=False)
class Pod:
    """One pod, with the environment that it was started with."""

    name: str
    template: str
    environment: dict[str, str]
    available_at: float
    labels: dict[str, str]
    ended: float | None = None
    crashes: bool = False


@dataclass
class Cluster:
    """Objects by (resource, namespace, name), each as the API shows it."""

    knobs: Knobs = field(default_factory=Knobs)
    objects: dict[tuple[str, str, str], dict[str, Any]] = field(default_factory=dict)
    pods: dict[tuple[str, str], list[Pod]] = field(default_factory=dict)
    _version: int = 1000
    _changed_at: dict[tuple[str, str], float] = field(default_factory=dict)

    def put(self, resource: str, namespace: str, name: str, body: dict[str, Any], manager: str = "kubectl") -> None:
        """Somebody creates or replaces it by hand."""
        self.keep((resource, namespace, name), body, manager)

    def put_secret(self, namespace: str, name: str, values: dict[str, str], **other: Any) -> None:
        """A secret with these values."""
        data = {key: base64.b64encode(value.encode()).decode() for key, value in values.items()}
        self.put("secrets", namespace, name, {"type": "Opaque", "data": data, **other})

    def values(self, namespace: str, name: str) -> dict[str, str]:
        """What a secret holds."""
        data = self.objects.get(("secrets", namespace, name), {}).get("data") or {}
        return {key: base64.b64decode(value).decode() for key, value in data.items()}

    def put_deployment(self, namespace: str, name: str, secret: str, replicas: int = 1) -> None:
        """A deployment whose pods have all values of this secret as their environment; its pods run at once."""
        container = {"name": "app", "image": "app:1", "envFrom": [{"secretRef": {"name": secret}}]}
        labels = {"app": name}
        spec = {
            "replicas": replicas,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": [container]}},
        }
        self.put("deployments", namespace, name, {"spec": spec})
        for pod in self.pods[namespace, name]:
            pod.available_at = time.monotonic()

    def scale(self, namespace: str, name: str, replicas: int, manager: str = "kubectl") -> None:
        """Somebody scales it by hand."""
        body = copy.deepcopy(self.objects["deployments", namespace, name])
        body["spec"]["replicas"] = replicas
        self.keep(("deployments", namespace, name), body, manager)

    def serving(self, application: str) -> dict[str, str] | None:
        """The environment of the pod to which a service leads now; None without an available one."""
        namespace, _, name = application.partition("/")
        self._reconcile(namespace, name)
        ready = [one for one in self.pods.get((namespace, name), []) if self._is_available(one) and one.ended is None]
        return dict(ready[-1].environment) if ready else None

    def keep(self, key: tuple[str, str, str], body: dict[str, Any], manager: str) -> dict[str, Any]:
        """Store it, with what the API server adds; a write that changes nothing is none."""
        resource, namespace, name = key
        before = self.objects.get(key)
        kept = copy.deepcopy(body)
        head = kept.setdefault("metadata", {})
        old = (before or {}).get("metadata", {})
        head |= {"name": name, "namespace": namespace, "uid": old.get("uid") or made_up.identifier()}
        head["creationTimestamp"] = old.get("creationTimestamp") or _now()
        head["resourceVersion"] = old.get("resourceVersion", "")
        if resource == "deployments":
            is_same_spec = before is not None and before["spec"] == kept["spec"]
            head["generation"] = old.get("generation", 0) + (0 if is_same_spec else 1)
            kept["spec"].setdefault("replicas", 1)
            kept |= {"_templates": (before or {}).get("_templates", []), "status": (before or {}).get("status", {})}
        if before is not None and {**kept, "status": None} == {**before, "status": None}:
            return before
        self._version += 1
        head["resourceVersion"] = str(self._version)
        head["managedFields"] = [{"manager": manager, "operation": "Update", "time": _now(), "apiVersion": "v1"}]
        self.objects[key] = kept
        if resource == "deployments":
            self._changed_at[namespace, name] = time.monotonic()
            self._reconcile(namespace, name)
        return kept

    def reconcile(self) -> None:
        """Let the controller do what is due by now."""
        for resource, namespace, name in list(self.objects):
            if resource == "deployments":
                self._reconcile(namespace, name)

    def _reconcile(self, namespace: str, name: str) -> None:
        found = self.objects.get(("deployments", namespace, name))
        if found is None:
            return
        spec, pods = found["spec"], self.pods.setdefault((namespace, name), [])
        template = _hash(spec["template"])
        current = [one for one in pods if one.ended is None]
        new, old = (
            [one for one in current if one.template == template],
            [one for one in current if one.template != template],
        )
        if spec.get("paused") is not True:
            for _ in range(spec["replicas"] - len(new)):
                pod = Pod(
                    f"{name}-{template}-{made_up.identifier()[:5]}",
                    template,
                    dict(self._environment(namespace, spec["template"])),
                    time.monotonic() + self.knobs.boot_s,
                    dict(spec["template"]["metadata"].get("labels") or {}),
                    crashes=self.knobs.crashes,
                )
                pods.append(pod)
                new.append(pod)
            if all(self._is_available(one) for one in new[: spec["replicas"]]):
                _end(old)
        surplus = [*old, *new][: max(0, len(old) + len(new) - spec["replicas"])] if not spec["replicas"] else []
        _end(surplus or new[spec["replicas"] :])
        now = time.monotonic()
        pods[:] = [one for one in pods if one.ended is None or now < one.ended + self.knobs.end_s]
        self._count(found, namespace, name, template)

    def _count(self, found: dict[str, Any], namespace: str, name: str, template: str) -> None:
        """What the controller writes down. A number that is 0 is left out."""
        current = [one for one in self.pods[namespace, name] if one.ended is None]
        new = [one for one in current if one.template == template]
        available = sum(self._is_available(one) for one in current)
        wanted = found["spec"]["replicas"]
        late = time.monotonic() > self._changed_at[namespace, name] + self.knobs.deadline_s
        is_done = len(new) == wanted == available == len(current)
        reason = "NewReplicaSetAvailable" if is_done else "ReplicaSetUpdated"
        if not is_done and late:
            reason = "ProgressDeadlineExceeded"
        progressing = {"type": "Progressing", "status": str(is_done or not late), "reason": reason}
        counts = {"replicas": len(current), "updatedReplicas": len(new), "availableReplicas": available}
        status = {"observedGeneration": found["metadata"]["generation"], "conditions": [progressing]}
        status |= {word: number for word, number in counts.items() if number}
        if status != found.get("status"):
            # A write of the controller's own: who read before it meets a conflict.
            self._version += 1
            found["metadata"]["resourceVersion"] = str(self._version)
        found["status"] = status
        marks = found["metadata"].setdefault("annotations", {})
        known = found.setdefault("_templates", [])
        if template not in known and found["spec"].get("paused") is not True:
            known.append(template)
        marks[REVISION] = str(max(1, len(known)))

    def _is_available(self, pod: Pod) -> bool:
        return not pod.crashes and time.monotonic() >= pod.available_at

    def _environment(self, namespace: str, template: dict[str, Any]) -> Iterator[tuple[str, str]]:
        for container in template["spec"]["containers"]:
            for source in container.get("envFrom") or []:
                yield from self.values(namespace, source.get("secretRef", {}).get("name", "")).items()
            for one in container.get("env") or []:
                reference = (one.get("valueFrom") or {}).get("secretKeyRef")
                if reference is None:
                    yield one["name"], str(one.get("value", ""))
                else:
                    yield one["name"], self.values(namespace, reference["name"]).get(reference["key"], "")

    def listed_pods(self, namespace: str) -> list[dict[str, Any]]:
        """The pods of a namespace, as the API shows them."""
        self.reconcile()
        return [self._shown(namespace, one) for (of, _), pods in self.pods.items() if of == namespace for one in pods]

    def _shown(self, namespace: str, pod: Pod) -> dict[str, Any]:
        head: dict[str, Any] = {"name": pod.name, "namespace": namespace, "labels": pod.labels, "uid": pod.name}
        if pod.ended is not None:
            head["deletionTimestamp"] = _now()
        ready = {"type": "Ready", "status": str(self._is_available(pod))}
        return {"metadata": head, "spec": {"containers": []}, "status": {"phase": "Running", "conditions": [ready]}}


def _end(pods: list[Pod]) -> None:
    for one in pods:
        one.ended = time.monotonic()


def _hash(template: dict[str, Any]) -> str:
    return sha256(repr(sorted(template.items(), key=str)).encode()).hexdigest()[:10]


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
