from __future__ import annotations

from blocks.errors import (
    Missing,
    Refused,
    StepError,
)
from blocks.vaults.infisical.client import InfisicalClient
from blocks.vaults.terms import Location
from tests.vendors.infisical.client.servers import clear
from tests.vendors.infisical.vaults import (
    HERE,
    KEY,
    PATH,
    SECRET,
    TestVault,
    error_of,
    folder_exists,
    pair,
)


def test_a_location_has_a_leading_slash_and_none_at_the_end() -> None:
    assert Location("prod", "MooseQuest/alpaca/").path == PATH
    assert Location("prod", "").path == Location("prod").path == "/"
    assert Location("prod", "//a//b/").path == "/a/b"


def test_a_child_is_below_its_location() -> None:
    assert HERE.child("rekey") == Location("prod", f"{PATH}/rekey")
    assert Location("prod").child("rekey").path == "/rekey"


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
