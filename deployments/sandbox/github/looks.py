"""How accounts and repositories look: the fields that GitHub gives of each, for clients that type or complete them.

From recorded answers (octokit/fixtures, get-repository and get-organization; PyGithub's tests/ReplayData) and the
OpenAPI description (23.0.2). A list of repositories has less than a repository's own address has.
"""

from __future__ import annotations

from typing import Any

from deployments.sandbox.github.store import Repository, timestamp

PERSON = "sandbox"
_BEGINNING = "2026-01-01T12:00:00Z"
# What is at an address of its own below an account, and what is added to that address.
_OF_AN_ACCOUNT = {
    "followers": "",
    "following": "{/other_user}",
    "gists": "{/gist_id}",
    "starred": "{/owner}{/repo}",
    "subscriptions": "",
    "orgs": "",
    "repos": "",
    "events": "{/privacy}",
    "received_events": "",
}
_OF_A_REPOSITORY = {
    "archive_url": "/{archive_format}{/ref}",
    "assignees_url": "/assignees{/user}",
    "blobs_url": "/git/blobs{/sha}",
    "branches_url": "/branches{/branch}",
    "collaborators_url": "/collaborators{/collaborator}",
    "comments_url": "/comments{/number}",
    "commits_url": "/commits{/sha}",
    "compare_url": "/compare/{base}...{head}",
    "contents_url": "/contents/{+path}",
    "contributors_url": "/contributors",
    "deployments_url": "/deployments",
    "downloads_url": "/downloads",
    "events_url": "/events",
    "forks_url": "/forks",
    "git_commits_url": "/git/commits{/sha}",
    "git_refs_url": "/git/refs{/sha}",
    "git_tags_url": "/git/tags{/sha}",
    "hooks_url": "/hooks",
    "issue_comment_url": "/issues/comments{/number}",
    "issue_events_url": "/issues/events{/number}",
    "issues_url": "/issues{/number}",
    "keys_url": "/keys{/key_id}",
    "labels_url": "/labels{/name}",
    "languages_url": "/languages",
    "merges_url": "/merges",
    "milestones_url": "/milestones{/number}",
    "notifications_url": "/notifications{?since,all,participating}",
    "pulls_url": "/pulls{/number}",
    "releases_url": "/releases{/id}",
    "stargazers_url": "/stargazers",
    "statuses_url": "/statuses/{sha}",
    "subscribers_url": "/subscribers",
    "subscription_url": "/subscription",
    "tags_url": "/tags",
    "teams_url": "/teams",
    "trees_url": "/git/trees{/sha}",
}
_COUNTS = ("stargazers_count", "watchers_count", "forks_count", "open_issues_count", "forks", "open_issues", "watchers")
_HAS = ("has_issues", "has_projects", "has_downloads", "has_wiki")
_HAS_NOT = ("has_pages", "has_discussions", "fork", "disabled", "is_template", "web_commit_signoff_required")
_MERGES = ("allow_squash_merge", "allow_merge_commit", "allow_rebase_merge")
_OFF = ("allow_auto_merge", "allow_update_branch", "delete_branch_on_merge", "use_squash_pr_title_as_default")


def account(login: str, base_url: str) -> dict[str, Any]:
    """A person or an organization as everything else names it. The twin has one person."""
    is_person, url = login == PERSON, f"{base_url}users/{login}"
    addresses = {
        f"{'organizations' if name == 'orgs' else name}_url": f"{url}/{name}{more}"
        for name, more in _OF_AN_ACCOUNT.items()
    }
    return {
        "login": login,
        "id": 1,
        "node_id": "U_1" if is_person else "O_1",
        "avatar_url": "https://avatars.githubusercontent.com/u/1?v=4",
        "gravatar_id": "",
        "url": url,
        "html_url": f"https://github.com/{login}",
        **addresses,
        "type": "User" if is_person else "Organization",
        "user_view_type": "public",
        "site_admin": False,
    }


