"""Store writes both halves in one batch, once, and a consumer's SDK must read the same pair."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest
from prefect.types import SecretDict
from pydantic import SecretStr

from blocks.issuers.alpaca.pair import Pair
from blocks.ledger.row import Action
from blocks.model.step import Step
from blocks.prefect_api import estate as blocks
from blocks.prefect_api.recording import DONE, FAILED
from blocks.proofs import Record
from blocks.vaults import pending
from blocks.vaults.infisical.block import Infisical
from deployments.sandbox import made_up
from deployments.sandbox.estate import PAPER, VAULT_ENVIRONMENT, VAULT_PATH, Estate
from deployments.sandbox.faults import Fault, FaultKind
from tasks.health import in_flight
from tasks.rotate.resume import _emptied, _sentence_about
from tasks.rotate.store import store
from tasks.run import entries
from tests.operator import Operator
from tests.steps.support import Clicked, alone, pending_marks, told, values_of
from tests.waiting import wait_until


def versions(estate: Estate) -> dict[str, int]:
    """The version of each half in the vault."""
    every = estate.infisical.versions(estate.project_id, VAULT_ENVIRONMENT, VAULT_PATH)
    return {name: every[name] for name in PAPER}


def test_no_reader_ever_sees_a_mixed_pair(operator: Operator, behind: Clicked) -> None:
    """The vault's own history: after each transaction both halves are of the same pair."""
    assert alone(lambda: store(behind.rotation, behind.accepted)).is_completed()

    states = [state.values for state in operator.estate.infisical.history if state.path == VAULT_PATH]
    pairs = [{name: values[name] for name in PAPER} for values in states]
    assert all(pair in (values_of(behind.old), values_of(behind.new)) for pair in pairs)
    assert pairs[-1] == values_of(behind.new)


def test_the_old_pair_is_kept_beside_the_new_one_until_its_death_is_proved(operator: Operator, behind: Clicked) -> None:
    with blocks.vault(behind.rotation.credential.vault).get_client() as client:
        pending.drop(client, behind.rotation.credential.vault, [behind.old.fingerprint])

    assert alone(lambda: store(behind.rotation, behind.accepted)).is_completed()

    assert pending_marks(operator.estate) == sorted([behind.old.fingerprint, behind.new.fingerprint])


def test_a_second_time_nothing_is_written_and_all_is_proved_again(operator: Operator, behind: Clicked) -> None:
    before = versions(operator.estate)

    def twice() -> None:
        store(behind.rotation, behind.accepted)
        store(behind.rotation, behind.accepted)

    assert alone(twice).is_completed()
    assert versions(operator.estate) == {name: version + 1 for name, version in before.items()}
    first, second = (row.context["proofs"] for row in operator.steps("store"))
    assert "in one batch and returns them" in first[0]
    assert second[0] == "The vault holds the new pair already."
    assert first[1] == second[1] == f"A consumer's SDK in its own process reads {behind.accepted} too."


def test_a_consumers_sdk_is_asked_only_after_the_write_was_read_back(operator: Operator, behind: Clicked) -> None:
    """Its process starts before, to save the time that it takes to load."""
    operator.estate.server.journal.clear()

    assert alone(lambda: store(behind.rotation, behind.accepted)).is_completed()

    asked = [f"{one.method} {one.path.rpartition('/')[2]}" for one in operator.estate.server.journal.of("infisical")]
    names = [f"GET {name}" for name in sorted(PAPER)]
    assert asked[asked.index("PATCH raw") :] == ["PATCH raw", "GET raw", "POST login", *names]


def test_a_validated_pair_that_somebody_removed_from_the_vault_is_told(operator: Operator, behind: Clicked) -> None:
    before = versions(operator.estate)
    with blocks.vault(behind.rotation.credential.vault).get_client() as client:
        pending.drop(client, behind.rotation.credential.vault, [behind.accepted])

    message = told(alone(lambda: store(behind.rotation, behind.accepted)))

    assert f"The validated pair {behind.accepted} is not in the vault's pending folder any more." in message
    assert "Regenerate once more and enter the new pair." in message
    assert versions(operator.estate) == before


def test_a_consumer_that_reads_another_pair_is_no_proof(operator: Operator, behind: Clicked) -> None:
    """Somebody's program puts the old pair back between rekey's read-back and the SDK's read: the step tries again."""
    estate, slow = operator.estate, Fault("infisical", FaultKind.SLOW, "GET", "/api/v3/secrets/raw/.+", seconds=1)
    estate.server.plan.add(slow)

    def put_the_old_pair_back() -> None:
        wait_until(lambda: slow.times == 0, description="the SDK asks, so rekey itself has read the pair back")
        estate.infisical.put(estate.project_id, VAULT_ENVIRONMENT, VAULT_PATH, values_of(behind.old))

    somebody = threading.Thread(target=put_the_old_pair_back)
    somebody.start()
    state = alone(lambda: store(behind.rotation, behind.accepted))
    somebody.join()

    assert state.is_completed(), state.message
    first, _ = operator.steps("store")
    assert first.context["outcome"] == FAILED
    assert "A consumer's SDK reads pair" in first.context["problem"]
    assert f"instead of {behind.accepted}. Another program writes these names" in first.context["problem"]
    assert {name: estate.vault_values()[name] for name in PAPER} == values_of(behind.new)


