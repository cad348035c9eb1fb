"""Waiting for a proof: only yes ends it early, unknown never counts, and the time is kept."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable

import pytest

from blocks.answer import Answer
from blocks.wire.poll import AGAIN_INTERVAL_S, wait_for

YES, NO, UNKNOWN = Answer.YES, Answer.NO, Answer.UNKNOWN


def saying(answers: Iterable[Answer]) -> tuple[Callable[[], Answer], list[Answer]]:
    """A question that is answered so, and the answers that were given."""
    left, given = iter(answers), list[Answer]()

    def question() -> Answer:
        given.append(next(left))
        return given[-1]

    return question, given


def always(answer: Answer) -> Iterable[Answer]:
    while True:
        yield answer


def test_the_first_yes_ends_the_wait() -> None:
    question, given = saying([UNKNOWN, NO, YES])

    assert wait_for(question, timeout_s=5, interval_s=0.001) is YES
    assert given == [UNKNOWN, NO, YES]


def test_one_answer_is_asked_for_even_without_any_time() -> None:
    question, given = saying([YES])

    assert wait_for(question, timeout_s=0, interval_s=0.001) is YES
    assert given == [YES]


@pytest.mark.parametrize("between", [NO, UNKNOWN])
def test_answers_in_a_row_start_again_after_any_other_answer(between: Answer) -> None:
    question, given = saying([YES, YES, between, YES, YES, YES])

    assert wait_for(question, timeout_s=5, interval_s=0.001, in_a_row=3) is YES
    assert len(given) == 6


def test_questions_after_a_yes_are_far_enough_apart_for_another_dyno_to_answer() -> None:
    asked: list[float] = []

    def question() -> Answer:
        asked.append(time.monotonic())
        return YES

    assert wait_for(question, timeout_s=5, interval_s=0.001, in_a_row=3) is YES
    assert min(asked[1] - asked[0], asked[2] - asked[1]) >= AGAIN_INTERVAL_S


def test_an_answer_that_took_its_time_is_followed_by_the_next_question_at_once() -> None:
    """Trading stands still meanwhile: a page across the internet takes longer than the pause by itself."""
    began: list[float] = []
    ended: list[float] = []

    def question() -> Answer:
        began.append(time.monotonic())
        time.sleep(3 * AGAIN_INTERVAL_S)
        ended.append(time.monotonic())
        return YES

    assert wait_for(question, timeout_s=5, interval_s=0.001, in_a_row=3) is YES
    assert min(began[1] - ended[0], began[2] - ended[1]) < AGAIN_INTERVAL_S / 2


@pytest.mark.parametrize("answer", [NO, UNKNOWN])
def test_when_the_time_is_over_the_last_other_answer_is_returned(answer: Answer) -> None:
    question, given = saying(always(answer))
    started = time.monotonic()

    assert wait_for(question, timeout_s=0.2, interval_s=0.01) is answer
    assert len(given) > 2
    assert 0.2 <= time.monotonic() - started < 2


def test_a_yes_that_was_not_heard_often_enough_is_no_yes() -> None:
    question, _ = saying(always(YES))

    assert wait_for(question, timeout_s=0, interval_s=0.001, in_a_row=2) is UNKNOWN


def test_a_clear_no_ends_the_wait_only_where_it_is_asked_for() -> None:
    question, given = saying([UNKNOWN, NO, YES])

    assert wait_for(question, timeout_s=5, interval_s=0.001, stop_on_no=True) is NO
    assert given == [UNKNOWN, NO]


def test_unknown_never_ends_the_wait() -> None:
    question, given = saying([UNKNOWN, UNKNOWN, YES])

    assert wait_for(question, timeout_s=5, interval_s=0.001, stop_on_no=True) is YES
    assert len(given) == 3


def test_with_a_share_the_questions_become_rarer_only_as_the_wait_grows_long() -> None:
    """Without it six questions fit into that time: the pause grows by half each time."""
    question, given = saying(always(UNKNOWN))

    assert wait_for(question, timeout_s=1.5, interval_s=10, share=0.02) is UNKNOWN
    assert 9 <= len(given) <= 17


def test_an_answer_cannot_be_taken_for_a_yes_or_no_by_its_truth() -> None:
    """Neither `if answer:` nor `not answer`: unknown would be one of them."""
    for answer in Answer:
        with pytest.raises(TypeError, match="compare it with 'is'"):
            bool(answer)
