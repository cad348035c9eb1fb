"""Carries out a pod as a process of this machine: its environment, its volumes, its command.

There is no namespace of mounts for it. So each volume is a folder of the pod's own, and where a setting or a file of a
secret names the path at which it would be mounted, the path of that folder stands in its place.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from blocks.settings import ROOT
from deployments.production import tree

# deploy/Dockerfile: what stands before the arguments of every container, and its environment.
ENTRYPOINT = str(ROOT / "deploy" / "start.sh")
IMAGE = {
    "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",
    "HOME": "/var/lib/rekey",
    "PYTHONUNBUFFERED": "1",
    "PYTHONDONTWRITEBYTECODE": "1",
}

TEMPORARY = "/tmp"  # noqa: S108  # as the manifests mount it


@dataclass(frozen=True, slots=True)
class Running:
    """The process of a pod, and the file with what it writes."""

    process: subprocess.Popen[bytes]
    log: Path

    def ask_to_end(self) -> None:
        """As the node does that is drained: SIGTERM to the first process."""
        with suppress(ProcessLookupError):
            os.kill(self.process.pid, signal.SIGTERM)

    def kill(self) -> None:
        """SIGKILL to all of it, as at the end of its time, or with its machine."""
        started = tree.below(self.process.pid)
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        tree.kill(started)
        self.process.wait()


@dataclass
class Kubelet:
    """One node. ``secrets`` and ``config_maps`` are those of the namespace: key and value, by name."""

    home: Path
    secrets: dict[str, dict[str, str]]
    config_maps: dict[str, dict[str, str]]
    # Where the cluster's API is and the token for it, for a pod to which the token is mounted.
    inside: dict[str, str] = field(default_factory=dict)

    def start(self, name: str, spec: Mapping[str, Any]) -> Running:
        """Start the only container of such a pod."""
        (container,) = spec["containers"]
        folder = self.home / name
        mounts = {one["mountPath"]: folder / one["mountPath"].strip("/") for one in container["volumeMounts"]}
        volumes = {one["name"]: one for one in spec["volumes"]}
        for one in container["volumeMounts"]:
            self._fill(volumes[one["name"]], mounts[one["mountPath"]], one.get("subPath"), mounts)
        given = {**IMAGE, **self._environment(container)}
        environment = {name: placed(value, mounts) for name, value in given.items()}
        environment["TMPDIR"] = str(mounts[TEMPORARY])
        log = self.home / f"{name}.log"
        with log.open("ab") as output:
            process = subprocess.Popen(
                [ENTRYPOINT, *(placed(one, mounts) for one in container["args"])],
                cwd=ROOT,
                env={**environment, **(self.inside if spec["automountServiceAccountToken"] else {})},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        return Running(process, log)

    def _environment(self, container: Mapping[str, Any]) -> dict[str, str]:
        given: dict[str, str] = {}
        for one in container.get("envFrom", []):
            given |= self.config_maps[one["configMapRef"]["name"]]
        for one in container.get("env", []):
            if "valueFrom" in one:
                key = one["valueFrom"]["secretKeyRef"]
                given[one["name"]] = self.secrets[key["name"]][key["key"]]
            else:
                given[one["name"]] = one["value"]
        return given

    def _fill(self, volume: Mapping[str, Any], at: Path, sub_path: str | None, mounts: Mapping[str, Path]) -> None:
        held: dict[str, str] = {}
        if "secret" in volume:
            secret = self.secrets[volume["secret"]["secretName"]]
            keys = volume["secret"].get("items") or [{"key": key, "path": key} for key in secret]
            held = {one["path"]: placed(secret[one["key"]], mounts) for one in keys}
        elif "configMap" in volume:
            held = self.config_maps[volume["configMap"]["name"]]
        (at.parent if sub_path else at).mkdir(mode=0o700, parents=True, exist_ok=True)
        for name, text in held.items():
            if sub_path in {None, name}:
                (at if sub_path else at / name).write_text(text)


def placed(text: str, mounts: Mapping[str, Path]) -> str:
    """The text with each path of a mount replaced, but for those in /tmp: files of this machine are there, too."""
    for path, folder in mounts.items():
        if path != TEMPORARY:
            text = re.sub(rf"(?<![\w/]){re.escape(path)}(?![\w-])", str(folder), text)
    return text
