"""The command line as a person uses it: the sandbox alone, blocks seeded from a file, the ledger."""

from __future__ import annotations

import errno
import json
import os
import shutil
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from prefect.blocks.core import Block
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import BlockType
from prefect.exceptions import ObjectNotFound
from prefect.settings import PREFECT_API_URL, temporary_settings
from pydantic import SecretStr

from blocks.consumers.heroku.block import Heroku
from blocks.entry import DOCUMENT
from blocks.ledger.ledger import Ledger
from blocks.ledger.row import Action
from blocks.prefect_api import estate as product
from blocks.settings import ROOT
from deployments.cli.main import main
from deployments.local.processes import free_ports
from deployments.sandbox.estate import ORDER, RUNTIMES
from deployments.setup.seeds import INSTANCES, VENDORS
from deployments.terminal import system_errors
from tests.waiting import wait_until


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, Path]]:
    """``rekey sandbox`` in a process of its own: its first port, and the file of addresses and tokens."""
    first, env_file = free_ports(len(ORDER)), tmp_path_factory.mktemp("sandbox") / "private" / "sandbox.env"
    command = [
        sys.executable,
        "-m",
        "deployments.cli.main",
        "sandbox",
        "--port",
        str(first),
        "--env-file",
        str(env_file),
    ]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        wait_until(lambda: env_file.exists() and _answers(first), description="the sandbox answers")
        yield first, env_file
    finally:
        process.send_signal(signal.SIGINT)
        assert process.wait(15) == 0


@pytest.fixture
def sandbox(running: tuple[int, Path], tmp_path: Path) -> tuple[int, Path]:
    """Its first port, and a copy of what it wrote for each test, which reads it and deletes the tokens."""
    first, env_file = running
    return first, shutil.copytree(env_file.parent, tmp_path / "private") / env_file.name


def _answers(first: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{first + ORDER.index('control')}/", trust_env=False).status_code == 200
    except httpx.HTTPError:
        return False


def test_the_sandbox_alone_serves_fixed_ports_and_writes_its_tokens_for_the_owner_only(
    sandbox: tuple[int, Path],
) -> None:
    first, env_file = sandbox
    assert stat.S_IMODE(env_file.stat().st_mode) == 0o600
    assert f"REKEY_HEROKU_URL=http://127.0.0.1:{first + ORDER.index('heroku')}\n" in env_file.read_text()
    page = httpx.get(f"http://127.0.0.1:{first}/paper/dashboard/overview", trust_env=False)
    assert "Regenerate" in page.text


@pytest.mark.parametrize(
    ("where", "said"),
    [("a file/sandbox.env", "File exists: {folder}/a file"), ("a folder", "Is a directory: {folder}/a folder")],
)
def test_what_the_system_refuses_is_told_with_what_to_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], where: str, said: str
) -> None:
    (tmp_path / "a file").touch()
    (tmp_path / "a folder").mkdir()

    assert main(["sandbox", "--port", str(free_ports(len(ORDER))), "--env-file", str(tmp_path / where)]) == 1

    told = f"rekey: {said.format(folder=tmp_path)}. Correct the path, then run the command again.\n"
    assert capsys.readouterr().err == told


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EACCES, errno.EADDRINUSE, errno.EIO, None])
def test_every_refusal_of_the_system_says_what_to_do(number: int | None) -> None:
    error = OSError(number, os.strerror(number), "/var/rekey") if number else OSError("something")

    told = system_errors.told(error)

    assert told.endswith(", then run the command again.")
    assert ("/var/rekey" in told) == (number is not None)


