"""What rekey's deployments in Prefect must be.

Whoever edits one there decides which code runs, and for which credential. deployments/setup/deployments.py says the
same, and a test compares.
"""

from __future__ import annotations

from typing import Any

from prefect.client.schemas.responses import DeploymentResponse

from blocks.prefect_api.checkout import enter
from blocks.settings import WORK_POOL, read_settings

ROTATE = "rotate"
# How a run that is none of these says so.
REFUSED = "This run is not what rekey deployed, so it did nothing"
# Flow -> its deployments -> what their runs start with. Of the rotation there is one a credential, named like it.
OTHERS: dict[str, dict[str, dict[str, Any]]] = {
    "watch": {"every-minute": {}},
    "health": {"hourly": {"credential": "all", "depth": "light"}, "nightly": {"credential": "all", "depth": "full"}},
}


# What a worker does before it loads a flow: it goes to its own checkout.
PULL_STEPS: list[dict[str, Any]] = [{f"{enter.__module__}.{enter.__qualname__}": {}}]


def _earlier_pull_steps() -> list[dict[str, Any]]:
    """What an earlier rekey registered: the path of the checkout, which had to be the same on all machines."""
    return [{"prefect.deployments.steps.set_working_directory": {"directory": str(read_settings().root)}}]


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
    if deployment.pull_steps not in (PULL_STEPS, _earlier_pull_steps()):
        found.append("its pull steps are other ones")
    if deployment.work_pool_name != WORK_POOL:
        found.append(f"its work pool is not {WORK_POOL}")
    if deployment.job_variables:
        found.append("it has job variables")
    if deployment.global_concurrency_limit is not None:
        # Prefect gives the slot of a paused run back and crashes the run later (3.8.8).
        found.append("it has a concurrency limit, with which Prefect crashes a run that waits")
    if any(one.parameters for one in deployment.schedules):
        found.append("one of its schedules has parameters of its own")
    return [*found, *_parameters(flow, deployment)]


def _parameters(flow: str, deployment: DeploymentResponse) -> list[str]:
    """What is wrong with those with which its runs start; whoever starts one by hand may choose others."""
    if flow == ROTATE:
        is_alike = deployment.parameters == {"credential": deployment.name}
        return [] if is_alike else ["its parameters are not just the credential of its name"]
    wanted = OTHERS.get(flow, {}).get(deployment.name)
    if wanted is None:
        return ["rekey has no deployment of that name"]
    named = ", ".join(f"{name} {value}" for name, value in wanted.items()) or "none"
    return [] if deployment.parameters == wanted else [f"its parameters are other ones than {named}"]
