"""GitHub as a sandbox: secrets, variables, workflows and their runs, and GraphQL, served as api.github.com does.

Works for PyGithub, for `gh` behind a proxy or a unix socket, and for plain HTTP; with and without the prefix /api/v3 of
GitHub Enterprise Server. What it follows: GitHub REST API reference, read 2026-11-21.
"""

from __future__ import annotations

import secrets
import time

from starlette.types import ASGIApp

from deployments.sandbox import made_up
from deployments.sandbox.github.actions import begin
from deployments.sandbox.github.api import GithubApi
from deployments.sandbox.github.app_keys import GithubApp, Installation
from deployments.sandbox.github.installations import new_app
from deployments.sandbox.github.knobs import GithubKnobs
from deployments.sandbox.github.oauth import OAuthApp, new_oauth_app
from deployments.sandbox.github.store import Estate, Repository, Store
from deployments.sandbox.github.tokens import Token

# The look of a fine-grained token.
FINE_GRAINED = "github_pat_{base62:22}_{base62:59}"
_ALL_PERMISSIONS = {
    "secrets": "write",
    "environments": "write",
    "dependabot_secrets": "write",
    "codespaces_secrets": "write",
    "codespaces_user_secrets": "write",
    "actions": "write",
    "contents": "write",
    "workflows": "write",
    "deployments": "write",
    "checks": "read",
    "statuses": "read",
    "actions_variables": "write",
    "organization_secrets": "write",
    "organization_dependabot_secrets": "write",
    "organization_codespaces_secrets": "write",
    "organization_actions_variables": "write",
    "administration": "write",
    "organization_administration": "write",
    "issues": "write",
    "vulnerability_alerts": "write",
    "pull_requests": "write",
    "repository_hooks": "write",
    "organization_hooks": "write",
    "organization_self_hosted_runners": "write",
}


