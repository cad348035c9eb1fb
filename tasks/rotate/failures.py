"""What preflight asks all at once, and its failures: all of them together, each cause once."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from http import HTTPStatus
from typing import Any, TypeVar

from blocks.errors import RekeyError, StepError, Unreachable, VaultDamaged, VendorError, one_of
from blocks.model.rotation import Rotation
from blocks.proofs import Record
from blocks.wire.parallel import all_at_once

_T = TypeVar("_T")
Check = Callable[[], str]


def failures_of(checks: list[Check], record: Record) -> list[RekeyError]:
    """All checks at once, so that the operator waits for the slowest and reads every failure together."""
    outcomes = all_at_once([partial(outcome_of, check) for check in checks])
    for sentence in outcomes:
        if isinstance(sentence, str) and sentence:
            record.prove(sentence)
    return [one for one in outcomes if isinstance(one, RekeyError)]


def together(rotation: Rotation, failures: list[RekeyError]) -> StepError:
    """One error of all of them, which says what was touched so far."""
    failures = _distinct(failures)
    count = "1 problem" if len(failures) == 1 else f"{len(failures)} problems"
    so_far = "what was done before stays done" if rotation.may_be_clicked else _untouched(failures)
    if rotation.brakes_began and not rotation.may_be_clicked:
        so_far += ", but trading was stopped before"
    return one_of(failures, f"Preflight found {count}; {so_far}.", "Then start the rotation again.")


def _untouched(failures: list[RekeyError]) -> str:
    damaged = [one for one in failures if isinstance(one, VaultDamaged)]
    if not damaged:
        return "no key was touched"
    known = "holds the current pair again" if all(one.mended for one in damaged) else "has to be looked at"
    return f"nothing was regenerated, and the vault {known}"


def _distinct(failures: list[RekeyError]) -> list[RekeyError]:
    """Each failure once: one token is asked for several consumers and with several questions."""
    seen: dict[tuple[Any, ...], RekeyError] = {}
    for failure in failures:
        seen.setdefault(_cause_of(failure), failure)
    return list(seen.values())


def _cause_of(failure: RekeyError) -> tuple[Any, ...]:
    """What is alike in failures of one cause: a token or a host is wrong for every question that is asked with it."""
    if not isinstance(failure, VendorError):
        return (str(failure),)
    is_one = isinstance(failure, Unreachable) or failure.status == HTTPStatus.UNAUTHORIZED
    question = "" if is_one else failure.operation
    return failure.vendor, question, failure.fault, failure.status, failure.code, failure.remedy


def outcome_of(check: Callable[[], _T]) -> _T | RekeyError:
    """What it says, or the error with which it failed."""
    try:
        return check()
    except RekeyError as error:
        return error
