"""The catalog refuses everything that is wrong in it, and says where and what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from blocks.catalog import load_catalog
from blocks.errors import CatalogError
from blocks.settings import ROOT

SHIPPED = (ROOT / "deployments" / "catalog.toml").read_text()
PAPER = SHIPPED.split("# An environment with")[0]


def written(folder: Path, text: str) -> Path:
    """A catalog file with this text."""
    path = folder / "catalog.toml"
    path.write_text(text)
    return path


def changed(old: str, new: str, text: str = PAPER) -> str:
    """The alpaca-paper entry with one thing changed, once."""
    assert old in text
    return text.replace(old, new, 1)


def refusal(folder: Path, text: str) -> str:
    """What is said of a catalog with this text."""
    path = written(folder, text)
    with pytest.raises(CatalogError) as refused:
        load_catalog(path)
    assert str(path) in str(refused.value)
    return str(refused.value)


def test_the_shipped_catalog_holds_one_enabled_credential_and_one_disabled_example() -> None:
    catalog = load_catalog(ROOT / "deployments" / "catalog.toml")

    assert [one.name for one in catalog.enabled] == ["alpaca-paper"]
    assert list(catalog.credential) == ["alpaca-paper", "alpaca-paper-staging"]
    assert catalog.get("alpaca-paper").runtimes == ("raptor-prod", "raptor-staging")


def test_an_unknown_credential_is_refused_with_the_names_that_exist() -> None:
    catalog = load_catalog(ROOT / "deployments" / "catalog.toml")

    with pytest.raises(CatalogError, match=r"no credential 'alpaca-papre'.*These can be rotated: alpaca-paper\."):
        catalog.get("alpaca-papre")


def test_a_disabled_credential_is_refused_with_the_way_to_enable_it() -> None:
    catalog = load_catalog(ROOT / "deployments" / "catalog.toml")

    with pytest.raises(CatalogError, match=r"alpaca-paper-staging is disabled.*Set enabled = true once"):
        catalog.get("alpaca-paper-staging")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "cadence_days",
            "cadence_dayz",
            ["credential.alpaca-paper.cadence_dayz: this field is unknown", "cadence_days:"],
        ),
        ('kind = "slack"', 'kind = "email"', ["credential.alpaca-paper.consumers.3", "'heroku', 'github', 'slack'"]),
        ('environment = "paper"', 'environment = "demo"', ["credential.alpaca-paper.environment", "'paper' or 'live'"]),
        (
            "cadence_days = 180",
            "cadence_days = 0",
            ["credential.alpaca-paper.cadence_days", "greater than or equal to 1"],
        ),
        ('path = "/MooseQuest', 'path = "MooseQuest', ["credential.alpaca-paper.vault.path", "should match pattern"]),
        ('"raxx/raxx"', '"raxx"', ["credential.alpaca-paper.consumers.2.github.repository", "should match pattern"]),
        ('channel = "D0AJ7K184TV"', 'channel = "#trading"', ["consumers.3.slack.channel", "should match pattern"]),
        ('runtime = "raptor-prod"', 'runtime = "Raptor Prod"', ["consumers.0.heroku.runtime", "should match pattern"]),
    ],
    ids=["unknown field", "unknown kind", "environment", "cadence", "vault path", "repository", "channel", "runtime"],
)
def test_a_wrong_field_is_named_with_its_whole_path(tmp_path: Path, old: str, new: str, said: list[str]) -> None:
    told = refusal(tmp_path, changed(old, new))

    assert [one for one in said if one not in told] == []
    assert told.endswith("Correct these entries; README shows the fields of each.")


def test_a_consumer_without_variable_names_is_refused_with_both_fields(tmp_path: Path) -> None:
    names = 'key_id = "ALPACA_PAPER_API_KEY_ID"\nsecret = "ALPACA_PAPER_API_SECRET_KEY"\n'

    told = refusal(tmp_path, changed(f"{names}runtime", "runtime"))

    assert "credential.alpaca-paper.consumers.0.heroku.key_id: field required" in told
    assert "credential.alpaca-paper.consumers.0.heroku.secret: field required" in told


def test_one_name_for_both_halves_is_refused(tmp_path: Path) -> None:
    told = refusal(tmp_path, changed('secret = "ALPACA_PAPER_API_SECRET_KEY"', 'secret = "ALPACA_PAPER_API_KEY_ID"'))

    assert "credential.alpaca-paper.vault: key_id and secret need two different names" in told


def test_a_credential_without_consumers_is_refused(tmp_path: Path) -> None:
    told = refusal(
        tmp_path,
        changed(
            "[credential.alpaca-paper.vault]", "consumers = []\n[credential.alpaca-paper.vault]", PAPER.split("[[")[0]
        ),
    )

    assert "credential.alpaca-paper.consumers" in told


def test_a_consumer_that_is_listed_twice_is_refused(tmp_path: Path) -> None:
    told = refusal(tmp_path, changed('app = "raxx-api-staging"', 'app = "raxx-api-prod"'))

    assert "credential.alpaca-paper: consumer heroku raxx-api-prod is listed twice" in told


def test_a_slack_consumer_has_exactly_one_address(tmp_path: Path) -> None:
    told = refusal(tmp_path, changed('channel = "D0AJ7K184TV"', 'channel = "D0AJ7K184TV"\nuser = "U0AJ7K184TV"'))

    assert "give either user (better: it survives a reinstalled app) or channel" in told


def test_two_credentials_with_the_same_vault_names_are_refused(tmp_path: Path) -> None:
    """Also when only the slash at the end of the folder differs: the vault means the same one."""
    twin = PAPER.replace("alpaca-paper", "alpaca-twin").replace(
        'path = "/MooseQuest/alpaca"', 'path = "/MooseQuest/alpaca/"'
    )

    told = refusal(tmp_path, PAPER + twin)

    assert "alpaca-paper and alpaca-twin are both stored as ALPACA_PAPER_API_KEY_ID" in told


def test_a_table_that_is_there_twice_is_refused_with_its_line(tmp_path: Path) -> None:
    told = refusal(tmp_path, PAPER + PAPER)

    assert "is not valid TOML: Cannot declare ('credential', 'alpaca-paper') twice (at line" in told


def test_what_is_not_toml_is_refused_with_its_line(tmp_path: Path) -> None:
    told = refusal(tmp_path, changed("cadence_days = 180", "cadence_days = half a year"))

    assert "is not valid TOML: Invalid value (at line 8, column 16)" in told


def test_what_is_not_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "catalog.toml"
    path.write_bytes(b"\xff\xfe[credential]")

    with pytest.raises(CatalogError, match="is not valid TOML"):
        load_catalog(path)


def test_a_missing_file_is_refused_with_the_variable_that_names_it(tmp_path: Path) -> None:
    with pytest.raises(CatalogError, match=r"none\.toml cannot be read \(No such file.*Set REKEY_CATALOG"):
        load_catalog(tmp_path / "none.toml")


def test_an_enabled_live_credential_is_refused_until_there_are_brakes(tmp_path: Path) -> None:
    told = refusal(tmp_path, changed('environment = "paper"', 'environment = "live"'))

    assert "live credentials need brakes, which this version does not have: set enabled = false" in told


def test_a_disabled_live_credential_loads(tmp_path: Path) -> None:
    text = changed('environment = "paper"', 'environment = "live"\nenabled = false')

    assert load_catalog(written(tmp_path, text)).enabled == ()


def test_all_that_is_wrong_is_told_at_once(tmp_path: Path) -> None:
    text = changed("cadence_days = 180", "cadence_days = 0", changed('"raxx/raxx"', '"raxx"'))

    told = refusal(tmp_path, text)

    assert "credential.alpaca-paper.cadence_days" in told
    assert "credential.alpaca-paper.consumers.2.github.repository" in told
