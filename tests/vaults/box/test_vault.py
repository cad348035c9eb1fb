"""What is in flight, and how the current pair is written over, with a vault that rekey does not know."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from pydantic import SecretStr

from blocks.errors import Transient, Unreachable, VaultDamaged
from blocks.issuers.alpaca.pair import Pair
from blocks.model.places import VaultPlace
from blocks.vaults import overwrite, pending
from blocks.vaults.pending import COPY
from deployments.sandbox import made_up
from deployments.sandbox.faults import Fault, FaultKind
from deployments.sandbox.server import SandboxServer
from tests.vaults.box.twin import Twin
from tests.vaults.box.vault import BoxClient

ENVIRONMENT, PATH = "prod", "/app/keys"
FOLDER = f"{PATH}/rekey"
PLACE = VaultPlace(environment=ENVIRONMENT, path=PATH, names={"key_id": "KEY_ID", "secret": "SECRET"})


def a_pair() -> Pair:
    return Pair(made_up.alpaca_key_id("PK"), SecretStr(made_up.alpaca_secret()))


def values_of(pair: Pair) -> dict[str, str]:
    return {name: value.get_secret_value() for name, value in PLACE.named(pair).items()}


@dataclass(frozen=True)
class Scene:
    """The vault with its current pair, and a client."""

    twin: Twin
    server: SandboxServer
    client: BoxClient
    old: Pair

    def holds(self, pair: Pair) -> bool:
        """Whether the current pair is this one."""
        return self.twin.values(ENVIRONMENT, PATH) == values_of(pair)

    @property
    def in_folder(self) -> dict[str, str]:
        """What is in flight."""
        return self.twin.values(ENVIRONMENT, FOLDER)


@pytest.fixture
def scene() -> Iterator[Scene]:
    twin, old = Twin(), a_pair()
    server = SandboxServer({"box": twin.app()})
    server.start()
    twin.put(ENVIRONMENT, PATH, values_of(old))
    with BoxClient(server.url("box"), SecretStr(twin.token)) as client:
        yield Scene(twin, server, client, old)
    server.stop()


def test_a_pair_in_flight_is_kept_in_a_folder_that_is_made_for_it_and_dropped_again(scene: Scene) -> None:
    new = a_pair()

    pending.keep(scene.client, PLACE, new)
    current, seen = pending.look_at_both(scene.client, PLACE)

    assert current.pair.same_as(scene.old)
    assert [one.same_as(new) for one in seen.pairs(PLACE)] == [True]
    pending.drop(scene.client, PLACE, [new.fingerprint])
    assert scene.in_folder == {}


@pytest.mark.parametrize("variables", [("TOKEN",), ("ACCOUNT", "USER", "PASSWORD")])
def test_a_credential_of_one_or_three_values_is_kept_found_rehearsed_and_written_whole(
    scene: Scene, variables: tuple[str, ...]
) -> None:
    names = {name.lower(): name for name in variables}
    place = VaultPlace(environment=ENVIRONMENT, path=PATH, names=names)
    old, new = ({name: made_up.alpaca_secret() for name in variables} for _ in range(2))
    scene.twin.put(ENVIRONMENT, PATH, old)
    minted = place.minted_of({name: SecretStr(value) for name, value in new.items()})

    overwrite.rehearse(scene.client, place, pending.current(scene.client, place))
    pending.keep(scene.client, place, minted)
    current, seen = pending.look_at_both(scene.client, place)
    kept = pending.names_of(place, current.pair.fingerprint)

    assert scene.in_folder == {f"{name}__{minted.fingerprint.upper()}": value for name, value in new.items()}
    assert [one.same_as(minted) for one in seen.pairs(place)] == [True]
    overwrite.write_current(scene.client, place, minted, current, kept)
    assert scene.twin.values(ENVIRONMENT, PATH) == {**values_of(scene.old), **new}
    assert pending.current(scene.client, place).same_as(minted)


def test_without_the_folder_nothing_is_in_flight(scene: Scene) -> None:
    assert pending.look(scene.client, PLACE).stored is None
    _, seen = pending.look_at_both(scene.client, PLACE)
    assert seen.stored is None


def test_the_rehearsal_leaves_the_pair_and_nothing_beside_it(scene: Scene) -> None:
    overwrite.rehearse(scene.client, PLACE, scene.old)

    assert scene.holds(scene.old)
    assert scene.in_folder == {}
    assert scene.twin.writes[-1] == values_of(scene.old)
    assert len(scene.twin.writes) > 2, "a made-up pair was tried before"


def test_a_write_whose_answer_is_lost_counts_because_it_reads_back(scene: Scene) -> None:
    new = a_pair()
    scene.server.plan.add(Fault("box", FaultKind.DROP_AFTER, "POST", "/v1/write"))

    overwrite.write_current(scene.client, PLACE, new, pending.look_at_current(scene.client, PLACE), ("A", "B"))

    assert scene.holds(new)


def test_a_write_that_changed_nothing_is_its_own_error(scene: Scene) -> None:
    scene.server.plan.add(Fault("box", FaultKind.DROP_BEFORE, "POST", "/v1/write"))

    with pytest.raises(Unreachable):
        overwrite.write_current(scene.client, PLACE, a_pair(), pending.look_at_current(scene.client, PLACE), ("A", "B"))

    assert scene.holds(scene.old)


def test_a_pair_that_the_vault_mixed_up_is_put_back(scene: Scene) -> None:
    scene.twin.mixes_up = PATH
    before = pending.look_at_current(scene.client, PLACE)

    with pytest.raises(VaultDamaged) as told:
        overwrite.write_current(scene.client, PLACE, a_pair(), before, pending.names_of(PLACE, "0" * 12, COPY))

    assert told.value.mended
    assert scene.holds(scene.old)


def test_what_cannot_be_put_back_is_told_in_the_words_of_this_vault(scene: Scene) -> None:
    before = pending.look_at_current(scene.client, PLACE)
    scene.twin.mixes_up = PATH
    scene.server.plan.add(Fault("box", FaultKind.ANSWER, "POST", "/v1/write", 500, skip=1, times=None))

    with pytest.raises(VaultDamaged) as told:
        overwrite.write_current(scene.client, PLACE, a_pair(), before, ("COPY_A", "COPY_B"))

    assert not told.value.mended
    assert f"Look at {PATH} ({ENVIRONMENT}) in Box's lid before anything else." in told.value.remedy
    assert "copies are COPY_A and COPY_B" in told.value.remedy


def test_a_vault_that_changed_meanwhile_is_not_written_over(scene: Scene) -> None:
    other = a_pair()

    with pytest.raises(Transient, match="The vault's pair changed while preflight looked"):
        overwrite.rehearse(scene.client, PLACE, other)

    assert scene.twin.writes == []
