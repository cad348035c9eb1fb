"""Runs of a deployment that is made for one test, in a process that is a worker's."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from prefect import Flow, flow
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import State
from prefect.flow_engine import run_flow

from blocks.prefect_api.deployed import PULL_STEPS, entrypoint_of
from blocks.prefect_api.work_pool import set_template
from blocks.settings import ROOT, WORK_POOL
from tasks.run.as_deployed import as_deployed
from tests.steps.support import SHIPPED

PAPER = "alpaca-paper"
Start = Callable[..., State[Any]]


@flow(name="rotate", persist_result=False)
def only_that(credential: str) -> None:
    """The first thing that a rotation does."""
    as_deployed(credential)


def be_a_worker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, catalog: Path = SHIPPED) -> None:
    """This process has a worker's file, with this catalog and the ledger of the test."""
    file = tmp_path / "rekey.toml"
    ledger = f"sqlite:///{tmp_path / 'ledger.db'}"
    file.write_text(f'root = "{ROOT}"\ncatalog = "{catalog}"\nledger_url = "{ledger}"\n')
    monkeypatch.setenv("REKEY_CONFIG", str(file))
    monkeypatch.delenv("REKEY_LEDGER_URL")
    monkeypatch.delenv("REKEY_CATALOG", raising=False)


@contextmanager
def starting() -> Iterator[Start]:
    """Runs of a deployment that is made for the test, as rekey makes it but for what is given."""
    set_template()
    made: list[UUID] = []

    def started(
        of: Flow[..., Any] = only_that, run: dict[str, Any] | None = None, name: str = PAPER, **other: Any
    ) -> State[Any]:
        fields: dict[str, Any] = {
            "entrypoint": entrypoint_of("rotate"),
            "pull_steps": PULL_STEPS,
            "work_pool_name": WORK_POOL,
            "parameters": {"credential": PAPER},
            **other,
        }
        with get_client(sync_client=True) as client:
            made.append(client.create_deployment(client.create_flow(of), name, **fields))
            begun = client.create_flow_run_from_deployment(made[-1], **(run or {}))
        state: State[Any] = run_flow(of, flow_run=begun, parameters=begun.parameters, return_type="state")  # type: ignore[assignment]  # its type covers asynchronous flows, too
        return state

    yield started
    with get_client(sync_client=True) as client:
        for one in set(made):
            client.delete_deployment(one)
