"""``rekey status``, ``rekey catalog`` and ``rekey health``: what is printed, for people and for programs."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable
from typing import Any

from blocks.catalog import Catalog, load_catalog
from blocks.check import Outcome
from blocks.errors import CatalogError, LedgerError
from blocks.ledger import clocks, dying, schema, unlisted
from blocks.ledger.dying import Dying
from blocks.ledger.ledger import Ledger
from blocks.model.credential import Credential
from blocks.settings import Settings, read_settings
from deployments.cli import health as examination
from deployments.cli import incident
from deployments.cli.exit_codes import Every, Examined, Standing
from deployments.cli.ledger import print_json
from deployments.cli.seeing import prefect_says
from deployments.cli.status import WORDS, Status, as_dict, lines_of, status_of
from deployments.cli.unlisted import status_of as unlisted_status
from deployments.cli.which_ledger import existing, name_of, with_rows
from deployments.cli.without_catalog import UNKNOWN, with_what_is_open
from deployments.terminal.tables import print_facts, print_text

ALL = "all"
HEALTH = {Outcome.OK: Examined.OK, Outcome.UNKNOWN: Examined.UNKNOWN, Outcome.FAILED: Examined.FAILED}


def status(chosen: argparse.Namespace) -> int:
    """The unfinished rotations, and how old each key is; the worst standing. Raises LedgerError, CatalogError."""
    settings = read_settings()
    try:
        catalog = load_catalog(settings.catalog, as_it_is=True)
    except CatalogError as error:
        raise with_what_is_open(error, settings) from None
    try:
        ledger = with_rows(settings)
        found = _open_ones(settings, ledger, catalog) if ledger else []
        matrix = examination.matrix_of(ledger, catalog)
        incidents = incident.open_ones(ledger) if ledger else []
        wrong = clocks.wrong(ledger) if ledger else []
        kept = [
            _kept(one, each) for one in catalog.credential for each in (dying.all_of(ledger, one) if ledger else ())
        ]
    except LedgerError as error:
        raise _unknown(error) from None
    worst = max((one.standing for one in found), default=Standing.NOTHING_OPEN)
    if chosen.json:
        print_json({
            "ledger": name_of(settings),
            "standing": WORDS[worst],
            "rotations": [as_dict(one) for one in found],
            "incidents": incidents,
            "old_ones": kept,
            "clocks": [_clock(one) for one in wrong],
            "credentials": examination.lines_for_programs(matrix),
        })  # fmt: skip
        return worst
    for one in found:
        print_facts(lines_of(one))
    if not found:
        print_text("No rotation is open." if ledger else "No rotation is open. Nothing was ever recorded.")
    for told in incidents:
        print_text(f"{told}: `rekey incident show`.")
    for old in kept:
        print_text(f"{old['credential']}: the old {old['old']} {old['told']}.")
    for clock in wrong:
        print_text(
            f"{clock} Noted by watch at {clock.at:%Y-%m-%d %H:%M:%S} UTC, as that clock tells it. {clocks.HELPS}"
        )
    print_text()
    examination.print_matrix(matrix)
    print_text()
    print_text(examination.WORDS)
    print_text(f"Read from the ledger {name_of(settings)}.")
    return worst


def _open_ones(settings: Settings, ledger: Ledger, catalog: Catalog) -> list[Status]:
    """What the ledger has open, whatever the catalog says: in its order, and then what it does not have."""
    listed = [status_of(settings, ledger, one) for one in catalog.credential.values()]
    others = [
        unlisted_status(ledger, start, prefect_says(start.facts.flow_run_id), settings.prefect_ui_url)
        for start in unlisted.starts(ledger, catalog.credential)
    ]
    return [*(one for one in listed if one), *others]


def _kept(name: str, old: Dying) -> dict[str, str]:
    """An old pair that lived on when its rotation ended."""
    return {"credential": name, "old": old.mark, "dies_by": old.due.isoformat(), "told": old.told()}


def _clock(one: clocks.Noted) -> dict[str, object]:
    """A worker's clock that is wrong."""
    return {"machine": one.machine, "ahead_s": one.ahead.total_seconds(), "noted": one.at.isoformat()}


def _unknown(error: LedgerError) -> LedgerError:
    """This error, and what follows from it for whoever asks whether trading stands."""
    return LedgerError(f"{error.problem} {UNKNOWN}", error.remedy, transient=error.transient)


