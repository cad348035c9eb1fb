"""A whole rotation of a pair that a service at Render has: it is over when the service runs with the new one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from blocks.check import Depth
from blocks.consumers.render.block import Render
from blocks.consumers.render.client import WRITE_CHECK
from blocks.consumers.render.deploys import MARK
from blocks.secret import fingerprint
from blocks.settings import read_settings
from deployments.sandbox.estate import PAPER
from deployments.sandbox.render.app import RenderSandbox, Service
from deployments.sandbox.server import SandboxServer
from tests.health.support import looked, told, wrong
from tests.operator import Operator
from tests.rotation_steps import try_again_at_once

CREDENTIAL = "alpaca-paper"
KEY, SECRET = "BROKER_KEY_ID", "BROKER_SECRET_KEY"


@pytest.fixture
def twin() -> RenderSandbox:
    return RenderSandbox()


@pytest.fixture
def service(
    twin: RenderSandbox, operator: Operator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Service]:
    """One that runs with the current pair, and that the catalog names."""
    try_again_at_once(monkeypatch)
    monkeypatch.setenv("REKEY_RELEASE_TIMEOUT_S", "4")
    held = operator.estate.vault_values()
    made = twin.add_service("desk", {KEY: held[PAPER[0]], SECRET: held[PAPER[1]], "OTHER": "stays"})
    server = SandboxServer({"render": twin.app()})
    server.start()
    Render(url=server.url("render"), token=SecretStr(twin.token)).save("rekey", overwrite=True)
    text = read_settings().catalog.read_text().replace("[hosts]\n", f'[hosts]\nrender = "{server.url("render")}"\n')
    catalog = tmp_path / "with-render.toml"
    catalog.write_text(f"""{text}
[[credential.{CREDENTIAL}.consumers]]
kind = "render"
service = "{made.id}"
names = {{ key_id = "{KEY}", secret = "{SECRET}" }}
""")
    monkeypatch.setenv("REKEY_CATALOG", str(catalog))
    yield made
    server.stop()


def in_the_vault(operator: Operator) -> dict[str, str]:
    """The pair that the vault holds, under the names that it has at Render."""
    held = operator.estate.vault_values()
    return {KEY: held[PAPER[0]], SECRET: held[PAPER[1]]}


def proofs_of(operator: Operator, step: str, service: Service) -> list[str]:
    """What the ledger says was proved about that service."""
    rows = [row.context for row in operator.steps(step)]
    return [one for context in rows for one in context.get("proofs", ()) if service.id in one]


def test_the_service_runs_with_the_new_pair_when_the_rotation_is_over(
    operator: Operator, twin: RenderSandbox, service: Service
) -> None:
    before = in_the_vault(operator)

    outcome = operator.rotate(Operator.regenerate)

    assert outcome.state.is_completed(), outcome.message
    new, mark = in_the_vault(operator), fingerprint(SecretStr(in_the_vault(operator)[SECRET]))
    assert before[SECRET] != new[SECRET]
    running = twin.serving(service.id) or {}
    assert {name: running[name] for name in new} == new, "with both, and not only set"
    (deploy, _) = service.deploys
    assert proofs_of(operator, "propagate", service) == [
        f"render {service.id} has {mark}, read back, and deploy {deploy.id}, or a newer one, is live with it."
    ]
    assert (deploy.status, deploy.variables[SECRET]) == ("live", new[SECRET])
    assert service.variables == {**new, "OTHER": "stays", MARK: f"{deploy.id} {mark}"}
    assert WRITE_CHECK not in service.variables, "what proved before that rekey may write is gone"
    found = looked(CREDENTIAL, Depth.FULL)
    assert [one for one in wrong(found) if service.id in one] == []
    assert f"render {service.id} has the vault's pair {mark}." in told(
        found, f"copy of render {service.id}", CREDENTIAL
    )


@pytest.mark.long
def test_a_deploy_that_fails_holds_the_rotation_and_is_begun_again_when_it_is_mended(
    operator: Operator, twin: RenderSandbox, service: Service
) -> None:
    old = in_the_vault(operator)
    twin.knobs.ends = "build_failed"

    def mend(person: Operator) -> None:
        assert person.form is not None
        assert "ended without being live, so its instances run with the old pair" in person.form.description
        assert (twin.serving(service.id) or {})[SECRET] == old[SECRET]
        twin.knobs.ends = "live"
        person.choose("retry this step")

    outcome = operator.rotate(Operator.regenerate, mend)

    assert outcome.state.is_completed(), outcome.message
    assert [one.status for one in service.deploys] == ["live", "build_failed", "deactivated"]
    assert (twin.serving(service.id) or {})[SECRET] == in_the_vault(operator)[SECRET] != old[SECRET]
