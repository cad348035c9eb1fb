"""A run is what its deployment says, and its deployment is rekey's own: asked before anything else is.

Whoever can edit a deployment or start a run with variables of its own could otherwise let a person enter a pair into
something that only looks like a rotation of this credential. A flow that is called by a program has no deployment.
"""

from __future__ import annotations

from prefect.context import FlowRunContext

from blocks.catalog import load_catalog
from blocks.errors import StepError
from blocks.model.rotation import Rotation
from blocks.prefect_api import prefect_state, registered
from blocks.prefect_api.deployed import REFUSED, differences
from blocks.prefect_api.registered import Registered
from blocks.settings import read_settings
from tasks.run import claim, tell_unlike


def is_of_a_deployment() -> bool:
    """Whether this run is one of a deployment, and not called by a program or by a person at a terminal."""
    context = FlowRunContext.get()
    return bool(context and context.flow_run and context.flow_run.deployment_id)


def as_deployed(credential: str | None = None) -> None:
    """Go on only in a run that is as it must be; ``credential`` is the one that it rotates.

    A worker with another catalog or version than was registered begins no rotation. One that trading stands still for,
    or whose keys are replaced already, goes on in it, and people are told.

    Raises StepError that names every difference, CatalogError for settings that cannot be read, Unreachable,
    LedgerError.
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
    noted, unlike = _noted()
    found += registered.another_ledger(noted)
    unlike += registered.other_code(noted) if credential is not None else []
    begun = _begun(credential) if credential is not None and unlike and not found else None
    if credential is not None and begun is None:
        found += unlike
    if found:
        raise StepError(
            f"{REFUSED}: {'; '.join(found)}.",
            "Run `rekey register`, start the worker as docs/how-to/production.md says, then start the deployment. "
            "Find out who changed it.",
        )
    if begun is not None:
        tell_unlike.tell(begun, "; ".join(unlike))


def _noted() -> tuple[Registered | None, list[str]]:
    """What was registered; and why that cannot be read: it stops what begins a rotation, and nothing else."""
    try:
        return registered.noted(), []
    except StepError as error:
        return None, [str(error)]


def _begun(name: str) -> Rotation | None:
    """The open rotation of this credential, if it must not fail. Raises CatalogError, and LedgerError."""
    rotation = claim.unfinished_of(load_catalog(read_settings().catalog).get(name, is_open=True))
    return rotation if rotation is not None and claim.has_begun(rotation) else None


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
