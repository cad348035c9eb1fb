"""What every rotation needs besides its own vendors: the vault, the ledger, people who can be told, Prefect."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from blocks.catalog import load_catalog
from blocks.check import Question
from blocks.entry import DOCUMENT
from blocks.errors import Missing, StepError, Unproved
from blocks.ledger import clocks
from blocks.model.credential import Credential
from blocks.prefect_api import deployed, estate, heads, prefect_clock, prefect_state, recording
from blocks.prefect_api.issuers import words_of
from blocks.prefect_api.work_pool import differences
from blocks.settings import WORK_POOL, read_settings
from blocks.vaults import pending
from tasks.health.door import door
from tasks.health.patience import patience
from tasks.health.this_worker import this_worker
from tasks.run import questions

# The flow that looks after rotations runs every minute.
WATCHED_WITHIN = timedelta(minutes=5)
WATCH = "watch/every-minute"


def vault(first: Credential) -> str:
    """The vault lets rekey in and answers. What one folder holds is asked elsewhere."""
    with estate.vault(first.vault).get_client() as client:
        try:
            pending.current(client, first.vault)
        except (Missing, StepError) as answer:
            # It answered; that check names what is missing.
            return words_of(first).said(f"The vault answers: {answer.problem}")
    told = "The vault lets rekey in and answers."
    if estate.vault_kind(first.vault).tells_key_end:
        return told
    # Such a one tells it to whoever may administer identities, which rekey's is not to.
    return f"{told} Not looked at: whether and when rekey's key to it ends."


def ledger() -> str:
    """The chain is whole, holds every head that was posted, and is guarded."""
    return load_catalog(read_settings().catalog).check_ledger(recording.open_ledger())


def catalog() -> str:
    """Its file can be read as it is. Raises CatalogError."""
    load_catalog(read_settings().catalog, as_it_is=True)
    return "The catalog can be read as it is."


def workers() -> str:
    """Somebody carries out what is started, and looks after what was."""
    alive = prefect_state.workers_online()
    if not alive:
        raise StepError(
            "No worker of the work pool is online: a rotation that is started would not begin.",
            "Start one: `prefect worker start --pool rekey` (docs/how-to/production.md).",
        )
    return f"Workers online: {', '.join(alive)}."


def schedule() -> str:
    """The flow that looks after rotations is scheduled, and ran a moment ago."""
    off = prefect_clock.ahead()
    if off is not None and abs(off) > clocks.DIFFER:
        raise Unproved(f"The clock of this worker is {clocks.differs(off)} that of Prefect's server.", clocks.HELPS)
    seen = prefect_state.scheduled(WATCH)
    if not seen.is_scheduled:
        raise StepError(
            f"The deployment {WATCH} is missing or its schedule is paused: nobody notices a dead run or a dead key.",
            "Run `rekey register`, or switch its schedule on (Prefect UI, Deployments).",
        )
    ahead = seen.at - datetime.now(UTC) if seen.at else timedelta(0)
    if ahead > clocks.DIFFER:
        raise Unproved(f"The clock of this worker is {clocks.differs(-ahead)} that of Prefect's server.", clocks.HELPS)
    if seen.at is None and seen.made is not None and datetime.now(UTC) - seen.made < WATCHED_WITHIN:
        raise Unproved(
            f"The deployment {WATCH} was made at {seen.made:%H:%M} UTC, and no run of it has ended well yet.",
            "Ask again in two minutes.",
        )
    if seen.at is None or datetime.now(UTC) - seen.at > WATCHED_WITHIN:
        when = f"has not ended well since {seen.at:%Y-%m-%d %H:%M} UTC" if seen.at else "has never ended well"
        raise StepError(
            f"The deployment {WATCH}, which should run every minute, {when}: nobody notices a dead run or a dead key.",
            "Look at its runs (Prefect UI, Runs) and at the worker's log.",
        )
    return f"{WATCH} ran at {seen.at:%H:%M:%S} UTC."


def work_pool() -> str:
    """A run takes nothing from whoever starts it."""
    found = prefect_state.work_pool()
    if found is None:
        raise StepError(f"Prefect has no work pool {WORK_POOL}: no rotation can be started.", "Run `rekey register`.")
    wrong = differences(found.type, found.base_job_template)
    if wrong:
        raise StepError(
            f"The work pool {WORK_POOL} is not as rekey made it: {'; '.join(wrong)}. A run could be started with a "
            "command or an environment of its own.",
            "Run `rekey register`, and start the workers again. Find out who changed it.",
        )
    return "The work pool takes no command, environment, folder or image from a run."


def deployments() -> str:
    """Each credential can be started, and nothing else than rekey's own code."""
    wrong = []
    known = set()
    for flow, names in _expected().items():
        found = {one.name: one for one in prefect_state.deployments(flow)}
        known |= {one.id for one in found.values()}
        wrong += [f"{flow}/{name} is missing" for name in names if name not in found]
        wrong += [f"{flow}/{name}: {one}" for name in found for one in deployed.differences(flow, found[name])]
    wrong += [
        f"{one.name} ({one.entrypoint or 'without an entrypoint'}) is of no flow of rekey's, and its code runs on "
        "rekey's workers"
        for one in prefect_state.deployments_of_the_pool()
        if one.id not in known
    ]
    if wrong:
        raise StepError(
            f"Deployments are not as rekey made them: {'; '.join(wrong)}.",
            "Run `rekey register`; delete a deployment that is not rekey's. Find out who changed it.",
        )
    return "Every deployment is as rekey made it."


def _expected() -> dict[str, list[str]]:
    """The names of the deployments of each flow."""
    enabled = load_catalog(read_settings().catalog).enabled
    return {deployed.ROTATE: [one.name for one in enabled], **{flow: list(of) for flow, of in deployed.OTHERS.items()}}


def people() -> str:
    """The people on call can be told."""
    told = questions.alerts()
    if not told:
        medium = load_catalog(read_settings().catalog).told_by.medium
        raise Unproved(
            "The catalog names nobody to tell.", f"Add [alerts] with a {medium} user or channel to the catalog."
        )
    return told


def prefects_messages() -> str:
    """Prefect's server tells people by itself, with rekey's token, which goes nowhere but to the people's medium."""
    known = load_catalog(read_settings().catalog)
    return known.told_by.prefects_messages(prefect_state.webhook(DOCUMENT), known.hosts)


def by_subject() -> dict[str, Question]:
    """The questions that are asked once a run, by subject; the vault is asked before all of them."""
    found: dict[str, Question] = {
        heads.SUBJECT: ledger,
        "people on call": people,
        "catalog": catalog,
        "worker": workers,
        "schedule": schedule,
        "this worker": this_worker,
        "worker's patience": patience,
    }
    found |= {"Prefect's door": door, "Prefect's messages": prefects_messages}
    return found | {"work pool": work_pool, "deployments": deployments}
