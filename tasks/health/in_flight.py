"""What a rotation, or a preflight that was ended in the middle, left in the vault's ``rekey/`` folder."""

from __future__ import annotations

from blocks.errors import StepError
from blocks.ledger import deaths, dying
from blocks.ledger.row import Row
from blocks.model.credential import Credential
from blocks.prefect_api import estate, recording
from blocks.vaults import pending
from tasks.run import entries


def demand_none(credential: Credential, rows: list[Row]) -> str:
    """Raise StepError for what nobody needs there. ``rows`` are the credential's in the ledger."""
    known = entries.left_on_purpose(rows)
    aside = deaths.unsettled(recording.open_ledger(), credential.name)
    known |= {row.facts.fingerprint for row in aside if row.facts.fingerprint}
    known |= {one.mark for one in dying.all_of(recording.open_ledger(), credential.name)}
    place = credential.vault
    with estate.vault(place).get_client() as vault:
        seen = pending.look(vault, place)
    folder, kept = pending.folder_of(place), seen.marks(place)
    left = [mark for mark in kept if mark not in known]
    if left:
        raise StepError(
            f"Pairs are left in {folder}: {', '.join(left)}.",
            "No rotation is open, so nobody needs them: the next rotation deletes them.",
        )
    if seen.left_over(place):
        raise StepError(
            f"What preflight or health tried is left in {folder}: {', '.join(seen.left_over(place))}.",
            "A run was ended in the middle of it. Where the current pair works, delete them; otherwise see what the "
            "current pair's check says. The next rotation deletes them, too.",
        )
    keys = [pending.sealing_name(place, one) for one in seen.sealing_keys(place)]
    if keys:
        raise StepError(
            f"Sealing keys of rotations that are over are left in {folder}: {', '.join(keys)}.",
            "Delete them: with one of them, a copy of what was entered sealed could still be opened. The next rotation "
            "deletes them, too.",
        )
    on_purpose = f" Left there on purpose: {', '.join(kept)}." if kept else ""
    return f"No pair of a rotation is left in {folder}.{on_purpose}"
