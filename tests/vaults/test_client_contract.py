"""Whatever goes wrong is one named error, which holds no secret, even when the vault echoes what it was sent."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import pytest
from pydantic import SecretStr

from blocks.aws.session import Access, AwsSession
from blocks.errors import RekeyError, Unclear, VendorError
from blocks.vaults.aws_secrets_manager.block import SERVICE
from blocks.vaults.aws_secrets_manager.client import AwsSecretsClient
from blocks.vaults.hashicorp.client import HashicorpClient
from blocks.vaults.hashicorp.session import HashicorpSession
from blocks.vaults.interface import VaultClient
from blocks.vaults.terms import Location
from deployments.sandbox import made_up
from deployments.sandbox.aws.app import REGION, AwsAccount
from deployments.sandbox.faults import Fault, FaultKind
from deployments.sandbox.hashicorp.app import HashicorpVault
from tests.vaults.kinds import aws, hashicorp
from tests.vaults.scene import ENVIRONMENT, PATH, PLACE, Scene, a_pair, values_of
from tests.vendors.hostile import IMPATIENT_S, PATIENT_S
from tests.vendors.silence import assert_silent
from tests.vendors.test_client_contract import FAULTS
from tests.vendors.test_odd_fields import ODD, Odd

HERE = Location(ENVIRONMENT, PATH)
QUESTIONS: dict[str, Callable[[VaultClient], object]] = {
    "read": lambda client: client.read(HERE),
    "write": lambda client: client.write(HERE, PLACE.named(a_pair())),
    "delete": lambda client: client.delete(HERE, ["KEY_ID"]),
    "folder": lambda client: client.ensure_folder(HERE.child("rekey")),
}


@dataclass(frozen=True)
class Vault:
    """One with its twin: how rekey's client reaches it, and an answer that repeats what the client was sent."""

    name: str
    scene: Scene
    client: Callable[[float], AbstractContextManager[VaultClient]]
    echo: Callable[[], Mapping[str, Any]]
    # Faults that this vault is known to tell from others' in another way.
    of_others: Mapping[str, tuple[type[VendorError], bool]] = field(default_factory=dict)


@contextmanager
def in_aws() -> Iterator[Vault]:
    """AWS Secrets Manager: it says what is not there by a type of its own, with 400; a bare 404 is another server's."""
    account = AwsAccount()
    with aws(account) as scene:
        access = Access(account.key_id, SecretStr(account.secret_key))

        def client(read_timeout_s: float) -> AwsSecretsClient:
            session = AwsSession(SERVICE, scene.running.url("vault"), REGION, access, read_timeout_s=read_timeout_s)
            return AwsSecretsClient(session, read_back_pause_s=0.0)

        def echo() -> Mapping[str, Any]:
            return {"__type": f"{account.secret_key} {values_of(scene.old)}", "message": account.secret_key}

        yield Vault("AWS Secrets Manager", scene, client, echo, MappingProxyType({"404": (Unclear, False)}))


@contextmanager
def in_hashicorp() -> Iterator[Vault]:
    """HashiCorp Vault."""
    twin = HashicorpVault()
    with hashicorp(twin) as scene:

        def client(read_timeout_s: float) -> HashicorpClient:
            token, url = SecretStr(twin.token), scene.running.url("vault")
            session = HashicorpSession(url, token=token, read_timeout_s=read_timeout_s)
            return HashicorpClient(session, twin.mount, read_back_pause_s=0.0)

        yield Vault("HashiCorp Vault", scene, client, lambda: {"errors": [f"{twin.token} {values_of(scene.old)}"]})


VAULTS = {"aws": in_aws, "hashicorp": in_hashicorp}
ALL = [(vault, one) for vault in VAULTS for one in QUESTIONS]


@pytest.fixture(scope="module")
def running() -> Iterator[dict[str, Vault]]:
    with in_aws() as one, in_hashicorp() as other:
        yield {"aws": one, "hashicorp": other}


@pytest.fixture
def vault(running: dict[str, Vault], named: str) -> Iterator[Vault]:
    yield running[named]
    running[named].scene.running.plan.clear()


@pytest.mark.parametrize(("named", "question"), ALL)
@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_is_one_named_error_that_holds_no_secret(
    vault: Vault, question: str, fault: str, caplog: pytest.LogCaptureFixture
) -> None:
    fields, *usually = FAULTS[fault]
    kind, transient = vault.of_others.get(fault, usually)
    caplog.set_level(logging.DEBUG)
    body = {"body": vault.echo()} if fields["kind"] is FaultKind.ANSWER else {}
    with vault.client(IMPATIENT_S if fault == "silence" else PATIENT_S) as client:
        vault.scene.running.plan.add(Fault("vault", times=None, **{**body, **fields}))
        with pytest.raises(VendorError) as caught:
            QUESTIONS[question](client)

    error = caught.value
    assert (type(error), error.transient, error.vendor) == (kind, transient, vault.name)
    assert error.remedy
    assert_silent(error)
    assert [one for one in made_up.issued if one in caplog.text] == []


@pytest.mark.parametrize(("named", "question"), ALL)
def test_an_odd_field_is_an_answer_or_one_silent_error(vault: Vault, question: str) -> None:
    odd = Odd("vault", FaultKind.TWICE, times=None)
    raised, scene = 0, vault.scene
    with vault.client(PATIENT_S) as client:
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
