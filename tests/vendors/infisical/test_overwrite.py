"""The current pair is written over: what was there before is put back, or people are told where it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest
from pydantic import SecretStr

from blocks.errors import Refused, StepError, Transient, Unreachable, VaultDamaged
from blocks.issuers.alpaca.pair import Pair
from blocks.model.places import VaultPlace
from blocks.vaults import overwrite, pending
from blocks.vaults.infisical.client import InfisicalClient
from blocks.vaults.pending import COPY
from deployments.sandbox import made_up
from deployments.sandbox.faults import Fault, FaultKind
from tests.vendors.infisical.raw import BATCH, RAW
from tests.vendors.infisical.vaults import KEY, PATH, SECRET, TestVault, error_of

PLACE = VaultPlace(environment="prod", path=PATH, names={"key_id": KEY, "secret": SECRET})
FOLDER = f"{PATH}/rekey"
SINGLE = f"{RAW}/.+"


@dataclass(slots=True)
class Meanwhile(Fault):
    """Something that happens when the request was applied and before it is answered."""

    act: Callable[[], None] = field(default=lambda: None)

    def strike(self) -> None:
        """Let it happen."""
        self.act()


@dataclass(frozen=True)
class Scene:
    """The current pair, another one to write over it, and a client."""

    vault: TestVault
    client: InfisicalClient
    old: Pair
    new: Pair

    @property
    def in_folder(self) -> dict[str, str]:
        """What is in the folder for pairs in flight."""
        return self.vault.sandbox.values(self.vault.project_id, "prod", FOLDER)

    @property
    def copy(self) -> tuple[str, ...]:
        """The names of the copy that preflight keeps."""
        return pending.names_of(PLACE, self.old.fingerprint, COPY)

    def holds(self, pair: Pair) -> bool:
        """Whether the vault's current pair is this one."""
        return self.vault.values == values_of(pair)

    def overwrite(self) -> object:
        """Write the other pair over the current one."""
        before = pending.look_at_current(self.client, PLACE)
        return overwrite.write_current(self.client, PLACE, self.new, before, self.copy)

    def rehearse(self) -> None:
        """Write the current pair over itself."""
        overwrite.rehearse(self.client, PLACE, self.old)


def a_pair() -> Pair:
    return Pair(made_up.alpaca_key_id("PK"), SecretStr(made_up.alpaca_secret()))


def values_of(pair: Pair) -> dict[str, str]:
    return {KEY: pair.key_id, SECRET: pair.secret.get_secret_value()}


@pytest.fixture
def scene(vault: TestVault) -> Iterator[Scene]:
    old, new = a_pair(), a_pair()
    vault.put(**values_of(old))
    with vault.client() as client:
        yield Scene(vault, client, old, new)


def test_the_rehearsal_writes_the_pair_over_itself_and_leaves_nothing_behind(scene: Scene) -> None:
    scene.rehearse()

    assert scene.holds(scene.old)
    assert scene.vault.sandbox.versions(scene.vault.project_id, "prod", PATH) == {KEY: 2, SECRET: 2}
    assert scene.in_folder == {}


def test_before_the_first_write_a_copy_is_kept_and_a_made_up_pair_was_created_and_changed(scene: Scene) -> None:
    seen: list[dict[str, str]] = []
    plan = scene.vault.server.plan
    for _ in range(2):
        # The made-up pair's change, then the write over the current pair.
        look = Meanwhile(scene.vault.profile, FaultKind.SLOW, "PATCH", BATCH, seconds=0)
        look.act = lambda: seen.append(scene.in_folder)
        plan.add(look)

    scene.rehearse()

    created, changed = seen
    assert created.keys() == changed.keys()
    assert {name for name in created if created[name] != changed[name]} == created.keys() - set(scene.copy)
    assert dict(zip((KEY, SECRET), (changed[name] for name in scene.copy), strict=True)) == values_of(scene.old)


def test_a_server_that_mixes_up_a_batch_is_found_out_by_the_made_up_pair(scene: Scene) -> None:
    scene.vault.sandbox.knobs.batch_mixes_up = FOLDER

    told = error_of(StepError, scene.rehearse)

    assert "returns the values of one write under each other's names" in told.problem
    assert "The server mixes up the values of a batch: update it" in told.remedy
    assert scene.vault.states == [values_of(scene.old)]
    assert scene.in_folder == {}


@pytest.mark.parametrize("write", [Scene.rehearse, Scene.overwrite])
def test_a_pair_that_a_batch_mixed_up_is_put_back(scene: Scene, write: Callable[[Scene], object]) -> None:
    scene.vault.sandbox.knobs.batch_mixes_up = PATH

    told = error_of(VaultDamaged, lambda: write(scene))

    assert told.mended
    assert not told.transient
    assert f"rekey put pair {scene.old.fingerprint} back, one name after the other; it reads back." in told.problem
    assert scene.holds(scene.old)
    assert scene.in_folder == {}


