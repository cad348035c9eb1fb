"""What rekey's client writes into the vault: in one transaction, read back, and nothing else."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from blocks.errors import (
    Missing,
    Rejected,
    StepError,
    Transient,
)
from blocks.vaults.infisical.client import InfisicalClient
from blocks.vaults.infisical.models import refuse_unstorable
from blocks.vaults.terms import Location
from tests.vendors.infisical.client.servers import clear
from tests.vendors.infisical.vaults import (
    HERE,
    KEY,
    PATH,
    SECRET,
    TestVault,
    error_of,
    pair,
)


def test_a_new_pair_is_created_in_one_transaction(vault: TestVault, client: InfisicalClient) -> None:
    wanted = pair()
    stored = client.write(HERE, wanted)
    assert {name: one.value for name, one in stored.items()} == wanted
    assert vault.states == [clear(wanted)]
    assert list(vault.states[0]) == [KEY, SECRET], "batches in opposite order deadlock, so they are sorted by name"


def test_a_pair_is_replaced_in_one_transaction_and_no_reader_sees_half(
    vault: TestVault, client: InfisicalClient
) -> None:
    first, second = pair(), pair()
    client.write(HERE, first)
    stored = client.write(HERE, second)
    assert vault.states == [clear(first), clear(second)]
    assert {one.version for one in stored.values()} == {2}


def test_the_current_pair_can_be_written_over_itself(vault: TestVault, client: InfisicalClient) -> None:
    wanted = pair()
    client.write(HERE, wanted)
    assert {one.version for one in client.write(HERE, wanted).values()} == {2}
    assert vault.values == clear(wanted)


def test_a_write_leaves_other_secrets_alone(vault: TestVault, client: InfisicalClient) -> None:
    vault.put(OTHER="untouched")
    client.write(HERE, pair())
    client.write(HERE, pair())
    assert vault.sandbox.versions(vault.project_id, "prod", PATH)["OTHER"] == 1


def test_half_a_pair_is_refused_and_stays_as_it_is(vault: TestVault, client: InfisicalClient) -> None:
    vault.put(**{KEY: "only-this"})
    error = error_of(StepError, lambda: client.write(HERE, pair()))
    assert error.problem.endswith(f"holds only {KEY} and not {SECRET}.")
    assert vault.values == {KEY: "only-this"}


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("", "empty"),
        (" x", "white space"),
        ("x\n", "white space"),
        ("\ufeffx", "white space"),
        ("x\ufeff \ufeff", "white space"),
        ("a${B}c", "reference"),
        ("x\ud800x", "not valid text"),
    ],
)
def test_a_value_that_the_vault_would_change_is_refused_by_name(
    vault: TestVault, client: InfisicalClient, value: str, reason: str
) -> None:
    values = {**pair(), SECRET: SecretStr(value)}
    error = error_of(StepError, lambda: client.write(HERE, values))
    assert SECRET in error.problem
    assert reason in error.problem
    assert vault.values == {}


def test_nothing_to_write_is_refused(client: InfisicalClient) -> None:
    error_of(StepError, lambda: client.write(HERE, {}))


def _is_accepted(text: str) -> bool:
    try:
        refuse_unstorable({KEY: SecretStr(text)})
    except StepError:
        return False
    return True


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(value=st.text(min_size=1, max_size=30).filter(_is_accepted))
def test_every_accepted_value_reads_back_as_it_was_written(client: InfisicalClient, value: str) -> None:
    assert client.write(HERE, {KEY: SecretStr(value)})[KEY].value.get_secret_value() == value


def test_a_write_into_a_missing_folder_says_which(client: InfisicalClient) -> None:
    error = error_of(Missing, lambda: client.write(HERE.child("rekey"), pair()))
    assert f"{PATH}/rekey" in error.remedy


def test_a_write_waits_for_a_replica_that_is_a_moment_behind(vault: TestVault, client: InfisicalClient) -> None:
    vault.put(**clear(pair()))
    vault.sandbox.knobs.replica_lag_s = 0.3
    wanted = pair()
    assert client.write(HERE, wanted)[SECRET].value == wanted[SECRET]


def test_a_write_that_never_shows_is_transient(vault: TestVault) -> None:
    """A rotation of Infisical's own drops the values of a batch."""
    vault.sandbox.put(vault.project_id, "prod", "/rotated", clear(pair()), rotated=True)
    with vault.client() as client:
        error = error_of(Transient, lambda: client.write(Location("prod", "/rotated"), pair()))
    assert error.transient
    assert "rotation of Infisical's own" in error.remedy


def test_a_write_that_waits_for_an_approval_is_not_a_write(vault: TestVault, client: InfisicalClient) -> None:
    vault.put(**clear(pair()))
    before = vault.values
    vault.sandbox.knobs.approval_policy = True
    error = error_of(Rejected, lambda: client.write(HERE, pair()))
    assert "without merging" in error.remedy
    assert vault.values == before


def test_a_name_that_the_server_refuses_is_rejected(current: TestVault) -> None:
    with current.block().get_client() as client:
        error = error_of(Rejected, lambda: client.write(HERE, {"A:B": SecretStr("x")}))
    assert (error.status, error.code) == (422, "ValidationFailure")
    assert error.request_id is not None
    assert error.request_id.startswith("req-")


def test_a_delete_takes_what_is_there_in_one_transaction(vault: TestVault, client: InfisicalClient) -> None:
    vault.put(OTHER="stays", **clear(pair()))
    client.delete(HERE, [KEY, SECRET, "ABSENT"])
    assert vault.states[-1] == {"OTHER": "stays"}
    assert len(vault.states) == 2
    client.delete(HERE, [KEY, SECRET])
    assert len(vault.states) == 2


def test_a_delete_in_a_missing_folder_is_fine_and_in_a_missing_environment_is_not(client: InfisicalClient) -> None:
    client.delete(HERE.child("never"), [KEY])
    error_of(Missing, lambda: client.delete(Location("nowhere"), [KEY]))


def test_a_delete_that_never_shows_is_transient(vault: TestVault) -> None:
    vault.put(A="x")
    vault.sandbox.knobs.replica_lag_s = 60
    with vault.client() as client:
        assert error_of(Transient, lambda: client.delete(HERE, ["A"])).transient
