"""Prefect pauses the run, and what it answers to that is lost: a form comes all the same."""

from __future__ import annotations

import json
from collections.abc import Callable

import httpx
import pytest

from deployments import proof
from tests.operator import Operator
from tests.steps.test_hold import RETRY

pytestmark = pytest.mark.usefixtures("_few_tries")
Lost = Callable[[httpx.Request], bool]


def pauses(request: httpx.Request) -> bool:
    """Whether Prefect is asked to pause a run."""
    if not request.url.path.endswith("/set_state"):
        return False
    return bool(json.loads(request.content)["state"]["type"] == "PAUSED")


def shows_a_form(request: httpx.Request) -> bool:
    """Whether Prefect is given the fields of a form."""
    return request.method == "POST" and request.url.path.endswith("/input") and b"-schema" in request.content


class Line:
    """The line to Prefect. From now on the answer to the n-th of these requests is lost; Prefect did what it says."""

    def __init__(self, patch: pytest.MonkeyPatch, number: int, lost: Lost, *, applied: bool = True) -> None:
        self.losses = 0
        self._left, self._lost, self._applied = number, lost, applied
        self._send = httpx.Client.send
        line = self

        def send(client: httpx.Client, request: httpx.Request, **more: object) -> httpx.Response:
            return line.through(client, request, **more)

        patch.setattr(httpx.Client, "send", send)

    def through(self, client: httpx.Client, request: httpx.Request, **more: object) -> httpx.Response:
        """Send it; raises as if the connection had closed when it is the one."""
        self._left -= self._lost(request)
        if self._left == 0 and self._lost(request) and self.losses == 0:
            self.losses += 1
            if not self._applied:
                return httpx.Response(500, request=request)
            self._send(client, request, **more)  # type: ignore[arg-type]  # passed on as it came
            raise httpx.RemoteProtocolError("closed", request=request)
        return self._send(client, request, **more)  # type: ignore[arg-type]  # passed on as it came


# The forms of a live rotation, in their order: be ready, enter the pair.
@pytest.mark.parametrize("number", [1, 2])
def test_a_pause_whose_answer_is_lost_is_taken_back_and_the_form_comes(
    operator: Operator, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    before = proof.observe(operator.estate, "live")
    line = Line(monkeypatch, number, pauses)

    outcome = operator.rotate(Operator.be_ready, Operator.regenerate_live, credential="alpaca-live")

    assert line.losses == 1
    assert outcome.state.is_completed(), outcome.message
    assert proof.prove_rotated(before, proof.observe(operator.estate, "live"), operator.ledger)


def test_a_form_that_prefect_did_not_keep_holds_the_rotation_with_a_form_that_it_keeps(
    operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = Line(monkeypatch, 2, shows_a_form, applied=False)

    outcome = operator.rotate(
        Operator.be_ready, lambda person: person.choose(RETRY), Operator.regenerate_live, credential="alpaca-live"
    )

    assert line.losses == 1
    assert outcome.state.is_completed(), outcome.message
    assert "An error that rekey does not know of stopped a step (PrefectHTTPStatusError)" in outcome.descriptions[1]
