"""Every kind of this repository keeps every rule of its family."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from blocks.kinds import KINDS
from blocks.listed import ISSUERS, RUNTIMES, VAULTS
from blocks.model.kinds import name_of
from deployments.kit.shipped import SHIPPED


@pytest.mark.rekey_kind(stands=[*SHIPPED.values()])
def test_it_keeps_the_rules(rekey_rule: Callable[[], None]) -> None:
    rekey_rule()


def test_no_kind_is_left_out() -> None:
    listed = {f"consumer {name_of(one)}" for one in KINDS.consumers} | {f"brake {name_of(one)}" for one in KINDS.brakes}
    listed |= {f"vault {one}" for one in VAULTS} | {f"runtime {one}" for one in RUNTIMES}
    listed |= {f"issuer {one}" for one in ISSUERS}
    assert set(SHIPPED) == listed
