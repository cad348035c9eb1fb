"""What Prefect keeps of a form: read once, deleted as soon as it is staged. Prefect itself never deletes it."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from functools import partial
from json import JSONDecodeError
from typing import Any, TypeVar
from uuid import UUID

import httpx
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.exceptions import PrefectHTTPStatusError
from prefect.input.run_input import keyset_from_base_key
from pydantic import SecretStr

from blocks.errors import Unreachable
from blocks.prefect_api import clock
from blocks.prefect_api.prefect_missing import NOT_PREFECTS, is_missing
from blocks.secret import Minted

_T = TypeVar("_T")


def read(flow_run_id: str, key: str, fields: Sequence[str]) -> Minted | None:
    """The typed pair, of these fields, without white space around it; None when Prefect keeps none (any more).

    Raises Unreachable while Prefect does not answer.
    """
    return pair_in(values(flow_run_id, key), fields)


def pair_in(found: Any, fields: Sequence[str]) -> Minted | None:
    """The pair among what was entered, without white space around it; None for something else."""
    if not isinstance(found, dict) or not found.get(fields[-1]):
        # The form also takes that somebody stops, without a pair.
        return None
    return Minted({field: SecretStr(str(found.get(field, "")).strip()) for field in fields})


def values(flow_run_id: str, key: str) -> Any:
    """What was entered into this form, as Prefect keeps it; None when its store holds nothing. Raises Unreachable."""
    response = keyset_from_base_key(key)["response"]

    def question() -> Any:
        with get_client(sync_client=True) as client:
            try:
                kept = client.read_flow_run_input(UUID(flow_run_id), response)
            except PrefectHTTPStatusError as error:
                if not is_missing(error):
                    raise
                return None
        return json.loads(kept)

    return _asked("read what was typed", question)


def age_s(flow_run_id: str, key: str) -> float | None:
    """For how many seconds Prefect keeps what was entered, by its own clock; None for nothing. Raises Unreachable."""
    response = keyset_from_base_key(key)["response"]

    def question() -> float | None:
        with get_client(sync_client=True) as client:
            kept = client.filter_flow_run_input(UUID(flow_run_id), response, limit=1, exclude_keys=set())
            since = kept[0].created if kept else None
            return None if since is None else (clock.of_server(client) - since).total_seconds()

    return _asked("look since when an answer waits", question)


def forget(flow_run_id: str, key: str) -> None:
    """Delete all that Prefect keeps of this form, what was typed first. Fine when it is gone already.

    Raises Unreachable while Prefect does not answer: what is left is deleted when it is asked again.
    """
    keys = keyset_from_base_key(key)
    with get_client(sync_client=True) as client:
        for part in (keys["response"], keys["schema"], keys["description"]):
            _asked("delete what was typed", partial(_delete, client, UUID(flow_run_id), part))


def _delete(client: SyncPrefectClient, flow_run_id: UUID, part: str) -> None:
    try:
        client.delete_flow_run_input(flow_run_id, part)
    except PrefectHTTPStatusError as error:
        # Prefect's client makes no ObjectNotFound of it here, as it does elsewhere (3.8.8).
        if not is_missing(error):
            raise


def _asked(operation: str, question: Callable[[], _T]) -> _T:
    """What Prefect answers. Its client's errors hold requests and answers; the one that is raised instead does not."""
    fault, status = "", None
    try:
        return question()
    except PrefectHTTPStatusError as error:
        fault, status = "no answer that says anything", error.response.status_code
    except httpx.HTTPError as error:
        fault = f"connection failed ({type(error).__name__})"
    except JSONDecodeError:
        # Not chained: it holds the whole text.
        fault = NOT_PREFECTS
    raise Unreachable(
        vendor="Prefect",
        operation=operation,
        fault=fault,
        status=status,
        remedy="Nothing is lost. Look at the Prefect server; rekey tries again by itself a few times.",
    )
