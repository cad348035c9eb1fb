"""A rule that a kind has to keep, and how one is played: against a kind that stands before its twin.

A stand is made anew for each rule, by a factory: a context manager around the kind, its twin's server, and the few
things that only its author knows (stands.py). What a rule finds broken it says in one sentence; whatever a kind raises
that is none of blocks/errors.py breaks every rule.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any, NoReturn

from prefect.logging import disable_run_logger

from blocks.errors import RekeyError
from blocks.prefect_api.block_cache import CACHE
from deployments.kit.stands import Stand
from deployments.sandbox import made_up

# A kind in a stand waits no longer for what it waits for; and whatever environment somebody has says nothing here.
IMPATIENT = {
    "REKEY_RELEASE_TIMEOUT_S": "2",
    "REKEY_ACTIVATION_TIMEOUT_S": "2",
    "REKEY_PROBE_INTERVAL_S": "0.05",
}
Factory = Callable[[], AbstractContextManager[Any]]


class Broken(Exception):
    """A rule does not hold: why, in one sentence."""


@dataclass(frozen=True, slots=True)
class Rule:
    """``name`` is its function's; ``says`` what has to be so, as its docstring has it."""

    name: str
    says: str
    play: Callable[[Any], None]


@dataclass(frozen=True, slots=True)
class Found:
    """How one rule is kept; ``broken`` is empty when it is."""

    rule: Rule
    broken: str


def rules_in(functions: Iterable[Callable[[Any], None]]) -> tuple[Rule, ...]:
    """Each function is a rule, and its docstring says it."""
    return tuple(Rule(one.__name__.replace("_", " "), " ".join((one.__doc__ or "").split()), one) for one in functions)


def demand(holds: object, sentence: str) -> None:
    """Raise Broken with this sentence unless it holds."""
    if not holds:
        broken(sentence)


def broken(sentence: str) -> NoReturn:
    """Raise it."""
    raise Broken(sentence)


@contextmanager
def refused(doing: str) -> Iterator[list[RekeyError]]:
    """What is done in here has to end with one of rekey's errors, which is in the list then."""
    caught: list[RekeyError] = []
    try:
        yield caught
    except RekeyError as error:
        caught.append(error)
        return
    broken(f"{doing} came back as if all were well.")


def played(rules: Iterable[Rule], factory: Factory) -> Iterator[Found]:
    """Each rule against a stand of its own, in order, as each is done."""
    for rule in rules:
        yield Found(rule, _broken_by(rule, factory))


def _broken_by(rule: Rule, factory: Factory) -> str:
    """Why it is broken; empty when it holds."""
    before = len(made_up.issued)
    try:
        with _impatient(), factory() as stand, _blocks_of(stand), disable_run_logger():
            rule.play(stand)
    except Broken as found:
        return str(found)
    except RekeyError as error:
        return _unless_it_tells(error, before) or f"{type(error).__name__} was raised: {error}"
    except Exception as error:  # noqa: BLE001  # that is the finding
        return f"{type(error).__name__} was raised, which is none of blocks/errors.py."
    return ""


def _unless_it_tells(error: RekeyError, before: int) -> str:
    told = f"{error} {vars(error)}"
    if any(one in told for one in made_up.issued[before:]):
        return f"{type(error).__name__} holds a secret."
    return ""


@contextmanager
def _blocks_of(stand: Stand) -> Iterator[None]:
    """The blocks that the kind loads are those of the stand: no Prefect server is needed."""
    with CACHE.afresh():
        for document, block in stand.blocks:
            CACHE.get(type(block), document, lambda *_, one=block: one)
        yield


@contextmanager
def _impatient() -> Iterator[None]:
    """The settings of a stand; and what the twin's server says of the connections that it cut is not shown."""
    before, server = {name: os.environ.get(name) for name in IMPATIENT}, logging.getLogger("uvicorn.error")
    os.environ.update(IMPATIENT)
    is_quiet, server.disabled = server.disabled, True
    try:
        yield
    finally:
        server.disabled = is_quiet
        for name, value in before.items():
            if value is None:
                os.environ.pop(name)
            else:
                os.environ[name] = value
