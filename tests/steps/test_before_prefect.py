"""What something before Prefect answers in its place says nothing: an ingress without its server, another program."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

import pytest
from starlette.responses import HTMLResponse, JSONResponse, Response

from blocks.answer import Answer
from blocks.consumers.heroku.block import Heroku
from blocks.errors import Unreachable
from blocks.issuers.alpaca.pair import FIELDS
from blocks.prefect_api import beginning, estate, prefect_runs, prefect_state
from tasks.run import submissions
from tests.door.test_health_of_the_door import answering

RUN = "00000000-0000-4000-8000-000000000000"
ANSWERS = {
    "an ingress without its server": HTMLResponse("default backend - 404", 404),
    "another program": JSONResponse({"detail": "Not Found"}, 404),
    "another program in its own words": JSONResponse({"error": "who is that?"}, 404),
    "a page": HTMLResponse("<h1>Log in</h1>"),
}
QUESTIONS: dict[str, Callable[[], object]] = {
    "whether a run is over": lambda: prefect_runs.ended(RUN),
    "whether a form waits": lambda: prefect_runs.shows(RUN, "paused-1"),
    "that a run is over": lambda: prefect_runs.end(RUN, "over"),
    "that a run goes on": lambda: prefect_runs.go_on(RUN),
    "to fill in a form": lambda: prefect_runs.resume(RUN, {"choice": "retry this step"}),
    "a rotation": lambda: prefect_runs.start_rotation("alpaca-paper", "scheduled"),
    "what is about to begin": lambda: beginning.of_rotation("alpaca-paper", but=RUN),
    "what was left in forms": lambda: prefect_runs.forms_left("alpaca-paper", "await-human-input"),
    "a deployment": lambda: prefect_state.deployment(UUID(RUN)),
    "what was typed": lambda: submissions.read(RUN, "paused-1", FIELDS),
    "a block": lambda: estate.loaded(Heroku),
}


def asked(question: Callable[[], object]) -> str:
    """What became of the question."""
    try:
        return f"answered {question()}"
    except Unreachable as error:
        return "may be asked again" if error.transient else str(error)
    except Exception as error:  # noqa: BLE001  # that is what must not happen
        return type(error).__name__


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS)
@pytest.mark.usefixtures("operator")
def test_it_is_no_answer_of_prefects(answer: Response) -> None:
    """It ends no run, takes no lease and no pair that was typed away, and is no fault of whoever made a block."""
    with answering(answer):
        is_over = prefect_runs.is_over(RUN)
        told = {name: asked(question) for name, question in QUESTIONS.items()}

    assert is_over is Answer.UNKNOWN
    assert told == dict.fromkeys(QUESTIONS, "may be asked again")


@pytest.mark.parametrize("answer", [one for one in ANSWERS.values() if one.status_code == 404])
@pytest.mark.usefixtures("prefect")
def test_it_deletes_nothing_that_was_typed(answer: Response) -> None:
    with answering(answer):
        assert asked(lambda: submissions.forget(RUN, "paused-1")) == "may be asked again"


@pytest.mark.usefixtures("operator")
def test_what_prefect_itself_does_not_know_is_gone() -> None:
    assert prefect_runs.is_over(RUN) is Answer.YES
    assert prefect_runs.is_over("none of Prefect's") is Answer.YES
    assert prefect_runs.ended(RUN).is_over
    assert not prefect_runs.shows(RUN, "paused-1")
    prefect_runs.end(RUN, "over")
    assert prefect_state.deployment(UUID(RUN)) is None
    assert submissions.read(RUN, "paused-1", FIELDS) is None
    submissions.forget(RUN, "paused-1")
