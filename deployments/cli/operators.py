"""``rekey operator``: who may act, in the ledger of this machine."""

from __future__ import annotations

import argparse

from pydantic import SecretStr

from blocks.catalog import load_catalog
from blocks.errors import CatalogError, StepError
from blocks.ledger import history
from blocks.ledger.ledger import Ledger
from blocks.operators import code_secrets, codes, enrolment, policy, registry, waits
from blocks.operators.passkeys import Passkey, Site
from blocks.operators.registration import WANTED
from blocks.operators.registry import Link, Operator
from blocks.settings import Settings, read_settings
from blocks.vaults.terms import Location
from deployments.cli.account import by_account
from deployments.cli.ledger import print_json
from deployments.cli.which_ledger import existing, name_of, with_rows
from deployments.local.ask_prefect import quiet_sdk
from deployments.terminal.tables import print_table, print_text

# How long a link is good.
MINUTES = enrolment.VALID.seconds // 60
COLUMNS = ("operator", "role", "passkeys", "one-time codes")


def add(chosen: argparse.Namespace) -> int:
    """Make a link for somebody new. Raises StepError."""
    settings = read_settings()
    if "ledger_url" not in settings.model_fields_set:
        # The first operator may come before the first rotation, but a ledger that nobody named may be a stray one.
        with_rows(settings)
    token, link = enrolment.invite(Ledger(settings.ledger_url), chosen.name, chosen.role, by_account())
    _tell_link(settings, token, link)
    return 0


def recover(chosen: argparse.Namespace) -> int:
    """Make a link for an operator whose authenticators are lost; the old ones are not taken any more."""
    settings = read_settings()
    token, link = enrolment.recover(existing(settings), chosen.name, by_account())
    print_text(f"The passkeys and one-time codes of {link.operator} are not taken any more.")
    _tell_who_is_missing(settings, existing(settings))
    _tell_link(settings, token, link)
    return 0


def code(chosen: argparse.Namespace) -> int:
    """Give an operator one-time codes, in place of older ones. Raises StepError, and what the vault raises."""
    settings = read_settings()
    place, ledger = load_catalog(settings.catalog, as_it_is=True).operators, existing(settings)
    one = enrolment.enrolled(registry.of(ledger), chosen.name)
    if place is None:
        raise StepError(
            "The catalog does not say where the vault keeps the secrets of one-time codes.",
            "Add a table [operators] with environment and path, a folder that no consumer reads.",
        )
    secret, link = codes.new_secret(), None
    if registry.of(ledger).superadmins:
        # First: whoever has the new secret must not act by it because this operator had codes before.
        link = enrolment.invite_codes(ledger, one, by_account())
    quiet_sdk()
    from blocks.prefect_api import estate  # noqa: PLC0415  # Prefect takes seconds to import
    from deployments.cli.reach import prefect_answers  # noqa: PLC0415  # the same

    with prefect_answers("give an operator codes"), estate.vault(place).get_client() as client:
        code_secrets.keep(client, Location(place.environment, place.path), one.name, secret)
    if link is None:
        enrolment.coded(ledger, one, by_account())
    print_text(f"For the app on the phone of {one.name}, now and never again; older codes are not taken any more:")
    print_text(codes.address(secret, one.name).get_secret_value())
    if link is not None:
        print_text(f"They count once a superadmin opens this within {MINUTES} minutes and approves it with a passkey:")
        print_text(_address_of(settings, link[0]))
    return 0


def remove(chosen: argparse.Namespace) -> int:
    """Let an operator act no more."""
    settings = read_settings()
    ledger = existing(settings)
    gone = enrolment.remove(ledger, chosen.name, by_account())
    print_text(f"{gone.name} ({gone.role}) may not act any more. What was signed stays as it is.")
    print_text(
        f"Prefect's login is everybody's: if {gone.name} knows it, change it, which ends all sessions of the console. "
        f'What {gone.name} may have kept: `rekey incident open --operator "{gone.name}" --dry-run`.'
    )
    _tell_who_is_missing(settings, ledger)
    if not registry.of(ledger).superadmins:
        print_text(
            "No superadmin has a passkey now: nobody can approve the next operator, so whoever has this terminal "
            "enrols one alone. `rekey operator add NAME --role superadmin` does."
        )
    return 0


