"""What holds of every kind of vault: what is in flight, and how the current pair is written over."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pydantic import SecretStr

from blocks.errors import Missing, Rejected, RekeyError, Transient, Unreachable
from blocks.model.places import VaultPlace
from blocks.vaults import overwrite, pending
from blocks.vaults.terms import Location
from deployments.sandbox import made_up
from deployments.sandbox.faults import FaultKind
from tests.vaults.kinds import KINDS, SERVED
from tests.vaults.scene import ENVIRONMENT, FOLDER, PATH, PLACE, Scene, a_pair, values_of


@pytest.fixture(params=KINDS)
def scene(request: pytest.FixtureRequest) -> Iterator[Scene]:
    with KINDS[request.param]() as made:
        yield made


@pytest.fixture(params=SERVED)
def served(request: pytest.FixtureRequest) -> Iterator[Scene]:
    with SERVED[request.param]() as made:
        yield made


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
    scene.held.put(PATH, old)
    minted = place.minted_of({name: SecretStr(value) for name, value in new.items()})

    overwrite.rehearse(scene.client, place, pending.current(scene.client, place))
    pending.keep(scene.client, place, minted)
    current, seen = pending.look_at_both(scene.client, place)
    kept = pending.names_of(place, current.pair.fingerprint)

    assert scene.in_folder == {f"{name}__{minted.fingerprint.upper()}": value for name, value in new.items()}
    assert [one.same_as(minted) for one in seen.pairs(place)] == [True]
    overwrite.write_current(scene.client, place, minted, current, kept)
    assert scene.held.values(PATH) == {**values_of(scene.old), **new}
    assert pending.current(scene.client, place).same_as(minted)


def test_without_the_folder_nothing_is_in_flight(scene: Scene) -> None:
    assert pending.look(scene.client, PLACE).stored is None
    _, seen = pending.look_at_both(scene.client, PLACE)
    assert seen.stored is None


def test_the_rehearsal_leaves_the_pair_and_nothing_beside_it(scene: Scene) -> None:
    before = pending.look_at_current(scene.client, PLACE)

    overwrite.rehearse(scene.client, PLACE, scene.old)

    assert scene.holds(scene.old)
    assert scene.in_folder == {}
    after = pending.look_at_current(scene.client, PLACE)
    assert [after.stored[name].version - before.stored[name].version for name in values_of(scene.old)] == [1, 1]
    if scene.server is not None:
        journal = scene.server.journal.of(scene.vendor)
        tried = [one for one in journal if one.method != "GET"]
        assert len(tried) > 2, "a made-up pair was tried before"


def test_a_write_whose_answer_is_lost_counts_because_it_reads_back(served: Scene) -> None:
    new = a_pair()
    served.goes_wrong(FaultKind.DROP_AFTER)

    overwrite.write_current(served.client, PLACE, new, pending.look_at_current(served.client, PLACE), ("A", "B"))

    assert served.holds(new)


def test_a_write_that_changed_nothing_is_its_own_error(served: Scene) -> None:
    served.goes_wrong(FaultKind.DROP_BEFORE)

    with pytest.raises(Unreachable):
        overwrite.write_current(
            served.client, PLACE, a_pair(), pending.look_at_current(served.client, PLACE), ("A", "B")
        )

    assert served.holds(served.old)


def test_a_vault_that_changed_meanwhile_is_not_written_over(scene: Scene) -> None:
    other, before = a_pair(), pending.look_at_current(scene.client, PLACE).stored

    with pytest.raises(Transient, match="The vault's pair changed while preflight looked"):
        overwrite.rehearse(scene.client, PLACE, other)

    assert pending.look_at_current(scene.client, PLACE).stored == before
    assert scene.holds(scene.old)


def test_what_is_kept_there_already_stays_and_what_is_missing_is_said(scene: Scene) -> None:
    """A sealing key that another start of this rotation made must not be written over."""
    nowhere = Location(ENVIRONMENT, f"{PATH}/nowhere")
    key, other = SecretStr(made_up.alpaca_secret()), SecretStr(made_up.alpaca_secret())
    pending.keep_under(scene.client, PLACE, {}, beside={"KEY": key})

    stored = scene.client.read(Location(ENVIRONMENT, FOLDER), ["KEY", "NONE"])
    assert [(name, one.value) for name, one in stored.items()] == [("KEY", key)]
    with pytest.raises(Missing):
        scene.client.read(nowhere)
    with pytest.raises((Missing, Rejected)):
        scene.client.write(nowhere, {"KEY": other})
    assert scene.held.values(f"{PATH}/nowhere") == {}
    scene.client.delete(Location(ENVIRONMENT, FOLDER), ["KEY", "NONE"])
    assert scene.in_folder == {}


def test_names_that_are_written_singly_are_all_read_back(scene: Scene) -> None:
    new = a_pair()

    stored = scene.client.write_singly(pending.place_of(PLACE), PLACE.named(new))

    assert scene.holds(new)
    assert {name: one.value for name, one in stored.items()} == PLACE.named(new)


@pytest.mark.parametrize("kind", [FaultKind.HTML, FaultKind.ANSWER, FaultKind.RATE_LIMIT, FaultKind.DROP_BEFORE])
def test_a_write_that_was_refused_leaves_the_pair_whatever_was_said(served: Scene, kind: FaultKind) -> None:
    served.goes_wrong(kind, status=503)

    with pytest.raises(RekeyError) as told:
        overwrite.write_current(
            served.client, PLACE, a_pair(), pending.look_at_current(served.client, PLACE), ("A", "B")
        )

    assert told.value.transient
    assert served.holds(served.old)
