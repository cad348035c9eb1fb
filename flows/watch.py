"""Look after unfinished rotations. This is the procedure; the call is a step in ``tasks/``.

Scheduled every minute. Needs what ``rotate`` needs.
"""

from __future__ import annotations

from prefect import flow

from tasks.look_after import look_after, unfinished


@flow(name="watch", persist_result=False, log_prints=False)
def watch() -> None:
    """Find rotations whose run is dead, say so, and start them again where that needs nobody's decision."""
    for credential in unfinished():
        look_after(credential)
