"""Values, versions, names and paths in the simulated vaults of both ages."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.vendors.infisical.raw import RAW, Raw, by_age, refusal
from tests.vendors.infisical.vaults import (
    PATH,
    TestVault,
)


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        ("  p \t ", "p"),
        (" p \n", "p\n"),
        ("\ufeffp\u00a0", "p"),
        ("\n", "\n"),
        ("", ""),
        ('é "q" \\ \t x', 'é "q" \\ \t x'),
        ("${A}", "${A}"),
    ],
)
def test_a_value_is_trimmed_on_every_write(vault: TestVault, raw: Raw, sent: str, stored: str) -> None:
    raw.send("POST", f"{RAW}/A", secretValue=sent)
    raw.batch("POST", {"secretKey": "B", "secretValue": sent})
    raw.batch("POST", {"secretKey": "C", "secretValue": "x"})
    raw.batch("PATCH", {"secretKey": "C", "secretValue": sent})
    assert vault.values == {"A": stored, "B": stored, "C": stored}
    assert raw.get(f"{RAW}/A").json()["secret"]["secretValue"] == stored


def test_references_are_resolved_only_when_asked_for(vault: TestVault, raw: Raw) -> None:
    vault.put(A="a", B="${A}-${ABSENT}-${staging.x.A}")
    vault.sandbox.put(vault.project_id, "staging", "/x", {"A": "other"})
    assert raw.get(f"{RAW}/B").json()["secret"]["secretValue"] == "${A}-${ABSENT}-${staging.x.A}"
    expanded = raw.get(f"{RAW}/B", expandSecretReferences="true").json()["secret"]["secretValue"]
    assert expanded == "a-${ABSENT}-other"


def expanded_in(raw: Raw) -> dict[str, str]:
    listed = raw.get(RAW, expandSecretReferences="true").json()["secrets"]
    return {row["secretKey"]: row["secretValue"] for row in listed}


def test_a_reference_in_what_a_reference_brings_in_is_followed_from_the_folder_that_holds_it(
    vault: TestVault, raw: Raw
) -> None:
    vault.put(A="${B}", B="${C}", C="end", D="${staging.x.A}", E="not ${C}")
    vault.sandbox.put(vault.project_id, "staging", "/x", {"A": "${E}-${prod.MooseQuest.alpaca.A}", "E": "theirs"})

    assert expanded_in(raw) == {"A": "end", "B": "end", "C": "end", "D": "theirs-end", "E": "not end"}
    by_name = raw.get(f"{RAW}/A", expandSecretReferences="true").json()["secret"]["secretValue"]
    assert by_name == "end"


def test_references_in_a_circle_are_put_in_once_more_and_stay(vault: TestVault, raw: Raw) -> None:
    vault.put(A="${A}", B="${C}.", C="${B}-")

    assert expanded_in(raw) == {"A": "${A}", "B": "${C}.-.", "C": "${B}-.-"}


def test_references_are_followed_ten_deep_and_today_names_may_be_made_of_them(vault: TestVault, raw: Raw) -> None:
    """The chain is that of the vault's own tests: of twelve the first is resolved, of thirteen it is not."""
    vault.put(**{f"S{number}": f"${{S{number + 1}}}" for number in range(13)}, S13="end", NAME="S13", T="${${NAME}}")
    vault.put(**{"MY KEY": "spaced", "A": "${MY KEY}", "B": "${ NAME }"})

    found = expanded_in(raw)

    assert (found["S3"], found["S2"]) == ("end", "end")
    assert (found["S1"], found["S0"]) == ("${S13}", "${S12}")
    assert found["T"] == by_age(vault, "${${NAME}}", "end")
    assert (found["A"], found["B"]) == ("spaced", "${ NAME }")


def test_every_patch_is_a_new_version_also_with_an_equal_value(vault: TestVault, raw: Raw) -> None:
    vault.put(A="a")
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: raw.send("PATCH", f"{RAW}/A", secretValue="a"), range(8)))
    assert sorted(answer.json()["secret"]["version"] for answer in answers) == [2, 3, 4, 5, 6, 7, 8, 9]


def test_a_version_is_ignored_in_2024_and_looked_up_today(vault: TestVault, raw: Raw) -> None:
    raw.send("POST", f"{RAW}/A", secretValue="one")
    raw.send("PATCH", f"{RAW}/A", secretValue="two")
    assert raw.get(f"{RAW}/A", version=1).json()["secret"]["secretValue"] == by_age(vault, "two", "one")
    assert raw.get(f"{RAW}/A", version=99).status_code == by_age(vault, 200, 404)
    assert raw.get(f"{RAW}/A", version="x").status_code == by_age(vault, 401, 422)


def test_a_name_that_comes_again_starts_at_version_one_with_another_id(raw: Raw) -> None:
    first = raw.send("POST", f"{RAW}/A", secretValue="a").json()["secret"]
    assert raw.send("DELETE", f"{RAW}/A").json()["secret"]["secretKey"] == "A"
    second = raw.send("POST", f"{RAW}/A", secretValue="a").json()["secret"]
    assert second["version"] == 1
    assert second["id"] != first["id"]


