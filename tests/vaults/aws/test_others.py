"""The twin is asked by AWS's own client for Python, and rekey's client asks an AWS that somebody else simulated."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from moto.server import ThreadedMotoServer
from pydantic import SecretStr

from blocks.aws.parameters import Parameters, service
from blocks.aws.session import Access, AwsSession
from blocks.errors import Missing, Transient
from blocks.vaults import overwrite, pending
from blocks.vaults.aws_secrets_manager.block import SERVICE
from blocks.vaults.aws_secrets_manager.client import AwsSecretsClient
from blocks.vaults.terms import Location
from deployments.sandbox import made_up
from deployments.sandbox.aws.app import REGION, AwsAccount
from deployments.sandbox.server import SandboxServer
from tests.vaults.scene import ENVIRONMENT, PATH, PLACE, Scene, a_pair, values_of

HERE = Location(ENVIRONMENT, PATH)
NAME = f"{ENVIRONMENT}{PATH}"
# The first request of a service lets moto load all of it: on a busy machine that takes long.
LOADS_S = 60.0


def _boto3(service_name: str, url: str, account: AwsAccount) -> Any:
    session = boto3.session.Session(account.key_id, account.secret_key, region_name=REGION)
    config = Config(retries={"max_attempts": 1}, proxies={}, connect_timeout=5, read_timeout=5)
    return session.client(service_name, endpoint_url=url, config=config)


def test_boto3_reads_what_rekey_wrote_and_rekey_what_boto3_did(scene: Scene, account: AwsAccount) -> None:
    client = _boto3("secretsmanager", scene.running.url("vault"), account)
    new, theirs = a_pair(), a_pair()

    scene.client.write(HERE, PLACE.named(new))
    told = client.get_secret_value(SecretId=NAME)
    client.put_secret_value(SecretId=NAME, SecretString=json.dumps(values_of(theirs)))

    assert json.loads(told["SecretString"]) == values_of(new)
    assert told["VersionStages"] == ["AWSCURRENT", "AWSPENDING"]
    assert pending.current(scene.client, PLACE).same_as(theirs)
    assert [one["Name"] for one in client.list_secrets()["SecretList"]] == [NAME]
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        client.get_secret_value(SecretId="prod/none")
    with pytest.raises(ClientError, match="InvalidSignatureException"):
        _boto3("secretsmanager", scene.running.url("vault"), AwsAccount(account.key_id)).list_secrets()


def test_boto3_asks_for_parameters(account: AwsAccount) -> None:
    server = SandboxServer({"ssm": account.parameters_app()})
    server.start()
    client = _boto3("ssm", server.url("ssm"), account)

    client.put_parameter(Name="/prod/TOKEN", Value="a", Type="SecureString")
    with pytest.raises(ClientError, match="ParameterAlreadyExists"):
        client.put_parameter(Name="/prod/TOKEN", Value="b", Type="SecureString")

    assert client.get_parameter(Name="/prod/TOKEN", WithDecryption=True)["Parameter"]["Value"] == "a"
    assert [one["Name"] for one in client.describe_parameters()["Parameters"]] == ["/prod/TOKEN"]
    server.stop()


@pytest.fixture(scope="module")
def moto() -> Iterator[str]:
    """The address of moto's server: an AWS that forgets everything with this module."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def access() -> Access:
    return Access(made_up.alpaca_key_id("AK"), SecretStr(made_up.token("", 40)))


def test_rekey_keeps_writes_over_and_removes_a_pair_in_the_aws_of_somebody_else(moto: str, access: Access) -> None:
    """Moto drops all labels of a version where a move is refused, so that is asked of the twin alone."""
    old, new = a_pair(), a_pair()
    with AwsSecretsClient(
        AwsSession(SERVICE, moto, REGION, access, read_timeout_s=LOADS_S), read_back_pause_s=0.01
    ) as client:
        with pytest.raises(Missing):
            client.read(HERE)
        client.ensure_folder(HERE)
        client.write(HERE, PLACE.named(old), before={})

        overwrite.rehearse(client, PLACE, old)
        before = pending.look_at_current(client, PLACE)
        pending.keep(client, PLACE, new)
        kept = pending.names_of(PLACE, old.fingerprint, pending.COPY)
        overwrite.write_current(client, PLACE, new, before, kept)

        assert pending.current(client, PLACE).same_as(new)
        assert [one.same_as(new) for one in pending.look(client, PLACE).pairs(PLACE)] == [True]
        pending.drop(client, PLACE, [new.fingerprint])
        assert pending.look(client, PLACE).stored is None
        with pytest.raises(Transient, match="since it was read"):
            client.write(HERE, PLACE.named(old), before.stored)
        assert client.syncs(HERE).found == ()
        assert client.places(HERE, ["KEY_ID"]).found == (HERE,)


def test_rekey_writes_and_reads_a_parameter_in_the_aws_of_somebody_else(moto: str, access: Access) -> None:
    value = SecretStr(made_up.token(""))
    with AwsSession(service("Look at the block."), moto, REGION, access, read_timeout_s=LOADS_S) as session:
        parameters = Parameters(session)
        assert parameters.current("/prod/TOKEN") is None
        assert parameters.put("/prod/TOKEN", value) is None
        seen = parameters.current("/prod/TOKEN")

        assert seen is not None
        assert (seen.value, seen.version) == (value, 1)
        assert parameters.may_put("/prod/TOKEN", value)
        assert list(parameters.names("TOKEN")) == ["/prod/TOKEN"]
