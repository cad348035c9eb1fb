"""Reads and writes secrets of AWS Secrets Manager as folders of the catalog, and proves every write.

A folder (``environment = "prod"``, ``path = "/app/keys"``) is one secret, ``prod/app/keys``, which holds a JSON object;
the names are its keys. So all names have the version and the time of the whole secret (blocks/aws/secrets.py).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from pydantic import SecretStr

from blocks.aws.rotation import writers_of
from blocks.aws.secrets import VENDOR, Secrets, Version, last
from blocks.aws.session import AwsSession
from blocks.errors import Missing, Rejected, StepError, Transient, VendorError
from blocks.key_end import KeyEnd
from blocks.vaults.interface import VaultClient
from blocks.vaults.read_back import READ_BACK_PAUSE_S, is_written, read_backs
from blocks.vaults.terms import Location, Places, Stored, Sync, Syncs, Words
from blocks.writers import Writers

WORDS = Words(
    name=VENDOR,
    console=f"{VENDOR}'s console",
    syncs=f"{VENDOR}, Replicate secret",
    no_second_reader=f"rekey has none for {VENDOR}",
)
# The subfolder that is rekey's own: it goes with all its versions when it is emptied. Two credentials may share it, and
# a secret is deleted whatever is in it by then: so it is closed first, as a version that follows the one that was
# empty, and no run writes into one that is closed.
_OWN, _CLOSED = "rekey", "closed by rekey, to be deleted"
# Longer than any request takes, and than the clocks differ with which AWS takes a signature (5 min).
_PATIENCE = timedelta(minutes=10)
_VALUES_UNREAD = "the names inside other secrets (their values would have to be read)"


def name_of(environment: str, path: str) -> str:
    """How the secret of a folder is called."""
    return "/".join(part for part in (environment, *path.split("/")) if part)


class AwsSecretsClient(VaultClient):
    """The secrets of one region. Safe to share between threads; close it or use it as a context manager."""

    words: ClassVar[Words] = WORDS

    def __init__(
        self, session: AwsSession, *, kms_key_id: str = "", read_back_pause_s: float = READ_BACK_PAUSE_S
    ) -> None:
        """``read_back_pause_s`` is between the few looks (READ_BACKS) at what a write has changed."""
        self._session, self._secrets = session, Secrets(session)
        self._kms_key_id, self._read_back_pause_s = kms_key_id, read_back_pause_s

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def read(self, location: Location, names: Collection[str] | None = None) -> dict[str, Stored]:
        """The secrets of that folder by name; only those in ``names`` when it is given.

        Raises Missing when there is no such folder, StepError for a wanted one that is no text, and VendorError.
        """
        return _stored(self._current(location), location, names)

    def write(
        self, location: Location, values: Mapping[str, SecretStr], before: Mapping[str, Stored] | None = None
    ) -> dict[str, Stored]:
        """Store all values as one new version, and prove it by reading them back. Returns what is stored now.

        Raises Missing when there is no such folder, Rejected with status 400 when there was to be nothing of it and
        there is, Transient when somebody else wrote there meanwhile (nothing was written then) or the proof does not
        show in time.
        """
        now = self._current(location)
        found = _stored(now, location, values.keys())
        if before is not None and not before and found:
            raise Rejected(
                vendor=VENDOR,
                operation="create secrets",
                fault=f"{', '.join(sorted(found))} in {location} is there already",
                status=400,
            )
        if any(name not in found or found[name].version != one.version for name, one in (before or {}).items()):
            raise Transient(
                f"{VENDOR}: somebody else wrote to {location} since it was read.",
                "Nothing was written. It is read and tried again.",
            )
        data = {**now.data, **{name: one.get_secret_value() for name, one in values.items()}}
        doubt = self._secrets.replace(_name(location), data, now)
        for _ in read_backs(self._read_back_pause_s):
            after = self._seen(location, values.keys(), doubt)
            if all(is_written(name, value, found, after) for name, value in values.items()):
                return after
        raise doubt or _unproved(f"{location} does not show what was written to {', '.join(sorted(values))}")

    def write_singly(self, location: Location, values: Mapping[str, SecretStr]) -> dict[str, Stored]:
        """Change names that exist one version after the other, and prove each. Raises what ``write`` raises."""
        for name in sorted(values):
            self.write(location, {name: values[name]})
        return self.read(location, values.keys())

    def delete(self, location: Location, names: Iterable[str], *, seen: bool = False) -> None:  # noqa: ARG002  # the rest has to be read either way
        """Delete those names that exist as one new version, and prove that they are gone.

        Rekey's own folder goes with all its versions once nothing is left in it: of a pair in flight nothing is to be
        read from a history. Raises Transient when they still show, or somebody else wrote there meanwhile.
        """
        try:
            now = self._current(location)
        except Missing:
            return None
        present = set(names) & now.data.keys()
        left = {name: value for name, value in now.data.items() if name not in present}
        is_emptied = not left and last(location.path) == _OWN
        if not present and not is_emptied:
            return None
        name = _name(location)
        doubt = self._secrets.replace(name, {_CLOSED: ""} if is_emptied else left, now)
        for _ in read_backs(self._read_back_pause_s):
            try:
                if not present & self._current(location).data.keys() and not is_emptied:
                    return None
            except Missing:
                return self._remove(location)
        raise doubt or _unproved(f"{', '.join(sorted(present))} in {location} still there after the deletion")

    def ensure_folder(self, location: Location) -> None:
        """Create the secret, with nothing in it, unless it exists, and prove that it does. Safe to repeat."""
        doubt: VendorError | None = None
        for attempt, _ in enumerate(read_backs(self._read_back_pause_s)):
            try:
                self._current(location)
            except Missing:
                doubt = self._create(location) if not attempt else doubt
            else:
                return
        raise doubt or _unproved(f"{location} was created and is not there")

    def syncs(self, *folders: Location) -> Syncs:
        """The regions to which AWS copies these secrets by itself, as far as it tells. Raises nothing."""
        found: list[Sync] = []
        try:
            for folder in folders:
                regions = self._secrets.replicas(_name(folder))
                found += [Sync("aws-region", one, deletes=False, folder=folder) for one in regions]
        except VendorError as error:
            return Syncs(tuple(found), (f"replicas ({error.fault})",))
        return Syncs(tuple(found), ())

    def writers(self, location: Location) -> Writers:
        """AWS itself, where the secret's own rotation is on. Raises nothing."""
        return writers_of(self._secrets, _name(location))

    def places(self, location: Location, names: Collection[str]) -> Places:
        """Other secrets of the region that are called like one of the names. Values are not read. Raises nothing."""
        try:
            every = [one for one in self._secrets.names() if last(one) in names]
        except VendorError as error:
            return Places((location,), (f"other secrets ({error.fault})", _VALUES_UNREAD))
        parts = [one.strip("/").partition("/") for one in every]
        found = [Location(environment, path) for environment, _, path in parts]
        return Places((location, *(one for one in found if one != location)), (_VALUES_UNREAD,))

    def key_end(self) -> KeyEnd:
        """What is known of the end of rekey's access key. Raises StepError for a temporary one."""
        return self._session.key_end()

    def _current(self, location: Location) -> Version:
        """What is there. Raises Missing also for a folder that is closed: nobody writes there any more."""
        now = self._secrets.current(_name(location))
        if _CLOSED in now.data:
            raise Missing(
                vendor=VENDOR, operation="read secret", fault=f"{location} is being removed by rekey", status=404
            )
        return now

    def _remove(self, location: Location) -> None:
        """Delete a secret that is closed, with all its versions. Raises the error when it may be there still."""
        doubt = self._secrets.remove(_name(location))
        for _ in read_backs(self._read_back_pause_s):
            try:
                self._secrets.current(_name(location))
            except Missing:
                return
        raise doubt or _unproved(f"{location} is still there after the deletion")

    def _create(self, location: Location) -> VendorError | None:
        """Create what is missing. One that another run has just closed is left to it for a while: it deletes it."""
        with suppress(Missing):
            closed_at = self._secrets.current(_name(location)).at
            if datetime.now(UTC) - closed_at < _PATIENCE:
                raise Transient(
                    f"{VENDOR}: {location} is being removed by another run.",
                    f"It is tried again. A run that was ended in the middle of it counts after {_PATIENCE}.",
                )
            self._remove(location)
        return self._secrets.create(_name(location), self._kms_key_id)

    def _seen(self, location: Location, names: Collection[str], doubt: VendorError | None) -> dict[str, Stored]:
        failed: VendorError
        try:
            return self.read(location, names)
        except VendorError as caught:
            failed = caught
        raise doubt or failed


def _name(location: Location) -> str:
    return name_of(location.environment, location.path)


def _stored(version: Version, location: Location, names: Collection[str] | None) -> dict[str, Stored]:
    wanted: dict[str, Any] = {name: one for name, one in version.data.items() if names is None or name in names}
    wrong = sorted(name for name, one in wanted.items() if not isinstance(one, str))
    if wrong and names is not None:
        raise StepError(
            f"{VENDOR}: {', '.join(wrong)} in {location} is no text.", "Write its value as text in quotation marks."
        )
    return {
        name: Stored(SecretStr(one), version.number, version.at) for name, one in wanted.items() if isinstance(one, str)
    }


def _unproved(what: str) -> Transient:
    return Transient(f"{VENDOR}: {what}.", f"Look at it in {WORDS.console}. It is read and tried again.")
