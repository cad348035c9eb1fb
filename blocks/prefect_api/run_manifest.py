"""A run in a pod of its own: the Kubernetes Job that Prefect's worker makes of it, of a file (``REKEY_RUN_MANIFEST``).

The file is a whole manifest without a variable: what a run could choose of it, whoever starts the run could.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import yaml

from blocks.errors import CatalogError, Unproved
from blocks.worker_file import place_of

# How Prefect's worker wants it to be called (prefect_kubernetes/worker.py, 0.8.0).
CONTAINER = "prefect-job"
# In a template of Prefect's what stands between two of them is filled in when the run begins.
PLACEHOLDER = "{{"
_PAGE = "docs/how-to/production.md, On Kubernetes"


def job_of(file: Path) -> dict[str, Any]:
    """The Job that this file describes, as Prefect keeps it.

    Raises Unproved when the file cannot be read here, and CatalogError when rekey cannot use what it says.
    """
    found = _read(file)
    wrong = list(_wrong(found))
    if wrong:
        raise CatalogError(
            f"The manifest of a run's pod, {file}, cannot be used: {'; '.join(wrong)}.",
            f"Correct it there ({_PAGE}).",
        )
    job: dict[str, Any] = deepcopy(found)
    # No fields of a pod, so a cluster drops them; the worker refuses a Job without them (0.8.0).
    job["spec"]["template"]["spec"] |= {"parallelism": 1, "completions": 1}
    return job


def _read(file: Path) -> Any:
    try:
        text = file.read_text(encoding="utf-8")
    except OSError as error:
        raise Unproved(
            f"The manifest of a run's pod, {file}, cannot be read here ({error.strerror}).",
            f"Mount it there, or correct {place_of('run_manifest')} ({_PAGE}).",
        ) from None
    try:
        # As Prefect gives it back, so that both can be compared.
        return json.loads(json.dumps(yaml.safe_load(text)))
    except (yaml.YAMLError, TypeError, ValueError):
        raise CatalogError(
            f"The manifest of a run's pod, {file}, is not one YAML document of text, numbers and lists.",
            f"Correct it there ({_PAGE}).",
        ) from None


def _wrong(found: Any) -> Iterator[str]:
    """What is wrong with it, in words."""
    if not isinstance(found, dict) or (found.get("apiVersion"), found.get("kind")) != ("batch/v1", "Job"):
        yield "it is no Job of batch/v1"
        return
    if PLACEHOLDER in json.dumps(found):
        yield f"it holds {PLACEHOLDER}, which a run could fill in"
    if not isinstance(_at(found, "metadata", "namespace"), str):
        yield "its metadata names no namespace"
    if _at(found, "spec", "backoffLimit") != 0:
        yield "its backoffLimit is not 0, so the cluster would start a run again beside rekey"
    pod = _at(found, "spec", "template", "spec")
    if _at(pod, "restartPolicy") != "Never":
        yield "its restartPolicy is not Never"
    containers = _at(pod, "containers")
    if not isinstance(containers, list) or not containers or _at(containers[0], "name") != CONTAINER:
        yield f"its first container is not called {CONTAINER}"


def _at(value: Any, *names: str) -> Any:
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value
