"""Points the Prefect blocks at a test's estate: saved once a session, then only changed, which is ten times faster."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from http import HTTPStatus
from uuid import UUID

import httpx
from prefect.blocks.core import Block

from blocks.settings import Seeds
from deployments.local.prefect_login import http_client
from deployments.setup.register import blocks_of
from tests.operator import PREFECT_TIMEOUT_S, wait_until

_FIELDS_OF_PREFECT = {"block_type_slug", "_block_document_id", "_block_document_name", "_is_anonymous"}


class BlockDocuments:
    """The documents of one Prefect server, by block label."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._api = http_client(environment, PREFECT_TIMEOUT_S)
        self._known: dict[str, UUID] = {}

    def point_at(self, seeds: Seeds) -> None:
        """Make every block what the seeds say. A document that a test deleted is saved again."""
        for label, document, block in blocks_of(seeds):
            assert isinstance(block, Block), f"{label} lacks {block}"
            if not (label in self._known and _changed(self._api, self._known[label], block)):
                self._known[label] = UUID(str(block.save(document, overwrite=True)))


def _changed(api: httpx.Client, document: UUID, block: Block) -> bool:
    """Whether the document could be changed; False when it was deleted.

    Not by Prefect's client: it waits for two seconds whenever the server's database is busy, which is in one test of
    four.
    """
    data = block.model_dump(mode="json", context={"include_secrets": True}, exclude=_FIELDS_OF_PREFECT)
    answers: list[int] = []

    def is_taken() -> bool:
        # A connection that the server has just closed is no answer either.
        with contextlib.suppress(httpx.TransportError):
            body = {"data": data, "merge_existing_data": False}
            answers.append(api.patch(f"/block_documents/{document}", json=body).status_code)
        return answers[-1:] in ([HTTPStatus.NO_CONTENT], [HTTPStatus.NOT_FOUND])

    wait_until(is_taken, description="Prefect takes a block", timeout_s=PREFECT_TIMEOUT_S)
    return answers[-1] == HTTPStatus.NO_CONTENT
