"""Before the link a vendor is asked for one thing once, however many questions need it."""

from __future__ import annotations

from collections import Counter

import pytest

from blocks.errors import Unreachable
from blocks.model.rotation import Rotation
from blocks.once import Once
from blocks.proofs import Record
from blocks.wire.parallel import all_at_once
from deployments.sandbox.estate import APPS
from tasks.rotate import preflight
from tasks.rotate.failures import failures_of
from tests.operator import Operator
from tests.steps.live import live_rotation
from tests.steps.support import alone

PROD = APPS["raptor-prod"]
TO_BE_ASKED_ONCE = {"", "/dynos"}


def asked_all(rotation: Rotation) -> None:
    """Everything that preflight asks at once; the vault did not tell it the current pair."""
    assert failures_of(preflight._checks(rotation, None, {}, None, Record()), Record()) == []


def test_preflight_asks_heroku_once_for_each_thing_and_for_the_release_again_after_its_empty_change(
    operator: Operator,
) -> None:
    rotation = live_rotation()

    state = alone(lambda: asked_all(rotation))

    assert state.is_completed(), state.message
    entries = operator.estate.server.journal.of("heroku")
    asked = Counter(one.path.removeprefix(f"/apps/{PROD}") for one in entries if one.method == "GET")
    assert {path: asked[path] for path in TO_BE_ASKED_ONCE} == dict.fromkeys(TO_BE_ASKED_ONCE, 1)
    assert asked["/releases"] == 2, "before and after the empty change"


def test_whoever_waited_for_what_failed_is_told_so_and_does_not_wait_again() -> None:
    asked = []

    def away() -> str:
        asked.append("")
        raise Unreachable(vendor="Heroku", operation="read dynos", fault="timeout")

    def told() -> str:
        with pytest.raises(Unreachable) as caught:
            looks.of("dynos", away)
        return str(caught.value)

    looks = Once()

    assert len(set(all_at_once([told] * 3))) == 1
    assert len(asked) == 1
    assert looks.of("another thing", lambda: 5) == looks.of("another thing", lambda: 6) == 5
