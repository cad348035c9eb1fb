"""Reads and writes the secrets of a key/value engine, version 2, and proves every write.

Facts behind the rules here (API reference of KV v2; source of OpenBao's builtin/logical/kv, both read 2026-11-28):
- A write names the version that it follows (check-and-set): it is applied to that one, whole, or it is refused.
- A JSON merge patch changes some names and leaves the others to the server; null takes a name out.
- Older versions stay readable, ten of them by default. So what is deleted is destroyed in all of them.
- There is no idempotency key: a write without an answer is read back, never repeated blindly.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any, ClassVar

from pydantic import SecretStr

from blocks.errors import Missing, Rejected, Transient, Unclear, Unreachable, VendorError
from blocks.key_end import KeyEnd
from blocks.vaults.hashicorp import key_end
from blocks.vaults.hashicorp.data import Kept, kept_of, path_of, version_in
from blocks.vaults.hashicorp.places import places_of
from blocks.vaults.hashicorp.session import CONFLICT, VENDOR, HashicorpSession, unclear
from blocks.vaults.interface import VaultClient
from blocks.vaults.read_back import READ_BACK_PAUSE_S, is_written, read_backs
from blocks.vaults.terms import Location, Places, Stored, Words
from blocks.wire.exchange import LIST_BYTES
from blocks.wire.replies import Reply

WORDS = Words(
    name=VENDOR,
    console=f"{VENDOR}'s UI",
    syncs=f"{VENDOR}, Secrets Sync",
    no_second_reader=f"rekey has none for {VENDOR}",
)
_PATCH = {"Content-Type": "application/merge-patch+json"}
# So many versions back are destroyed; every deletion does so, and there are a dozen versions between two of them.
REACH = 1000


class HashicorpClient(VaultClient):
    """One mount of the engine. Safe to share between threads; close it or use it as a context manager."""

    words: ClassVar[Words] = WORDS

    def __init__(self, session: HashicorpSession, mount: str, *, read_back_pause_s: float = READ_BACK_PAUSE_S) -> None:
        """``read_back_pause_s`` is between the few looks (READ_BACKS) at what a write has changed."""
        self._session = session
        self._mount = mount
        self._read_back_pause_s = read_back_pause_s

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def read(self, location: Location, names: Collection[str] | None = None) -> dict[str, Stored]:
        """The secrets of that folder by name; only those in ``names`` when it is given.

        Raises Missing when there is no such folder, StepError for a wanted one that is no text, and VendorError.
        """
        return self._there("read secrets", location).stored(location, names)

    def write(
        self, location: Location, values: Mapping[str, SecretStr], before: Mapping[str, Stored] | None = None
    ) -> dict[str, Stored]:
        """Store all values as one new version, and prove it by reading them back. Returns what is stored now.

        ``before`` is what of these names is there now, when the caller has just read it. Raises Missing when there is
        no such folder, Rejected with status 400 when there was to be nothing of it and there is, Transient when
        somebody else wrote there meanwhile (nothing was written then) or the proof does not show in time.
        """
        version = max((one.version for one in (before or {}).values()), default=0)
        if not version:
            there = self._there("write secrets", location)
            version, found = there.version, there.stored(location, values.keys())
            if before is not None and found:
                raise Rejected(
                    vendor=VENDOR,
                    operation="create secrets",
                    fault=f"{', '.join(sorted(found))} in {location} is there already",
                    status=400,
                )
            before = found
        doubt = self._changed(
            "write secrets", location, {name: one.get_secret_value() for name, one in values.items()}, version
        )
        after: dict[str, Stored] = {}
        for _ in read_backs(self._read_back_pause_s):
            after = self._seen(location, values.keys(), doubt)
            if all(is_written(name, value, before or {}, after) for name, value in values.items()):
                return after
        raise doubt or _unproved(f"{location} does not show what was written to {', '.join(sorted(values))}")

    def write_singly(self, location: Location, values: Mapping[str, SecretStr]) -> dict[str, Stored]:
        """Change names that exist one version after the other, and prove each. Raises what ``write`` raises."""
        for name in sorted(values):
            self.write(location, {name: values[name]})
        return self.read(location, values.keys())

    def delete(self, location: Location, names: Iterable[str], *, seen: bool = False) -> None:  # noqa: ARG002  # which version it is, has to be read either way
        """Delete those names that exist as one new version, destroy every older one, and prove both.

        Only rekey's own folders are cleared so: of a pair in flight nothing is to be read from a history. Raises
        Transient when they still show, or somebody else wrote there meanwhile; and VendorError.
        """
        kept = self._kept("delete secrets", location)
        present = set(names) & (kept.values or {}).keys()
        if present:
            doubt = self._changed("delete secrets", location, dict.fromkeys(sorted(present)), kept.version)
            kept = self._gone(location, present, doubt)
        if kept.version > 1:
            self._destroy(location, kept.version)

    def ensure_folder(self, location: Location) -> None:
        """Create the folder, with nothing in it, unless it exists, and prove that it does. Safe to repeat."""
        operation = "create folder"
        kept = self._kept(operation, location)
        if kept.values is not None:
            return
        body = {"data": {}, "options": {"cas": kept.version}}
        doubt = self._sent(operation, "POST", location, body)
        for _ in read_backs(self._read_back_pause_s):
            if self._kept(operation, location).values is not None:
                return
        raise doubt or _unproved(f"{location} was created and is not there")

    def places(self, location: Location, names: Collection[str]) -> Places:  # noqa: ARG002  # all of them are looked at
        """The secrets of the mount that hold one of these names, as far as the policy shows them. Raises nothing."""
        return places_of(self._asked_for, self._mount, names)

    def key_end(self) -> KeyEnd:
        """When rekey's token ends. Raises StepError for one that may be used a few times only, and VendorError."""
        return key_end.of(self._session)

    def _there(self, operation: str, location: Location) -> Kept:
        kept = self._kept(operation, location)
        if kept.values is None:
            raise Missing(
                vendor=VENDOR,
                operation=operation,
                fault=f"there is no {location} in the mount {self._mount}",
                status=404,
                remedy=f"Compare environment and path in the catalog with `vault kv list {self._mount}`.",
            )
        return kept

    def _kept(self, operation: str, location: Location) -> Kept:
        path = path_of(self._mount, "data", location)
        return kept_of(operation, self._asked_for(operation, path))

    def _asked_for(self, operation: str, path: str, params: Mapping[str, str] | None = None) -> Reply:
        """An answer of 404 is one where it is the engine's own."""
        reply = self._session.ask(operation, "GET", path, params=params, accept=(404,), largest=LIST_BYTES)
        if reply.status == 404 and isinstance(reply.body, dict) and reply.body.get("errors"):
            raise Missing(
                vendor=VENDOR,
                operation=operation,
                fault=f"there is no secrets engine at {self._mount}",
                status=404,
                remedy="Compare 'Mount' in the HashiCorp Vault block (Prefect UI, Blocks) with `vault secrets list`.",
            )
        return reply

    def _changed(
        self, operation: str, location: Location, values: Mapping[str, str | None], version: int
    ) -> Unreachable | Unclear | None:
        body = {"data": dict(values), "options": {"cas": version}}
        return self._sent(operation, "PATCH", location, body, headers=_PATCH)

    def _sent(
        self, operation: str, method: str, location: Location, body: Mapping[str, Any], **request: Any
    ) -> Unreachable | Unclear | None:
        """Send one write. Returns the error when it may have been applied, None when Vault says that it was."""
        error: VendorError
        try:
            reply = self._session.ask(operation, method, path_of(self._mount, "data", location), json=body, **request)
        except (Unreachable, Unclear) as caught:
            return caught
        except Rejected as caught:
            error = caught
        else:
            data = reply.body.get("data") if isinstance(reply.body, dict) else None
            told = version_in(data)
            return None if told is not None else unclear(operation, "no version in the answer", reply.status)
        if error.code != CONFLICT:
            raise error
        raise Transient(
            f"{VENDOR}: somebody else wrote to {location} at the same moment.",
            "Nothing was written. It is read and tried again.",
        )

    def _seen(self, location: Location, names: Collection[str], doubt: VendorError | None) -> dict[str, Stored]:
        failed: VendorError
        try:
            return self.read(location, names)
        except VendorError as caught:
            failed = caught
        raise doubt or failed

    def _gone(self, location: Location, names: set[str], doubt: VendorError | None) -> Kept:
        for _ in read_backs(self._read_back_pause_s):
            kept = self._kept("delete secrets", location)
            if not names & (kept.values or {}).keys():
                return kept
        raise doubt or _unproved(f"{', '.join(sorted(names))} in {location} still there after the deletion")

    def _destroy(self, location: Location, version: int) -> None:
        operation = "destroy older versions"
        body = {"versions": list(range(max(1, version - REACH), version))}
        doubt: VendorError | None = None
        try:
            self._session.ask(operation, "PUT", path_of(self._mount, "destroy", location), json=body)
        except (Unreachable, Unclear) as caught:
            doubt = caught
        path = path_of(self._mount, "data", location)
        older = self._asked_for(operation, path, {"version": str(version - 1)})
        # The newest of them speaks for all: they are destroyed by one request.
        if older.status != 404:
            raise doubt or _unproved(f"older versions of {location} can still be read after they were destroyed")


def _unproved(what: str) -> Transient:
    return Transient(f"{VENDOR}: {what}.", f"Look at it in {WORDS.console}. It is read and tried again.")
