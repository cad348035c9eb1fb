"""Whatever goes wrong is one named error, which holds no secret, even when the vault echoes what it was sent."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator

import pytest
from pydantic import SecretStr

from blocks.errors import RekeyError, VendorError
from blocks.vaults.hashicorp.client import HashicorpClient
from blocks.vaults.hashicorp.session import HashicorpSession
from blocks.vaults.interface import VaultClient
from blocks.vaults.terms import Location
from deployments.sandbox import made_up
from deployments.sandbox.faults import Fault, FaultKind
from deployments.sandbox.hashicorp.app import HashicorpVault
from tests.vaults.kinds import hashicorp
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


@pytest.fixture(scope="module")
def running() -> Iterator[tuple[HashicorpVault, Scene]]:
    twin = HashicorpVault()
    with hashicorp(twin) as scene:
        yield twin, scene


@pytest.fixture
def scene(running: tuple[HashicorpVault, Scene]) -> Iterator[Scene]:
    yield running[1]
    running[1].running.plan.clear()


def client_of(running: tuple[HashicorpVault, Scene], read_timeout_s: float) -> HashicorpClient:
    twin, scene = running
    session = HashicorpSession(scene.running.url("vault"), token=SecretStr(twin.token), read_timeout_s=read_timeout_s)
    return HashicorpClient(session, twin.mount, read_back_pause_s=0.0)


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_is_one_named_error_that_holds_no_secret(
    running: tuple[HashicorpVault, Scene], scene: Scene, question: str, fault: str, caplog: pytest.LogCaptureFixture
) -> None:
    fields, kind, transient = FAULTS[fault]
    caplog.set_level(logging.DEBUG)
    twin, _ = running
    body = {"body": {"errors": [f"{twin.token} {values_of(scene.old)}"]}} if fields["kind"] is FaultKind.ANSWER else {}
    with client_of(running, IMPATIENT_S if fault == "silence" else PATIENT_S) as client:
        scene.running.plan.add(Fault("vault", times=None, **{**body, **fields}))
        with pytest.raises(VendorError) as caught:
            QUESTIONS[question](client)

    error = caught.value
    assert (type(error), error.transient, error.vendor) == (kind, transient, "HashiCorp Vault")
    assert error.remedy
    assert_silent(error)
    assert [one for one in made_up.issued if one in caplog.text] == []


@pytest.mark.parametrize("question", QUESTIONS)
def test_an_odd_field_is_an_answer_or_one_silent_error(
    running: tuple[HashicorpVault, Scene], scene: Scene, question: str
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
