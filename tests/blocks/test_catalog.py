"""The catalog refuses everything that is wrong in it, and says where and what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from blocks.catalog import load_catalog
from blocks.errors import CatalogError
from blocks.settings import ROOT
from tests.blocks.catalog_text import LIVE, PAPER, SHIPPED, changed, line_of, refusal


def test_the_shipped_catalog_holds_two_enabled_credentials_and_one_disabled_example() -> None:
    catalog = load_catalog(ROOT / "deployments" / "catalog.toml")

    assert [one.name for one in catalog.enabled] == ["alpaca-paper", "alpaca-live"]
    assert list(catalog.credential) == ["alpaca-paper", "alpaca-live", "alpaca-paper-staging"]
    assert catalog.get("alpaca-paper").runtimes == ("raptor-prod", "raptor-staging")
    assert [one.name for one in catalog.siblings("alpaca-paper")] == ["alpaca-live"]
    assert catalog.alerts is not None
    assert (catalog.alerts.user, catalog.alerts.channel) == (None, "D0AJ7K184TV")


def test_the_live_credential_has_a_brake_on_each_of_its_consumers_and_no_other_kind_of_them() -> None:
    live = load_catalog(ROOT / "deployments" / "catalog.toml").get("alpaca-live")

    assert [one.label for one in live.consumers] == ["heroku raxx-api-prod", "heroku raxx-mq-a"]
    assert [one.label for one in live.brakes] == [
        "TRADING_LIVE_DISABLED on raxx-api-prod",
        "TRADING_LIVE_DISABLED on raxx-mq-a",
    ]
    assert (live.role, live.cadence_days, live.algorithms) == ("superadmin", 90, "raxx-mq-a")
    assert live.runtimes == ("raptor-prod", "mq-a")


def test_an_unknown_credential_is_refused_with_the_names_that_exist() -> None:
    catalog = load_catalog(ROOT / "deployments" / "catalog.toml")

    with pytest.raises(
        CatalogError, match=r"no credential 'alpaca-papre'.*These can be rotated: alpaca-paper, alpaca-live\."
    ):
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
            [
                "credential.alpaca-paper.cadence_dayz (line 12): this field is unknown",
                "cadence_days (line 8): field req",
            ],
        ),
        (
            'kind = "slack"',
            'kind = "email"',
            [
                "credential.alpaca-paper.consumers.3 (line 40):",
                "'heroku', 'github', 'github-dependabot', 'github-organization', 'slack'",
            ],
        ),
        (
            'environment = "paper"',
            'environment = "demo"',
            ["credential.alpaca-paper.environment (line 10):", "'paper' or 'live'"],
        ),
        (
            "cadence_days = 180",
            "cadence_days = 0",
            ["credential.alpaca-paper.cadence_days (line 12): input should be greater than or equal to 1"],
        ),
        (
            'path = "/MooseQuest',
            'path = "MooseQuest',
            ["credential.alpaca-paper.vault.path (line 16):", "should match pattern"],
        ),
        ('"raxx/raxx"', '"raxx"', ["alpaca-paper.consumers.2.github.repository (line 36):", "should match pattern"]),
        (
            '"slack"\nchannel = "D0AJ7K184TV"',
            '"slack"\nchannel = "#trading"',
            ["consumers.3.slack.channel (line 42):", "should match pattern"],
        ),
        ('channel = "D0AJ7K184TV"', 'channel = "#trading"', ["alerts.channel (line 6):", "should match pattern"]),
        ('channel = "D0AJ7K184TV"', "", ["alerts (line 5): give either user (better", "or channel"]),
        (
            'runtime = "raptor-prod"',
            'runtime = "Raptor Prod"',
            ["consumers.0.heroku.runtime (line 25):", "should match pattern"],
        ),
    ],
    ids=[
        "unknown field",
        "unknown kind",
        "environment",
        "cadence",
        "vault path",
        "repository",
        "channel",
        "whom to alert",
        "nobody to alert",
        "runtime",
    ],
)
def test_a_wrong_field_is_named_with_its_whole_path_and_its_line(
    tmp_path: Path, old: str, new: str, said: list[str]
) -> None:
    told = refusal(tmp_path, changed(old, new))

    assert [one for one in said if one not in told] == []
    assert told.endswith("Correct these entries; docs/reference/catalog.md shows the fields of each.")


def test_a_consumer_without_variable_names_is_refused_with_both_fields(tmp_path: Path) -> None:
    names = 'key_id = "ALPACA_PAPER_API_KEY_ID"\nsecret = "ALPACA_PAPER_API_SECRET_KEY"\n'

    told = refusal(tmp_path, changed(f"{names}runtime", "runtime"))

    assert (
        "credential.alpaca-paper.consumers.0 (line 20): key_id and secret are missing: name key_id and secret here"
        in told
    )


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

    assert "credential.alpaca-paper.consumers (line 20): consumer heroku raxx-api-prod is listed twice" in told


def test_a_slack_consumer_has_exactly_one_address(tmp_path: Path) -> None:
    told = refusal(
        tmp_path, changed('"slack"\nchannel = "D0AJ7K184TV"', '"slack"\nchannel = "D0AJ7K184TV"\nuser = "U0AJ7K184TV"')
    )

    assert "consumers.3.slack (line 40): give either user (better: it survives a reinstalled app) or channel" in told


def test_two_credentials_with_the_same_vault_names_are_refused(tmp_path: Path) -> None:
    """Also when only the slash at the end of the folder differs: the vault means the same one."""
    entry = "[credential.alpaca-paper]" + PAPER.split("[credential.alpaca-paper]", 1)[1]
    twin = entry.replace("alpaca-paper", "alpaca-twin").replace(
        'path = "/MooseQuest/alpaca"', 'path = "/MooseQuest/alpaca/"'
    )

    told = refusal(tmp_path, PAPER + twin)

    assert "alpaca-paper and alpaca-twin are both stored as ALPACA_PAPER_API_KEY_ID" in told


def test_a_table_that_is_there_twice_is_refused_with_its_line(tmp_path: Path) -> None:
    told = refusal(tmp_path, LIVE + LIVE)

    line = line_of(LIVE + LIVE, "[credential.alpaca-live]", 2)
    assert f"is not valid TOML: Cannot declare ('credential', 'alpaca-live') twice (at line {line}, " in told


def test_what_is_not_toml_is_refused_with_its_line(tmp_path: Path) -> None:
    told = refusal(tmp_path, changed("cadence_days = 180", "cadence_days = half a year"))

    assert "is not valid TOML: Invalid value (at line 12, column 16)" in told


def test_what_is_not_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "catalog.toml"
    path.write_bytes(b"\xff\xfe[credential]")

    with pytest.raises(CatalogError, match="is not UTF-8"):
        load_catalog(path)


def test_a_missing_file_is_refused_with_the_variable_that_names_it(tmp_path: Path) -> None:
    with pytest.raises(CatalogError, match=r"none\.toml cannot be read \(No such file.*Set REKEY_CATALOG"):
        load_catalog(tmp_path / "none.toml")


def test_all_that_is_wrong_is_told_at_once(tmp_path: Path) -> None:
    text = changed("cadence_days = 180", "cadence_days = 0", changed('"raxx/raxx"', '"raxx"'))

    told = refusal(tmp_path, text)

    assert "credential.alpaca-paper.cadence_days (line 12):" in told
    assert "credential.alpaca-paper.consumers.2.github.repository (line 36):" in told


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            'runtime = "mq-a"\nroute',
            'runtime = "raptor-prod"\nroute',
            "is proved by raptor-prod, but raxx-mq-a runs as mq-a",
        ),
        (
            'app = "raxx-mq-a"\nkey_id = "ALPACA_LIVE_API_KEY_ID"',
            'app = "raxx-mq-a"\nkey_id = "TRADING_LIVE_DISABLED"',
            "config var TRADING_LIVE_DISABLED of raxx-mq-a is used twice",
        ),
        ('app = "raxx-mq-a"\nkey_id', 'app = "RAXX-MQ-A"\nkey_id', "should match pattern"),
    ],
)
def test_what_one_app_would_hold_or_prove_twice_is_refused(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert old in SHIPPED
    brakes = SHIPPED.replace(old, new, 1)
    if "RAXX" in new:
        brakes = brakes.replace('app = "raxx-mq-a"\nvariable', 'app = "RAXX-MQ-A"\nvariable').replace(
            'algorithms = "raxx-mq-a"', 'algorithms = "RAXX-MQ-A"'
        )

    assert said in refusal(tmp_path, brakes)
