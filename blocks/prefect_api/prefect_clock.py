"""How far this machine's clock is from that of Prefect's server, by which runs are late, scheduled and due."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus

from prefect.client.orchestration import get_client

from blocks.prefect_api.prefect_state import asked

# The server tells whole seconds, and an answer that took longer than this says too little.
MOST_WAIT_S = 20.0


def ahead() -> timedelta | None:
    """How far this machine is ahead, negative when it is behind; None when the server does not say.

    Raises Unreachable.
    """

    def question() -> timedelta | None:
        with get_client(sync_client=True) as client:
            began = time.monotonic()
            answer = client.hello()
            now, took = datetime.now(UTC), time.monotonic() - began
        told = answer.headers.get("Date")
        if answer.status_code != HTTPStatus.OK or told is None or took > MOST_WAIT_S:
            return None
        return now - parsedate_to_datetime(told)

    return asked("ask what time it is", question, None)
