"""``rekey incident``: open one, see how far it is, and close it by hand."""

from __future__ import annotations

import argparse
import secrets
import sys
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from blocks import exposure, free_text, keys
from blocks.catalog import Catalog, load_catalog
from blocks.errors import StepError
from blocks.ledger import incidents
from blocks.ledger.incidents import Incident, Progress, State, Suspect
from blocks.ledger.ledger import Ledger
from blocks.ledger.operators import claimed_by, normalised, refusal_of
from blocks.ledger.row import SHARED, Action
from blocks.ledger.trading import clock
from blocks.settings import read_settings
from deployments.cli.exit_codes import Every
from deployments.cli.ledger import print_json
from deployments.cli.which_ledger import existing, name_of
from deployments.terminal.tables import print_text

GOES_ON = "watch starts what comes next within a minute, and tells people. How far it is: `rekey incident show`."


def open_one(chosen: argparse.Namespace) -> int:
    """Write down what has to be rotated; watch does the rest. Raises StepError for what names no credential."""
    settings, by = read_settings(), _name_of(chosen)
    catalog, ledger = load_catalog(settings.catalog, as_it_is=True), existing(settings)
    free_text.demand_reason(chosen.reason)
    listed = exposure.suspects(catalog, _reasons(chosen, catalog, ledger))
    if not listed:
        raise StepError("Nothing that is in the catalog is named.", "Name a credential, a place or an operator.")
    for line in _planned(listed):
        print_text(line)
    names = [one.credential for one in listed]
    for both in keys.mutual(catalog):
        if set(both) <= set(names):
            first, other = sorted(both, key=names.index)
            print_text(f"{first} and {other} need each other: {first} comes first, and {other} waits for it.")
    if chosen.dry_run:
        print_text("Nothing was written down: leave out --dry-run to open it.")
        return Every.DONE
    name = f"i-{datetime.now(UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"
    context = {"incident": name, "reason": chosen.reason, "suspects": [one.as_context() for one in listed]}
    ledger.append(Action.INCIDENT_OPENED, rotation="", credential=SHARED, actor=claimed_by(by), context=context)
    print_text(f"Incident {name} is open. {GOES_ON}")
    return Every.DONE


def _reasons(chosen: argparse.Namespace, catalog: Catalog, ledger: Ledger) -> dict[str, list[str]]:
    """Why each credential is suspect, by its name. Raises StepError."""
    from blocks.operators import could_see  # noqa: PLC0415  # `rekey status` does without passkeys

    found = defaultdict[str, list[str]](list)
    for name in chosen.credential or ():
        found[catalog.get(name, is_open=True).name].append("it is named")
    for place in chosen.consumer or ():
        for name, why in exposure.held_by(catalog, place).items():
            found[name].append(why)
    for operator in chosen.operator or ():
        for name, why in could_see.everything(ledger, catalog.credential.values(), normalised(operator)).items():
            found[name].append(why)
    for name in found:
        if not catalog.credential[name].enabled:
            print_text(f"rekey: {name} is disabled in the catalog, so nothing rotates it: see to it.", file=sys.stderr)
    return found


def _planned(listed: tuple[Suspect, ...]) -> Iterator[str]:
    persons = sum(one.by_person for one in listed)
    yield f"To be rotated: {len(listed)}, of which {persons} need a person, one after another."
    for at, one in enumerate(listed, 1):
        after = f"; after {' and '.join(one.after)}, with whose key rekey rotates it" if one.after else ""
        yield f"  {at}. {one.credential}: {'; '.join(one.why)}{'; a person is needed' if one.by_person else ''}{after}"


def show(chosen: argparse.Namespace) -> int:
    """How far each open incident is, or the one that is named, or the newest. Raises StepError for an unknown one."""
    settings = read_settings()
    ledger, now = existing(settings), datetime.now(UTC)
    found = [(one, incidents.progress(ledger, one, now)) for one in _wanted(chosen, ledger)]
    if chosen.json:
        print_json({"ledger": name_of(settings), "incidents": [_as_dict(*one) for one in found]})
        return Every.DONE
    for incident, progress in found:
        for line in _lines(incident, progress):
            print_text(line)
    if not found:
        print_text("No incident was ever opened.")
    print_text(f"Read from the ledger {name_of(settings)}.")
    return Every.DONE


