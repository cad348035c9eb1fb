"""Whether another run of a rotation is about to begin. People are told of one that no worker began in time."""

from __future__ import annotations

from blocks.prefect_api import beginning
from blocks.settings import read_settings
from tasks.run.notify import tell
from tasks.run.one_at_a_time import page_of

ROTATION = "the rotation of {name}"
# Whoever asks starts one where none is due; every caller of ``is_due`` does.
ROTATED_INSTEAD = "Another run takes its place: one that waits already, or one that rekey starts now."
FOOTER = "Which workers are online: `rekey health`, and Prefect's page Work Pools."


def is_due(credential: str, *, but: str = "") -> bool:
    """Whether a run of this credential's rotation begins soon, without the one named ``but``. Raises Unreachable.

    One that waited for its worker too long is ended, so that another one can take its place.
    """
    found = beginning.of_rotation(credential, but=but)
    tell_lost(ROTATION.format(name=credential), found.ended, ROTATED_INSTEAD)
    return found.is_due


def tell_lost(of: str, ended: tuple[str, ...], instead: str) -> None:
    """Say of these runs that no worker began them, what is done ``instead``, and where to look. Never raises."""
    if not ended:
        return
    minutes = read_settings().begin_within_s / 60
    runs = "A run waited" if len(ended) == 1 else f"{len(ended)} runs waited"
    told = (
        f"{runs} more than {minutes:g} min for a worker: it is lost, or none is there. Ended: {page_of(ended[-1])}. "
        f"{instead} If that comes again, look at the workers' logs."
    )
    tell(f"No worker began {of}", told, FOOTER, {"runs": " ".join(ended)})
