"""No vendor can hold a step, fill the memory, or be believed when it says two things at once: all clients, each answer.

An answer that cannot be relied on is unknown: never a yes, never a no, never another error than rekey's own.
"""

from __future__ import annotations

import time
import tracemalloc

import pytest

from blocks.answer import Answer
from blocks.errors import Transient, Unclear, Unreachable, VendorError
from blocks.vaults.infisical.reader import read_as_consumer
from deployments.sandbox.estate import PAPER
from deployments.sandbox.faults import Fault, FaultKind
from tests.vendors.hostile import HERE, IMPATIENT_S, PATIENT_S, QUESTIONS, SAY_NOTHING, Vendors
from tests.vendors.silence import assert_silent

PAUSE_S = IMPATIENT_S / 5
# What a busy machine may add.
SLACK_S = 2.0
ENDLESS = (FaultKind.DRIP_HEADERS, FaultKind.DRIP_BODY)
UNREADABLE = (FaultKind.HUGE, FaultKind.DEEP, FaultKind.BOMB, FaultKind.TWICE, FaultKind.NAN)


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
        issuer = vendors.alpaca(patience_s)
        assert issuer.refuses_made_up("paper") is Answer.UNKNOWN
        assert issuer.is_dead("paper", vendors.pair, vendors.pair).answer is Answer.UNKNOWN
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
