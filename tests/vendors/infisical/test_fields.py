"""Which fields of a request the simulated vaults refuse and in which shape, and which ones they keep and search."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.vendors.infisical.raw import RAW, Raw, by_age, item, refusal
from tests.vendors.infisical.vaults import PATH, TestVault


def issues(vault: TestVault, answer: httpx.Response) -> Any:
    """What is wrong with the fields, in the status of the age."""
    status, error, found = refusal(answer)
    assert (status, error) == (by_age(vault, 401, 422), "ValidationFailure")
    return found


def secret(raw: Raw, name: str, path: str = f"{RAW}/") -> dict[str, Any]:
    found: dict[str, Any] = raw.get(f"{path}{name}").json()["secret"]
    return found


def names(answer: httpx.Response) -> set[str]:
    assert answer.status_code == 200
    return {row["secretKey"] for row in answer.json()["secrets"]}


@pytest.mark.parametrize(
    ("method", "field"),
    [
        ("POST", "secretComment"),
        ("POST", "secretPath"),
        ("POST", "tagIds"),
        ("PATCH", "secretComment"),
        ("PATCH", "secretValue"),
        ("PATCH", "newSecretName"),
        ("PATCH", "skipMultilineEncoding"),
    ],
)
def test_what_may_be_absent_may_not_be_null_for_that(vault: TestVault, raw: Raw, method: str, field: str) -> None:
    vault.put(A="a")
    name = "B" if method == "POST" else "A"
    (issue,) = issues(vault, raw.send(method, f"{RAW}/{name}", **{"secretValue": "x", field: None}))
    kind = {"tagIds": "array", "skipMultilineEncoding": "boolean"}.get(field, "string")
    assert issue == {
        "code": "invalid_type",
        "expected": kind,
        "received": "null",
        "path": [field],
        "message": f"Expected {kind}, received null",
    }
    assert vault.values == {"A": "a"}


def test_a_create_takes_null_for_a_few(vault: TestVault, raw: Raw) -> None:
    nothing = dict.fromkeys(("skipMultilineEncoding", "secretReminderNote", "secretReminderRepeatDays"))
    assert raw.send("POST", f"{RAW}/A", secretValue="a", **nothing).status_code == 200
    assert secret(raw, "A")["skipMultilineEncoding"] is None
    assert vault.values == {"A": "a"}


@pytest.mark.parametrize(
    ("value", "received"),
    [(7, "number"), (1.5, "number"), (True, "boolean"), (["x"], "array"), ({"x": "y"}, "object")],
)
def test_a_wrong_type_is_told_in_the_names_of_javascript(vault: TestVault, raw: Raw, value: Any, received: str) -> None:
    (issue,) = issues(vault, raw.batch("POST", item("A"), {"secretKey": "B", "secretValue": value}))
    assert (issue["path"], issue["received"]) == (["secrets", 1, "secretValue"], received)
    assert issue["message"] == f"Expected string, received {received}"


def test_what_is_missing_too_short_or_none_of_the_choices_has_its_own_code(vault: TestVault, raw: Raw) -> None:
    (missing,) = issues(vault, raw.send("POST", f"{RAW}/A"))
    assert (missing["code"], missing["received"], missing["message"]) == ("invalid_type", "undefined", "Required")
    (empty,) = issues(vault, raw.batch("POST"))
    assert (empty["code"], empty["minimum"], empty["type"]) == ("too_small", 1, "array")
    (flag,) = issues(vault, raw.get(RAW, expandSecretReferences="yes"))
    assert flag == {
        "received": "yes",
        "code": "invalid_enum_value",
        "options": ["true", "false"],
        "path": ["expandSecretReferences"],
        "message": "Invalid enum value. Expected 'true' | 'false', received 'yes'",
    }
    (kind,) = issues(vault, raw.send("DELETE", f"{RAW}/A", type="ours"))
    assert (kind["code"], kind["options"]) == ("invalid_enum_value", ["shared", "personal"])
    (version,) = issues(vault, raw.get(f"{RAW}/A", version="x"))
    assert (version["code"], version["received"]) == ("invalid_type", "nan")


def test_today_a_name_is_refused_before_the_body_is_looked_at(current: TestVault) -> None:
    (issue,) = issues(current, Raw(current).send("POST", f"{RAW}/A%3AB"))
    assert (issue["code"], issue["path"]) == ("custom", ["secretName"])
    assert issue["message"] == "Secret name cannot contain colon or forward slash."


@pytest.mark.parametrize("base", [f"{RAW}/id/", "/api/v4/secrets/id/"])
def test_today_a_secret_is_read_by_its_id(vault: TestVault, raw: Raw, base: str) -> None:
    vault.put(A="${B}", B="b")
    by_name = secret(raw, "A")
    answer = raw.http.get(base + by_name["id"])
    if vault.profile == "2024":
        assert refusal(answer)[1] == "Not Found"
        return
    del by_name["secretValueHidden"]
    assert answer.json()["secret"] == by_name
    assert by_name["secretPath"] == PATH
    unknown = raw.http.get(f"{base}nothing")
    assert refusal(unknown) == (404, "GetSecretById", "Secret with ID 'nothing' not found")
    assert refusal(raw.http.get(f"{base}{by_name['id']}/more"))[1] == "Not Found"
    assert refusal(raw.send("PATCH", base + by_name["id"], secretValue="x"))[1] == "Not Found"
    vault.sandbox.set_permissions(vault.client_id, vault.project_id, set())
    assert refusal(raw.http.get(base + by_name["id"]))[:2] == (403, "PermissionDenied")


def test_a_name_that_begins_like_an_id_is_still_a_name(vault: TestVault, raw: Raw) -> None:
    vault.put(**{"id/A": "a", "id": "b"})
    assert secret(raw, "id%2FA")["secretValue"] == "a"
    assert secret(raw, "id")["secretValue"] == "b"


def test_a_reminder_and_how_lines_are_written_are_kept(vault: TestVault, raw: Raw) -> None:
    further = {"skipMultilineEncoding": True, "secretReminderNote": "rotate it", "secretReminderRepeatDays": 30}
    made = raw.send("POST", f"{RAW}/A", secretValue="${B}", **further).json()["secret"]
    vault.put(B="one\ntwo")
    assert {name: made[name] for name in further} == further
    assert further.items() <= secret(raw, "A").items()
    (row,) = [one for one in raw.get(RAW).json()["secrets"] if one["secretKey"] == "A"]
    assert further.items() <= row.items()
    expanded = raw.get(f"{RAW}/A", expandSecretReferences="true").json()["secret"]["secretValue"]
    assert expanded == '"one\\ntwo"'

    raw.send("PATCH", f"{RAW}/A", secretValue="a", secretReminderNote=None, skipMultilineEncoding=False)
    kept = {"skipMultilineEncoding": False, "secretReminderNote": None, "secretReminderRepeatDays": 30}
    assert kept.items() <= secret(raw, "A").items()
    raw.batch("PATCH", item("A", secretReminderRepeatDays=7))
    assert {**kept, "secretReminderRepeatDays": 7}.items() <= secret(raw, "A").items()


def test_today_a_note_is_at_most_1024_characters_long(current: TestVault) -> None:
    raw = Raw(current)
    assert raw.send("POST", f"{RAW}/A", secretValue="a", secretReminderNote="x" * 1024).status_code == 200
    (issue,) = issues(current, raw.send("PATCH", f"{RAW}/A", secretReminderNote="x" * 1025))
    assert (issue["code"], issue["path"]) == ("too_big", ["secretReminderNote"])
    assert issue["message"] == "Secret reminder note cannot exceed 1024 characters"


def test_metadata_came_later_and_is_kept_replaced_and_shown_by_reads_alone(vault: TestVault, raw: Raw) -> None:
    pairs = [{"key": " team ", "value": "trading"}, {"key": "pin", "value": "4711", "isEncrypted": True}]
    answer = raw.send("POST", f"{RAW}/A", secretValue="a", secretMetadata=pairs)
    assert "secretMetadata" not in answer.json()["secret"]
    found = secret(raw, "A")
    if vault.profile == "2024":
        assert "secretMetadata" not in found
        return
    shown = [
        {"key": "team", "value": "trading", "isEncrypted": False},
        {"key": "pin", "value": "4711", "isEncrypted": True},
    ]
    assert found["secretMetadata"] == shown == raw.get(RAW).json()["secrets"][0]["secretMetadata"]
    raw.send("PATCH", f"{RAW}/A", secretComment="why")
    assert secret(raw, "A")["secretMetadata"] == shown
    raw.batch("PATCH", {"secretKey": "A", "secretMetadata": []})
    assert secret(raw, "A")["secretMetadata"] == []
    wrong: list[Any] = [{"value": "x"}, {"key": ""}, {"key": "a", "value": 1}, "x"]
    found_wrong = issues(vault, raw.send("PATCH", f"{RAW}/A", secretMetadata=wrong))
    assert [(one["code"], one["path"][1:]) for one in found_wrong] == [
        ("invalid_type", [0, "key"]),
        ("too_small", [1, "key"]),
        ("invalid_type", [2, "value"]),
        ("invalid_type", [3]),
    ]


def test_a_list_is_of_the_secrets_with_the_metadata_today(vault: TestVault, raw: Raw) -> None:
    for name, pairs in {
        "A": [{"key": "team", "value": "one"}, {"key": "kind", "value": "paper"}],
        "B": [{"key": "team", "value": "one"}],
        "C": [{"key": "team", "value": "one", "isEncrypted": True}],
    }.items():
        assert raw.batch("POST", item(name, secretMetadata=pairs)).status_code == 200
    every = {"A", "B", "C"}
    for wanted, found in {
        "key=team,value=one": {"A", "B"},
        "key=team,value=one|value=paper,key=kind": {"A"},
        "key=team,value=two": set(),
        "key=team": every,
        "": every,
    }.items():
        assert names(raw.get(RAW, metadataFilter=wanted)) == by_age(vault, every, found), wanted
    many = raw.get(RAW, metadataFilter="|".join(["key=a,value=b"] * 11))
    assert many.status_code == by_age(vault, 200, 422)


def test_a_list_is_of_the_secrets_with_one_of_the_tags(vault: TestVault, raw: Raw) -> None:
    paper, live = (vault.sandbox.add_tag(vault.project_id, slug) for slug in ("paper", "live"))
    raw.send("POST", f"{RAW}/A", secretValue="a", tagIds=[paper])
    raw.send("POST", f"{RAW}/B", secretValue="b", tagIds=[live])
    raw.send("POST", f"{RAW}/C", secretValue="c")
    assert [names(raw.get(RAW, tagSlugs=slugs)) for slugs in ("paper", "live, paper", "none", "")] == [
        {"A"},
        {"A", "B"},
        set(),
        {"A", "B", "C"},
    ]
    assert secret(raw, "A")["tags"] == [{"id": paper, "slug": "paper", "color": None, "name": "paper"}]
    raw.send("PATCH", f"{RAW}/A", secretValue="a", tagIds=[])
    assert secret(raw, "A")["tags"] == []
    for answer in (
        raw.send("PATCH", f"{RAW}/A", secretValue="x", tagIds=[live, "none"]),
        raw.batch("POST", item("D", tagIds=["none", live])),
    ):
        assert refusal(answer) == (404, "NotFound", "Tag not found. Found live")
    assert vault.values == {"A": "a", "B": "b", "C": "c"}
