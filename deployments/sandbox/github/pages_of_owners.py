"""Which page of GitHub's documentation is about which operation on everything but a repository.

From the operations of GitHub's OpenAPI description, as google/go-github lists them (openapi_operations.yaml,
2026-08-21). By page: method, path and the part of the page. What stands in a path for a name is left
out.
"""

from __future__ import annotations

PAGES = {
    "actions/permissions": """
        GET /orgs/{}/actions/permissions get-github-actions-permissions-for-an-organization
    """,
    "actions/secrets": """
        GET /orgs/{}/actions/secrets list-organization-secrets
        GET /orgs/{}/actions/secrets/public-key get-an-organization-public-key
        DELETE /orgs/{}/actions/secrets/{} delete-an-organization-secret
        GET /orgs/{}/actions/secrets/{} get-an-organization-secret
        PUT /orgs/{}/actions/secrets/{} create-or-update-an-organization-secret
        GET /orgs/{}/actions/secrets/{}/repositories list-selected-repositories-for-an-organization-secret
        PUT /orgs/{}/actions/secrets/{}/repositories set-selected-repositories-for-an-organization-secret
        DELETE /orgs/{}/actions/secrets/{}/repositories/{} remove-selected-repository-from-an-organization-secret
        PUT /orgs/{}/actions/secrets/{}/repositories/{} add-selected-repository-to-an-organization-secret
    """,
    "actions/self-hosted-runners": """
        GET /orgs/{}/actions/runners list-self-hosted-runners-for-an-organization
        POST /orgs/{}/actions/runners/registration-token create-a-registration-token-for-an-organization
        POST /orgs/{}/actions/runners/remove-token create-a-remove-token-for-an-organization
        DELETE /orgs/{}/actions/runners/{} delete-a-self-hosted-runner-from-an-organization
        GET /orgs/{}/actions/runners/{} get-a-self-hosted-runner-for-an-organization
    """,
    "actions/variables": """
        GET /orgs/{}/actions/variables list-organization-variables
        POST /orgs/{}/actions/variables create-an-organization-variable
        DELETE /orgs/{}/actions/variables/{} delete-an-organization-variable
        GET /orgs/{}/actions/variables/{} get-an-organization-variable
        PATCH /orgs/{}/actions/variables/{} update-an-organization-variable
        GET /orgs/{}/actions/variables/{}/repositories list-selected-repositories-for-an-organization-variable
        PUT /orgs/{}/actions/variables/{}/repositories set-selected-repositories-for-an-organization-variable
        DELETE /orgs/{}/actions/variables/{}/repositories/{} remove-selected-repository-from-an-organization-variable
        PUT /orgs/{}/actions/variables/{}/repositories/{} add-selected-repository-to-an-organization-variable
    """,
    "activity/events": """
        GET /orgs/{}/events list-public-organization-events
    """,
    "activity/notifications": """
        GET /notifications list-notifications-for-the-authenticated-user
    """,
    "activity/starring": """
        GET /user/starred list-repositories-starred-by-the-authenticated-user
    """,
    "activity/watching": """
        GET /user/subscriptions list-repositories-watched-by-the-authenticated-user
    """,
    "apps/apps": """
        GET /app get-the-authenticated-app
        GET /app/installations list-installations-for-the-authenticated-app
        DELETE /app/installations/{} delete-an-installation-for-the-authenticated-app
        GET /app/installations/{} get-an-installation-for-the-authenticated-app
        POST /app/installations/{}/access_tokens create-an-installation-access-token-for-an-app
        DELETE /app/installations/{}/suspended unsuspend-an-app-installation
        PUT /app/installations/{}/suspended suspend-an-app-installation
        GET /orgs/{}/installation get-an-organization-installation-for-the-authenticated-app
        GET /users/{}/installation get-a-user-installation-for-the-authenticated-app
    """,
    "apps/installations": """
        GET /installation/repositories list-repositories-accessible-to-the-app-installation
        DELETE /installation/token revoke-an-installation-access-token
        GET /user/installations list-app-installations-accessible-to-the-user-access-token
    """,
    "apps/oauth-applications": """
        DELETE /applications/{}/grant delete-an-app-authorization
        DELETE /applications/{}/token delete-an-app-token
        PATCH /applications/{}/token reset-a-token
        POST /applications/{}/token check-a-token
    """,
    "apps/webhooks": """
        GET /app/hook/config get-a-webhook-configuration-for-an-app
        PATCH /app/hook/config update-a-webhook-configuration-for-an-app
        GET /app/hook/deliveries list-deliveries-for-an-app-webhook
    """,
    "codespaces/organization-secrets": """
        GET /orgs/{}/codespaces/secrets list-organization-secrets
        GET /orgs/{}/codespaces/secrets/public-key get-an-organization-public-key
        DELETE /orgs/{}/codespaces/secrets/{} delete-an-organization-secret
        GET /orgs/{}/codespaces/secrets/{} get-an-organization-secret
        PUT /orgs/{}/codespaces/secrets/{} create-or-update-an-organization-secret
        GET /orgs/{}/codespaces/secrets/{}/repositories list-selected-repositories-for-an-organization-secret
        PUT /orgs/{}/codespaces/secrets/{}/repositories set-selected-repositories-for-an-organization-secret
        DELETE /orgs/{}/codespaces/secrets/{}/repositories/{} remove-selected-repository-from-an-organization-secret
        PUT /orgs/{}/codespaces/secrets/{}/repositories/{} add-selected-repository-to-an-organization-secret
    """,
    "codespaces/secrets": """
        GET /user/codespaces/secrets list-secrets-for-the-authenticated-user
        GET /user/codespaces/secrets/public-key get-public-key-for-the-authenticated-user
        DELETE /user/codespaces/secrets/{} delete-a-secret-for-the-authenticated-user
        GET /user/codespaces/secrets/{} get-a-secret-for-the-authenticated-user
        PUT /user/codespaces/secrets/{} create-or-update-a-secret-for-the-authenticated-user
        GET /user/codespaces/secrets/{}/repositories list-selected-repositories-for-a-user-secret
        PUT /user/codespaces/secrets/{}/repositories set-selected-repositories-for-a-user-secret
        DELETE /user/codespaces/secrets/{}/repositories/{} remove-a-selected-repository-from-a-user-secret
        PUT /user/codespaces/secrets/{}/repositories/{} add-a-selected-repository-to-a-user-secret
    """,
    "collaborators/invitations": """
        GET /user/repository_invitations list-repository-invitations-for-the-authenticated-user
    """,
    "credentials/revoke": """
        POST /credentials/revoke revoke-a-list-of-credentials
    """,
    "dependabot/alerts": """
        GET /orgs/{}/dependabot/alerts list-dependabot-alerts-for-an-organization
    """,
    "dependabot/secrets": """
        GET /orgs/{}/dependabot/secrets list-organization-secrets
        GET /orgs/{}/dependabot/secrets/public-key get-an-organization-public-key
        DELETE /orgs/{}/dependabot/secrets/{} delete-an-organization-secret
        GET /orgs/{}/dependabot/secrets/{} get-an-organization-secret
        PUT /orgs/{}/dependabot/secrets/{} create-or-update-an-organization-secret
        GET /orgs/{}/dependabot/secrets/{}/repositories list-selected-repositories-for-an-organization-secret
        PUT /orgs/{}/dependabot/secrets/{}/repositories set-selected-repositories-for-an-organization-secret
        DELETE /orgs/{}/dependabot/secrets/{}/repositories/{} remove-selected-repository-from-an-organization-secret
        PUT /orgs/{}/dependabot/secrets/{}/repositories/{} add-selected-repository-to-an-organization-secret
    """,
    "gists/gists": """
        GET /gists list-gists-for-the-authenticated-user
    """,
    "issues/issues": """
        GET /issues list-issues-assigned-to-the-authenticated-user
        GET /orgs/{}/issues list-organization-issues-assigned-to-the-authenticated-user
        GET /user/issues list-user-account-issues-assigned-to-the-authenticated-user
    """,
    "meta/meta": """
        GET / github-api-root
        GET /meta get-github-meta-information
        GET /versions get-all-api-versions
        GET /zen get-the-zen-of-github
    """,
    "orgs/members": """
        GET /orgs/{}/invitations list-pending-organization-invitations
        GET /orgs/{}/members list-organization-members
        GET /orgs/{}/public_members list-public-organization-members
        GET /user/memberships/orgs list-organization-memberships-for-the-authenticated-user
        GET /user/memberships/orgs/{} get-an-organization-membership-for-the-authenticated-user
    """,
    "orgs/orgs": """
        GET /orgs/{} get-an-organization
        GET /orgs/{}/installations list-app-installations-for-an-organization
        GET /user/orgs list-organizations-for-the-authenticated-user
    """,
    "orgs/outside-collaborators": """
        GET /orgs/{}/outside_collaborators list-outside-collaborators-for-an-organization
    """,
    "orgs/personal-access-tokens": """
        GET /orgs/{}/personal-access-token-requests
            list-requests-to-access-organization-resources-with-fine-grained-personal-access-tokens
        GET /orgs/{}/personal-access-tokens
            list-fine-grained-personal-access-tokens-with-access-to-organization-resources
        POST /orgs/{}/personal-access-tokens
            update-the-access-to-organization-resources-via-fine-grained-personal-access-tokens
        POST /orgs/{}/personal-access-tokens/{}
            update-the-access-a-fine-grained-personal-access-token-has-to-organization-resources
        GET /orgs/{}/personal-access-tokens/{}/repositories
            list-repositories-a-fine-grained-personal-access-token-has-access-to
    """,
    "orgs/webhooks": """
        GET /orgs/{}/hooks list-organization-webhooks
        POST /orgs/{}/hooks create-an-organization-webhook
        DELETE /orgs/{}/hooks/{} delete-an-organization-webhook
        GET /orgs/{}/hooks/{} get-an-organization-webhook
        PATCH /orgs/{}/hooks/{} update-an-organization-webhook
        GET /orgs/{}/hooks/{}/config get-a-webhook-configuration-for-an-organization
        PATCH /orgs/{}/hooks/{}/config update-a-webhook-configuration-for-an-organization
        GET /orgs/{}/hooks/{}/deliveries list-deliveries-for-an-organization-webhook
        POST /orgs/{}/hooks/{}/pings ping-an-organization-webhook
    """,
    "rate-limit/rate-limit": """
        GET /rate_limit get-rate-limit-status-for-the-authenticated-user
    """,
    "repos/repos": """
        GET /orgs/{}/repos list-organization-repositories
        POST /orgs/{}/repos create-an-organization-repository
        GET /user/repos list-repositories-for-the-authenticated-user
        POST /user/repos create-a-repository-for-the-authenticated-user
        GET /users/{}/repos list-repositories-for-a-user
    """,
    "secret-scanning/secret-scanning": """
        GET /orgs/{}/secret-scanning/alerts list-secret-scanning-alerts-for-an-organization
    """,
    "teams/teams": """
        GET /orgs/{}/teams list-teams
        GET /user/teams list-teams-for-the-authenticated-user
    """,
    "users/emails": """
        GET /user/emails list-email-addresses-for-the-authenticated-user
    """,
    "users/followers": """
        GET /user/followers list-followers-of-the-authenticated-user
        GET /user/following list-the-people-the-authenticated-user-follows
    """,
    "users/keys": """
        GET /user/keys list-public-ssh-keys-for-the-authenticated-user
        POST /user/keys create-a-public-ssh-key-for-the-authenticated-user
        DELETE /user/keys/{} delete-a-public-ssh-key-for-the-authenticated-user
        GET /user/keys/{} get-a-public-ssh-key-for-the-authenticated-user
        GET /users/{}/keys list-public-keys-for-a-user
    """,
    "users/users": """
        GET /user get-the-authenticated-user
        GET /users/{} get-a-user
    """,
}
