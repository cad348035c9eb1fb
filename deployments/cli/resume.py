"""``rekey resume``: enters the new pair at a terminal, sealed before it leaves this process."""

from __future__ import annotations

import argparse
import getpass
import warnings
from collections.abc import Mapping
from typing import Any

from pydantic import SecretStr

from blocks.catalog import load_catalog
from blocks.errors import StepError, Unclear, Unreachable
from blocks.issuer_kinds import words_of
from blocks.ledger import history
from blocks.ledger.history import History
from blocks.ledger.ledger import Ledger
from blocks.ledger.operators import normalised, refusal_of
from blocks.model.credential import Credential
from blocks.operators import policy, registry
from blocks.operators.registry import PASSKEY
from blocks.sealed.envelope import seal_entry
from blocks.sealed.run_input import filled_in
from blocks.secret import Minted
from blocks.settings import Settings, read_settings
from deployments.cli.which_ledger import existing
from deployments.local.ask_prefect import Prefect, Shown, quiet_sdk
from deployments.terminal.tables import print_text

SEALED, PROOF = "sealed", "proof"


def resume(chosen: argparse.Namespace) -> int:
    """Fill in the form for the pair that waits. Raises StepError when none does, and for what cannot be entered."""
    settings = read_settings()
    credential = load_catalog(settings.catalog).get(chosen.credential, is_open=True)
    operator = _operator(chosen.operator)
    ledger = existing(settings)
    known, run = _open(settings, ledger, credential)
    if policy.wanted(credential, registry.of(ledger)) == PASSKEY:
        raise StepError(
            f"{credential.name} is answered with a passkey, which no terminal has. Nothing was asked or sent.",
            f"Enter the pair at {settings.console_url}/rotations/{known.rows[0].rotation}: it is sealed there, too.",
        )
    with Prefect() as prefect:
        shown = _waiting(prefect.form_of(run), credential, known, settings)
        pair = _pair(credential)
        given: dict[str, Any] = {"operator": operator, SEALED: _sealed(known, pair)}
        if PROOF in _properties(shown):
            given[PROOF] = _hidden("One-time code").get_secret_value()
        problem = _answered(prefect, run, shown, given)
    if problem:
        raise StepError(f"Prefect did not take it: {problem}.", "Look at `rekey status`; enter it again if it waits.")
    told = f"Pair {pair.fingerprint} is entered, sealed."
    print_text(f"{words_of(credential).said(told)} rekey reads it now: `rekey status` says how it goes on.")
    return 0


def _operator(name: str) -> str:
    problem = refusal_of(name)
    if problem is not None:
        raise StepError(problem, "Give your name with --operator.")
    return normalised(name)


def _open(settings: Settings, ledger: Ledger, credential: Credential) -> tuple[History, str]:
    """The history of the rotation that is open, and the run that acts for it."""
    start = ledger.open_start(credential.name)
    if start is None:
        raise StepError(
            words_of(credential).said(f"No rotation of {credential.name} is open, so nothing waits for a pair."),
            f"Start it first: at {settings.console_url}, or its deployment {credential.name} in Prefect.",
        )
    return history.of(ledger, start.rotation), start.facts.flow_run_id


def _waiting(shown: Shown | None, credential: Credential, known: History, settings: Settings) -> Shown:
    """The form, if it is the one for the pair and the ledger says to which key is sealed."""
    if shown is None:
        raise StepError(f"The rotation of {credential.name} shows no form now.", "`rekey status` says where it stands.")
    if SEALED not in _properties(shown):
        newest = known.forms.newest
        awaited = newest.awaited if newest else "something else"
        raise StepError(
            words_of(credential).said(f"The rotation of {credential.name} waits for {awaited}, and for no pair."),
            f"Answer that at {settings.console_url}, or in Prefect.",
        )
    if known.sealing is None or not known.plan:
        raise StepError(
            words_of(credential).said("The ledger names no key of this rotation to which a pair could be sealed."),
            "Cancel its run and start it again: it goes on where it stood, and has a key then.",
        )
    return shown


def _properties(shown: Shown) -> Mapping[str, Any]:
    found = shown.schema.get("properties")
    return found if isinstance(found, Mapping) else {}


def _pair(credential: Credential) -> Minted:
    """What a person enters, unseen. Raises StepError for what can be no pair: it is sent nowhere."""
    quiet_sdk()
    from blocks.prefect_api.issuers import kind_of  # noqa: PLC0415  # Prefect takes seconds to import

    issuer = kind_of(credential)
    form = issuer.form(credential.realm)
    print_text(
        f"The new {words_of(credential).thing} of {credential.name}. What you paste is not shown; nothing is sent "
        "before the last field."
    )
    for one in form.confirmed:
        print_text(f"By entering it you say: {one.title}.")
    pair = Minted({name: _hidden(field.title) for name, field in form.values.items()})
    wrong = issuer.looks_wrong(pair)
    if wrong is not None and not wrong.worth_keeping:
        raise StepError(f"Nothing was sent. {wrong.problem}", f"Run `rekey resume {credential.name}` again.")
    if wrong is not None:
        # It may be shown only once, so it is kept in the vault; nobody is to wait to hear that it is none.
        print_text(f"It can be no new {words_of(credential).thing}; it is sent to be kept, no more. {wrong.problem}")
    return pair


def _hidden(title: str) -> SecretStr:
    """What is typed without an echo. Raises StepError where a terminal would show it, and for nothing."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", getpass.GetPassWarning)
            typed = getpass.getpass(f"{title}: ").strip()
    except (getpass.GetPassWarning, EOFError):
        typed = None
    if typed is None:
        raise StepError("This is no terminal that can hide what is typed.", "Run it in a terminal of your own.")
    if not typed:
        raise StepError(f"Nothing was entered for {title}, and nothing was sent.", "Run it again.")
    return SecretStr(typed)


def _sealed(known: History, pair: Minted) -> str:
    return seal_entry(known.sealing or {}, known.rows[0].rotation, known.plan, pair.values)


def _answered(prefect: Prefect, run: str, shown: Shown, given: Mapping[str, Any]) -> str:
    """Empty when Prefect took it, else its reason. Raises StepError when that is not known."""
    try:
        return prefect.answer(run, filled_in(shown.schema, given))
    except (Unreachable, Unclear) as error:
        told = f"Whether it arrived is not known: {error.problem}"
    raise StepError(told, "Look at `rekey status`: if the form still waits, enter the same again.")
