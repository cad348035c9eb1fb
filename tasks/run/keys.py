"""Between credentials of which one is the key to the places of another: never both are rotated at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from blocks import keys
from blocks.catalog import load_catalog
from blocks.errors import StepError
from blocks.ledger.row import Row
from blocks.model.credential import Credential
from blocks.model.rotation import Reason
from blocks.prefect_api import recording
from blocks.settings import read_settings


def open_keys(credential: Credential) -> list[str]:
    """The keys of this credential that are being rotated. Raises LedgerError."""
    catalog, ledger = load_catalog(read_settings().catalog), recording.open_ledger()
    return [one for one in keys.keys_of(catalog, credential) if ledger.open_start(one) is not None]


def demand_quiet(credential: Credential, reason: Reason) -> str:
    """Neither a key of it is being rotated, nor, where it is a key, what it opens. Raises StepError, LedgerError.

    Of two that were started at the same moment the one whose start is the first in the ledger goes on, and the other
    one is refused. Whoever knows that a key leaked does not wait for what it opens.
    """
    catalog, ledger = load_catalog(read_settings().catalog), recording.open_ledger()
    known, opened = keys.keys_of(catalog, credential), keys.opened_by(catalog, credential)
    own = ledger.open_start(credential.name)
    starts = {one: ledger.open_start(one) for one in {*known, *opened}}
    # The other one asks the same of this one, and finds that it was started later.
    gives_way = {
        one for one, start in starts.items() if _is_later(start, own) and _waits(start, needs_this=one in opened)
    }
    busy = [one for one in known if starts[one] is not None and one not in gives_way]
    if busy:
        raise StepError(
            f"rekey itself asks the vendors of {credential.name} with the key of {' and '.join(busy)}, which is being "
            f"rotated now{_first(busy, starts, own)}.",
            f"Start the rotation of {credential.name} when that is over: `rekey status` says how far it is.",
        )
    using = [one for one in opened if starts[one] is not None and one not in gives_way]
    if using and reason is Reason.SCHEDULED:
        raise StepError(
            f"rekey rotates {' and '.join(using)} with the key of {credential.name} now{_first(using, starts, own)}.",
            f"Start the rotation of {credential.name} when that is over: `rekey status` says how far it is. With "
            f"reason '{Reason.COMPROMISE}' it does not wait.",
        )
    both = [one for one in known if one in opened]
    told = (
        f"{credential.name} and {' and '.join(both)} need each other: while one is rotated, the other waits."
        if both
        else ""
    )
    beside = f"Goes on beside {' and '.join(using)}, because of its reason." if using else ""
    first = f"{' and '.join(sorted(gives_way))} was started later, and waits." if gives_way else ""
    return " ".join(filter(None, (told, beside, first)))


def _is_later(start: Row | None, own: Row | None) -> bool:
    return start is not None and own is not None and start.sequence > own.sequence


def _waits(start: Row | None, *, needs_this: bool) -> bool:
    """Whether this later start is refused while the one that was first goes on.

    ``needs_this``: that one is a key of it, so it waits whatever its reason; a key itself waits only when it is
    replaced by schedule.
    """
    return needs_this or (start is not None and start.facts.reason == Reason.SCHEDULED)


def _first(busy: Sequence[str], starts: Mapping[str, Row | None], own: Row | None) -> str:
    """That it was started first, where both were started before either was asked."""
    is_first = own is not None and all(not _is_later(starts[one], own) for one in busy)
    return ": it was started first, and goes first" if is_first else ""
