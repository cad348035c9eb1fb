"""Which page of GitHub's documentation is about which operation on a repository's Actions.

From the operations of GitHub's OpenAPI description, as google/go-github lists them (openapi_operations.yaml,
2026-08-21). By page: method, path below a repository and the part of the page. What stands in a path for a name is left
out.
"""

from __future__ import annotations

PAGES = {
    "actions/artifacts": """
        GET /actions/artifacts list-artifacts-for-a-repository
        GET /actions/runs/{}/artifacts list-workflow-run-artifacts
    """,
    "actions/cache": """
        GET /actions/cache/usage get-github-actions-cache-usage-for-a-repository
        GET /actions/caches list-github-actions-caches-for-a-repository
    """,
    "actions/oidc": """
        GET /actions/oidc/customization/sub get-the-customization-template-for-an-oidc-subject-claim-for-a-repository
        PUT /actions/oidc/customization/sub set-the-customization-template-for-an-oidc-subject-claim-for-a-repository
    """,
    "actions/permissions": """
        GET /actions/permissions get-github-actions-permissions-for-a-repository
        PUT /actions/permissions set-github-actions-permissions-for-a-repository
        GET /actions/permissions/workflow get-default-workflow-permissions-for-a-repository
        PUT /actions/permissions/workflow set-default-workflow-permissions-for-a-repository
    """,
    "actions/secrets": """
        GET /actions/organization-secrets list-repository-organization-secrets
        GET /actions/secrets list-repository-secrets
        GET /actions/secrets/public-key get-a-repository-public-key
        DELETE /actions/secrets/{} delete-a-repository-secret
        GET /actions/secrets/{} get-a-repository-secret
        PUT /actions/secrets/{} create-or-update-a-repository-secret
        GET /environments/{}/secrets list-environment-secrets
        GET /environments/{}/secrets/public-key get-an-environment-public-key
        DELETE /environments/{}/secrets/{} delete-an-environment-secret
        GET /environments/{}/secrets/{} get-an-environment-secret
        PUT /environments/{}/secrets/{} create-or-update-an-environment-secret
    """,
    "actions/self-hosted-runners": """
        GET /actions/runners list-self-hosted-runners-for-a-repository
        POST /actions/runners/registration-token create-a-registration-token-for-a-repository
        POST /actions/runners/remove-token create-a-remove-token-for-a-repository
        DELETE /actions/runners/{} delete-a-self-hosted-runner-from-a-repository
        GET /actions/runners/{} get-a-self-hosted-runner-for-a-repository
    """,
    "actions/variables": """
        GET /actions/organization-variables list-repository-organization-variables
        GET /actions/variables list-repository-variables
        POST /actions/variables create-a-repository-variable
        DELETE /actions/variables/{} delete-a-repository-variable
        GET /actions/variables/{} get-a-repository-variable
        PATCH /actions/variables/{} update-a-repository-variable
        GET /environments/{}/variables list-environment-variables
        POST /environments/{}/variables create-an-environment-variable
        DELETE /environments/{}/variables/{} delete-an-environment-variable
        GET /environments/{}/variables/{} get-an-environment-variable
        PATCH /environments/{}/variables/{} update-an-environment-variable
    """,
    "actions/workflow-jobs": """
        GET /actions/jobs/{} get-a-job-for-a-workflow-run
        GET /actions/jobs/{}/logs download-job-logs-for-a-workflow-run
        GET /actions/runs/{}/attempts/{}/jobs list-jobs-for-a-workflow-run-attempt
        GET /actions/runs/{}/jobs list-jobs-for-a-workflow-run
    """,
    "actions/workflow-runs": """
        POST /actions/jobs/{}/rerun re-run-a-job-from-a-workflow-run
        GET /actions/runs list-workflow-runs-for-a-repository
        DELETE /actions/runs/{} delete-a-workflow-run
        GET /actions/runs/{} get-a-workflow-run
        GET /actions/runs/{}/approvals get-the-review-history-for-a-workflow-run
        GET /actions/runs/{}/attempts/{} get-a-workflow-run-attempt
        GET /actions/runs/{}/attempts/{}/logs download-workflow-run-attempt-logs
        POST /actions/runs/{}/cancel cancel-a-workflow-run
        POST /actions/runs/{}/force-cancel force-cancel-a-workflow-run
        GET /actions/runs/{}/logs download-workflow-run-logs
        GET /actions/runs/{}/pending_deployments get-pending-deployments-for-a-workflow-run
        POST /actions/runs/{}/pending_deployments review-pending-deployments-for-a-workflow-run
        POST /actions/runs/{}/rerun re-run-a-workflow
        POST /actions/runs/{}/rerun-failed-jobs re-run-failed-jobs-from-a-workflow-run
        GET /actions/runs/{}/timing get-workflow-run-usage
        GET /actions/workflows/{}/runs list-workflow-runs-for-a-workflow
    """,
    "actions/workflows": """
        GET /actions/workflows list-repository-workflows
        GET /actions/workflows/{} get-a-workflow
        PUT /actions/workflows/{}/disable disable-a-workflow
        POST /actions/workflows/{}/dispatches create-a-workflow-dispatch-event
        PUT /actions/workflows/{}/enable enable-a-workflow
        GET /actions/workflows/{}/timing get-workflow-usage
    """,
}
