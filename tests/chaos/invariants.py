"""What holds wherever the process is killed, by the names of the design: each function returns what does not hold."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from pydantic import SecretStr

from blocks.errors import Unopened
from blocks.issuers.alpaca.pair import Pair
from blocks.ledger import history
from blocks.ledger.ledger import Ledger
from blocks.ledger.row import Action
from blocks.model.step import Step
from blocks.sealed.envelope import info_of, opened
from blocks.sealed.keys import key_of
from blocks.secret import fingerprint
from blocks.vaults.pending import SEALING
from deployments.rehearsal import proof
from deployments.sandbox.estate import APPS, LIVE, LIVE_RUNTIMES, PAPER, VAULT_ENVIRONMENT, VAULT_PATH, Estate
from tests.faults import trading
from tests.operator import Operator

LOSS, BRAKES, SILENCE, PAIR, LITTER, RECORD, ESTATE = "I1", "I2", "I4", "I5", "I7", "I8", "converges"
# How Prefect names what was typed into a form.
_TYPED = "-response"
_ALL = {"prefix": "", "limit": 200}


def lost(operator: Operator, pair: Pair, run: str) -> list[str]:
    """I1: a pair that was submitted is whole in Prefect's store or in the vault."""
    estate = operator.estate
    folders = (estate.infisical.values(estate.project_id, VAULT_ENVIRONMENT, proof.PENDING), estate.vault_values())
    places = [set(folder.values()) for folder in folders]
    places += [{str(value) for value in entry.values()} for entry in typed(operator, run).values()]
    places += [_opened(operator, str(entry.get("sealed", ""))) for entry in typed(operator, run).values()]
    if any({pair.key_id, pair.secret.get_secret_value()} <= place for place in places):
        return []
    return [f"{LOSS}: the submitted pair is nowhere right after the kill"]


def afterwards(
    operator: Operator, before: proof.Observation, runs: Iterable[str], clicked_at: datetime | None
) -> list[str]:
    """The rest of them, when the rotation has ended. ``runs`` are the ids of its flow runs."""
    estate, ledger = operator.estate, operator.ledger
    found = [f"{BRAKES}: {one}" for one in traded(estate, ledger, clicked_at)] if before.environment == "live" else []
    found += [f"{PAIR}: {one}" for one in mixed(estate)]
    found += [f"{LITTER}: {one}" for one in left(operator, runs)]
    found += [f"{RECORD}: {one}" for one in recorded(before, estate, ledger)]
    try:
        proof.prove_rotated(before, proof.observe(estate, before.environment), ledger)
    except proof.NotRotatedError as error:
        found.append(f"{ESTATE}: {error.problem}")
    return found


def traded(estate: Estate, ledger: Ledger, clicked_at: datetime | None) -> list[str]:
    """From the click on no application trades before the pair that it has was verified."""
    return trading.unverified(estate, ledger, clicked_at)


def mixed(estate: Estate) -> list[str]:
    """Every pair that was ever readable in the vault or in an app's release was issued as one."""
    issued = {(key.key_id, key.secret) for account in _accounts(estate) for key in account.keys}
    states = [
        ("the vault", names, state.values)
        for state in estate.infisical.history
        if state.path == VAULT_PATH
        for names in (PAPER, LIVE)
    ]
    for app in {*APPS.values(), *LIVE_RUNTIMES.values()}:
        for release in estate.heroku.apps[app].releases:
            states += [
                (f"release v{release.version} of {app}", names, dict(release.variables)) for names in (PAPER, LIVE)
            ]
    return [
        f"{place} held halves of two pairs ({names[0]})"
        for place, names, values in states
        if any(name in values for name in names) and (values.get(names[0]), values.get(names[1])) not in issued
    ]


def left(operator: Operator, runs: Iterable[str]) -> list[str]:
    """Nothing that was typed is in Prefect's store, of any of these runs, and no sealing key is in the vault."""
    estate = operator.estate
    kept = estate.infisical.values(estate.project_id, VAULT_ENVIRONMENT, proof.PENDING)
    found = [f"the vault still holds {name}" for name in kept if name.startswith(SEALING)]
    for run in runs:
        found += [f"Prefect still holds {key}" for key in typed(operator, run)]
    return found


def _opened(operator: Operator, text: str) -> set[str]:
    """What this sealed text holds, if a key that the vault has opens it."""
    estate = operator.estate
    found: set[str] = set()
    for name, value in estate.infisical.values(estate.project_id, VAULT_ENVIRONMENT, proof.PENDING).items():
        if text and name.startswith(SEALING):
            rotation = name.removeprefix(SEALING).partition("__")[0].lower().replace("_", "-")
            info = info_of(rotation, Step.AWAIT_HUMAN_INPUT, history.of(operator.ledger, rotation).plan)
            with contextlib.suppress(Unopened):
                found |= {one.get_secret_value() for one in opened(key_of(SecretStr(value)), info, text).values()}
    return found


def said(operator: Operator) -> list[str]:
    """I4: no secret is in any byte that was persisted or sent elsewhere."""
    try:
        operator.canaries.assert_silence()
    except AssertionError as problem:
        return [f"{SILENCE}: {str(problem).splitlines()[0]}"]
    return []


def recorded(before: proof.Observation, estate: Estate, ledger: Ledger) -> list[str]:
    """The ledger tells of one rotation, from the pair that was to the pair that is."""
    completed = [row.context for row in ledger.rows() if row.action is Action.COMPLETED]
    if len(completed) != 1:
        return [f"the ledger completes {len(completed)} rotations"]
    after = proof.observe(estate, before.environment)
    facts = (("old", before.places["vault"][1]), ("new", after.places["vault"][1]))
    return [
        f"the ledger calls another pair the {name} one than the vault held"
        for name, secret in facts
        if secret is None or completed[0].get(name) != fingerprint(SecretStr(secret))
    ]


def _accounts(estate: Estate) -> list[Any]:
    return [*estate.alpaca.accounts("paper"), *estate.alpaca.accounts("live")]


def typed(operator: Operator, run: str) -> dict[str, dict[str, Any]]:
    """What Prefect keeps of what was typed into forms of that run, by key."""
    if not run:
        return {}
    found = operator.api.post(f"/flow_runs/{run}/input/filter", json=_ALL).raise_for_status().json()
    return {str(one["key"]): _read(one["value"]) for one in found if str(one["key"]).endswith(_TYPED)}


def _read(value: Any) -> dict[str, Any]:
    read = json.loads(value) if isinstance(value, str) else value
    return read if isinstance(read, dict) else {}
