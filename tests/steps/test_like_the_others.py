"""A worker with another ledger, catalog or version than was registered begins nothing, and says which."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from importlib import metadata
from pathlib import Path

import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import VariableCreate
from prefect.exceptions import ObjectNotFound
from pydantic import SecretStr

from blocks.ledger.ledger import Ledger
from blocks.ledger.row import Action
from blocks.prefect_api import registered
from blocks.prefect_api.deployed import entrypoint_of
from flows.rotate import rotate
from flows.watch import watch
from tests.operator import Operator
from tests.steps.deployed_run import PAPER, Start
from tests.steps.left_runs import begun
from tests.steps.support import SHIPPED


@pytest.fixture
def registered_by() -> Iterator[Callable[..., None]]:
    """Notes what `rekey register` does, with this process's catalog unless another one is given."""

    def note(ledger: Ledger | None, catalog: Path = SHIPPED) -> None:
        registered.note(ledger, catalog, "a test")

    yield note
    with suppress(ObjectNotFound), get_client(sync_client=True) as client:
        client.delete_variable_by_name(registered.VARIABLE)


Registering = Callable[..., None]


def test_a_worker_like_the_others_goes_on(
    start_deployed: Start, operator: Operator, registered_by: Registering
) -> None:
    registered_by(operator.ledger)

    state = start_deployed()

    assert state.is_completed(), state.message


def test_a_worker_that_reads_another_ledger_begins_nothing(
    start_deployed: Start, operator: Operator, tmp_path: Path, registered_by: Registering
) -> None:
    registered_by(Ledger(SecretStr(f"sqlite:///{tmp_path / 'of-the-others.db'}")))

    for state in (start_deployed(rotate), start_deployed(watch, name="every-minute", parameters={})):
        assert state.is_failed()
        assert "its worker reads another ledger than was registered (it has no row, not " in str(state.message)
        assert "ledger_url in " in str(state.message)
    assert operator.ledger.rows() == []


def test_a_ledger_that_was_left_open_is_compared_with_nothing(
    start_deployed: Start, registered_by: Registering
) -> None:
    registered_by(None)

    state = start_deployed()

    assert state.is_completed(), state.message


def test_a_worker_with_another_catalog_begins_no_rotation(
    start_deployed: Start, operator: Operator, tmp_path: Path, registered_by: Registering
) -> None:
    other = tmp_path / "other.toml"
    other.write_text(SHIPPED.read_text().replace("cadence_days = 90", "cadence_days = 89"))
    assert other.read_text() != SHIPPED.read_text()
    registered_by(operator.ledger, other)

    assert f"its worker's catalog is not the one that was registered ({SHIPPED})" in str(start_deployed().message)


def test_comments_and_layout_make_no_other_catalog(
    start_deployed: Start, operator: Operator, tmp_path: Path, registered_by: Registering
) -> None:
    other = tmp_path / "other.toml"
    other.write_text(f"# Copied.\n\n{SHIPPED.read_text()}\n")
    registered_by(operator.ledger, other)

    assert start_deployed().is_completed()


def test_a_worker_of_another_version_begins_no_rotation(
    start_deployed: Start, operator: Operator, monkeypatch: pytest.MonkeyPatch, registered_by: Registering
) -> None:
    registered_by(operator.ledger)
    monkeypatch.setattr(metadata, "version", lambda _: "0.0.9")

    assert "its worker has rekey 0.0.9, and 0." in str(start_deployed().message)


def test_a_worker_of_another_version_looks_after_rotations_all_the_same_and_says_so(
    start_deployed: Start,
    operator: Operator,
    monkeypatch: pytest.MonkeyPatch,
    registered_by: Registering,
    caplog: pytest.LogCaptureFixture,
) -> None:
    registered_by(operator.ledger)
    monkeypatch.setattr(metadata, "version", lambda _: "0.0.9")
    yearly = {"entrypoint": entrypoint_of("watch"), "parameters": {}}

    state = start_deployed(watch, name="every-minute", **yearly)

    assert "This worker begins no rotation: its worker has rekey 0.0.9" in str(state.message)
    # The shipped catalog pins the real vendors, so nothing can be asked here.
    assert f"Whether the pair of {PAPER} lives is unknown" in caplog.text


def test_a_rotation_that_has_begun_goes_on_in_another_version_and_people_hear_it_once(
    start_deployed: Start, operator: Operator, monkeypatch: pytest.MonkeyPatch, registered_by: Registering
) -> None:
    """Workers are rolled to a new version while its form waits: whoever answers it then finds its run going on."""
    registered_by(operator.ledger)
    monkeypatch.setattr(metadata, "version", lambda _: "0.0.9")
    begun(operator, PAPER)

    for state in (start_deployed(), start_deployed()):
        assert state.is_completed(), state.message

    (noted,) = [row.facts.unlike for row in operator.ledger.rows() if row.facts.unlike]
    assert noted.startswith("its worker has rekey 0.0.9, and ")
    (told,) = [row.facts for row in operator.ledger.rows() if row.action is Action.UNTOLD]
    assert told.headline == "alpaca-paper goes on in a worker that is not as it was registered"
    assert told.text.startswith("Look whether that is the catalog and the version that you want, then run `rekey reg")


def test_one_of_which_nothing_is_changed_yet_does_not(
    start_deployed: Start, operator: Operator, monkeypatch: pytest.MonkeyPatch, registered_by: Registering
) -> None:
    registered_by(operator.ledger)
    monkeypatch.setattr(metadata, "version", lambda _: "0.0.9")
    begun(operator, PAPER, paused=False)

    assert "its worker has rekey 0.0.9, and 0." in str(start_deployed().message)


@pytest.fixture(params=["not ours", "", "null", "{}", '{"ledger": 5}', ["a list"], {"ledger": None}], ids=str)
def unreadable(request: pytest.FixtureRequest) -> Iterator[None]:
    """The variable is there, and is nothing that `rekey register` writes."""
    with get_client(sync_client=True) as client:
        client.create_variable(VariableCreate(name=registered.VARIABLE, value=request.param))
        yield
        client.delete_variable_by_name(registered.VARIABLE)


@pytest.mark.usefixtures("unreadable")
def test_a_worker_that_cannot_read_what_was_registered_begins_no_rotation(
    start_deployed: Start, operator: Operator
) -> None:
    state = start_deployed()

    assert state.is_failed()
    assert "Prefect's variable rekey_registered cannot be read. Run `rekey register` again." in str(state.message)
    assert operator.ledger.rows() == []
    begun(operator, PAPER)
    assert start_deployed().is_completed(), "nobody knows that it differs, and it must not fail"


def test_a_worker_that_cannot_read_what_was_registered_looks_after_rotations_and_says_so(
    start_deployed: Start, caplog: pytest.LogCaptureFixture
) -> None:
    with get_client(sync_client=True) as client:
        client.create_variable(VariableCreate(name=registered.VARIABLE, value="not ours"))
        try:
            state = start_deployed(watch, name="every-minute", entrypoint=entrypoint_of("watch"), parameters={})
        finally:
            client.delete_variable_by_name(registered.VARIABLE)

    assert "This worker begins no rotation: Prefect's variable rekey_registered cannot be read." in str(state.message)
    # It asked all the same: the shipped catalog pins the real vendors, so nothing can be asked here.
    assert f"Whether the pair of {PAPER} lives is unknown" in caplog.text
