"""Reads a manifest by the models of Kubernetes' own client, and says what these do not know."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from kubernetes import client


def model_of(manifest: dict[str, Any]) -> type:
    """The client's class for it. Raises AttributeError for a kind that there is not."""
    group, _, version = str(manifest["apiVersion"]).rpartition("/")
    assert (group, version) in {("", "v1"), ("apps", "v1"), ("batch", "v1"), ("policy", "v1")} | {
        ("networking.k8s.io", "v1"),
        ("rbac.authorization.k8s.io", "v1"),
    }
    found: type = getattr(client, f"V1{manifest['kind']}")
    return found


def unknown(value: Any, kind: str, where: str = "") -> Iterator[str]:
    """What in it is no field of its kind, has another type, or is needed and missing."""
    inside = re.fullmatch(r"(list|dict)[\[(](?:str, )?(.+)[\])]", kind)
    if inside and inside[1] == "list":
        yield from _unless(isinstance(value, list), f"{where} is no list")
        for number, one in enumerate(value if isinstance(value, list) else []):
            yield from unknown(one, inside[2], f"{where}[{number}]")
    elif inside:
        yield from _unless(isinstance(value, dict), f"{where} is no mapping")
        for name, one in (value if isinstance(value, dict) else {}).items():
            yield from unknown(one, inside[2], f"{where}.{name}")
    elif kind in _PLAIN:
        # True is an int for Python, and none for Kubernetes.
        yield from _unless(type(value) in _PLAIN[kind], f"{where} is no {kind}: {value!r}")
    else:
        yield from _of_model(value, getattr(client, kind), where)


_PLAIN: dict[str, tuple[type, ...]] = {
    "str": (str,),
    "int": (int,),
    "bool": (bool,),
    "float": (int, float),
    "object": (str, int, float, bool, dict, list),
}


def _of_model(value: Any, model: Any, where: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{where} is no {model.__name__}"
        return
    names = {written: name for name, written in model.attribute_map.items()}
    for written, one in value.items():
        if written not in names:
            yield f"{where}.{written} is no field of {model.__name__}"
        else:
            yield from unknown(one, model.openapi_types[names[written]], f"{where}.{written}")
    # The client's own check: a field that must be there.
    try:
        model(**{names[written]: one for written, one in value.items() if written in names})
    except ValueError as error:
        yield f"{where}: {error}"


def _unless(is_so: bool, told: str) -> Iterator[str]:
    if not is_so:
        yield told
