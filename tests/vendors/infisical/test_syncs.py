"""To whom the vault gives a folder by itself is asked where it tells; what it does not tell was not looked at."""

from __future__ import annotations

import pytest

from blocks.vaults.infisical.syncs import MOST_FOLDERS
from blocks.vaults.terms import Location, Sync
from deployments.sandbox.faults import FaultKind
from deployments.sandbox.github.app import GithubSandbox
from deployments.sandbox.heroku.app import HerokuSandbox
from deployments.sandbox.heroku.apps import SandboxApp
from deployments.sandbox.infisical.state import SYNC_USER
from tests.vendors.infisical.raw import Raw, by_age, item
from tests.vendors.infisical.vaults import HERE, KEY, PATH, TestVault

SYNCS = "/api/v1/secret-syncs"


@pytest.fixture
def app() -> SandboxApp:
    return HerokuSandbox().add_app("raxx-api-prod", {KEY: "old", "BRAKE": "1"})


def test_a_sync_sets_what_the_folder_holds_and_deletes_what_it_does_not_hold(
    vault: TestVault, raw: Raw, app: SandboxApp
) -> None:
    vault.put(**{KEY: "old"})
    vault.sandbox.add_sync(vault.project_id, "prod", PATH, app)

    raw.batch("PATCH", item(KEY, "new"))

    assert app.variables == {KEY: "new"}
    assert app.releases[-1].user_email == SYNC_USER


def test_of_several_folders_each_sync_says_which_one_it_carries(current: TestVault, app: SandboxApp) -> None:
    below = HERE.child("rekey")
    for path in (PATH, below.path, below.child("deeper").path):
        current.sandbox.add_sync(current.project_id, "prod", path, app)

    with current.client() as client:
        seen = client.syncs(HERE, below)

    assert [one.folder for one in seen.found] == [HERE, below]


def test_syncs_and_integrations_of_exactly_this_folder_are_found(vault: TestVault, app: SandboxApp) -> None:
    for path in (PATH, "/elsewhere"):
        vault.sandbox.add_folder(vault.project_id, "prod", path)
        vault.sandbox.add_sync(vault.project_id, "prod", path, app)
        vault.sandbox.add_sync(vault.project_id, "prod", path, app, native=True, deletes=False)

    with vault.client() as client:
        seen = client.syncs(HERE)

    native = Sync("heroku", app.name, deletes=False, folder=HERE)
    assert seen.found == by_age(vault, (native,), (Sync("heroku", app.name, deletes=True, folder=HERE), native))
    # The other folder is synced, too, and imports nothing.
    referred = "secrets of other synced folders whose values refer to these"
    no_route = "secret syncs (this server has no such route)"
    assert seen.not_looked_at == by_age(vault, (no_route, referred), (referred,))


@pytest.mark.parametrize("ways", [("/reports",), ("/reports", "/shared")], ids=["an import", "an import of an import"])
def test_a_sync_of_a_folder_that_imports_this_one_carries_it_too(
    vault: TestVault, app: SandboxApp, ways: tuple[str, ...]
) -> None:
    """Infisical's maintainers advise just that (Infisical/infisical#1348)."""
    for path, source in zip(ways, (*ways[1:], PATH), strict=True):
        vault.sandbox.add_import(vault.project_id, "dev", path, ("dev" if source != PATH else "prod", source))
    vault.sandbox.add_sync(vault.project_id, "dev", "/reports", app, native=True, deletes=False)

    with vault.client() as client:
        seen = client.syncs(HERE, HERE.child("rekey"))
    vault.put(**{KEY: "new"})

    way = Location("dev", "/reports")
    assert seen.found == (Sync("heroku", app.name, deletes=False, folder=HERE, through=way),)
    assert seen.found[0].told == f"heroku {app.name} (through /reports (dev), which imports it)"
    # Whether a value of it refers to one of these only its value says.
    assert seen.not_looked_at[-1] == "secrets of other synced folders whose values refer to these"
    assert app.variables[KEY] == "new"


