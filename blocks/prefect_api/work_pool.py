"""The work pool of rekey's workers: a run takes nothing from whoever starts it but the flow's own parameters.

With Prefect's own template a run can be started with a command, an environment, a folder or an image of its own, which
the worker then executes (seen with 3.8.8). Here no variable exists, so Prefect refuses such a run when it is created.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import WorkPoolCreate, WorkPoolUpdate
from prefect.exceptions import ObjectNotFound

from blocks.errors import StepError
from blocks.prefect_api.run_manifest import job_of
from blocks.settings import WORK_POOL, read_settings
from blocks.worker_file import place_of

KIND = "process"
# Of a pool whose runs each have a pod of their own.
KIND_OF_PODS = "kubernetes"
PURPOSE = "Carries out rekey's flows. A run takes no command, environment, folder or image of its own here."
VARIABLES: dict[str, Any] = {"type": "object", "properties": {}, "additionalProperties": False}
# No "env" here, not even an empty one: Prefect merges a run's environment into one that is there, without a placeholder
# (prefect/workers/base.py, 3.8.8).
BASE_JOB_TEMPLATE: dict[str, Any] = {"job_configuration": {"stream_output": True}, "variables": VARIABLES}


@dataclass(frozen=True, slots=True)
class Wanted:
    """The pool as the settings want it: its type, and its base job template."""

    kind: str
    template: dict[str, Any]


def wanted() -> Wanted:
    """One of processes, or one of pods where the settings name the manifest of a run's pod.

    Raises CatalogError for settings or a manifest that cannot be used, Unproved for a manifest that is not here.
    """
    manifest = read_settings().run_manifest
    if manifest is None:
        return Wanted(KIND, BASE_JOB_TEMPLATE)
    job = job_of(manifest)
    configuration = {"namespace": job["metadata"]["namespace"], "job_manifest": job}
    return Wanted(KIND_OF_PODS, {"job_configuration": configuration, "variables": VARIABLES})


def set_template() -> str:
    """Make the work pool as it must be; return a sentence. Raises what ``wanted`` raises, and StepError."""
    as_wanted = wanted()
    template = as_wanted.template
    with get_client(sync_client=True) as client:
        try:
            found = client.read_work_pool(WORK_POOL)
        except ObjectNotFound:
            client.create_work_pool(
                WorkPoolCreate(name=WORK_POOL, type=as_wanted.kind, base_job_template=template, description=PURPOSE)
            )
            return f"Work pool {WORK_POOL}: made."
        _refuse_other_type(found.type, as_wanted)
        client.update_work_pool(WORK_POOL, WorkPoolUpdate(base_job_template=template))
    return f"Work pool {WORK_POOL}: as it should be."


def differences(kind: str, template: dict[str, Any]) -> list[str]:
    """What a work pool takes from a run, or does, that rekey's own does not; in words, empty when it is alike.

    Raises StepError for one of another type, and what ``wanted`` raises.
    """
    as_wanted = wanted()
    _refuse_other_type(kind, as_wanted)
    variables = template.get("variables") or {}
    found = [f"a run may set {name}" for name in sorted(variables.get("properties") or {})]
    if template == as_wanted.template or found:
        return found
    return ["its base job template is another one"]


def _refuse_other_type(kind: str, as_wanted: Wanted) -> None:
    if kind == as_wanted.kind:
        return
    setting = place_of("run_manifest")
    is_set = "set" if as_wanted.kind == KIND_OF_PODS else "not set"
    raise StepError(
        f"The work pool {WORK_POOL} is of type {kind}; with {setting} {is_set} it has to be of type {as_wanted.kind}, "
        "and Prefect changes the type of none.",
        f"While no rotation is open (`rekey status`), delete it (`prefect work-pool delete {WORK_POOL}`), run `rekey "
        f"register` and start workers of the type {as_wanted.kind}. Or correct {setting}.",
    )
