"""A ledger in which rotations begin and end as a test says, and the command line that reads it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from blocks.catalog import load_catalog
from blocks.ledger import incidents
from blocks.ledger.incidents import Incident, Progress, State
from blocks.ledger.ledger import Ledger
from blocks.ledger.row import Action
from blocks.settings import ROOT
from deployments.sandbox.catalog import ISSUERS
from deployments.sandbox.estate import ONLY_HERE

PAPER, LIVE = "alpaca-paper", "alpaca-live"


@dataclass(slots=True)
class Record:
    """What runs and people wrote down."""

    ledger: Ledger
    _numbers: count[int] = field(default_factory=count)

    def write(self, action: Action, credential: str, rotation: str = "", **facts: Any) -> None:
        """One row."""
        self.ledger.append(action, rotation=rotation, credential=credential, actor="rekey", context=facts)

    def begin(self, credential: str, flow_run_id: str = "") -> str:
        """A rotation begins."""
        rotation = f"r-{next(self._numbers)}"
        self.write(Action.STARTED, credential, rotation, reason="scheduled", flow_run_id=flow_run_id)
        return rotation

    def accept(self, credential: str, rotation: str) -> None:
        """Its new pair is the right one."""
        facts = {"step": "validate", "outcome": "done", "accepted": "a" * 12, "fingerprint": "a" * 12}
        self.write(Action.STEP, credential, rotation, **facts)

    def write_end(self, credential: str, rotation: str) -> None:
        """It is completed."""
        self.write(Action.COMPLETED, credential, rotation)

    def rotate(self, credential: str) -> None:
        """From start to end."""
        rotation = self.begin(credential)
        self.accept(credential, rotation)
        self.write(Action.COMPLETED, credential, rotation)

    @property
    def incident(self) -> Incident:
        """The newest."""
        return incidents.all_of(self.ledger)[-1]

    def progress(self, now: datetime | None = None) -> list[Progress]:
        """Of the newest."""
        return incidents.progress(self.ledger, self.incident, now or datetime.now(UTC))

    @property
    def states(self) -> dict[str, State]:
        """Of the newest, by credential, in its order."""
        return {one.suspect.credential: one.state for one in self.progress()}

    def started(self, credential: str, run: str = "another") -> None:
        """Watch started the rotation of one, in the newest."""
        self.write(Action.INCIDENT_BEGAN, credential, incident=self.incident.id, started=f"http://prefect/{run}")


@pytest.fixture
def with_issuers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """The catalog has the credentials of the sandbox alone, too; the names of all."""
    text = (ROOT / "deployments" / "catalog.toml").read_text() + ONLY_HERE.read_text()
    path = tmp_path / "with-issuers.toml"
    path.write_text(text + "".join(f'\n[hosts.issuers]\n{word} = "https://issuer.example.com"\n' for word in ISSUERS))
    monkeypatch.setenv("REKEY_CATALOG", str(path))
    return {one.name for one in load_catalog(path).enabled}


@pytest.fixture
def record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Record:
    """Of the ledger that the commands read, with the shipped catalog."""
    url = f"sqlite:///{tmp_path / 'ledger.db'}"
    monkeypatch.setenv("REKEY_LEDGER_URL", url)
    monkeypatch.setenv("REKEY_CATALOG", str(ROOT / "deployments" / "catalog.toml"))
    monkeypatch.delenv("REKEY_CONFIG", raising=False)
    made = Record(Ledger(SecretStr(url)))
    # A ledger without any row is read as a wrong one.
    made.write(Action.PROTECTED, "all credentials")
    return made
