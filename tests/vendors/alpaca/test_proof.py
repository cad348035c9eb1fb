"""What rekey takes for proof of a living or a dead pair, and what it does not."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from starlette.types import Receive, Scope, Send

from blocks.answer import Answer
from blocks.errors import Rejected
from blocks.issuers.alpaca.client import AlpacaClient
from blocks.issuers.alpaca.pair import Pair
from deployments.sandbox.alpaca.account import SandboxAccount
from deployments.sandbox.alpaca.app import AlpacaSandbox
from deployments.sandbox.faults import FaultKind
from deployments.sandbox.server import SandboxServer
from tests.vendors.alpaca.served import PAPER, ServedAlpaca, made_up_pair, pair_of, served_alpaca, wait_until

YES, NO, UNKNOWN = Answer.YES, Answer.NO, Answer.UNKNOWN

# Answers that say nothing about a pair, whatever their status.
NOISE: list[dict[str, Any]] = [
    {"kind": FaultKind.ANSWER, "status": 500},
    {"kind": FaultKind.ANSWER, "status": 503},
    {"kind": FaultKind.ANSWER, "status": 404},
    {"kind": FaultKind.ANSWER, "status": 302},
    {"kind": FaultKind.ANSWER, "status": 200, "body": {"status": "ACTIVE"}},
    {"kind": FaultKind.ANSWER, "status": 200, "body": {"id": None}},
    {"kind": FaultKind.ANSWER, "status": 200, "body": []},
    {"kind": FaultKind.HTML, "status": 200},
    {"kind": FaultKind.HTML, "status": 401},
    {"kind": FaultKind.HTML, "status": 403},
    {"kind": FaultKind.RATE_LIMIT},
    {"kind": FaultKind.RATE_LIMIT, "retry_after_s": 7},
    {"kind": FaultKind.DROP_BEFORE},
    {"kind": FaultKind.DROP_AFTER},
]


def name_of(rule: dict[str, Any]) -> str:
    return "-".join(str(value) for value in rule.values())


@pytest.fixture
def account(alpaca: ServedAlpaca) -> SandboxAccount:
    return alpaca.sandbox.add_account("paper")


def seen(alpaca: ServedAlpaca, old: Pair, new: Pair) -> tuple[Answer, Answer, Answer, Answer]:
    proof = alpaca.issuer.is_dead("paper", old, new)
    return proof.answer, proof.old, proof.new, proof.control


def test_a_living_pair_is_accepted(client: AlpacaClient, account: SandboxAccount) -> None:
    assert client.accepts(pair_of(account)) is YES


@pytest.mark.parametrize("legacy", [False, True])
def test_a_dead_a_foreign_and_an_unknown_pair_are_not_accepted(
    alpaca: ServedAlpaca, client: AlpacaClient, account: SandboxAccount, legacy: bool
) -> None:
    alpaca.sandbox.knobs.legacy_auth_errors = legacy
    dead, _ = pair_of(account), pair_of(account)
    live = pair_of(alpaca.sandbox.add_account("live"))
    assert [client.accepts(pair) for pair in (dead, live, made_up_pair())] == [NO, NO, NO]
    with alpaca.client("live") as other_host:
        assert other_host.accepts(live) is YES


def test_a_key_id_with_another_pairs_secret_is_not_accepted(client: AlpacaClient, account: SandboxAccount) -> None:
    pair = pair_of(account)
    assert client.accepts(Pair(pair.key_id, made_up_pair().secret)) is NO


@pytest.mark.parametrize("rule", NOISE, ids=name_of)
@pytest.mark.parametrize("alive", [True, False])
def test_noise_is_unknown_for_a_living_and_for_a_dead_pair(
    alpaca: ServedAlpaca, client: AlpacaClient, account: SandboxAccount, alive: bool, rule: dict[str, Any]
) -> None:
    pair = pair_of(account) if alive else made_up_pair()
    alpaca.fault(**rule)
    assert client.accepts(pair) is UNKNOWN


@pytest.mark.parametrize("alive", [True, False])
def test_silence_is_unknown(alpaca: ServedAlpaca, account: SandboxAccount, alive: bool) -> None:
    pair = pair_of(account) if alive else made_up_pair()
    alpaca.fault(FaultKind.HANG)
    with alpaca.client(read_timeout_s=0.1) as impatient:
        assert impatient.accepts(pair) is UNKNOWN


def test_a_host_that_is_not_there_is_unknown() -> None:
    with AlpacaClient("http://127.0.0.1:9", "paper") as client:
        assert client.accepts(made_up_pair()) is UNKNOWN


def test_the_old_pair_is_dead_when_it_alone_stopped_working(alpaca: ServedAlpaca, account: SandboxAccount) -> None:
    old, new = pair_of(account), pair_of(account)
    proof = alpaca.issuer.is_dead("paper", old, new)
    assert (proof.answer, proof.old, proof.new, proof.control) == (YES, NO, YES, NO)
    assert abs((proof.at - datetime.now(UTC)).total_seconds()) < 60
    assert new.secret.get_secret_value() not in repr(proof)


def test_the_old_pair_is_not_dead_while_it_is_still_accepted(alpaca: ServedAlpaca, account: SandboxAccount) -> None:
    alpaca.sandbox.knobs.death_lag_s = 3600
    assert seen(alpaca, pair_of(account), pair_of(account)) == (NO, YES, YES, NO)


def test_a_pair_that_dies_late_is_seen_to_die(alpaca: ServedAlpaca, account: SandboxAccount) -> None:
    alpaca.sandbox.knobs.death_lag_s = 0.3
    old, new = pair_of(account), pair_of(account)
    assert alpaca.issuer.is_dead("paper", old, new).answer is NO
    wait_until(lambda: alpaca.issuer.is_dead("paper", old, new).answer is YES, "the old pair is dead")


def test_nothing_is_proved_while_the_new_pair_is_not_active(alpaca: ServedAlpaca, account: SandboxAccount) -> None:
    old = pair_of(account)
    alpaca.sandbox.knobs.activation_lag_s = 3600
    assert seen(alpaca, old, pair_of(account)) == (UNKNOWN, NO, NO, NO)


def test_a_host_that_accepts_anything_proves_nothing(alpaca: ServedAlpaca, account: SandboxAccount) -> None:
    old, new = pair_of(account), pair_of(account)
    alpaca.sandbox.knobs.accepts_garbage = True
    assert seen(alpaca, old, new) == (UNKNOWN, YES, YES, YES)


@pytest.mark.parametrize("rule", NOISE, ids=name_of)
@pytest.mark.parametrize("skip", [0, 1, 2])
def test_one_answer_of_noise_leaves_the_death_unproved(
    alpaca: ServedAlpaca, account: SandboxAccount, skip: int, rule: dict[str, Any]
) -> None:
    """Whichever it is: all three are asked at once."""
    old, new = pair_of(account), pair_of(account)
    alpaca.fault(**rule, skip=skip)
    proof = alpaca.issuer.is_dead("paper", old, new)
    assert proof.answer is UNKNOWN
    assert [one is UNKNOWN for one in (proof.old, proof.new, proof.control)].count(True) == 1


def test_answers_too_far_apart_prove_nothing(alpaca: ServedAlpaca, account: SandboxAccount) -> None:
    old, new = pair_of(account), pair_of(account)
    proof = alpaca.issuer.is_dead("paper", old, new, within_s=0.0)
    assert (proof.answer, proof.old, proof.new, proof.control) == (UNKNOWN, NO, YES, NO)


def test_every_proof_asks_for_the_old_pair_five_times_and_for_the_others_before_and_after() -> None:
    with served_alpaca() as alpaca:
        account = alpaca.sandbox.add_account("paper")
        alpaca.issuer.is_dead("paper", pair_of(account), pair_of(account))
        asked = [(entry.method, entry.path, entry.status) for entry in alpaca.server.journal.entries]
    assert sorted(asked) == [("GET", "/v2/account", status) for status in [200] * 2 + [401] * 7]


@pytest.mark.parametrize("one_in", [2, 3, 4])
def test_a_pair_that_lives_is_never_called_dead_because_it_is_refused_now_and_then(
    alpaca: ServedAlpaca, client: AlpacaClient, account: SandboxAccount, one_in: int
) -> None:
    alpaca.sandbox.knobs.death_lag_s = 3600
    old, new = pair_of(account), pair_of(account)
    account.keys[0].refuses_one_in = one_in
    assert [client.accepts_yet(old) for _ in range(one_in)].count(NO) == 1, "with the answer of a dead one"
    assert {client.accepts(old) for _ in range(12)} == {YES}
    assert {alpaca.issuer.is_dead("paper", old, new).answer for _ in range(12)} == {NO}


def test_a_new_pair_that_is_refused_now_and_then_proves_the_death_all_the_same(
    alpaca: ServedAlpaca, client: AlpacaClient, account: SandboxAccount
) -> None:
    old, new = pair_of(account), pair_of(account)
    alpaca.sandbox.knobs.refuses_one_in = 4
    assert {alpaca.issuer.is_dead("paper", old, new).answer for _ in range(8)} == {YES}
    assert {client.account(new).account_number for _ in range(8)} == {account.number}


def test_each_further_refusal_is_asked_for_on_a_connection_of_its_own() -> None:
    sandbox, ports = AlpacaSandbox(), []
    host = sandbox.host("paper")

    async def noting(scope: Scope, receive: Receive, send: Send) -> None:
        ports.append(scope["client"][1])
        await host(scope, receive, send)

    server = SandboxServer({PAPER: noting})
    server.start()
    try:
        with AlpacaClient(server.url(PAPER), "paper") as client:
            assert client.accepts(made_up_pair()) is NO
    finally:
        server.stop()
    assert len(ports) == len(set(ports)) == 5


def test_an_order_that_is_refused_for_a_reason_of_its_own_is_not_placed_again(
    alpaca: ServedAlpaca, client: AlpacaClient, account: SandboxAccount
) -> None:
    pair = pair_of(account)
    alpaca.server.journal.clear()
    with pytest.raises(Rejected):
        client.place_limit_order(
            pair, symbol="AAPL", side="buy", qty=Decimal(9_000_000), limit_price=Decimal(200), client_order_id="once"
        )
    assert [entry.status for entry in alpaca.server.journal.entries] == [403]
