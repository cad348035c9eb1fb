"""What rekey's deployments in Prefect must be.

Whoever edits one there decides which code runs, and for which credential. deployments/prefect.yaml says the same, and a
test compares.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from prefect.client.schemas.responses import DeploymentResponse

from blocks.settings import WORK_POOL, read_settings

ROTATE = "rotate"


def pull_steps(root: Path) -> list[dict[str, Any]]:
    """What a worker does before it loads a flow: it goes to the checkout. ``prefect deploy`` writes its path there."""
    return [{"prefect.deployments.steps.set_working_directory": {"directory": str(root)}}]


def entrypoint_of(flow: str) -> str:
    """Where Prefect finds the flow of that name, from the checkout's root."""
    return f"flows/{flow}.py:{flow}"


def differences(flow: str, deployment: DeploymentResponse) -> list[str]:
    """In what a deployment of this flow is another one than rekey's; in words, empty when it is alike.

    A deployment of the rotation is named like its credential. Raises CatalogError for settings that cannot be read.
    """
    found = []
    if deployment.entrypoint != entrypoint_of(flow):
        found.append(f"its entrypoint is not {entrypoint_of(flow)}")
    if deployment.pull_steps != pull_steps(read_settings().root):
        found.append("its pull steps are other ones")
    if deployment.work_pool_name != WORK_POOL:
        found.append(f"its work pool is not {WORK_POOL}")
    if deployment.job_variables:
        found.append("it has job variables")
    if deployment.global_concurrency_limit is not None:
        # Prefect gives the slot of a paused run back and crashes the run later (3.8.8).
        found.append("it has a concurrency limit, with which Prefect crashes a run that waits")
    if flow == ROTATE and deployment.parameters != {"credential": deployment.name}:
        found.append("its parameters are not just the credential of its name")
    return found
