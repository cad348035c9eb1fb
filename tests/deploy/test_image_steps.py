"""The first stage of the Dockerfile, carried out in a folder of its own: no Docker is needed for that."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from blocks.settings import ROOT
from tests.deploy.dockerfile import stages
from tests.deploy.named import OF_REDIS

FILE = ROOT / "deploy" / "Dockerfile"
# Where Redis is for each part of Prefect that asks it: what the locked packages take, not what a page says.
REDIS = {name: f"redis://redis.example:6379/{number}" for number, name in enumerate(sorted(OF_REDIS))}
ASKED = (
    "import prefect_redis.ordering, prefect_redis.lease_storage, prefect_redis.messaging, psycopg, botocore; "
    "import prefect_kubernetes.worker; "
    "from prefect_redis.client import RedisMessagingSettings as Messaging; "
    "from prefect_redis.cleanup_queue import RedisWorkerCleanupQueueSettings as Cleanup; "
    "print(Messaging().url, Cleanup().url)"
)


def carry_out(folder: Path) -> None:
    """COPY as the builder would, from what Git knows; RUN in the folder, by the Python of this test."""
    programs = folder.parent / "programs"
    programs.mkdir()
    (programs / "python").symlink_to(sys.executable)
    environment = {**os.environ, "PATH": f"{programs}:{os.environ['PATH']}"}
    for one in stages(FILE)[0]:
        if one.name == "COPY":
            *sources, _ = one.rest.split()
            listed = subprocess.run(
                ["git", "ls-files", *sources], cwd=ROOT, check=True, capture_output=True, text=True
            ).stdout.split()
            for name in listed:
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, folder / name)
        elif one.name == "RUN":
            subprocess.run(["/bin/sh", "-c", one.rest], cwd=folder, env=environment, check=True, timeout=1_800)
        else:
            assert one.name in {"FROM", "WORKDIR"}, one


@pytest.mark.long
@pytest.mark.timeout(3_600)
def test_the_steps_make_an_environment_in_which_everything_starts(tmp_path: Path) -> None:
    folder = tmp_path / "rekey"
    folder.mkdir()
    carry_out(folder)
    home = tmp_path / "home"
    environment = {"PATH": f"{folder}/.venv/bin:/usr/bin:/bin", "HOME": str(home), "PREFECT_HOME": str(home), **REDIS}

    def said(*command: str) -> str:
        done = subprocess.run(
            [str(folder / "deploy" / "start.sh"), *command],
            cwd=folder,
            env=environment,
            check=True,
            capture_output=True,
            text=True,
            timeout=300,
        )
        return done.stdout.strip()

    assert said("rekey", "--version").startswith("rekey ")
    assert said("prefect", "--version").startswith("3.8.8")
    assert said("python", "-c", ASKED) == " ".join(REDIS[name] for name in sorted(REDIS))
    assert said("python", "-m", "pip", "check") == "No broken requirements found."
    assert said("python", "-c", "from blocks.settings import ROOT; print(ROOT)") == str(folder)
