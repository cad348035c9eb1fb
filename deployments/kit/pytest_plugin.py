"""A plugin for pytest: a test that is marked with a stand is run once for each rule of its family.

    @pytest.mark.rekey_kind(stand=stand)
    def test_it_keeps_the_contract(rekey_rule):
        rekey_rule()

``stand`` is the factory of a stand (deployments/kit/stands.py); ``stands=[...]`` takes several. pytest finds this by
the group ``pytest11`` of entry points.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from deployments.kit.rules import Factory, Rule

MARK, FIXTURE = "rekey_kind", "rekey_rule"


def pytest_configure(config: pytest.Config) -> None:
    """Name the mark."""
    config.addinivalue_line(
        "markers", f"{MARK}(stand=...): play every rule of its family against the kind of this stand"
    )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One test for each rule."""
    if FIXTURE not in metafunc.fixturenames:
        return
    # Whoever has no such test does not wait for Prefect, which takes seconds to load.
    from deployments.kit.check import rules_of  # noqa: PLC0415  # see above

    plays: list[Callable[[], None]] = []
    names: list[str] = []
    for mark in metafunc.definition.iter_markers(MARK):
        for factory in mark.kwargs.get("stands") or [mark.kwargs["stand"]]:
            for rule in rules_of(factory):
                plays.append(partial(_play, rule, factory))
                names.append(f"{getattr(factory, '__name__', 'stand')}-{rule.name.replace(' ', '-')}")
    metafunc.parametrize(FIXTURE, plays, ids=names)


def _play(rule: Rule, factory: Factory) -> None:
    """Fail with the finding and with what the rule says."""
    from deployments.kit.rules import played  # noqa: PLC0415  # see above

    (found,) = played([rule], factory)
    if found.broken:
        pytest.fail(f"{found.broken} The rule: {rule.says}", pytrace=False)
