"""An error names the cause that Heroku's machine id shows, and what helps against that, whatever its status."""

from __future__ import annotations

import pytest

from blocks.consumers.heroku.client import HerokuClient
from blocks.errors import Refused, Rejected, VendorError
from deployments.sandbox.faults import FaultKind
from deployments.sandbox.heroku.apps import SandboxApp
from tests.vendors.heroku.scene import KEY, Scene, new_pair
from tests.vendors.silence import assert_silent

# Status, machine id, kind; what the first line says, and what the advice.
CAUSES = [
    (402, "delinquent", Rejected, "an unpaid bill", "Billing"),
    (403, "suspended", Refused, "has suspended the account or the app", "help.heroku.com"),
    (403, "two_factor", Refused, "asks for a second factor", "heroku authorizations:create"),
    (409, "conflict", Rejected, "something else changes the app", "Activity page"),
    (410, "gone", Rejected, "existed and was deleted", "app's name in the catalog"),
    (422, "verification_needed", Rejected, "wants billing information", "Billing"),
]


@pytest.mark.parametrize(("status", "machine_id", "kind", "fault", "advice"), CAUSES)
def test_the_machine_id_decides_what_is_said(
    scene: Scene,
    app: SandboxApp,
    client: HerokuClient,
    status: int,
    machine_id: str,
    kind: type[VendorError],
    fault: str,
    advice: str,
) -> None:
    scene.fault(FaultKind.ANSWER, status=status, body={"id": machine_id, "message": "of Heroku's own"}, times=None)
    for ask in (lambda: client.variables(app.name, [KEY]), lambda: client.set_variables(app.name, new_pair())):
        with pytest.raises(VendorError) as caught:
            ask()
        assert type(caught.value) is kind
        assert fault in caught.value.problem.splitlines()[0]
        assert advice in caught.value.remedy
        assert "The token is" not in caught.value.remedy
        assert_silent(caught.value)


@pytest.mark.parametrize(
    ("status", "machine_id", "fault", "advice"),
    [
        (401, "unauthorized", "not accepted", "The token is wrong or expired."),
        (403, "forbidden", "not accepted", "The token is expired or not allowed to do this."),
        (403, "an_id_of_tomorrow", "not accepted", "The token is expired or not allowed to do this."),
        (409, "an_id_of_tomorrow", "rejected", Rejected.advice),
    ],
)
def test_an_id_that_says_no_more_than_the_status_keeps_the_general_advice(
    scene: Scene, app: SandboxApp, client: HerokuClient, status: int, machine_id: str, fault: str, advice: str
) -> None:
    scene.fault(FaultKind.ANSWER, status=status, body={"id": machine_id}, times=None)
    with pytest.raises(VendorError) as caught:
        client.variables(app.name, [KEY])
    assert caught.value.fault == fault
    assert caught.value.remedy.startswith(advice)


def test_an_id_beside_a_status_that_is_no_refusal_decides_nothing(
    scene: Scene, app: SandboxApp, client: HerokuClient
) -> None:
    scene.fault(FaultKind.ANSWER, status=503, body={"id": "suspended"}, times=None)
    with pytest.raises(VendorError) as caught:
        client.variables(app.name, [KEY])
    assert caught.value.fault == "the vendor is in trouble"
