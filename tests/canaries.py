"""The secrets that a test makes up, and the search for them in everything that is persisted or sent elsewhere."""

from __future__ import annotations

import json
from pathlib import Path

from deployments.rehearsal.silence import DATABASE, leaks, tables_with
from deployments.sandbox import made_up
from deployments.sandbox.estate import Estate
from tests.grown import Grown


class Canaries:
    """The secrets of one test, and where to look for them."""

    def __init__(self, first: int, folders: list[Path]) -> None:
        self._first = first
        self.folders = folders
        # One that other tests wrote to before.
        self.grown: Grown | None = None
        self.texts: dict[str, str] = {}
        # Typed into Prefect's own form: the one known exception, see deployments/rehearsal/silence.py.
        self.typed: set[str] = set()
        # Made up before it, and used in it, too.
        self.kept: list[str] = []
        # Its vendors are searched too: what they were sent in clear.
        self.estate: Estate | None = None

    @property
    def secrets(self) -> list[str]:
        """What was made up since the test began, and rekey's own tokens, which all tests share."""
        return [*self.kept, *made_up.issued[self._first :]]

    def assert_silence(self) -> None:
        """Fail with the places, never with the secret."""
        if self.estate is not None:
            self.texts["Slack's messages"] = json.dumps(self.estate.slack.messages)
            self.texts["the journal"] = json.dumps(self.estate.server.journal.as_rows())
        secrets = {*self.secrets, *self.typed}
        found = leaks(secrets, self.folders, typed=frozenset(self.typed))
        if self.grown:
            new = {*made_up.issued[self._first :], *self.typed}
            found += self.grown.leaks(new, self.kept, frozenset(self.typed))
        found += [name for name, text in self.texts.items() if any(secret in text for secret in secrets)]
        assert not found, f"a secret of this test is in: {', '.join(found)}"

    def rows_of(self, secret: str, home: Path) -> list[str]:
        """Every table of the Prefect database below a folder with a row that holds this secret."""
        (database,) = home.rglob(DATABASE)
        return list(tables_with(database, [secret]))