def test_a_synced_folder_whose_imports_may_not_be_asked_was_not_looked_at(current: TestVault, app: SandboxApp) -> None:
    current.sandbox.add_folder(current.project_id, "prod", "/reports")
    current.sandbox.add_sync(current.project_id, "prod", "/reports", app)
    current.fault(FaultKind.ANSWER, method="GET", path=".*/secrets.*", status=502)

    with current.client() as client:
        seen = client.syncs(HERE)

    assert seen.found == ()
    assert seen.not_looked_at[0].startswith("what /reports (prod), which is synced, imports (")


def test_of_very_many_synced_folders_some_are_looked_at_and_the_others_are_said(
    current: TestVault, app: SandboxApp
) -> None:
    for number in range(MOST_FOLDERS + 3):
        current.sandbox.add_folder(current.project_id, "prod", f"/f-{number}")
        current.sandbox.add_sync(current.project_id, "prod", f"/f-{number}", app)

    with current.client() as client:
        seen = client.syncs(HERE)

    assert seen.not_looked_at[0] == "what 3 more synced folders import (there are more than 20)"


def test_a_repository_is_called_as_a_consumer_of_the_catalog_is(vault: TestVault) -> None:
    github = GithubSandbox()
    github.add_repository("raxx/raxx")
    for native in (False, True):
        vault.sandbox.add_sync(vault.project_id, "prod", PATH, github.repository("raxx/raxx"), native=native)
    vault.put(**{KEY: "new"})

    with vault.client() as client:
        seen = client.syncs(HERE)

    one = Sync("github", "raxx/raxx", deletes=True, folder=HERE)
    assert seen.found == by_age(vault, (one,), (one, one))
    assert github.reveal("raxx/raxx", KEY) == "new"


@pytest.mark.parametrize(
    ("destination", "called"),
    [
        ({"scope": "repository-environment", "owner": "o", "repo": "r", "env": "e"}, "github o/r (e)"),
        ({"scope": "organization", "org": "o", "visibility": "all"}, "github organisation o"),
    ],
)
def test_each_scope_of_github_is_told(current: TestVault, destination: dict[str, str], called: str) -> None:
    sync = {
        "destination": "github",
        "destinationConfig": destination,
        "environment": {"slug": HERE.environment},
        "folder": {"path": HERE.path},
        "isAutoSyncEnabled": True,
        "syncOptions": {},
    }
    current.fault(FaultKind.ANSWER, path=SYNCS, status=200, body={"secretSyncs": [sync]})

    with current.client() as client:
        assert [one.label for one in client.syncs(HERE).found] == [called]


@pytest.mark.parametrize(
    ("scope", "environment", "called"),
    [("github-env", "e", "github o/r (e)"), ("github-org", None, "github organisation o")],
)
def test_each_scope_of_an_integration_is_told(
    current: TestVault, scope: str, environment: str | None, called: str
) -> None:
    one = {
        "integration": "github",
        "app": "r",
        "owner": "o",
        "scope": scope,
        "targetEnvironmentId": environment,
        "environment": {"slug": HERE.environment},
        "secretPath": HERE.path,
        "isActive": True,
        "metadata": None,
    }
    path = f"/api/v1/workspace/{current.project_id}/integrations"
    current.fault(FaultKind.ANSWER, path=path, status=200, body={"integrations": [one]})

    with current.client() as client:
        assert [one.label for one in client.syncs(HERE).found] == [called]


def test_what_may_not_be_listed_was_not_looked_at(vault: TestVault, app: SandboxApp) -> None:
    vault.sandbox.add_sync(vault.project_id, "prod", PATH, app)
    vault.sandbox.set_permissions(vault.client_id, vault.project_id, {"read"})

    with vault.client() as client:
        seen = client.syncs(HERE)

    refused = "rekey's identity may not list them"
    syncs = by_age(vault, "this server has no such route", refused)
    assert (seen.found, seen.not_looked_at) == ((), (f"secret syncs ({syncs})", f"integrations ({refused})"))


@pytest.mark.parametrize("body", [{}, {"secretSyncs": None}, {"secretSyncs": [{}]}, {"secretSyncs": [7]}])
def test_a_list_that_cannot_be_read_is_no_empty_list(current: TestVault, body: dict[str, object]) -> None:
    current.fault(FaultKind.ANSWER, path=SYNCS, status=200, body=body)

    with current.client() as client:
        seen = client.syncs(HERE)

    assert (seen.found, seen.not_looked_at) == ((), ("secret syncs (the answer cannot be read)",))
