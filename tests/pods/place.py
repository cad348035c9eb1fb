"""Rekey in that cluster: its shipped manifests, a real Prefect server, the sandbox as vendors."""

from __future__ import annotations

import json
import secrets as random
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from blocks.ledger.row import Action
from blocks.settings import ROOT
from deployments.local.prefect_environment import HOST
from deployments.local.processes import free_port
from deployments.sandbox.server import SandboxServer
from tests.chaos.test_cancel import form
from tests.chaos.worker_scenes import SETTINGS, installed
from tests.operator import Operator
from tests.pods.api import Api
from tests.pods.cluster import Cluster, Thing
from tests.pods.kubelet import Kubelet, Running
from tests.waiting import wait_until

FOLDER = ROOT / "deploy" / "kubernetes"
MANIFEST = FOLDER / "run.yaml"
NAMESPACE, WORKER = "rekey", "worker-of-pods"
# A pod starts three programs one after another, on a machine that does other work, too.
TIMEOUT_S = 400.0


def manifest(file: str, kind: str, name: str | None) -> Thing:
    """One of a shipped file; None for the name of one that has none."""
    found = yaml.safe_load_all((FOLDER / file).read_text())
    return next(one for one in found if (one["kind"], one["metadata"].get("name")) == (kind, name))


@dataclass
class Place:
    """Everything, and what is done in it."""

    operator: Operator
    cluster: Cluster
    api: Api
    settings: dict[str, str]
    workers: list[Running] = field(default_factory=list)

    def have_a_worker(self) -> None:
        """The pod of the shipped Deployment; another one when it has ended."""
        if self.workers and self.workers[-1].process.poll() is None:
            return
        spec = manifest(f"{WORKER}.yaml", "Deployment", WORKER)["spec"]["template"]["spec"]
        self.workers.append(self.cluster.kubelet.start(f"{WORKER}-{len(self.workers)}", spec))

    def start(self, deployment: str, parameters: dict[str, Any] | None = None) -> str:
        """Start it as the button of Prefect's pages does; the ID of the run."""
        return self.operator.robot.start(deployment, parameters)

    def newest(self) -> str:
        """The ID of the newest run of a rotation."""
        return str(max(self.operator.robot.runs(), key=lambda one: one["created"])["id"])

    @contextmanager
    def set(self, **settings: str) -> Iterator[None]:
        """Pods that are made meanwhile have these settings, too."""
        before = dict(self.settings)
        self.settings.update(settings)
        yield
        self.settings.clear()
        self.settings.update(before)

    def shows_form(self, run_id: str, field: str = "key_id") -> None:
        """Wait until this run shows the form with that field."""
        until(lambda: bool(self.cluster.jobs_of(run_id)), "a worker made the Job")
        form(self.operator, run_id, field, TIMEOUT_S)

    def answer(self, run_id: str) -> None:
        """Press Regenerate, and enter the new pair."""
        self.operator.submit(run_id, self.operator.regenerate())

    def state(self, run_id: str) -> str:
        """The name of its state in Prefect."""
        return str(self.operator.api.get(f"/flow_runs/{run_id}").raise_for_status().json()["state"]["name"])

    def is_said(self, run_id: str, name: str) -> None:
        """Wait until Prefect says so of the run."""
        until(lambda: self.state(run_id) == name, f"the run is {name}")

    def goes_on(self, run_id: str) -> str:
        """Wait until this run shows its form in a second pod, or the newest one does; the ID of the one that does."""
        found: list[str] = []

        def is_shown() -> bool:
            for run in self.operator.robot.runs():
                pods = len(self.cluster.jobs_of(run["id"]))
                if (
                    run["id"] in {run_id, self.newest()}
                    and pods > (run["id"] == run_id)
                    and self.operator.robot.form_of(run)
                ):
                    found.append(str(run["id"]))
            return bool(found)

        until(is_shown, "one of them shows the form")
        self.shows_form(found[0])
        return found[0]

    def completed(self) -> int:
        """How many rotations were, by the ledger."""
        return sum(row.action is Action.COMPLETED for row in self.operator.ledger.rows())

    def ends_well(self, run_id: str, *, pods: int) -> None:
        """Wait until so many pods of this run have ended, and each well."""

        def ended() -> bool:
            return [one["status"].get("succeeded") for one in self.cluster.jobs_of(run_id)] == [1] * pods

        until(ended, f"{pods} of its Jobs are over")

    def secrets(self) -> list[str]:
        """What nobody may read in a manifest."""
        login = self.operator.prefect.places.login()
        canaries = self.operator.canaries
        return [login, login.partition(":")[2], self.api.token, *canaries.secrets, *canaries.typed]

    def assert_silence(self) -> None:
        """No secret is in a Job that was asked for, or in what a container wrote."""
        texts = {f"Job {number}": json.dumps(one) for number, one in enumerate(self.cluster.posted)}
        texts |= {path.name: path.read_text() for path in self.cluster.kubelet.home.glob("*.log")}
        assert len(self.cluster.posted) > 0
        assert {name for name, text in texts.items() for one in self.secrets() if one in text} == set()
        self.operator.canaries.assert_silence()


