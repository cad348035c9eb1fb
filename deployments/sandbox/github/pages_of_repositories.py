"""Which page of GitHub's documentation is about which operation on a repository, but its Actions.

From the operations of GitHub's OpenAPI description, as google/go-github lists them (openapi_operations.yaml,
2026-08-21). By page: method, path below a repository and the part of the page. What stands in a path for a name is left
out.
"""

from __future__ import annotations

PAGES = {
    "activity/events": """
        GET /events list-repository-events
    """,
    "activity/starring": """
        GET /stargazers list-stargazers
    """,
    "activity/watching": """
        GET /subscribers list-watchers
    """,
    "apps/apps": """
        GET /installation get-a-repository-installation-for-the-authenticated-app
    """,
    "branches/branch-protection": """
        GET /branches/{}/protection get-branch-protection
    """,
    "branches/branches": """
        GET /branches list-branches
        GET /branches/{} get-a-branch
    """,
    "checks/runs": """
        GET /check-runs/{} get-a-check-run
        GET /check-runs/{}/annotations list-check-run-annotations
        GET /check-suites/{}/check-runs list-check-runs-in-a-check-suite
        GET /commits/{}/check-runs list-check-runs-for-a-git-reference
    """,
    "checks/suites": """
        GET /check-suites/{} get-a-check-suite
        GET /commits/{}/check-suites list-check-suites-for-a-git-reference
    """,
    "code-scanning/code-scanning": """
        GET /code-scanning/alerts list-code-scanning-alerts-for-a-repository
    """,
    "codespaces/repository-secrets": """
        GET /codespaces/secrets list-repository-secrets
        GET /codespaces/secrets/public-key get-a-repository-public-key
        DELETE /codespaces/secrets/{} delete-a-repository-secret
        GET /codespaces/secrets/{} get-a-repository-secret
        PUT /codespaces/secrets/{} create-or-update-a-repository-secret
    """,
    "collaborators/collaborators": """
        GET /collaborators list-repository-collaborators
        GET /collaborators/{} check-if-a-user-is-a-repository-collaborator
        GET /collaborators/{}/permission get-repository-permissions-for-a-user
    """,
    "collaborators/invitations": """
        GET /invitations list-repository-invitations
    """,
    "commits/comments": """
        GET /comments list-commit-comments-for-a-repository
        GET /commits/{}/comments list-commit-comments
    """,
    "commits/commits": """
        GET /commits list-commits
        GET /commits/{} get-a-commit
        GET /commits/{}/branches-where-head list-branches-for-head-commit
        GET /commits/{}/pulls list-pull-requests-associated-with-a-commit
    """,
    "commits/statuses": """
        GET /commits/{}/status get-the-combined-status-for-a-specific-reference
        GET /commits/{}/statuses list-commit-statuses-for-a-reference
    """,
    "dependabot/alerts": """
        GET /dependabot/alerts list-dependabot-alerts-for-a-repository
    """,
    "dependabot/secrets": """
        GET /dependabot/secrets list-repository-secrets
        GET /dependabot/secrets/public-key get-a-repository-public-key
        DELETE /dependabot/secrets/{} delete-a-repository-secret
        GET /dependabot/secrets/{} get-a-repository-secret
        PUT /dependabot/secrets/{} create-or-update-a-repository-secret
    """,
    "deploy-keys/deploy-keys": """
        GET /keys list-deploy-keys
        POST /keys create-a-deploy-key
        DELETE /keys/{} delete-a-deploy-key
        GET /keys/{} get-a-deploy-key
    """,
    "deployments/branch-policies": """
        GET /environments/{}/deployment-branch-policies list-deployment-branch-policies
        POST /environments/{}/deployment-branch-policies create-a-deployment-branch-policy
        DELETE /environments/{}/deployment-branch-policies/{} delete-a-deployment-branch-policy
        GET /environments/{}/deployment-branch-policies/{} get-a-deployment-branch-policy
        PUT /environments/{}/deployment-branch-policies/{} update-a-deployment-branch-policy
    """,
    "deployments/deployments": """
        GET /deployments list-deployments
        POST /deployments create-a-deployment
        DELETE /deployments/{} delete-a-deployment
        GET /deployments/{} get-a-deployment
    """,
    "deployments/environments": """
        GET /environments list-environments
        DELETE /environments/{} delete-an-environment
        GET /environments/{} get-an-environment
        PUT /environments/{} create-or-update-an-environment
    """,
    "deployments/protection-rules": """
        GET /environments/{}/deployment_protection_rules get-all-deployment-protection-rules-for-an-environment
    """,
    "deployments/statuses": """
        GET /deployments/{}/statuses list-deployment-statuses
        POST /deployments/{}/statuses create-a-deployment-status
        GET /deployments/{}/statuses/{} get-a-deployment-status
    """,
    "git/commits": """
        GET /git/commits/{} get-a-commit-object
    """,
    "git/refs": """
        GET /git/matching-refs/{} list-matching-references
        GET /git/ref/{} get-a-reference
    """,
    "issues/assignees": """
        GET /assignees list-assignees
    """,
    "issues/comments": """
        GET /issues/comments list-issue-comments-for-a-repository
    """,
    "issues/events": """
        GET /issues/events list-issue-events-for-a-repository
    """,
    "issues/issues": """
        GET /issues list-repository-issues
    """,
    "issues/labels": """
        GET /labels list-labels-for-a-repository
    """,
    "issues/milestones": """
        GET /milestones list-milestones
    """,
    "licenses/licenses": """
        GET /license get-the-license-for-a-repository
    """,
    "pulls/comments": """
        GET /pulls/comments list-review-comments-in-a-repository
    """,
    "pulls/pulls": """
        GET /pulls list-pull-requests
    """,
    "releases/releases": """
        GET /releases list-releases
        GET /releases/latest get-the-latest-release
    """,
    "repos/autolinks": """
        GET /autolinks get-all-autolinks-of-a-repository
    """,
    "repos/contents": """
        DELETE /contents/{} delete-a-file
        GET /contents/{} get-repository-content
        PUT /contents/{} create-or-update-file-contents
        GET /readme get-a-repository-readme
    """,
    "repos/forks": """
        GET /forks list-forks
    """,
    "repos/repos": """
        DELETE / delete-a-repository
        GET / get-a-repository
        PATCH / update-a-repository
        GET /automated-security-fixes check-if-dependabot-security-updates-are-enabled-for-a-repository
        GET /contributors list-repository-contributors
        POST /dispatches create-a-repository-dispatch-event
        GET /languages list-repository-languages
        GET /tags list-repository-tags
        GET /teams list-repository-teams
        GET /topics get-all-repository-topics
        PUT /topics replace-all-repository-topics
        DELETE /vulnerability-alerts disable-vulnerability-alerts
        GET /vulnerability-alerts check-if-vulnerability-alerts-are-enabled-for-a-repository
        PUT /vulnerability-alerts enable-vulnerability-alerts
    """,
    "repos/webhooks": """
        GET /hooks list-repository-webhooks
        POST /hooks create-a-repository-webhook
        DELETE /hooks/{} delete-a-repository-webhook
        GET /hooks/{} get-a-repository-webhook
        PATCH /hooks/{} update-a-repository-webhook
        GET /hooks/{}/config get-a-webhook-configuration-for-a-repository
        PATCH /hooks/{}/config update-a-webhook-configuration-for-a-repository
        GET /hooks/{}/deliveries list-deliveries-for-a-repository-webhook
        POST /hooks/{}/pings ping-a-repository-webhook
        POST /hooks/{}/tests test-the-push-repository-webhook
    """,
    "secret-scanning/secret-scanning": """
        GET /secret-scanning/alerts list-secret-scanning-alerts-for-a-repository
    """,
}
