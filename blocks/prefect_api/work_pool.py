"""The work pool of rekey's workers: a run takes nothing from whoever starts it but the flow's own parameters.

With Prefect's own template a run can be started with a command, an environment, a folder of its own, which the worker
then executes (seen with 3.8.8). Here no variable exists, so Prefect refuses such a run when it is created.
"""

from __future__ import annotations

from typing import Any

from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import WorkPoolCreate, WorkPoolUpdate
from prefect.exceptions import ObjectNotFound

from blocks.settings import WORK_POOL

KIND = "process"
PURPOSE = "Carries out rekey's flows. A run takes no command, environment or folder of its own here."
# No "env" here, not even an empty one: Prefect merges a run's environment into one that is there, without a placeholder
# (prefect/workers/base.py, 3.8.8).
BASE_JOB_TEMPLATE: dict[str, Any] = {
    "job_configuration": {"stream_output": True},
    "variables": {"type": "object", "properties": {}, "additionalProperties": False},
}


def set_template() -> str:
    """Make the work pool as it must be; return a sentence."""
    with get_client(sync_client=True) as client:
        try:
            client.read_work_pool(WORK_POOL)
        except ObjectNotFound:
            client.create_work_pool(
                WorkPoolCreate(name=WORK_POOL, type=KIND, base_job_template=BASE_JOB_TEMPLATE, description=PURPOSE)
            )
            return f"Work pool {WORK_POOL}: made."
        client.update_work_pool(WORK_POOL, WorkPoolUpdate(base_job_template=BASE_JOB_TEMPLATE))
    return f"Work pool {WORK_POOL}: as it should be."


def differences(kind: str, template: dict[str, Any]) -> list[str]:
    """What a work pool takes from a run, or does, that rekey's own does not; in words, empty when it is alike."""
    if kind != KIND:
        return [f"its type is {kind}"]
    variables = template.get("variables") or {}
    found = [f"a run may set {name}" for name in sorted(variables.get("properties") or {})]
    if template == BASE_JOB_TEMPLATE or found:
        return found
    return ["its base job template is another one"]
