"""Resume: releases the brakes, deletes the pairs in flight, closes the ledger and writes the report.

Looks first at the vault's pending folder: what is gone is gone. A pair that works but belongs elsewhere is left there
on purpose, and said so. So is an old one whose death watch will prove.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import httpx
from prefect import task
from prefect.exceptions import PrefectHTTPStatusError
from prefect.logging import get_run_logger

from blocks.errors import LedgerError, StepError, Unreachable
from blocks.issuers.terms import By
from blocks.ledger import dying, lease
from blocks.ledger.chain import Head
from blocks.ledger.dying import Dying
from blocks.ledger.row import Action
from blocks.ledger.trading import left_on
from blocks.model.rotation import Rotation
from blocks.model.step import Step
from blocks.prefect_api import estate, heads, prefect_page, recording
from blocks.prefect_api.issuers import kind_of, overlaps, words_of
from blocks.prefect_api.recording import recorded
from blocks.proofs import Record
from blocks.vaults import pending
from tasks.brakes import brakes, found_before
from tasks.person import now
from tasks.person.tell_end import tell_end, trading
from tasks.rotate.report import report
from tasks.rotate.running import again
from tasks.run import entries, policy, sealing

METHOD, METHOD_BY_API = "operator-assisted-dashboard", "issuer-api"


@task(name=Step.RESUME.value, **policy.AFTER_THE_CLICK)
def resume(rotation: Rotation, accepted: str) -> str:
    """End the rotation; return one sentence that sums it up."""
    ledger = recording.open_ledger()
    with recorded(rotation, Step.RESUME) as record:
        _demand_that_nothing_is_put_aside(rotation)
        left_engaged = _released(rotation, record)
        misplaced = entries.left_on_purpose(ledger.rows(credential=rotation.credential.name, actions=(Action.STEP,)))
        dead_later = dying.all_of(ledger, rotation.credential.name)
        left = _emptied(rotation, misplaced, {one.mark for one in dead_later}, record)
        record.note(left=left)
        record.prove(_sentence_about(rotation, left, [one.mark for one in dead_later]))
    lives_on = next((one for one in dead_later if one.mark == rotation.old), None)
    completed = _completed(rotation, accepted, left_engaged, lives_on)
    # Proved by now, and before the closing row: a run that is killed here goes on, and tells it.
    stands = f"Trading: {left_on(left_engaged, completed['brakes_unknown_before'])}." if left_engaged else ""
    is_dead = f"the old pair {rotation.old} {lives_on.told()}" if lives_on else f"pair {rotation.old} is dead"
    pairs = _told_of(is_dead, accepted, lives_on)
    told_end = f"{pairs[0].upper()}{pairs[1:]} {stands or trading(rotation)}".strip()
    good = not completed.get("brakes_unknown_before")
    tell_end(rotation, f"{rotation.credential.name} was rotated", told_end, good=good)
    recording.write(rotation, Action.COMPLETED, completed)
    told = ""
    try:
        text = report(rotation, recording.history_of(rotation), ledger.head().hash)
        told = _published(rotation, text, heads.to_post(ledger))
    except LedgerError as error:
        # The rotation is completed already: it must not be completed twice for want of its report.
        get_run_logger().warning("There is no report: %s", error)
    stopped = f" {stands}" if stands else ""
    if completed["suspended_by_owner"]:
        stopped += f" {kind_of(rotation.credential).suspended} rekey left that on."
    summed_up = f"{rotation.credential.name} is rotated: {pairs}{stopped}{told}"
    return words_of(rotation.credential).said(summed_up)


def _told_of(is_dead: str, accepted: str, lives_on: Dying | None) -> str:
    """Both pairs in a sentence. How an end is taken back comes last: an address is at its end."""
    if lives_on is not None and lives_on.is_reversible:
        return f"pair {accepted} is in use. {is_dead[0].upper()}{is_dead[1:]}."
    return f"{is_dead}, pair {accepted} is in use."


def _is_suspended(rotation: Rotation) -> bool:
    verified = recording.history_of(rotation).newest(Step.VERIFY)
    return verified is not None and verified.suspended


def _demand_that_nothing_is_put_aside(rotation: Rotation) -> None:
    """A pair that another rotation put aside for this one since its own was accepted is newer, and shown only once."""
    aside = entries.put_aside(rotation)
    if aside is not None:
        raise StepError(
            f"The keys of {rotation.credential.name} were regenerated once more: pair {aside.fingerprint} was entered "
            "into another rotation meanwhile, and is put aside in the vault.",
            f"Choose 'enter another pair': rekey takes that one. Do not {words_of(rotation.credential).click} again.",
        )


def _released(rotation: Rotation, record: Record) -> list[str]:
    """Let trading go on; return the brakes that stay engaged because they were before."""
    if not rotation.credential.brakes:
        record.prove("Nothing to resume: nothing was paused, because it has no brakes.")
        return []
    if overlaps(rotation.credential):
        record.prove("Nothing to resume: nothing was paused.")
        return []
    return brakes.off(rotation, record, again(rotation, record))


def _completed(rotation: Rotation, accepted: str, left_engaged: list[str], lives_on: Dying | None) -> dict[str, Any]:
    """The context that the operating procedure (SOP) names, and what rekey adds. Times are ISO 8601 in UTC."""
    context: dict[str, Any] = {
        "secret_name": ", ".join(rotation.credential.vault.names.values()),
        "method": METHOD if kind_of(rotation.credential).traits.minted_by is By.PERSON else METHOD_BY_API,
        "rotated_at": datetime.now(UTC).isoformat(),
        "reason": rotation.reason.value,
        "old": rotation.old,
        "new": accepted,
        "suspended_by_owner": _is_suspended(rotation),
        **({"old_dies_at": lives_on.date.isoformat(), **_reversal(lives_on)} if lives_on else {}),
    }
    if not rotation.credential.brakes:
        return context
    paused = brakes.paused_at(rotation)
    # Trading that a brake of somebody else stops is not resumed, so nothing is said of how long it stood.
    resumed = brakes.resumed_at(rotation) if paused and not left_engaged else None
    verified = recording.history_of(rotation).newest(Step.VERIFY)
    return {
        **context,
        "trading_paused_at": paused,
        "trading_resumed_at": resumed,
        "downtime_seconds": _seconds(paused, resumed) if paused and resumed else None,
        "account_number_verified": verified.account_number if verified else None,
        "brakes_left_engaged": left_engaged,
        "brakes_unknown_before": found_before.unknown(rotation),
    }


def _reversal(kept: Dying) -> dict[str, Any]:
    """That an end can be taken back, and how."""
    facts = kept.kept.facts
    return {"old_reversible": True, "old_way_back": facts.old_way_back} if facts.old_reversible else {}


def _seconds(begin: str, end: str) -> float:
    return round((datetime.fromisoformat(end) - datetime.fromisoformat(begin)).total_seconds(), 1)


def _published(rotation: Rotation, markdown: str, head: Head | None) -> str:
    """Show report and head in Prefect; return a sentence that names the report's page. Completed it is without."""
    name = rotation.credential.name
    try:
        if head is not None:
            heads.post(head)
        made = prefect_page.publish(
            f"rotation-{name}", markdown, f"Rotation {rotation.id} of {name}", rotation.flow_run_id
        )
    except (httpx.HTTPError, PrefectHTTPStatusError, Unreachable) as error:
        get_run_logger().warning("Prefect did not take the report (%s): see `rekey ledger show`.", type(error).__name__)
        return ""
    where, page = prefect_page.artifact_page(made), now.of_this_run()
    if page is not None:
        page.reported(where)
    return f" Report: {where}"


