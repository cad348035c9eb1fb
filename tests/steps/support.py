"""What tests of single steps share: a step alone in a flow, a rotation behind the click, and what must not change."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any

import httpx
import pytest
from prefect import flow
from prefect.client.schemas.objects import State
from prefect.logging.handlers import APILogWorker
from prefect.settings import PREFECT_API_URL, PREFECT_CLIENT_MAX_RETRIES, temporary_settings
from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from blocks.catalog import load_catalog
from blocks.issuers.alpaca.pair import Pair
from blocks.ledger.row import Action
from blocks.model.credential import Credential
from blocks.model.rotation import Reason, Rotation, Snapshot, Verdict
from blocks.prefect_api import estate as blocks
from blocks.prefect_api.issuers import issuer_of
from blocks.settings import ROOT, read_settings
from blocks.vaults import pending
from deployments.local.processes import LocalPrefect
from deployments.sandbox.alpaca.orders import SandboxOrder
from deployments.sandbox.estate import APPS, PAPER, REPOSITORY, VAULT_ENVIRONMENT, VAULT_PATH, Estate
from deployments.sandbox.faults import Fault
from deployments.sandbox.server import SandboxServer
from tasks.person import tell_form
from tasks.rotate.mint import mint
from tasks.rotate.preflight import preflight
from tasks.rotate.snapshot import snapshot
from tasks.run.notify import Kind
from tests.operator import Operator, Outcome
from tests.waiting import wait_until

SHIPPED = ROOT / "deployments" / "catalog.toml"
PENDING = f"{VAULT_PATH}/rekey"


def alone(work: Callable[[], Any]) -> State[Any]:
    """Run steps in a flow of their own, in this process."""

    @flow(name="steps alone", persist_result=False)
    def steps_alone() -> None:
        work()

    state: State[Any] = steps_alone(return_state=True)
    return state


def told(state: State[Any]) -> str:
    """What the error says with which the run failed."""
    assert state.is_failed(), f"{state.name}: {state.message}"
    error = state.result(raise_on_failure=False)
    assert isinstance(error, Exception)
    return str(error)


def stay_held(person: Operator) -> None:
    """Answer the form of a held rotation: end the run, and leave everything as it is."""
    person.choose("stop and stay held")


def held(operator: Operator, outcome: Outcome, *sentences: str) -> None:
    """The last form said all of these sentences, ledger and final state say the same, and the operator stopped."""
    assert outcome.state.is_cancelled(), outcome.message
    assert outcome.state.name == "Stopped"
    assert outcome.descriptions[-1].startswith("### Choose how to go on: alpaca-paper is held")
    reason = [row.context["reason"] for row in operator.ledger.rows() if row.action is Action.HELD][-1]
    for place in (outcome.descriptions[-1], reason, outcome.message):
        assert [one for one in sentences if one not in place] == [], place


def shipped(**changed: Any) -> Credential:
    """alpaca-paper of the shipped catalog, with fields changed."""
    return load_catalog(SHIPPED).get("alpaca-paper").model_copy(update=changed)


def use_catalog(folder: Path, monkeypatch: pytest.MonkeyPatch, *changes: tuple[str, str]) -> None:
    """Let the settings name a copy of their catalog in which each of these texts was replaced, once."""
    text = read_settings().catalog.read_text()
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    (folder / "catalog.toml").write_text(text)
    monkeypatch.setenv("REKEY_CATALOG", str(folder / "catalog.toml"))


def until_told(operator: Operator) -> None:
    """Wait until people were told of the form that is shown: nothing is written beside it any more."""
    assert operator.form is not None
    key = operator.form.key.removesuffix("-response")
    wait_until(
        lambda: any(row.context["form_told"] == key for row in operator.steps(tell_form.STEP)),
        description="people are told of the form",
    )


@dataclass
class Clicked:
    """A rotation right behind the click: old and new pair are in the vault's pending folder."""

    rotation: Rotation
    before: Snapshot
    old: Pair
    new: Pair

    @property
    def accepted(self) -> str:
        """The new pair's fingerprint."""
        return self.new.fingerprint

    def store_by_hand(self, estate: Estate) -> None:
        """Put the new pair into the vault, as the step store does."""
        estate.infisical.put(estate.project_id, VAULT_ENVIRONMENT, VAULT_PATH, values_of(self.new))

    def give_by_hand(self, estate: Estate) -> None:
        """Put the new pair into the vault and into both apps, as the steps store and propagate do."""
        self.store_by_hand(estate)
        for app in APPS.values():
            estate.heroku.apps[app].change(dict(values_of(self.new)), "rekey")


