"""A worker's file that somebody else may change, or that changes or goes while it is used."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from blocks.settings import read_settings
from deployments.local.places import Places
from tests.blocks.worker_files import TRUTH, given, refused, toml

pytestmark = pytest.mark.usefixtures("_nothing_else")

only_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files to other users")


def test_a_file_that_others_may_change_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given(monkeypatch, tmp_path / "rekey.toml", toml())
    (tmp_path / "rekey.toml").chmod(0o660)

    assert f"may be changed by others than its owner. Run: chmod go-w {tmp_path}/rekey.toml" in refused()


@only_root
@pytest.mark.parametrize("which", ["rekey.toml", "."])
def test_a_file_of_another_user_or_in_a_folder_of_one_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, which: str
) -> None:
    given(monkeypatch, tmp_path / "rekey.toml", toml())
    os.chown(tmp_path / which, 12345, 12345)

    told = refused()

    assert "belongs to another user (number 12345), who may change it. Run rekey as that user" in told
    assert told.endswith(f"then run: chown 0 {tmp_path / which}")


def test_a_file_in_a_folder_that_others_may_write_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever may write there may put another file in its place; with the sticky bit only their own ones."""
    real = tmp_path / "open"
    real.mkdir()
    given(monkeypatch, real / "rekey.toml", toml())
    real.chmod(0o777)
    told = f"The folder {real} may be changed by others than its owner, who could put another worker's file into it. "
    assert refused() == f"{told}Run: chmod go-w {real}"

    (tmp_path / "link.toml").symlink_to(real / "rekey.toml")
    monkeypatch.setenv("REKEY_CONFIG", str(tmp_path / "link.toml"))
    assert refused().startswith(told)

    real.chmod(0o1777)
    assert read_settings().config == tmp_path / "link.toml"


def test_a_file_that_is_not_there_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REKEY_CONFIG", str(tmp_path / "none.toml"))

    assert f"The worker's file {tmp_path}/none.toml cannot be read (No such file or directory)." in refused()


def test_the_file_of_a_local_rekey_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    places = Places.made(tmp_path / 'with "quotes" and ü')
    places.write_worker_file(catalog=Path(TRUTH["catalog"]), prefect_ui_url="http://127.0.0.1:4200/v2")
    monkeypatch.setenv("REKEY_CONFIG", str(places.worker_file))

    assert read_settings().ledger_url.get_secret_value() == f"sqlite:///{places.ledger}"


def test_a_file_that_changes_is_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings are kept between two questions only while nothing that they are read from has changed."""
    file = tmp_path / "rekey.toml"
    given(monkeypatch, file, toml(lease_s="7"))
    assert read_settings().lease_s == 7

    given(monkeypatch, file, toml(lease_s="71"))
    assert read_settings().lease_s == 71


@pytest.mark.parametrize("saved", ["gone", "half", "wrong", "anybody's"])
def test_a_file_that_cannot_be_read_any_more_stops_no_run_that_has_read_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, saved: str
) -> None:
    """Whoever saves it while trading stands still must not end the run that lets it go on again."""
    file = tmp_path / "rekey.toml"
    given(monkeypatch, file, toml(lease_s="7"))
    assert read_settings().lease_s == 7

    match saved:
        case "gone":
            file.unlink()
        case "half":
            file.write_text(toml()[:9])
        case "wrong":
            file.write_text(toml(lease_s="soon"))
        case _:
            file.write_text(toml(lease_s="70"))
            file.chmod(0o666)
    assert [read_settings().lease_s for _ in range(3)] == [7, 7, 7]
    assert caplog.text.count(f"The worker's file {file} ") == 1, "said, and not at every question"

    given(monkeypatch, file, toml(lease_s="71"))
    assert read_settings().lease_s == 71


def test_another_file_that_cannot_be_read_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given(monkeypatch, tmp_path / "rekey.toml", toml())
    read_settings()

    given(monkeypatch, tmp_path / "other.toml", toml(lease_s="soon"))
    assert "other.toml holds what cannot be read: lease_s" in refused()


def test_a_variable_that_changes_is_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REKEY_LEASE_S", "1")
    first = read_settings()
    assert (first.lease_s, read_settings() is first) == (1, True)

    monkeypatch.setenv("rekey_lease_s", "2")
    monkeypatch.delenv("REKEY_LEASE_S")
    assert read_settings().lease_s == 2
