"""The demo that runs on this machine, so that a second terminal finds it: a file that says where its things are."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from blocks.errors import StepError
from blocks.settings import ROOT

FILE = ROOT / ".rekey" / "current"
NAMES = ("PREFECT_API_URL", "PREFECT_HOME", "PREFECT_API_SSL_CERT_FILE", "REKEY_CONFIG")
# Whoever names one of these knows which rekey is meant.
OWN = ("PREFECT_API_URL", "REKEY_CONFIG", "REKEY_LEDGER_URL", "REKEY_CATALOG")
LOGIN = "PREFECT_API_AUTH_STRING"


@contextmanager
def pointing_at(environment: Mapping[str, str], login_file: Path) -> Iterator[None]:
    """Let other terminals find this process's demo while it runs. The login stays in its own file."""
    FILE.parent.mkdir(mode=0o700, exist_ok=True)
    facts = {
        "pid": os.getpid(),
        "login_file": str(login_file),
        **{name: environment[name] for name in NAMES if name in environment},
    }
    new = FILE.with_suffix(f".{os.getpid()}")
    new.touch(mode=0o600)
    new.write_text(json.dumps(facts))
    new.replace(FILE)
    try:
        yield
    finally:
        if _found().get("pid") == os.getpid():
            FILE.unlink(missing_ok=True)


def adopt() -> bool:
    """Read what the running demo reads, unless the environment names a ledger or a server; whether there is one."""
    facts = _found()
    if any(os.environ.get(name) for name in OWN) or not _runs(facts.get("pid")):
        return False
    login = Path(str(facts.get("login_file", "")))
    os.environ.update({name: str(facts[name]) for name in NAMES if name in facts})
    if login.is_file():
        os.environ[LOGIN] = login.read_text().strip()
    return True


def refuse_another(purpose: str) -> None:
    """Raises StepError while a demo runs whose files are where a new one's of this purpose would be."""
    facts = _found()
    home = ROOT / ".rekey" / purpose
    if _runs(facts.get("pid")) and Path(str(facts.get("login_file", ""))).is_relative_to(home):
        raise StepError(
            f"Another demo runs on this machine (process {facts['pid']}), and a new one would remove its files.",
            "End that one with Ctrl-C, or give this one a folder of its own with --home FOLDER.",
        )


def _found() -> dict[str, object]:
    try:
        found = json.loads(FILE.read_text())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _runs(pid: object) -> bool:
    """Whether that process is there: a demo that was killed leaves its file."""
    if not isinstance(pid, int) or pid <= 0:
        return False
    try:
        os.kill(pid, 0)
    except OSError:
        return False
    return True
