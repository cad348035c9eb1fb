"""What works with Prefect's SDK, for somebody at a terminal: a server that cannot be reached is one sentence."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import httpx
from prefect.settings import get_current_settings

from blocks.errors import Unreachable
from deployments.local.ask_prefect import Prefect


@contextmanager
def prefect_answers(operation: str) -> Iterator[None]:
    """Ask first whether it answers and takes the login: the SDK tries for minutes, and shows what it got.

    Raises CatalogError and VendorError.
    """
    api = get_current_settings().api
    with Prefect(api.url, api.auth_string) as prefect:
        prefect.demand_an_answer()
    fault = ""
    try:
        yield
    except httpx.HTTPError as error:
        fault = type(error).__name__
    if fault:
        raise Unreachable(vendor="Prefect", operation=operation, fault=fault)
