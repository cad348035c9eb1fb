"""``rekey register`` again, as after an upgrade: what was seeded or edited since is not put back to its defaults."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

import pytest
from prefect.blocks.core import Block
from pydantic import SecretStr

from blocks.consumers.heroku.block import Heroku
from blocks.entry import DOCUMENT
from blocks.issuers.alpaca.issuer import Alpaca
from blocks.issuers.anthropic.issuer import AnthropicKey
from blocks.settings import ROOT, read_settings
from deployments.cli.main import main
from deployments.sandbox import made_up
from deployments.sandbox.estate import Estate

# As docs/how-to/own-keys.md has it.
OWN_KEY = """
[credential.heroku-rekey]
issuer = "heroku-token"
realm = "production"
guarded = false
role = "ops"
cadence_days = 90

[credential.heroku-rekey.vault]
environment = "prod"
path = "/rekey/own"
names = { token = "REKEY_HEROKU_TOKEN" }

[[credential.heroku-rekey.consumers]]
kind = "rekey-block"
document = "heroku/rekey"
names = { token = "token" }
"""
BlockT = TypeVar("BlockT", bound=Block)


def loaded(kind: type[BlockT]) -> BlockT:
    found = kind.load(DOCUMENT)
    assert isinstance(found, kind)
    return found


@pytest.fixture
def seeded(estate: Estate, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Every block is there, as it was registered first."""
    catalog, seeds = tmp_path / "catalog.toml", tmp_path / "rekey.env"
    catalog.write_text(estate.catalog((ROOT / "deployments" / "catalog.toml").read_text()))
    monkeypatch.setenv("REKEY_CATALOG", str(catalog))
    estate.write_env_file(seeds)
    assert main(["register", "--blocks-only", "--env-file", str(seeds)]) == 0
    seeds.unlink()
    capsys.readouterr()


@pytest.mark.usefixtures("prefect", "seeded")
def test_a_block_of_which_nothing_is_set_stays_as_it_is(estate: Estate, capsys: pytest.CaptureFixture[str]) -> None:
    """Every field of these two has a default; Anthropic's admin key is none, and the sandbox is no default address."""
    assert main(["register", "--blocks-only"]) == 0

    told = capsys.readouterr().out
    for kind in (AnthropicKey, Alpaca):
        assert f"{kind.__name__}/rekey: left as it is (none of its variables is set)." in told
    admin_key = loaded(AnthropicKey).admin_key
    assert admin_key is not None
    assert admin_key.get_secret_value() == estate.issuers.anthropic.admin_key
    assert loaded(Alpaca).paper_url == estate.url("alpaca-paper")


@pytest.mark.usefixtures("prefect", "seeded")
def test_of_a_block_that_is_there_only_what_is_set_is_changed(
    estate: Estate, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A new token alone: neither the address of the sandbox, which is no default, nor what was edited is lost."""
    edited = loaded(Heroku).model_copy(update={"read_timeout_s": 17.0})
    edited.save(DOCUMENT, overwrite=True)
    token = made_up.token("HRKU-")
    monkeypatch.setenv("REKEY_HEROKU_TOKEN", token)

    assert main(["register", "--blocks-only"]) == 0

    assert "Heroku/rekey: saved." in capsys.readouterr().out
    now = loaded(Heroku)
    assert (now.url, now.read_timeout_s) == (estate.url("heroku"), 17.0)
    assert now.token.get_secret_value() == token


@pytest.mark.usefixtures("prefect", "seeded")
def test_a_token_of_its_own_that_the_catalog_rotates_is_not_put_back(
    estate: Estate, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file of the first day holds the one that a rotation has revoked since."""
    catalog = read_settings().catalog
    catalog.write_text(catalog.read_text() + OWN_KEY)
    rotated = made_up.token("HRKU-")
    loaded(Heroku).model_copy(update={"token": SecretStr(rotated)}).save(DOCUMENT, overwrite=True)
    monkeypatch.setenv("REKEY_HEROKU_TOKEN", made_up.token("HRKU-"))
    monkeypatch.setenv("REKEY_HEROKU_URL", estate.url("heroku"))

    assert main(["register", "--blocks-only"]) == 0, capsys.readouterr().err

    assert "Heroku/rekey: saved. token is left: the catalog rotates it." in capsys.readouterr().out
    assert loaded(Heroku).token.get_secret_value() == rotated
