"""A vault that stores each value under the other's name is found out, and what it did is put back where it can be."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from blocks.errors import VaultDamaged
from blocks.vaults import overwrite, pending
from blocks.vaults.pending import COPY
from deployments.sandbox.faults import FaultKind
from tests.vaults.box.twin import Twin
from tests.vaults.kinds import box
from tests.vaults.scene import ENVIRONMENT, PATH, PLACE, Scene, a_pair


@pytest.fixture
def twin() -> Twin:
    return Twin()


@pytest.fixture
def scene(twin: Twin) -> Iterator[Scene]:
    with box(twin) as made:
        yield made


def test_a_pair_that_the_vault_mixed_up_is_put_back(scene: Scene, twin: Twin) -> None:
    twin.mixes_up = PATH
    before = pending.look_at_current(scene.client, PLACE)

    with pytest.raises(VaultDamaged) as told:
        overwrite.write_current(scene.client, PLACE, a_pair(), before, pending.names_of(PLACE, "0" * 12, COPY))

    assert told.value.mended
    assert scene.holds(scene.old)


@pytest.mark.parametrize(
    ("kept", "copies"),
    [(("COPY_A", "COPY_B"), "copies are COPY_A and COPY_B in"), (("COPY_A",), "a copy is COPY_A in")],
)
def test_what_cannot_be_put_back_is_told_in_the_words_of_this_vault(
    scene: Scene, twin: Twin, kept: tuple[str, ...], copies: str
) -> None:
    """Also of a credential of a single value."""
    before = pending.look_at_current(scene.client, PLACE)
    twin.mixes_up = PATH
    scene.goes_wrong(FaultKind.ANSWER, skip=1, times=None)

    with pytest.raises(VaultDamaged) as told:
        overwrite.write_current(scene.client, PLACE, a_pair(), before, kept)

    assert not told.value.mended
    assert f"Look at {PATH} ({ENVIRONMENT}) in Box's lid before anything else." in told.value.remedy
    assert copies in told.value.remedy
