"""A block that cannot be loaded says which one and what to do, and never shows what is in it."""

from __future__ import annotations

import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import BlockDocumentUpdate

from blocks import estate as product
from blocks.errors import CatalogError
from blocks.vendors.heroku import Heroku
from blocks.vendors.infisical import Infisical
from tests.operator import Operator
from tests.vendors.silence import assert_silent


def test_a_block_that_its_class_cannot_read_is_named_without_its_values(operator: Operator) -> None:
    """Prefect takes such a block; its own error shows every value of it, the client secret among them."""
    _break(Infisical, "api", operator.estate.identity[1])

    with pytest.raises(
        CatalogError, match=r"The Prefect block Infisical/rekey does not exist or cannot be read\."
    ) as caught:
        product.vault()

    assert_silent(caught.value)


@pytest.mark.usefixtures("operator")
def test_a_block_that_does_not_exist_is_named() -> None:
    Heroku.delete("rekey")

    with pytest.raises(CatalogError, match=r"Heroku/rekey does not exist .* Run `rekey register`"):
        product.heroku()


def _break(kind: type[Infisical], field: str, secret: str) -> None:
    """Replace one field by an object that holds a secret, past the block's class."""
    with get_client(sync_client=True) as client:
        document = client.read_block_document_by_name("rekey", kind.get_block_type_slug())
        assert document.id is not None
        change = BlockDocumentUpdate(data={field: {"unexpected": secret[:4]}}, merge_existing_data=True)
        client.update_block_document(document.id, change)
