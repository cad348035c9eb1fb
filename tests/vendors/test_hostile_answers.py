"""No vendor can hold a step, fill the memory, or be believed when it says two things at once: all clients, each answer.

An answer that cannot be relied on is unknown: never a yes, never a no, never another error than rekey's own.
"""

from __future__ import annotations

import time
import tracemalloc
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from pydantic import SecretStr

from blocks.answer import Answer
from blocks.errors import Transient, Unclear, Unreachable, VendorError
from blocks.secret import Pair
from blocks.vendors.infisical import Infisical, Location
from blocks.vendors.infisical_reader import read_as_consumer
from deployments.register import blocks_of
from deployments.sandbox import made_up
from deployments.sandbox.estate import CHANNEL, PAPER, REPOSITORY, VAULT_ENVIRONMENT, VAULT_PATH, Estate
from deployments.sandbox.faults import Fault, FaultKind
from tests.vendors.infisical.vaults import folder_exists
from tests.vendors.silence import assert_silent

# A client's read timeout; so an exchange may take twice as long. A byte each fifth of it is no timeout of any read.
IMPATIENT_S, PATIENT_S = 0.2, 10.0
PAUSE_S = IMPATIENT_S / 5
# What a busy machine may add.
SLACK_S = 2.0
HERE = Location(VAULT_ENVIRONMENT, VAULT_PATH)
ENDLESS = (FaultKind.DRIP_HEADERS, FaultKind.DRIP_BODY)
UNREADABLE = (FaultKind.HUGE, FaultKind.DEEP, FaultKind.BOMB, FaultKind.TWICE, FaultKind.NAN)


@dataclass(frozen=True)
class Vendors:
    """The simulated estate, and a client of each vendor."""

    estate: Estate
    pair: Pair

    def client(self, label: str, read_timeout_s: float) -> Any:
        """The client of a block of that label, as a step gets it."""
        (block,) = (one for name, _, one in blocks_of(self.estate.seeds()) if name == label)
        block.read_timeout_s = read_timeout_s  # type: ignore[union-attr]  # every seed of the sandbox is set
        return block.get_client("paper") if label.startswith("Alpaca") else block.get_client()  # type: ignore[union-attr]

    def vault(self) -> Infisical:
        """The vault's block."""
        (block,) = (one for name, _, one in blocks_of(self.estate.seeds()) if name == "Infisical/rekey")
        assert isinstance(block, Infisical)
        return block


# By name: the sandbox's vendor, the block, the request.
QUESTIONS: dict[str, tuple[str, str, Callable[[Any, Pair], object]]] = {
    "alpaca account": ("alpaca-paper", "Alpaca/rekey", lambda client, pair: client.account(pair)),
    "alpaca orders": ("alpaca-paper", "Alpaca/rekey", lambda client, pair: client.open_orders(pair)),
    "alpaca cancel": ("alpaca-paper", "Alpaca/rekey", lambda client, pair: client.cancel_all_orders(pair)),
    "vault read": ("infisical", "Infisical/rekey", lambda client, _: client.read(HERE)),
    "vault folder": ("infisical", "Infisical/rekey", lambda client, _: folder_exists(client, HERE)),
    "heroku config": ("heroku", "Heroku/rekey", lambda client, _: client.variables("raxx-api-prod", [PAPER[0]])),
    "heroku dynos": ("heroku", "Heroku/rekey", lambda client, _: client.dynos("raxx-api-prod")),
    "github key": ("github", "Github/rekey", lambda client, _: client.can_write(REPOSITORY)),
    "github updated": (
        "github",
        "Github/rekey",
        lambda client, _: client.secret_updated_at(REPOSITORY, PAPER[0]),
    ),
    "slack who": ("slack", "Slack/rekey", lambda client, _: client.who_am_i()),
    "slack post": ("slack", "Slack/rekey", lambda client, _: client.post(CHANNEL, "hello")),
    "raptor account": ("raptor-prod", "Raptor/raptor-prod", lambda client, _: client.account("paper")),
    "raptor order": (
        "raptor-prod",
        "Raptor/raptor-prod",
        lambda client, _: client.place_order({"symbol": "AAPL"}, mode="paper", client_order_id="one"),
    ),
}
# These answer with nothing at all, in which nothing can be twice.
SAY_NOTHING = {"alpaca cancel"}


@pytest.fixture(scope="module")
def running() -> Iterator[Estate]:
    with Estate() as estate:
        estate.github.edit_by_hand(REPOSITORY, PAPER[0], made_up.token(""))
        yield estate


