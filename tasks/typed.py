"""What Prefect keeps of a form: read once, deleted as soon as it is staged. Prefect itself never deletes it."""

from __future__ import annotations

from http import HTTPStatus
from uuid import UUID

from prefect.client.orchestration import get_client
from prefect.exceptions import PrefectHTTPStatusError
from prefect.input.actions import read_flow_run_input
from prefect.input.run_input import keyset_from_base_key
from pydantic import SecretStr

from blocks.secret import Pair


def read(flow_run_id: str, key: str) -> Pair | None:
    """The typed pair without the white space that copying adds; None when it is not in Prefect's store any more."""
    found = read_flow_run_input(keyset_from_base_key(key)["response"], flow_run_id=UUID(flow_run_id))
    if not isinstance(found, dict):
        return None
    return Pair(str(found["key_id"]).strip(), SecretStr(str(found["secret"]).strip()))


def forget(flow_run_id: str, key: str) -> None:
    """Delete all that Prefect keeps of this form, what was typed first. Fine when it is gone already."""
    keys = keyset_from_base_key(key)
    with get_client(sync_client=True) as client:
        for part in (keys["response"], keys["schema"], keys["description"]):
            try:
                client.delete_flow_run_input(UUID(flow_run_id), part)
            except PrefectHTTPStatusError as error:
                # Prefect's client makes no ObjectNotFound of it here, as it does elsewhere (3.8.8).
                if error.response.status_code != HTTPStatus.NOT_FOUND:
                    raise
