"""What a simulated cluster holds: Jobs with a pod each, what changed, secrets and ConfigMaps.

After the models of Kubernetes' own client, and what prefect-kubernetes 0.8.0 reads of them (2026-11-29). Without
retries and parallel pods: rekey's Jobs have neither. A finished Job stays: nothing here waits for its time to live.
"""

from __future__ import annotations

import secrets as random
import threading
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from tests.pods.kubelet import Kubelet, Running

Thing = dict[str, Any]
BY_JOB = "job-name"


@dataclass(frozen=True, slots=True)
class Change:
    """One event of a watch: of which resource, and the object as it was then."""

    version: int
    resource: str
    type: str
    object: Thing


@dataclass
class Cluster:
    """One namespace. Requests and the ends of processes come from several threads."""

    namespace: str
    kubelet: Kubelet
    changes: list[Change] = field(default_factory=list)
    # As they came in, before anything was added to them.
    posted: list[Thing] = field(default_factory=list)
    _objects: dict[tuple[str, str], Thing] = field(default_factory=dict)
    _processes: dict[str, Running] = field(default_factory=dict)
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def all_of(self, resource: str) -> tuple[int, list[Thing]]:
        """The newest version, and every object of the resource, as it is."""
        with self._lock:
            return len(self.changes), [deepcopy(one) for (kind, _), one in self._objects.items() if kind == resource]

    def one(self, resource: str, name: str) -> Thing | None:
        """The object of that name."""
        with self._lock:
            return deepcopy(self._objects.get((resource, name)))

    def since(self, version: int, resource: str) -> list[Change]:
        """What became of a resource after that version."""
        with self._lock:
            return [one for one in self.changes[version:] if one.resource == resource]

    def create_job(self, manifest: Thing) -> Thing:
        """Keep it, and start its pod."""
        self.posted.append(deepcopy(manifest))
        with self._lock:
            job = deepcopy(manifest)
            name = f"{job['metadata'].get('generateName', '')}{random.token_hex(3)}"
            job["metadata"] |= {**_made(name), "namespace": self.namespace}
            job["status"] = {"active": 1}
            template = job["spec"]["template"]
            pod: Thing = {"metadata": {**template.get("metadata", {}), **_made(f"{name}-{random.token_hex(3)}")}}
            pod["metadata"] |= {"namespace": self.namespace}
            pod["metadata"]["labels"] = {**template["metadata"].get("labels", {}), BY_JOB: name}
            pod |= {"spec": template["spec"], "status": {"phase": "Pending"}}
            self._keep("jobs", job, "ADDED")
            self._keep("pods", pod, "ADDED")
            self._processes[name] = self.kubelet.start(pod["metadata"]["name"], template["spec"])
            runs = {"running": {"startedAt": _now()}}
            pod["status"] = {"phase": "Running", "containerStatuses": [_container(pod, runs)]}
            self._keep("pods", pod, "MODIFIED")
        threading.Thread(target=self._until_its_end, args=(name, pod), daemon=True).start()
        return deepcopy(job)

    def delete_job(self, name: str) -> None:
        """Ask its pod to end, and forget both when it has."""
        self._processes[name].ask_to_end()

        def forget() -> None:
            self._processes[name].process.wait()
            with self._lock:
                self._drop("jobs", name)
                for pod in [one for one in self._of("pods") if one["metadata"]["labels"][BY_JOB] == name]:
                    self._drop("pods", pod["metadata"]["name"])

        threading.Thread(target=forget, daemon=True).start()

    def log_of(self, pod: str) -> str | None:
        """What its container wrote."""
        found = self.one("pods", pod)
        return self._processes[found["metadata"]["labels"][BY_JOB]].log.read_text() if found else None

    def running_of(self, job: Thing) -> Running:
        """The process of its pod."""
        return self._processes[job["metadata"]["name"]]

    def process_of(self, run_id: str) -> Running:
        """That of the newest pod of this flow run."""
        return self.running_of(self.jobs_of(run_id)[-1])

    def jobs_of(self, run_id: str) -> list[Thing]:
        """The Jobs of a flow run, the newest last."""
        found = self.all_of("jobs")[1]
        return [one for one in found if one["metadata"]["labels"]["prefect.io/flow-run-id"] == run_id]

    def stop(self) -> None:
        """Kill every pod."""
        for running in list(self._processes.values()):
            running.kill()

    def _until_its_end(self, job_name: str, pod: Thing) -> None:
        code = self._processes[job_name].process.wait()
        word = "failed" if code else "succeeded"
        with self._lock:
            job = self._objects.get(("jobs", job_name))
            if job is None:
                return
            why = {"exitCode": code % 256, "reason": "Error" if code else "Completed", "finishedAt": _now()}
            pod["status"] = {"phase": word.capitalize(), "containerStatuses": [_container(pod, {"terminated": why})]}
            self._keep("pods", pod, "MODIFIED")
            condition = {"type": "Failed" if code else "Complete", "status": "True"}
            job["status"] = {word: 1, "conditions": [condition]}
            self._keep("jobs", job, "MODIFIED")

    def _of(self, resource: str) -> Iterator[Thing]:
        return (one for (kind, _), one in self._objects.items() if kind == resource)

    def _keep(self, resource: str, thing: Thing, change: str) -> None:
        version = len(self.changes) + 1
        thing["metadata"]["resourceVersion"] = str(version)
        self._objects[resource, thing["metadata"]["name"]] = thing
        self.changes.append(Change(version, resource, change, deepcopy(thing)))

    def _drop(self, resource: str, name: str) -> None:
        gone = self._objects.pop((resource, name))
        self.changes.append(Change(len(self.changes) + 1, resource, "DELETED", deepcopy(gone)))


def _made(name: str) -> Thing:
    return {"name": name, "uid": random.token_hex(16), "creationTimestamp": _now()}


def _container(pod: Thing, state: Thing) -> Thing:
    of = {name: pod["spec"]["containers"][0][name] for name in ("name", "image")}
    return {**of, "imageID": "", "ready": "running" in state, "restartCount": 0, "state": state}


def _now() -> str:
    return f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
