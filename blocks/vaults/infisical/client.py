"""Reads and writes the vault's secrets, and proves every write.

Facts behind the rules here (Infisical server of 2024-10 observed, current source read, 2026-11-21):
- A batch is one transaction for one environment; items are sorted by name because batches in opposite order deadlock.
- The server trims values and resolves ``${NAME}`` for readers that ask for it, so such values are refused before.
- Every write raises the version by one, also with an equal value. That tells an applied write from a lost one.
- There is no idempotency key: a write without an answer is read back, never repeated blindly.
- A missing folder lists as empty on servers of 2024, so an empty list is proved by the folders call.
"""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterable, Mapping
from typing import Any, Literal
from urllib.parse import quote

from pydantic import SecretStr

from blocks.errors import Missing, Refused, StepError, Unclear, Unreachable, VendorError
from blocks.vaults.infisical.folders import Folders, remedies
from blocks.vaults.infisical.imports import Imports
from blocks.vaults.infisical.lists import ROUTES, Lists
from blocks.vaults.infisical.models import by_name, is_in, name_of, refuse_unstorable
from blocks.vaults.infisical.places import places_of
from blocks.vaults.infisical.proof import mixed_up, no_folder, not_approved, unproved
from blocks.vaults.infisical.session import VENDOR, InfisicalSession
from blocks.vaults.infisical.syncs import syncs_of
from blocks.vaults.interface import VaultClient
from blocks.vaults.read_back import READ_BACK_PAUSE_S, is_mixed_up, is_written, read_backs
from blocks.vaults.terms import Location, Places, Stored, Syncs, Words
from blocks.vaults.tokens import Tokens
from blocks.wire.exchange import READ_TIMEOUT_S, USER_AGENT

WORDS = Words(
    name=VENDOR,
    console=f"{VENDOR}'s console",
    syncs=f"{VENDOR}, Integrations and Secret Syncs",
    no_second_reader="it cannot send the headers that the access proxy demands",
    reference="${",
)
API = Literal["v3", "v4"]


