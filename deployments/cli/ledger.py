"""``rekey ledger``: show, verify, protect, migrate and close."""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

from blocks import free_text
from blocks.catalog import load_catalog
from blocks.errors import CatalogError, LedgerError, StepError, Unproved
from blocks.ledger import check as ledger_check
from blocks.ledger import versions
from blocks.ledger.ledger import Ledger
from blocks.ledger.operators import claimed_by, normalised, refusal_of
from blocks.ledger.row import Row
from blocks.operators import offline, offline_decisions
from blocks.settings import Settings, read_settings
from deployments.cli.exit_codes import Verified
from deployments.cli.which_ledger import existing, name_of
from deployments.local.ask_prefect import quiet_sdk
from deployments.terminal.tables import print_text
from deployments.terminal.timeline import lines_of

# What is printed for programs, and the exit code.
OUTCOMES = {"ok": Verified.WHOLE, "failed": Verified.BROKEN, "unknown": Verified.UNKNOWN}


def show(chosen: argparse.Namespace) -> int:
    """Every row, oldest first. Raises LedgerError."""
    settings = read_settings()
    rows = existing(settings).rows(credential=chosen.credential)
    if chosen.json:
        print_json([_as_dict(row) for row in rows])
        return 0
    for row in rows:
        print_text(f"#{row.sequence} {row.rotation} {row.actor}")
        for line in lines_of(row):
            print_text(line, indent=4)
    print_text(f"{len(rows)} rows of the ledger {name_of(settings)}.")
    return 0


def verify(chosen: argparse.Namespace) -> int:
    """Whether the chain is whole and complete."""
    settings = read_settings()
    ledger = existing(settings)
    outcome, told, remedy = _verified(ledger, chosen.head)
    if chosen.json:
        facts = {"ledger": name_of(settings), "outcome": outcome, "rows": ledger.head().sequence}
        print_json({**facts, "head": ledger.head().hash, "what": told, "what_to_do": remedy})
    elif outcome == "ok":
        print_text(told)
        print_text(f"It is the ledger {name_of(settings)}.")
    else:
        print_text(f"rekey: {told} {remedy}", file=sys.stderr)
        print_text(f"It is the ledger {name_of(settings)}.", file=sys.stderr)
    return OUTCOMES[outcome]


def _verified(ledger: Ledger, kept: list[str] | None) -> tuple[str, str, str]:
    """Outcome, what is so, and what to do."""
    try:
        if kept:
            told = [ledger_check.whole(ledger), *(ledger_check.row_of(ledger, one) for one in kept)]
            ledger_check.demand_guards(ledger)
        else:
            quiet_sdk()
            told = [load_catalog(read_settings().catalog).check_ledger(ledger)]
        return "ok", " ".join([*told, *_signatures(ledger)]), ""
    except (LedgerError, Unproved) as error:
        is_open = error.transient or isinstance(error, Unproved)
        return "unknown" if is_open else "failed", error.problem, error.remedy


def _signatures(ledger: Ledger) -> list[str]:
    """That all signatures and approvals of operators hold; empty where there are none.

    Raises LedgerError for one that does not.
    """
    count, found = offline.broken(ledger)
    if found is not None:
        raise LedgerError(
            f"Row {found.sequence}: {found.reason}",
            "Somebody wrote to the ledger what no operator signed: find out who can, and restore it from a backup.",
        )
    told = [f"{count} of {count} signatures of operators hold."] if count else []
    decided, found = offline_decisions.broken(ledger)
    if found is not None:
        raise LedgerError(
            f"Row {found.sequence}: {found.reason}.",
            "Somebody wrote to the ledger what no operator decided: find out who can, and restore it from a backup.",
        )
    return (
        [*told, f"{decided} of {decided} approvals, starts, takings, choices and endings are proved."]
        if decided
        else told
    )


def protect(chosen: argparse.Namespace) -> int:
    """Put back what guards the ledger, and record it. Raises LedgerError."""
    for sentence in existing(read_settings()).protect(claimed_by(_name_of(chosen))):
        print_text(f"Was so, and is mended: {sentence}")
    print_text("The ledger has its triggers, and its file is for its owner only.")
    return 0


def migrate(chosen: argparse.Namespace) -> int:
    """Give a ledger of an older rekey the newest shape. Raises LedgerError, also for one of a newer rekey."""
    del chosen
    settings = read_settings()
    before, now = versions.migrate(existing(settings).engine)
    done = f"Migrated from version {before} to {now}" if before < now else f"It has version {now}: nothing to do"
    print_text(f"{done}. It is the ledger {name_of(settings)}.")
    return 0


def close(chosen: argparse.Namespace) -> int:
    """End an unfinished rotation by hand. Raises StepError when none is open or its run lives."""
    from deployments.cli import closing  # noqa: PLC0415  # only this command needs the vault

    settings, operator = read_settings(), _name_of(chosen)
    ledger = existing(settings)
    free_text.demand_reason(chosen.reason)
    start = ledger.open_start(chosen.credential)
    if start is None:
        raise StepError(f"No rotation of {chosen.credential} is open.", f"This is the ledger {name_of(settings)}.")
    closing.demand_no_run(settings, chosen.credential)
    facts = {"reason": chosen.reason, **_unsigned(settings, ledger, chosen.credential)}
    for sentence in closing.close(settings, ledger, start, claimed_by(operator), facts):
        print_text(sentence)
    if "unsigned" in facts:
        print_text("Nobody signed that it is closed: it was done at a terminal. On the console a passkey signs it.")
    return 0


def _unsigned(settings: Settings, ledger: Ledger, credential: str) -> dict[str, bool]:
    """What is recorded of a close that nobody signed, where its credential asks for that."""
    from blocks.operators import policy, registry  # noqa: PLC0415  # only this command needs them

    try:
        found = load_catalog(settings.catalog).credential.get(credential)
    except CatalogError:
        # It may be what is wrong: a rotation can be closed all the same.
        return {}
    is_signed = found is not None and policy.wanted(found, registry.of(ledger)) == registry.PASSKEY
    return {"unsigned": True} if is_signed else {}


def print_json(value: Any) -> None:
    """For programs. Characters beyond ASCII are escaped, so nothing in it moves a terminal's cursor."""
    sys.stdout.write(f"{json.dumps(value, indent=1)}\n")


def _as_dict(row: Row) -> dict[str, Any]:
    return {
        "sequence": row.sequence,
        "at": row.at.isoformat(),
        "rotation": row.rotation,
        "credential": row.credential,
        "action": row.action.value,
        "actor": row.actor,
        "context": row.context,
        "previous": row.previous,
        "hash": row.hash,
    }


def _name_of(chosen: argparse.Namespace) -> str:
    """The name that was given. Raises StepError when it is none for the record."""
    problem = refusal_of(chosen.operator)
    if problem:
        raise StepError(problem, "Nothing was changed.")
    return normalised(chosen.operator)
