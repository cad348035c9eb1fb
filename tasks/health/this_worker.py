"""Whether this worker reads the ledger and the catalog of all workers, and is of their version."""

from __future__ import annotations

from blocks.errors import StepError, Unproved
from blocks.ledger import versions
from blocks.prefect_api import recording, registered


def this_worker() -> str:
    """It is as it was registered.

    Raises StepError for a difference and for what cannot be read, Unproved where nothing was noted, LedgerError.
    """
    try:
        noted = registered.noted()
    except StepError as error:
        raise StepError(f"{error.problem} This worker begins no rotation.", error.remedy) from None
    if noted is None:
        raise Unproved(
            "Nobody noted which ledger, catalog and version all workers have.", "Run `rekey register` with their file."
        )
    wrong = [*registered.another_ledger(noted), *registered.other_code(noted)]
    if wrong:
        raise StepError(
            f"This worker is not as the others: {'; '.join(wrong)}. It begins no rotation.",
            "Give it their file, catalog and version. Where those changed on purpose, run `rekey register`.",
        )
    if not noted.ledger:
        raise Unproved("Nobody noted which ledger all workers have.", "Run `rekey register` with the workers' file.")
    found = recording.open_ledger().version()
    if found < versions.NEWEST:
        raise Unproved(
            f"The ledger has version {found}, which works; this rekey makes {versions.NEWEST}.",
            "Run `rekey ledger migrate` as the owner of its tables.",
        )
    return f"This worker has the ledger ({noted.ledger[:12]}), the catalog and the version that were registered."