def test_behind_an_access_proxy_the_proof_by_the_sdk_is_left_out_and_said_so(
    operator: Operator, behind: Clicked
) -> None:
    """The SDK can send no headers of ours, so it would never get through."""
    operator.estate.infisical.knobs.access_proxy = {"CF-Access-Client-Id": "rekey"}
    operator.change_block(Infisical, extra_headers=SecretDict({"CF-Access-Client-Id": "rekey"}))

    state = alone(lambda: store(behind.rotation, behind.accepted))

    assert state.is_completed(), state.message
    assert operator.steps("store")[0].context["proofs"][-1] == (
        "Not read with the consumers' SDK: it cannot send the headers that the access proxy demands."
    )


@pytest.mark.usefixtures("_few_tries")
def test_a_change_policy_that_only_proposes_the_write_is_told_and_counts_as_nothing(
    operator: Operator, behind: Clicked
) -> None:
    operator.estate.infisical.knobs.approval_policy = True

    message = told(alone(lambda: store(behind.rotation, behind.accepted)))

    assert "a change policy wants an approval, so nothing is stored" in message
    assert {name: operator.estate.vault_values()[name] for name in PAPER} == values_of(behind.old)


def put_by_somebody(operator: Operator, pair: Pair) -> None:
    """Write it over the current pair, in the vault's console."""
    estate = operator.estate
    estate.infisical.put(estate.project_id, VAULT_ENVIRONMENT, VAULT_PATH, values_of(pair))


@pytest.fixture
def nobodys(monkeypatch: pytest.MonkeyPatch) -> Pair:
    """A pair that nobody was issued; whether one lives is asked without a pause."""
    monkeypatch.setenv("REKEY_LOOKOUT_INTERVAL_S", "0.01")
    return Pair(made_up.alpaca_key_id("PK"), SecretStr(made_up.alpaca_secret()))


@pytest.mark.usefixtures("nobodys")
def test_a_living_pair_that_somebody_else_put_there_is_not_written_over(operator: Operator, behind: Clicked) -> None:
    """Another operator regenerated by hand. A run that goes on takes it for the old pair, and that is no reason."""
    third = operator.regenerate()
    put_by_somebody(operator, third)
    for step, facts in (
        (Step.PREFLIGHT, {"old": behind.old.fingerprint}),
        (Step.AWAIT_HUMAN_INPUT, {"fingerprint": behind.accepted}),
        (Step.PREFLIGHT, {"old": third.fingerprint}),
    ):
        context = {"step": step, "outcome": DONE, **facts}
        operator.ledger.append(Action.STEP, rotation="r-test", credential="alpaca-paper", actor="test", context=context)
    before = versions(operator.estate)

    message = told(alone(lambda: store(replace(behind.rotation, old=third.fingerprint), behind.accepted)))

    assert f"The vault holds pair {third.fingerprint}, which is neither the old pair nor the validated" in message
    assert "choose 'enter another pair' and enter it" in message
    names = pending.names_of(behind.rotation.credential.vault, behind.accepted)
    assert f"{names[0]} of {VAULT_PATH}/rekey into {PAPER[0]} of {VAULT_PATH}" in message
    assert versions(operator.estate) == before


def test_a_dead_pair_that_somebody_else_put_there_is_written_over_and_told(
    operator: Operator, behind: Clicked, nobodys: Pair
) -> None:
    put_by_somebody(operator, nobodys)

    assert alone(lambda: store(behind.rotation, behind.accepted)).is_completed()

    assert {name: operator.estate.vault_values()[name] for name in PAPER} == values_of(behind.new)
    told_of = f"The vault held pair {nobodys.fingerprint}, which is none of this rotation's, and Alpaca refuses it"
    assert operator.steps("store")[-1].context["proofs"][0].startswith(told_of)
    assert nobodys.fingerprint not in entries.left_on_purpose(operator.ledger.rows())


def test_a_strange_pair_of_which_nobody_can_tell_stays_kept_when_all_is_over(
    operator: Operator, behind: Clicked, nobodys: Pair
) -> None:
    put_by_somebody(operator, nobodys)
    down = Fault("alpaca-paper", FaultKind.ANSWER, "GET", "/v2/account", status=503, times=None)
    operator.estate.server.plan.add(down)
    record, said = Record(), list[str]()

    def to_the_end() -> None:
        store(behind.rotation, behind.accepted)
        left = _emptied(behind.rotation, entries.left_on_purpose(operator.ledger.rows()), set(), record)
        said.append(_sentence_about(behind.rotation, left, []))

    assert alone(to_the_end).is_completed()

    mark = nobodys.fingerprint
    noted, done = operator.steps("store")
    assert noted.context["stray"] == mark
    assert f"pair {mark}, which is none of this rotation's, and Alpaca does not say" in done.context["proofs"][0]
    assert pending_marks(operator.estate) == [mark]
    assert f"because somebody else put it into the vault, and it may work: {mark}. Find out whose" in said[0]
    assert "they work and belong elsewhere" not in said[0]
    kept = in_flight.demand_none(behind.rotation.credential, operator.ledger.rows())
    assert f"Left there on purpose: {mark}." in kept
