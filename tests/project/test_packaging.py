"""What is installed is what was locked, and the wheel holds the product."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
import tomllib
import zipfile
from email import message_from_bytes
from pathlib import Path

import pytest

from blocks.block_types import TYPES
from blocks.settings import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
LOCKS = ("requirements.lock", "requirements-dev.lock", "requirements-production.lock")


def name_of(requirement: str) -> str:
    found = re.match(r"[A-Za-z0-9_.-]+", requirement)
    assert found
    return re.sub(r"[-_.]+", "-", found.group()).lower()


def locked(lock: str) -> dict[str, str]:
    return dict(re.findall(r"^([a-z0-9-]+)(?:\[[^\]]*\])?==([^ ;\\]+)", (ROOT / lock).read_text(), re.MULTILINE))


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_names_no_index_and_has_a_hash_for_every_package(lock: str) -> None:
    text = (ROOT / lock).read_text()
    assert not re.search(r"https?://|--index-url|--extra-index-url|--find-links", text)
    entries = re.split(r"^(?=[a-z0-9-]+(?:\[[^\]]*\])?==)", text, flags=re.MULTILINE)[1:]
    assert entries
    assert [entry.split()[0] for entry in entries if "--hash=sha256:" not in entry] == []


@pytest.mark.parametrize("lock", LOCKS)
def test_every_direct_dependency_is_locked(lock: str) -> None:
    assert {name_of(one) for one in PROJECT["dependencies"]} <= set(locked(lock))


def test_both_locks_agree() -> None:
    run, development = (locked(lock) for lock in LOCKS[:2])
    assert {
        name: (version, development.get(name)) for name, version in run.items() if development.get(name) != version
    } == {}


def test_the_locked_fastapi_is_one_with_which_the_prefect_server_starts() -> None:
    major, minor = (int(part) for part in locked("requirements.lock")["fastapi"].split(".")[:2])
    assert (major, minor) < (0, 151)


def test_the_locked_sqlalchemy_is_one_with_which_the_prefect_scheduler_starts_runs() -> None:
    """With 2.1 it logs "Can't evaluate bulk DML statement" and starts nothing, and no page shows it."""
    assert locked("requirements.lock")["sqlalchemy"].startswith("2.0.")


def test_the_package_cannot_be_published_by_accident() -> None:
    assert "Private :: Do Not Upload" in PROJECT["classifiers"]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.Path:
    """What `pip install` would unpack."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=60)
    (built,) = folder.glob("*.whl")
    return zipfile.Path(built)


def test_the_wheel_holds_the_four_packages_and_their_data(wheel: zipfile.Path) -> None:
    names = set(wheel.root.namelist())
    assert {
        "flows/rotate.py",
        "tasks/rotate/preflight.py",
        "blocks/ledger/ledger.py",
        "deployments/cli/main.py",
    } <= names
    assert {"deployments/catalog.toml", "deployments/logging.yml", "deployments/prefect.yaml"} <= names
    assert not [name for name in names if name.startswith(("tests/", ".rekey/"))]


def test_prefect_knows_every_block_type_as_soon_as_the_wheel_is_installed(wheel: zipfile.Path, tmp_path: Path) -> None:
    """A process of Prefect that imports nothing of rekey, and looks for collections as a server does at its start."""
    asked = (
        "import json, sys; sys.path.insert(0, sys.argv[1]); from prefect.blocks.core import Block; "
        "from prefect.plugins import load_prefect_collections; "
        "from prefect.utilities.dispatch import get_registry_for_type as known; before = set(known(Block)); "
        "found = load_prefect_collections()['rekey']; "
        "own = [name for name, kind in known(Block).items() if kind.__module__.startswith('blocks.')]; "
        "print(json.dumps([found.__file__, sorted(set(own) - before)]))"
    )
    environment = {**os.environ, "PREFECT_HOME": str(tmp_path)}
    command = [sys.executable, "-c", asked, str(wheel.root.filename)]
    done = subprocess.run(
        command, cwd=tmp_path, env=environment, check=True, capture_output=True, text=True, timeout=60
    )
    place, types = json.loads(done.stdout)
    assert place.startswith(str(wheel.root.filename))
    # The contracts are no types of blocks.
    assert types == sorted(one.get_block_type_slug() for one in TYPES)
    assert {"alpaca", "infisical", "heroku", "raptor"} < set(types)


def test_every_package_tells_type_checkers_that_it_is_typed(wheel: zipfile.Path) -> None:
    """PEP 561: without the file they take what is imported from it for Any."""
    packages = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert {f"{one}/py.typed" for one in packages["packages"]} <= set(wheel.root.namelist())


def test_the_licence_is_named_and_goes_along(wheel: zipfile.Path) -> None:
    (metadata,) = (one for one in wheel.root.namelist() if one.endswith(".dist-info/METADATA"))
    told = message_from_bytes(wheel.root.read(metadata))
    assert (told["License-Expression"], told["License-File"]) == ("Apache-2.0", "LICENSE")
    text = (ROOT / "LICENSE").read_bytes()
    assert wheel.root.read(metadata.replace("METADATA", "licenses/LICENSE")) == text
    # https://www.apache.org/licenses/LICENSE-2.0.txt, unchanged.
    assert hashlib.sha256(text).hexdigest() == "cfc7749b96f63bd31c3c42b5c471bf756814053e847c10f3eb003417bc523d30"


def test_the_version_is_the_installed_ones_and_waits_for_nothing() -> None:
    """Prefect takes seconds to import."""
    asked = "import sys; from deployments.cli.main import main; main(['--version'])"
    program = f"import atexit, sys; atexit.register(lambda: print('prefect' in sys.modules)); {asked}"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True, capture_output=True, text=True)
    assert done.stdout.splitlines() == [f"rekey {PROJECT['version']}", "False"]
