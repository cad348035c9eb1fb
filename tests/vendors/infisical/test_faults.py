from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import SecretStr

from blocks.errors import (
    Missing,
    RateLimited,
    Refused,
    Rejected,
    RekeyError,
    Transient,
    Unclear,
    Unreachable,
    VendorError,
)
from blocks.vaults.infisical.client import InfisicalClient
from deployments.sandbox import made_up
from deployments.sandbox.faults import FaultKind
from tests.vendors.infisical.vaults import (
    HERE,
    KEY,
    LOGIN,
    LONG_S,
    SECRET,
    SHORT_S,
    TestVault,
    Vaults,
    error_of,
    folder_exists,
    fresh_vault,
    pair,
)

BATCH = ".*/secrets/batch.*"
LIST = "/api/v3/secrets/raw"


@pytest.fixture
def vault(vaults: Vaults) -> Iterator[TestVault]:
    with fresh_vault(vaults, "current") as fresh:
        yield fresh


@pytest.fixture
def client(vault: TestVault, request: pytest.FixtureRequest) -> Iterator[InfisicalClient]:
    """Impatient where the vault is to hang."""
    case = getattr(request.node, "callspec", None)
    hangs = case is not None and case.params.get("kind") is FaultKind.HANG
    with vault.client(SHORT_S if hangs else LONG_S) as made:
        yield made


@pytest.fixture
def before(vault: TestVault) -> dict[str, str]:
    values = {name: value.get_secret_value() for name, value in pair().items()}
    vault.put(**values)
    return values


FAULTS: list[tuple[FaultKind, dict[str, Any], type[VendorError], bool]] = [
    (FaultKind.ANSWER, {"status": 404}, Unclear, True),
    (FaultKind.ANSWER, {"status": 200, "body": []}, Unclear, False),
    (FaultKind.ANSWER, {"status": 200, "body": {}}, Unclear, False),
    (FaultKind.ANSWER, {"status": 200, "body": {"secrets": [{}]}}, Unclear, False),
    (FaultKind.ANSWER, {"status": 200, "body": {"secrets": [{"secretKey": KEY}]}}, Unclear, False),
    (FaultKind.ANSWER, {"status": 200, "body": {"secrets": [{"secretKey": KEY, "updatedAt": "?"}]}}, Unclear, False),
]


@pytest.mark.parametrize(("kind", "fields", "expected", "transient"), FAULTS)
def test_what_is_no_list_of_secrets_is_unclear(
    vault: TestVault,
    client: InfisicalClient,
    kind: FaultKind,
    fields: dict[str, Any],
    expected: type[VendorError],
    transient: bool,
) -> None:
    vault.fault(kind, path=LIST, times=None, **fields)
    error = error_of(expected, lambda: client.read(HERE))
    assert error.transient is transient
    assert error.remedy


def test_a_refusal_of_the_shape_is_no_reason_to_log_in_again(vault: TestVault, client: InfisicalClient) -> None:
    body = {"statusCode": 401, "error": "ValidationFailure", "message": []}
    vault.fault(FaultKind.ANSWER, path=LIST, status=401, body=body)
    assert error_of(Rejected, lambda: client.read(HERE)).status == 401
    assert vault.requests(LOGIN, at_least=1) == 1


def test_a_message_of_the_vendor_is_never_repeated(vault: TestVault, client: InfisicalClient) -> None:
    echoed = made_up.alpaca_secret()
    body = {"statusCode": 400, "error": echoed * 2, "message": echoed, "reqId": f"req {echoed}!"}
    vault.fault(FaultKind.ANSWER, path=LIST, status=400, body=body)
    error = error_of(Rejected, lambda: client.read(HERE))
    assert error.code is None
    assert error.request_id is None


def test_a_token_that_is_refused_again_points_to_the_identity(vault: TestVault, client: InfisicalClient) -> None:
    body = {"statusCode": 403, "error": "TokenError", "message": "invalid signature"}
    vault.fault(FaultKind.ANSWER, path=LIST, status=403, body=body, times=2)
    assert "trusted IP" in error_of(Refused, lambda: client.read(HERE)).remedy
    assert vault.requests(LOGIN, at_least=2) == 2
    assert client.read(HERE) == {}


# Logins


@pytest.mark.parametrize(
    ("kind", "fields", "expected"),
    [
        (FaultKind.HANG, {}, Unreachable),
        (FaultKind.DROP_BEFORE, {}, Unreachable),
        (FaultKind.DROP_AFTER, {}, Unreachable),
        (FaultKind.ANSWER, {"status": 500}, Unclear),
        (FaultKind.ANSWER, {"status": 200, "body": {}}, Unclear),
        (FaultKind.ANSWER, {"status": 200, "body": []}, Unclear),
        (FaultKind.ANSWER, {"status": 200, "body": {"accessToken": "a\nb"}}, Unclear),
        (FaultKind.HTML, {"status": 403}, Unclear),
        (FaultKind.RATE_LIMIT, {}, RateLimited),
        (FaultKind.ANSWER, {"status": 404, "body": {"error": "Not Found"}}, Unclear),
    ],
)
def test_a_login_without_a_clear_no_may_be_tried_again(
    vault: TestVault, client: InfisicalClient, kind: FaultKind, fields: dict[str, Any], expected: type[VendorError]
) -> None:
    vault.fault(kind, path=LOGIN, **fields)
    error_of(expected, lambda: client.read(HERE))
    assert client.read(HERE) == {}


