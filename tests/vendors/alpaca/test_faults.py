"""Every fault of the vendor becomes one named error, which holds no secret."""

from __future__ import annotations

import logging
import pickle
import traceback
from typing import Any

import pytest

from blocks.errors import Missing, RateLimited, Refused, Rejected, Unclear, Unreachable, VendorError
from blocks.secret import Pair
from deployments.sandbox.faults import FaultKind
from tests.vendors.alpaca.served import ServedAlpaca, pair_of

# A rule, the error that it must become, whether trying again may help, and how long to wait.
CASES: list[tuple[dict[str, Any], type[VendorError], bool, float | None]] = [
    ({"kind": FaultKind.ANSWER, "status": 400}, Rejected, False, None),
    ({"kind": FaultKind.ANSWER, "status": 401, "times": None}, Refused, False, None),
    ({"kind": FaultKind.ANSWER, "status": 403, "times": None}, Refused, False, None),
    ({"kind": FaultKind.ANSWER, "status": 404}, Missing, False, None),
    ({"kind": FaultKind.ANSWER, "status": 422}, Rejected, False, None),
    ({"kind": FaultKind.ANSWER, "status": 302}, Unclear, False, None),
    ({"kind": FaultKind.ANSWER, "status": 500}, Unclear, True, None),
    ({"kind": FaultKind.ANSWER, "status": 504}, Unclear, True, None),
    ({"kind": FaultKind.HTML, "status": 200}, Unclear, True, None),
    ({"kind": FaultKind.HTML, "status": 403}, Unclear, False, None),
    ({"kind": FaultKind.HTML, "status": 502}, Unclear, True, None),
    ({"kind": FaultKind.RATE_LIMIT}, RateLimited, True, None),
    ({"kind": FaultKind.RATE_LIMIT, "retry_after_s": 7}, RateLimited, True, 7.0),
    ({"kind": FaultKind.DROP_BEFORE}, Unreachable, True, None),
    ({"kind": FaultKind.DROP_AFTER}, Unreachable, True, None),
    ({"kind": FaultKind.HANG}, Unreachable, True, None),
]
IDS = ["-".join(str(value) for value in rule.values()) for rule, *_ in CASES]


@pytest.fixture
def pair(alpaca: ServedAlpaca) -> Pair:
    return pair_of(alpaca.sandbox.add_account("paper"))


def caught(alpaca: ServedAlpaca, pair: Pair, rule: dict[str, Any]) -> VendorError:
    alpaca.fault(**rule)
    with alpaca.client(read_timeout_s=0.1 if rule["kind"] is FaultKind.HANG else 15) as client:
        with pytest.raises(VendorError) as raised:
            client.account(pair)
        return raised.value


@pytest.mark.parametrize(("rule", "kind", "transient", "wait"), CASES, ids=IDS)
def test_each_fault_is_one_named_error(
    alpaca: ServedAlpaca,
    pair: Pair,
    rule: dict[str, Any],
    kind: type[VendorError],
    transient: bool,
    wait: float | None,
) -> None:
    error = caught(alpaca, pair, rule)
    assert (type(error), error.transient, error.retry_after_s) == (kind, transient, wait)
    assert (error.vendor, error.operation) == ("Alpaca", "read account")
    assert error.remedy


@pytest.mark.parametrize("rule", [rule for rule, *_ in CASES], ids=IDS)
def test_no_error_holds_a_half_of_the_pair_even_when_the_vendor_echoes_it(
    alpaca: ServedAlpaca, pair: Pair, rule: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    secret = pair.secret.get_secret_value()
    echo = {"code": secret, "message": f"{pair.key_id} {secret}", "extra": secret}
    caplog.set_level(logging.DEBUG)
    error = caught(alpaca, pair, rule | ({"body": echo} if rule["kind"] is FaultKind.ANSWER else {}))
    chain = "".join(traceback.format_exception(error))
    persisted = pickle.dumps(error) + chain.encode() + repr((vars(error), error.args)).encode() + caplog.text.encode()
    assert secret.encode() not in persisted
    assert pair.key_id.encode() not in persisted
    assert error.__context__ is None or isinstance(error.__context__, VendorError)
    assert error.__cause__ is None


@pytest.mark.parametrize("rule", [rule for rule, *_ in CASES], ids=IDS)
def test_an_error_survives_pickling_with_all_that_it_says(
    alpaca: ServedAlpaca, pair: Pair, rule: dict[str, Any]
) -> None:
    error = caught(alpaca, pair, rule)
    again = pickle.loads(pickle.dumps(error))  # noqa: S301 - the bytes were pickled on this line
    assert (type(again), vars(again), str(again)) == (type(error), vars(error), str(error))


def test_the_client_tries_nothing_but_a_refusal_again_by_itself(alpaca: ServedAlpaca, pair: Pair) -> None:
    # The fault is for one request only: a second one would have succeeded.
    caught(alpaca, pair, {"kind": FaultKind.ANSWER, "status": 503, "times": 1})
    assert [entry.status for entry in alpaca.server.journal.entries if entry.status] == [503]


def test_a_used_up_allowance_is_a_rate_limit_that_says_how_long_to_wait(alpaca: ServedAlpaca, pair: Pair) -> None:
    alpaca.sandbox.knobs.rate_limit_per_minute = 1
    with alpaca.client() as client:
        client.account(pair)
        with pytest.raises(RateLimited) as raised:
            client.account(pair)
    assert (raised.value.status, raised.value.code) == (429, "42910000")
    # Alpaca sends no Retry-After: the wait comes from X-RateLimit-Reset, a minute after the first request.
    assert 30 < (raised.value.retry_after_s or 0) <= 62
