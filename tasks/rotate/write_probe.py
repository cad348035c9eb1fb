"""What an issuer needs to prove that the new pair may write: the running application, and what earlier tries told."""

from __future__ import annotations

from functools import partial

from blocks.issuers.terms import Application, WriteProbe
from blocks.model.rotation import Rotation
from blocks.prefect_api import estate, recording
from blocks.proofs import Record
from blocks.secret import Minted


def application_of(rotation: Rotation) -> Application | None:
    """The first application that runs with the pair and takes orders; None where the catalog names none."""
    found = (
        estate.runtime_kind(one).application(one, partial(estate.runtime, one)) for one in rotation.credential.runtimes
    )
    return next((one for one in found if one is not None), None)


def probe_of(rotation: Rotation, pair: Minted, record: Record, application: Application | None) -> WriteProbe:
    """All that has to be known of a write probe with this pair. Raises LedgerError."""
    told = recording.history_of(rotation).notices.check_orders
    return WriteProbe(rotation.credential, rotation.id, rotation.started_at, pair, record, application, told)
