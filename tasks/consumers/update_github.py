"""Gives GitHub Actions the pair: two sealed secrets, written directly after each other.

GitHub never shows a secret's value; the proof is its own receipt: both were updated after this write began.
"""

from __future__ import annotations

from pydantic import SecretStr

from blocks.answer import Answer
from blocks.errors import Transient
from blocks.model.places import GithubConsumer
from blocks.prefect_api import estate
from blocks.proofs import Record
from blocks.secret import Pair


def update_github(consumer: GithubConsumer, pair: Pair, record: Record) -> None:
    """Write both secrets again whenever asked: they cannot be compared, and writing them twice harms nobody.

    Raises GitHub's errors, or Transient when GitHub does not confirm the write.
    """
    values = {consumer.key_id: SecretStr(pair.key_id), consumer.secret: pair.secret}
    with estate.github().get_client() as client:
        written = client.put_secrets(consumer.repository, values, consumer.environment)
        confirmed = client.updated_since(consumer.repository, tuple(values), written.at, consumer.environment)
    if confirmed is not Answer.YES:
        raise Transient(
            f"GitHub took the secrets of {consumer.repository} but does not show them as updated ({confirmed.value}).",
            "Look at the repository's Actions secrets page.",
        )
    record.note(updated_at=written.at.isoformat())
    record.prove(
        f"{consumer.label}: both secrets sealed and updated at {written.at:%H:%M:%S} UTC (value cannot be read)."
    )
    if written.created:
        record.prove(
            f"{consumer.label} had no {' and '.join(written.created)} before, so nobody read it there: look whether "
            "the workflows read another place (an environment's, the organisation's), and name that in the catalog."
        )
