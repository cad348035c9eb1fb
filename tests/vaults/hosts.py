"""One more address in the catalog of an estate, which has others of its own already."""

from __future__ import annotations

OTHERS = "[hosts.others]\n"


def with_host(catalog: str, word: str, address: str) -> str:
    """This catalog with the address among those of kinds without one of their own."""
    line = f'{word} = "{address}"\n'
    if OTHERS not in catalog:
        return f"{catalog}\n{OTHERS}{line}"
    return catalog.replace(OTHERS, f"{OTHERS}{line}", 1)
