"""Where a local rekey keeps its files: everything inside the project's ignored ``.rekey/``, for the owner only."""

from __future__ import annotations

import json
import os
import secrets
import shutil
from base64 import urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr

from blocks.errors import RekeyError
from blocks.settings import ROOT

OWNER_ONLY, OWNER_MAY = 0o077, 0o600


@dataclass(frozen=True, slots=True)
class Places:
    """Paths below one folder. ``Places.made(folder)`` creates them."""

    home: Path

    @classmethod
    def fresh(cls, purpose: str) -> Places:
        """An empty folder of that name in ``.rekey/``. What an earlier one left belongs to an estate that is gone."""
        home = ROOT / ".rekey" / purpose
        shutil.rmtree(home, ignore_errors=True)
        return cls.made(home)

    @classmethod
    def made(cls, home: Path) -> Places:
        """Create the folder (mode 0700) and what lies in it; files made later are for the owner only."""
        os.umask(OWNER_ONLY)
        places = cls(home)
        ROOT.joinpath(".rekey").mkdir(mode=0o700, exist_ok=True)
        for folder in (home, places.prefect_home, places.logs):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            folder.chmod(0o700)
        return places

    @property
    def prefect_home(self) -> Path:
        """Prefect's database, results and profile."""
        return self.home / "prefect"

    @property
    def logs(self) -> Path:
        """One file a process."""
        return self.home / "logs"

    @property
    def ledger(self) -> Path:
        """The ledger's SQLite file."""
        return self.home / "ledger.db"

    @property
    def login_file(self) -> Path:
        """Holds what the Prefect server asks everybody for."""
        return self.home / "prefect.login"

    @property
    def offer_file(self) -> Path:
        """Holds the token of the link that the console's first page offers."""
        return self.home / "console.offer"

    def write_offer(self, token: SecretStr) -> None:
        """Offer this one."""
        _put(self.offer_file, token.get_secret_value())

    @property
    def catalog(self) -> Path:
        """The catalog with the sandbox's addresses."""
        return self.home / "catalog.toml"

    @property
    def worker_file(self) -> Path:
        """The worker's settings (``REKEY_CONFIG``)."""
        return self.home / "rekey.toml"

    def write_worker_file(self, *, catalog: Path, prefect_ui_url: str) -> None:
        """Name in it what no run may decide: code, catalog, ledger; and the address in messages."""
        named = {
            "root": str(ROOT),
            "catalog": str(catalog),
            "ledger_url": f"sqlite:///{self.ledger}",
            "prefect_ui_url": prefect_ui_url,
            "kept_folder": str(self.home / "kept"),
        }
        # A basic string of TOML is written as one of JSON.
        lines = [f"{name} = {json.dumps(value, ensure_ascii=False)}\n" for name, value in named.items()]
        self.worker_file.write_text("".join(lines), encoding="utf-8")

    def encryption_key(self) -> str:
        """The key with which Prefect encrypts secret block fields. Made once, kept beside the database, not in it."""
        return _made_once(self.home / "encryption.key", lambda: urlsafe_b64encode(secrets.token_bytes(32)).decode())

    def login(self) -> str:
        """User and password of the Prefect server, with a colon between. Made once."""
        return _made_once(self.login_file, lambda: f"rekey:{secrets.token_urlsafe(24)}")


def _made_once(path: Path, make: Callable[[], str]) -> str:
    """What the file holds, which only its owner may read. Raises RekeyError for one that holds nothing."""
    if not path.exists():
        _put(path, make())
    value = path.read_text()
    if not value.strip():
        raise RekeyError(
            f"{path} is empty: it was not written to its end, and Prefect would start without what it should hold.",
            "Delete the file (where blocks were saved with another key, they must be registered again), then start "
            "again: a new one is made.",
        )
    return value


def _put(path: Path, value: str) -> None:
    """The whole file or none: whoever is killed meanwhile leaves a file of another name."""
    beside = path.with_name(f"{path.name}.{secrets.token_hex(8)}.new")
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_MAY), "w") as file:
        file.write(value)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