# Writes without a clear answer


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        (FaultKind.DROP_AFTER, {}),
        (FaultKind.ANSWER_AFTER, {"status": 500}),
        (FaultKind.ANSWER_AFTER, {"status": 504}),
        (FaultKind.ANSWER_AFTER, {"status": 302}),
        (FaultKind.ANSWER_AFTER, {"status": 200, "body": []}),
    ],
)
def test_a_write_that_was_applied_counts_whatever_was_answered(
    vault: TestVault, client: InfisicalClient, kind: FaultKind, fields: dict[str, Any]
) -> None:
    for _ in ("create", "replace"):
        wanted = pair()
        vault.fault(kind, path=BATCH, **fields)
        stored = client.write(HERE, wanted)
        assert {name: one.value for name, one in stored.items()} == wanted
    assert len(vault.states) == 2


@pytest.mark.parametrize(
    ("kind", "fields", "expected"),
    [
        (FaultKind.DROP_BEFORE, {}, Unreachable),
        (FaultKind.HANG, {}, Unreachable),
        (FaultKind.ANSWER, {"status": 500}, Unclear),
        # The server says that it was applied and it was not: only the read-back knows.
        (FaultKind.ANSWER, {"status": 200}, Transient),
        (FaultKind.ANSWER, {"status": 400}, Rejected),
        (FaultKind.ANSWER, {"status": 403}, Refused),
        (FaultKind.ANSWER, {"status": 404}, Missing),
        (FaultKind.RATE_LIMIT, {"retry_after_s": 3}, RateLimited),
        (FaultKind.HTML, {"status": 200}, Unclear),
    ],
)
def test_a_write_that_was_not_applied_is_its_own_error(
    vault: TestVault,
    client: InfisicalClient,
    before: dict[str, str],
    kind: FaultKind,
    fields: dict[str, Any],
    expected: type[RekeyError],
) -> None:
    vault.fault(kind, path=BATCH, **fields)
    error_of(expected, lambda: client.write(HERE, pair()))
    assert vault.values == before
    assert len(vault.states) == 1


def test_the_same_pair_again_is_not_taken_for_written_without_a_new_version(
    vault: TestVault, client: InfisicalClient, before: dict[str, str]
) -> None:
    vault.fault(FaultKind.DROP_BEFORE, path=BATCH)
    same = {name: SecretStr(value) for name, value in before.items()}
    error_of(Unreachable, lambda: client.write(HERE, same))


@pytest.mark.usefixtures("before")
def test_a_write_in_doubt_that_cannot_be_read_back_is_the_write_s_error(
    vault: TestVault, client: InfisicalClient
) -> None:
    vault.fault(FaultKind.DROP_AFTER, path=BATCH)
    vault.fault(FaultKind.ANSWER, path=LIST, status=500, skip=1, times=None)
    error = error_of(Unreachable, lambda: client.write(HERE, pair()))
    assert error.operation == "edit secrets"


def test_a_deadlock_changes_nothing_and_the_next_write_works(
    vault: TestVault, client: InfisicalClient, before: dict[str, str]
) -> None:
    vault.sandbox.knobs.batch_fails_once = True
    error = error_of(Unclear, lambda: client.write(HERE, pair()))
    assert (error.code, error.transient) == ("bulk update secret", True)
    assert vault.values == before
    wanted = pair()
    client.write(HERE, wanted)
    assert vault.values == {name: value.get_secret_value() for name, value in wanted.items()}


@pytest.mark.usefixtures("before")
def test_a_delete_that_was_applied_counts_whatever_was_answered(vault: TestVault, client: InfisicalClient) -> None:
    vault.fault(FaultKind.DROP_AFTER, path=BATCH, method="DELETE")
    client.delete(HERE, [KEY, SECRET])
    assert vault.values == {}


def test_a_delete_that_was_not_applied_is_its_own_error(
    vault: TestVault, client: InfisicalClient, before: dict[str, str]
) -> None:
    vault.fault(FaultKind.DROP_BEFORE, path=BATCH, method="DELETE")
    error_of(Unreachable, lambda: client.delete(HERE, [KEY, SECRET]))
    assert vault.values == before


def test_folders_that_cannot_be_read_are_unclear(vault: TestVault, client: InfisicalClient) -> None:
    vault.fault(FaultKind.ANSWER, path="/api/v1/folders", status=200, body={})
    error_of(Unclear, lambda: folder_exists(client, HERE))
