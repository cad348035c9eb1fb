"""One CSRF token of a test's Prefect server for all of Prefect's clients in this process."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from prefect.client.base import PrefectHttpxAsyncClient, PrefectHttpxSyncClient

from deployments.local.prefect_login import http_client
from deployments.local.processes import LocalPrefect
from tests.waiting import PREFECT_TIMEOUT_S

# A client that begins so shortly before the token's end (it counts for an hour) asks for one of its own.
BEFORE_ITS_END = timedelta(minutes=10)


@contextmanager
def one_token(prefect: LocalPrefect) -> Iterator[None]:
    """Each of them begins with a token that the server gave, as after its first change.

    Each asks for one of its own before that, and a rotation makes dozens of clients: it was every fourth request to the
    server, and the server writes for each. What they send with a change, and what the server checks, is as it was; one
    whose token is refused asks again.
    """
    client = uuid4()
    with http_client(prefect.environment, PREFECT_TIMEOUT_S) as api:
        given = api.get("/csrf-token", params={"client": str(client)}).raise_for_status().json()
    begins = _begins_with(str(api.base_url), client, given["token"], datetime.fromisoformat(given["expiration"]))
    with pytest.MonkeyPatch.context() as patch:
        for kind in (PrefectHttpxAsyncClient, PrefectHttpxSyncClient):
            patch.setattr(kind, "__init__", begins(kind.__init__))
        yield


def _begins_with(
    address: str, client: UUID, token: str, expires: datetime
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    def around(begin: Callable[..., None]) -> Callable[..., None]:
        def begun(self: Any, *arguments: Any, **named: Any) -> None:
            begin(self, *arguments, **named)
            # One that asks by way of another address asks that one for its token.
            if str(self.base_url) == address and datetime.now(UTC) + BEFORE_ITS_END < expires:
                self.csrf_client_id, self.csrf_token, self.csrf_token_expiration = client, token, expires

        return begun

    return around
