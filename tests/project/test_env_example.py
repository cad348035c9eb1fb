"""``.env.example`` is what the code derives, holds no secret, and changes nothing as it is."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from blocks.settings import ROOT, Settings
from deployments.setup.env_example import FILE, text
from deployments.setup.register import blocks_of
from deployments.setup.seeds import VARIABLES, read_seeds

LINE = re.compile(r"^# (REKEY_[A-Z_]+)=(.*)$", re.MULTILINE)


@pytest.fixture(autouse=True)
def nothing_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [one for one in os.environ if one.startswith("REKEY_")]:
        monkeypatch.delenv(name)


def test_the_file_is_what_the_code_derives() -> None:
    assert FILE.read_text() == text(), "run: make reference"


def test_it_names_every_variable_once() -> None:
    assert [name for name, _ in LINE.findall(text())] == [
        f"REKEY_{name.upper()}" for kind in (VARIABLES, Settings) for name in kind.model_fields
    ]


def test_no_secret_has_a_value() -> None:
    told = dict(LINE.findall(text()))
    secret = {name for name, field in VARIABLES.model_fields.items() if "Secret" in str(field.annotation)} | {"raptor"}
    assert len(secret) > 3
    assert {name: told[f"REKEY_{name.upper()}"] for name in secret} == dict.fromkeys(secret, "")
    # No word long and mixed enough to be one; addresses, paths and names are none.
    assert re.findall(r"(?<![\w/.-])(?=\w*\d)(?=\w*[a-z])\w{16,}", text()) == []


def test_a_copy_of_it_sets_nothing() -> None:
    assert read_seeds(FILE) == {}


def test_each_default_can_be_read_as_it_is_written(tmp_path: Path) -> None:
    shown = [(name, value.replace("CHECKOUT", str(ROOT))) for name, value in LINE.findall(text()) if value]
    file = tmp_path / "filled.env"
    file.write_text("".join(f"{name}={value}\n" for name, value in shown))
    assert Settings(_env_file=file) == Settings()  # type: ignore[call-arg]  # an argument of every BaseSettings
    given = {label: block for label, _, block in blocks_of(read_seeds(file))}
    assert given["Alpaca/rekey"] == next(block for label, _, block in blocks_of({}) if label == "Alpaca/rekey")
