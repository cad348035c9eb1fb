"""The twin of Secrets Manager and Parameter Store before boto3: what is documented of its operations and refusals."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from botocore.client import BaseClient
from botocore.config import Config
from botocore.exceptions import ClientError

from deployments.sandbox.aws.app import REGION, AwsAccount
from deployments.sandbox.server import SandboxServer

FIRST, SECOND, THIRD = ("1" * 32, "2" * 32, "3" * 32)


@pytest.fixture
def server(account: AwsAccount) -> Iterator[SandboxServer]:
    made = SandboxServer({"secretsmanager": account.secrets_app(), "ssm": account.parameters_app()})
    made.start()
    yield made
    made.stop()


def asked(server: SandboxServer, account: AwsAccount, service: str) -> Any:
    session = boto3.session.Session(account.key_id, account.secret_key, region_name=REGION)
    # What botocore would not even send is AWS's to refuse here.
    config = Config(retries={"max_attempts": 1}, proxies={}, read_timeout=5, parameter_validation=False)
    return session.client(service, endpoint_url=server.url(service), config=config)


@pytest.fixture
def secrets(server: SandboxServer, account: AwsAccount) -> Iterator[Any]:
    client = asked(server, account, "secretsmanager")
    yield client
    client.close()


@pytest.fixture
def parameters(server: SandboxServer, account: AwsAccount) -> Iterator[Any]:
    client = asked(server, account, "ssm")
    yield client
    client.close()


def refusal(client: BaseClient, operation: str, **fields: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as refused:
        getattr(client, operation)(**fields)
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    error = refused.value.response["Error"]
    return error["Code"], error["Message"]


def test_a_secret_is_read_by_its_arn_and_by_a_part_of_it_and_the_next_of_its_name_has_another(secrets: Any) -> None:
    arn = secrets.create_secret(Name="prod/app", SecretString="a")["ARN"]

    for one in (arn, arn[:-7], "prod/app"):
        assert secrets.get_secret_value(SecretId=one)["SecretString"] == "a"
    secrets.delete_secret(SecretId=arn, ForceDeleteWithoutRecovery=True)
    other = secrets.create_secret(Name="prod/app", SecretString="b")["ARN"]

    assert other[:-6] == arn[:-6]
    assert other != arn
    assert refusal(secrets, "get_secret_value", SecretId=arn)[0] == "ResourceNotFoundException"


def test_a_secret_may_have_no_value_and_may_hold_bytes(secrets: Any) -> None:
    made = secrets.create_secret(Name="empty")
    assert "VersionId" not in made
    assert "VersionIdsToStages" not in secrets.describe_secret(SecretId="empty")
    code, told = refusal(secrets, "get_secret_value", SecretId="empty")
    assert (code, told.endswith("AWSCURRENT")) == ("ResourceNotFoundException", True)

    secrets.put_secret_value(SecretId="empty", SecretBinary=b"\x00\xff", VersionStages=["AWSPENDING"])
    read = secrets.get_secret_value(SecretId="empty")

    assert (read["SecretBinary"], "SecretString" in read) == (b"\x00\xff", False)
    assert sorted(read["VersionStages"]) == ["AWSCURRENT", "AWSPENDING"]
    secrets.create_secret(Name="bytes", SecretBinary=b"a")
    assert secrets.get_secret_value(SecretId="bytes")["SecretBinary"] == b"a"


def test_names_and_values_have_limits(secrets: Any) -> None:
    for name in ("with space", "ä", "a" * 513, ""):
        assert refusal(secrets, "create_secret", Name=name, SecretString="a")[0] == "ValidationException"
    for value in ({"SecretString": "ä" * 32769}, {"SecretBinary": b"a" * 65537}):
        code, told = refusal(secrets, "create_secret", Name="large", **value)
        assert (code, "less than or equal to 65536" in told) == ("ValidationException", True)
    both = {"SecretString": "a", "SecretBinary": b"a"}
    assert refusal(secrets, "create_secret", Name="both", **both)[0] == "InvalidParameterException"
    secrets.create_secret(Name="/_+=.@-", SecretString="a" * 65536)
    assert refusal(secrets, "put_secret_value", SecretId="/_+=.@-") == (
        "InvalidRequestException",
        "You must provide either SecretString or SecretBinary.",
    )
    assert [one["Name"] for one in secrets.list_secrets()["SecretList"]] == ["/_+=.@-"]


def test_a_creation_that_is_sent_again_is_answered_as_the_first_one(secrets: Any) -> None:
    first = secrets.create_secret(Name="app", SecretString="a", ClientRequestToken=FIRST)
    secrets.put_secret_value(SecretId="app", SecretString="b", ClientRequestToken=SECOND)

    again = secrets.create_secret(Name="app", SecretString="a", ClientRequestToken=FIRST)

    assert (again["ARN"], again["VersionId"]) == (first["ARN"], FIRST)
    assert secrets.get_secret_value(SecretId="app")["SecretString"] == "b"
    for token, value in ((FIRST, "other"), (THIRD, "a")):
        fields = {"Name": "app", "SecretString": value, "ClientRequestToken": token}
        assert refusal(secrets, "create_secret", **fields)[0] == "ResourceExistsException"


def test_a_deleted_secret_can_be_restored_until_its_window_ends(secrets: Any) -> None:
    marked = "You can't perform this operation on the secret because it was marked for deletion."
    secrets.create_secret(Name="app", SecretString="a")
    for days in (6, 31):
        code, _ = refusal(secrets, "delete_secret", SecretId="app", RecoveryWindowInDays=days)
        assert code == "InvalidParameterException"
    both = {"RecoveryWindowInDays": 7, "ForceDeleteWithoutRecovery": True}
    assert refusal(secrets, "delete_secret", SecretId="app", **both)[0] == "InvalidParameterException"
    assert refusal(secrets, "delete_secret", SecretId="none")[0] == "ResourceNotFoundException"

    ends = secrets.delete_secret(SecretId="app")["DeletionDate"]

    assert timedelta(days=29) < ends - datetime.now(UTC) < timedelta(days=30)
    assert refusal(secrets, "get_secret_value", SecretId="app") == ("InvalidRequestException", marked)
    for operation, fields in (
        ("put_secret_value", {"SecretString": "b"}),
        ("update_secret", {}),
        ("delete_secret", {}),
    ):
        assert refusal(secrets, operation, SecretId="app", **fields)[0] == "InvalidRequestException"
    assert refusal(secrets, "create_secret", Name="app", SecretString="a")[0] == "InvalidRequestException"
    assert secrets.list_secrets()["SecretList"] == []
    assert len(secrets.list_secrets(IncludePlannedDeletion=True)["SecretList"]) == 1
    assert secrets.describe_secret(SecretId="app")["DeletedDate"] == ends

    secrets.restore_secret(SecretId="app")

    assert secrets.get_secret_value(SecretId="app")["SecretString"] == "a"
    ends = secrets.delete_secret(SecretId="app", RecoveryWindowInDays=7)["DeletionDate"]
    assert timedelta(days=6) < ends - datetime.now(UTC) < timedelta(days=7)
    secrets.delete_secret(SecretId="app", ForceDeleteWithoutRecovery=True)
    assert refusal(secrets, "restore_secret", SecretId="app")[0] == "ResourceNotFoundException"


def test_versions_are_listed_with_their_labels_and_a_label_can_be_taken_away(secrets: Any) -> None:
    secrets.create_secret(Name="app", SecretString="a", ClientRequestToken=FIRST)
    secrets.update_secret(SecretId="app", SecretString="b", Description="two", ClientRequestToken=SECOND)
    told = {"SecretId": "app", "SecretString": "c", "ClientRequestToken": SECOND}
    assert refusal(secrets, "update_secret", **told)[0] == "ResourceExistsException"
    assert secrets.describe_secret(SecretId="app")["Description"] == "two"

    rows = secrets.list_secret_version_ids(SecretId="app")["Versions"]
    assert {one["VersionId"]: one["VersionStages"] for one in rows} == {FIRST: ["AWSPREVIOUS"], SECOND: ["AWSCURRENT"]}
    stage = {"SecretId": "app", "VersionStage": "AWSPREVIOUS"}
    for wrong in ({}, {"RemoveFromVersionId": SECOND}):
        assert refusal(secrets, "update_secret_version_stage", **stage, **wrong)[0] == "InvalidParameterException"
    secrets.update_secret_version_stage(**stage, RemoveFromVersionId=FIRST)

    assert [one["VersionId"] for one in secrets.list_secret_version_ids(SecretId="app")["Versions"]] == [SECOND]
    every = secrets.list_secret_version_ids(SecretId="app", IncludeDeprecated=True)["Versions"]
    assert [one["VersionId"] for one in every] == [FIRST, SECOND]
    current = {"SecretId": "app", "VersionStage": "AWSCURRENT", "RemoveFromVersionId": SECOND}
    code, said = refusal(secrets, "update_secret_version_stage", **current)
    assert (code, "only move staging label AWSCURRENT" in said) == ("InvalidParameterException", True)
    mismatch = {"SecretId": "app", "VersionId": FIRST, "VersionStage": "AWSCURRENT"}
    assert refusal(secrets, "get_secret_value", **mismatch)[0] == "InvalidRequestException"


def test_a_version_that_is_put_again_with_its_value_keeps_its_labels(secrets: Any) -> None:
    secrets.create_secret(Name="app", SecretString="a", ClientRequestToken=FIRST)
    secrets.put_secret_value(SecretId="app", SecretString="b", ClientRequestToken=SECOND)

    again = secrets.put_secret_value(SecretId="app", SecretString="a", ClientRequestToken=FIRST)

    assert again["VersionStages"] == ["AWSPREVIOUS"]
    assert secrets.get_secret_value(SecretId="app")["SecretString"] == "b"


def test_pages_end_and_a_token_that_nobody_was_given_is_refused(secrets: Any, parameters: Any) -> None:
    for number in range(5):
        secrets.create_secret(Name=f"app/{number}", SecretString="a")
        parameters.put_parameter(Name=f"/app/{number}", Value="a", Type="String")
    pages = [page["SecretList"] for page in secrets.get_paginator("list_secrets").paginate(MaxResults=2)]
    assert [len(one) for one in pages] == [2, 2, 1]
    for token in ("abc", "-1", "7", "9" * 5000):
        code = refusal(secrets, "list_secrets", NextToken=token)[0]
        assert code == ("ValidationException" if len(token) > 4096 else "InvalidNextTokenException")
    for wrong in (0, 101):
        assert refusal(secrets, "list_secrets", MaxResults=wrong)[0] == "ValidationException"
    assert refusal(parameters, "describe_parameters", NextToken="abc")[0] == "InvalidNextToken"


def test_a_key_that_nobody_has_is_told_apart_from_a_wrong_signature(server: SandboxServer, account: AwsAccount) -> None:
    other, wrong = AwsAccount(), AwsAccount(account.key_id)

    assert refusal(asked(server, other, "secretsmanager"), "list_secrets") == (
        "UnrecognizedClientException",
        "The security token included in the request is invalid.",
    )
    assert refusal(asked(server, wrong, "ssm"), "describe_parameters")[0] == "InvalidSignatureException"


def test_a_parameter_keeps_its_type_and_its_versions(parameters: Any) -> None:
    untyped = {"Name": "/prod/plain", "Value": "a"}
    assert refusal(parameters, "put_parameter", **untyped)[0] == "ValidationException"
    parameters.put_parameter(**untyped, Type="String")
    assert refusal(parameters, "put_parameter", **untyped, Type="String")[0] == "ParameterAlreadyExists"

    assert parameters.put_parameter(Name="/prod/plain", Value="b", Overwrite=True)["Version"] == 2

    now = parameters.get_parameter(Name="/prod/plain")["Parameter"]
    assert (now["Type"], now["Value"], now["Version"]) == ("String", "b", 2)
    assert parameters.get_parameter(Name=now["ARN"])["Parameter"] == now
    first = parameters.get_parameter(Name="/prod/plain:1")["Parameter"]
    assert (first["Value"], first["Selector"]) == ("a", ":1")
    assert refusal(parameters, "get_parameter", Name="/prod/plain:3")[0] == "ParameterVersionNotFound"


def test_several_parameters_are_read_and_removed(parameters: Any) -> None:
    for name in ("/prod/b", "/prod/a", "/prod/deep/er", "alone"):
        parameters.put_parameter(Name=name, Value=f"of {name}", Type="SecureString")

    told = parameters.get_parameters(Names=["/prod/b", "/none", "/prod/a"], WithDecryption=True)
    assert [one["Value"] for one in told["Parameters"]] == ["of /prod/a", "of /prod/b"]
    assert told["InvalidParameters"] == ["/none"]
    assert refusal(parameters, "get_parameters", Names=["a"] * 11)[0] == "ValidationException"

    def below(**fields: Any) -> list[str]:
        return [one["Name"] for one in parameters.get_parameters_by_path(**fields)["Parameters"]]

    assert below(Path="/prod") == ["/prod/a", "/prod/b"]
    assert below(Path="/prod/", Recursive=True) == ["/prod/a", "/prod/b", "/prod/deep/er"]
    assert refusal(parameters, "get_parameters_by_path", Path="/prod", MaxResults=11)[0] == "ValidationException"
    assert "of" not in parameters.get_parameter(Name="alone")["Parameter"]["Value"]
    parameters.delete_parameter(Name="alone")
    assert refusal(parameters, "delete_parameter", Name="alone")[0] == "ParameterNotFound"
    assert refusal(parameters, "get_parameter", Name="alone")[0] == "ParameterNotFound"
    by_path = [{"Key": "Name", "Option": "BeginsWith", "Values": ["/prod/deep"]}]
    found = parameters.describe_parameters(ParameterFilters=by_path)["Parameters"]
    assert [one["Name"] for one in found] == ["/prod/deep/er"]