def profile(login: str, base_url: str) -> dict[str, Any]:
    """An account at its own address, as whoever asks sees it."""
    nothing = ("company", "location", "email", "hireable", "bio", "twitter_username")
    return {
        **account(login, base_url),
        "name": login.capitalize() if login == PERSON else login,
        "blog": "",
        **dict.fromkeys(nothing),
        **dict.fromkeys(("public_repos", "public_gists", "followers", "following"), 0),
        "created_at": _BEGINNING,
        "updated_at": _BEGINNING,
    }


def organization(login: str, base_url: str, repositories: list[Repository]) -> dict[str, Any]:
    """An organization at its own address, as a member sees it."""
    url = f"{base_url}orgs/{login}"
    private = sum(one.private for one in repositories)
    return {
        **{
            name: value
            for name, value in account(login, base_url).items()
            if name in {"login", "id", "node_id", "type"}
        },
        "url": url,
        "html_url": f"https://github.com/{login}",
        "avatar_url": "https://avatars.githubusercontent.com/u/1?v=4",
        **{f"{name}_url": f"{url}/{name}" for name in ("repos", "events", "hooks", "issues")},
        **{f"{name}_url": f"{url}/{name}{{/member}}" for name in ("members", "public_members")},
        "name": login,
        **dict.fromkeys(("description", "company", "location", "email", "blog", "twitter_username")),
        "is_verified": False,
        "has_organization_projects": True,
        "has_repository_projects": True,
        "public_repos": len(repositories) - private,
        "total_private_repos": private,
        "owned_private_repos": private,
        **dict.fromkeys(("public_gists", "followers", "following"), 0),
        "default_repository_permission": "read",
        "members_can_create_repositories": True,
        "two_factor_requirement_enabled": False,
        "plan": {"name": "team", "space": 976562499, "private_repos": 999999, "filled_seats": 1, "seats": 5},
        "created_at": _BEGINNING,
        "updated_at": _BEGINNING,
        "archived_at": None,
    }


def repository(of: Repository, base_url: str) -> dict[str, Any]:
    """A repository as a list shows it."""
    name, created = of.full_name.partition("/")[2], timestamp(of.created_at)
    url, page = f"{base_url}repos/{of.full_name}", f"https://github.com/{of.full_name}"
    return {
        "id": of.id,
        "node_id": f"R_{of.id}",
        "name": name,
        "full_name": of.full_name,
        "owner": account(of.owner, base_url),
        "private": of.private,
        "archived": of.archived,
        "visibility": "private" if of.private else "public",
        "default_branch": "main",
        "permissions": dict.fromkeys(("admin", "maintain", "push", "triage", "pull"), True),
        "url": url,
        "html_url": page,
        **{field: f"{url}{more}" for field, more in _OF_A_REPOSITORY.items()},
        "git_url": f"git://github.com/{of.full_name}.git",
        "ssh_url": f"git@github.com:{of.full_name}.git",
        "clone_url": f"{page}.git",
        "svn_url": page,
        **dict.fromkeys(("description", "homepage", "language", "mirror_url", "license")),
        **of.says,
        **dict.fromkeys(_COUNTS, 0),
        "size": 0,
        **dict.fromkeys(_HAS, True),
        **dict.fromkeys(_HAS_NOT, False),
        "allow_forking": True,
        "topics": of.topics,
        **dict.fromkeys(("created_at", "updated_at", "pushed_at"), created),
    }


def whole_repository(of: Repository, base_url: str) -> dict[str, Any]:
    """A repository at its own address."""
    return {
        **repository(of, base_url),
        **({"organization": account(of.owner, base_url)} if of.owner != PERSON else {}),
        **dict.fromkeys(_MERGES, True),
        **dict.fromkeys(_OFF, False),
        "temp_clone_token": "",
        "network_count": 0,
        "subscribers_count": 0,
    }
