"""Where else in the mount keys of the same names are: a consumer that reads those keeps the old pair.

Lists need the capability ``list`` on the mount's ``metadata``, the names of keys ``read`` on ``subkeys``, which answers
without values (API reference of KV v2, read 2026-11-28). What may not be looked at is said.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from typing import Any

from blocks.errors import RekeyError, VendorError
from blocks.vaults.hashicorp.data import path_of
from blocks.vaults.hashicorp.session import unclear
from blocks.vaults.terms import Location, Places
from blocks.wire.replies import Reply

# Each folder and each secret is a question.
MOST = 100
_ROOT = Location("", "/")


class _Walk:
    """One walk through the mount, from its root."""

    def __init__(self, ask: Callable[..., Reply], mount: str) -> None:
        self._ask = ask
        self._mount = mount
        self.left = MOST
        self.unseen: list[str] = []

    def secrets(self, folder: Location = _ROOT) -> Iterator[Location]:
        """Every secret below that folder."""
        for name in self._listed(folder):
            inner = _inside(folder, name.rstrip("/"))
            if name.endswith("/"):
                yield from self.secrets(inner)
            else:
                yield inner

    def _listed(self, folder: Location) -> list[str]:
        body = self._answer("list secrets", "metadata", folder, {"list": "true"})
        keys = body.get("keys") if body is not None else []
        if not isinstance(keys, list) or not all(isinstance(one, str) for one in keys):
            self.unseen.append(f"{folder} (the answer cannot be read)")
            return []
        return keys

    def names(self, secret: Location) -> set[str]:
        """The names of its keys."""
        body = self._answer("look for names", "subkeys", secret, None)
        found = body.get("subkeys") if body is not None else {}
        # What was deleted has none.
        return set(found) if isinstance(found, dict) else set()

    def _answer(self, operation: str, what: str, at: Location, params: dict[str, str] | None) -> dict[str, Any] | None:
        if not self.left:
            return None
        self.left -= 1
        try:
            reply = self._ask(operation, path_of(self._mount, what, at), params)
            data = reply.body.get("data") if isinstance(reply.body, dict) else None
            # A folder without anything in it, and a secret that was deleted, answer with 404.
            if not isinstance(data, dict) and reply.status != 404:
                raise unclear(operation, "no data in the answer", reply.status)  # told as any other
        except RekeyError as error:
            self.unseen.append(f"{at} ({error.fault if isinstance(error, VendorError) else error.problem})")
            return None
        return data if isinstance(data, dict) else {"keys": [], "subkeys": {}}


def _inside(folder: Location, name: str) -> Location:
    """The first part of a path is the environment."""
    return folder.child(name) if folder.environment else Location(name, "/")


def places_of(ask: Callable[..., Reply], mount: str, names: Collection[str]) -> Places:
    """Look through the mount. Raises nothing: an error is not looked at."""
    walk = _Walk(ask, mount)
    found = [one for one in walk.secrets() if walk.names(one) & set(names)]
    if not walk.left:
        walk.unseen.append(f"more of the mount {mount} (there are more than {MOST} folders and secrets)")
    return Places(tuple(sorted(found, key=str)), tuple(walk.unseen))
