"""Errors say what is wrong and what to do next, survive Prefect's pickling, and keep nothing else."""

from __future__ import annotations

import pickle
import re
from collections.abc import Iterator
from typing import Any

import pytest

from blocks import errors
from blocks.errors import (
    LedgerError,
    RateLimited,
    RekeyError,
    StepError,
    Transient,
    Unclear,
    Unreachable,
    Unreadable,
    VendorError,
)

FACTS: dict[str, Any] = {"vendor": "Heroku", "operation": "set config vars", "fault": "not accepted"}


def every_kind(kind: type[RekeyError] = RekeyError) -> Iterator[type[RekeyError]]:
    """All kinds that blocks/errors.py defines."""
    if kind.__module__ == errors.__name__:
        yield kind
    for below in kind.__subclasses__():
        yield from every_kind(below)


def plain(kind: type[RekeyError]) -> RekeyError:
    """An error of that kind as it is mostly raised."""
    return kind(**FACTS) if issubclass(kind, VendorError) else kind("The vault is closed.", "Open it.")


def example(kind: type[RekeyError]) -> RekeyError:
    """An error of that kind with every field set, to something else than its default."""
    if issubclass(kind, VendorError):
        more = {"transient": False} if issubclass(kind, Unclear) else {}
        facts = {**FACTS, **more, "status": 403, "code": "forbidden", "request_id": "r-1", "retry_after_s": 2.0}
        return kind(**facts, remedy="Ask again.")
    if issubclass(kind, LedgerError):
        return kind("The vault is closed.", "Open it.", transient=True)
    if issubclass(kind, Transient):
        return kind("The vault is closed.", "Open it.", retry_after_s=2.0)
    return plain(kind)


KINDS = sorted(every_kind(), key=lambda kind: kind.__name__)


def test_the_tree_in_the_docstring_is_the_tree_of_classes() -> None:
    drawn = re.findall(r"^(?:[|` ]*[|`]-- )?(\w+) {2,}", errors.__doc__ or "", re.MULTILINE)

    assert sorted(drawn) == sorted(kind.__name__ for kind in KINDS)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_an_error_survives_the_pickle_in_which_prefect_keeps_it(kind: type[RekeyError]) -> None:
    error = example(kind)

    again = pickle.loads(pickle.dumps(error))  # noqa: S301  # our own bytes, as Prefect does it

    assert type(again) is kind
    assert str(again) == str(error)
    assert vars(again) == vars(error)


@pytest.mark.parametrize(
    "kind", [kind for kind in KINDS if issubclass(kind, VendorError)], ids=lambda kind: kind.__name__
)
def test_a_vendor_error_names_vendor_operation_fault_status_code_and_request(kind: type[VendorError]) -> None:
    assert str(example(kind)) == (
        "Heroku: set config vars failed: not accepted (HTTP 403, code forbidden, request r-1). Ask again."
    )


@pytest.mark.parametrize(
    "kind", [kind for kind in KINDS if issubclass(kind, VendorError)], ids=lambda kind: kind.__name__
)
def test_a_vendor_error_without_a_remedy_of_its_own_still_says_what_to_do(kind: type[VendorError]) -> None:
    error = kind(**FACTS)

    assert error.remedy == kind.advice
    assert str(error).endswith(kind.advice)


def test_only_what_may_pass_by_itself_is_transient() -> None:
    transient = {kind for kind in KINDS if plain(kind).transient}

    assert transient == {Transient, Unreachable, RateLimited, Unclear, Unreadable}


def test_an_unclear_answer_that_will_not_change_is_not_transient() -> None:
    lasting = Unclear(**FACTS, transient=False)

    assert not lasting.transient
    assert not pickle.loads(pickle.dumps(lasting)).transient  # noqa: S301  # our own bytes


def test_a_transient_step_error_carries_the_vendors_patience_through_the_pickle() -> None:
    waiting = Transient("Not yet.", "Wait.", retry_after_s=7.5)

    again = pickle.loads(pickle.dumps(waiting))  # noqa: S301  # our own bytes

    assert again.retry_after_s == 7.5
    assert isinstance(again, StepError)
