"""What rekey's own blocks hold, as Prefect keeps them: read afresh each time, and changed field by field."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from json import JSONDecodeError
from typing import Any

import httpx
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.exceptions import PrefectHTTPStatusError
from pydantic import SecretStr

from blocks.errors import CatalogError, Refused, Unreachable, VendorError
from blocks.prefect_api.block_cache import CACHE
from blocks.prefect_api.prefect_missing import NOT_PREFECTS, is_missing
from blocks.wire import permission

READ, CHANGE = "read a block", "change a block"
_CLOSED = (401, 403)


@dataclass(frozen=True, slots=True)
class Document:
    """One block: its id, and the values of its fields in clear text."""

    id: str
    values: Mapping[str, Any] = field(repr=False)


def read(slug: str, name: str) -> Document:
    """The block of that kind and name. Raises CatalogError when there is none, Refused, and Unreachable."""
    path = f"/block_types/slug/{slug}/block_documents/name/{name}"
    found = _asked(READ, lambda client: client.request("GET", path, params={"include_secrets": True}))  # type: ignore[arg-type]  # no such path in its list
    if found is None:
        raise CatalogError(
            f"There is no block {slug}/{name}.", "Run `rekey register`, or create the block in the Prefect UI (Blocks)."
        )
    values = found.get("data")
    if not isinstance(found.get("id"), str) or not isinstance(values, dict):
        raise Unreachable(vendor="Prefect", operation=READ, fault=NOT_PREFECTS)
    return Document(found["id"], values)


def change(document: Document, values: Mapping[str, SecretStr]) -> None:
    """Give these fields these values; the others stay. Raises CatalogError when it is gone, Refused, and Unreachable.

    Whatever this process has loaded is loaded afresh from now on.
    """
    body = {"data": {name: one.get_secret_value() for name, one in values.items()}, "merge_existing_data": True}
    permission.demand()
    try:
        changed = _asked(
            CHANGE,
            lambda client: client.request("PATCH", f"/block_documents/{document.id}", json=body),  # type: ignore[arg-type]  # as above
        )
    finally:
        CACHE.forget()
    if changed is None:
        raise CatalogError("The block was deleted while rekey changed it.", "Run `rekey register`, then try again.")


def _asked(operation: str, question: Callable[[SyncPrefectClient], httpx.Response]) -> dict[str, Any] | None:
    """What Prefect answers; None when it does not know it. Its client's errors hold the request: those here do not."""
    fault, status = NOT_PREFECTS, None
    try:
        with get_client(sync_client=True) as client:
            answer = question(client)
            found = answer.json() if answer.content else {}
            if isinstance(found, dict):
                return found
    except PrefectHTTPStatusError as error:
        if is_missing(error):
            return None
        status = error.response.status_code
    except httpx.HTTPError as error:
        fault = f"connection failed ({type(error).__name__})"
    except (JSONDecodeError, UnicodeDecodeError, RecursionError):
        fault = NOT_PREFECTS
    kind: type[VendorError] = Refused if status in _CLOSED else Unreachable
    raise kind(
        vendor="Prefect",
        operation=operation,
        fault=fault,
        status=status,
        remedy="Nothing is lost. Look at the Prefect server, and at whether this worker may change blocks there.",
    )
