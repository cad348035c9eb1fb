"""The clock of Prefect's server: by it runs begin and are late. Another machine's may differ by minutes."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from prefect.client.orchestration import SyncPrefectClient


def of_server(client: SyncPrefectClient) -> datetime:
    """What time it is there, to the second; for this machine, where the server does not say."""
    told = client.hello().headers.get("Date")
    return parsedate_to_datetime(told) if told else datetime.now(UTC)
