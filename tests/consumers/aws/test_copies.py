"""A copy in AWS is written whole and only where it differs, and what is called alike is told."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError

from blocks.answer import Answer
from blocks.consumers.aws.block import Aws
from blocks.consumers.aws.copies import AwsCopy
from blocks.consumers.aws.parameter import AwsParameterConsumer
from blocks.consumers.aws.secret import AwsSecretConsumer
from blocks.entry import DOCUMENT
from blocks.errors import Missing, Refused, StepError
from blocks.prefect_api.block_cache import CACHE
from blocks.secret import Minted
from deployments.sandbox import made_up
from deployments.sandbox.aws.app import REGION, AwsAccount
from deployments.sandbox.server import SandboxServer
from tasks.consumers import writers
from tests.blocks.catalog_text import PAPER, refusal
from tests.consumers.handover import given as proved

TOKEN = AwsParameterConsumer(kind="aws-parameter", parameter="/prod/app/token", names={"token": "APP_TOKEN"})
PAIR = AwsSecretConsumer(kind="aws-secret", name="prod/app", names={"key_id": "ID", "secret": "SECRET"})


@pytest.fixture
def account() -> AwsAccount:
    return AwsAccount()


@pytest.fixture(autouse=True)
def server(account: AwsAccount) -> Iterator[SandboxServer]:
    """Both services, and a block that points at them, which no Prefect server has to keep."""
    made = SandboxServer({"secrets": account.secrets_app(), "parameters": account.parameters_app()})
    made.start()
    block = Aws(
        url=made.url("secrets"),
        parameters_url=made.url("parameters"),
        region=REGION,
        access_key_id=account.key_id,
        secret_access_key=SecretStr(account.secret_key),
    )
    with CACHE.afresh():
        CACHE.get(Aws, DOCUMENT, lambda *_: block)
        yield made
    made.stop()


def one_value() -> Minted:
    return Minted({"token": SecretStr(made_up.token("tok-"))})


def a_pair() -> Minted:
    return Minted({"key_id": SecretStr(made_up.token("")), "secret": SecretStr(made_up.token(""))})


def given(consumer: AwsCopy, pair: Minted) -> list[str]:
    return proved(consumer, pair).proofs


def test_a_single_value_is_the_parameter_itself(account: AwsAccount) -> None:
    account.parameters.put("/prod/app/token", "before")
    new = one_value()

    assert TOKEN.can_write() is Answer.YES
    assert account.parameters.held["/prod/app/token"][:2] == ("before", 1)
    (told,) = given(TOKEN, new)

    assert account.parameters.value("/prod/app/token") == new.values["token"].get_secret_value()
    assert f"holds {new.fingerprint}, read back; what is running has it once it reads it again" in told
    assert given(TOKEN, new) == [f"aws-parameter /prod/app/token: holds {new.fingerprint} already."]
    assert account.parameters.held["/prod/app/token"][1] == 2


def test_a_parameter_that_is_not_there_is_told_before_anybody_clicks_and_made_when_it_must_be(
    account: AwsAccount,
) -> None:
    with pytest.raises(StepError, match="does not exist, so whether rekey may write it cannot be tried"):
        TOKEN.can_write()
    assert account.parameters.held == {}

    told = given(TOKEN, one_value())

    assert "did not hold APP_TOKEN before, so nobody read it there" in told[1]


def test_a_key_without_the_right_to_write_is_found_out(account: AwsAccount) -> None:
    account.parameters.put("/prod/app/token", "before")
    account.secrets.put("prod/app", "{}")
    account.denied = {"PutParameter", "UpdateSecretVersionStage"}

    for consumer in (TOKEN, PAIR):
        with pytest.raises(Refused, match="AccessDeniedException") as told:
            consumer.can_write()
        assert "the AWS block" in told.value.remedy
    assert account.secrets.text("prod/app") == "{}"


def test_two_parameters_are_never_written_together_so_a_catalog_with_two_does_not_load(tmp_path: Path) -> None:
    names = {"key_id": "ID", "secret": "SECRET"}
    with pytest.raises(ValidationError, match="two parameters are never written together: set as_json = true"):
        AwsParameterConsumer(kind="aws-parameter", parameter="/prod/app", names=names)
    entry = '\n[[credential.alpaca-paper.consumers]]\nkind = "aws-parameter"\nparameter = "/prod/app"\n'
    told = refusal(tmp_path, f'{PAPER}{entry}key_id = "ID"\nsecret = "SECRET"\n')
    assert "two parameters are never written together" in told


def test_what_else_is_in_the_object_stays_and_both_values_change_at_one_moment(account: AwsAccount) -> None:
    old, new = a_pair(), a_pair()
    account.secrets.put("prod/app", json.dumps({**_texts(old), "PORT": 8080, "OTHER": "stays"}))

    assert PAIR.can_write() is Answer.YES
    assert PAIR.has(old) is Answer.YES
    given(PAIR, new)

    assert json.loads(account.secrets.text("prod/app") or "") == {**_texts(new), "PORT": 8080, "OTHER": "stays"}
    assert {text for text, _ in account.secrets.held["prod/app"].versions.values() if "SECRET" in text} == {
        json.dumps({**_texts(one), "PORT": 8080, "OTHER": "stays"}) for one in (old, new)
    }


def _texts(pair: Minted) -> dict[str, str]:
    return {name: one.get_secret_value() for name, one in PAIR.named(pair).items()}


def test_an_object_parameter_that_holds_none_is_not_written_over(account: AwsAccount) -> None:
    names = {"key_id": "ID", "secret": "SECRET"}
    whole = AwsParameterConsumer(kind="aws-parameter", parameter="/prod/app", as_json=True, names=names)
    account.parameters.put("/prod/app", "a text of somebody's")

    with pytest.raises(StepError, match="holds no JSON object"):
        given(whole, a_pair())

    assert account.parameters.value("/prod/app") == "a text of somebody's"
    with pytest.raises(Missing):
        given(PAIR, a_pair())


def test_what_is_called_alike_is_told_and_what_was_not_looked_at_too(account: AwsAccount) -> None:
    for name in ("/staging/app/token", "/prod/app/token", "/prod/app/token-of-another", "/old/APP_TOKEN"):
        account.parameters.put(name, "text")
    account.secrets.put("staging/app", "{}")
    another = AwsParameterConsumer(kind="aws-parameter", parameter="/old/APP_TOKEN", names={"token": "APP_TOKEN"})

    found, secrets = TOKEN.elsewhere([TOKEN, another]), PAIR.elsewhere([PAIR])

    assert found is not None
    assert "no entry of the catalog names them: /staging/app/token. An application may read" in found.told
    assert found.unlisted == "Not looked at: other regions and accounts."
    assert secrets is not None
    assert "staging/app" in secrets.unnamed
    account.denied = {"DescribeParameters"}
    denied = TOKEN.elsewhere([TOKEN])
    assert denied is not None
    assert (denied.unnamed, denied.unlisted) == (
        "",
        "Not looked at: other parameters of this region (not accepted), other regions and accounts.",
    )


def test_a_temporary_key_ends_soon_and_of_a_lasting_one_the_age_is_not_known(account: AwsAccount) -> None:
    account.secrets.put("prod/app", "no object")
    for consumer in (TOKEN, PAIR):
        assert "Not looked at: how old it is" in consumer.token_end().told

    CACHE.get(Aws, DOCUMENT, lambda *_: None).session_token = SecretStr(made_up.token(""))  # type: ignore[arg-type]  # it is there
    with pytest.raises(StepError, match="is a temporary one: it ends within 36 hours") as told:
        PAIR.token_end()
    assert "access key of an IAM user" in told.value.remedy
    account.key_id = made_up.alpaca_key_id("AK")
    with pytest.raises(Refused):
        PAIR.token_end()


def test_a_rotation_of_awss_own_stops_a_rotation_of_its_copy_before_the_link(account: AwsAccount) -> None:
    account.secrets.put("prod/app", "{}")
    assert writers.told(PAIR, urgent=False) == ""
    account.secrets.held["prod/app"].rotates = True

    with pytest.raises(StepError, match="rotates secret prod/app by itself, and puts another value"):
        writers.told(PAIR, urgent=False)
    with pytest.raises(StepError):
        writers.demand_none(PAIR)
    account.denied = {"DescribeSecret"}
    assert "Not looked at: AWS Secrets Manager's own rotation of prod/app" in writers.demand_none(PAIR)
