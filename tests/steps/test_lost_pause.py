"""What Prefect answers while a form is shown is lost, or an error: a form comes all the same, and no run ends."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace

import httpx
import pytest
from prefect import flow

from blocks.issuers.alpaca.pair import Pair
from blocks.model.step import Step
from deployments.rehearsal import proof
from tasks.person.ask import ask_openly
from tasks.person.forms import Signed
from tasks.person.question import Question
from tasks.run.one_at_a_time import this_run
from tests.operator import Operator
from tests.steps.holding import alerts_of_a_hold
from tests.steps.live import live_rotation
from tests.waiting import wait_until

Lost = Callable[[httpx.Request], bool]
STEP = Step.AWAIT_READINESS


def pauses(request: httpx.Request) -> bool:
    """Whether Prefect is asked to pause a run."""
    if not request.url.path.endswith("/set_state"):
        return False
    return bool(json.loads(request.content)["state"]["type"] == "PAUSED")


def stores(part: str) -> Lost:
    """Whether Prefect is given this part of a form."""
    return lambda one: one.url.path.endswith("/input") and f"-{part}".encode() in one.content


def polls() -> Lost:
    """Whether Prefect is asked how the run is, once its form is stored."""
    stored: list[bool] = []

    def lost(request: httpx.Request) -> bool:
        stored.extend([True] * stores("description")(request))
        return bool(stored) and request.method == "GET" and bool(re.search(r"/flow_runs/[^/]+$", request.url.path))

    return lost


def asks_how_it_is(run_id: str) -> Lost:
    """Whether Prefect is asked how this run is."""
    return lambda one: one.method == "GET" and one.url.path.endswith(f"/flow_runs/{run_id}")


def reads_the_answer(request: httpx.Request) -> bool:
    """Whether Prefect is asked for what was submitted."""
    return request.method == "GET" and request.url.path.endswith("-response")


def deletes(request: httpx.Request) -> bool:
    """Whether Prefect is asked to delete what was submitted."""
    return request.method == "DELETE" and request.url.path.endswith("-response")


# After which neither Prefect's own client asks again nor rekey.
ONCE = 501


class Line:
    """The line to Prefect. From now on the answer to the n-th of these requests is lost; Prefect did what it says."""

    def __init__(self, patch: pytest.MonkeyPatch, number: int, lost: Lost, *, status: int | None = None) -> None:
        """With a ``status`` the request does not arrive, and this is the answer."""
        self.losses = 0
        self._left, self._lost, self._status = number, lost, status
        self._send = httpx.Client.send
        line = self

        def send(client: httpx.Client, request: httpx.Request, **more: object) -> httpx.Response:
            return line.through(client, request, **more)

        patch.setattr(httpx.Client, "send", send)

    def through(self, client: httpx.Client, request: httpx.Request, **more: object) -> httpx.Response:
        """Send it; raises as if the connection had closed when it is the one.

        The test's person asks Prefect, too, by a client that is not Prefect's own: that loses nothing.
        """
        if type(client) is httpx.Client:
            return self._send(client, request, **more)  # type: ignore[arg-type]  # passed on as it came
        self._left -= self._lost(request)
        if self._left == 0 and self._lost(request) and self.losses == 0:
            self.losses += 1
            if self._status is not None:
                return httpx.Response(self._status, request=request)
            self._send(client, request, **more)  # type: ignore[arg-type]  # passed on as it came
            raise httpx.RemoteProtocolError("closed", request=request)
        return self._send(client, request, **more)  # type: ignore[arg-type]  # passed on as it came


@flow(name="asks", persist_result=False)
def asks(credential: str) -> str:  # noqa: ARG001  # as rotate takes it
    """Show a form, and return the name that was typed."""
    rotation = replace(live_rotation(), flow_run_id=this_run()[0])
    return ask_openly(rotation, Question(Signed, STEP, lambda _: "### A form", "a person")).operator


def sign(person: Operator) -> None:
    """Fill in the form, which asks for a name only."""
    person.fill()


# The forms of a live rotation, in their order: be ready, enter the pair.
@pytest.mark.parametrize("number", [1, pytest.param(2, marks=pytest.mark.long)])
@pytest.mark.long
def test_a_pause_whose_answer_is_lost_is_taken_back_and_the_form_comes(
    operator: Operator, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    before = proof.observe(operator.estate, "live")
    line = Line(monkeypatch, number, pauses)

    outcome = operator.rotate(Operator.be_ready, Operator.regenerate_live, credential="alpaca-live")

    assert line.losses == 1
    assert outcome.state.is_completed(), outcome.message
    assert proof.prove_rotated(before, proof.observe(operator.estate, "live"), operator.ledger)


@pytest.mark.parametrize(
    ("lost", "status", "forms"),
    [
        # Prefect's own client asks again, and is told that the key exists already (409). A person may be quicker.
        pytest.param(stores("schema"), None, (2,), id="the fields are stored, the answer is lost"),
        pytest.param(stores("description"), None, (1, 2), id="the text is stored, the answer is lost"),
        pytest.param(pauses, ONCE, (2,), id="the pause"),
        pytest.param(stores("schema"), ONCE, (2,), id="the fields", marks=pytest.mark.long),
        pytest.param(stores("description"), ONCE, (2,), id="the text"),
        pytest.param(reads_the_answer, ONCE, (1,), id="what was submitted"),
        pytest.param(deletes, ONCE, (1,), id="its deletion", marks=pytest.mark.long),
        # Prefect's own client asks again (PREFECT_CLIENT_RETRY_EXTRA_CODES).
        pytest.param(pauses, 500, (1,), id="the pause, and once more"),
        # 404 is of an ingress that does not find Prefect for a moment: neither a run nor an answer is gone by that.
        pytest.param(pauses, 404, (2,), id="the pause, not found"),
        pytest.param(reads_the_answer, 404, (1,), id="what was submitted, not found"),
    ],
)
def test_whatever_prefect_answers_while_a_form_is_shown_the_form_is_answered_in_the_end(
    operator: Operator, monkeypatch: pytest.MonkeyPatch, lost: Lost, status: int | None, forms: tuple[int, ...]
) -> None:
    line = Line(monkeypatch, 1, lost, status=status)

    outcome = operator.rotate(sign, flow=asks, credential="alpaca-live")

    assert line.losses == 1
    assert outcome.state.is_completed(), outcome.message
    assert outcome.state.result() == "test operator"
    assert len(operator.steps(STEP)) in forms


@pytest.mark.parametrize(
    ("status", "told"),
    [
        pytest.param(500, [False], id="the server has no database"),
        pytest.param(404, [False], id="an ingress without its server"),
        # Which does not pass by itself.
        pytest.param(403, [False, True], id="it refuses the login"),
    ],
)
def test_a_form_whose_poll_failed_before_anybody_looked_at_it_stays_or_comes_again(
    operator: Operator, monkeypatch: pytest.MonkeyPatch, status: int, told: list[bool]
) -> None:
    operator.look_again_s = 1.5
    line = Line(monkeypatch, 1, polls(), status=status)

    outcome = operator.rotate(sign, flow=asks, credential="alpaca-live")

    assert line.losses == 1
    assert outcome.state.is_completed(), outcome.message
    assert [row.context["told"] for row in operator.steps(STEP)] == told
    assert len(alerts_of_a_hold(operator, "rekey_form")) == 1, "of both, because they wait for the same"


@pytest.mark.parametrize("status", [500, pytest.param(404, marks=pytest.mark.long)])
def test_what_was_submitted_into_a_form_whose_poll_failed_is_not_asked_for_again(
    operator: Operator, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    """The person is quicker than the next look, and that look fails."""
    monkeypatch.setenv("REKEY_FORM_POLL_S", "6")
    line = Line(monkeypatch, 1, polls(), status=status)

    outcome = operator.rotate(sign, flow=asks, credential="alpaca-live")

    assert line.losses == 1
    assert outcome.state.is_completed(), outcome.message
    assert len(operator.steps(STEP)) == 1


def test_a_form_that_comes_again_after_the_click_does_not_tell_to_click_again(
    operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second click would kill the pair that the dashboard shows."""
    monkeypatch.setenv("REKEY_LOOKOUT_INTERVAL_S", "0.2")
    new: list[Pair] = []

    def click_and_lose_the_form(person: Operator) -> None:
        new.append(person.regenerate())
        wait_until(
            lambda: any("old_died_at" in row.context for row in person.ledger.rows()), description="the death is noted"
        )
        assert person.form is not None
        Line(monkeypatch, 1, asks_how_it_is(person.form.run_id), status=403)

    outcome = operator.rotate(click_and_lose_the_form, lambda _: new[0])

    assert outcome.state.is_completed(), outcome.message
    first, again = outcome.descriptions[:2]
    assert "click **Regenerate**" in first
    assert "click **Regenerate**" not in again
    assert "**The old pair is dead since " in again
    assert "touch no button there" in again
    assert "To stop here instead" in first
    assert "To stop here instead" not in again
