"""The twins' own tests are left out only while nothing that they go through changed since all of them were green."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from blocks.settings import ROOT
from tests import twins
from tests.project.test_automation import recipe


@pytest.fixture(scope="module")
def copied(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """What they go through, elsewhere, with its digest: whoever changes something there takes it back."""
    folder = tmp_path_factory.mktemp("twins")
    for path in twins.gone_through():
        place = folder / path.relative_to(ROOT)
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, place)
    return folder, twins.digest(folder)


@pytest.mark.parametrize(
    "changed",
    [
        "deployments/sandbox/slack/app.py",
        "deployments/sandbox/issuers.toml",
        "blocks/vaults/infisical/client.py",
        "blocks/wire/http.py",
        "deployments/kit/rules.py",
        "tests/vendors/hostile.py",
        "tests/conftest.py",
        "requirements-dev.lock",
    ],
)
def test_one_byte_more_brings_them_back(copied: tuple[Path, str], changed: str) -> None:
    copy, before = copied
    content = (copy / changed).read_bytes()
    (copy / changed).write_bytes(content + b"\n")

    after = twins.digest(copy)

    (copy / changed).write_bytes(content)
    assert after != before


def test_so_does_a_new_file_of_the_sandbox_and_one_that_has_another_name(copied: tuple[Path, str]) -> None:
    copy, before = copied
    new = copy / "deployments" / "sandbox" / "new.py"
    new.write_text("")
    second = twins.digest(copy)
    newer = new.rename(new.with_name("newer.py"))

    assert len({before, second, twins.digest(copy)}) == 3

    newer.unlink()
    assert twins.digest(copy) == before, "nothing of it is left"


def test_what_they_do_not_go_through_does_not() -> None:
    found = {path.relative_to(ROOT).as_posix() for path in twins.gone_through()}

    assert not [one for one in found if one.startswith(("flows/", "tests/steps/", "docs/"))]
    assert found > {"blocks/issuers/alpaca/client.py", "blocks/consumers/github/client.py", "tests/canaries.py"}


def test_they_are_left_out_in_one_line_when_the_digest_is_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(twins, "DIGEST", tmp_path / "digest")
    assert twins.left_out() == []
    assert "run, too" in capsys.readouterr().err

    twins.DIGEST.write_text(f"{twins.digest()}\n")

    assert twins.left_out() == [f"--ignore={one}" for one in twins.TESTS]
    told = capsys.readouterr().err
    assert "are left out" in told
    assert "`make twins`" in told
    assert told.count("\n") == 1


def test_only_make_twins_writes_the_digest_and_only_after_all_of_them() -> None:
    makefile = (ROOT / "Makefile").read_text()
    (listed,) = re.findall(r"^TWINS := (.+)$", makefile, re.MULTILINE)

    assert tuple(listed.split()) == twins.TESTS
    assert all((ROOT / one).exists() for one in twins.TESTS)
    ran, wrote = recipe("twins")
    assert ran.endswith('-m "long or not long" $(TWINS)')
    assert wrote == ".venv/bin/python -m tests.twins"
    assert makefile.count("-m tests.twins") == 1
    writing = [path for path in (ROOT / "tests").rglob("*.py") if "DIGEST.write_text" in path.read_text()]
    assert sorted(path.relative_to(ROOT).as_posix() for path in writing) == [
        "tests/project/test_twins.py",
        "tests/twins.py",
    ]
