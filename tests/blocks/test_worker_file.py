"""Where the truth lies comes from the worker's file, and from nowhere else once there is one."""

from __future__ import annotations

import secrets
from pathlib import Path

import pytest
from pydantic import SecretStr

from blocks.catalog import load_catalog
from blocks.errors import CatalogError, LedgerError
from blocks.ledger.ledger import Ledger
from blocks.settings import ROOT, read_settings
from tests.blocks.worker_files import TRUTH, given, refused, toml

pytestmark = pytest.mark.usefixtures("_nothing_else")

LINES = "".join(f"REKEY_{name.upper()}={value}\n" for name, value in TRUTH.items())


def test_a_toml_file_says_where_the_truth_lies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given(monkeypatch, tmp_path / "rekey.toml", toml() + "patience_s = [1, 2]\n")

    settings = read_settings()

    assert settings.catalog == Path(TRUTH["catalog"])
    assert settings.ledger_url.get_secret_value() == TRUTH["ledger_url"]
    assert settings.patience_s == [1, 2]
    assert settings.config == tmp_path / "rekey.toml"


def test_a_file_of_lines_says_so_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given(monkeypatch, tmp_path / "rekey.env", LINES + "REKEY_PATIENCE_S=[1, 2]\n")

    settings = read_settings()

    assert settings.ledger_url.get_secret_value() == TRUTH["ledger_url"]
    assert settings.patience_s == [1, 2]


def test_what_the_file_names_counts_more_than_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given(monkeypatch, tmp_path / "rekey.toml", toml() + "lease_s = 7\n")
    monkeypatch.setenv("REKEY_LEASE_S", "1")
    monkeypatch.setenv("REKEY_FORM_POLL_S", "2")

    assert (read_settings().lease_s, read_settings().form_poll_s) == (7, 2)


@pytest.mark.parametrize("name", ["REKEY_LEDGER_URL", "REKEY_CATALOG"])
def test_the_environment_cannot_say_where_the_truth_lies(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Not even that it lies where the file says: who set the variable meant something by it."""
    given(monkeypatch, tmp_path / "rekey.toml", toml())
    monkeypatch.setenv(name, "sqlite:////tmp/another.db")

    told = refused()

    assert told.startswith(f"The environment names {name} beside the worker's file {tmp_path}/rekey.toml")
    assert "another.db" not in told


@pytest.mark.parametrize("missing", ["catalog", "ledger_url"])
def test_a_file_that_leaves_one_out_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    given(monkeypatch, tmp_path / "rekey.toml", toml(**{missing: ""}))

    assert f"does not name {missing}." in refused()


def test_the_code_that_runs_is_the_one_that_the_file_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given(monkeypatch, tmp_path / "rekey.toml", toml(root="/opt/another"))

    assert refused().startswith(f"The code that runs lies in {ROOT}, and the worker's file")


def test_a_file_need_not_name_the_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    without = "".join(line for line in toml().splitlines(keepends=True) if not line.startswith("root"))
    given(monkeypatch, tmp_path / "rekey.toml", without)

    assert read_settings().root == ROOT


def test_a_variable_that_names_other_code_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    without = "".join(line for line in toml().splitlines(keepends=True) if not line.startswith("root"))
    given(monkeypatch, tmp_path / "rekey.toml", without)
    monkeypatch.setenv("REKEY_ROOT", "/opt/another")

    assert refused().startswith(f"The code that runs lies in {ROOT}, and REKEY_ROOT says /opt/another.")


def test_no_line_of_the_file_takes_its_value_from_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOMEWHERE", "/elsewhere")
    given(monkeypatch, tmp_path / "rekey.env", LINES.replace("/var", "/${SOMEWHERE}$SOMEWHERE"))

    assert read_settings().ledger_url.get_secret_value() == "sqlite:////${SOMEWHERE}$SOMEWHERE/rekey/ledger.db"


def test_a_file_that_lies_there_and_may_not_be_read_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    # Linux lets nobody read the beginning of it, root included.
    monkeypatch.setenv("REKEY_CONFIG", "/proc/self/mem")

    assert refused().startswith("The worker's file /proc/self/mem cannot be read (Input/output error). Let ")


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("rekey.toml", toml() + "held_again_s = [60, inf]\n", "holds what cannot be read: held_again_s. Correct"),
        ("rekey.env", LINES + "REKEY_LEASE_S=inf\n", "holds what cannot be read: REKEY_LEASE_S. Correct"),
        ("rekey.toml", toml(ledger_ulr="x"), "names what rekey does not know: ledger_ulr."),
        ("rekey.toml", toml(config="x"), "names what rekey does not know: config."),
        ("rekey.toml", "root = ", "is not valid TOML"),
        ("rekey.env", toml().replace("root", "REKEY_ROOT"), "does not name catalog, ledger_url"),
        ("rekey.toml", toml(lease_s="soon"), "holds what cannot be read: lease_s. Correct"),
        ("rekey.toml", toml() + "patience_s = [1, -1]\n", "rekey.toml holds what cannot be read: patience_s. Correct"),
        ("rekey.env", LINES + "REKEY_LEASE_S=soon\n", "rekey.env holds what cannot be read: REKEY_LEASE_S. Correct"),
    ],
    ids=[
        "no end in a list",
        "no end",
        "unknown",
        "itself",
        "no TOML",
        "no lines",
        "no number",
        "no patience",
        "no number in a line",
    ],
)
def test_a_wrong_file_is_told_at_the_door(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, text: str, told: str
) -> None:
    given(monkeypatch, tmp_path / name, text)

    assert told in refused()


def test_what_is_no_list_is_named_and_not_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    value = secrets.token_hex(12)
    lines = "".join(f"REKEY_{name.upper()}={value}\n" for name, value in TRUTH.items())
    given(monkeypatch, tmp_path / "rekey.env", f"{lines}REKEY_PATIENCE_S={value}\n")

    told = refused()

    assert "REKEY_PATIENCE_S" in told
    assert value not in told


def test_what_the_file_and_the_environment_say_wrongly_is_told_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given(monkeypatch, tmp_path / "rekey.toml", toml(lease_s="soon"))
    monkeypatch.setenv("REKEY_FORM_POLL_S", "-1")

    assert refused().startswith(
        f"The worker's file {tmp_path}/rekey.toml holds what cannot be read: lease_s. "
        "These environment variables cannot be read: REKEY_FORM_POLL_S."
    )


@pytest.mark.parametrize(("name", "key"), [("rekey.toml", "ledger_url"), ("rekey.env", "REKEY_LEDGER_URL")])
@pytest.mark.parametrize("where", ["nonsense", "sqlite:///{folder}"])
def test_a_ledger_that_the_file_names_wrongly_is_corrected_in_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, key: str, where: str
) -> None:
    """The variable beside a file is refused, so it is no remedy."""
    given(monkeypatch, tmp_path / name, toml() if name.endswith("toml") else LINES)

    with pytest.raises(LedgerError) as error:
        Ledger(SecretStr(where.format(folder=tmp_path))).head()

    assert f"{key} in {tmp_path / name} " in str(error.value)
    if name.endswith("toml"):
        assert "REKEY_LEDGER_URL" not in str(error.value)


def test_a_catalog_that_the_file_names_wrongly_is_corrected_in_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given(monkeypatch, tmp_path / "rekey.toml", toml(catalog=str(tmp_path / "none.toml")))

    with pytest.raises(CatalogError, match=f"Set catalog in {tmp_path}/rekey.toml to its path") as error:
        load_catalog(read_settings().catalog)

    assert "REKEY_CATALOG" not in str(error.value)
