"""The vault of these tests, as a block of rekey's. It has neither syncs nor a second reader."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any, ClassVar

from pydantic import Field, SecretStr

from blocks.errors import StepError, Transient, Unclear, Unreachable
from blocks.model.places import VaultPlace
from blocks.vaults.interface import Vault, VaultClient
from blocks.vaults.read_back import is_mixed_up, is_written, read_backs
from blocks.vaults.terms import Location, Stored, Words
from blocks.wire.http import Http
from tests.vaults.box.twin import TOKEN

WORDS = Words("Box", "Box's lid", "Box", "Box has none")


class BoxClient(VaultClient):
    """One request, one answer or one VendorError."""

    words: ClassVar[Words] = WORDS

    def __init__(self, url: str, token: SecretStr) -> None:
        self._http = Http(WORDS.name, url, headers={TOKEN: token})

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def read(self, location: Location, names: Collection[str] | None = None) -> dict[str, Stored]:
        """The secrets of that folder by name. Raises Missing when there is no such folder."""
        return {
            name: Stored(SecretStr(value), version, datetime.fromisoformat(at))
            for name, (value, version, at) in self._ask("read", location)["secrets"].items()
            if names is None or name in names
        }

    def write(
        self, location: Location, values: Mapping[str, SecretStr], before: Mapping[str, Stored] | None = None
    ) -> dict[str, Stored]:
        """All values in one transaction, read back."""
        before = self.read(location, values) if before is None else before
        doubt: Unreachable | Unclear | None = None
        try:
            self._ask("write", location, values={name: one.get_secret_value() for name, one in values.items()})
        except (Unreachable, Unclear) as caught:
            doubt = caught
        after: dict[str, Stored] = {}
        for _ in read_backs(0.01):
            after = self.read(location, values)
            if all(is_written(name, one, before, after) for name, one in values.items()):
                return after
        if is_mixed_up(values, after):
            raise StepError("Box returns the values under each other's names.", "Update it.")
        raise doubt or Transient("Box does not show what was written.", "Look at it.")

    def write_singly(self, location: Location, values: Mapping[str, SecretStr]) -> dict[str, Stored]:
        """One name after the other."""
        return {name: self.write(location, {name: one})[name] for name, one in values.items()}

    def delete(self, location: Location, names: Iterable[str], *, seen: bool = False) -> None:  # noqa: ARG002  # one request either way
        """Delete them, and prove that they are gone."""
        gone = list(names)
        self._ask("delete", location, names=gone)
        if set(gone) & self.read(location).keys():
            raise Transient("Box still shows what was deleted.", "Look at it.")

    def ensure_folder(self, location: Location) -> None:
        """Make it unless it is there."""
        self._ask("make", location)

    def _ask(self, operation: str, location: Location, **fields: Any) -> dict[str, Any]:
        body = {"environment": location.environment, "path": location.path, **fields}
        writes = operation != "read"
        reply = self._http.ask(f"{operation} secrets", "POST", f"/v1/{operation}", json=body, writes=writes)
        if not isinstance(reply.body, dict):
            raise Unclear(vendor=WORDS.name, operation=operation, fault="no object in the answer")
        return reply.body


class Box(Vault):
    """Where it is, and the token that it takes."""

    _block_type_name = "Box"
    _block_type_slug = "box"

    words: ClassVar[Words] = WORDS
    atomic: ClassVar[bool] = True
    addresses: ClassVar[Mapping[str, str]] = {"url": "others.box"}

    url: str = Field(default="https://box.example.com", title="Address", description="Base URL of its API.")
    token: SecretStr = Field(default=..., title="Token", description="It opens every folder.")

    def get_client(self) -> BoxClient:
        """A client. Close it."""
        return BoxClient(self.url, self.token)

    def fetch(self, place: VaultPlace) -> str:
        """How a person reads the pair."""
        return f"box open {place.environment} {place.path}"
