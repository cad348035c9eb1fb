"""README, the pages in docs/, command line, Makefile and flow say the same."""

from __future__ import annotations

import argparse
import ast
import re
import shlex
from pathlib import Path

import pytest

from blocks.consumers.github.client import WRITE_CHECK
from blocks.consumers.render.deploys import MARK
from blocks.model.step import Step
from blocks.settings import Settings
from deployments.cli.options import parser
from deployments.local.places import Places
from deployments.local.prefect_environment import server_environment
from deployments.rehearsal.scenarios import SCENARIOS
from deployments.setup.seeds import INSTANCES, VARIABLES
from tests.project import documents
from tests.project.documents import DOCUMENTS, table
from tests.project.rooms import ROOT
from tests.project.test_packaging import PROJECT, name_of

README = documents.README.read_text()
MAKEFILE = (ROOT / "Makefile").read_text()
# Everything that a person reads, but for what the code writes.
WRITTEN = "\n".join(path.read_text() for path in DOCUMENTS if path.parent.name != "reference")
# For a server on loopback only; production leaves it out.
LOCAL_ONLY = {"PREFECT_API_SSL_CERT_FILE"}
# The demo keeps SQLite.
PRODUCTION_ONLY = {"PREFECT_SERVER_DATABASE_CONNECTION_URL"}
# As long as somebody reads who wants to know whether to go on.
LONGEST_README = 150


def of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def commands() -> dict[str, str]:
    """The commands of the command line with their help."""
    (sub,) = (one for one in parser()._actions if isinstance(one, argparse._SubParsersAction))
    return {choice.dest: str(choice.help) for choice in sub._choices_actions}


def steps() -> list[str]:
    """The steps of the flow, in its order."""
    procedure = (ROOT / "flows" / "rotate.py").read_text()
    called = {
        node.func.id
        for node in ast.walk(ast.parse(procedure))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }
    found = {name for name in called if list((ROOT / "tasks").rglob(f"{name}.py"))}
    order = sorted(found, key=lambda step: re.search(rf"\b{step}\(", procedure).start())  # type: ignore[union-attr]  # every step is called
    # The operating procedure's own name for it, which people see in Prefect, in the form and in the ledger.
    return [Step.AWAIT_HUMAN_INPUT.value if name == "mint" else name for name in order]


def test_the_step_table_is_the_flow() -> None:
    told = table(documents.ROTATION.read_text(), "# What happens in a rotation\n")
    assert [row[0] for row in told] == steps()
    assert [row for row in told if not all(row)] == []


def test_every_step_that_the_readme_names_is_one() -> None:
    told = [one for row in table(README, "## How it works\n") for one in re.findall(r"\*\*(\w+)\*\*", " ".join(row))]
    assert len(told) > 5
    assert set(told) <= set(steps())


def test_the_readme_is_short() -> None:
    assert len(README.splitlines()) <= LONGEST_README


def claim(of_page: str) -> str:
    """What the README says with this page as its witness, on one line."""
    (told,) = [one for one in re.split(r"^- ", README, flags=re.MULTILINE) if f"(docs/{of_page})" in one]
    return " ".join(told.split())


def test_the_figures_of_the_crash_grid_are_those_of_its_page() -> None:
    rows = dict(re.findall(r"^\| ([^|]+?) \| (\d[^|]*?) \|$", (ROOT / "docs/crash-grid.md").read_text(), re.MULTILINE))
    run, lost, released = re.findall(
        r"in (\d+ of \d+) cells .* (\d+) secrets lost, (\d+) brakes", claim("crash-grid.md")
    )[0]
    assert run == rows["cells run"]
    assert rows["converged"] == run.split()[0]
    assert (lost, released) == (rows["secrets lost"], rows["brakes released wrongly"])


def test_the_figures_of_the_fault_grid_are_those_of_its_page() -> None:
    run, broken = re.findall(r"(\d+ of \d+) cells .* (\d+) are broken", claim("fault-grid.md"))[0]
    assert f"{run} cells were run; {broken} are broken." in (ROOT / "docs" / "fault-grid.md").read_text()


def test_the_figures_of_the_failover_grid_are_those_of_its_page() -> None:
    page = (ROOT / "docs" / "failover-grid.md").read_text()
    rows = dict(re.findall(r"^\| ([^|]+?) \| (\d[^|]*?) \|$", page, re.MULTILINE))
    run, broken, median = re.findall(
        r"in (\d+ of \d+) cells .* (\d+) are broken; .* within (\d+ s) at the median", claim("failover-grid.md")
    )[0]
    assert (run, broken, median) == (rows["cells run"], rows["broken"], rows["takeover of a dead run, median"])
    assert re.findall(r"^\| (?:right after|later).*\| (\w+) \d+", page, re.MULTILINE) == ["taken", "taken"]


def test_every_command_is_on_the_page_of_commands() -> None:
    told = {row[0].strip("`").removeprefix("rekey "): row[1] for row in table(documents.COMMANDS.read_text(), "# Comm")}
    assert {name: help_ for name, help_ in told.items() if " " not in name} == commands()