def clicked(operator: Operator, **changed: Any) -> Clicked:
    """Press Regenerate, and leave everything as the step validate does."""
    credential, estate = shipped(**changed), operator.estate
    vault = estate.vault_values()
    old = Pair(vault[PAPER[0]], SecretStr(vault[PAPER[1]]))
    before = issuer_of(credential).activity(credential, old)
    new = operator.regenerate()
    with blocks.vault(credential.vault).get_client() as client:
        pending.keep(client, credential.vault, old)
        pending.keep(client, credential.vault, new)
    rotation = Rotation(
        "r-test", credential, Reason.SCHEDULED, "no-run", "somebody", datetime.now(UTC), old=old.fingerprint
    )
    return Clicked(rotation, before, old, new)


def values_of(pair: Pair) -> dict[str, str]:
    """Both halves under the names of the shipped catalog."""
    return {PAPER[0]: pair.key_id, PAPER[1]: pair.secret.get_secret_value()}


@dataclass(frozen=True)
class Seen:
    """What consumers and people see of the estate. Comparable, and never printed."""

    vault: dict[str, str]
    pending: dict[str, str]
    releases: dict[str, int]
    github: list[str]
    messages: int
    orders: int
    dashboard: str | None

    def __repr__(self) -> str:
        return f"Seen(releases={self.releases}, github={self.github}, messages={self.messages}, orders={self.orders})"


def seen(estate: Estate) -> Seen:
    """Look at everything that a rotation may change."""
    return Seen(
        vault=estate.vault_values(),
        pending=estate.infisical.values(estate.project_id, VAULT_ENVIRONMENT, PENDING),
        releases={app: len(estate.heroku.apps[app].releases) for app in APPS.values()},
        github=estate.github.names(REPOSITORY),
        # But those about a form, which come beside it at no fixed moment.
        messages=sum((one.get("metadata") or {}).get("event_type") != Kind.FORM for one in estate.slack.messages),
        orders=len(estate.paper.orders),
        dashboard=estate.paper.current_key_id,
    )


def vault_lists(estate: Estate) -> int:
    """How often the vault was asked for a list of secrets since its journal was cleared, and that it let all of them.

    A self-hosted server of 2024 allows 40 a minute and address, whoever asks (seen 2026-11-27).
    """
    asked = estate.server.journal.of("infisical")
    assert [one.path for one in asked if one.status == HTTPStatus.TOO_MANY_REQUESTS] == []
    return sum((one.method, one.path) == ("GET", "/api/v3/secrets/raw") for one in asked)


def pending_marks(estate: Estate, pair: tuple[str, str] = PAPER) -> list[str]:
    """The fingerprints of the pairs in flight that the vault keeps for the pair of these names, each whole."""
    names = estate.infisical.values(estate.project_id, VAULT_ENVIRONMENT, PENDING)
    halves = [[name.rpartition("__")[2].lower() for name in names if name.startswith(half)] for half in pair]
    assert sorted(halves[0]) == sorted(halves[1])
    return sorted(halves[0])


def order(operator: Operator, **changed: str) -> SandboxOrder:
    """An order of somebody, which cannot fill."""
    fields = {"symbol": "MSFT", "qty": "2", "side": "buy", "type": "limit", "time_in_force": "day"}
    return operator.estate.live.place({**fields, "limit_price": "400", **changed})


@flow(name="rotate with a short form", persist_result=False)
def with_a_short_form(credential: str) -> None:
    """The beginning of a rotation; it fails when the time of its form is over, which a test makes short."""
    rotation = preflight(credential, Reason.SCHEDULED)
    before = snapshot(rotation)
    mint(rotation, before, Verdict(accepted=None))


def passing_on(origin: str) -> Starlette:
    """Hand every request on to the server there, and its answer back."""

    async def answer(request: Request) -> Response:
        headers = {name: value for name, value in request.headers.items() if name not in {"host", "content-length"}}
        address = f"{origin}{request.url.path}"
        async with httpx.AsyncClient(trust_env=False, timeout=30) as client:
            got = await client.request(
                request.method, address, params=request.query_params, content=await request.body(), headers=headers
            )
        return Response(got.content, got.status_code, media_type=got.headers.get("content-type"))

    return Starlette(routes=[Route("/{path:path}", answer, methods=["GET", "POST", "PATCH", "PUT", "DELETE"])])


@contextmanager
def shaky(prefect: LocalPrefect, *faults: Fault) -> Iterator[SandboxServer]:
    """Reach the test's Prefect server through one that fails like that; Prefect's client does not try again itself."""
    front = SandboxServer({"prefect": passing_on(f"http://127.0.0.1:{prefect.port}")})
    for fault in faults:
        front.plan.add(fault)
    front.start()
    try:
        with temporary_settings({PREFECT_API_URL: f"{front.url('prefect')}/api", PREFECT_CLIENT_MAX_RETRIES: 0}):
            yield front
            # While its address is still there.
            APILogWorker.drain_all()
    finally:
        front.stop()
