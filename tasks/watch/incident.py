"""Go on with incidents: rotate what somebody may know who should not, until nothing of it is left.

What machines replace alone is started at once, but for the keys to its places, which come first. What needs a person
comes one after another, in the order of the incident: the next one when the one before is rotated, or was ended by
somebody. A run that died before anything was
changed is started again, a few times; whatever else ended without a new pair waits for people, who are reminded.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime, timedelta

from prefect import task
from prefect.logging import get_run_logger

from blocks.catalog import load_catalog
from blocks.errors import CatalogError
from blocks.ledger import incidents
from blocks.ledger.incidents import Incident, Progress, State
from blocks.ledger.ledger import Ledger
from blocks.ledger.operators import rekey_in
from blocks.ledger.row import SHARED, Action, Row
from blocks.model.credential import Credential
from blocks.model.rotation import Reason
from blocks.prefect_api import prefect_runs, recording
from blocks.settings import read_settings
from tasks.run import keys, policy
from tasks.run.beginning import is_due
from tasks.run.notify import Kind, tell
from tasks.run.one_at_a_time import this_run

REMIND_AFTER = timedelta(hours=4)
# Runs that die again and again need people.
MOST_STARTS = 3
UNDER_WAY = (State.TO_COME, State.STARTED, State.OPEN)
SHOW = "How far it is: `rekey incident show`."


def open_incidents() -> list[str]:
    """The incidents that are not over, or whose end nobody was told. Raises LedgerError."""
    known = incidents.all_of(recording.open_ledger())
    return [one.id for one in known if one.closed is None or one.is_end_untold]


@task(name="go on with an incident", **policy.STEP)
def go_on_with(name: str) -> None:
    """Start what comes next of this incident, and tell people of it and of its end.

    Raises CatalogError, LedgerError, and Unreachable while Prefect does not answer.
    """
    ledger, now = recording.open_ledger(), datetime.now(UTC)
    (incident,) = (one for one in incidents.all_of(ledger) if one.id == name)
    found = incidents.progress(ledger, incident, now)
    if incident.closed is not None:
        _tell_end(ledger, incident, incident.closed, found)
        return
    if all(one.state is State.ROTATED for one in found):
        _close(ledger, incident)
        return
    problem, enabled = None, dict[str, Credential]()
    try:
        enabled = {one.name: one for one in load_catalog(read_settings().catalog, as_it_is=True).enabled}
    except CatalogError as error:
        # Nothing begins by what was read before, and people are told all the same.
        problem = error
    for one in next_of(found, incident, enabled):
        # A rotation that somebody began of a key of it would only end it again.
        if not keys.open_keys(enabled[one.suspect.credential]):
            _start(ledger, incident, one.suspect.credential)
    if incident.told_at is None or now - incident.told_at >= REMIND_AFTER:
        _tell(ledger, incident, found, enabled)
    if problem is not None:
        raise problem


def next_of(found: Collection[Progress], incident: Incident, enabled: Collection[str]) -> list[Progress]:
    """What is to be started now: everything that needs nobody, and of what needs a person one at a time.

    Nothing is, before the keys to its places are rotated, or left.
    """
    waits_for = [one for one in found if one.state in UNDER_WAY or _is_repeated(one, incident)]
    first = {one.suspect.credential for one in waits_for} & set(enabled)
    to_start = [
        one
        for one in found
        if one.suspect.credential in enabled
        and not first & set(one.suspect.after)
        and (one.state is State.TO_COME or _is_repeated(one, incident))
    ]
    is_asked = any(one.suspect.by_person and one.state in {State.STARTED, State.OPEN} for one in found)
    persons = [one for one in to_start if one.suspect.by_person]
    return [*(one for one in to_start if not one.suspect.by_person), *([] if is_asked else persons[:1])]


def _is_repeated(one: Progress, incident: Incident) -> bool:
    return one.is_left_by_nobody and len(incident.begun.get(one.suspect.credential, ())) < MOST_STARTS


def _start(ledger: Ledger, incident: Incident, name: str) -> None:
    if is_due(name):
        return
    run = prefect_runs.start_rotation(name, Reason.COMPROMISE)
    get_run_logger().info("Incident %s: the rotation of %s begins in %s", incident.id, name, run)
    _record(ledger, incident, Action.INCIDENT_BEGAN, name, {"started": run})


def _tell(ledger: Ledger, incident: Incident, found: list[Progress], enabled: Collection[str]) -> None:
    lines = [f"{at}. {one.suspect.credential}: {one.state}{_needs(one, enabled)}" for at, one in enumerate(found, 1)]
    headline = incidents.headline(incident, found)
    text = f"{incident.reason.rstrip('.')}. Answer the forms that come, one after another.\n" + "\n".join(lines)
    tell(headline, text, SHOW, {"incident": incident.id})
    _record(ledger, incident, Action.INCIDENT_TOLD, SHARED, {})


def _needs(one: Progress, enabled: Collection[str]) -> str:
    """Of whom, where rekey alone does not do it. What is enabled is unknown while the catalog cannot be read."""
    if one.has_a_new_one:
        return ""
    if enabled and one.suspect.credential not in enabled:
        return "; not enabled in the catalog, so nothing rotates it: see to it"
    return "; a person is needed" if one.suspect.by_person else ""


def _tell_end(ledger: Ledger, incident: Incident, closed: Row, found: list[Progress]) -> None:
    """Somebody closed it by hand."""
    left = [one.suspect.credential for one in found if not one.has_a_new_one]
    text = f"{closed.actor} closed it: {closed.facts.reason.rstrip('.')}. "
    text += f"Not rotated since it was opened, and not started any more: {', '.join(left) or 'nothing'}."
    tell(f"Incident {incident.id} was closed by hand", text, SHOW, {"incident": incident.id}, kind=Kind.NEWS)
    _record(ledger, incident, Action.INCIDENT_TOLD, SHARED, {})


def _close(ledger: Ledger, incident: Incident) -> None:
    names = ", ".join(one.credential for one in incident.suspects)
    text = f"Rotated since it was opened: {names}. Nothing to do."
    # First: told twice, by a process that dies here, is better than never.
    tell(f"Incident {incident.id} is over", text, SHOW, {"incident": incident.id}, kind=Kind.NEWS)
    _record(ledger, incident, Action.INCIDENT_CLOSED, SHARED, {"reason": "All of it is rotated."})


def _record(ledger: Ledger, incident: Incident, action: Action, credential: str, facts: dict[str, str]) -> None:
    context = {"incident": incident.id, **facts}
    ledger.append(action, rotation="", credential=credential, actor=rekey_in(this_run()[1]), context=context)
