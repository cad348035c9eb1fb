"""Whatever goes wrong is one named error, which holds no secret, even when AWS echoes what it was sent."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator

import pytest
from pydantic import SecretStr

from blocks.aws.session import Access, AwsSession
from blocks.errors import RekeyError, Unclear, VendorError
from blocks.vaults.aws_secrets_manager.block import SERVICE
from blocks.vaults.aws_secrets_manager.client import AwsSecretsClient
from blocks.vaults.interface import VaultClient
from blocks.vaults.terms import Location
from deployments.sandbox import made_up
from deployments.sandbox.aws.app import REGION, AwsAccount
from deployments.sandbox.faults import Fault, FaultKind
from tests.vaults.kinds import aws
from tests.vaults.scene import ENVIRONMENT, PATH, PLACE, Scene, a_pair, values_of
from tests.vendors.hostile import IMPATIENT_S, PATIENT_S
from tests.vendors.silence import assert_silent
from tests.vendors.test_client_contract import FAULTS
from tests.vendors.test_odd_fields import ODD, Odd

HERE = Location(ENVIRONMENT, PATH)
QUESTIONS: dict[str, Callable[[VaultClient], object]] = {
    "read": lambda client: client.read(HERE),
    "write": lambda client: client.write(HERE, PLACE.named(a_pair())),
    "folder": lambda client: client.ensure_folder(HERE.child("rekey")),
}
# AWS says what is not there by a type of its own, with 400: a bare 404 is another server's.
OF_OTHERS = {"404": (Unclear, False)}


@pytest.fixture(scope="module")
def running() -> Iterator[tuple[AwsAccount, Scene]]:
    account = AwsAccount()
    with aws(account) as scene:
        yield account, scene


@pytest.fixture
def scene(running: tuple[AwsAccount, Scene]) -> Iterator[Scene]:
    yield running[1]
    running[1].running.plan.clear()


def client_of(running: tuple[AwsAccount, Scene], read_timeout_s: float) -> AwsSecretsClient:
    account, scene = running
    access = Access(account.key_id, SecretStr(account.secret_key))
    session = AwsSession(SERVICE, scene.running.url("vault"), REGION, access, read_timeout_s=read_timeout_s)
    return AwsSecretsClient(session, read_back_pause_s=0.0)


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_is_one_named_error_that_holds_no_secret(
    running: tuple[AwsAccount, Scene], scene: Scene, question: str, fault: str, caplog: pytest.LogCaptureFixture
) -> None:
    fields, kind, transient = FAULTS[fault]
    kind, transient = OF_OTHERS.get(fault, (kind, transient))
    caplog.set_level(logging.DEBUG)
    account, _ = running
    echo = {"__type": f"{account.secret_key} {values_of(scene.old)}", "message": f"{account.secret_key}"}
    body = {"body": echo} if fields["kind"] is FaultKind.ANSWER and "body" not in fields else {}
    with client_of(running, IMPATIENT_S if fault == "silence" else PATIENT_S) as client:
        scene.running.plan.add(Fault("vault", times=None, **{**body, **fields}))
        with pytest.raises(VendorError) as caught:
            QUESTIONS[question](client)

    error = caught.value
    assert (type(error), error.transient, error.vendor) == (kind, transient, "AWS Secrets Manager")
    assert error.remedy
    assert_silent(error)
    assert [one for one in made_up.issued if one in caplog.text] == []


@pytest.mark.parametrize("question", ["read", "write"])
def test_an_odd_field_is_an_answer_or_one_silent_error(
    running: tuple[AwsAccount, Scene], scene: Scene, question: str
) -> None:
    odd = Odd("vault", FaultKind.TWICE, times=None)
    raised = 0
    with client_of(running, PATIENT_S) as client:
        while odd.at <= len(odd.fields):
            for odd.value in ODD:
                scene.running.plan.clear()
                scene.held.put(PATH, values_of(scene.old))
                scene.running.plan.add(odd)
                try:
                    QUESTIONS[question](client)
                except RekeyError as error:
                    raised += 1
                    assert_silent(error)
            odd.at += 1
    assert raised
