"""A whole rotation with each other vault of rekey's own. That of Infisical is everywhere, and Box's in box/."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest
from pydantic import SecretStr

from blocks.settings import read_settings
from blocks.vaults.aws_secrets_manager.block import AwsSecretsManager
from blocks.vaults.hashicorp.block import HashicorpVault as HashicorpBlock
from blocks.vaults.sealed_file.block import SealedFileVault
from blocks.vaults.sealed_file.content import SealedFile
from deployments.sandbox.aws.app import REGION, AwsAccount
from deployments.sandbox.estate import PAPER, VAULT_ENVIRONMENT, VAULT_PATH
from deployments.sandbox.hashicorp.app import HashicorpVault
from deployments.sandbox.server import SandboxServer
from tests.operator import Operator
from tests.vaults.hosts import with_host
from tests.vaults.kinds import in_aws, kept_by, sealed_by
from tests.vaults.scene import ENVIRONMENT, Held

# The vault seen past its API, its kind, and its address if it has one.
Served = tuple[Held, str, str | None]
IN_FLIGHT = f"{VAULT_PATH}/rekey"
assert ENVIRONMENT == VAULT_ENVIRONMENT


@contextmanager
def hashicorp(_: Path) -> Iterator[Served]:
    """HashiCorp Vault, as an AppRole, and what the catalog says of it."""
    twin = HashicorpVault()
    server = SandboxServer({"vault": twin.app()})
    server.start()
    url = server.url("vault")
    HashicorpBlock(url=url, role_id=twin.role_id, secret_id=SecretStr(twin.secret_id)).save("rekey", overwrite=True)
    yield kept_by(twin), "hashicorp-vault", url
    server.stop()


@contextmanager
def sealed_file(folder: Path) -> Iterator[Served]:
    """The sealed file, where secrets are looked for afterwards."""
    sealed = SealedFile(folder / "vault", folder / "key")
    sealed.make()
    SealedFileVault(path=str(sealed.path), key_file=str(sealed.key_file)).save("rekey", overwrite=True)
    yield sealed_by(sealed), "sealed-file", None


@contextmanager
def aws(_: Path) -> Iterator[Served]:
    """AWS Secrets Manager."""
    account = AwsAccount()
    server = SandboxServer({"vault": account.secrets_app()})
    server.start()
    url, key = server.url("vault"), SecretStr(account.secret_key)
    block = AwsSecretsManager(url=url, region=REGION, access_key_id=account.key_id, secret_access_key=key)
    block.save("rekey", overwrite=True)
    yield in_aws(account), "aws-secrets-manager", url
    server.stop()


@pytest.mark.long
@pytest.mark.parametrize("vault", [hashicorp, sealed_file, aws])
def test_the_new_pair_is_in_this_vault_and_nothing_in_flight_is_left(
    vault: Callable[[Path], AbstractContextManager[Served]],
    operator: Operator,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with vault(tmp_path) as (held, kind, url):
        held.put(VAULT_PATH, operator.estate.vault_values())
        text = read_settings().catalog.read_text()
        text = with_host(text, kind, url) if url else text
        (tmp_path / "with-vault.toml").write_text(f'{text}\n[vault]\nkind = "{kind}"\n')
        monkeypatch.setenv("REKEY_CATALOG", str(tmp_path / "with-vault.toml"))
        before = held.values(VAULT_PATH)

        outcome = operator.rotate(Operator.regenerate)

        assert outcome.state.is_completed(), outcome.message
        after = held.values(VAULT_PATH)
        assert after[PAPER[0]] == operator.estate.paper.current_key_id != before[PAPER[0]]
        assert {name for name in after if after[name] != before[name]} == set(PAPER)
        assert held.values(IN_FLIGHT) == {}
        assert operator.estate.server.journal.of("infisical") == []
