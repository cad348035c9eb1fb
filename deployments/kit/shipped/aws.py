"""The copies in AWS before their twins."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager

from pydantic import SecretStr

from blocks.consumers.aws.block import Aws
from blocks.consumers.aws.copies import AwsCopy
from blocks.consumers.aws.parameter import AwsParameterConsumer
from blocks.consumers.aws.secret import AwsSecretConsumer
from blocks.secret import Minted
from deployments.kit.shipped.common import NAMES, TIMEOUT_S, a_pair
from deployments.kit.stands import ConsumerStand
from deployments.sandbox.aws.app import REGION, AwsAccount
from deployments.sandbox.server import SandboxServer

SECRET, PARAMETER = "prod/app/alpaca", "/prod/app/alpaca"
_BESIDE = {"SOMETHING_ELSE": "stays"}


@contextmanager
def _stand(account: AwsAccount, consumer: AwsCopy, old: Minted, write: tuple[str, str]) -> Iterator[ConsumerStand]:
    apps = {"secrets": account.secrets_app(), "parameters": account.parameters_app()}
    server = SandboxServer(apps)
    server.start()
    block = Aws(
        url=server.url("secrets"),
        parameters_url=server.url("parameters"),
        region=REGION,
        access_key_id=account.key_id,
        secret_access_key=SecretStr(account.secret_key),
        read_timeout_s=TIMEOUT_S,
    )

    def has(pair: Minted) -> bool:
        wanted = {name: one.get_secret_value() for name, one in consumer.named(pair).items()}
        text = account.secrets.text(SECRET) if isinstance(consumer, AwsSecretConsumer) else None
        held = json.loads(text or account.parameters.value(PARAMETER) or "{}")
        return bool(held == {**_BESIDE, **wanted})

    vendor = "secrets" if isinstance(consumer, AwsSecretConsumer) else "parameters"
    yield ConsumerStand(server, vendor, consumer, old, a_pair(), has, write, blocks=[("rekey", block)])
    server.stop()


def _text(consumer: AwsCopy, pair: Minted) -> str:
    return json.dumps({**_BESIDE, **{name: one.get_secret_value() for name, one in consumer.named(pair).items()}})


@contextmanager
def aws_secret() -> Iterator[ConsumerStand]:
    """Keys of a secret of Secrets Manager."""
    account, old = AwsAccount(), a_pair()
    consumer = AwsSecretConsumer(kind="aws-secret", name=SECRET, names=NAMES)
    account.secrets.put(SECRET, _text(consumer, old))
    with _stand(account, consumer, old, ("POST", "/secretsmanager.PutSecretValue")) as stand:
        yield stand


@contextmanager
def aws_parameter() -> Iterator[ConsumerStand]:
    """A parameter of Parameter Store that holds the pair as one JSON object."""
    account, old = AwsAccount(), a_pair()
    consumer = AwsParameterConsumer(kind="aws-parameter", parameter=PARAMETER, as_json=True, names=NAMES)
    account.parameters.put(PARAMETER, _text(consumer, old))
    with _stand(account, consumer, old, ("POST", "/AmazonSSM.PutParameter")) as stand:
        yield stand