def test_the_scenario_table_is_what_can_be_rehearsed() -> None:
    told = {name: (kind.__doc__ or "").splitlines()[0] for name, kind in SCENARIOS.items()}
    assert {row[0]: row[1] for row in table(documents.REHEARSE.read_text(), "SCENARIO=dyno-crash\n```\n")} == told


def shown_commands() -> list[tuple[str, str]]:
    """The lines of the shell blocks, each with its page."""
    return [
        (of(path), line.strip())
        for path in DOCUMENTS
        for block in re.findall(r"^ *```sh\n(.*?)^ *```", path.read_text(), re.MULTILINE | re.DOTALL)
        for line in block.splitlines()
    ]


@pytest.mark.parametrize(("page", "line"), shown_commands())
def test_every_command_that_is_shown_exists(page: str, line: str) -> None:
    program, *words = shlex.split(line)
    if program == "make":
        assert re.search(rf"^{words[0]}:", MAKEFILE, re.MULTILINE), page
    else:
        assert parser().parse_args(words).command, page


def test_the_readme_shows_how_to_begin() -> None:
    assert [line.split()[1] for page, line in shown_commands() if page == "README.md"] == ["demo", "rehearse", "test"]


def test_every_dependency_has_its_reason() -> None:
    reasons = {row[0]: row[1] for row in table(documents.DEPENDENCIES.read_text(), "# Dependencies\n")}
    assert {name_of(one) for one in reasons} == {name_of(one) for one in PROJECT["dependencies"]}
    assert all(reasons.values())


def test_every_setting_that_is_named_is_one_and_every_seed_is_named() -> None:
    names = {f"REKEY_{name.upper()}" for kind in (Settings, VARIABLES) for name in kind.model_fields}
    production = documents.PRODUCTION.read_text()
    assert sorted(one for name in VARIABLES.model_fields if (one := f"REKEY_{name.upper()}") not in production) == []
    assert sorted(set(re.findall(r"REKEY_[A-Z_]+", WRITTEN)) - names - {"REKEY_ROOT", WRITE_CHECK, MARK}) == []


def test_every_field_of_a_seed_of_a_running_application_is_named() -> None:
    seeds = table(documents.PRODUCTION.read_text(), "rekey register --env-file rekey.env\n   ```")
    assert INSTANCES
    for variable, (_, seed) in INSTANCES.items():
        (row,) = (one for one in seeds if one[0] == f"`REKEY_{variable.upper()}`")
        assert {name for name in seed.model_fields if f'"{name}"' in row[1]} == set(seed.model_fields)


def test_the_procedure_that_was_there_before_is_named_in_words() -> None:
    contributing = documents.CONTRIBUTING.read_text()
    assert re.search(r"\bSOPs?\b", WRITTEN + contributing) is None
    assert "(standard operating procedure)" in contributing


def test_the_production_settings_are_those_of_the_demo(tmp_path: Path) -> None:
    used = {
        name
        for name in server_environment(Places.made(tmp_path), 4200)
        if name.startswith(("PREFECT_", "REKEY_", "DO_NOT_TRACK"))
    }
    section = documents.PRODUCTION.read_text().split("1. **Prefect.**", 1)[1].split("2. **The worker", 1)[0]
    told = set(re.findall(r"\b(?:PREFECT|REKEY)_[A-Z_]+|DO_NOT_TRACK", section))
    assert used - LOCAL_ONLY == told - PRODUCTION_ONLY


@pytest.mark.parametrize("page", DOCUMENTS, ids=of)
def test_every_picture_and_every_link_into_the_repository_leads_somewhere(page: Path) -> None:
    text = page.read_text()
    links = [one for one in re.findall(r"\]\(([^)]+)\)", text) if not one.startswith(("http", "mailto"))]
    wrong = []
    for one in links:
        path, _, heading = one.partition("#")
        target = page.parent / path if path else page
        if not target.exists() or (heading and f"#{heading}" not in documents.anchors(target.read_text())):
            wrong.append(one)
    assert wrong == []


def test_the_readme_shows_a_picture() -> None:
    assert re.findall(r"!\[[^\]]+\]\(docs/[^)]+\)", README)


def test_every_page_is_reached_from_the_readme() -> None:
    reached, left = set[Path](), [documents.README]
    while left:
        page = left.pop()
        if page in reached or page.suffix != ".md":
            continue
        reached.add(page)
        linked = re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text())
        left += [(page.parent / one).resolve() for one in linked if "://" not in one]
    assert sorted(of(page) for page in set(DOCUMENTS) - reached) == []


def test_nobody_is_told_that_an_examination_changes_nothing() -> None:
    """It records what it found, posts to Slack, and a full one writes where no consumer reads."""
    told = "changes no key and no consumer; records what it found and tells people what changed"
    assert told in commands()["health"]
    for path in (documents.README, documents.HEALTH, ROOT / "flows/health.py", ROOT / "deployments/prefect.yaml"):
        text = " ".join(path.read_text().split())
        assert re.search("changes no key and no consumer", text, re.IGNORECASE), path
        assert "Changes nothing. The run" not in text
