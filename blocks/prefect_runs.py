"""What Prefect says of a flow run: whether the run that holds a rotation has ended."""

from __future__ import annotations

from uuid import UUID

import httpx
from prefect.client.orchestration import get_client
from prefect.exceptions import ObjectNotFound, PrefectHTTPStatusError

from blocks.answer import Answer


def is_over(run_id: str) -> Answer:
    """Whether that flow run has ended. A deleted run has; while Prefect does not answer it is unknown."""
    try:
        with get_client(sync_client=True) as client:
            state = client.read_flow_run(UUID(run_id)).state
    except ObjectNotFound:
        return Answer.YES
    except (httpx.HTTPError, PrefectHTTPStatusError):
        return Answer.UNKNOWN
    if state is None:
        return Answer.UNKNOWN
    return Answer.YES if state.is_final() else Answer.NO
