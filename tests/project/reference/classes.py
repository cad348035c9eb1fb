"""The classes of rekey's that derive from another one, wherever they are defined."""

from __future__ import annotations

import importlib
import pkgutil
from types import ModuleType
from typing import TypeVar

import blocks
import deployments
import flows
import tasks

_ClassT = TypeVar("_ClassT")
OWN: tuple[ModuleType, ...] = (flows, tasks, blocks, deployments)


def below(base: type[_ClassT]) -> list[type[_ClassT]]:
    """Every class of rekey's below this one, each before those below it, in the order of their names."""
    for package in OWN:
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not module.name.endswith("__main__"):
                importlib.import_module(module.name)
    return _below(base)


def _below(base: type[_ClassT]) -> list[type[_ClassT]]:
    found: list[type[_ClassT]] = []
    for one in sorted(base.__subclasses__(), key=lambda kind: kind.__name__):
        own = one.__module__.split(".")[0] in {package.__name__ for package in OWN}
        found += [*([one] if own else []), *_below(one)]
    return list(dict.fromkeys(found))
