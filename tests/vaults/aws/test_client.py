"""A pair in Secrets Manager changes at one moment, and nothing that somebody else wrote is written over."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import SecretStr

from blocks.errors import CatalogError, Missing, RateLimited, Refused, StepError, Transient, Unreachable
from blocks.model.hosts import Hosts
from blocks.prefect_api.estate import refuse_other_hosts
from blocks.vaults import overwrite, pending
from blocks.vaults.aws_secrets_manager.block import AwsSecretsManager
from blocks.vaults.aws_secrets_manager.client import name_of
from blocks.vaults.terms import Location, Sync
from blocks.writers import NOBODY
from deployments.kit.shipped import not_playable
from deployments.sandbox import made_up
from deployments.sandbox.aws.app import REGION, AwsAccount
from deployments.sandbox.faults import Fault, FaultKind
from tests.vaults.scene import ENVIRONMENT, FOLDER, PATH, PLACE, Scene, a_pair, values_of

HERE, IN_FLIGHT = Location(ENVIRONMENT, PATH), Location(ENVIRONMENT, FOLDER)
NAME, OWN = f"{ENVIRONMENT}{PATH}", f"{ENVIRONMENT}{FOLDER}"
STAGE = "/secretsmanager.UpdateSecretVersionStage"


def block_of(account: AwsAccount, url: str, **other: object) -> AwsSecretsManager:
    key = {"access_key_id": account.key_id, "secret_access_key": SecretStr(account.secret_key)}
    return AwsSecretsManager(url=url, region=REGION, **{**key, **other})  # type: ignore[arg-type]  # as the test gives it


def test_no_reader_sees_the_new_pair_before_both_of_its_values(scene: Scene, account: AwsAccount) -> None:
    """The version is written whole and read by nobody; one request makes it the current one."""
    new = a_pair()
    scene.running.plan.add(Fault("vault", FaultKind.DROP_BEFORE, "POST", STAGE, times=1))

    with pytest.raises(Unreachable):
        scene.client.write(HERE, PLACE.named(new))

    assert scene.holds(scene.old)
    written = [json.loads(text) for text, _ in account.secrets.held[NAME].versions.values()]
    assert written == [values_of(scene.old), values_of(new)]


def test_a_version_that_is_made_current_counts_although_the_answer_is_lost(scene: Scene) -> None:
    new = a_pair()
    scene.running.plan.add(Fault("vault", FaultKind.DROP_AFTER, "POST", STAGE, times=1))

    stored = scene.client.write(HERE, PLACE.named(new))

    assert scene.holds(new)
    assert {one.version for one in stored.values()} == {max(one.version for one in stored.values())}


def test_what_somebody_else_wrote_since_then_is_not_written_over(scene: Scene, account: AwsAccount) -> None:
    before, theirs = pending.look_at_current(scene.client, PLACE), a_pair()
    scene.held.put(PATH, values_of(theirs))

    with pytest.raises(Transient, match="since it was read"):
        scene.client.write(HERE, PLACE.named(a_pair()), before.stored)

    class Between(Fault):
        """Somebody writes after rekey wrote its version, and before it is made the current one."""

        def strike(self) -> None:
            account.secrets.put(NAME, json.dumps(values_of(theirs)))

    scene.running.plan.add(Between("vault", FaultKind.SLOW, "POST", STAGE, seconds=0.0, times=1))
    with pytest.raises(Transient, match="somebody else wrote to prod/app/keys at the same moment"):
        scene.client.write(HERE, PLACE.named(a_pair()))

    assert scene.holds(theirs)


def test_a_version_of_somebody_else_is_newer_than_all_before_and_older_than_the_next(scene: Scene) -> None:
    first = scene.client.write(HERE, PLACE.named(a_pair()))
    scene.held.put(PATH, values_of(a_pair()))
    theirs = scene.client.read(HERE)
    last = scene.client.write(HERE, PLACE.named(a_pair()))

    versions = [one["KEY_ID"].version for one in (first, theirs, last)]
    assert versions == sorted(set(versions))
    assert versions[2] == versions[1] + 1


def test_what_was_in_flight_leaves_no_version_behind(scene: Scene, account: AwsAccount) -> None:
    pair = a_pair()
    pending.keep(scene.client, PLACE, pair)
    assert OWN in account.secrets.held

    pending.drop(scene.client, PLACE, [pair.fingerprint])

    assert OWN not in account.secrets.held
    assert NAME in account.secrets.held


def test_nobody_writes_into_a_folder_that_is_being_removed(scene: Scene, account: AwsAccount) -> None:
    """A secret is deleted whatever is in it by then: a pair that was shown once must not be in it."""
    mine, other = a_pair(), a_pair()
    pending.keep(scene.client, PLACE, mine)
    scene.running.plan.add(Fault("vault", FaultKind.DROP_BEFORE, "POST", "/secretsmanager.DeleteSecret", times=None))
    with pytest.raises(Unreachable):
        pending.drop(scene.client, PLACE, [mine.fingerprint])

    with pytest.raises(Transient, match="is being removed by another run"):
        pending.keep(scene.client, PLACE, other)

    scene.running.plan.clear()
    versions = account.secrets.held[OWN].versions
    long_ago = (datetime.now(UTC) - timedelta(minutes=11)).timestamp()
    account.secrets.held[OWN].versions = {name: (text, long_ago) for name, (text, _) in versions.items()}
    pending.keep(scene.client, PLACE, other)
    assert pending.find(scene.client, PLACE, other.fingerprint)
    assert len(account.secrets.held[OWN].versions) == 2


def test_a_name_that_is_not_free_yet_is_waited_for(scene: Scene, account: AwsAccount) -> None:
    account.secrets.not_free[OWN] = 1

    with pytest.raises(Transient, match="its name is not free yet"):
        pending.keep(scene.client, PLACE, a_pair())

    pending.keep(scene.client, PLACE, a_pair())


def test_a_read_that_is_a_moment_behind_is_asked_again(scene: Scene, account: AwsAccount) -> None:
    new = a_pair()
    current = pending.look_at_current(scene.client, PLACE)
    account.secrets.stale = 0
    scene.client.write(HERE, PLACE.named(new))
    account.secrets.stale = 1

    with pytest.raises(Transient):
        scene.client.write(HERE, PLACE.named(a_pair()), current.stored)

    assert scene.holds(new)
    overwrite.rehearse(scene.client, PLACE, new)


def test_replicas_are_told_and_what_may_not_be_asked_is_said(scene: Scene, account: AwsAccount) -> None:
    account.secrets.held[NAME].replicas = ["us-east-1"]

    found = scene.client.syncs(HERE, IN_FLIGHT)

    assert found.found == (Sync("aws-region", "us-east-1", deletes=False, folder=HERE),)
    account.denied = {"DescribeSecret", "ListSecrets"}
    assert scene.client.syncs(HERE).not_looked_at == ("replicas (not accepted)",)
    assert scene.client.places(HERE, ["KEY_ID"]).not_looked_at[0] == "other secrets (not accepted)"


def test_a_secret_that_is_called_like_one_of_the_names_is_another_place(scene: Scene, account: AwsAccount) -> None:
    account.secrets.put("staging/old/KEY_ID", "text")
    for number in range(250):
        account.secrets.put(f"prod/other/{number}", "{}")

    found = scene.client.places(HERE, ["KEY_ID", "SECRET"])

    assert found.found == (HERE, Location("staging", "/old/KEY_ID"))
    assert found.not_looked_at == ("the names inside other secrets (their values would have to be read)",)


@pytest.mark.parametrize("text", ["no object", "[1]", '{"KEY_ID": 1, "SECRET": "a"}'])
def test_what_is_no_object_of_texts_is_told_without_its_value(scene: Scene, account: AwsAccount, text: str) -> None:
    account.secrets.put(NAME, text)

    with pytest.raises(StepError, match=r"no JSON object|KEY_ID in folder .* is no text"):
        pending.current(scene.client, PLACE)


def test_a_key_without_the_right_or_too_many_requests_is_told_so(scene: Scene, account: AwsAccount) -> None:
    account.denied = {"PutSecretValue"}
    with pytest.raises(Refused, match="AccessDeniedException") as refused:
        scene.client.write(HERE, PLACE.named(a_pair()))
    assert "AWS Secrets Manager block" in refused.value.remedy
    account.denied = set()
    body = {"__type": "ThrottlingException", "message": "Rate exceeded"}
    scene.running.plan.add(Fault("vault", FaultKind.ANSWER, status=400, body=body, times=1))
    with pytest.raises(RateLimited):
        scene.client.read(HERE)
    scene.running.plan.add(Fault("vault", FaultKind.ANSWER, status=400, body={"__type": "InvalidRequestException"}))
    with pytest.raises(Missing, match="there is no secret prod/app/keys, or it has no value, or it is being deleted"):
        scene.client.read(HERE)


def test_without_the_signer_the_block_says_what_to_install_and_its_kinds_are_not_played(
    account: AwsAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not_playable("vault aws-secrets-manager") == ""
    monkeypatch.setitem(sys.modules, "botocore", None)

    with pytest.raises(CatalogError, match="botocore, which signs requests to AWS, is not installed") as told:
        block_of(account, "https://secretsmanager.eu-central-1.amazonaws.com").get_client()

    assert "pip install botocore" in told.value.remedy
    assert "not played, because botocore is not installed (extra `aws`)" in not_playable("vault aws-secrets-manager")
    assert not_playable("vault sealed-file") == ""


def test_the_block_says_where_it_goes_and_a_wrong_key_is_refused(account: AwsAccount, scene: Scene) -> None:
    url = scene.running.url("vault")
    block = block_of(account, url)
    with block.get_client() as client:
        assert client.read(HERE).keys() == values_of(scene.old).keys()
    wrong = block_of(account, url, secret_access_key=SecretStr(made_up.token("")))
    with wrong.get_client() as client, pytest.raises(Refused, match="InvalidSignatureException"):
        client.read(HERE)
    with pytest.raises(CatalogError, match="lacks the region or an access key"):
        block_of(account, url, access_key_id="").get_client()
    refuse_other_hosts(block, "rekey", Hosts.model_validate({"others": {"aws-secrets-manager": url}}))
    with pytest.raises(CatalogError, match=r"names no others.aws-secrets-manager"):
        refuse_other_hosts(block, "rekey", Hosts())
    assert f"--region {REGION} --secret-id {name_of(ENVIRONMENT, PATH)} --query" in block.fetch(PLACE)


def test_a_rotation_of_awss_own_is_a_writer_that_is_named(scene: Scene, account: AwsAccount) -> None:
    secret = account.secrets.held[NAME]
    assert scene.client.writers(HERE) == NOBODY
    assert scene.client.writers(IN_FLIGHT) == NOBODY
    secret.rotates = False
    assert scene.client.writers(HERE) == NOBODY

    secret.rotates, secret.rotates_at = True, datetime(2027, 1, 5, tzinfo=UTC).timestamp()

    (one,) = scene.client.writers(HERE).certain
    assert f"rotates secret {NAME} by itself, next by 2027-01-05, and puts another value" in one.problem
    assert "cancel-rotate-secret" in one.remedy
    secret.owning_service = "rds"
    (one,) = scene.client.writers(HERE).certain
    assert f"secret {NAME} is managed by rds, which created it" in one.problem
    account.denied = {"DescribeSecret"}
    assert scene.client.writers(HERE).told == (
        f"Not looked at: AWS Secrets Manager's own rotation of {NAME} (not accepted)."
    )