def _emptied(rotation: Rotation, misplaced: set[str], dead_later: set[str], record: Record) -> list[str]:
    """Delete this credential's pairs in flight, its sealing keys and what its tries left; return which pairs stay.

    ``dead_later`` are those that watch keeps until their death is proved, of whichever rotation.
    To release the brakes takes minutes, so it is asked again, after the look at the folder, what was put aside there.
    """
    place = rotation.credential.vault
    with estate.vault(place).get_client() as client:
        seen = pending.look(client, place)
        _demand_that_nothing_is_put_aside(rotation)
        entered = entries.entered_elsewhere(rotation, seen.marks(place)) - misplaced
        lease.prove()
        names = seen.names(place, but=misplaced | entered | dead_later)
        if names:
            client.delete(pending.folder_of(place), names, seen=True)
    sealing.forget(rotation)
    kept = [mark for mark in seen.marks(place) if mark in entered]
    if kept:
        record.prove(f"Left as it was, because it was entered into another rotation meanwhile: {', '.join(kept)}.")
    return [mark for mark in seen.marks(place) if mark in misplaced]


def _sentence_about(rotation: Rotation, left: list[str], kept: list[str]) -> str:
    folder = pending.folder_of(rotation.credential.vault).path
    if not left and kept:
        return f"Kept in the vault's folder {folder} until their death is proved: {', '.join(kept)}."
    if not left:
        return f"The vault's folder {folder} holds no pair of this rotation any more."
    strays = {row.facts.stray for row in recording.open_ledger().rows(credential=rotation.credential.name)} & set(left)
    elsewhere = [one for one in left if one not in strays]
    told = []
    if elsewhere:
        which = f"because they work and belong elsewhere: {', '.join(elsewhere)}"
        told.append(f"Left in {folder} on purpose, {which}. Take them from there.")
    if strays:
        which = f"because somebody else put it into the vault, and it may work: {', '.join(sorted(strays))}"
        told.append(f"Left in {folder} on purpose, {which}. Find out whose it is, then take it from there.")
    return " ".join(told)