def test_a_patch_without_a_value_came_later(vault: TestVault, raw: Raw) -> None:
    vault.put(A="a")
    assert raw.send("PATCH", f"{RAW}/A", secretComment="why").status_code == by_age(vault, 401, 200)
    assert vault.values == {"A": "a"}


def test_a_rename_is_a_new_version_and_refuses_a_taken_name(vault: TestVault, raw: Raw) -> None:
    vault.put(A="a", B="b")
    taken = by_age(vault, "Secret with the new name already exist", "Secret with the new name already exists")
    assert refusal(raw.send("PATCH", f"{RAW}/A", secretValue="a", newSecretName="B")) == (400, "BadRequest", taken)
    assert raw.send("PATCH", f"{RAW}/A", secretValue="a", newSecretName="").status_code == by_age(vault, 400, 422)
    assert raw.send("PATCH", f"{RAW}/A", secretValue="a", newSecretName="C").json()["secret"]["version"] == 2
    assert vault.values == {"B": "b", "C": "a"}


@pytest.mark.parametrize(("quoted", "name"), [("A%2FB", "A/B"), ("A%3AB", "A:B")])
def test_a_name_with_colon_or_slash_was_fine_in_2024_only(vault: TestVault, raw: Raw, quoted: str, name: str) -> None:
    assert raw.send("POST", f"{RAW}/{quoted}", secretValue="x").status_code == by_age(vault, 200, 422)
    assert vault.values == by_age(vault, {name: "x"}, {})
    assert raw.batch("POST", {"secretKey": name + "2", "secretValue": "x"}).status_code == by_age(vault, 200, 422)


def test_a_name_with_other_marks_is_fine(vault: TestVault, raw: Raw) -> None:
    assert raw.send("POST", f"{RAW}/%C3%A9%20x", secretValue="x").status_code == 200
    assert vault.values == {"é x": "x"}


def test_a_plain_slash_in_a_name_is_another_route(raw: Raw) -> None:
    assert refusal(raw.get(f"{RAW}/A/B"))[1] == "Not Found"


def test_a_project_may_demand_capital_names_today(current: TestVault) -> None:
    project_id = current.sandbox.add_project(enforce_capitalization=True)
    current.sandbox.set_permissions(current.client_id, project_id, {"create", "edit", "read"})
    raw = Raw(current)
    place = {"workspaceId": project_id, "secretPath": "/", "secretValue": "x"}
    assert raw.send("POST", f"{RAW}/lower", **place).status_code == 400
    assert raw.send("POST", f"{RAW}/UPPER", **place).status_code == 200


def test_a_path_loses_its_trailing_slash_and_needs_its_leading_one(vault: TestVault, raw: Raw) -> None:
    vault.put(A="a")
    assert raw.get(f"{RAW}/A", secretPath=PATH + "/").status_code == 200
    assert raw.get(f"{RAW}/A", secretPath=PATH[1:]).status_code == 404


def test_a_write_does_not_create_folders(raw: Raw) -> None:
    assert raw.send("POST", f"{RAW}/A", secretValue="x", secretPath="/new").status_code == 404


def test_folders_are_created_with_parents_once(vault: TestVault, raw: Raw) -> None:
    fields = {"workspaceId": vault.project_id, "environment": "prod", "path": "/a/b/", "name": "c"}
    first, second = (raw.http.post("/api/v1/folders", json=fields) for _ in range(2))
    assert (first.status_code, second.status_code) == (200, by_age(vault, 200, 400))
    params = {"workspaceId": vault.project_id, "environment": "prod", "path": "/a/b"}
    assert [f["name"] for f in raw.http.get("/api/v1/folders", params=params).json()["folders"]] == ["c"]
    assert raw.http.get("/api/v1/folders", params={**params, "path": "/nope"}).json() == {"folders": []}
    assert raw.http.get("/api/v1/folders", params={**params, "environment": "nope"}).status_code == 404
    assert raw.http.post("/api/v1/folders", json={**fields, "environment": "nope"}).status_code == 404
    assert raw.http.post("/api/v1/folders", json={**fields, "name": "a/b"}).status_code == by_age(vault, 200, 422)


def test_concurrent_creates_of_one_name_all_succeed(vault: TestVault, raw: Raw) -> None:
    vault.sandbox.knobs.create_takes_s = 0.5
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda n: raw.send("POST", f"{RAW}/A", secretValue=str(n)), range(8)))
    assert [answer.status_code for answer in answers] == [200] * 8
    assert vault.sandbox.rows_named(vault.project_id, "prod", PATH, "A") == 8
    assert len(raw.get(RAW).json()["secrets"]) == 8
    assert raw.get(f"{RAW}/A").status_code == 200
