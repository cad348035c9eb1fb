"""Settings that cannot be read are named; their values never are."""

from __future__ import annotations

from pathlib import Path

import pytest

from blocks.errors import CatalogError
from blocks.settings import PATIENCE_S, patience_s, read_settings
from deployments.sandbox import made_up
from deployments.setup.seeds import read_seeds


def test_without_any_variable_the_ledger_and_the_catalog_are_the_projects_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("REKEY_LEDGER_URL", raising=False)
    monkeypatch.delenv("REKEY_CATALOG", raising=False)

    settings = read_settings()

    assert settings.catalog.name == "catalog.toml"
    assert settings.ledger_url.get_secret_value().endswith("/.rekey/ledger.db")


def test_every_wrong_variable_is_named_and_no_value_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    typed = made_up.token("")
    monkeypatch.setenv("REKEY_VERIFY_TIMEOUT_S", typed)
    monkeypatch.setenv("REKEY_FORM_POLL_S", "-1")

    with pytest.raises(CatalogError) as refused:
        read_settings()

    assert "REKEY_FORM_POLL_S, REKEY_VERIFY_TIMEOUT_S" in str(refused.value)
    assert typed not in str(refused.value)
    assert refused.value.__context__ is None


def test_a_setting_that_is_not_json_is_named_and_its_value_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    typed = made_up.token("")
    monkeypatch.setenv("REKEY_PATIENCE_S", typed)

    with pytest.raises(CatalogError, match="cannot be read: REKEY_PATIENCE_S") as refused:
        read_settings()

    assert typed not in str(refused.value)
    assert refused.value.__context__ is None


@pytest.mark.parametrize("typed", ["abc", "[-1]", "7"])
def test_a_patience_that_cannot_be_read_stops_no_step_from_being_imported(
    monkeypatch: pytest.MonkeyPatch, typed: str
) -> None:
    """The run itself says what is wrong; a step that is not there cannot."""
    monkeypatch.setenv("REKEY_PATIENCE_S", typed)

    assert patience_s() == PATIENCE_S


def test_a_seed_of_the_wrong_shape_is_named_and_its_value_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    token = made_up.token("")
    monkeypatch.setenv("REKEY_INFISICAL_API", token)

    with pytest.raises(CatalogError) as refused:
        read_seeds(None)

    assert "REKEY_INFISICAL_API" in str(refused.value)
    assert token not in str(refused.value)
    assert refused.value.__context__ is None


def test_a_seed_that_is_not_json_is_named_and_its_value_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    token = made_up.token("")
    monkeypatch.setenv("REKEY_RAPTOR", f'{{"raptor-prod": {{"token": "{token}"')

    with pytest.raises(CatalogError) as refused:
        read_seeds(None)

    assert "REKEY_RAPTOR" in str(refused.value)
    assert token not in str(refused.value)
    assert refused.value.__context__ is None


def test_a_seed_file_that_does_not_exist_is_named(tmp_path: Path) -> None:
    with pytest.raises(CatalogError, match=r"none\.env does not exist\. Give a file of REKEY_NAME=value lines"):
        read_seeds(tmp_path / "none.env")


def test_seeds_come_from_the_file_and_the_environment_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "seeds.env"
    file.write_text("REKEY_HEROKU_URL=https://file.example.com\nREKEY_GITHUB_URL=https://file.example.com\n")
    monkeypatch.setenv("REKEY_GITHUB_URL", "https://environment.example.com")

    seeds = read_seeds(file)

    assert seeds["heroku_url"] == "https://file.example.com"
    assert seeds["github_url"] == "https://environment.example.com"


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("REKEY_INFISICAL_API={}", "REKEY_INFISICAL_API cannot be read."),
        ('REKEY_RAPTOR=[{{"token": "{}"', "REKEY_RAPTOR cannot be read."),
        ("REKEY_HEROKU_TOKEN: {}", "that is no REKEY_NAME=value."),
        ("REKEY_HEROKU_TOKEN", "that is no REKEY_NAME=value."),
        ("REKEY_HEROKU_TOKEM={}", "rekey knows no REKEY_HEROKU_TOKEM."),
    ],
)
def test_a_wrong_line_of_the_seed_file_is_named_with_its_file_and_no_value_is_shown(
    tmp_path: Path, line: str, told: str
) -> None:
    token, file = made_up.token(""), tmp_path / "seeds.env"
    file.write_text(f"REKEY_HEROKU_URL=https://heroku.example.com\n\n# a comment\n{line.format(token)}\nOTHERS=1\n")

    with pytest.raises(CatalogError) as refused:
        read_seeds(file)

    file.unlink()  # the one place where the token may lie in clear; the guard searches the rest
    assert refused.value.problem == f"{file}, line 4: {told}"
    assert token not in str(refused.value)
    assert refused.value.__context__ is None


def test_a_wrong_line_is_the_environments_where_that_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "seeds.env"
    file.write_text("REKEY_INFISICAL_API=v4\nREKEY_RAPTOR={}\n")
    monkeypatch.setenv("REKEY_INFISICAL_API", "v5")

    with pytest.raises(CatalogError, match=r"^These environment variables cannot be read: REKEY_INFISICAL_API\."):
        read_seeds(file)


def test_a_seed_file_that_is_no_text_is_named(tmp_path: Path) -> None:
    (tmp_path / "seeds.env").write_bytes(b"REKEY_HEROKU_URL=\xff\n")

    with pytest.raises(CatalogError, match=r"seeds\.env is not UTF-8\."):
        read_seeds(tmp_path / "seeds.env")


def test_no_seed_shows_its_secret_when_it_is_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    token = made_up.token("HRKU-")
    monkeypatch.setenv("REKEY_HEROKU_TOKEN", token)

    seeds = read_seeds(None)

    assert seeds["heroku_token"].get_secret_value() == token
    assert token not in repr(seeds)
