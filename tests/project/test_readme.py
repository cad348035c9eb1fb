"""README, command line, Makefile and flow say the same."""

from __future__ import annotations

import argparse
import ast
import re
from pathlib import Path

import pytest

from blocks.consumers.github.client import WRITE_CHECK
from blocks.settings import ROOT, RaptorSeed, Seeds, Settings
from deployments.cli.main import parser
from deployments.local.places import Places
from deployments.local.prefect_environment import server_environment
from deployments.rehearsal.scenarios import SCENARIOS
from tests.project.test_packaging import PROJECT, name_of

README = (ROOT / "README.md").read_text()
MAKEFILE = (ROOT / "Makefile").read_text()
# For a server on loopback only; production leaves it out.
LOCAL_ONLY = {"PREFECT_API_SSL_CERT_FILE"}


def table(heading: str) -> list[list[str]]:
    """The rows of the first table below a heading, without its head."""
    section = README.split(f"{heading}\n", 1)[1]
    rows: list[list[str]] = []
    for line in section.splitlines():
        if line.lstrip().startswith("|"):
            rows.append([cell.strip() for cell in line.strip().strip("|").split("|")])
        elif rows:
            break
    return rows[2:]


def commands() -> dict[str, str]:
    """The commands of the command line with their help."""
    (sub,) = (one for one in parser()._actions if isinstance(one, argparse._SubParsersAction))
    return {choice.dest: str(choice.help) for choice in sub._choices_actions}


def test_the_step_table_is_the_flow() -> None:
    called = [
        node.func.id
        for node in ast.walk(ast.parse((ROOT / "flows" / "rotate.py").read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    ]
    steps = [row[0] for row in table("## What happens in a rotation")]
    procedure = (ROOT / "flows" / "rotate.py").read_text()
    assert set(steps) == {name for name in called if list((ROOT / "tasks").rglob(f"{name}.py"))}
    assert steps == sorted(steps, key=lambda step: re.search(rf"\b{step}\(", procedure).start())  # type: ignore[union-attr]  # every step is called


def test_the_command_table_is_the_help() -> None:
    assert {row[0].strip("`").removeprefix("rekey "): row[1] for row in table("## Commands")} == commands()


def test_the_scenario_table_is_what_can_be_rehearsed() -> None:
    told = {name: (kind.__doc__ or "").splitlines()[0] for name, kind in SCENARIOS.items()}
    assert {row[0]: row[1] for row in table("SCENARIO=dyno-crash\n```\n")} == told


def shown_commands() -> list[str]:
    """The lines of the README's shell blocks."""
    blocks = re.findall(r"^ *```sh\n(.*?)^ *```", README, re.MULTILINE | re.DOTALL)
    return [line.strip() for block in blocks for line in block.splitlines()]


@pytest.mark.parametrize("line", shown_commands())
def test_every_command_in_the_readme_exists(line: str) -> None:
    program, *words = line.strip().split()
    if program == "make":
        assert re.search(rf"^{words[0]}:", MAKEFILE, re.MULTILINE)
    else:
        assert parser().parse_args(words).command


def test_every_dependency_has_its_reason() -> None:
    reasons = {row[0]: row[1] for row in table("### Dependencies")}
    assert {name_of(one) for one in reasons} == {name_of(one) for one in PROJECT["dependencies"]}
    assert all(reasons.values())


def test_every_setting_that_is_named_is_one_and_every_seed_is_named() -> None:
    names = {f"REKEY_{name.upper()}" for kind in (Settings, Seeds) for name in kind.model_fields}
    assert sorted(one for name in Seeds.model_fields if (one := f"REKEY_{name.upper()}") not in README) == []
    assert sorted(set(re.findall(r"REKEY_[A-Z_]+", README)) - names - {"REKEY_ROOT", WRITE_CHECK}) == []


def test_every_field_of_a_seed_of_a_running_application_is_named() -> None:
    (row,) = (one for one in table("rekey register --env-file rekey.env\n   ```") if one[0] == "`REKEY_RAPTOR`")
    assert {name for name in RaptorSeed.model_fields if f'"{name}"' in row[1]} == set(RaptorSeed.model_fields)


def test_the_procedure_that_was_there_before_is_named_in_words() -> None:
    assert re.search(r"\bSOPs?\b", README) is None
    assert "(standard operating procedure)" in README


def test_the_production_settings_are_those_of_the_demo(tmp_path: Path) -> None:
    used = {
        name
        for name in server_environment(Places.made(tmp_path), 4200)
        if name.startswith(("PREFECT_", "REKEY_", "DO_NOT_TRACK"))
    }
    section = README.split("1. **Prefect.**", 1)[1].split("2. **Blocks.**", 1)[0]
    assert used - LOCAL_ONLY == set(re.findall(r"\b(?:PREFECT|REKEY)_[A-Z_]+|DO_NOT_TRACK", section)) - {
        "PREFECT_HOME_MODE"
    }


def test_the_pictures_exist() -> None:
    pictures = re.findall(r"!\[[^\]]*\]\(([^)]+)\)", README)
    assert pictures
    assert [one for one in pictures if not (ROOT / one).is_file()] == []


def test_every_link_into_the_repository_leads_somewhere() -> None:
    links = [one for one in re.findall(r"(?<!!)\[[^\]]*\]\(([^)]+)\)", README) if not one.startswith("http")]
    headings = {f"#{one.lower().replace(' ', '-')}" for one in re.findall(r"^#+ (.+)$", README, re.MULTILINE)}
    assert [one for one in links if one not in headings and not (ROOT / one).exists()] == []


def test_nobody_is_told_that_an_examination_changes_nothing() -> None:
    """It records what it found, posts to Slack, and a full one writes where no consumer reads."""
    told = "changes no key and no consumer; records what it found and tells people what changed"
    assert told in commands()["health"]
    for path in ("README.md", "flows/health.py", "deployments/prefect.yaml"):
        text = " ".join((ROOT / path).read_text().split())
        assert re.search("changes no key and no consumer", text, re.IGNORECASE), path
        assert "Changes nothing. The run" not in text
