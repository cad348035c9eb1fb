"""Waits until the pods of a deployment are those that are wanted: by what its controller says, never a fixed time."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from blocks.answer import Answer
from blocks.consumers.kubernetes.models import CONFLICT, Deployment
from blocks.errors import Rejected, StepError, Transient, Unclear, Unreachable
from blocks.proofs import still_waiting_for
from blocks.settings import read_settings
from blocks.wire.poll import boot_interval_s, wait_for

if TYPE_CHECKING:
    from blocks.consumers.kubernetes.client import KubernetesClient

# Somebody else's writes come between a read and its write now and then; a controller's status does so for seconds.
TRIES = 5
_T = TypeVar("_T")


def changed(change: Callable[[], _T], what: str) -> _T:
    """What ``change`` returns, which reads ``what`` and writes it; tried again when somebody else wrote in between.

    Raises Transient when that goes on, and the vendor's errors.
    """
    for _ in range(TRIES):
        try:
            return change()
        except Rejected as error:
            if error.code != CONFLICT:
                raise
    raise Transient(
        f"Somebody else changed {what} at each of {TRIES} tries, and nothing was written.",
        "Find out what writes to it all the time (`kubectl get -o yaml --show-managed-fields`). It is tried again.",
    )


def troubles(found: Deployment, namespace: str, name: str) -> list[StepError]:
    """What would keep its pods from becoming others, before anything is written."""
    if found.is_paused:
        return [
            StepError(
                f"The rollouts of {namespace}/{name} are paused, so no pod would get a new pair.",
                f"Let them go on: `kubectl rollout resume deployment/{name} -n {namespace}`.",
            )
        ]
    if found.is_rolled_out() is Answer.NO:
        there, _, available = found.counts
        return [
            StepError(
                f"The rollout of {namespace}/{name} is stuck already (ProgressDeadlineExceeded): of {there} pods "
                f"{available} are available, and a new pair is one more rollout.",
                f"Look at `kubectl rollout status deployment/{name} -n {namespace}` and the logs of its newest pods, "
                "and mend it.",
            )
        ]
    return []


def wait(client: KubernetesClient, namespace: str, name: str, what: str, timeout_s: float | None = None) -> Deployment:
    """The deployment, once all its pods are available and carry ``what``. Raises StepError, and the vendor's errors."""
    patience_s = read_settings().release_timeout_s if timeout_s is None else timeout_s
    seen = client.deployment(namespace, name)

    def rolled_out() -> Answer:
        nonlocal seen
        try:
            seen = client.deployment(namespace, name)
        except (Unreachable, Unclear):
            return Answer.UNKNOWN
        found = seen.is_rolled_out()
        return Answer.NO if found is Answer.UNKNOWN and seen.is_paused and seen.is_seen else found

    answer = wait_for(
        rolled_out,
        timeout_s=patience_s,
        interval_s=boot_interval_s(read_settings().probe_interval_s),
        stop_on_no=True,
        report=still_waiting_for(f"the pods of {namespace}/{name} with {what}"),
    )
    if answer is Answer.YES:
        return seen
    there, updated, available = seen.counts
    look = f"Look at `kubectl rollout status deployment/{name} -n {namespace}` and the logs of its newest pods"
    if seen.is_paused:
        raise StepError(
            f"{namespace}/{name}: its rollouts are paused, so no pod has {what}.",
            f"Let them go on: `kubectl rollout resume deployment/{name} -n {namespace}`. Then go on here.",
        )
    if answer is Answer.NO:
        raise StepError(
            f"{namespace}/{name}: its rollout with {what} is stuck (ProgressDeadlineExceeded): {updated} of "
            f"{seen.replicas} pods are new, {available} are available. Older pods may run on.",
            f"{look}, mend what is wrong, and go on here: the same rollout goes on by itself.",
        )
    raise StepError(
        f"{namespace}/{name}: not every pod has {what} after {patience_s:.0f} s: {there} are there, {updated} of "
        f"{seen.replicas} are new, {available} are available.",
        f"{look}, then go on here.",
    )
