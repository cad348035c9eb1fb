"""A whole rotation with a vault that rekey does not know, and a consumer that no sandbox has.

The steps know their contracts alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from blocks import listed
from blocks.catalog import load_catalog
from blocks.listed import Listed
from blocks.settings import read_settings
from deployments.sandbox.estate import PAPER, VAULT_ENVIRONMENT, VAULT_PATH
from deployments.sandbox.server import SandboxServer
from tasks.vault.places import demand_none
from tests.operator import Operator
from tests.vaults.box.twin import Twin
from tests.vaults.box.vault import Box
from tests.vaults.hosts import with_host

IN_FLIGHT = f"{VAULT_PATH}/rekey"


@pytest.fixture
def env_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file that holds the new pair on purpose; so it lies where no secret is looked for."""
    path = tmp_path_factory.mktemp("app") / ".env"
    path.write_text(f"# Of the reports.\n{PAPER[0]}=before\nDEBUG=1\n")
    path.chmod(0o600)
    return path


@pytest.fixture
def box(operator: Operator, env_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Twin]:
    """The catalog's vault, with every pair that the other one held; and a file with a copy."""
    twin = Twin()
    server = SandboxServer({"box": twin.app()})
    server.start()
    monkeypatch.setitem(listed.VAULTS, "box", Listed("tests.vaults.box.vault:Box", atomic=Box.atomic))
    Box(url=server.url("box"), token=SecretStr(twin.token)).save("rekey", overwrite=True)
    twin.put(VAULT_ENVIRONMENT, VAULT_PATH, operator.estate.vault_values())
    named = '\n[vault]\nkind = "box"\n'
    shipped = with_host(read_settings().catalog.read_text(), "box", server.url("box"))
    reader = f'\n[[credential.alpaca-paper.consumers]]\nkind = "env-file"\npath = "{env_file}"\n'
    reader += f'key_id = "{PAPER[0]}"\nsecret = "{PAPER[1]}"\n'
    (tmp_path / "with-box.toml").write_text(shipped + reader + named)
    monkeypatch.setenv("REKEY_CATALOG", str(tmp_path / "with-box.toml"))
    yield twin
    server.stop()


def test_the_new_pair_is_in_this_vault_and_in_the_file_and_the_other_vault_was_never_asked(
    box: Twin, env_file: Path, operator: Operator
) -> None:
    before = box.values(VAULT_ENVIRONMENT, VAULT_PATH)

    outcome = operator.rotate(Operator.regenerate)

    assert outcome.state.is_completed(), outcome.message
    after = box.values(VAULT_ENVIRONMENT, VAULT_PATH)
    assert after[PAPER[0]] == operator.estate.paper.current_key_id != before[PAPER[0]]
    assert {name for name in after if after[name] != before[name]} == set(PAPER)
    assert box.values(VAULT_ENVIRONMENT, IN_FLIGHT) == {}
    assert env_file.read_text() == (
        f"# Of the reports.\n{PAPER[0]}={after[PAPER[0]]}\nDEBUG=1\n{PAPER[1]}={after[PAPER[1]]}\n"
    )
    journal = operator.estate.server.journal
    assert journal.of("heroku")
    assert journal.of("infisical") == []
    # What this vault has nothing of is said so.
    proofs = [proof for step in ("preflight", "store") for proof in operator.steps(step)[-1].context["proofs"]]
    assert any("Not looked at: syncs (rekey cannot ask Box for them) of the vault." in one for one in proofs)
    assert "Not read with the consumers' SDK: Box has none." in proofs
    (notice,) = [one for one in operator.estate.slack.messages if "Fetch the new one" in str(one)]
    assert f"box open {VAULT_ENVIRONMENT} {VAULT_PATH}" in str(notice)


@pytest.mark.usefixtures("box")
def test_other_folders_of_this_vault_are_said_to_be_unknown() -> None:
    told = demand_none(load_catalog(read_settings().catalog).get("alpaca-paper"))

    assert "Not looked at: other folders (rekey cannot ask Box for them)." in told
