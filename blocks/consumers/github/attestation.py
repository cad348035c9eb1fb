"""Attestation: a repository's own workflow proves which pair its secrets hold, which GitHub shows to nobody.

The workflow (docs/rekey-attestation.yml, added once by the user) answers a nonce with HMAC-SHA256 of nonce and key ID,
keyed with the secret, as the name of its second job.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from blocks.answer import Answer
from blocks.errors import VendorError
from blocks.secret import Minted
from blocks.wire.poll import wait_for

if TYPE_CHECKING:
    from blocks.consumers.github.actions import Run
    from blocks.consumers.github.client import GithubClient

# A runner takes a minute to come, sometimes.
TIMEOUT_S = 180.0
INTERVAL_S = 3.0
JOB = "rekey "
# GitHub's word for a run whose environment has reviewers or a timer.
WAITING = "waiting"


def answer_of(pair: Minted, nonce: str) -> str:
    """What the workflow says when it holds this pair."""
    *beside, _ = pair.values.values()
    message = ":".join([nonce, *(value.get_secret_value() for value in beside)]).encode()
    return hmac.new(pair.secret.get_secret_value().encode(), message, hashlib.sha256).hexdigest()


@dataclass(frozen=True, slots=True)
class Attested:
    """Whether the repository's secrets are the pair; UNKNOWN when the workflow did not answer in time.

    Then ``awaited`` are the environments for which its run waited, and ``is_cancelled`` whether the run was ended.
    """

    answer: Answer
    awaited: tuple[str, ...] = ()
    is_cancelled: bool = False


def of(github: GithubClient, repository: str, workflow: str, pair: Minted) -> Attested:
    """Ask the workflow. A run that has not answered in time is cancelled: at one a night they would heap up.

    Raises Missing when there is no such workflow, and GitHub's other errors for the start of it.
    """
    nonce = secrets.token_hex(16)
    github.actions.dispatch(repository, workflow, {"nonce": nonce})
    said: list[str] = []
    run: Run | None = None

    def question() -> Answer:
        nonlocal run
        run = github.actions.run_titled(repository, workflow, nonce)
        names = github.actions.job_names(repository, run.id) if run is not None else []
        # Before its first job has ended, the name still shows the expression.
        said.extend(name.removeprefix(JOB) for name in names if name.startswith(JOB) and "{" not in name)
        return Answer.YES if said else Answer.UNKNOWN

    if wait_for(question, timeout_s=TIMEOUT_S, interval_s=INTERVAL_S) is not Answer.YES:
        return _given_up(github, repository, run)
    return Attested(Answer.YES if hmac.compare_digest(said[0], answer_of(pair, nonce)) else Answer.NO)


def _given_up(github: GithubClient, repository: str, run: Run | None) -> Attested:
    """What can be said of it. That there is no answer is known; what goes wrong here makes it no worse."""
    awaited: tuple[str, ...] = ()
    if run is None:
        return Attested(Answer.UNKNOWN)
    with suppress(VendorError):
        if run.status == WAITING:
            awaited = tuple(github.actions.environments_awaited(repository, run.id))
    with suppress(VendorError):
        github.actions.cancel(repository, run.id)
        return Attested(Answer.UNKNOWN, awaited, is_cancelled=True)
    return Attested(Answer.UNKNOWN, awaited)
