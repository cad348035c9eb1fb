"""Fixtures of several files here: a rotation that waits at its form."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import httpx
import pytest

from deployments.cli.main import main
from deployments.local.prefect_login import http_client
from deployments.local.processes import LocalPrefect
from tests.e2e.waiting_run import until_done
from tests.waiting import PREFECT_TIMEOUT_S


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Runs a command; exit code, stdout and stderr."""

    def one(*words: str) -> tuple[int, str, str]:
        capsys.readouterr()
        code = main(list(words))
        said = capsys.readouterr()
        return code, said.out, said.err

    return one


@pytest.fixture
def server(prefect: LocalPrefect, monkeypatch: pytest.MonkeyPatch) -> Iterator[httpx.Client]:
    """The Prefect server that the environment names; nobody ever ran rekey there."""
    for name in ("PREFECT_API_URL", "PREFECT_API_AUTH_STRING"):
        monkeypatch.setenv(name, prefect.environment[name])
    with http_client(prefect.environment, PREFECT_TIMEOUT_S) as api:
        for name in ("rotate", "health"):
            found = api.get(f"/flows/name/{name}")
            if found.is_success:
                until_done(partial(api.delete, f"/flows/{found.json()['id']}"))
        yield api
