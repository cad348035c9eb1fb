"""Clients that others wrote, unchanged, against the simulated vaults; and the shapes of answers."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

from deployments.sandbox import made_up
from tests.vendors.infisical.raw import RAW, Raw, by_age, refusal
from tests.vendors.infisical.vaults import (
    LOGIN,
    PATH,
    SECRET,
    TestVault,
)

# The SDK holds the interpreter's lock during a request, so it cannot run in the process that also serves the vault.
SDK_PROLOGUE = """
import json, sys
import infisical_client as sdk
given = json.load(sys.stdin)
login = sdk.UniversalAuthMethod(client_id=given["clientId"], client_secret=given["clientSecret"])
auth = sdk.AuthenticationOptions(universal_auth=login)
client = sdk.InfisicalClient(sdk.ClientSettings(auth=auth, site_url=given["url"], cache_ttl=0))
place = {"environment": "prod", "project_id": given["projectId"], "path": given["path"]}
"""


# infisical-python 2.3.5, unchanged


def run_sdk(vault: TestVault, program: str, **environment: str) -> Any:
    given = {
        "url": vault.url,
        "clientId": vault.client_id,
        "clientSecret": vault.client_secret,
        "projectId": vault.project_id,
        "path": PATH,
    }
    ended = subprocess.run(
        [sys.executable, "-I", "-c", SDK_PROLOGUE + program],
        input=json.dumps(given),
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert ended.returncode == 0, ended.stderr[-2000:]
    return json.loads(ended.stdout)


def test_the_sdk_creates_reads_lists_updates_and_deletes(vault: TestVault) -> None:
    program = """
client.createSecret(sdk.CreateSecretOptions(secret_name="A", secret_value="one", **place))
got = client.getSecret(sdk.GetSecretOptions(secret_name="A", **place))
client.updateSecret(sdk.UpdateSecretOptions(secret_name="A", secret_value="two", **place))
listed = client.listSecrets(sdk.ListSecretsOptions(**place))
client.createSecret(sdk.CreateSecretOptions(secret_name="B", secret_value="b", **place))
gone = client.deleteSecret(sdk.DeleteSecretOptions(secret_name="A", **place))
print(json.dumps([got.secret_value, got.version, got.is_fallback,
                  [[one.secret_key, one.secret_value, one.version] for one in listed], gone.secret_key]))
"""
    assert run_sdk(vault, program) == ["one", 1, False, [["A", "two", 2]], "A"]
    assert vault.values == {"B": "b"}


def test_the_sdk_takes_a_missing_secret_from_the_environment(vault: TestVault) -> None:
    """The hazard that rekey's reader guards against, as it is in a plain process."""
    program = """
got = client.getSecret(sdk.GetSecretOptions(secret_name="ABSENT", **place))
print(json.dumps([got.secret_value, got.version, got.is_fallback]))
"""
    assert run_sdk(vault, program, ABSENT="from the environment") == ["from the environment", 0, True]


def test_the_sdk_raises_a_bare_exception_when_the_environment_has_no_such_name(vault: TestVault) -> None:
    program = """
try:
    client.getSecret(sdk.GetSecretOptions(secret_name="ABSENT", **place))
except Exception as error:
    print(json.dumps([type(error) is Exception, str(error)]))
"""
    bare, text = run_sdk(vault, program)
    assert bare
    assert "ABSENT" in text


def test_the_sdk_lists_what_imports_bring_in(vault: TestVault, raw: Raw) -> None:
    vault.put(OWN="own", BOTH="own")
    vault.sandbox.put(vault.project_id, "dev", "/", {"A": "a", "BOTH": "theirs"})
    place = {"workspaceId": vault.project_id, "environment": "prod", "path": PATH}
    raw.http.post("/api/v1/secret-imports", json={**place, "import": {"environment": "dev", "path": "/"}})
    program = """
listed = client.listSecrets(sdk.ListSecretsOptions(include_imports=True, **place))
got = client.getSecret(sdk.GetSecretOptions(secret_name="A", include_imports=True, **place))
print(json.dumps([sorted([one.secret_key, one.secret_value] for one in listed), got.secret_value]))
"""
    listed, got = run_sdk(vault, program)
    assert (listed, got) == ([["A", "a"], ["BOTH", "own"], ["OWN", "own"]], "a")


# curl, as a runbook uses it


def test_curl_logs_in_and_reads_a_secret(vault: TestVault) -> None:
    vault.put(**{SECRET: made_up.alpaca_secret()})
    credentials = {"clientId": vault.client_id, "clientSecret": vault.client_secret}
    login = curl(json.dumps(credentials), "-X", "POST", "-d", "@-", vault.url + LOGIN)
    query = f"workspaceId={vault.project_id}&environment=prod&secretPath={PATH}"
    header = f"Authorization: Bearer {login['accessToken']}"
    body = curl(header, "-H", "@-", f"{vault.url}{RAW}/{SECRET}?{query}")
    assert body["secret"]["secretValue"] == vault.values[SECRET]


def curl(standard_input: str, *arguments: str) -> Any:
    ended = subprocess.run(
        ["curl", "--silent", "--fail", "--noproxy", "*", "-H", "Content-Type: application/json", *arguments],
        input=standard_input,
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )
    return json.loads(ended.stdout)


