"""What a person does on the console: nobody else may, and what is refused says what to do."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from blocks.catalog import load_catalog
from blocks.ledger.row import Action
from deployments.console.answering import Refused, _in_words, _values
from deployments.local.ask_prefect import Shown
from deployments.sandbox import made_up
from tests.console.acting import logged_in, post
from tests.console.conftest import Served
from tests.steps.support import SHIPPED


def test_who_took_a_rotation_is_seen_by_all_and_only_they_answer(acting: Served) -> None:
    first, second = logged_in(acting, "first person"), logged_in(acting, "second person")

    assert post(acting, "/rotations/r-1/take", {"instead_of": ""}, **first).status_code == 200

    acting.shows("Taken by first person", "/")
    acting.shows("Taken by first person", "/rotations/r-1")
    late = post(acting, "/rotations/r-1/take", {"instead_of": ""}, **second)
    assert late.status_code == 409
    assert late.json()["problem"] == "first person has it now: look at the page again."
    answer = post(acting, "/rotations/r-1/answer", {"form": "paused-1", "values": {}}, **second)
    assert answer.json()["problem"] == "first person has this rotation. Take it first."


def test_of_many_who_take_it_at_the_same_moment_one_has_it(acting: Served) -> None:
    people = [logged_in(acting, f"person {one}") for one in range(6)]

    with ThreadPoolExecutor(len(people)) as pool:
        answers = list(pool.map(lambda one: post(acting, "/rotations/r-1/take", {"instead_of": ""}, **one), people))

    assert sorted(one.status_code for one in answers) == [200, *[409] * 5]
    assert [row.action for row in acting.ledger.rows()].count(Action.TAKEN) == 1


def test_taking_over_needs_a_reason_which_is_kept(acting: Served) -> None:
    first, second = logged_in(acting, "first person"), logged_in(acting, "second person")
    post(acting, "/rotations/r-1/take", {"instead_of": ""}, **first)

    without = post(acting, "/rotations/r-1/take", {"instead_of": "first person", "why": " "}, **second)
    leaked = {"instead_of": "first person", "why": made_up.key("HRKU-{base62:40}")}
    assert "looks like a secret" in post(acting, "/rotations/r-1/take", leaked, **second).json()["problem"]
    taken = post(acting, "/rotations/r-1/take", {"instead_of": "first person", "why": "fell ill"}, **second)

    assert without.json()["problem"] == "Say why you take it over from first person."
    assert taken.status_code == 200
    row = [row for row in acting.ledger.rows() if row.action is Action.TAKEN][-1]
    assert (row.actor, row.context["instead_of"], row.context["why"]) == (
        "claimed by second person",
        "first person",
        "fell ill",
    )


def test_a_rotation_that_is_over_is_not_taken(acting: Served) -> None:
    cookie = logged_in(acting, "ops")
    acting.ledger.append(
        Action.COMPLETED, rotation="r-1", credential="alpaca-paper", actor="rekey", context={"secret_name": "x"}
    )

    answer = post(acting, "/rotations/r-1/take", {"instead_of": ""}, **cookie)

    assert answer.json()["problem"] == "This rotation is over: there is nothing to answer."


def test_a_prefect_that_is_not_there_is_told(acting: Served) -> None:
    cookie = logged_in(acting, "ops")

    answer = post(acting, "/credentials/alpaca-paper/start", {"reason": "scheduled"}, **cookie)

    assert answer.status_code == 502
    assert answer.json()["problem"].startswith("It was not done. Prefect was not asked: PREFECT_API_URL is not set.")


@pytest.mark.parametrize("reason", ["", "mis-rotation", "because", None, 7, ["scheduled"], {}])
def test_a_rotation_needs_one_of_the_reasons(acting: Served, reason: object) -> None:
    cookie = logged_in(acting, "ops")

    answer = post(acting, "/credentials/alpaca-paper/start", {"reason": reason}, **cookie)

    assert (answer.status_code, answer.json()["problem"]) == (400, "Choose why it is rotated.")


def test_a_person_who_does_a_whole_rotation_is_not_slowed_down_and_a_robot_is(acting: Served) -> None:
    """By name and address: another person from there goes on."""
    cookie, other = logged_in(acting, "ops"), logged_in(acting, "somebody else")

    codes = [post(acting, "/rotations/r-1/take", {"instead_of": ""}, **cookie).status_code for _ in range(61)]

    assert codes == [200] * 60 + [429]
    assert post(acting, "/rotations/r-1/take", {"instead_of": ""}, **other).status_code == 409


def test_an_approval_is_given_without_taking_the_rotation(acting: Served) -> None:
    """Somebody else gives it than whoever has the rotation; what comes after it is that one's again."""
    first, second = logged_in(acting, "first person"), logged_in(acting, "second person")
    post(acting, "/rotations/r-1/take", {"instead_of": ""}, **first)
    acting.wait("approve", form="paused-2", awaited="the approval of an operator other than first person")
    acting.shows("approve the plan, or end the rotation")

    page = acting.browser.get("/rotations/r-1", headers=second).text
    assert "Take it over" not in page
    assert "Prefect was not asked" in page
    assert "Log in to act" in acting.text("/rotations/r-1")
    told = post(acting, "/rotations/r-1/answer", {"form": "paused-2", "values": {}}, **second).json()["problem"]
    assert "Take it first" not in told
    old = post(acting, "/rotations/r-1/answer", {"form": "paused-1", "values": {}}, **second).json()["problem"]
    assert old == "first person has this rotation. Take it first."
    acting.wait(form="paused-3")
    acting.shows("enter the new pair")
    assert "Take it over" in acting.browser.get("/rotations/r-1", headers=second).text


@pytest.mark.parametrize(
    ("reason", "told"),
    [
        ("Reason: Validation failed. Failure reason: 'x' does not match 'a yes to \"it\"'", "Still missing: "),
        ("Cannot resume a flow run that is not paused.", "This form was answered, or came again."),
        ("something else", "The form does not take that."),
    ],
)
def test_why_prefect_takes_no_answer_is_said_in_words(reason: str, told: str) -> None:
    assert _in_words(reason).startswith(told)


def test_a_reason_with_a_secret_is_not_sent() -> None:
    """It would be signed, and kept with the signature."""
    known = load_catalog(SHIPPED).get("alpaca-paper")
    shown = Shown("paused-1", "", {"properties": {"why": {}, "choice": {}}})
    secret = made_up.key("HRKU-{base62:40}")

    with pytest.raises(Refused, match="looks like a secret") as told:
        _values({"values": {"choice": "x", "why": f"because {secret}"}}, shown, known)
    assert secret not in str(told.value)
    assert _values({"values": {"why": "OPS-12"}}, shown, known) == {"why": "OPS-12"}
