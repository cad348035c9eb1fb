"""One switch that stops trading: set it where it is, and prove by the application's own page that it is so.

Unknown is never a yes: an error page, a redirect or a missing field proves nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

from prefect.logging import get_run_logger

from blocks.answer import Answer
from blocks.brakes.interface import Brake, Done, Position
from blocks.errors import LeaseLost, RekeyError, StepError, one_of
from blocks.prefect_api import at_once, estate
from blocks.proofs import Record, still_waiting_for
from blocks.settings import read_settings
from blocks.wire.parallel import all_at_once
from blocks.wire.poll import boot_interval_s, wait_for

# How often the page has to say the same without another answer between: a router may still know an older dyno.
IN_A_ROW = 3
# For three answers of a page across the internet, of an application that runs.
KEPT_ON_PATIENCE_S = 10.0
# A held rotation shows its form soon, and an alarm is told soon: what cannot be proved by then is said as not proved.
HELD_PATIENCE_S = 45.0
_WORD = {True: "stopped", False: "on"}


@dataclass(frozen=True, slots=True)
class Ground:
    """Why a brake that is set is enough where its application says nothing: it may have died of the old key.

    ``told`` is a part of a sentence. ``when_changed``: also where the brake had to be set just now.
    """

    told: str
    when_changed: bool


@dataclass(frozen=True, slots=True)
class _Said:
    """YES when the page said the wanted answer several times in a row; otherwise what it said last, and how."""

    answer: Answer
    reason: str
    # Whether it said the opposite at least once meanwhile.
    contradicted: bool


def set_all(
    brakes: Sequence[Brake],
    record: Record,
    *,
    engaged: bool,
    timeout_s: float | None = None,
    changed: list[Brake] | None = None,
) -> None:
    """Set all of them at once and prove each. Raises the one failure, or StepError or Transient with all of them.

    Those that had to be changed are added to ``changed``, also when the proof fails.
    """
    found: list[Brake] = [] if changed is None else changed
    questions = [partial(_set, one, record, found, engaged=engaged, timeout_s=timeout_s) for one in brakes]
    # Whoever releases one has time: until Prefect answers it stays on.
    _each([partial(at_once.act, one) if engaged else one for one in questions])


def engage_or_believe(brakes: Sequence[Brake], record: Record, ground: Ground, *, changed: list[Brake]) -> list[Brake]:
    """Engage all at once, and prove each that can be asked; return those whose application says nothing.

    Raises as ``set_all`` does: for a brake that is not set, for a page that says that trading is on, and for one that
    says nothing where ``ground`` is not enough.
    """
    unheard: list[Brake] = []
    _each([partial(at_once.act, partial(_believed, one, record, ground, changed, unheard)) for one in brakes])
    return unheard


def keep_on(brakes: Sequence[Brake], record: Record, changed: list[Brake]) -> None:
    """Prove that each stops trading still; one that somebody released meanwhile is engaged again at once.

    Those are added to ``changed``, also when the proof fails.
    """
    _each([partial(at_once.act, partial(_kept_on, one, record, changed)) for one in brakes])


def _each(questions: Sequence[Callable[[], None]]) -> None:
    """One failure must hide no other: people have to know of every application that may trade."""
    found = all_at_once([partial(_problem, question) for question in questions])
    problems = [one for one in found if one is not None]
    if problems:
        raise _together(problems)


def _together(problems: Sequence[RekeyError]) -> RekeyError:
    """One of them as it is when it says all there is to say; otherwise all, worth another try if each is."""
    lost = next((one for one in problems if isinstance(one, LeaseLost)), None)
    if lost is not None or len(problems) == 1:
        return lost or problems[0]
    return one_of(problems, f"{len(problems)} brakes are not as they should be:", "Look at each of these applications.")


def _problem(question: Callable[[], None]) -> RekeyError | None:
    try:
        question()
    except RekeyError as error:
        return error
    return None


def _kept_on(brake: Brake, record: Record, changed: list[Brake]) -> None:
    said = _says(brake, Answer.NO, KEPT_ON_PATIENCE_S, stop_on_no=True)
    if said.answer is Answer.YES:
        return
    why = "its page says that trading is on" if said.answer is Answer.NO else f"the page is unclear ({said.reason})"
    told = f"{brake.label} was not proved to be on any more: {why}. It is engaged again."
    get_run_logger().error("%s", told)
    _set(brake, record, changed, engaged=True)
    record.prove(told)


def _set(
    brake: Brake,
    record: Record,
    changed: list[Brake],
    *,
    engaged: bool,
    timeout_s: float | None = None,
) -> None:
    done = _put(brake, changed, engaged=engaged, timeout_s=timeout_s)
    patience_s = read_settings().verify_timeout_s if timeout_s is None else timeout_s
    # With preboot that takes minutes.
    said = _says(brake, Answer.NO if engaged else Answer.YES, patience_s)
    if said.answer is not Answer.YES:
        raise _not_proved(brake, said, patience_s, engaged=engaged)
    _record(brake, record, done, engaged=engaged)


def _put(brake: Brake, changed: list[Brake], *, engaged: bool, timeout_s: float | None = None) -> Done:
    # Loaded now, so that its page is asked as soon as the application has it.
    estate.runtime(brake.runtime)
    return brake.set(engaged=engaged, timeout_s=timeout_s, on_change=lambda: changed.append(brake))


def _record(brake: Brake, record: Record, done: Done, *, engaged: bool) -> None:
    for told in done.beside if engaged else ():
        record.prove(told)
    record.prove(
        f"{brake.label} is {done.told}; {brake.said(enabled=not engaged)}, {IN_A_ROW} times in a row. Trading is "
        f"{_WORD[engaged]}."
    )


def _believed(brake: Brake, record: Record, ground: Ground, changed: list[Brake], unheard: list[Brake]) -> None:
    patience_s = KEPT_ON_PATIENCE_S
    try:
        done = _put(brake, changed, engaged=True)
        said = _says(brake, Answer.NO, patience_s)
        if said.contradicted and said.answer is not Answer.YES:
            # It answers, perhaps by a dyno that is being replaced: that takes as long as it ever may.
            patience_s = read_settings().verify_timeout_s
            said = replace(_says(brake, Answer.NO, patience_s), contradicted=True)
        if said.answer is Answer.YES:
            _record(brake, record, done, engaged=True)
            return
        problem = _not_proved(brake, said, patience_s, engaged=True)
    except StepError as error:
        # Its dynos crash, which may come of the old key.
        said, problem = _says(brake, Answer.NO, KEPT_ON_PATIENCE_S), error
    is_enough = ground.when_changed or brake not in changed
    position = brake.position()
    if said.contradicted or not is_enough or not position.is_engaged:
        raise problem
    unheard.append(brake)
    record.prove(_unheard(brake, position, ground, said))


def _unheard(brake: Brake, position: Position, ground: Ground, said: _Said) -> str:
    stopped = said.answer is Answer.YES
    says = "says that trading is stopped, and is not well" if stopped else f"does not say ({said.reason.rstrip('.')})"
    return (
        f"{brake.label} is {position.told}, and {ground.told}. Whether trading is stopped now is not proved: "
        f"{brake.runtime} {says}. That holds nothing: trading goes on only once the application is proved on a new key."
    )


def _not_proved(brake: Brake, said: _Said, patience_s: float, *, engaged: bool) -> StepError:
    known = None if said.contradicted else _in_the_way(brake)
    before = f"{known.problem} " if known else ""
    return StepError(
        f"{before}Whether trading is {_WORD[engaged]} is not proved: asked for {brake.route} for {patience_s:.0f} s, "
        f"{brake.runtime} does not say {brake.field}: {str(not engaged).lower()} {IN_A_ROW} times in a row "
        f"({said.reason.rstrip('.')}).",
        known.remedy if known else brake.advice,
    )


def _in_the_way(brake: Brake) -> StepError | None:
    try:
        return brake.in_the_way()
    except RekeyError:
        # It was asked for to say more; what is to be said is said without it.
        return None


def _says(brake: Brake, wanted: Answer, patience_s: float, *, stop_on_no: bool = False) -> _Said:
    reason, contradicted = "", False

    def asked() -> Answer:
        nonlocal reason, contradicted
        enabled = at_once.heard(brake.trading(partial(client.trading_health, brake.route, brake.field)))
        reason = enabled.reason or f"it says {brake.field}: {str(enabled.answer is Answer.YES).lower()}"
        if enabled.answer is Answer.UNKNOWN:
            return Answer.UNKNOWN
        is_wanted = enabled.answer is wanted
        contradicted = contradicted or not is_wanted
        return Answer.YES if is_wanted else Answer.NO

    with estate.runtime(brake.runtime).get_client() as client:
        answer = wait_for(
            asked,
            timeout_s=patience_s,
            interval_s=boot_interval_s(read_settings().probe_interval_s),
            in_a_row=IN_A_ROW,
            stop_on_no=stop_on_no,
            report=still_waiting_for(f"{brake.runtime} to say that trading is {_WORD[wanted is Answer.NO]}"),
        )
    return _Said(answer, reason, contradicted)
