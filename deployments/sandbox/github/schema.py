"""The part of GitHub's GraphQL schema that the sandbox has: who asks, repositories, their environments and owners.

Each type is a table of its fields: the type of what a field gives ("" for a scalar), and how it is found. From GitHub's
public schema and its documentation (pagination, rate limit), 2026-11-27.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from deployments.sandbox.github.face import Face, reset_at
from deployments.sandbox.github.rules import Refusal
from deployments.sandbox.github.store import Repository, timestamp
from deployments.sandbox.github.tokens import Token

_MOST = 100


class Unresolved(Exception):
    """A field that becomes null with an error of this type."""

    def __init__(self, kind: str, message: str, extensions: dict[str, Any] | None = None) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message
        self.extensions = extensions


@dataclass(frozen=True, slots=True)
class World:
    """Who asks whom."""

    face: Face
    token: Token


@dataclass(frozen=True, slots=True)
class Environment:
    """An environment and its number."""

    name: str
    number: int


@dataclass(frozen=True, slots=True)
class Owner:
    """An organization."""

    login: str


@dataclass(frozen=True, slots=True)
class Connection:
    """A part of a list, which begins at ``start``."""

    rows: list[Any]
    start: int
    total: int


Resolver = Callable[[Any, dict[str, Any], World], Any]
Fields = dict[str, tuple[str, Resolver]]


def _repository(_: Any, wanted: dict[str, Any], world: World) -> Repository:
    name = f"{wanted.get('owner')}/{wanted.get('name')}"
    estate = world.face.estate
    found = estate.repositories.get(name.lower()) or estate.moved.get(name.lower())
    if found is None or (found.private and not world.token.sees(found.full_name)):
        raise Unresolved("NOT_FOUND", f"Could not resolve to a Repository with the name '{name}'.")
    try:
        world.face.refuse_by_policy(found.owner)
    except Refusal as refusal:
        extensions = {"saml_failure": world.face.knobs.sso_required}
        raise Unresolved("FORBIDDEN", str(refusal.body["message"]), extensions) from None
    return found


def _owner(_: Any, wanted: dict[str, Any], world: World) -> Owner:
    login = str(wanted.get("login"))
    if not world.face.estate.has_organization(login):
        raise Unresolved("NOT_FOUND", f"Could not resolve to an Organization with the login of '{login}'.")
    return Owner(login)


def _repositories(of: Any, wanted: dict[str, Any], world: World) -> Connection:
    rows = [
        one
        for one in world.face.estate.repositories.values()
        if (not isinstance(of, Owner) or one.owner.lower() == of.login.lower())
        and (not one.private or world.token.sees(one.full_name))
    ]
    return _connection("repositories", rows, wanted)


def _environments(of: Repository, wanted: dict[str, Any], _: World) -> Connection:
    rows = [Environment(name, number) for number, name in enumerate(of.environments, start=1)]
    return _connection("environments", rows, wanted)


def _connection(name: str, rows: list[Any], wanted: dict[str, Any]) -> Connection:
    """A page of a list. GitHub demands first or last, and gives a hundred at most."""
    side = "first" if wanted.get("first") is not None else "last"
    size = wanted.get(side)
    if not isinstance(size, int):
        message = f"You must provide a `first` or `last` value to properly paginate the `{name}` connection."
        raise Unresolved("MISSING_PAGINATION_BOUNDARIES", message)
    if size > _MOST:
        message = f"Requesting {size} records on the `{name}` connection exceeds the `{side}` limit of {_MOST} records."
        raise Unresolved("EXCESSIVE_PAGINATION", message)
    start, end = _place(wanted.get("after"), 0), _place(wanted.get("before"), len(rows) + 1) - 1
    if side == "last":
        start = max(start, end - size)
    return Connection(rows[start : min(end, start + size)], start, len(rows))


def cursor(number: int) -> str:
    """The place of the row with this number, which counts from 1."""
    return base64.b64encode(f"cursor:{number}".encode()).decode()


def _place(text: Any, otherwise: int) -> int:
    if not text:
        return otherwise
    try:
        return int(base64.b64decode(str(text)).decode().removeprefix("cursor:"))
    except ValueError:
        raise Unresolved("INVALID_CURSOR_ARGUMENTS", f"`{text}` does not appear to be a valid cursor.") from None


def _is(value: Any) -> Resolver:
    return lambda _, __, ___: value


def _the(name: str) -> Resolver:
    return lambda value, _, __: getattr(value, name)


def _at(name: str) -> Resolver:
    return lambda value, _, __: value[name]


def _connected(node: str) -> tuple[Fields, Fields]:
    """The tables of a connection and of its edges."""
    edges: Fields = {
        "cursor": ("", lambda edge, _, __: edge[0]),
        "node": (node, lambda edge, _, __: edge[1]),
    }
    connection: Fields = {
        "nodes": (node, _the("rows")),
        "edges": (
            f"{node}Edge",
            lambda of, _, __: [(cursor(of.start + number), one) for number, one in enumerate(of.rows, start=1)],
        ),
        "totalCount": ("", _the("total")),
        "pageInfo": ("PageInfo", lambda of, _, __: of),
    }
    return connection, edges


def _actor(number: str) -> Fields:
    return {
        "id": ("", _is(number)),
        "databaseId": ("", _is(1)),
        "repositories": ("RepositoryConnection", _repositories),
    }


_REPOSITORIES, _REPOSITORY_EDGES = _connected("Repository")
_ENVIRONMENTS, _ENVIRONMENT_EDGES = _connected("Environment")
_FALSE, _TRUE, _NULL = ("", _is(value=False)), ("", _is(value=True)), ("", _is(None))

TYPES: dict[str, Fields] = {
    "Query": {
        "viewer": ("User", _is("sandbox")),
        "repository": ("Repository", _repository),
        "organization": ("Organization", _owner),
        "repositoryOwner": ("Organization", _owner),
        "rateLimit": ("RateLimit", lambda _, __, world: world.face.allowance()),
    },
    "Mutation": {},
    "User": {
        **_actor("U_1"),
        "login": ("", _is("sandbox")),
        "name": ("", _is("Sandbox")),
        "email": ("", _is("")),
        "url": ("", _is("https://github.com/sandbox")),
    },
    "Organization": {
        **_actor("O_1"),
        "login": ("", _the("login")),
        "name": ("", _the("login")),
        "url": ("", lambda of, _, __: f"https://github.com/{of.login}"),
    },
    "Repository": {
        "id": ("", lambda of, _, __: f"R_{of.id}"),
        "databaseId": ("", _the("id")),
        "name": ("", lambda of, _, __: of.full_name.partition("/")[2]),
        "nameWithOwner": ("", _the("full_name")),
        "owner": ("Organization", lambda of, _, __: Owner(of.owner)),
        "url": ("", lambda of, _, __: f"https://github.com/{of.full_name}"),
        "sshUrl": ("", lambda of, _, __: f"git@github.com:{of.full_name}.git"),
        "visibility": ("", lambda of, _, __: "PRIVATE" if of.private else "PUBLIC"),
        "isPrivate": ("", _the("private")),
        "isArchived": ("", _the("archived")),
        "viewerPermission": ("", _is("ADMIN")),
        "viewerCanAdminister": _TRUE,
        "isInOrganization": _TRUE,
        "defaultBranchRef": ("Ref", lambda of, _, __: of),
        "environments": ("EnvironmentConnection", _environments),
        **{name: ("", lambda of, _, __: timestamp(of.created_at)) for name in ("createdAt", "updatedAt", "pushedAt")},
        **dict.fromkeys(("description", "homepageUrl"), _NULL),
        **dict.fromkeys(("isFork", "isEmpty", "isDisabled", "isTemplate", "isMirror", "isLocked"), _FALSE),
        **dict.fromkeys(("hasIssuesEnabled", "hasWikiEnabled", "hasProjectsEnabled"), _TRUE),
        **dict.fromkeys(("mergeCommitAllowed", "rebaseMergeAllowed", "squashMergeAllowed"), _TRUE),
        "hasDiscussionsEnabled": _FALSE,
        "parent": ("Repository", _is(None)),
    },
    "Ref": {
        "id": ("", lambda of, _, __: f"REF_{of.id}"),
        "name": ("", _is("main")),
        "prefix": ("", _is("refs/heads/")),
    },
    "Environment": {
        "id": ("", lambda of, _, __: f"EN_{of.number}"),
        "databaseId": ("", _the("number")),
        "name": ("", _the("name")),
    },
    "RateLimit": {
        **{name: ("", _at(name)) for name in ("limit", "remaining", "used")},
        "cost": ("", _is(1)),
        "nodeCount": ("", _is(0)),
        "resetAt": ("", lambda _, __, ___: timestamp(reset_at())),
    },
    "PageInfo": {
        "hasNextPage": ("", lambda of, _, __: of.start + len(of.rows) < of.total),
        "hasPreviousPage": ("", lambda of, _, __: of.start > 0),
        "startCursor": ("", lambda of, _, __: cursor(of.start + 1) if of.rows else None),
        "endCursor": ("", lambda of, _, __: cursor(of.start + len(of.rows)) if of.rows else None),
    },
    "RepositoryConnection": _REPOSITORIES,
    "RepositoryEdge": _REPOSITORY_EDGES,
    "EnvironmentConnection": _ENVIRONMENTS,
    "EnvironmentEdge": _ENVIRONMENT_EDGES,
}
# What a field must be told.
REQUIRED = {
    ("Query", "repository"): ("owner", "name"),
    ("Query", "organization"): ("login",),
    ("Query", "repositoryOwner"): ("login",),
}
# What a fragment may be for besides the type itself.
INTERFACES = {"Node", "Actor", "RepositoryOwner", "ProfileOwner", "UniformResourceLocatable"}
