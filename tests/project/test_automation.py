"""What runs by itself runs what people run: the workflows call make, and the hooks are the first lines of make test."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from blocks.settings import ROOT
from tests.project.test_packaging import PROJECT

MAKEFILE = (ROOT / "Makefile").read_text()
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
PART = "${{ matrix.part }}"
# The whole of what a step may run: a target of the Makefile, or of .ci/run, and for a grid which part of it.
STEP = re.compile(r'(?:make|\.ci/run)(?: (?P<target>[a-z]+))?(?: ARGS="--shard (?P<part>[^"/]+)/(?P<parts>\d)")?')


def recipe(target: str) -> list[str]:
    """The commands of a target, as they are typed in the checkout."""
    found = re.search(rf"^{target}:.*\n((?:\t.*\n)+)", MAKEFILE, re.MULTILINE)
    assert found, f"the Makefile has no {target}"
    return [line.strip().lstrip("@").replace("$(BIN)", ".venv/bin") for line in found[1].splitlines()]


def jobs(workflow: Path) -> dict[str, dict[str, Any]]:
    read: dict[str, dict[str, Any]] = yaml.safe_load(workflow.read_text())["jobs"]
    return read


def commands() -> list[tuple[dict[str, Any], str]]:
    """What the steps of all jobs run, each with its job."""
    every = [job for workflow in WORKFLOWS for job in jobs(workflow).values()]
    return [(job, str(step["run"])) for job in every for step in job["steps"] if "run" in step]


def test_every_workflow_runs_targets_of_the_makefile_and_nothing_else() -> None:
    run = {one: STEP.fullmatch(one) for _, one in commands()}
    assert [one for one, found in run.items() if found is None] == []
    targets = {found["target"] or "test" for found in run.values() if found}
    assert targets == {"test", "long", "newer", "twins", "coverage", "faults", "chaos", "audit"}
    assert all(recipe(target) for target in targets)
    assert (ROOT / ".ci" / "run").read_text().endswith('exec make "${@:-test}"\n')


def test_the_jobs_of_a_grid_make_the_whole_of_it() -> None:
    steps = [(job, found) for job, one in commands() for found in [STEP.fullmatch(one)] if found and found["parts"]]
    assert [found["target"] for _, found in steps] == ["faults", "chaos"]
    for job, found in steps:
        assert found["part"] == PART
        assert job["strategy"]["matrix"]["part"] == list(range(1, int(found["parts"]) + 1))


def test_the_tests_run_on_every_python_that_is_promised() -> None:
    promised = re.findall(r"Python :: (3\.\d+)", "\n".join(PROJECT["classifiers"]))
    assert jobs(ROOT / ".github" / "workflows" / "test.yml")["test"]["strategy"]["matrix"]["python"] == promised


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.stem)
def test_a_workflow_may_only_read_and_takes_actions_by_their_major_version(workflow: Path) -> None:
    assert yaml.safe_load(workflow.read_text())["permissions"] == {"contents": "read"}
    used = [step["uses"] for job in jobs(workflow).values() for step in job["steps"] if "uses" in step]
    assert used
    assert [one for one in used if not re.fullmatch(r"[\w-]+/[\w-]+@v\d+", one)] == []
    assert [name for name, job in jobs(workflow).items() if "timeout-minutes" not in job] == []


def test_the_hooks_are_what_make_test_runs_before_the_tests() -> None:
    (local,) = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"]
    assert local["repo"] == "local"
    assert [hook["entry"] for hook in local["hooks"]] == [one for one in recipe("test") if "-m tests." not in one]
    # The environment's own programs on the whole checkout, as make test calls them.
    assert {(hook["language"], hook["pass_filenames"]) for hook in local["hooks"]} == {("system", False)}
