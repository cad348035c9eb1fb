from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from blocks.errors import (
    Missing,
    Refused,
    Rejected,
    StepError,
    Transient,
)
from blocks.vaults.infisical.client import API, InfisicalClient
from blocks.vaults.infisical.models import refuse_unstorable
from blocks.vaults.terms import Location
from deployments.sandbox import made_up
from deployments.sandbox.infisical.app import Profile
from tests.vendors.infisical.vaults import (
    HERE,
    KEY,
    PATH,
    SECRET,
    TestVault,
    Vaults,
    error_of,
    folder_exists,
    fresh_vault,
)

SERVERS: list[tuple[Profile, API]] = [("2024", "v3"), ("current", "v3"), ("current", "v4")]


@pytest.fixture(params=SERVERS, ids="-".join)
def vault(vaults: Vaults, request: pytest.FixtureRequest) -> Iterator[TestVault]:
    with fresh_vault(vaults, *request.param) as fresh:
        yield fresh


@pytest.fixture
def client(vault: TestVault) -> Iterator[InfisicalClient]:
    with vault.block().get_client() as made:
        yield made


def pair() -> dict[str, SecretStr]:
    return {SECRET: SecretStr(made_up.alpaca_secret()), KEY: SecretStr(made_up.alpaca_key_id("PK"))}


def clear(values: dict[str, SecretStr]) -> dict[str, str]:
    return {name: value.get_secret_value() for name, value in values.items()}


# Locations


def test_a_location_has_a_leading_slash_and_none_at_the_end() -> None:
    assert Location("prod", "MooseQuest/alpaca/").path == PATH
    assert Location("prod", "").path == Location("prod").path == "/"
    assert Location("prod", "//a//b/").path == "/a/b"


def test_a_child_is_below_its_location() -> None:
    assert HERE.child("rekey") == Location("prod", f"{PATH}/rekey")
    assert Location("prod").child("rekey").path == "/rekey"


# Reads


def test_a_read_gives_values_versions_and_times(vault: TestVault, client: InfisicalClient) -> None:
    wanted = pair()
    vault.put(**clear(wanted))
    stored = client.read(HERE)
    assert {name: one.value for name, one in stored.items()} == wanted
    assert stored[KEY].version == 1
    assert stored[KEY].updated_at.tzinfo is not None


def test_a_read_of_names_leaves_the_others_out(vault: TestVault, client: InfisicalClient) -> None:
    vault.put(OTHER="x", **clear(pair()))
    assert client.read(HERE, [KEY, "ABSENT"]).keys() == {KEY}


def test_a_read_does_not_descend_and_does_not_resolve_references(vault: TestVault, client: InfisicalClient) -> None:
    vault.put(A="a", B="${A}")
    vault.sandbox.put(vault.project_id, "prod", f"{PATH}/rekey", {"PENDING": "p"})
    assert {name: one.value.get_secret_value() for name, one in client.read(HERE).items()} == {"A": "a", "B": "${A}"}


def test_an_empty_folder_reads_as_empty(client: InfisicalClient) -> None:
    assert client.read(HERE) == {}


def test_the_root_of_an_environment_reads_as_empty(client: InfisicalClient) -> None:
    assert client.read(Location("prod")) == {}


def test_a_missing_folder_is_missing_and_not_empty(client: InfisicalClient) -> None:
    error = error_of(Missing, lambda: client.read(Location("prod", "/typo")))
    assert "/typo" in error.remedy
    assert "prod" in error.remedy


def test_a_missing_environment_is_missing(client: InfisicalClient) -> None:
    assert "production" in error_of(Missing, lambda: client.read(Location("production", PATH))).remedy


def test_a_wrong_project_is_told_by_the_list_although_its_folders_are_refused(vault: TestVault) -> None:
    with vault.block(project_id="no-such-project").get_client() as stranger:
        error = error_of(Refused, lambda: stranger.read(HERE))
    assert (error.status, error.code) == (404, "NotFound")
    assert "Compare 'Project ID' no-such-project of the Infisical block" in error.remedy


def test_another_s_project_wants_a_membership(vault: TestVault) -> None:
    with vault.block(project_id=vault.sandbox.add_project()).get_client() as stranger:
        for ask in (lambda: stranger.read(HERE), lambda: stranger.ensure_folder(HERE)):
            error = error_of(Refused, ask)
            assert (error.status, error.code) == (403, "NotAMember")
            assert "make rekey's machine identity a member of the project" in error.remedy


def test_a_name_that_is_stored_twice_is_an_error(vault: TestVault, client: InfisicalClient) -> None:
    vault.put(**clear(pair()))
    vault.sandbox.put_again(vault.project_id, "prod", PATH, KEY, "another")
    assert KEY in error_of(StepError, lambda: client.read(HERE)).problem
    assert client.read(HERE, [SECRET]).keys() == {SECRET}


def test_a_hidden_value_is_refused_and_never_written_over(current: TestVault) -> None:
    current.put(**clear(pair()))
    before = current.values
    current.sandbox.knobs.hide_values = True
    with current.block().get_client() as client:
        assert "ReadValue" in error_of(Refused, lambda: client.read(HERE)).remedy
        error_of(Refused, lambda: client.write(HERE, pair()))
    assert current.values == before


# Folders


def test_a_folder_is_created_with_its_parents_once(vault: TestVault, client: InfisicalClient) -> None:
    below = Location("staging", "/a/b-1/rekey")
    assert folder_exists(client, below) is False
    client.ensure_folder(below)
    client.ensure_folder(below)
    assert folder_exists(client, below) is True
    assert vault.sandbox.has_folder(vault.project_id, "staging", "/a/b-1")


def test_the_root_exists_in_every_environment_and_no_other_environment_does(client: InfisicalClient) -> None:
    client.ensure_folder(Location("dev"))
    assert folder_exists(client, Location("dev")) is True
    error_of(Missing, lambda: folder_exists(client, Location("nowhere")))
    error_of(Missing, lambda: client.ensure_folder(Location("nowhere", "/x")))


# Writes


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


# Deletes


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
