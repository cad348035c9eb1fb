"""A vault that makes something else of the pair that rekey writes: preflight and store stop, with the truth."""

from __future__ import annotations

import re

import pytest
from pydantic import SecretStr

from blocks.errors import StepError
from blocks.model.rotation import Reason
from blocks.secret import fingerprint
from blocks.vaults import pending
from blocks.vaults.pending import COPY
from deployments.sandbox.estate import PAPER, VAULT_ENVIRONMENT, VAULT_PATH
from deployments.sandbox.faults import Fault, FaultKind
from tasks.rotate.preflight import preflight
from tasks.rotate.store import store
from tasks.run.current import current_pair
from tasks.vault.held import demand_values
from tests.operator import Operator
from tests.steps.support import PENDING, Clicked, alone, pending_marks, seen, shipped, told, values_of

SINGLE = "/api/v3/secrets/raw/.+"
MIXED = "returns the values of one write under each other's names"
UNTOUCHED = "no key was touched"


def test_preflight_tells_the_truth_the_first_time_and_the_second_time(operator: Operator) -> None:
    estate, before = operator.estate, seen(operator.estate)
    estate.infisical.knobs.batch_mixes_up = VAULT_PATH

    for _ in range(2):
        message = operator.rotate().message

        assert "nothing was regenerated, and the vault holds the current pair again." in message
        assert MIXED in message
        assert "back, one name after the other; it reads back." in message
        assert UNTOUCHED not in message
        assert "dead already" not in message
        assert seen(estate) == before


def test_a_server_that_spoils_the_made_up_pair_never_gets_the_real_one(operator: Operator) -> None:
    estate, before = operator.estate, seen(operator.estate)
    versions = estate.infisical.versions(estate.project_id, VAULT_ENVIRONMENT, VAULT_PATH)
    estate.infisical.knobs.batch_mixes_up = PENDING

    message = operator.rotate().message

    assert MIXED in message
    assert UNTOUCHED in message
    assert seen(estate) == before
    assert estate.infisical.versions(estate.project_id, VAULT_ENVIRONMENT, VAULT_PATH) == versions


def test_what_could_not_be_put_back_is_told_again_with_the_copy_until_somebody_did_it(operator: Operator) -> None:
    estate, was = operator.estate, operator.estate.vault_values()
    mark = fingerprint(SecretStr(was[PAPER[1]]))
    estate.infisical.knobs.batch_mixes_up = VAULT_PATH
    estate.server.plan.add(Fault("infisical", FaultKind.ANSWER, "PATCH", SINGLE, times=None))
    names = pending.names_of(shipped().vault, mark, COPY)

    first = operator.rotate().message
    estate.infisical.reset_knobs()
    estate.server.plan.clear()
    second = operator.rotate(reason=Reason.ACCOUNT_RESET).message

    assert "nothing was regenerated, and the vault has to be looked at." in first
    assert f"set {PAPER[0]} to version 1 and {PAPER[1]} to version 1; copies are {names[0]} and {names[1]}" in first
    assert f"and accepts {mark}, which an earlier preflight found in the vault and kept" in second
    assert f"{names[0]} of {PENDING} into {PAPER[0]} of {VAULT_PATH} ({VAULT_ENVIRONMENT})" in second
    assert "dead already" not in second
    copies = estate.infisical.values(estate.project_id, VAULT_ENVIRONMENT, PENDING)
    assert copies == {names[0]: was[PAPER[0]], names[1]: was[PAPER[1]]}


def test_a_vault_that_holds_no_pair_at_all_is_no_account_that_was_reset(operator: Operator) -> None:
    estate = operator.estate
    halves = dict(zip(reversed(PAPER), (estate.vault_values()[name] for name in PAPER), strict=True))
    estate.infisical.put(estate.project_id, VAULT_ENVIRONMENT, VAULT_PATH, halves)

    message = operator.rotate().message

    assert "what the vault holds does not look like a pair of Alpaca's at all" in message
    assert "set both back to the last ones that were a pair" in message
    assert "account was reset" not in message


@pytest.mark.parametrize(
    ("around", "problem", "remedy"),
    [
        ("{}\u200b", "holds a character that no such value has: U+200B at its end.", "to the same value without that"),
        (
            "\u201c{}",
            "holds a character that no such value has: U+201C as character 1 of",
            "Make nothing new at Alpaca",
        ),
        (
            "${{prod.shared.{}}}",
            "is a reference to another secret, not a value",
            "Name the place to which it points as",
        ),
    ],
)
def test_a_value_that_is_none_is_told_as_the_vaults_and_nobody_is_sent_to_the_dashboard(
    operator: Operator, around: str, problem: str, remedy: str
) -> None:
    estate = operator.estate
    halves = {PAPER[1]: around.format(estate.vault_values()[PAPER[1]])}
    estate.infisical.put(estate.project_id, VAULT_ENVIRONMENT, VAULT_PATH, halves)
    before = seen(estate)

    message = told(alone(lambda: preflight.with_options(retries=0)("alpaca-paper", Reason.SCHEDULED)))

    assert f"1. Infisical: {PAPER[1]} in {VAULT_PATH} ({VAULT_ENVIRONMENT}) {problem}" in message
    assert remedy in message
    # One advice, and no other that contradicts it.
    assert not any(one in message for one in ("2. ", "copy buttons", "Copy it again", "look like a pair", "dead"))
    assert halves[PAPER[1]] not in message
    assert seen(estate) == before
    with pytest.raises(StepError, match=re.escape(problem)):
        demand_values(shipped(), current_pair(shipped()))


@pytest.mark.usefixtures("_few_tries")
def test_store_puts_the_old_pair_back_and_the_new_one_stays_staged(operator: Operator, behind: Clicked) -> None:
    estate = operator.estate
    estate.infisical.knobs.batch_mixes_up = VAULT_PATH

    message = told(alone(lambda: store(behind.rotation, behind.accepted)))

    assert MIXED in message
    assert f"rekey put pair {behind.old.fingerprint} back" in message
    assert {name: estate.vault_values()[name] for name in PAPER} == values_of(behind.old)
    assert pending_marks(estate) == sorted([behind.old.fingerprint, behind.new.fingerprint])
