"""Blocks that point at a test's estate, in Prefect documents that keep their identity from test to test."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import httpx

from deployments.local.prefect_login import http_client
from deployments.local.processes import LocalPrefect
from deployments.setup.register import blocks_of
from deployments.setup.seeds import VENDORS, Seeds
from tests.prefect_rows import rows
from tests.waiting import PREFECT_TIMEOUT_S, wait_until

_FIELDS_OF_PREFECT = {"block_type_slug", "_block_document_id", "_block_document_name", "_is_anonymous"}

# How the variables of each kind of block begin.
_PREFIXES = {kind.__name__: prefix for kind, prefix in VENDORS.items()}


class BlockDocuments:
    """The documents of one Prefect server, by block label."""

    def __init__(self, prefect: LocalPrefect) -> None:
        self._api = http_client(prefect.environment, PREFECT_TIMEOUT_S)
        self._prefect = prefect
        # The seeds of the last time, and the rows of all documents as they were left then.
        self._left: tuple[Mapping[str, Any], list[tuple[Any, ...]]] | None = None

    def point_at(self, seeds: Seeds) -> None:
        """Make every block what the seeds say: those that a test changed or deleted, or that the last estate lacked.

        The server is asked only when the seeds or a row of the documents are others than they were left: decrypting all
        of them for each test cost a tenth of what the tests cost.
        """
        if self._left == (seeds, self._rows()):
            return
        self._set(seeds)
        self._left = seeds, self._rows()

    def _rows(self) -> list[tuple[Any, ...]]:
        """Every document as it is kept, encrypted."""
        return rows(self._prefect, "SELECT * FROM block_document ORDER BY id")

    def _set(self, seeds: Seeds) -> None:
        there = self._there()
        for label, document, block in blocks_of(seeds):
            if isinstance(block, str):
                # A kind of which the estate has nothing; what it has is described whole.
                prefix = _PREFIXES[label.partition("/")[0]]
                assert not [name for name in seeds if name.startswith(prefix)], f"{label} lacks {block}"
                continue
            kept = there.get((block.get_block_type_slug(), document))
            wanted = block.model_dump(mode="json", context={"include_secrets": True}, exclude=_FIELDS_OF_PREFECT)
            if kept is None:
                block.save(document, overwrite=True)
            elif kept["data"] != wanted:
                self._change(kept["id"], wanted)

    def _there(self) -> dict[tuple[str, str], dict[str, Any]]:
        """Every document with its values, by type and name: one question, where each change is one of its own."""
        found = self._answered("POST", "/block_documents/filter", {"include_secrets": True})
        return {(str(one["block_type"]["slug"]), str(one["name"])): one for one in found.json()}

    def _change(self, document: str, wanted: dict[str, Any]) -> None:
        """Not by Prefect's client: it waits for two seconds whenever the server's database is busy."""
        self._answered("PATCH", f"/block_documents/{document}", {"data": wanted, "merge_existing_data": False})

    def _answered(self, method: str, path: str, body: dict[str, Any]) -> httpx.Response:
        answers: list[httpx.Response] = []

        def is_answered() -> bool:
            # A connection that the server has just closed is no answer either.
            with contextlib.suppress(httpx.TransportError):
                answers.append(self._api.request(method, path, json=body))
            return bool(answers) and answers[-1].status_code in {HTTPStatus.OK, HTTPStatus.NO_CONTENT}

        wait_until(is_answered, description=f"Prefect answers to {method} {path}", timeout_s=PREFECT_TIMEOUT_S)
        return answers[-1]
