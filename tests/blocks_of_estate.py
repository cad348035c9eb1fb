"""Points the Prefect blocks at a test's estate: saved once a session, then only changed, which is ten times faster."""

from __future__ import annotations

from uuid import UUID

from prefect.blocks.core import Block
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.actions import BlockDocumentUpdate
from prefect.exceptions import ObjectNotFound

from blocks.settings import Seeds
from deployments.register import blocks_of

_FIELDS_OF_PREFECT = {"block_type_slug", "_block_document_id", "_block_document_name", "_is_anonymous"}


class BlockDocuments:
    """The documents of one Prefect server, by block label."""

    def __init__(self) -> None:
        self._known: dict[str, UUID] = {}

    def point_at(self, seeds: Seeds) -> None:
        """Make every block what the seeds say. A document that a test deleted is saved again."""
        with get_client(sync_client=True) as client:
            for label, document, block in blocks_of(seeds):
                assert isinstance(block, Block), f"{label} lacks {block}"
                if not (label in self._known and _changed(client, self._known[label], block)):
                    self._known[label] = UUID(str(block.save(document, overwrite=True)))


def _changed(client: SyncPrefectClient, document: UUID, block: Block) -> bool:
    """Whether the document could be changed; False when it was deleted."""
    data = block.model_dump(mode="json", context={"include_secrets": True}, exclude=_FIELDS_OF_PREFECT)
    try:
        client.update_block_document(document, BlockDocumentUpdate(data=data, merge_existing_data=False))
    except ObjectNotFound:
        return False
    return True
