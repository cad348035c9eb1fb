"""Attestation: a repository's own workflow proves which pair its secrets hold, which GitHub shows to nobody.

The workflow (docs/rekey-attestation.yml, added once by the user) answers a nonce with HMAC-SHA256 of nonce and key ID,
keyed with the secret, as the name of its second job.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from typing import TYPE_CHECKING

from blocks.answer import Answer
from blocks.secret import Minted
from blocks.wire.poll import wait_for

if TYPE_CHECKING:
    from blocks.consumers.github.client import GithubClient

# A runner takes a minute to come, sometimes.
TIMEOUT_S = 180.0
INTERVAL_S = 3.0
JOB = "rekey "


def answer_of(pair: Minted, nonce: str) -> str:
    """What the workflow says when it holds this pair."""
    *beside, _ = pair.values.values()
    message = ":".join([nonce, *(value.get_secret_value() for value in beside)]).encode()
    return hmac.new(pair.secret.get_secret_value().encode(), message, hashlib.sha256).hexdigest()


def of(github: GithubClient, repository: str, workflow: str, pair: Minted) -> Answer:
    """Whether the repository's secrets are this pair; UNKNOWN when the workflow does not answer in time.

    Raises Missing when there is no such workflow, and GitHub's other errors for the start of it.
    """
    nonce = secrets.token_hex(16)
    github.actions.dispatch(repository, workflow, {"nonce": nonce})
    said: list[str] = []

    def question() -> Answer:
        run_id = github.actions.run_titled(repository, workflow, nonce)
        names = github.actions.job_names(repository, run_id) if run_id is not None else []
        # Before its first job has ended, the name still shows the expression.
        said.extend(name.removeprefix(JOB) for name in names if name.startswith(JOB) and "{" not in name)
        return Answer.YES if said else Answer.UNKNOWN

    if wait_for(question, timeout_s=TIMEOUT_S, interval_s=INTERVAL_S) is not Answer.YES:
        return Answer.UNKNOWN
    return Answer.YES if hmac.compare_digest(said[0], answer_of(pair, nonce)) else Answer.NO
