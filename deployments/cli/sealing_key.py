"""The key to which an entry is sealed, of a rotation that somebody ends by hand: deleted as at every other end.

But not while Prefect may hold what was sealed to it and no run has read: that may be the only copy of a pair.
"""

from __future__ import annotations

from blocks.catalog import load_catalog
from blocks.errors import RekeyError
from blocks.ledger.history import History
from blocks.model.places import VaultPlace
from blocks.model.step import Step
from blocks.settings import Settings
from blocks.vaults import pending
from deployments.local.ask_prefect import Prefect, quiet_sdk

_LEFT = "The key to which its entry would have been sealed is left"


def deleted(settings: Settings, credential: str, rotation: str, known: History) -> str:
    """Delete it; a sentence that says what became of it, empty for a rotation that had none."""
    if known.sealing is None:
        return ""
    where = "that of this rotation in the folder rekey/ of its vault"
    try:
        place = load_catalog(settings.catalog).credential[credential].vault
        where = f"{pending.sealing_name(place, rotation)} in {pending.folder_of(place).path}"
        if _may_hold_an_entry(known):
            told = "Something was entered that no run has read, so the key that opens it stays"
            return f"{told}: {where}. Delete it there when what is in use is proved."
        _delete(place, rotation)
    except KeyError:
        return f"{_LEFT}, because the catalog does not name {credential} any more: delete {where}."
    except RekeyError as error:
        return f"{_LEFT}: delete {where}. {error}"
    return "The key to which its entry would have been sealed is deleted."


def _may_hold_an_entry(known: History) -> bool:
    """Whether Prefect has an answer to a form for the pair that no run came to read. Raises VendorError."""
    unread = [
        one for one in known.forms.shown if one.step == Step.AWAIT_HUMAN_INPUT and one.form not in known.forms.read
    ]
    if not unread:
        return False
    with Prefect() as prefect:
        return any(prefect.has_answer(one.run, one.form) for one in unread)


def _delete(place: VaultPlace, rotation: str) -> None:
    quiet_sdk()
    from blocks.prefect_api import estate  # noqa: PLC0415  # Prefect takes seconds to import
    from deployments.cli.reach import prefect_answers  # noqa: PLC0415  # the same

    with prefect_answers("delete a key"), estate.vault(place).get_client() as client:
        client.delete(pending.folder_of(place), [pending.sealing_name(place, rotation)], seen=True)
