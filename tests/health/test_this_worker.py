"""A worker with another ledger, catalog or version than the others is named; unknown is not well."""

from __future__ import annotations

from pathlib import Path

import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import VariableUpdate
from pydantic import SecretStr

from blocks.errors import StepError, Unproved
from blocks.ledger import versions
from blocks.ledger.ledger import Ledger
from blocks.prefect_api import registered
from blocks.settings import read_settings
from tasks.health.this_worker import this_worker
from tests.operator import Operator


def test_one_like_the_others_is_well(well: Operator) -> None:
    assert this_worker() == (
        f"This worker has the ledger ({well.ledger.identity()[:12]}), the catalog and the version that were registered."
    )


@pytest.mark.usefixtures("operator")
def test_where_nobody_registered_it_is_unknown() -> None:
    with pytest.raises(Unproved, match="Nobody noted which ledger, catalog and version all workers have"):
        this_worker()


@pytest.mark.usefixtures("well")
def test_where_what_was_noted_cannot_be_read_it_is_no_worker_like_the_others() -> None:
    with get_client(sync_client=True) as client:
        client.update_variable(VariableUpdate(name=registered.VARIABLE, value="not ours"))

    with pytest.raises(StepError, match="Prefect's variable rekey_registered cannot be read") as raised:
        this_worker()
    assert not isinstance(raised.value, Unproved), "it is a fault, and no open question"
    assert raised.value.remedy == "Run `rekey register` again."


@pytest.mark.usefixtures("well")
def test_where_nobody_named_the_ledger_it_is_unknown() -> None:
    registered.note(None, read_settings().catalog, "a test")

    with pytest.raises(Unproved, match="Nobody noted which ledger all workers have"):
        this_worker()


def test_one_that_reads_another_ledger_is_named(
    well: Operator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REKEY_LEDGER_URL", f"sqlite:///{tmp_path / 'nobody.db'}")

    with pytest.raises(StepError, match="reads another ledger than was registered") as raised:
        this_worker()
    assert f"it has no row, not {well.ledger.identity()[:12]}; REKEY_LEDGER_URL names it" in raised.value.problem
    assert not (tmp_path / "nobody.db").exists(), "asking made none"


def test_a_ledger_of_an_older_version_is_told(well: Operator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(versions, "NEWEST", versions.NEWEST + 1)

    with pytest.raises(Unproved, match=f"The ledger has version {well.ledger.version()}, which works") as raised:
        this_worker()
    assert "rekey ledger migrate" in raised.value.remedy


def test_a_restored_copy_is_the_same_ledger(well: Operator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    copy = tmp_path / "restored.db"
    copy.write_bytes((tmp_path / "ledger.db").read_bytes())
    monkeypatch.setenv("REKEY_LEDGER_URL", f"sqlite:///{copy}")

    assert Ledger(SecretStr(f"sqlite:///{copy}")).identity() == well.ledger.identity()
    assert this_worker().startswith("This worker has the ledger")
