"""The manifest of a run's pod: whole, without a variable, and without what the cluster would do beside rekey."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from blocks.errors import CatalogError, Unproved
from blocks.prefect_api.run_manifest import job_of
from blocks.prefect_api.work_pool import BASE_JOB_TEMPLATE, VARIABLES, wanted
from blocks.settings import ROOT

SHIPPED = ROOT / "deploy" / "kubernetes" / "run.yaml"


def changed(tmp_path: Path, *path: str | int, to: Any) -> Path:
    """The shipped one with another value there."""
    found = yaml.safe_load(SHIPPED.read_text())
    at = found
    for one in path[:-1]:
        at = at[one]
    at[path[-1]] = to
    file = tmp_path / "run.yaml"
    file.write_text(yaml.safe_dump(found))
    return file


def test_without_one_the_pool_is_of_processes() -> None:
    assert (wanted().kind, wanted().template) == ("process", BASE_JOB_TEMPLATE)


def test_with_one_the_pool_is_of_its_pods_and_takes_nothing_from_a_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REKEY_RUN_MANIFEST", str(SHIPPED))

    found = wanted()

    assert found.kind == "kubernetes"
    assert found.template["variables"] == VARIABLES
    assert VARIABLES["properties"] == {}
    # Into an "env" there Prefect merges that of a run.
    assert set(found.template["job_configuration"]) == {"namespace", "job_manifest"}
    assert found.template["job_configuration"]["namespace"] == "rekey"
    shipped = yaml.safe_load(SHIPPED.read_text())
    shipped["spec"]["template"]["spec"] |= {"parallelism": 1, "completions": 1}
    assert found.template["job_configuration"]["job_manifest"] == json.loads(json.dumps(shipped))


@pytest.mark.parametrize(
    ("path", "to", "told"),
    [
        (("kind",), "Pod", "it is no Job of batch/v1"),
        (("metadata", "namespace"), None, "its metadata names no namespace"),
        (("spec", "backoffLimit"), 3, "its backoffLimit is not 0"),
        (("spec", "template", "spec", "restartPolicy"), "OnFailure", "its restartPolicy is not Never"),
        (("spec", "template", "spec", "containers"), [], "its first container is not called prefect-job"),
        (("spec", "template", "spec", "containers", 0, "name"), "run", "its first container is not called prefect-job"),
        (
            ("spec", "template", "spec", "containers", 0, "image"),
            "{{ image }}",
            "it holds {{, which a run could fill in",
        ),
    ],
)
def test_what_rekey_cannot_use_is_named(tmp_path: Path, path: tuple[str | int, ...], to: Any, told: str) -> None:
    with pytest.raises(CatalogError) as raised:
        job_of(changed(tmp_path, *path, to=to))

    assert told in raised.value.problem
    assert str(tmp_path) in raised.value.problem
    assert "docs/how-to/production.md" in raised.value.remedy


@pytest.mark.parametrize("text", ["a: [", "2026-11-29", "--- 1\n--- 2\n", "", "- a list"])
def test_what_is_no_manifest_is_said_to_be_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "run.yaml").write_text(text)
    with pytest.raises(CatalogError, match="The manifest of a run's pod"):
        job_of(tmp_path / "run.yaml")


def test_one_that_is_not_here_says_nothing_of_the_pool(tmp_path: Path) -> None:
    with pytest.raises(Unproved, match="cannot be read here"):
        job_of(tmp_path / "run.yaml")