def catalog(chosen: argparse.Namespace) -> int:
    """What the catalog holds. Raises CatalogError."""
    settings = read_settings()
    known = load_catalog(settings.catalog, as_it_is=True)
    entries = known.credential.values()
    missing = _missing(settings, entries)
    if chosen.json:
        listed = [
            {
                **_as_dict(one, known.vault_of(one)),
                "opens": _opened(known, one),
                "who_is_missing": missing.get(one.name),
            }
            for one in entries
        ]
        print_json({"catalog": str(settings.catalog), "credentials": listed})
        return Every.NOT_DONE if missing else Every.DONE
    for one in entries:
        state = "enabled" if one.enabled else "disabled"
        kept = f"{known.vault_of(one)} {one.vault.path}"
        print_text(f"{one.name}: {one.realm}, {state}, every {one.cadence_days} days, {kept}")
        for consumer in one.consumers:
            print_text(f"{consumer.label}: {', '.join(consumer.names.values())}", indent=4)
        for brake in one.brakes:
            print_text(f"brake {brake.label}", indent=4)
        opened = _opened(known, one)
        if opened:
            print_text(f"rekey asks with it for: {', '.join(opened)}", indent=4)
        for proof in one.own.lacks:
            print_text(f"not proved: {proof}", indent=4)
    print_text(
        "Below each credential: who has a copy of it, under which names; and the brakes that stop trading while it is "
        "replaced. A disabled one cannot be rotated."
    )
    print_text(f"Read from {settings.catalog}.")
    for told in missing.values():
        print_text(f"rekey: {told}", file=sys.stderr)
    return Every.NOT_DONE if missing else Every.DONE


def _opened(known: Catalog, one: Credential) -> list[str]:
    """Which other credentials rekey rotates with this one, because it is a key of rekey's own."""
    if not any(each.opens for each in one.consumers):
        return []
    from blocks import keys  # noqa: PLC0415  # it needs Prefect, for which nobody else waits

    return list(keys.opened_by(known, one))


def _missing(settings: Settings, entries: Iterable[Credential]) -> dict[str, str]:
    """Who is missing to answer the forms of a credential, and what helps, by its name; nothing where nobody is.

    Only what a catalog asks for by a word of its own: without it nothing is asked for before somebody is enrolled.
    """
    from blocks.operators import passkeys, policy, registry  # noqa: PLC0415  # `rekey status` does without passkeys

    asking = [one for one in entries if one.enabled and one.proof not in {None, policy.NONE}]
    if not asking:
        return {}
    try:
        known = registry.of(existing(settings)) if schema.exists(settings.ledger_url) else registry.Registry()
    except LedgerError as error:
        unknown = f"whether anybody can answer its forms is unknown. {error}"
        return {one.name: f"{one.name}: {unknown}" for one in asking}
    host = passkeys.Site.of(settings.console_url).host
    problems = {one.name: policy.why_nobody_can(one, known, host) for one in asking}
    return {
        one.name: f"{problems[one.name]} {policy.what_helps(one, known, host)}" for one in asking if problems[one.name]
    }


def health(chosen: argparse.Namespace) -> int:
    """Examine now. Raises RekeyError, for a wrong name before Prefect hears of it."""
    known = load_catalog(read_settings().catalog)
    if chosen.credential != ALL:
        known.get(chosen.credential)
    found = examination.examined(chosen.credential, full=chosen.full)
    if chosen.json:
        print_json(examination.for_programs(found))
    else:
        examination.print_found(found)
    sys.stdout.flush()
    return HEALTH[Outcome(found["outcome"])]


def _as_dict(one: Credential, vault: str) -> dict[str, Any]:
    return {
        "name": one.name,
        "environment": one.realm,
        "enabled": one.enabled,
        "role": one.role,
        "cadence_days": one.cadence_days,
        "vault": {
            "kind": vault,
            "environment": one.vault.environment,
            "path": one.vault.path,
            "names": _names(one.vault),
        },
        "consumers": [{"copy": each.label, "kind": each.kind, "names": _names(each)} for each in one.consumers],
        "brakes": [brake.label for brake in one.brakes],
        "not_proved": list(one.own.lacks),
    }


def _names(place: Any) -> list[str]:
    return list(place.names.values())