class GithubSandbox:
    """GitHub with repositories, environments, tokens and secrets in memory. ``token`` may write everywhere."""

    def __init__(self, token: str | None = None) -> None:
        """``token`` is the one that may write everywhere; None makes one up."""
        self._estate = Estate()
        self.knobs: GithubKnobs = self._estate.knobs
        self.token = self.add_token(dict(_ALL_PERMISSIONS), value=token)

    def add_token(
        self,
        permissions: dict[str, str | None] | None = None,
        *,
        classic: bool = False,
        scopes: tuple[str, ...] = ("repo",),
        repositories: tuple[str, ...] | None = None,
        ends_at: float | None = None,
        value: str | None = None,
    ) -> str:
        """A new token. Fine-grained: ``permissions`` such as {"secrets": "write"}, ``repositories`` None means all.

        Classic: ``scopes``, of which the secrets need ``repo``. ``ends_at`` is in epoch seconds, None means never.
        ``value`` is the token itself; None makes one up.
        """
        value = value or (made_up.token("ghp_", 36) if classic else made_up.key(FINE_GRAINED))
        granted = {name: level for name, level in (permissions or {}).items() if level}
        self._estate.tokens[value] = Token(granted, scopes if classic else None, repositories, ends_at)
        return value

    def add_app(self, slug: str, permissions: dict[str, str]) -> GithubApp:
        """A GitHub App with these permissions, such as {"secrets": "write"}, and its private key."""
        made = new_app(slug, permissions)
        self._estate.apps[made.id] = made
        return made

    def install(self, app: GithubApp, owner: str, repositories: tuple[str, ...] | None = None) -> int:
        """Install an app for an owner's repositories, None means all. Returns the number of the installation."""
        made = Installation(secrets.randbelow(10**8) + 1, app, owner, repositories, time.time())
        self._estate.installations[made.id] = made
        return made.id

    def add_oauth_app(self, name: str) -> tuple[str, str]:
        """An OAuth app. Returns its id and its secret."""
        made = new_oauth_app(name)
        self._estate.oauth_apps[made.client_id] = made
        return made.client_id, made.secret

    def authorize(self, client_id: str, scopes: tuple[str, ...] = ("repo",)) -> str:
        """The person gives an OAuth app a token with these scopes."""
        app: OAuthApp = self._estate.oauth_apps[client_id]
        return app.take(self._estate, scopes)

    def knows(self, token: str) -> bool:
        """Whether somebody with this token is let in."""
        return token in self._estate.tokens

    def revoke_token(self, token: str) -> None:
        """From now on the token is answered with 401."""
        del self._estate.tokens[token]

    def add_repository(self, full_name: str, *, private: bool = True, archived: bool = False) -> None:
        """A repository "owner/name" without secrets."""
        self._estate.repositories[full_name.lower()] = Repository(full_name, private=private, archived=archived)

    def repository(self, full_name: str) -> Repository:
        """A repository, for whoever writes to it without GitHub's API being what is looked at. KeyError for none."""
        return self._estate.repositories[full_name.lower()]

    def add_environment(self, repository: str, environment: str) -> None:
        """An environment of a repository, with a public key of its own."""
        self._estate.repositories[repository.lower()].environments[environment] = Store()

    def rename_repository(self, full_name: str, renamed: str) -> None:
        """Rename or transfer it: GitHub redirects reads (301) and writes (307) of the old name from now on."""
        self._estate.rename(self._estate.repositories[full_name.lower()], renamed)

    def add_organization_secret(self, owner: str, name: str, value: str) -> None:
        """A secret that the organization shares with all of its repositories."""
        self._estate.organization(owner).write_plain(name, value)

    def share(self, owner: str, name: str, value: str, *repositories: str) -> None:
        """An organization's secret for these repositories alone."""
        self.add_organization_secret(owner, name, value)
        store = self._estate.organization(owner)
        store.visibility[name] = "selected"
        store.selected[name] = [self._estate.repositories[one.lower()].id for one in repositories]

    def shared(self, owner: str, name: str) -> tuple[str | None, str, list[int]]:
        """What an organization's secret is, for whom, and for which repositories if these are selected."""
        store = self._estate.organization(owner)
        return store.reveal(name), store.visibility.get(name, "all"), store.selected.get(name, [])

    def reveal(
        self, repository: str, name: str, environment: str | None = None, *, dependabot: bool = False
    ) -> str | None:
        """The value of a secret, opened with the private key; None when there is none. Only a sandbox can do this."""
        return self._estate.store(repository, environment, dependabot=dependabot).reveal(name)

    def reveal_own(self, name: str) -> str | None:
        """The value of a secret that the person shares with codespaces; None when there is none."""
        return self._estate.own.reveal(name)

    def names(self, repository: str, environment: str | None = None, *, dependabot: bool = False) -> list[str]:
        """The names of the secrets of a place."""
        return sorted(self._estate.store(repository, environment, dependabot=dependabot).kept)

    def edit_by_hand(
        self,
        repository: str,
        name: str,
        value: str,
        environment: str | None = None,
        *,
        updated_at: float | None = None,
        dependabot: bool = False,
        codespaces: bool = False,
    ) -> None:
        """Set a secret as a person does on the settings page. ``updated_at`` (epoch seconds) may lie in the past."""
        place = self._estate.store(repository, environment, dependabot=dependabot, codespaces=codespaces)
        place.write_plain(name, value, updated_at)

    def add_attestation(self, repository: str, workflow: str, names: tuple[str, str]) -> None:
        """Add rekey's attestation workflow to a repository, for the secrets of these names."""
        self._estate.repositories[repository.lower()].attestations[workflow] = names

    def add_workflow(self, repository: str, file: str, name: str) -> None:
        """A workflow that can be started by hand and does nothing."""
        self._estate.repositories[repository.lower()].workflows[file] = name

    def add_run(self, repository: str, workflow: str, status: str, conclusion: str | None = None) -> int:
        """A run of a workflow that somebody else started, in this state. Returns its id."""
        return begin(self._estate.repositories[repository.lower()], workflow, (), status, conclusion).id

    def hook_secret(self, number: int) -> str | None:
        """The secret with which a webhook signs; None for none. KeyError when there is no such hook."""
        every = {one: hook for shelf in self._estate.hooks.values() for one, hook in shelf.items()}
        secret: str | None = every[number].config.get("secret")
        return secret

    def app_secret(self, app: GithubApp) -> str | None:
        """The secret with which the webhook of a GitHub App signs; None for none."""
        return self._estate.app_hooks.get(app.id, {}).get("secret")

    def rotate_key(self, repository: str, environment: str | None = None) -> None:
        """Replace the public key: what is sealed with the old one is refused from now on."""
        self._estate.store(repository, environment).rotate_key()

    def app(self) -> ASGIApp:
        """The application for a sandbox server."""
        return GithubApi(self._estate).app()
