"""``rekey kind check``: a wrong kind of each family breaks the rule that names its fault."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from blocks.settings import ROOT
from deployments.cli.main import main
from deployments.kit.check import checked
from deployments.kit.issuer import an_end_that_flaps_is_said
from deployments.kit.rules import Factory
from deployments.local import current
from tests.kit import wrong_kinds

WRONG: dict[str, tuple[Factory, dict[str, str]]] = {
    "vault": (
        wrong_kinds.stand_of_a_vault,
        {
            "a lost answer counts when it reads back": "A write that changed nothing came back as if all were well.",
            "a refused write leaves the pair": "After 429 the write came back as if all were well.",
        },
    ),
    "consumer": (
        wrong_kinds.stand_of_a_consumer,
        {"what was not written is not said to be": "After 429 it says that it has the pair, and has not."},
    ),
    "brake": (
        wrong_kinds.stand_of_a_brake,
        {"an unclear answer is no position": "After 429 it is said to be released."},
    ),
    "runtime": (
        wrong_kinds.stand_of_a_runtime,
        {
            "an unclear answer is no account": "KeyError was raised, which is none of blocks/errors.py.",
            "an unclear answer says nothing of trading": "After 429 trading is YES, and not UNKNOWN.",
        },
    ),
    "issuer": (
        wrong_kinds.stand_of_an_issuer,
        {"an unclear answer is neither yes nor no": "After 429 a pair that lives is NO, and not UNKNOWN."},
    ),
    "issuer that flaps": (
        wrong_kinds.stand_of_an_issuer_that_flaps,
        {
            "an end that flaps is said": "A pair that was ended is refused in a whole proof and accepted in another, "
            "and dies_within_s says that this cannot be."
        },
    ),
}


def test_an_issuer_that_says_for_how_long_an_ended_pair_may_be_accepted_keeps_that_rule() -> None:
    with wrong_kinds.flapping(1800.0) as stand:
        an_end_that_flaps_is_said(stand)


@pytest.mark.parametrize("family", WRONG)
def test_a_wrong_kind_breaks_the_rule_that_names_its_fault(family: str) -> None:
    factory, wanted = WRONG[family]
    broken = {one.rule.name: one.broken for one in checked(factory) if one.broken}
    assert wanted.items() <= broken.items()


def test_the_command_names_the_rule_and_what_it_says(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It asks no rekey: a demo that runs on this machine stays out of it, and out of the environment."""
    demo = tmp_path / "current"
    demo.write_text(json.dumps({"pid": os.getpid(), "REKEY_CONFIG": "/a/demo"}))
    monkeypatch.setattr(current, "FILE", demo)
    for name in current.OWN:
        monkeypatch.delenv(name, raising=False)
    place = f"{Path(wrong_kinds.__file__)}:stand_of_a_runtime"

    assert main(["kind", "check", place]) == 1
    told = " ".join(capsys.readouterr().out.split())
    assert "REKEY_CONFIG" not in os.environ
    assert "kept it says whose account it is" in told
    assert "BROKEN an unclear answer is no account KeyError was raised" in told
    assert "The rule: While the process boots, or something before it answers, whose account it is is unknown." in told

    assert main(["kind", "check", "tests.kit.wrong_kinds:stand_of_a_runtime", "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert found["broken"] == len([one for one in found["rules"] if one["broken"]]) > 0


@pytest.mark.parametrize(
    ("place", "told"),
    [
        ("no_such_module", "cannot be loaded (ModuleNotFoundError)"),
        ("/no/such/file.py", "cannot be loaded (FileNotFoundError)"),
        ("deployments.kit.shipped:nope", "has no function nope"),
        ("deployments.kit.answers", "has no function whose name begins with stand"),
        ("deployments.kit.shipped.common:a_pair", "a_pair does not say which stand it makes"),
    ],
)
def test_a_place_without_a_stand_says_so(capsys: pytest.CaptureFixture[str], place: str, told: str) -> None:
    assert main(["kind", "check", place]) == 1
    assert told in capsys.readouterr().err


def test_the_plugin_runs_a_marked_test_once_for_each_rule(tmp_path: Path) -> None:
    """In a pytest of somebody else's, who only has rekey installed."""
    test = tmp_path / "test_mine.py"
    test.write_text(
        "import pytest\n"
        "from tests.kit.wrong_kinds import stand_of_a_runtime\n"
        "@pytest.mark.rekey_kind(stand=stand_of_a_runtime)\n"
        "def test_it(rekey_rule):\n"
        "    rekey_rule()\n"
    )
    command = [sys.executable, "-m", "pytest", "-q", "--rootdir", str(tmp_path), "-p", "no:cacheprovider", str(test)]
    done = subprocess.run(
        command, cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False
    )

    assert done.returncode == 1
    assert "2 failed, 2 passed" in done.stdout
    assert "After 429 trading is YES, and not UNKNOWN. The rule: Whatever comes instead" in done.stdout
