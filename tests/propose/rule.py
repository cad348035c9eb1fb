"""What a rule says of a vendor's keys: how they look, and how the scanner asks whether one lives and ends one.

A rule is as ``kingfisher_sdk.Rules().detail(ID)`` returns it (version 1.5.0, read 2026-11-28): a check is a request
(``Http``), or an expression (``Betterleaks``) as a tree of nodes, in which a call of ``http.get`` has the address and a
map of headers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

TOKEN = "{token}"  # noqa: S105  # a placeholder
_VARIABLE = re.compile(r"{{\s*TOKEN\s*}}")
# Names of fields that say whose a key is, the best first.
_WHOSE = ("account_id", "accountId", "id", "ID", "uuid", "login", "username", "email")
# Headers that name no key and are sent by rekey itself.
_OWN_HEADERS = {"accept", "user-agent", "content-type"}


@dataclass(frozen=True, slots=True)
class Asked:
    """One request that a rule makes. ``address`` is empty for one that is not as simple."""

    method: str
    address: str
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def path(self) -> str:
        """What is asked there, with its query."""
        parts = urlsplit(self.address)
        return f"{parts.path or '/'}{f'?{parts.query}' if parts.query else ''}"

    @property
    def origin(self) -> str:
        """Where it is."""
        parts = urlsplit(self.address)
        return f"{parts.scheme}://{parts.netloc}"


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule, as far as it can be read."""

    id: str
    name: str
    pattern: str
    liveness: tuple[Asked, ...]
    revocation: tuple[Asked, ...]
    subjects: tuple[str, ...]
    refused: tuple[int, ...]

    @classmethod
    def of(cls, detail: Mapping[str, Any]) -> Rule:
        """Read one."""
        check, revoke = detail.get("validation") or {}, detail.get("revocation") or {}
        nodes = list(_nodes(check))
        return cls(
            str(detail["id"]),
            str(detail.get("name", "")),
            str(detail.get("pattern", "")),
            tuple(_asked(check)),
            tuple(_asked(revoke)),
            tuple(_subjects(nodes)),
            tuple(sorted({one["value"] for one in nodes if one.get("kind") == "integer"} & {401, 403})),
        )


def _nodes(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, list):
        for one in value:
            yield from _nodes(one)
    elif isinstance(value, dict):
        yield value
        for one in value.values():
            yield from _nodes(one)


def _asked(check: Mapping[str, Any]) -> Iterator[Asked]:
    for node in _nodes(check):
        if {"method", "url", "headers"} <= node.keys():
            headers = {str(name): _VARIABLE.sub(TOKEN, str(value)) for name, value in (node["headers"] or {}).items()}
            yield _plain(str(node["method"]), _VARIABLE.sub(TOKEN, str(node["url"])), headers)
        elif node.get("kind") == "call" and _chain(node.get("callee"))[:1] == ["http"]:
            url, headers_node = [*(node.get("arguments") or []), None, None][:2]
            pairs = (headers_node or {}).get("pairs") or []
            found = {_text(one.get("key")): _text(one.get("value")) for one in pairs}
            yield _plain(_chain(node["callee"])[-1].upper(), _text(url), found)


def _plain(method: str, address: str, headers: Mapping[str, str]) -> Asked:
    """Without what is not simple: an address that is put together, and headers that hold no key."""
    kept = {name: value for name, value in headers.items() if name.lower() not in _OWN_HEADERS}
    simple = re.fullmatch(r"https://[a-z0-9.-]+(/[A-Za-z0-9._~/?=&%-]*)?", address)
    return Asked(method, address if simple else "", kept if all("{{" not in one for one in kept.values()) else {})


def _text(node: Any) -> str:
    """A text as it is put together of texts and the key; what is neither is a question mark."""
    if not isinstance(node, dict):
        return "?"
    if node.get("kind") == "string":
        return str(node["value"])
    if node.get("kind") == "binary" and node.get("operator") == "+":
        return _text(node["left"]) + _text(node["right"])
    return TOKEN if _chain(node) == ["finding", "secret"] else "?"


def _chain(node: Any) -> list[str]:
    """``a.b.c`` as its names."""
    if not isinstance(node, dict):
        return []
    if node.get("kind") == "member":
        return [*_chain(node.get("node")), str((node.get("property") or {}).get("value", ""))]
    return [str(node.get("value", ""))]


def _subjects(nodes: list[dict[str, Any]]) -> Iterator[str]:
    """Where the answer says whose it is, the likeliest first."""
    chains = [_chain(one) for one in nodes if one.get("kind") == "member"]
    dotted = dict.fromkeys(tuple(one[2:]) for one in chains if len(one) > 2 and one[1] == "json")
    ranked = sorted((_WHOSE.index(one[-1]), one) for one in dotted if one[-1] in _WHOSE)
    return (".".join(one) for _, one in ranked)
