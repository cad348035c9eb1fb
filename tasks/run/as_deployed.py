"""A run is what its deployment says, and its deployment is rekey's own: asked before anything else is.

Whoever can edit a deployment or start a run with variables of its own could otherwise let a person enter a pair into
something that only looks like a rotation of this credential. A flow that is called by a program has no deployment.
"""

from __future__ import annotations

from prefect.context import FlowRunContext

from blocks.catalog import load_catalog
from blocks.errors import StepError
from blocks.prefect_api import prefect_state, registered
from blocks.prefect_api.deployed import differences
from blocks.settings import read_settings


def is_of_a_deployment() -> bool:
    """Whether this run is one of a deployment, and not called by a program or by a person at a terminal."""
    context = FlowRunContext.get()
    return bool(context and context.flow_run and context.flow_run.deployment_id)


def as_deployed(credential: str | None = None) -> None:
    """Go on only in a run that is as it must be; ``credential`` is the one that it rotates.

    Raises StepError that names every difference, CatalogError for settings that cannot be read, Unreachable.
    """
    context = FlowRunContext.get()
    run = context.flow_run if context else None
    if context is None or context.flow is None or run is None or run.deployment_id is None:
        return
    deployment = prefect_state.deployment(run.deployment_id)
    found = ["its deployment does not exist any more"] if deployment is None else []
    if deployment is not None:
        found += [f"of its deployment {deployment.name!r}: {one}" for one in differences(context.flow.name, deployment)]
        if credential not in {None, deployment.name}:
            found.append(f"it rotates {credential}, and its deployment is named {deployment.name!r}")
    if run.job_variables:
        found.append("it was started with job variables of its own")
    if read_settings().config is None:
        found.append("its worker has no file with settings (REKEY_CONFIG)")
    found += _unlike_the_others(begins_a_rotation=credential is not None)
    if found:
        raise StepError(
            f"This run is not what rekey deployed, so it did nothing: {'; '.join(found)}.",
            "Run `rekey register`, start the worker as docs/how-to/production.md says, then start the deployment. "
            "Find out who changed it.",
        )


def _unlike_the_others(*, begins_a_rotation: bool) -> list[str]:
    """What of this worker is not as it was registered; with another ledger it does nothing at all.

    What was noted and cannot be read stops what begins a rotation, and nothing that looks after one.
    """
    try:
        noted = registered.noted()
    except StepError as error:
        return [str(error)] if begins_a_rotation else []
    return [*registered.another_ledger(noted), *(registered.other_code(noted) if begins_a_rotation else [])]


def like_the_others() -> None:
    """Raise StepError in a deployment's run whose worker has another catalog or version than was registered.

    Also where nobody can read what was; CatalogError for a catalog that cannot be read as it is. For what goes on all
    the same: rotations are looked after with what is there, or was read before.
    """
    load_catalog(read_settings().catalog, as_it_is=True)
    if not is_of_a_deployment():
        return
    try:
        found = registered.other_code(registered.noted())
    except StepError as error:
        raise StepError(f"This worker begins no rotation: {error.problem}", error.remedy) from None
    if found:
        raise StepError(
            f"This worker begins no rotation: {'; '.join(found)}.",
            "Give it the catalog and the version of the others. Where those changed on purpose, run `rekey register`.",
        )
