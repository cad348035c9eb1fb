"""A token that does not work in rekey's hands is never written into its block, and what was there goes on."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from prefect.logging import disable_run_logger
from pydantic import SecretStr, ValidationError

from blocks.answer import Answer
from blocks.check import Depth
from blocks.consumers.heroku.block import Heroku
from blocks.consumers.interface import EQUAL, Held
from blocks.consumers.rekey_block.consumer import RekeyBlockConsumer
from blocks.errors import CatalogError, Refused, StepError, Transient, Unreachable
from blocks.prefect_api import kept_blocks
from blocks.proofs import Record
from blocks.secret import Minted
from deployments.kit.shipped.consumers import rekey_block
from deployments.kit.stands import ConsumerStand
from deployments.sandbox import made_up
from deployments.sandbox.faults import FaultKind

READS = ".*/block_types/.*"


@pytest.fixture
def stand() -> Iterator[ConsumerStand]:
    """A block with a token of Heroku's, before a twin of Prefect's API."""
    with rekey_block() as made, disable_run_logger():
        yield made


def give(stand: ConsumerStand, pair: Minted) -> Record:
    """As propagate does."""
    record = Record()
    stand.consumer.give(stand.handover(pair), record)
    return record


def writes(stand: ConsumerStand) -> int:
    """How often the block was written."""
    return sum(one.method == "PATCH" for one in stand.asked)


def test_a_token_that_its_vendor_refuses_is_not_written(stand: ConsumerStand) -> None:
    with pytest.raises(Refused):
        give(stand, Minted({"token": SecretStr(made_up.token("HRKU-"))}))

    assert writes(stand) == 0
    assert stand.has(stand.old)


def test_what_this_machine_keeps_for_an_outage_of_prefect_is_the_new_token_too(
    stand: ConsumerStand, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also when a run was killed between the write and that: the next one keeps what is there already."""
    for pair in (stand.new, stand.new):
        monkeypatch.setenv("REKEY_KEPT_FOLDER", str(tmp_path / pair.fingerprint / str(len(stand.asked))))
        give(stand, pair)

        kept = kept_blocks.kept(Heroku, "rekey")
        assert kept is not None
        assert kept.token.get_secret_value() == pair.secret.get_secret_value()


def test_what_is_read_back_of_another_address_is_put_back(stand: ConsumerStand) -> None:
    """Somebody changes the block's address at that very moment: nothing is sent there, and the old token stays."""
    body = {"id": "1", "data": {"url": "https://heroku.example.com", "token": stand.new.secret.get_secret_value()}}
    fault = stand.goes_wrong(FaultKind.ANSWER, "GET", READS, status=200, body=body, skip=1, times=1)

    with pytest.raises(CatalogError, match="nothing was sent to it"):
        give(stand, stand.new)

    assert fault.times == 0
    assert writes(stand) == 2
    assert stand.has(stand.old)


def test_without_a_clear_answer_after_the_write_the_new_token_stays_because_it_worked_before(
    stand: ConsumerStand,
) -> None:
    stand.goes_wrong(FaultKind.ANSWER, "GET", READS, status=500, skip=1)

    with pytest.raises(Unreachable):
        give(stand, stand.new)

    assert stand.has(stand.new)
    stand.mend()
    assert "holds" in give(stand, stand.new).proofs[-1]
    assert writes(stand) == 1


def test_a_write_that_somebody_else_undoes_is_tried_again(stand: ConsumerStand) -> None:
    stand.goes_wrong(FaultKind.ANSWER, "PATCH", status=204, body=None)

    with pytest.raises(Transient, match="Find out who else writes this block"):
        give(stand, stand.new)


@pytest.mark.parametrize(
    ("document", "field", "told"),
    [
        ("heroku/rekey", "secret", "has no field secret"),
        ("heroku/other", "token", "There is no block heroku/other"),
        ("github/rekey", "token", "There is no block github/rekey"),
    ],
)
def test_a_block_or_field_that_is_not_there_is_told_before_anything(
    stand: ConsumerStand, document: str, field: str, told: str
) -> None:
    assert stand.server is not None
    with pytest.raises(CatalogError, match=told):
        RekeyBlockConsumer(kind="rekey-block", document=document, names={"token": field}).can_write()


def test_drift_is_seen_by_value(stand: ConsumerStand) -> None:
    now = datetime.now(UTC)
    assert stand.consumer.holds(Held(stand.old, now), None, Depth.FULL).short == EQUAL
    with pytest.raises(StepError, match="has another pair"):
        stand.consumer.holds(Held(stand.new, now), None, Depth.FULL)
    assert stand.consumer.has(stand.old) is Answer.YES


@pytest.mark.parametrize("document", ["heroku", "Heroku/rekey", "heroku/rekey/x", ""])
def test_a_block_is_named_as_prefect_names_it(document: str) -> None:
    with pytest.raises(ValidationError):
        RekeyBlockConsumer(kind="rekey-block", document=document, names={"token": "token"})
