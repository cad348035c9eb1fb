"""Who follows the pages that say how a kind is added has one that keeps the rules."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from blocks.settings import ROOT
from deployments.cli.main import main

PAGES = ROOT / "docs" / "how-to"
# A file is named at the end of the paragraph before its text.
FILE = re.compile(r"`(?P<file>[\w/]+\.py)`:\n\n```python\n(?P<text>.*?)```", re.DOTALL)
CHECK = re.compile(r"`rekey kind check (?P<place>[\w.:]+)`")


@pytest.fixture(
    params=[
        "add-an-issuer.md",
        pytest.param("add-a-kind-of-consumer.md", marks=pytest.mark.long),
        pytest.param("add-a-vault.md", marks=pytest.mark.long),
    ]
)
def page(request: pytest.FixtureRequest) -> str:
    """What it says."""
    name: str = request.param
    return (PAGES / name).read_text()


@pytest.fixture
def written(page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Its files, where Python finds them."""
    found = list(FILE.finditer(page))
    assert found
    packages = {one["file"].split("/")[0] for one in found}
    for one in found:
        path = tmp_path / one["file"]
        path.parent.mkdir(exist_ok=True)
        path.write_text(one["text"])
    monkeypatch.syspath_prepend(tmp_path)
    yield
    for name in [one for one in sys.modules if one.split(".")[0] in packages]:
        del sys.modules[name]


@pytest.mark.usefixtures("written")
def test_what_the_page_says_to_write_keeps_the_rules(page: str, capsys: pytest.CaptureFixture[str]) -> None:
    (place,) = CHECK.findall(page)
    code = main(["kind", "check", place])
    told = capsys.readouterr().out
    assert (code, "BROKEN" in told) == (0, False), told
