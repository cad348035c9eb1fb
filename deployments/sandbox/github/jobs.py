"""The jobs of the runs of the GitHub sandbox, and the moments by which a list of runs is narrowed.

From GitHub's OpenAPI description (23.0.2, schema "job") and its search syntax for dates, read 2026-11-29. A job has a
number of its own among all, in each attempt another one; no runner is named, and of its steps there are those that
GitHub itself adds to each (recorded answers of public runs; what a workflow does is not done here).
"""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, date, datetime, timedelta
from typing import Any

from deployments.sandbox.github.actions import BRANCH, COMMIT, OVER, workflows
from deployments.sandbox.github.rules import Refusal
from deployments.sandbox.github.store import Repository, Run, timestamp

_RANGE = re.compile(r"(?P<first>[^.*]+|\*)\.\.(?P<last>[^.*]+|\*)")
_COMPARED = re.compile(r"(?P<how>>=|<=|>|<|)(?P<moment>.+)")
_OF_EVERY_JOB = ("Set up job", "Complete job")
_DAY = timedelta(days=1)
_SECOND = timedelta(seconds=1)
_EVER, _NEVER = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


def number_of(run: Run, attempt: int, place: int) -> int:
    """The number of a job, which stays the same."""
    return int.from_bytes(hashlib.sha256(f"{run.id} {attempt} {place}".encode()).digest()[:5])


def jobs_of(repository: Repository, run: Run, attempt: int, base_url: str) -> list[dict[str, Any]]:
    """The jobs of one attempt of a run. Raises Refusal for one that was not made."""
    if not 1 <= attempt <= run.attempt:
        raise Refusal(404, "Not Found")
    return [_shown(repository, run, attempt, place, base_url) for place in range(len(run.jobs))]


def job_of(repository: Repository, number: int, base_url: str) -> dict[str, Any]:
    """The job of this number, of whichever run. Raises Refusal."""
    for run in repository.runs:
        for attempt in range(1, run.attempt + 1):
            for place in range(len(run.jobs)):
                if number_of(run, attempt, place) == number:
                    return _shown(repository, run, attempt, place, base_url)
    raise Refusal(404, "Not Found")


def _shown(repository: Repository, run: Run, attempt: int, place: int, base_url: str) -> dict[str, Any]:
    """A job of a run. Those that the sandbox has are over with their run."""
    number, began = number_of(run, attempt, place), timestamp(run.created_at)
    base, page = f"{base_url}repos/{repository.full_name}", f"https://github.com/{repository.full_name}"
    return {
        "id": number,
        "node_id": f"CR_{number}",
        "run_id": run.id,
        "run_url": f"{base}/actions/runs/{run.id}",
        "run_attempt": attempt,
        "head_sha": COMMIT,
        "head_branch": BRANCH,
        "workflow_name": workflows(repository)[run.workflow],
        "name": run.jobs[place],
        "url": f"{base}/actions/jobs/{number}",
        "html_url": f"{page}/actions/runs/{run.id}/job/{number}",
        "check_run_url": f"{base}/check-runs/{number}",
        "status": run.status,
        "conclusion": run.conclusion,
        "created_at": began,
        "started_at": began,
        "completed_at": began if run.status == OVER else None,
        "steps": _steps(run, began),
        "labels": ["ubuntu-latest"],
        **dict.fromkeys(("runner_id", "runner_name", "runner_group_id", "runner_group_name")),
    }


def _steps(run: Run, began: str) -> list[dict[str, Any]]:
    """What every job begins and ends with; nothing of it while it waits."""
    if run.status != OVER:
        return []
    moments = {"started_at": began, "completed_at": began}
    return [
        {"name": name, "status": run.status, "conclusion": run.conclusion, "number": number, **moments}
        for number, name in enumerate(_OF_EVERY_JOB, start=1)
    ]


def is_created(moment: float, asked: str) -> bool:
    """Whether a moment is in what was asked for: a day, a time, one of both after > >= < <=, or FIRST..LAST.

    A * is an open end. What cannot be read narrows nothing down (inferred).
    """
    at = datetime.fromtimestamp(int(moment), UTC)
    ends = _RANGE.fullmatch(asked)
    if ends:
        first, last = (_span(one) if one != "*" else (_EVER, _NEVER) for one in (ends["first"], ends["last"]))
        return not first or not last or first[0] <= at < last[1]
    compared = _COMPARED.fullmatch(asked)
    span = _span(compared["moment"]) if compared else None
    if compared is None or span is None:
        return True
    begin, end = span
    tests = {"": begin <= at < end, ">=": at >= begin, ">": at >= end, "<": at < begin, "<=": at < end}
    return tests[compared["how"]]


def _span(text: str) -> tuple[datetime, datetime] | None:
    """The day, or the second, that is meant, and where the next one begins."""
    try:
        if len(text) == len("2026-11-29"):
            day = datetime.combine(date.fromisoformat(text), datetime.min.time(), UTC)
            return day, day + _DAY
        at = datetime.fromisoformat(text.replace(" ", "+"))
    except (ValueError, OverflowError):
        return None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return at, at + _SECOND