def until(reached: Any, what: str) -> None:
    """Until it is so."""
    wait_until(reached, description=what, timeout_s=TIMEOUT_S)


@contextmanager
def placed() -> Iterator[Place]:
    """A cluster of one node, with a registered rekey and no worker yet."""
    with (
        installed() as operator,
        tempfile.TemporaryDirectory(prefix="rekey-pods-") as folder,
    ):
        settings = _settings(operator)
        kubelet = Kubelet(Path(folder), _secrets(operator), _config_maps(operator, settings))
        rules = manifest(f"{WORKER}.yaml", "Role", WORKER)["rules"]
        api = Api(Cluster(NAMESPACE, kubelet), rules, random.token_urlsafe(32))
        server = SandboxServer({"cluster": api.app()})
        server.start()
        place = Place(operator, api.cluster, api, settings)
        kubelet.inside = {"KUBECONFIG": str(_kubeconfig(Path(folder), server.url("cluster"), api.token))}
        operator.canaries.folders.append(Path(folder))
        try:
            _register(kubelet)
            # Each minute a pod of watch: a test that needs one starts it.
            for name in ("watch/every-minute", "health/hourly", "health/nightly"):
                found = operator.api.get(f"/deployments/name/{name}").raise_for_status().json()["id"]
                operator.change(f"/deployments/{found}", {"paused": True})
            yield place
        finally:
            for running in place.workers:
                running.kill()
            api.cluster.stop()
            server.stop()


def _register(kubelet: Kubelet) -> None:
    """The shipped job."""
    spec = manifest("register.yaml", "Job", "register")["spec"]["template"]["spec"]
    running = kubelet.start("register", spec)
    assert running.process.wait(TIMEOUT_S) == 0, running.log.read_text()
    # Its volumes end with it: one is the secret with the tokens of the vendors.
    shutil.rmtree(kubelet.home / "register")


def _settings(operator: Operator) -> dict[str, str]:
    """The ConfigMap of settings.yaml, with the names of this place, and hurried."""
    shipped: dict[str, str] = manifest("settings.yaml", "ConfigMap", "rekey")["data"]
    environment = operator.prefect.environment
    here = {name: environment[name] for name in ("PREFECT_API_URL", "PREFECT_UI_URL")}
    listens = {"PREFECT_WORKER_WEBSERVER_HOST": HOST, "PREFECT_WORKER_WEBSERVER_PORT": str(free_port())}
    return {**shipped, **here, **listens, **SETTINGS}


def _config_maps(operator: Operator, settings: dict[str, str]) -> dict[str, dict[str, str]]:
    catalog = operator.prefect.places.catalog.read_text()
    return {"rekey": settings, "catalog": {"catalog.toml": catalog}, "run": {"run.yaml": MANIFEST.read_text()}}


def _secrets(operator: Operator) -> dict[str, dict[str, str]]:
    """As production.md has them made."""
    places = operator.prefect.places
    named = {
        "catalog": "/etc/rekey/catalog.toml",
        "run_manifest": "/etc/rekey/run/run.yaml",
        "prefect_ui_url": operator.prefect.ui_url,
        "ledger_url": f"sqlite:///{places.ledger}",
        "kept_folder": "/var/lib/rekey/kept",
    }
    file = "".join(f"{name} = {json.dumps(value)}\n" for name, value in named.items())
    seeds = places.home / "rekey.env"
    operator.estate.write_env_file(seeds)
    made = {
        "rekey": {"environment": f"PREFECT_API_AUTH_STRING='{places.login()}'\n", "rekey.toml": file},
        "vendors": {"rekey.env": seeds.read_text()},
    }
    seeds.unlink()
    return made


def _kubeconfig(folder: Path, url: str, token: str) -> Path:
    """In place of what a pod finds of its service account."""
    path = folder / "kubeconfig"
    context = {"cluster": "here", "user": "worker", "namespace": NAMESPACE}
    path.write_text(
        yaml.safe_dump(
            {
                "apiVersion": "v1",
                "kind": "Config",
                "clusters": [{"name": "here", "cluster": {"server": url}}],
                "users": [{"name": "worker", "user": {"token": token}}],
                "contexts": [{"name": "here", "context": context}],
                "current-context": "here",
            }
        )
    )
    return path