@pytest.fixture
def vendors(running: Estate) -> Iterator[Vendors]:
    values = running.vault_values()
    yield Vendors(running, Pair(values[PAPER[0]], SecretStr(values[PAPER[1]])))
    running.server.plan.clear()


def patience_for(kind: FaultKind) -> float:
    return IMPATIENT_S if kind in ENDLESS else PATIENT_S


def failed(vendors: Vendors, question: str, kind: FaultKind) -> tuple[VendorError, float]:
    """The error that this answer becomes, and after how many seconds."""
    vendor, label, ask = QUESTIONS[question]
    with vendors.client(label, patience_for(kind)) as client:
        vendors.estate.server.plan.add(Fault(vendor, kind, path="(?!.*login).*", seconds=PAUSE_S, times=None))
        began = time.monotonic()
        with pytest.raises(VendorError) as caught:
            ask(client, vendors.pair)
    return caught.value, time.monotonic() - began


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        *((question, FaultKind.DRIP_BODY) for question in QUESTIONS),
        *((question, FaultKind.DRIP_HEADERS) for question in ("alpaca account", "heroku config")),
    ],
)
def test_an_answer_without_end_ends_at_the_deadline_of_the_exchange(
    vendors: Vendors, question: str, kind: FaultKind
) -> None:
    error, took_s = failed(vendors, question, kind)
    assert type(error) is Unreachable
    assert "in time" in error.problem or "no whole answer within 0.4 s" in error.problem
    assert took_s < 2 * 2 * IMPATIENT_S + SLACK_S, "two exchanges at the most: can_write tidies up"
    assert_silent(error)


@pytest.mark.parametrize("kind", UNREADABLE)
@pytest.mark.parametrize("question", [name for name in QUESTIONS if name not in SAY_NOTHING])
def test_an_answer_that_cannot_be_relied_on_is_unclear(vendors: Vendors, question: str, kind: FaultKind) -> None:
    error, _ = failed(vendors, question, kind)
    assert isinstance(error, Unclear)
    assert any(word in error.problem for word in ("MiB", "nested", "twice", "NaN")), error.problem
    assert_silent(error)


@pytest.mark.parametrize("kind", [*ENDLESS, *UNREADABLE])
def test_a_probe_that_never_raises_does_not_and_says_unknown(vendors: Vendors, kind: FaultKind) -> None:
    patience_s = patience_for(kind)
    with (
        vendors.client("Alpaca/rekey", patience_s) as alpaca,
        vendors.client("Raptor/raptor-prod", patience_s) as raptor,
    ):
        for vendor in ("alpaca-paper", "raptor-prod"):
            vendors.estate.server.plan.add(Fault(vendor, kind, seconds=PAUSE_S, times=None))
        assert alpaca.accepts(vendors.pair) is Answer.UNKNOWN
        assert alpaca.refuses_made_up_pair() is Answer.UNKNOWN
        assert alpaca.is_dead(vendors.pair, vendors.pair).answer is Answer.UNKNOWN
        assert raptor.trading_health().answer is Answer.UNKNOWN


@pytest.mark.parametrize("kind", [FaultKind.HUGE, FaultKind.BOMB])
def test_a_large_answer_costs_little_memory(vendors: Vendors, kind: FaultKind) -> None:
    """The sandbox in the same process has its 64 KiB or 1 MiB in hand, too."""
    failed(vendors, "alpaca account", kind)
    tracemalloc.start()
    try:
        failed(vendors, "alpaca account", kind)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 16 * 1024 * 1024


@pytest.mark.parametrize("kind", [*ENDLESS, FaultKind.HUGE, FaultKind.DEEP, FaultKind.BOMB])
def test_the_second_reader_of_the_vault_has_bounds_too(vendors: Vendors, kind: FaultKind) -> None:
    vendors.estate.server.plan.add(Fault("infisical", kind, seconds=PAUSE_S, times=None))
    began = time.monotonic()
    with pytest.raises(Transient) as caught:
        read_as_consumer(vendors.vault(), HERE, PAPER, deadline_s=2.0)
    assert time.monotonic() - began < 2.0 + SLACK_S
    assert_silent(caught.value)


@pytest.mark.long
def test_the_second_reader_ends_when_an_answer_takes_too_much_memory(vendors: Vendors) -> None:
    vendors.estate.server.plan.add(Fault("infisical", FaultKind.HUGE, path="(?!.*login).*", times=None))
    with pytest.raises(Transient, match="it failed with status"):
        read_as_consumer(vendors.vault(), HERE, PAPER, deadline_s=120.0)
