"""The blocks of the estate, loaded fresh by each step: a token that is corrected in the Prefect UI counts at once.

Every block has one document, named ``rekey``; Raptor has one for each running instance, named in the catalog.
"""

from __future__ import annotations

from typing import TypeVar

from prefect.blocks.core import Block

from blocks.errors import CatalogError, Unreachable
from blocks.vendors.alpaca import Alpaca
from blocks.vendors.github import Github
from blocks.vendors.heroku import Heroku
from blocks.vendors.infisical import Infisical
from blocks.vendors.raptor import Raptor
from blocks.vendors.slack import Slack

DOCUMENT = "rekey"
_BlockT = TypeVar("_BlockT", bound=Block)


def _loaded(kind: type[_BlockT], document: str) -> _BlockT:
    problem = ""
    try:
        block = kind.load(document)
    except ValueError:
        # Prefect raises ValueError for a block that does not exist, and for one that its class cannot read.
        problem = f"The Prefect block {kind.__name__}/{document} does not exist or cannot be read."
    if problem:
        raise CatalogError(problem, "Run `rekey register`, or create the block in the Prefect UI (Blocks).")
    if not isinstance(block, kind):
        raise Unreachable(vendor="Prefect", operation=f"load block {document}", fault="not a block")
    return block


def alpaca() -> Alpaca:
    """Alpaca's hosts and dashboards."""
    return _loaded(Alpaca, DOCUMENT)


def vault() -> Infisical:
    """The vault."""
    return _loaded(Infisical, DOCUMENT)


def heroku() -> Heroku:
    """Heroku."""
    return _loaded(Heroku, DOCUMENT)


def github() -> Github:
    """GitHub."""
    return _loaded(Github, DOCUMENT)


def slack() -> Slack:
    """Slack."""
    return _loaded(Slack, DOCUMENT)


def raptor(document: str) -> Raptor:
    """One running instance of the trading API."""
    return _loaded(Raptor, document)
