"""Each vendor fails once behind the click, in each of five ways: the rotation completes all the same.

Every write is applied exactly once, because a step reads it back before it repeats it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import pytest

from blocks.issuers.alpaca.pair import Pair
from deployments.rehearsal import proof
from deployments.sandbox.estate import APPS, PAPER, VAULT_ENVIRONMENT, VAULT_PATH, Estate
from deployments.sandbox.faults import Fault, FaultKind
from tests.operator import Operator
from tests.steps.beside_the_form import until_watched

RETRY_AFTER_S = 1


@dataclass(frozen=True)
class Request:
    """A request of the steps behind the click: to whom, with which method, to which path."""

    vendor: str
    method: str
    path: str


WRITES = (
    # The pair into the pending folder, and over the current one.
    Request("infisical", "POST", "/api/v3/secrets/batch/raw"),
    Request("infisical", "PATCH", "/api/v3/secrets/batch/raw"),
    Request("heroku", "PATCH", "/apps/raxx-api-prod/config-vars"),
    Request("heroku", "PATCH", "/apps/raxx-api-staging/config-vars"),
    Request("github", "PUT", f"/repos/raxx/raxx/actions/secrets/{PAPER[1]}"),
    Request("slack", "POST", "/api/chat.postMessage"),
    Request("raptor-prod", "POST", "/api/trading/orders"),
    Request("raptor-prod", "DELETE", "/api/trading/orders/.+"),
    # The pending folder is emptied.
    Request("infisical", "DELETE", "/api/v3/secrets/batch/raw"),
)
READS = (
    Request("infisical", "POST", "/api/v1/auth/universal-auth/login"),
    Request("infisical", "GET", "/api/v3/secrets/raw"),
    Request("alpaca-paper", "GET", "/v2/account"),
    Request("alpaca-live", "GET", "/v2/account"),
    Request("alpaca-paper", "GET", "/v2/orders/.+"),
    Request("heroku", "GET", "/apps/raxx-api-prod/releases"),
    Request("heroku", "GET", "/apps/raxx-api-staging/dynos"),
    Request("github", "GET", "/repos/raxx/raxx/actions/secrets/public-key"),
    Request("slack", "GET", "/api/conversations.history"),
    Request("raptor-prod", "GET", "/api/trading/account"),
    Request("raptor-staging", "GET", "/api/trading/account"),
)
EVERY = (*WRITES, *READS)
# Questions with three answers: a refused one is "unknown", and is asked again at the pace of the step that waits.
PROBES = ("/v2/account", "/api/trading/account")
# After the click only the consumers' SDK logs in, in its own process; it does not tell how long the vault asks to wait.
BY_THE_SDK = ("/api/v1/auth/universal-auth/login",)


def failing(requests: tuple[Request, ...], kind: FaultKind, **more: int) -> list[Fault]:
    """Each of these requests fails once."""
    return [Fault(one.vendor, kind, one.method, one.path, **more) for one in requests]


class Storm:
    """Regenerates, and from that moment on lets the faults loose. Keeps what there was before."""

    def __init__(self, operator: Operator, faults: list[Fault]) -> None:
        self._operator = operator
        self._faults = faults
        self._before = proof.observe(operator.estate)
        self._counted: Counted | None = None

    def answer(self, operator: Operator) -> Pair:
        """What the person does."""
        self._counted = counted(operator.estate)
        operator.estate.server.journal.clear()
        # The lookout beside the form reads the vault once, at a pace of its own: the faults are for the steps.
        until_watched(operator, times=1)
        operator.estate.server.journal.clear()
        for fault in self._faults:
            operator.estate.server.plan.add(fault)
        return operator.regenerate()

    def assert_weathered(self) -> None:
        """All of them struck, the estate is rotated, and each write was applied exactly once."""
        estate = self._operator.estate
        assert [fault for fault in self._faults if fault.times] == [], "a fault that never struck proves nothing"
        assert proof.prove_rotated(self._before, proof.observe(estate), self._operator.ledger)
        assert self._counted is not None
        assert counted(estate) == self._counted.with_one_more_of_each()


@dataclass(frozen=True)
class Counted:
    """How often each thing was written that is not to be written twice."""

    versions: dict[str, int]
    releases: dict[str, int]
    orders: int

    def with_one_more_of_each(self) -> Counted:
        """What one rotation makes of it."""
        rotated = {name: version + (name in PAPER) for name, version in self.versions.items()}
        return Counted(rotated, {app: number + 1 for app, number in self.releases.items()}, self.orders + 1)


def counted(estate: Estate) -> Counted:
    """Count at the vendors; Slack's notices are counted by the proof."""
    return Counted(
        versions=estate.infisical.versions(estate.project_id, VAULT_ENVIRONMENT, VAULT_PATH),
        releases={app: len(estate.heroku.apps[app].releases) for app in APPS.values()},
        orders=len(estate.paper.orders),
    )


@pytest.mark.parametrize(
    "failures",
    [
        pytest.param(lambda: failing(EVERY, FaultKind.ANSWER, status=500), id="500"),
        pytest.param(lambda: failing(EVERY, FaultKind.HTML, status=200), id="HTML", marks=pytest.mark.long),
        pytest.param(
            lambda: failing(EVERY, FaultKind.DROP_AFTER), id="dropped after it was applied", marks=pytest.mark.long
        ),
        pytest.param(lambda: failing(EVERY, FaultKind.HANG), id="hanging", marks=pytest.mark.long),
    ],
)
@pytest.mark.long
def test_the_rotation_completes_and_writes_everything_exactly_once(
    operator: Operator, failures: Callable[[], list[Fault]]
) -> None:
    operator.lose_patience(0.3)
    storm = Storm(operator, failures())

    outcome = operator.rotate(storm.answer)

    assert outcome.state.is_completed(), outcome.message
    assert len(outcome.descriptions) == 1
    storm.assert_weathered()


@pytest.mark.long
def test_each_vendor_is_left_alone_for_as_long_as_it_asks(operator: Operator) -> None:
    """After 429 with Retry-After a step does not send that request again before the time is over."""
    storm = Storm(operator, failing(EVERY, FaultKind.RATE_LIMIT, retry_after_s=RETRY_AFTER_S))

    outcome = operator.rotate(storm.answer)

    assert outcome.state.is_completed(), outcome.message
    storm.assert_weathered()
    assert hasty(operator.estate) == []


def hasty(estate: Estate) -> list[str]:
    """Every request that was sent again before Retry-After was over."""
    found = []
    entries = estate.server.journal.entries
    for number, refused in enumerate(entries):
        if refused.status != 429 or refused.path in (*PROBES, *BY_THE_SDK):
            continue
        until = refused.at + timedelta(seconds=RETRY_AFTER_S)
        same = (refused.vendor, refused.method, refused.path)
        later = [one for one in entries[number + 1 :] if (one.vendor, one.method, one.path) == same]
        found += [f"{one.vendor} {one.method} {one.path}" for one in later[:1] if one.at < until]
    return found
