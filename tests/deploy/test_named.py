"""What the files in deploy/ name is known to whoever reads it, and a production has all that the demo has."""

from __future__ import annotations

import re
from pathlib import Path

from blocks.settings import ROOT
from deployments.local.places import Places
from deployments.local.prefect_environment import server_environment
from tests.deploy.named import CLIENT, REKEYS, SERVER, prefects
from tests.project import documents
from tests.project.test_documents import LOCAL_ONLY

FILES = sorted(path for path in (ROOT / "deploy").rglob("*") if path.is_file() and path.suffix != ".json")
# In .py files and documents a name may end with a star or an open end.
NAME = re.compile(r"\b(?:PREFECT|REKEY)_[A-Z0-9_]*[A-Z0-9]\b")


def test_every_variable_that_a_file_names_is_one() -> None:
    known = prefects() | REKEYS
    assert "PREFECT_SERVER_CORS_ALLOWED_ORIGINS" in known
    assert "REKEY_CONSOLE_URL" in known
    named = {(path.relative_to(ROOT).as_posix(), one) for path in FILES for one in NAME.findall(path.read_text())}
    assert len(named) > len(CLIENT)
    assert {(path, one) for path, one in named if one not in known} == set()


def test_a_production_has_every_setting_that_the_demo_has(tmp_path: Path) -> None:
    """With the same value, where that does not belong to a place."""
    used = {
        name: value
        for name, value in server_environment(Places.made(tmp_path), 4200).items()
        if name.startswith(("PREFECT_", "REKEY_", "DO_NOT_TRACK")) and name not in LOCAL_ONLY
    }
    both = {**SERVER, **CLIENT}
    assert set(both) == set(used)
    assert {name: used[name] for name, value in both.items() if value is not None and used[name] != value} == {}


def test_the_page_of_production_names_what_these_files_set() -> None:
    """But for the address and port at which a process listens in a network of its own."""
    listening = {
        "PREFECT_SERVER_API_HOST",
        "PREFECT_SERVER_API_PORT",
        "PREFECT_WORKER_WEBSERVER_HOST",
        "PREFECT_WORKER_WEBSERVER_PORT",
    }
    page = set(NAME.findall(documents.PRODUCTION.read_text()))
    set_by = {one for path in FILES for one in NAME.findall(path.read_text()) if one.startswith("PREFECT_")}
    assert set_by - page == listening
