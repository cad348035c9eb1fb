"""Batches in the simulated vaults: one transaction, in the words of each age."""

from __future__ import annotations

from tests.vendors.infisical.raw import RAW, Raw, by_age, item, refusal
from tests.vendors.infisical.vaults import (
    PATH,
    TestVault,
)


def test_a_batch_is_one_transaction(vault: TestVault, raw: Raw) -> None:
    assert raw.batch("POST", item("BT2", "2"), item("BT1", "1")).status_code == 200
    body = raw.batch("PATCH", item("BT1", "a"), item("BT2", "b")).json()
    assert {row["secretKey"]: (row["secretValue"], row["version"]) for row in body["secrets"]} == {
        "BT1": ("a", 2),
        "BT2": ("b", 2),
    }
    gone = raw.batch("DELETE", {"secretKey": "BT1"}, {"secretKey": "BT2"})
    assert len(gone.json()["secrets"]) == 2
    assert not any("tags" in row for row in body["secrets"])
    assert vault.states == [{"BT1": "1", "BT2": "2"}, {"BT1": "a", "BT2": "b"}, {}]


def test_a_batch_that_cannot_all_be_done_changes_nothing(vault: TestVault, raw: Raw) -> None:
    vault.put(BT1="1", BT2="2")
    answers = [
        raw.batch("POST", item("NEW"), item("BT1")),
        raw.batch("PATCH", item("BT1"), item("ABSENT")),
        raw.batch("PATCH", item("BT1"), item("BT1")),
        raw.batch("PATCH", item("BT1", newSecretName="BT2")),
        raw.batch("DELETE", {"secretKey": "BT1"}, {"secretKey": "ABSENT"}),
    ]
    where = f"in path '{PATH}' of environment 'prod'"
    assert [refusal(answer) for answer in answers] == [
        (400, "BadRequest", by_age(vault, "Secret already exist: BT1", f"Secret already exists: 'BT1' {where}")),
        (
            404,
            "NotFound",
            by_age(vault, "Secret does not exist: BT1", f"Secret does not exist: ABSENT in path {PATH}"),
        ),
        (404, "NotFound", by_age(vault, "Secret does not exist: BT1", f"Secret does not exist:  in path {PATH}")),
        (400, "BadRequest", "Secret with new name already exists: BT2"),
        (404, "NotFound", f"One or more secrets does not exist: {by_age(vault, 'BT1', 'ABSENT')}"),
    ]
    assert vault.states == [{"BT1": "1", "BT2": "2"}]


def test_a_name_twice_in_a_delete_changes_nothing(vault: TestVault, raw: Raw) -> None:
    vault.put(A="a")
    answer = raw.batch("DELETE", {"secretKey": "A"}, {"secretKey": "A"})
    assert refusal(answer) == by_age(
        vault,
        (404, "NotFound", "One or more secrets does not exist: A"),
        (400, "BadRequest", "Each secret can only be deleted once per request: A"),
    )
    assert vault.values == {"A": "a"}


def test_an_empty_batch_has_the_wrong_shape(vault: TestVault, raw: Raw) -> None:
    for method in ("POST", "PATCH", "DELETE"):
        assert refusal(raw.batch(method))[:2] == (by_age(vault, 401, 422), "ValidationFailure")


def test_a_name_twice_in_a_create_makes_two_rows(vault: TestVault, raw: Raw) -> None:
    assert raw.batch("POST", item("A", "1"), item("A", "2")).status_code == 200
    assert vault.sandbox.rows_named(vault.project_id, "prod", PATH, "A") == 2


def test_today_a_batch_can_create_or_skip_what_is_missing(vault: TestVault, raw: Raw) -> None:
    vault.put(A="a")
    assert raw.batch("PATCH", item("A"), item("B"), mode="ignore").status_code == by_age(vault, 404, 200)
    assert vault.values == by_age(vault, {"A": "a"}, {"A": "x"})
    assert raw.batch("PATCH", item("A"), item("B"), mode="upsert").status_code == by_age(vault, 404, 200)
    assert vault.values == by_age(vault, {"A": "a"}, {"A": "x", "B": "x"})


def test_today_a_batch_can_span_folders(current: TestVault) -> None:
    raw = Raw(current)
    current.put(A="a")
    current.sandbox.put(current.project_id, "prod", "/other", {"B": "b"})
    assert raw.batch("PATCH", item("A", "1"), item("B", "2", secretPath="/other")).status_code == 200
    assert current.values == {"A": "1"}
    assert current.sandbox.values(current.project_id, "prod", "/other") == {"B": "2"}


def test_a_deadlock_is_a_500_with_the_transaction_s_name(vault: TestVault, raw: Raw) -> None:
    vault.put(A="a")
    vault.sandbox.knobs.batch_fails_once = True
    assert refusal(raw.batch("PATCH", item("A"))) == (500, "bulk update secret", "Something went wrong")
    assert vault.values == {"A": "a"}
    assert raw.batch("PATCH", item("A")).status_code == 200


def test_a_rotated_secret_keeps_its_value_in_a_batch(vault: TestVault, raw: Raw) -> None:
    vault.sandbox.put(vault.project_id, "prod", PATH, {"A": "a"}, rotated=True)
    assert raw.batch("PATCH", item("A", "other", newSecretName="B")).status_code == 200
    assert vault.values == {"A": "a"}


def test_a_change_policy_answers_with_an_approval_and_changes_nothing(vault: TestVault, raw: Raw) -> None:
    vault.put(A="a")
    vault.sandbox.knobs.approval_policy = True
    answers = [
        raw.batch("POST", item("B")),
        raw.batch("PATCH", item("A")),
        raw.batch("DELETE", {"secretKey": "A"}),
        raw.send("POST", f"{RAW}/B", secretValue="x"),
        raw.send("PATCH", f"{RAW}/A", secretValue="x"),
        raw.send("DELETE", f"{RAW}/A"),
    ]
    assert [(answer.status_code, answer.json().keys()) for answer in answers] == [(200, {"approval"})] * 6
    assert vault.values == {"A": "a"}
