"""Each run writes down what it asked and told, and `rekey metrics` has it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from blocks import tally
from blocks.catalog import load_catalog
from blocks.ledger.metrics import Metrics
from blocks.settings import read_settings
from deployments.sandbox.faults import Fault, FaultKind
from tasks.run.notify import notify
from tests.health.support import examined
from tests.operator import Operator
from tests.steps.alarms import POST
from tests.steps.live import live_rotation
from tests.steps.support import alone
from tests.steps.watching import watched

pytestmark = pytest.mark.prefect
# Nobody but rekey asks them in the sandbox; of a rotation's the vault is read by its own SDK, too.
VAULT, CONSUMER = "infisical", "github"


@pytest.fixture(autouse=True)
def _nothing_is_counted_yet() -> None:
    tally.take()


def told() -> dict[tuple[str, ...], float]:
    """Each sample, by its name and labels."""
    settings = read_settings()
    found = Metrics(settings.ledger_url, load_catalog(settings.catalog).credential.values).collect()
    return {(one.name, *one.labels.values()): one.value for family in found for one in family.samples}


def asked_of(operator: Operator, vendor: str) -> float:
    """Requests of that vendor, as the metrics have them."""
    host = operator.estate.server.url(vendor).removeprefix("http://")
    return sum(value for key, value in told().items() if key[0] == "rekey_vendor_requests_total" and host in key)


def rotated(operator: Operator) -> None:
    assert operator.rotate(Operator.regenerate).state.is_completed()


@pytest.mark.parametrize(
    ("run", "vendor"),
    [(lambda _: watched(), VAULT), (lambda _: examined(), VAULT), (rotated, CONSUMER)],
    ids=["watch", "health", "rotate"],
)
def test_a_run_writes_down_every_request_that_it_sent(
    operator: Operator, run: Callable[[Operator], object], vendor: str
) -> None:
    journal = operator.estate.server.journal
    journal.clear()

    run(operator)

    assert len(journal.of(vendor)) > 0
    assert asked_of(operator, vendor) == len(journal.of(vendor))


def test_alarms_are_counted_told_or_not(operator: Operator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tasks.run.notify.PAUSES_S", (0.01,))
    assert alone(lambda: notify(live_rotation(), "It is held", "Why.")).is_completed()
    operator.estate.server.plan.add(Fault("slack", FaultKind.ANSWER, "POST", POST, status=503, times=None))
    assert alone(lambda: notify(live_rotation(), "It is held", "Why.")).is_completed()
    assert alone(lambda: notify(live_rotation(), "It is held", "Why.")).is_completed()
    assert (told()["rekey_alarms_total", "told"], told()["rekey_alarms_total", "untold"]) == (0, 0)

    operator.estate.server.plan.clear()
    watched()

    # Watch told both late.
    assert (told()["rekey_alarms_total", "told"], told()["rekey_alarms_total", "untold"]) == (3, 2)
