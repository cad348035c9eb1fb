"""Plain requests to a simulated vault, and its answers in short."""

from __future__ import annotations

from typing import Any

import httpx

from tests.vendors.infisical.vaults import LOGIN, PATH, TestVault

# Loading the certificate authorities takes longer than most of these tests.
_TLS = httpx.create_ssl_context(trust_env=False)
NONE_KEPT = httpx.Limits(max_keepalive_connections=0)
RAW, BATCH = "/api/v3/secrets/raw", "/api/v3/secrets/batch/raw"


class Raw:
    """Plain requests with a token."""

    def __init__(self, vault: TestVault) -> None:
        self.vault = vault
        # It keeps no connection, so none is left to the garbage collector.
        self.http = httpx.Client(base_url=vault.url, trust_env=False, verify=_TLS, limits=NONE_KEPT)
        self.log_in()

    def log_in(self) -> httpx.Response:
        """Log in; later requests carry the new token."""
        answer = self.http.post(
            LOGIN, json={"clientId": self.vault.client_id, "clientSecret": self.vault.client_secret}
        )
        if answer.status_code == 200:
            self.http.headers["Authorization"] = f"Bearer {answer.json()['accessToken']}"
        return answer

    def get(self, path: str, **params: Any) -> httpx.Response:
        """A read in the folder of the pair."""
        place = {"workspaceId": self.vault.project_id, "environment": "prod", "secretPath": PATH}
        return self.http.get(path, params={**place, **params})

    def send(self, method: str, path: str, **fields: Any) -> httpx.Response:
        """A write in the folder of the pair."""
        place = {"workspaceId": self.vault.project_id, "environment": "prod", "secretPath": PATH}
        return self.http.request(method, path, json={**place, **fields})

    def batch(self, method: str, *items: dict[str, Any], **fields: Any) -> httpx.Response:
        """A write of several secrets."""
        return self.send(method, BATCH, secrets=list(items), **fields)


def by_age(vault: TestVault, old: Any, current: Any) -> Any:
    return old if vault.profile == "2024" else current


def refusal(answer: httpx.Response) -> tuple[int, str, Any]:
    body = answer.json()
    assert body["statusCode"] == answer.status_code
    return answer.status_code, body["error"], body["message"]


def item(name: str, value: str = "x", **fields: Any) -> dict[str, Any]:
    return {"secretKey": name, "secretValue": value, **fields}
