"""Which rules a stand is played by, and where one is found by its place."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Iterator
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import ModuleType
from typing import get_args, get_type_hints

from blocks.errors import CatalogError
from deployments.kit import brake, consumer, issuer, runtime, vault
from deployments.kit.rules import Factory, Found, Rule, played
from deployments.kit.stands import BrakeStand, ConsumerStand, IssuerStand, RuntimeStand, Stand, VaultStand

RULES: dict[type[Stand], tuple[Rule, ...]] = {
    VaultStand: vault.RULES,
    ConsumerStand: consumer.RULES,
    BrakeStand: brake.RULES,
    RuntimeStand: runtime.RULES,
    IssuerStand: issuer.RULES,
}


def rules_of(factory: Factory) -> tuple[Rule, ...]:
    """The rules of the family of the stand that this yields, by its annotation. Raises CatalogError without one."""
    hints = get_type_hints(inspect.unwrap(factory))
    yielded = get_args(hints.get("return"))
    found = next((rules for kind, rules in RULES.items() if yielded and yielded[0] is kind), None)
    if found is None:
        known = ", ".join(one.__name__ for one in RULES)
        called = getattr(factory, "__name__", "the function")
        raise CatalogError(
            f"{called} does not say which stand it makes.",
            f"Annotate it with Iterator[...] of one of {known} (deployments/kit/stands.py), as a context manager.",
        )
    return found


def checked(factory: Factory) -> Iterator[Found]:
    """Every rule of its family, as it is played."""
    yield from played(rules_of(factory), factory)


def factories_at(place: str) -> dict[str, Factory]:
    """The factories at ``file.py``, ``file.py:name``, ``module`` or ``module:name``, by name. Raises CatalogError.

    Without a name all functions that the file itself defines and whose names begin with ``stand``.
    """
    where, _, name = place.partition(":")
    module = _module(where)
    if name:
        factory = getattr(module, name, None)
        if not callable(factory):
            raise CatalogError(f"{where} has no function {name}.", "Name the function that makes the stand.")
        return {name: factory}
    found: dict[str, Factory] = {
        one: made
        for one, made in inspect.getmembers(module, inspect.isfunction)
        if one.startswith("stand") and made.__module__ == module.__name__
    }
    if not found:
        raise CatalogError(f"{where} has no function whose name begins with stand.", f"Name it: {where}:NAME.")
    return found


def _module(where: str) -> ModuleType:
    path = Path(where)
    try:
        if path.suffix != ".py":
            return importlib.import_module(where)
        loader = SourceFileLoader(path.stem, str(path))
        module = ModuleType(path.stem)
        module.__file__ = str(path)
        loader.exec_module(module)
    except (ImportError, OSError, SyntaxError) as error:
        problem = f"{where} cannot be loaded ({type(error).__name__})."
    else:
        return module
    raise CatalogError(problem, "Give the path of a Python file, or the name of a module that is installed.")
