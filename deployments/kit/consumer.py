"""The rules of a consumer: it is given a pair once, says so only when it has it, and goes on after every death."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import UTC, datetime

from blocks.answer import Answer
from blocks.check import Depth
from blocks.consumers.interface import EQUAL, PROVED, Held
from blocks.errors import RekeyError
from blocks.proofs import Record
from blocks.secret import Minted
from deployments.kit.answers import REFUSALS, UNCLEAR, cut_off, each
from deployments.kit.rules import demand, rules_in
from deployments.kit.stands import ConsumerStand


def _give(stand: ConsumerStand, pair: Minted) -> Record:
    record = Record()
    stand.consumer.give(stand.handover(pair), record)
    return record


def _writes(stand: ConsumerStand, after: int) -> int:
    methods, path = stand.write
    return sum(
        one.method in methods.split("|") and re.fullmatch(path, one.path) is not None for one in stand.asked[after:]
    )


def it_has_what_it_was_given(stand: ConsumerStand) -> None:
    """After it was given a pair it has that pair, and proves it by a sentence that holds no secret."""
    record = _give(stand, stand.new)
    demand(stand.has(stand.new) is not False, "It says that it was given the pair, and has it not.")
    demand(record.proofs, "It proves nothing.")
    told = " ".join([*record.proofs, str(record.facts)])
    secrets = [one.get_secret_value() for one in stand.new.values.values()]
    demand(not any(one in told for one in secrets), "What it proves holds the pair itself.")


def what_it_has_already_is_not_written_again(stand: ConsumerStand) -> None:
    """Given the same pair again it looks first: where its copy can be read, nothing is written."""
    _give(stand, stand.new)
    before = len(stand.asked)
    _give(stand, stand.new)
    if stand.consumer.has(stand.new) is Answer.YES:
        demand(not _writes(stand, before), "It had the pair, and was written to again.")


def whether_it_has_a_pair_has_three_answers(stand: ConsumerStand) -> None:
    """A pair that it has is a yes and another one a no; or its copy cannot be read, and both are unknown."""
    _give(stand, stand.new)
    its, other = stand.consumer.has(stand.new), stand.consumer.has(stand.old)
    demand(its is not Answer.NO, "The pair that it has is called another one.")
    demand(other is not Answer.YES, "A pair that it does not have is called its own.")
    for called in each(stand, UNCLEAR):
        with suppress(RekeyError):
            seen = stand.consumer.has(stand.old)
            demand(seen is not Answer.YES, f"After {called} it is said to have a pair that it does not have.")


def asking_whether_it_may_be_written_changes_nothing(stand: ConsumerStand) -> None:
    """``can_write`` is a yes here, and what it has stays as it is."""
    before = stand.has(stand.old)
    demand(stand.consumer.can_write() is Answer.YES, "rekey may write there, and it does not say YES.")
    demand(stand.has(stand.old) is before, "Only asked whether it may be written, and its pair is another one.")


def an_unclear_answer_gives_no_right_to_write(stand: ConsumerStand) -> None:
    """Without a clear answer nobody may rely on the right to write."""
    for called in each(stand, {**UNCLEAR, **REFUSALS}):
        with suppress(RekeyError):
            seen = stand.consumer.can_write()
            demand(seen is not Answer.YES, f"After {called} it says that rekey may write there.")


def what_was_not_written_is_not_said_to_be(stand: ConsumerStand) -> None:
    """Whatever is answered to its writes: it is an error, or it has the pair."""
    method, path = stand.write
    for one in method.split("|"):
        for called in each(stand, {**UNCLEAR, **REFUSALS}, one, path):
            try:
                _give(stand, stand.new)
            except RekeyError:
                continue
            demand(stand.has(stand.new) is not False, f"After {called} it says that it has the pair, and has not.")
            stand.mend()
            _give(stand, stand.old)


def killed_at_any_request_it_goes_on(stand: ConsumerStand) -> None:
    """Cut off after any of its requests, applied or not, the next try ends with the pair in it."""
    for at in cut_off(stand):
        with suppress(RekeyError):
            _give(stand, stand.new)
        stand.mend()
        _give(stand, stand.new)
        demand(stand.has(stand.new) is not False, f"Cut off at its request {at}, it never had the pair.")
        _give(stand, stand.old)


def a_copy_that_differs_is_never_called_equal(stand: ConsumerStand) -> None:
    """Compared with the vault's pair: equal only when it was read and is that pair."""
    _give(stand, stand.new)
    now = datetime.now(UTC)
    with suppress(RekeyError):
        seen = stand.consumer.holds(Held(stand.old, now), None, Depth.FULL)
        demand(seen.short not in {EQUAL, PROVED}, f"A copy of another pair is called {seen.short}.")


def it_tells_where_else_its_names_are(stand: ConsumerStand) -> None:
    """Where it can look it says what it found, in a sentence; where it cannot, it says that."""
    found = stand.consumer.elsewhere([stand.consumer])
    if stand.consumer.looks_elsewhere:
        demand(found is not None and found.told, "It says that it can look elsewhere, and tells nothing.")
    else:
        demand(found is None, "It says that it cannot look elsewhere, and tells something.")


RULES = rules_in((
    it_has_what_it_was_given,
    what_it_has_already_is_not_written_again,
    whether_it_has_a_pair_has_three_answers,
    asking_whether_it_may_be_written_changes_nothing,
    an_unclear_answer_gives_no_right_to_write,
    what_was_not_written_is_not_said_to_be,
    killed_at_any_request_it_goes_on,
    a_copy_that_differs_is_never_called_equal,
    it_tells_where_else_its_names_are,
))  # fmt: skip