@pytest.mark.usefixtures("prefect")
def test_register_seeds_every_block_from_a_file(
    sandbox: tuple[int, Path], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, env_file = sandbox
    monkeypatch.setenv("REKEY_CATALOG", str(env_file.with_suffix(".toml")))
    assert main(["register", "--blocks-only", "--env-file", str(env_file)]) == 0
    told = capsys.readouterr().out
    # Of some kinds, such as another vault, the sandbox has nothing.
    described = [one for one in VENDORS.values() if f"REKEY_{one}".upper() in env_file.read_text()]
    several = sum(len(one) for one in _instances(env_file))
    assert told.count(": saved.") == len(described) + several >= len(RUNTIMES)
    assert told.count(": left as it is (") == len(VENDORS) - len(described)
    assert isinstance(product.loaded(Heroku).token, SecretStr)
    token = product.loaded(Heroku).token.get_secret_value()
    assert f"REKEY_HEROKU_TOKEN={token}\n" in env_file.read_text()
    assert token not in told
    env_file.unlink()  # the one place where the tokens may lie in clear; the guard searches the rest


@pytest.mark.usefixtures("prefect")
def test_blocks_are_typed_for_the_ui_with_their_secrets_as_secret_fields(
    sandbox: tuple[int, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Prefect's page of a block shows the vendor's logo and links the page that explains its token, too."""
    _, env_file = sandbox
    monkeypatch.setenv("REKEY_CATALOG", str(env_file.with_suffix(".toml")))
    assert main(["register", "--blocks-only", "--env-file", str(env_file)]) == 0
    for kind in VENDORS:
        # One of which the sandbox has nothing is registered by nobody yet.
        kind.register_type_and_schema()
    secret_fields = {kind.__name__: _secret_fields(kind) for kind in VENDORS}
    types = [_type_of(kind) for kind in VENDORS]
    env_file.unlink()
    assert all(str(one.logo_url).startswith("https://github.com/") for one in types)
    assert all(str(one.documentation_url).startswith("https://") for one in types)
    assert secret_fields == {
        "Alpaca": [],
        "Postmark": [],
        "StripeRestricted": [],
        "AnthropicKey": ["admin_key"],
        "GithubToken": [],
        "Infisical": ["client_secret", "extra_headers.*"],
        "HashicorpVault": ["secret_id", "token"],
        "SealedFileVault": [],
        "HerokuToken": [],
        "InfisicalIdentity": [],
        "Aws": ["secret_access_key", "session_token"],
        "AwsSecretsManager": ["secret_access_key", "session_token"],
        "Heroku": ["token"],
        "Github": ["token"],
        "Kubernetes": ["token"],
        "Render": ["token"],
        "Slack": ["token"],
    }


def _instances(env_file: Path) -> list[dict[str, object]]:
    """What the file describes several of, kind by kind."""
    lines = dict(one.split("=", 1) for one in env_file.read_text().splitlines())
    return [json.loads(lines[f"REKEY_{name.upper()}"]) for name in INSTANCES if f"REKEY_{name.upper()}" in lines]


def _type_of(kind: type[Block]) -> BlockType:
    with get_client(sync_client=True) as client:
        return client.read_block_type_by_slug(kind.get_block_type_slug())


def _secret_fields(kind: type[Block]) -> list[str]:
    with get_client(sync_client=True) as client:
        schema = client.read_block_schema_by_checksum(kind._calculate_schema_checksum())
        return sorted(schema.fields["secret_fields"])


@pytest.mark.usefixtures("prefect")
def test_register_saves_no_address_that_the_catalog_does_not_name(
    sandbox: tuple[int, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    """The shipped catalog names the real vendors, and these are the sandbox's addresses."""
    _, env_file = sandbox
    assert main(["register", "--blocks-only", "--env-file", str(env_file)]) == 1
    env_file.unlink()
    said = capsys.readouterr()
    assert said.out == ""
    assert "and alpaca_paper in [hosts] of the catalog is https://paper-api.alpaca.markets." in said.err


@pytest.mark.usefixtures("prefect")
def test_a_variable_that_is_not_set_leaves_its_block_as_it_is(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [one for one in os.environ if one.startswith("REKEY_")]:
        monkeypatch.delenv(name)
    assert main(["register", "--blocks-only"]) == 0
    # Another test may have saved it.
    why = "none of its variables is set" if is_saved(Heroku) else "REKEY_HEROKU_TOKEN not set"
    assert f"Heroku/rekey: left as it is ({why})." in capsys.readouterr().out


def is_saved(kind: type[Block]) -> bool:
    with get_client(sync_client=True) as client:
        try:
            client.read_block_document_by_name(DOCUMENT, kind.get_block_type_slug())
        except ObjectNotFound:
            return False
    return True


def test_register_refuses_to_write_to_a_database_of_its_own_in_somebodys_home(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with temporary_settings(restore_defaults={PREFECT_API_URL}):
        assert main(["register", "--blocks-only"]) == 1
    assert "PREFECT_API_URL is not set" in capsys.readouterr().err


def test_ledger_show_and_verify_tell_what_is_recorded(ledger: Ledger, capsys: pytest.CaptureFixture[str]) -> None:
    ledger.append(Action.STARTED, rotation="r-1", credential="alpaca-paper", actor="a person", context={"reason": "x"})
    assert main(["ledger", "show"]) == 0
    assert "alpaca-paper rotate.started x" in capsys.readouterr().out
    assert main(["ledger", "verify", "--head", ledger.head().hash]) == 0
    assert f"The ledger's chain is whole: 1 rows, head {ledger.head().hash}." in " ".join(
        capsys.readouterr().out.split()
    )


def test_the_shipped_catalog_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["catalog"]) == 0
    told = capsys.readouterr().out
    assert "alpaca-paper: paper, enabled, every 180 days" in told
    assert "alpaca-live: live, enabled, every 90 days" in told
    assert "alpaca-paper-staging: paper, disabled" in told