def show(chosen: argparse.Namespace) -> int:
    """Everybody who is enrolled."""
    settings = read_settings()
    known = registry.of(existing(settings))
    if chosen.json:
        print_json({"ledger": name_of(settings), "operators": [_as_dict(one) for one in known.operators.values()]})
        return 0
    host = Site.of(settings.console_url).host
    print_table([_line(one, host) for one in known.operators.values()], COLUMNS)
    if known.is_empty:
        print_text("Nobody is enrolled, so a name in a form is a claim. `rekey operator add` enrols the first one.")
    elif not known.operators:
        print_text(
            "Nobody is enrolled any more, so nobody can answer what asks for a proof. `rekey operator add` enrols "
            'somebody; `proof = "none"` in the catalog asks for none.'
        )
    for one in known.operators.values():
        here = len(one.passkeys_at(host))
        if here < WANTED:
            print_text(f"{one.name} has {here} of {WANTED} authenticators: one that is lost is missed.")
    moved = [one.name for one in known.operators.values() if one.passkeys and not one.passkeys_at(host)]
    if moved:
        print_text(
            f"The console is at {host} now: no passkey of {' and '.join(moved)} signs there. {policy.anew(moved)}"
        )
    print_text(f"Read from the ledger {name_of(settings)}.")
    return 0


def _tell_who_is_missing(settings: Settings, ledger: Ledger) -> None:
    """For which credentials too few are left, and which form nobody may answer any more.

    Who must not act any more is removed all the same. Raises LedgerError.
    """
    host, known = Site.of(settings.console_url).host, registry.of(ledger)
    try:
        listed = load_catalog(settings.catalog, as_it_is=True).enabled
    except CatalogError as error:
        print_text(f"Whether enough operators are left is unknown. {error}")
        return
    lacking = [one for one in listed if policy.why_nobody_can(one, known, host)]
    for one in listed:
        start = ledger.open_start(one.name)
        told = waits.why_nobody_answers(ledger, one, history.of(ledger, start.rotation), known, host) if start else None
        if told:
            print_text(f"{told} {policy.what_helps(one, known, host)}")
    if lacking:
        first = lacking[0]
        print_text(
            f"Too few operators are left for {', '.join(one.name for one in lacking)}: no rotation of it begins. "
            f"{policy.why_nobody_can(first, known, host)} {policy.what_helps(first, known, host)}"
        )


def _tell_link(settings: Settings, token: SecretStr, link: Link) -> None:
    print_text(f"For {link.operator} ({link.role}), once, within {MINUTES} minutes; give it to nobody else:")
    print_text(_address_of(settings, token))
    if link.needs_approval:
        print_text("A superadmin opens it first and approves it with a passkey.")
        _tell_moved(settings)
    print_text(f"Register {WANTED} authenticators there. It is in the ledger {name_of(settings)}.")


def _tell_moved(settings: Settings) -> None:
    """That nobody can approve a link, because the console moved and every superadmin's passkeys are of its old host."""
    host = Site.of(settings.console_url).host
    those = registry.of(existing(settings)).superadmins
    if those and not any(one.passkeys_at(host) for one in those):
        names = [one.name for one in those]
        print_text(
            f"Nobody can: the console is at {host} now, where none of their passkeys signs. {policy.anew(names)}"
        )


def _address_of(settings: Settings, token: SecretStr) -> str:
    return f"{settings.console_url.rstrip('/')}/enrol#{token.get_secret_value()}"


def _line(one: Operator, host: str) -> dict[str, str]:
    passkeys = ", ".join(_called(key, host) for key in one.passkeys) or "none"
    return dict(zip(COLUMNS, (one.name, one.role, passkeys, "none" if one.code is None else "yes"), strict=True))


def _called(key: Passkey, host: str) -> str:
    return key.called if key.host == host else f"{key.called} (only at {key.host})"


def _as_dict(one: Operator) -> dict[str, object]:
    passkeys = [{"called": key.called, "credential_id": key.credential_id, "host": key.host} for key in one.passkeys]
    return {"name": one.name, "role": one.role, "passkeys": passkeys, "codes": one.code is not None}
