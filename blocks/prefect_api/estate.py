"""The blocks of the estate: a token that is corrected in the Prefect UI counts at the next try of a step.

While trading stands still every question to Prefect counts. So each block is loaded once, and kept from one step of a
flow run to the next until something fails or a person was waited for (block_cache.py); then all are loaded afresh.

Every block has one document, named ``rekey``; a running application, or a second vault of a kind, has one of its own
name.

A block whose address is not the catalog's is refused here, so that nothing is ever sent to it.
"""

from __future__ import annotations

from contextlib import nullcontext
from functools import partial
from json import JSONDecodeError
from typing import TypeVar

import httpx
from prefect.exceptions import ObjectNotFound, PrefectHTTPStatusError

from blocks.catalog_file import for_blocks
from blocks.entry import DEFAULT_RUNTIME, DOCUMENT
from blocks.errors import CatalogError, Unreachable
from blocks.listed import RUNTIMES, VAULTS
from blocks.model.hosts import Hosts
from blocks.model.places import OperatorsPlace, VaultPlace
from blocks.prefect_api import at_once, kept_blocks
from blocks.prefect_api.at_once import STALE, Urgent
from blocks.prefect_api.block_cache import CACHE
from blocks.prefect_api.one_try import TIMEOUT_S, one_try
from blocks.prefect_api.prefect_missing import NOT_PREFECTS, is_missing
from blocks.runtimes.interface import Runtime
from blocks.settings import read_settings
from blocks.vaults.interface import Vault
from blocks.vendor_block import VendorBlock

_BlockT = TypeVar("_BlockT", bound=VendorBlock)


def loaded(kind: type[_BlockT], document: str = DOCUMENT) -> _BlockT:
    """The block of that kind and name, once a step or afresh as it asked for. Raises CatalogError, Unreachable.

    It is Prefect's, for which is waited as long as Prefect's client waits. Only what is done at once (at_once.py) may
    get the one that is kept on this machine's own disk.
    """
    urgent = at_once.urgent()
    if urgent is None:
        return CACHE.get(kind, document, _loaded_now)
    block = CACHE.get(kind, document, partial(_loaded_at_once, urgent), apart=True)
    if block.is_kept:
        urgent.used.add((kind, document))
    return block


def _loaded_now(kind: type[_BlockT], document: str) -> _BlockT:
    block = _from_prefect(kind, document)
    refuse_other_hosts(block, document, for_blocks(read_settings().catalog).hosts)
    kept_blocks.keep(block, document)
    return block


def _loaded_at_once(urgent: Urgent, kind: type[_BlockT], document: str) -> _BlockT:
    """From Prefect; from this machine's own disk when Prefect does not answer once, where it was kept there.

    One that was not kept there is waited for: there is no other way.
    """
    is_stale = (kind, document) in urgent.refused
    kept = None if is_stale else kept_blocks.kept(kind, document)
    fault = ""
    try:
        with one_try(TIMEOUT_S) if kept or is_stale else nullcontext():
            block = _loaded_now(kind, document)
    except Unreachable as error:
        if is_stale:
            fault = f"{error.fault}; {STALE}"
        elif kept is None:
            raise
    else:
        CACHE.know(block, document)
        return block
    if kept is None:
        raise Unreachable(vendor="Prefect", operation=f"load block {kind.__name__}/{document}", fault=fault)
    refuse_other_hosts(kept, document, for_blocks(read_settings().catalog).hosts)
    return kept


def _from_prefect(kind: type[_BlockT], document: str) -> _BlockT:
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


def vault(place: VaultPlace | OperatorsPlace) -> Vault:
    """The vault that keeps this. Raises what ``loaded`` raises."""
    return loaded(vault_kind(place), vault_name(place).partition("/")[2] or DOCUMENT)


def vault_kind(place: VaultPlace | OperatorsPlace) -> type[Vault]:
    """What is known of the vault that keeps this, without its block. Raises CatalogError."""
    kind: type[Vault] = VAULTS[vault_name(place).partition("/")[0]].load()
    return kind


def vault_name(place: VaultPlace | OperatorsPlace) -> str:
    """The vault that keeps this, by ``kind`` or ``kind/document``: the place's own, or else the catalog's."""
    return place.kind or for_blocks(read_settings().catalog).vault.kind