def open_ones(ledger: Ledger) -> list[str]:
    """How far each open incident is, in a line each. Raises LedgerError."""
    now = datetime.now(UTC)
    known = (one for one in incidents.all_of(ledger) if one.closed is None)
    return [incidents.headline(one, incidents.progress(ledger, one, now)) for one in known]


def close(chosen: argparse.Namespace) -> int:
    """End an incident of which something is left. Raises StepError for one that is not open."""
    by, settings = _name_of(chosen), read_settings()
    ledger = existing(settings)
    free_text.demand_reason(chosen.reason)
    incident = next((one for one in incidents.all_of(ledger) if one.id == chosen.incident), None)
    if incident is None or incident.closed is not None:
        raise StepError(f"No incident {chosen.incident} is open.", "`rekey incident show` names those that are.")
    left = [one for one in incidents.progress(ledger, incident, datetime.now(UTC)) if not one.has_a_new_one]
    context = {"incident": incident.id, "reason": chosen.reason, "closed": "by hand"}
    ledger.append(Action.INCIDENT_CLOSED, rotation="", credential=SHARED, actor=claimed_by(by), context=context)
    names = ", ".join(one.suspect.credential for one in left)
    print_text(
        f"Incident {incident.id} is closed. Not rotated since it was opened: {names or 'nothing is left'}. People are "
        "told by watch, within a minute."
    )
    if any(one.state in {State.OPEN, State.STARTED} for one in left):
        print_text("Rotations that it began go on: `rekey status`.")
    return Every.DONE


def _wanted(chosen: argparse.Namespace, ledger: Ledger) -> list[Incident]:
    known = incidents.all_of(ledger)
    if chosen.incident:
        found = [one for one in known if one.id == chosen.incident]
        if not found:
            raise StepError(
                f"There is no incident {chosen.incident}.", "`rekey incident show` shows those that are open."
            )
        return found
    return [one for one in known if one.closed is None] or known[-1:]


def _lines(incident: Incident, found: list[Progress]) -> Iterator[str]:
    closed = incident.closed
    yield incidents.headline(incident, found)
    yield f"  why        {incident.reason}"
    yield f"  opened     {clock(incident.opened.at)} {incident.opened.actor}"
    if closed is not None:
        yield f"  closed     {clock(closed.at)} {closed.actor}: {closed.facts.reason}"
    for at, one in enumerate(found, 1):
        needs = " (a person is needed)" if one.suspect.by_person and not one.has_a_new_one else ""
        yield f"  {at}. {one.suspect.credential}: {one.state}{needs}{_evidence(one)}; {'; '.join(one.suspect.why)}"
        if one.state is State.LEFT:
            yield "     Start it again, with the reason 'suspected compromise': any rotation since the opening counts."


def _evidence(one: Progress) -> str:
    return f" at {clock(one.row.at)}, row {one.row.sequence} of the ledger" if one.row is not None else ""


def _as_dict(incident: Incident, found: list[Progress]) -> dict[str, Any]:
    return {
        "incident": incident.id,
        "reason": incident.reason,
        "opened_at": incident.opened.at.isoformat(),
        "opened_by": incident.opened.actor,
        "closed_at": incident.closed.at.isoformat() if incident.closed else None,
        "credentials": [
            {
                "credential": one.suspect.credential,
                "state": one.state.value,
                "why": list(one.suspect.why),
                "needs_a_person": one.suspect.by_person,
                "row": one.row.sequence if one.row else None,
                "rotation": one.row.rotation if one.row else None,
            }
            for one in found
        ],
    }


def _name_of(chosen: argparse.Namespace) -> str:
    problem = refusal_of(chosen.by)
    if problem:
        raise StepError(problem, "Nothing was changed.")
    return normalised(chosen.by)
