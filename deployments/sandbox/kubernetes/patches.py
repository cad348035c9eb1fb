"""The three kinds of patches that an API server takes, applied to a copy of an object."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

MERGE, STRATEGIC, JSON = (
    "application/merge-patch+json",
    "application/strategic-merge-patch+json",
    "application/json-patch+json",
)
# Lists whose entries are told apart by this field, in a strategic merge patch; every other list is replaced.
_KEYS = {"containers": "name", "initContainers": "name", "env": "name", "volumes": "name"}


class WrongPatch(ValueError):
    """It cannot be applied."""


def applied(kind: str, found: dict[str, Any], patch: Any) -> dict[str, Any]:
    """The object after this patch. Raises WrongPatch, and KeyError for a kind of patch that there is not."""
    apply: Callable[[dict[str, Any], Any], Any] = {MERGE: _merged, STRATEGIC: _strategic, JSON: _json}[kind]
    changed = apply(copy.deepcopy(found), patch)
    if not isinstance(changed, dict):
        raise WrongPatch("the object would be none")
    return changed


def _merged(found: Any, patch: Any) -> Any:
    """RFC 7386: null takes away, a list is replaced."""
    if not isinstance(patch, dict):
        return patch
    found = found if isinstance(found, dict) else {}
    for name, value in patch.items():
        if value is None:
            found.pop(name, None)
        else:
            found[name] = _merged(found.get(name), value)
    return found


def _strategic(found: Any, patch: Any) -> Any:
    if not isinstance(patch, dict):
        return patch
    found = found if isinstance(found, dict) else {}
    for name, value in patch.items():
        if value is None:
            found.pop(name, None)
        elif name in _KEYS and isinstance(value, list):
            found[name] = _by_key(found.get(name) or [], value, _KEYS[name])
        else:
            found[name] = _strategic(found.get(name), value)
    return found


def _by_key(found: list[Any], patch: list[Any], key: str) -> list[Any]:
    merged = {one[key]: one for one in found}
    for one in patch:
        if not isinstance(one, dict) or key not in one:
            raise WrongPatch(f"map: does not contain declared merge key: {key}")
        merged[one[key]] = _strategic(merged.get(one[key]), one)
    return list(merged.values())


def _json(found: Any, patch: Any) -> Any:
    """RFC 6902, as far as add, replace, remove and test go."""
    if not isinstance(patch, list):
        raise WrongPatch("a JSON patch is a list")
    for step in patch:
        at, *names = _names(step)
        target: Any = found
        for name in (at, *names)[:-1]:
            target = _inner(target, name)
        _step(target, (at, *names)[-1], step)
    return found


def _names(step: Any) -> list[str]:
    if not isinstance(step, dict) or not str(step.get("path", "")).startswith("/"):
        raise WrongPatch("a step without a path")
    return [one.replace("~1", "/").replace("~0", "~") for one in step["path"][1:].split("/")]


def _inner(target: Any, name: str) -> Any:
    try:
        return target[int(name)] if isinstance(target, list) else target[name]
    except (KeyError, IndexError, ValueError, TypeError):
        raise WrongPatch("doc is missing path") from None


def _step(target: Any, name: str, step: dict[str, Any]) -> None:
    if not isinstance(target, dict):
        raise WrongPatch("only fields of objects are changed here")
    what = step.get("op")
    if what in {"replace", "remove", "test"} and name not in target:
        raise WrongPatch("doc is missing key")
    if what == "test" and target[name] != step.get("value"):
        raise WrongPatch("testing value failed")
    if what in {"add", "replace"}:
        target[name] = step.get("value")
    elif what == "remove":
        del target[name]
    elif what != "test":
        raise WrongPatch("unexpected kind")
