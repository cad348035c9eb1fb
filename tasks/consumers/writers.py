"""Who else writes to a consumer or sets a brake: what puts back the dead pair, or releases the brake, after a rotation.

To whom the vault itself gives a folder is in tasks/vault/writers.py.
"""

from __future__ import annotations

from collections.abc import Iterable

from blocks.brakes.interface import Brake
from blocks.consumers.interface import Consumer


def places(consumers: Iterable[Consumer], brakes: Iterable[Brake]) -> list[Consumer | Brake]:
    """Those that can be asked."""
    every: list[Consumer | Brake] = [*consumers, *brakes]
    return [one for one in every if one.looks_for_writers]


def told(one: Consumer | Brake, *, urgent: bool) -> str:
    """For preflight. Raises StepError for a certain one unless it is urgent, when all is told; the vendor's errors."""
    found = one.writers()
    if not urgent:
        found.demand_none()
    return " ".join([*map(str, found.certain), *([found.told] if found.told else [])])


def demand_none(one: Consumer | Brake) -> str:
    """For health. Raises StepError for a certain one, and the vendor's errors."""
    found = one.writers()
    found.demand_none()
    return found.told or f"Nobody else writes to {one.label}, as far as it shows."