class InfisicalClient(VaultClient):
    """Reads and writes one project's secrets. Safe to share between threads; close it or use it as a context manager.

    Every method raises VendorError; none retries a request.
    """

    words = WORDS

    def __init__(  # noqa: PLR0913  # keyword-only facts of one vault
        self,
        url: str,
        *,
        project_id: str,
        client_id: str,
        client_secret: SecretStr,
        api: API = "v3",
        extra_headers: Mapping[str, SecretStr] | None = None,
        user_agent: str = USER_AGENT,
        read_timeout_s: float = READ_TIMEOUT_S,
        read_back_pause_s: float = READ_BACK_PAUSE_S,
        tokens: Tokens | None = None,
    ) -> None:
        """``read_back_pause_s`` is between the few looks (READ_BACKS) at what a write has changed.

        ``tokens`` is shared with other clients of this process; without it this one logs in for itself.
        """
        self._read_back_pause_s = read_back_pause_s
        self._project_id = project_id
        self._routes = ROUTES[api]
        self._session = InfisicalSession(
            url,
            client_id=client_id,
            client_secret=client_secret,
            extra_headers=extra_headers,
            user_agent=user_agent,
            read_timeout_s=read_timeout_s,
            tokens=tokens,
        )
        self._folders = Folders(self._session, project_id, read_back_pause_s)
        self._imports = Imports(self._session, project_id, self._routes.secrets, self._routes.project_field)
        self._lists = Lists(self._session, project_id, self._routes, self._folders)

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def read(self, location: Location, names: Collection[str] | None = None) -> dict[str, Stored]:
        """The secrets directly in that folder by name; only those in ``names`` when it is given.

        A name that is not there is not in the answer. Raises Missing when there is no such folder, Refused when a value
        is hidden from the identity, StepError when a name is there twice, Unclear when a field is missing.
        """
        rows = self._lists.rows(location)
        if rows is None:
            raise no_folder("read secrets", location)
        return by_name(rows, location, names)

    def read_below(
        self, top: Location, wanted: Mapping[Location, Collection[str] | None]
    ) -> dict[Location, dict[str, Stored]]:
        """As ``read``, of several folders at or below ``top`` in one list, because some servers count lists.

        Of each those names, or all for None. A folder for which this shows nothing may be missing or empty, or its
        list went wrong: ``read`` tells that. Raises what ``read`` raises but Missing, and Unreachable and RateLimited.
        """
        rows: list[Any] = []
        with contextlib.suppress(Missing, Refused, Unclear):
            rows = self._lists.listed(top, recursive=True)
        return {
            location: by_name([row for row in rows if is_in(row, location)], location, names)
            for location, names in wanted.items()
        }

    def ensure_folder(self, location: Location) -> None:
        """Create the folder and its parents unless it exists, and prove that it does. Safe to repeat."""
        self._folders.ensure(location)

    def syncs(self, *folders: Location) -> Syncs:
        """To whom the vault gives these folders by itself, as far as it tells. Raises nothing."""
        return syncs_of(self._session, self._project_id, folders, self._imports)

    def source_of(self, location: Location, names: Collection[str]) -> Location | None:
        """The folder from which it imports one of these names; None where that is not known. Raises nothing."""
        return self._imports.source_of(location, frozenset(names))

    def places(self, location: Location, names: Collection[str]) -> Places:
        """The folders of all environments that hold one of these names, as far as the vault shows. Raises nothing."""
        routes = self._routes
        return places_of(self._session, self._project_id, routes.secrets, routes.project_field, location, names)

    def write(
        self, location: Location, values: Mapping[str, SecretStr], before: Mapping[str, Stored] | None = None
    ) -> dict[str, Stored]:
        """Store all values in one transaction, and prove it by reading them back. Returns what is stored now.

        All names exist (they get a new version) or none does (they are created); half of a pair is refused, because
        that cannot be put right in one transaction on every server. A write without a clear answer counts when the
        values are there with a higher version; otherwise its own error is raised. ``before`` is what of these names is
        there now, when the caller has just read it.
        Raises StepError for a value that the vault would change and when it returns the values under each other's
        names, Transient when the proof does not show in time.
        """
        refuse_unstorable(values)
        before = self.read(location, values.keys()) if before is None else before
        if before and len(before) < len(values):
            there, absent = sorted(before), sorted(values.keys() - before.keys())
            raise StepError(
                f"{VENDOR}: {location} holds only {', '.join(there)} and not {', '.join(absent)}.",
                "Create the missing name by hand in Infisical's console with any text, then try again: rekey writes "
                "both in one step.",
            )
        items = [{"secretKey": name, "secretValue": values[name].get_secret_value()} for name in sorted(values)]
        method, right = ("PATCH", "edit") if before else ("POST", "create")
        doubt = self._send(method, right, location, self._routes.batch, {"secrets": items})
        return self._proved(location, values, before, doubt)

    def write_singly(self, location: Location, values: Mapping[str, SecretStr]) -> dict[str, Stored]:
        """Change names that exist one request after the other, and prove it by reading all of them back.

        For what a batch has put wrong: readers see the names change one by one. Raises what ``write`` raises.
        """
        refuse_unstorable(values)
        before = self.read(location, values.keys())
        doubt: VendorError | None = None
        for name in sorted(values):
            route = f"{self._routes.secrets}/{quote(name, safe='')}"
            body = {"secretValue": values[name].get_secret_value(), "type": "shared"}
            doubt = self._send("PATCH", "edit", location, route, body) or doubt
        return self._proved(location, values, before, doubt)

    def delete(self, location: Location, names: Iterable[str], *, seen: bool = False) -> None:
        """Delete those names that exist in one transaction, and prove that they are gone. Missing ones are fine.

        ``seen``: the caller has just seen all of them. Raises Transient when they still show after the deletion.
        """
        wanted = set(names)
        if seen:
            try:
                self._delete(location, wanted)
            except Missing:
                # Somebody else deleted one of them meanwhile, and then nothing is deleted.
                self.delete(location, wanted)
            return
        present = wanted & {name_of(row) for row in self._lists.rows(location) or []}
        if present:
            self._delete(location, present)

    def _delete(self, location: Location, names: set[str]) -> None:
        items = [{"secretKey": name, "type": "shared"} for name in sorted(names)]
        doubt = self._send("DELETE", "delete", location, self._routes.batch, {"secrets": items})
        for _ in read_backs(self._read_back_pause_s):
            if not names & {name_of(row) for row in self._lists.listed(location)}:
                return
        raise doubt or unproved(f"{', '.join(sorted(names))} in {location} still there after the deletion")

    def _send(
        self, method: str, right: str, location: Location, route: str, fields: Mapping[str, Any]
    ) -> Unreachable | Unclear | None:
        """Send one write. Returns the error when it may have been applied, None when the server says that it was."""
        operation = f"{right} secrets"
        body: dict[str, Any] = {}
        doubt: Unreachable | Unclear | None = None
        try:
            body = self._session.ask(
                operation,
                method,
                route,
                json={**self._lists.scope(location), **fields},
                remedies=remedies(self._project_id, operation, location),
            )
        except (Unreachable, Unclear) as caught:
            doubt = caught
        if "approval" in body:
            raise not_approved(operation, location)
        return doubt

    def _proved(
        self,
        location: Location,
        values: Mapping[str, SecretStr],
        before: Mapping[str, Stored],
        doubt: VendorError | None,
    ) -> dict[str, Stored]:
        after: dict[str, Stored] = {}
        for _ in read_backs(self._read_back_pause_s):
            failed: VendorError | None = None
            try:
                after = self.read(location, values.keys())
            except VendorError as caught:
                failed = caught
            if failed is not None:
                raise doubt or failed
            if all(is_written(name, value, before, after) for name, value in values.items()):
                return after
        if is_mixed_up(values, after):
            raise mixed_up(location, values)
        raise doubt or unproved(f"{location} does not show what was written to {', '.join(sorted(values))}")
