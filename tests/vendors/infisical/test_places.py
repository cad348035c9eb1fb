"""Names of the credential in other folders and environments are found, and what could not be looked at is said."""

from __future__ import annotations

import pytest

from blocks.errors import StepError
from blocks.model.places import VaultPlace
from blocks.vaults import pending
from blocks.vaults.infisical.places import MOST_ENVIRONMENTS
from blocks.vaults.terms import Location
from deployments.sandbox.faults import FaultKind
from tests.vendors.infisical.raw import RAW
from tests.vendors.infisical.vaults import HERE, KEY, PATH, SECRET, TestVault

PROJECT = "/api/v1/workspace/[^/]+"


def test_the_names_are_found_in_every_environment_and_folder(vault: TestVault) -> None:
    vault.put(**{KEY: "a", SECRET: "b"})
    vault.sandbox.put(vault.project_id, "staging", "/deep/er", {SECRET: "b"})
    vault.sandbox.put(vault.project_id, "dev", "/", {f"{KEY}_X": "x"})

    with vault.client() as client:
        seen = client.places(HERE, (KEY, SECRET))

    assert seen.found == (HERE, Location("staging", "/deep/er"))
    assert seen.not_looked_at == ()


@pytest.mark.parametrize(("status", "body"), [(403, None), (200, {"workspace": None})])
def test_without_the_environments_only_the_own_one_is_looked_at(
    vault: TestVault, status: int, body: dict[str, object] | None
) -> None:
    vault.put(**{KEY: "a"})
    vault.sandbox.put(vault.project_id, "staging", "/", {KEY: "b"})
    vault.fault(FaultKind.ANSWER, path=PROJECT, status=status, body=body)

    with vault.client() as client:
        seen = client.places(HERE, (KEY,))

    assert seen.found == (HERE,)
    assert [one.partition(" (")[0] for one in seen.not_looked_at] == ["other environments"]


def test_the_own_environment_is_looked_at_where_the_vault_does_not_name_it(vault: TestVault) -> None:
    vault.put(**{KEY: "a"})
    vault.fault(FaultKind.ANSWER, path=PROJECT, status=200, body={"workspace": {"environments": [{"slug": "dev"}]}})

    with vault.client() as client:
        assert client.places(HERE, (KEY,)).found == (HERE,)


def test_of_very_many_environments_some_are_looked_at_and_the_others_are_said(vault: TestVault) -> None:
    """One answer that is allowed names 40,000 of them."""
    vault.put(**{KEY: "a"})
    slugs = [f"e-{number}" for number in range(40_000)]
    body = {"workspace": {"environments": [{"slug": slug} for slug in [*slugs, HERE.environment]]}}
    vault.fault(FaultKind.ANSWER, path=PROJECT, status=200, body=body)

    with vault.client() as client:
        seen = client.places(HERE, (KEY,))

    assert seen.found == (HERE,)
    asked = [one for one in vault.server.journal.of(vault.profile) if one.path == RAW]
    assert len(asked) == MOST_ENVIRONMENTS
    assert seen.not_looked_at[0] == "39951 more environments (there are more than 50)"


def test_a_name_that_is_only_imported_says_from_where_and_what_a_copy_would_do(vault: TestVault) -> None:
    vault.sandbox.put(vault.project_id, "prod", "/shared", {KEY: "k", SECRET: "s"})
    vault.sandbox.add_import(vault.project_id, "prod", PATH, ("prod", "/shared"))
    place = VaultPlace(environment="prod", path=PATH, names={"key_id": KEY, "secret": SECRET})

    with vault.client() as client, pytest.raises(StepError) as caught:
        pending.current(client, place)

    assert "it is imported there from folder /shared of environment prod" in caught.value.problem
    assert caught.value.remedy.startswith("Name folder /shared of environment prod in the catalog")
    assert "Put the current pair there" not in str(caught.value)


def test_an_environment_that_does_not_answer_was_not_looked_at(vault: TestVault) -> None:
    vault.put(**{KEY: "a"})
    vault.fault(FaultKind.ANSWER, path=RAW, status=500)

    with vault.client() as client:
        seen = client.places(HERE, (KEY,))

    assert seen.found == (HERE,)
    assert [one.partition(" (")[0] for one in seen.not_looked_at] == ["environment dev"]
