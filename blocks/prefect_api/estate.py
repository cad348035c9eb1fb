"""The blocks of the estate: a token that is corrected in the Prefect UI counts at the next try of a step.

While trading stands still every question to Prefect counts. So each block is loaded once (``loaded_once``), and kept
from one step of a flow run to the next until something fails or a person was waited for; then all are loaded afresh.

Every block has one document, named ``rekey``; a running application has one of its own name.

A block whose address is not the catalog's is refused here, so that nothing is ever sent to it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from json import JSONDecodeError
from threading import Lock
from typing import TypeVar
from uuid import UUID

import httpx
from prefect.blocks.core import Block
from prefect.context import FlowRunContext
from prefect.exceptions import ObjectNotFound, PrefectHTTPStatusError

from blocks.catalog_file import for_blocks
from blocks.entry import DEFAULT_RUNTIME
from blocks.errors import CatalogError, Unreachable
from blocks.listed import RUNTIMES, VAULTS
from blocks.model.hosts import Hosts
from blocks.prefect_api.prefect_missing import NOT_PREFECTS, is_missing
from blocks.runtimes.interface import Runtime
from blocks.settings import read_settings
from blocks.vaults.interface import Vault
from blocks.vendor_block import VendorBlock
from blocks.wire import witnesses

DOCUMENT = "rekey"
_BlockT = TypeVar("_BlockT", bound=VendorBlock)


class _Once:
    """One block of one step: loaded by the first thread that needs it, the others wait for it."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.block: Block | None = None


_Kept = dict[tuple[type[Block], str], _Once]
# What the present step has loaded; threads that it starts in a copy of its context share it.
_step: ContextVar[_Kept | None] = ContextVar("blocks of the step", default=None)
# What the newest flow run of this process has loaded since it began, something failed, or a form was open.
_run: tuple[UUID | None, _Kept] = (None, {})


@contextmanager
def loaded_once() -> Iterator[None]:
    """Load each block at most once in here; what an earlier step of this flow run has loaded counts.

    Whatever is raised in here may be about a block, so then the next step (or try) loads all of them afresh.
    """
    outside = _step.set(_kept_of_this_run())
    try:
        yield
    except BaseException:
        forget()
        raise
    finally:
        _step.reset(outside)


@contextmanager
def loaded_afresh() -> Iterator[None]:
    """Load each block at most once in here, and afresh: nothing that was loaded before counts.

    Rows that are written in here name the hosts that answered.
    """
    outside = _step.set({})
    try:
        with witnesses.heard():
            yield
    finally:
        _step.reset(outside)


def forget() -> None:
    """Let the next step load every block afresh: a form was open, maybe for hours."""
    global _run  # noqa: PLW0603  # what is known of the run is replaced as a whole, which needs no lock
    _run = (None, {})


def _kept_of_this_run() -> _Kept:
    global _run  # noqa: PLW0603  # see above
    context = FlowRunContext.get()
    if context is None or context.flow_run is None:
        return {}
    run, kept = _run
    if run != context.flow_run.id:
        kept = {}
        _run = (context.flow_run.id, kept)
    return kept


def loaded(kind: type[_BlockT], document: str = DOCUMENT) -> _BlockT:
    """The block of that kind and name, once a step or afresh as it asked for. Raises CatalogError, Unreachable."""
    kept = _step.get()
    if kept is None:
        return _loaded_now(kind, document)
    once = kept.setdefault((kind, document), _Once())
    with once.lock:
        block = once.block
        if not isinstance(block, kind):
            once.block = block = _loaded_now(kind, document)
        return block


def _loaded_now(kind: type[_BlockT], document: str) -> _BlockT:
    problem = outage = ""
    try:
        block = kind.load(document)
    except (ValueError, RuntimeError) as error:
        # ValueError: it does not exist. RuntimeError: its class cannot read it; the cause shows the values.
        if isinstance(error, JSONDecodeError) or (
            isinstance(error.__cause__, ObjectNotFound) and not is_missing(error.__cause__)
        ):
            outage = NOT_PREFECTS
        problem = f"The Prefect block {kind.__name__}/{document} does not exist or cannot be read."
    except (httpx.HTTPError, PrefectHTTPStatusError) as error:
        outage = type(error).__name__
    if outage:
        raise Unreachable(vendor="Prefect", operation=f"load block {kind.__name__}/{document}", fault=outage)
    if problem:
        raise CatalogError(problem, "Run `rekey register`, or create the block in the Prefect UI (Blocks).")
    if not isinstance(block, kind):
        raise Unreachable(vendor="Prefect", operation=f"load block {document}", fault="not a block")
    refuse_other_hosts(block, document, for_blocks(read_settings().catalog).hosts)
    return block


def refuse_other_hosts(block: VendorBlock, document: str, hosts: Hosts) -> None:
    """Raise CatalogError unless every address in the block is one of the catalog's."""
    for field, entry in block.addresses.items():
        hosts.refuse_other(type(block).__name__, document, entry, getattr(block, field))


def runtime(reference: str) -> Runtime:
    """A running application, by ``slug/document`` or the name of a Raptor block. Raises what ``loaded`` raises."""
    return loaded(runtime_kind(reference), reference.rpartition("/")[2])


def runtime_kind(reference: str) -> type[Runtime]:
    """What is known of a running application without its block. Raises CatalogError for what is none."""
    slug = reference.rpartition("/")[0] or DEFAULT_RUNTIME
    if slug not in RUNTIMES:
        raise CatalogError(f"{reference} is no running application.", "Correct runtime in the catalog.")
    kind: type[Runtime] = RUNTIMES[slug].load()
    return kind


def vault() -> Vault:
    """The vault. Raises what ``loaded`` raises."""
    return loaded(vault_kind())


def vault_kind() -> type[Vault]:
    """What is known of the catalog's vault without its block. Raises CatalogError."""
    kind: type[Vault] = VAULTS[for_blocks(read_settings().catalog).vault.kind].load()
    return kind