def test_what_an_answered_write_made_of_the_pair_is_put_back_whatever_it_is(scene: Scene) -> None:
    """Not only halves that are exchanged: the vault says that it took the pair, and shows the next version of both."""
    spoilt = Fault(scene.vault.profile, FaultKind.ANSWER, "PATCH", BATCH, 200, {"secrets": []})
    scene.vault.server.plan.add(spoilt)
    other = Meanwhile(scene.vault.profile, FaultKind.SLOW, "GET", RAW, seconds=0, skip=1)
    other.act = lambda: scene.vault.put(**{KEY: "spoilt", SECRET: "spoilt too"})
    scene.vault.server.plan.add(other)

    assert error_of(VaultDamaged, scene.overwrite).mended
    assert scene.holds(scene.old)


def test_a_pair_that_cannot_be_put_back_is_told_by_names_and_versions(scene: Scene) -> None:
    scene.vault.sandbox.knobs.batch_mixes_up = PATH
    scene.vault.fault(FaultKind.ANSWER, method="PATCH", path=SINGLE, times=None)

    told = error_of(VaultDamaged, scene.rehearse)

    assert not told.mended
    assert f"does not hold pair {scene.old.fingerprint} any more, and rekey could not put it back" in told.problem
    assert f"set {KEY} to version 1 and {SECRET} to version 1; copies are {scene.copy[0]} and {scene.copy[1]}" in str(
        told
    )
    assert scene.in_folder == dict(zip(scene.copy, values_of(scene.old).values(), strict=True))


@pytest.mark.parametrize("answered", [True, False])
def test_what_somebody_else_wrote_meanwhile_stays(scene: Scene, *, answered: bool) -> None:
    """Two versions in place of one, or a pair that rekey never sent: nobody may put the old pair over that."""
    theirs = a_pair()
    kind = FaultKind.SLOW if answered else FaultKind.DROP_BEFORE
    look = Meanwhile(scene.vault.profile, FaultKind.SLOW, "GET", RAW, seconds=0, skip=1)
    look.act = lambda: scene.vault.put(**values_of(theirs))
    scene.vault.server.plan.add(Fault(scene.vault.profile, kind, "PATCH", BATCH, seconds=0))
    scene.vault.server.plan.add(look)

    told = error_of(VaultDamaged, scene.overwrite)

    assert not told.mended
    assert f"somebody else writes {KEY} and {SECRET} there" in told.problem
    assert "Find out who." in told.remedy
    assert scene.holds(theirs)


def test_a_vault_that_does_not_tell_what_it_holds_after_the_write_may_be_damaged(scene: Scene) -> None:
    scene.vault.fault(FaultKind.DROP_AFTER, method="PATCH", path=BATCH)
    scene.vault.server.plan.add(Fault(scene.vault.profile, FaultKind.DROP_BEFORE, "GET", RAW, times=None, skip=1))

    told = error_of(VaultDamaged, scene.overwrite)

    assert told.transient
    assert not told.mended
    assert f"Whether the vault still holds pair {scene.old.fingerprint} is not known" in told.problem
    assert " ".join(scene.copy[:1]) in told.remedy


def test_a_write_that_changed_nothing_is_its_own_error(scene: Scene) -> None:
    scene.vault.fault(FaultKind.DROP_BEFORE, method="PATCH", path=BATCH)
    error_of(Unreachable, scene.overwrite)
    scene.vault.sandbox.set_permissions(scene.vault.client_id, scene.vault.project_id, {"read"})
    error_of(Refused, scene.overwrite)

    assert scene.vault.states == [values_of(scene.old)]


def test_a_pair_that_changed_since_it_was_looked_at_is_not_written_over(scene: Scene) -> None:
    scene.vault.put(**values_of(scene.new))

    told = error_of(Transient, scene.rehearse)

    assert f"from {scene.old.fingerprint} to {scene.new.fingerprint}" in told.problem
    assert scene.vault.states[-1] == values_of(scene.new)


def test_a_copy_that_a_dead_run_left_is_no_pair_in_flight_and_goes_with_the_next_rehearsal(scene: Scene) -> None:
    pending.keep_under(scene.client, PLACE, {scene.copy: scene.old})
    seen = pending.look(scene.client, PLACE)
    assert (seen.marks(PLACE), seen.pairs(PLACE)) == ([], [])
    assert seen.names(PLACE) == seen.left_over(PLACE) == list(scene.copy)
    assert [one.fingerprint for one in seen.copies(PLACE)] == [scene.old.fingerprint]

    scene.rehearse()

    assert scene.in_folder == {}


def test_an_identity_that_may_not_change_is_found_out_by_the_made_up_pair(scene: Scene) -> None:
    scene.vault.sandbox.set_permissions(scene.vault.client_id, scene.vault.project_id, {"read", "create", "delete"})

    told = error_of(Refused, lambda: overwrite.prove_folder(scene.client, PLACE))

    assert "the right to edit secrets" in told.remedy
    assert scene.in_folder == {}