# Shapes


def test_single_answers_have_the_fields_of_their_age(vault: TestVault, raw: Raw) -> None:
    created = raw.send("POST", f"{RAW}/A", secretValue="a", secretComment="why")
    assert created.status_code == 200
    got = raw.get(f"{RAW}/A").json()["secret"]
    assert {"id", "_id", "workspace", "environment", "version", "type", "updatedAt", "tags"} <= got.keys()
    assert (got["secretKey"], got["secretValue"], got["secretComment"], got["version"]) == ("A", "a", "why", 1)
    assert ("metadata" in got) is (vault.profile == "2024")
    assert ("secretPath" in got) is (vault.profile == "current")
    assert got.get("secretValueHidden") is by_age(vault, None, current=False)
    assert "secretValueHidden" not in created.json()["secret"]


def test_an_update_s_answer_echoes_the_request(raw: Raw) -> None:
    raw.send("POST", f"{RAW}/A", secretValue="a", secretComment="why")
    assert raw.send("PATCH", f"{RAW}/A", secretValue="b").json()["secret"]["secretComment"] == ""
    assert raw.get(f"{RAW}/A").json()["secret"]["secretComment"] == "why"


def test_a_list_is_in_the_order_of_ids(vault: TestVault, raw: Raw) -> None:
    vault.put(**{f"NAME_{number}": "x" for number in range(20)})
    ids = [row["id"] for row in raw.get(RAW).json()["secrets"]]
    assert ids == sorted(ids)
    assert {row["secretPath"] for row in raw.get(RAW).json()["secrets"]} == {PATH}


def test_a_recursive_list_shows_the_folders_below(vault: TestVault, raw: Raw) -> None:
    vault.put(A="a")
    vault.sandbox.put(vault.project_id, "prod", f"{PATH}/deep/er", {"B": "b"})
    vault.sandbox.put(vault.project_id, "prod", f"{PATH}x", {"C": "c"})
    rows = raw.get(RAW, recursive="true").json()["secrets"]
    assert {row["secretKey"]: row["secretPath"] for row in rows} == {"A": PATH, "B": f"{PATH}/deep/er"}


def test_imports_are_listed_when_asked_for(vault: TestVault, raw: Raw) -> None:
    assert ("imports" in raw.get(RAW).json()) is (vault.profile == "current")
    assert raw.get(RAW, include_imports="true").json()["imports"] == []


def test_a_project_is_chosen_by_id_or_slug(vault: TestVault, raw: Raw) -> None:
    slug = vault.sandbox.slug_of(vault.project_id)
    place = {"environment": "prod", "secretPath": PATH}
    assert raw.http.get(RAW, params={"workspaceSlug": slug, **place}).status_code == 200
    fields = {"projectSlug": slug, "secretValue": "x", **place}
    assert raw.http.post(f"{RAW}/A", json=fields).status_code == 200
    assert refusal(raw.http.get(RAW, params=place)) == (
        400,
        "BadRequest",
        "You must provide workspaceSlug or workspaceId",
    )


def test_an_entity_tag_saves_the_body_and_head_works(vault: TestVault, raw: Raw) -> None:
    vault.put(A="a")
    tag = raw.get(f"{RAW}/A").headers["etag"]
    raw.http.headers["If-None-Match"] = tag
    assert raw.get(f"{RAW}/A").status_code == 304
    vault.put(A="b")
    assert raw.get(f"{RAW}/A").status_code == 200
    place = {"workspaceId": vault.project_id, "environment": "prod", "secretPath": PATH}
    head = raw.http.head(f"{RAW}/A", params=place)
    assert (head.status_code, head.content) == (200, b"")


def test_v4_is_there_today_and_an_unknown_route_in_2024(vault: TestVault, raw: Raw) -> None:
    vault.put(A="a")
    place = {"projectId": vault.project_id, "environment": "prod", "secretPath": PATH}
    answer = raw.http.get("/api/v4/secrets", params=place)
    if vault.profile == "2024":
        assert refusal(answer)[1] == "Not Found"
        return
    assert [row["secretKey"] for row in answer.json()["secrets"]] == ["A"]
    items = [{"secretKey": "A", "secretValue": "b"}]
    assert raw.http.patch("/api/v4/secrets/batch", json={**place, "secrets": items}).status_code == 200
    assert raw.http.get("/api/v4/secrets/A", params=place).json()["secret"]["version"] == 2
    assert raw.http.get("/api/v4/secrets", params={**place, "projectId": "x"}).status_code == 404
    # Optional in the schemas of reads (the vault's own source), and missed afterwards: 400, where a write has 422.
    for missing in ("projectId", "environment"):
        rest = {name: value for name, value in place.items() if name != missing}
        wanted = (400, "BadRequest", "Missing project id or environment")
        assert refusal(raw.http.get("/api/v4/secrets", params=rest)) == wanted
        assert raw.http.post("/api/v4/secrets/B", json={**rest, "secretValue": "x"}).status_code == 422
    assert refusal(raw.http.get("/api/v4/secrets/A", params=rest)) == (400, "BadRequest", "Missing environment")
    del place["projectId"]
    assert raw.http.get("/api/v4/secrets/A", params=place).status_code == 422
