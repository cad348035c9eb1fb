"""A deployment that is scaled to zero: without a pod nothing trades.

How many pods there were is remembered on the deployment itself, by an annotation that is written together with the
zero: so a killed process, another machine or a lost ledger changes nothing of it, and there is no moment at which the
pods are gone and their number is not known. The ledger would be a second write, before or after.

While a deployment has zero replicas, a HorizontalPodAutoscaler leaves it alone (Kubernetes documentation, "Horizontal
Pod Autoscaling", read 2026-11-28); a person or a GitOps controller may scale it all the same, which is told.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from blocks.answer import Answer, LiveEnabled
from blocks.brakes.interface import Brake, Done, Position
from blocks.consumers.interface import Change
from blocks.consumers.kubernetes import rollout, writers
from blocks.consumers.kubernetes.secret import PLATFORM, DeploymentName, connected
from blocks.errors import Refused, RekeyError, StepError, Unclear, Unreachable
from blocks.ledger import lease
from blocks.proofs import still_waiting_for
from blocks.settings import read_settings
from blocks.wire.poll import boot_interval_s, wait_for
from blocks.writers import Writers

if TYPE_CHECKING:
    from blocks.consumers.kubernetes.client import KubernetesClient
    from blocks.consumers.kubernetes.models import Deployment

# How many pods there were, on the deployment that has none.
MARK = "rekey/replicas-before"


class KubernetesBrake(Brake):
    """A deployment that has no pod while trading stands still."""

    block: ClassVar[str] = "blocks.consumers.kubernetes.block:Kubernetes"
    application_field: ClassVar[str] = "deployment"
    platform: ClassVar[str] = PLATFORM
    stops_running: ClassVar[bool] = True
    looks_for_writers: ClassVar[bool] = True

    kind: Literal["kubernetes"] = Field(description="a deployment in a Kubernetes cluster, scaled to zero")
    deployment: DeploymentName = Field(description="`namespace/name` of the deployment whose trading it stops")

    @property
    def label(self) -> str:
        """How this brake is called in messages and in the ledger."""
        return f"scale of {self.deployment}"

    @property
    def variables(self) -> tuple[tuple[str, str], ...]:
        """One deployment is scaled by one brake."""
        return ((self.deployment, "replicas"),)

    def position(self) -> Position:
        """Where it stands now. Raises Kubernetes' errors."""
        with connected() as client:
            return _position(self._found(client))

    def trading(self, ask: Callable[[], LiveEnabled]) -> LiveEnabled:
        """NO while no pod runs; otherwise what its page says."""
        try:
            with connected() as client:
                found = self._found(client)
                running = client.running_pods(self._namespace, found)
        except RekeyError as error:
            return LiveEnabled(Answer.UNKNOWN, error.problem, error.remedy, is_refused=isinstance(error, Refused))
        return ask() if running or found.replicas else LiveEnabled(Answer.NO)

    def said(self, *, enabled: bool) -> str:
        """While it is stopped there is no page that could say it."""
        return super().said(enabled=enabled) if enabled else f"no pod of {self.deployment} runs that trades"

    def set(self, *, engaged: bool, timeout_s: float | None, on_change: Callable[[], None]) -> Done:
        """Scale it unless it is scaled, and wait until its pods are gone, or as many as before are available.

        Raises StepError, Transient, and Kubernetes' errors.
        """
        with connected() as client:
            before = self._found(client)
            told = ""
            if engaged == _position(before).is_engaged and (engaged or MARK not in before.marks):
                scaled = before
            else:
                lease.prove_unless_harmless(harmless=engaged)
                on_change()
                scaled, told = rollout.changed(lambda: self._scaled(client, engaged=engaged), self.deployment)
            self._wait(client, engaged=engaged, timeout_s=timeout_s)
        already = "" if scaled is not before else " already"
        pods = "no pod runs" if engaged else "all available"
        found = f"{scaled.replicas} pods{already} ({pods})"
        # What is beside a release is told with it.
        return Done(scaled is not before, found if engaged else f"{found}{told}", (told,) if told and engaged else ())

    def _scaled(self, client: KubernetesClient, *, engaged: bool) -> tuple[Deployment, str]:
        """What it is scaled to now, and what people have to know of it."""
        found = self._found(client)
        kept = found.marks.get(MARK, "")
        told, marks = "", dict[str, str | None]({MARK: str(found.replicas)})
        if engaged and kept.isdecimal():
            # What was before the pause counts, and not what somebody made of it meanwhile.
            marks[MARK] = kept
            told = f"Somebody ({found.by or 'nobody named'}) scaled {self.deployment} to {found.replicas} while it was "
            told += f"to have no pod. Later it gets {kept} again, as before."
        wanted = 0 if engaged else found.replicas or self._remembered(kept)
        if not engaged and found.replicas:
            told = f", as {found.by or 'nobody named'} scaled it meanwhile: it had {kept} before"
        scaled = client.scale(
            self._namespace, self._name, wanted, marks if engaged else {MARK: None}, over=found, asks=not engaged
        )
        return scaled, told

    def _remembered(self, kept: str) -> int:
        if kept.isdecimal() and int(kept) > 0:
            return int(kept)
        raise StepError(
            f"{self.deployment} has no pod, and nothing on it says how many there were ({MARK} is missing).",
            f"Scale it by hand to what it should have: `kubectl scale deployment/{self._name} -n {self._namespace} "
            "--replicas=N`. Then go on here.",
        )

    def _wait(self, client: KubernetesClient, *, engaged: bool, timeout_s: float | None) -> None:
        if not engaged:
            rollout.wait(client, self._namespace, self._name, "its old number of pods", timeout_s)
            return
        patience_s = read_settings().release_timeout_s if timeout_s is None else timeout_s
        running: list[str] = []

        def gone() -> Answer:
            try:
                found = self._found(client)
                running[:] = client.running_pods(self._namespace, found)
            except (Unreachable, Unclear):
                return Answer.UNKNOWN
            return Answer.YES if found.is_seen and not found.replicas and not running else Answer.UNKNOWN

        answer = wait_for(
            gone,
            timeout_s=patience_s,
            interval_s=boot_interval_s(read_settings().probe_interval_s),
            report=still_waiting_for(f"the pods of {self.deployment} to end"),
        )
        if answer is not Answer.YES:
            named = f" ({len(running)} run, such as {running[0]})" if running else ""
            raise StepError(
                f"{self.deployment} is scaled to zero, and that no pod runs is not proved after {patience_s:.0f} s"
                f"{named}.",
                self.advice,
            )

    def _found(self, client: KubernetesClient) -> Deployment:
        return client.deployment(self._namespace, self._name)

    @property
    def _namespace(self) -> str:
        return self.deployment.partition("/")[0]

    @property
    def _name(self) -> str:
        return self.deployment.partition("/")[2]

    @property
    def advice(self) -> str:
        """What to look at when its proof does not come."""
        return (
            f"Look at `kubectl get deployment,pods -n {self._namespace}`: somebody or a controller may scale "
            f"{self._name} at the same time, or a pod may not end."
        )

    @property
    def how_to_set(self) -> str:
        """What to do by hand when the page contradicts it: set it, and wait."""
        return f"Scale {self.deployment} (`kubectl scale`) to 0, or to the number that it should have, and wait."

    def writers(self) -> Writers:
        """Who else sets the number of its pods, as far as it shows. Raises Kubernetes' errors."""
        with connected() as client:
            return writers.of_scale(self._found(client).head)

    def newest_change(self) -> Change:
        """The newest template of its pods. Raises Kubernetes' errors."""
        with connected() as client:
            found = self._found(client)
        return Change(found.revision, f"revision {found.revision}", found.by or "nobody named")


def _position(found: Deployment) -> Position:
    """Zero is engaged, whoever scaled it: without rekey's mark it was somebody else, and is somebody's way to stop."""
    kept = found.marks.get(MARK)
    if found.replicas:
        meanwhile = (
            "" if kept is None else f", although rekey scaled it to zero ({found.by or 'nobody named'} did that)"
        )
        return Position(is_engaged=False, told=f"{found.replicas} pods{meanwhile}")
    return Position(is_engaged=True, told="0 pods" if kept is not None else "0 pods, by somebody else")
