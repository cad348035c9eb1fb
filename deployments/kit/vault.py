"""The rules of a vault: what is in flight is kept, and the current pair is written whole or not at all."""

from __future__ import annotations

from contextlib import suppress

from blocks.errors import Missing, Rejected, RekeyError, Transient, Unreachable
from blocks.secret import Minted
from blocks.vaults import overwrite, pending
from blocks.vaults.terms import Location
from deployments.kit.answers import REFUSALS, UNCLEAR, cut_off, each
from deployments.kit.rules import demand, refused, rules_in
from deployments.kit.stands import VaultStand
from deployments.sandbox.faults import FaultKind


def _holds(stand: VaultStand, pair: Minted) -> bool:
    found = stand.kept.values(stand.place.path)
    return all(found.get(name) == value.get_secret_value() for name, value in stand.place.named(pair).items())


def _write_over(stand: VaultStand, pair: Minted) -> None:
    """As ``store`` does: the new pair is in flight, and a copy of the old one is kept beside it."""
    client, place = stand.client, stand.place
    before = pending.look_at_current(client, place)
    pending.keep(client, place, pair)
    kept = pending.names_of(place, before.pair.fingerprint, pending.COPY)
    overwrite.write_current(client, place, pair, before, kept)


def what_is_in_flight_is_kept_and_dropped(stand: VaultStand) -> None:
    """A pair in flight is kept in a folder that is made for it, is found by its fingerprint, and is dropped again."""
    pending.keep(stand.client, stand.place, stand.new)
    current, seen = pending.look_at_both(stand.client, stand.place)
    demand(current.pair.same_as(stand.old), "While another pair is in flight the current one is not what it was.")
    demand([one.same_as(stand.new) for one in seen.pairs(stand.place)] == [True], "The pair in flight is not found.")
    pending.drop(stand.client, stand.place, [stand.new.fingerprint])
    demand(not stand.kept.values(f"{stand.place.path}/{pending.FOLDER}"), "What was dropped is there still.")


def the_current_pair_is_written_whole(stand: VaultStand) -> None:
    """The new pair is there when the write comes back, and what else is in that place stays."""
    stand.kept.put(stand.place.path, {"SOMETHING_ELSE": "stays"})
    _write_over(stand, stand.new)
    demand(_holds(stand, stand.new), "It says that the pair was written, and does not hold it.")
    demand(stand.kept.values(stand.place.path).get("SOMETHING_ELSE") == "stays", "It lost what was beside the pair.")


def the_rehearsal_leaves_nothing(stand: VaultStand) -> None:
    """The write can be tried with the pair that is there: it stays, and nothing is left in the folder."""
    overwrite.rehearse(stand.client, stand.place, stand.old)
    demand(_holds(stand, stand.old), "Only tried, the write changed the current pair.")
    demand(not stand.kept.values(f"{stand.place.path}/{pending.FOLDER}"), "The rehearsal left something behind.")


def a_pair_that_changed_meanwhile_is_not_written_over(stand: VaultStand) -> None:
    """When another pair is there than the one that was looked at, the rehearsal stops."""
    with refused("The rehearsal over another pair") as caught:
        overwrite.rehearse(stand.client, stand.place, stand.new)
    demand(isinstance(caught[0], Transient), "Another pair is there, and that is no Transient.")
    demand(_holds(stand, stand.old), "The other pair was written over.")


def a_lost_answer_counts_when_it_reads_back(stand: VaultStand) -> None:
    """A write that was applied counts although its answer was lost; one that was not applied is its own error."""
    if stand.server is None:
        return
    before = pending.look_at_current(stand.client, stand.place)
    stand.goes_wrong(FaultKind.DROP_BEFORE, *stand.write, times=1)
    with refused("A write that changed nothing") as caught:
        overwrite.write_current(stand.client, stand.place, stand.new, before, ())
    demand(isinstance(caught[0], Unreachable), "A write that changed nothing is not told as Unreachable.")
    demand(_holds(stand, stand.old), "A write that was not applied changed the pair.")
    stand.mend()
    stand.goes_wrong(FaultKind.DROP_AFTER, *stand.write, times=1)
    overwrite.write_current(stand.client, stand.place, stand.new, before, ())
    demand(_holds(stand, stand.new), "A write whose answer was lost is said to count, and the pair is not there.")


def a_refused_write_leaves_the_pair(stand: VaultStand) -> None:
    """Whatever is answered to the write instead: it is an error, and the current pair is what it was."""
    for called in each(stand, {**UNCLEAR, **REFUSALS}, *stand.write):
        before = pending.look_at_current(stand.client, stand.place)
        with refused(f"After {called} the write"):
            overwrite.write_current(stand.client, stand.place, stand.new, before, ())
        demand(_holds(stand, stand.old), f"After {called} to the write the pair is another one.")


def what_cannot_be_read_is_an_error(stand: VaultStand) -> None:
    """Without a clear answer nothing is called empty, and nothing is called the current pair."""
    for called in each(stand, {**UNCLEAR, **REFUSALS}):
        with refused(f"After {called} reading the current pair") as caught:
            pending.current(stand.client, stand.place)
        demand(caught[0].remedy, f"After {called} its error says nothing of what to do.")


def what_is_missing_is_told_so(stand: VaultStand) -> None:
    """A folder that is not there is Missing; without its folder nothing is in flight, and nothing is written there."""
    nowhere = Location(stand.place.environment, f"{stand.place.path}/nowhere")
    with refused("Reading a folder that is not there") as caught:
        stand.client.read(nowhere)
    demand(isinstance(caught[0], Missing), "A folder that is not there is not told as Missing.")
    with refused("Writing into a folder that is not there") as caught:
        stand.client.write(nowhere, stand.place.named(stand.new))
    demand(isinstance(caught[0], Missing | Rejected), "Written into no folder: neither Missing nor Rejected.")
    demand(
        pending.look(stand.client, stand.place).stored is None, "Without a folder something is said to be in flight."
    )
    stand.client.delete(pending.place_of(stand.place), ["NO_SUCH_NAME"])


def killed_at_any_request_it_goes_on(stand: VaultStand) -> None:
    """Cut off after any of its requests, applied or not, one of both pairs is whole, and the next try ends well."""
    old = {name: value.get_secret_value() for name, value in stand.place.named(stand.old).items()}
    for at in cut_off(stand):
        with suppress(RekeyError):
            _write_over(stand, stand.new)
        stand.mend()
        is_whole = _holds(stand, stand.old) or _holds(stand, stand.new)
        demand(is_whole, f"Cut off at its request {at}, it holds neither the old pair nor the new one.")
        _write_over(stand, stand.new)
        demand(_holds(stand, stand.new), f"Cut off at its request {at}, the next try did not end.")
        stand.kept.put(stand.place.path, old)


RULES = rules_in((
    what_is_in_flight_is_kept_and_dropped,
    the_current_pair_is_written_whole,
    the_rehearsal_leaves_nothing,
    a_pair_that_changed_meanwhile_is_not_written_over,
    a_lost_answer_counts_when_it_reads_back,
    a_refused_write_leaves_the_pair,
    what_cannot_be_read_is_an_error,
    what_is_missing_is_told_so,
    killed_at_any_request_it_goes_on,
))  # fmt: skip
