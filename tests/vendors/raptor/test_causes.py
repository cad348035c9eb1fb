"""An error names the cause that Raptor's own word shows, and what helps against that."""

from __future__ import annotations

import pytest

from blocks.errors import Refused, Rejected, Unclear, VendorError
from blocks.runtimes.raptor_errors import ADVICE_ON_LOGS
from deployments.sandbox.faults import FaultKind
from tests.vendors.raptor.scene import FAR_ORDER, Scene
from tests.vendors.silence import assert_silent


@pytest.mark.parametrize(
    ("status", "word", "kind", "fault", "advice"),
    [
        (401, "token_required", Refused, "asks for a bearer token and got none", "into its Raptor block"),
        (401, "invalid_token", Refused, "does not take the bearer token", "into its Raptor block"),
        (403, "forbidden", Refused, "may not do this", "Give this token the right"),
        (403, "trading_disabled", Rejected, "trading is disabled there", "kill switch"),
        (503, "not_configured", Unclear, "in trouble", "runs without keys: compare key_id and secret"),
        (502, "alpaca_unauthorized", Unclear, "in trouble", "Alpaca refuses the keys"),
        # Words that are not known.
        (401, "a_word_of_tomorrow", Refused, "not accepted", "Put the bearer token"),
        (403, "a_word_of_tomorrow", Rejected, "not accepted", Rejected.advice),
        (503, "a_word_of_tomorrow", Unclear, "in trouble", ADVICE_ON_LOGS),
    ],
)
def test_the_word_decides_what_is_said(
    scene: Scene, status: int, word: str, kind: type[VendorError], fault: str, advice: str
) -> None:
    scene.fault(FaultKind.ANSWER, status=status, body={"error": word})
    with scene.client() as client, pytest.raises(VendorError) as caught:
        client.place_order(FAR_ORDER, mode="live", client_order_id="rekey-12")
    assert type(caught.value) is kind
    assert fault in caught.value.problem
    assert advice in caught.value.remedy
    assert_silent(caught.value)
