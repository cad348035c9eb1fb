"""A block that cannot be loaded says which one and what to do, and never shows what is in it."""

from __future__ import annotations

import pytest
from prefect import flow
from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import BlockDocumentUpdate
from pydantic import SecretStr

from blocks.consumers.heroku.block import Heroku
from blocks.errors import CatalogError, StepError
from blocks.prefect_api import estate as product
from blocks.prefect_api.block_cache import CACHE
from blocks.vaults.infisical.block import Infisical
from tests.operator import Operator
from tests.steps.support import shipped
from tests.vendors.silence import assert_silent


def test_a_block_that_its_class_cannot_read_is_named_without_its_values(operator: Operator) -> None:
    """Prefect takes such a block; its own error shows every value of it, the client secret among them."""
    _break(Infisical, "api", operator.estate.identity[1])

    with pytest.raises(
        CatalogError, match=r"The Prefect block Infisical/rekey does not exist or cannot be read\."
    ) as caught:
        product.vault(shipped().vault)

    assert_silent(caught.value)


@pytest.mark.usefixtures("operator")
def test_a_block_that_does_not_exist_is_named() -> None:
    Heroku.delete("rekey")

    with pytest.raises(CatalogError, match=r"Heroku/rekey does not exist .* Run `rekey register`"):
        product.loaded(Heroku)


def test_blocks_are_kept_from_step_to_step_while_all_goes_well(operator: Operator) -> None:
    """Each question to Prefect takes its time while trading stands still."""
    tokens: list[str] = []

    @flow(name="steps that go well", persist_result=False)
    def steps() -> None:
        tokens.append(token_of_a_step())
        operator.change_block(Heroku, token=SecretStr("corrected"))
        tokens.append(token_of_a_step())

    steps()
    assert tokens == [operator.estate.heroku.token, operator.estate.heroku.token]


def test_after_a_failure_a_corrected_token_counts_in_the_next_try(operator: Operator) -> None:
    tokens: list[str] = []

    @flow(name="a step that fails", persist_result=False)
    def steps() -> None:
        with pytest.raises(StepError):
            fail()
        tokens.append(token_of_a_step())

    def fail() -> None:
        with CACHE.once():
            tokens.append(product.loaded(Heroku).token.get_secret_value())
            operator.change_block(Heroku, token=SecretStr("corrected"))
            raise StepError("The token is not accepted.", "Correct it.")

    steps()
    assert tokens == [operator.estate.heroku.token, "corrected"]


def test_nothing_is_kept_for_another_flow_run(operator: Operator) -> None:
    @flow(name="one step", persist_result=False)
    def one_step() -> str:
        return token_of_a_step()

    before = one_step()
    operator.change_block(Heroku, token=SecretStr("corrected"))

    assert (before, one_step()) == (operator.estate.heroku.token, "corrected")


def test_what_is_looked_at_beside_an_open_form_is_loaded_afresh_each_time(operator: Operator) -> None:
    tokens: list[str] = []

    @flow(name="a form", persist_result=False)
    def a_form() -> None:
        tokens.append(token_of_a_step())
        operator.change_block(Heroku, token=SecretStr("corrected"))
        with CACHE.afresh():
            tokens.append(product.loaded(Heroku).token.get_secret_value())

    a_form()
    assert tokens == [operator.estate.heroku.token, "corrected"]


def token_of_a_step() -> str:
    """Which token a step would use that begins now."""
    with CACHE.once():
        return product.loaded(Heroku).token.get_secret_value()


def _break(kind: type[Infisical], field: str, secret: str) -> None:
    """Replace one field by an object that holds a secret, past the block's class."""
    with get_client(sync_client=True) as client:
        document = client.read_block_document_by_name("rekey", kind.get_block_type_slug())
        assert document.id is not None
        change = BlockDocumentUpdate(data={field: {"unexpected": secret[:4]}}, merge_existing_data=True)
        client.update_block_document(document.id, change)
