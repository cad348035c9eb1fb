"""The places that hold a consumer's names and that no entry of the catalog names, where its kind can look for them.

A rotation leaves them with the dead pair, and whoever reads the consumer may read just those.
"""

from __future__ import annotations

from collections.abc import Iterator

from blocks.catalog import load_catalog
from blocks.consumers.interface import Consumer
from blocks.errors import StepError
from blocks.settings import read_settings


def told(one: Consumer) -> str:
    """For preflight: it stops no rotation, because nobody can say which place is read. Raises the vendor's errors.

    What takes many questions, only a full health run asks.
    """
    found = None if one.looks_long else one.elsewhere(_entries())
    return found.told if found else ""


def demand_none(one: Consumer) -> str:
    """For health: unknown is said as unknown. Raises StepError that names the places, and the vendor's errors."""
    found = one.elsewhere(_entries())
    if found and found.unnamed:
        raise StepError(
            found.told,
            "Add each place that is read to the catalog as a consumer, and delete the names from the others.",
        )
    return found.told if found else f"Not looked at: where else {one.label} may have its names, rekey cannot ask."


def _entries() -> Iterator[Consumer]:
    """All consumers of the catalog, of disabled credentials too."""
    for entry in load_catalog(read_settings().catalog).credential.values():
        yield from entry.consumers
