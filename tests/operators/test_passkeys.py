"""A signature proves one act, by one authenticator, on rekey's own page, of somebody whom it verified."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import pytest
from fido2.webauthn import AuthenticatorData
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from blocks.errors import ProofRefused
from blocks.operators import passkeys
from blocks.operators.assertion import Assertion
from blocks.operators.passkeys import Passkey, Site
from blocks.sealed.keys import bytes_of, text_of
from deployments.rehearsal.authenticator import Authenticator
from tests.operators.conftest import SITE, act

CHALLENGE = act().challenge
FLAG = AuthenticatorData.FLAG


def passkey_of(one: Authenticator) -> Passkey:
    return passkeys.registered(SITE, CHALLENGE, one.register(CHALLENGE), "blue key")


@pytest.fixture
def one() -> Authenticator:
    return Authenticator(SITE)


@pytest.mark.parametrize(
    ("url", "site"),
    [
        ("http://localhost:4280", Site("localhost", "http://localhost:4280")),
        ("https://Rekey.Example/", Site("rekey.example", "https://rekey.example")),
        ("https://rekey.example:443", Site("rekey.example", "https://rekey.example")),
        ("https://rekey.example:8443", Site("rekey.example", "https://rekey.example:8443")),
    ],
)
def test_a_site_is_what_a_browser_calls_the_page(url: str, site: Site) -> None:
    assert Site.of(url) == site


def test_a_signature_of_the_challenge_holds_and_the_next_one_too(one: Authenticator) -> None:
    passkey = passkey_of(one)

    first = passkeys.checked(SITE, CHALLENGE, one.sign(CHALLENGE, "Sam"), passkey)
    second = passkeys.checked(SITE, CHALLENGE, one.sign(CHALLENGE, "Sam"), replace(passkey, counter=first))

    assert (first, second) == (1, 2)
    assert (passkey.host, passkey.called) == ("localhost", "blue key")


def test_an_authenticator_that_does_not_count_says_0_again_and_again(one: Authenticator) -> None:
    passkey = passkey_of(one)
    one.counter = -1

    assert passkeys.checked(SITE, CHALLENGE, one.sign(CHALLENGE, "Sam"), passkey) == 0


def elsewhere(origin: str) -> Callable[[Authenticator], None]:
    def use(one: Authenticator) -> None:
        one.site = replace(SITE, origin=origin)

    return use


def other_site(one: Authenticator) -> None:
    one.site = replace(SITE, host="127.0.0.1")


def unverified(one: Authenticator) -> None:
    one.flags = FLAG.UP


def untouched(one: Authenticator) -> None:
    one.flags = FLAG.UV


WRONG = {
    "another port": (elsewhere("http://localhost:4281"), "another page"),
    "a subdomain": (elsewhere("http://a.localhost:4280"), "another page"),
    "another scheme": (elsewhere("https://localhost:4280"), "another page"),
    "another site": (other_site, "another site"),
    "nobody verified": (unverified, "PIN, finger or face"),
    "nobody there": (untouched, "touched"),
}


@pytest.mark.parametrize(("change", "told"), WRONG.values(), ids=WRONG.keys())
def test_what_was_made_elsewhere_or_by_nobody_is_refused(
    one: Authenticator, change: Callable[[Authenticator], None], told: str
) -> None:
    passkey = passkey_of(one)
    change(one)

    with pytest.raises(ProofRefused, match=told):
        passkeys.checked(SITE, CHALLENGE, one.sign(CHALLENGE, "Sam"), passkey)
    with pytest.raises(ProofRefused, match=told):
        passkeys.registered(SITE, CHALLENGE, one.register(CHALLENGE), "blue key")


@pytest.mark.parametrize("other", ["rotation", "form", "shown", "sealed"])
def test_a_signature_of_something_else_is_refused(one: Authenticator, other: str) -> None:
    passkey = passkey_of(one)
    signed = one.sign(act(**{other: "another"}).challenge, "Sam")

    with pytest.raises(ProofRefused, match="signs something else"):
        passkeys.checked(SITE, CHALLENGE, signed, passkey)


@pytest.mark.parametrize("counter", [5, 4, 0])
def test_a_counter_that_does_not_go_on_is_a_copy(one: Authenticator, counter: int) -> None:
    passkey = replace(passkey_of(one), counter=5)
    one.counter = counter - 1

    with pytest.raises(ProofRefused, match="used already, or copied"):
        passkeys.checked(SITE, CHALLENGE, one.sign(CHALLENGE, "Sam"), passkey)


def test_another_key_with_the_same_id_does_not_sign_for_it(one: Authenticator) -> None:
    passkey, other = passkey_of(one), Authenticator(SITE, credential_id=one.credential_id)

    with pytest.raises(ProofRefused, match="signature is wrong"):
        passkeys.checked(SITE, CHALLENGE, other.sign(CHALLENGE, "Sam"), passkey)


def test_a_registration_is_no_signature(one: Authenticator) -> None:
    passkey, made = passkey_of(one), one.sign(CHALLENGE, "Sam")
    mixed = replace(made, client_data=one.register(CHALLENGE)["response"]["clientDataJSON"])

    with pytest.raises(ProofRefused, match="registration"):
        passkeys.checked(SITE, CHALLENGE, mixed, passkey)


def test_a_registration_for_another_link_is_refused(one: Authenticator) -> None:
    with pytest.raises(ProofRefused, match="signs something else"):
        passkeys.registered(SITE, CHALLENGE, one.register(act(form="another").challenge), "blue key")


# A busy machine is no reason to fail.
few = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
JUNK = st.one_of(
    st.binary(max_size=120).map(text_of),
    st.text(max_size=40),
    st.dictionaries(st.sampled_from(["type", "challenge", "origin"]), st.none() | st.integers() | st.text()).map(
        lambda found: text_of(repr(found).replace("'", '"').replace("None", "null").encode())
    ),
)


@few
@given(st.lists(JUNK, min_size=4, max_size=4))
def test_whatever_comes_is_refused_in_a_sentence(texts: list[str]) -> None:
    one = Authenticator(SITE)
    passkey = passkey_of(one)

    with pytest.raises(ProofRefused):
        passkeys.checked(SITE, CHALLENGE, Assertion("Sam", *texts), passkey)
    with pytest.raises(ProofRefused):
        passkeys.registered(
            SITE,
            CHALLENGE,
            {
                "id": texts[0],
                "rawId": texts[0],
                "response": {"clientDataJSON": texts[1], "attestationObject": texts[2]},
            },
            "blue key",
        )


@few
@given(st.integers(min_value=0, max_value=36), st.integers(min_value=0, max_value=7))
def test_a_bit_that_was_changed_is_noticed(at: int, bit: int) -> None:
    one = Authenticator(SITE)
    passkey, made = passkey_of(one), one.sign(CHALLENGE, "Sam")
    data = bytearray(bytes_of(made.authenticator_data))
    data[at] ^= 1 << bit

    with pytest.raises(ProofRefused):
        passkeys.checked(SITE, CHALLENGE, replace(made, authenticator_data=text_of(bytes(data))), passkey)


@pytest.mark.parametrize("name", ["challenge", "type", "origin"])
def test_a_number_where_a_text_belongs_costs_no_memory(one: Authenticator, name: str) -> None:
    """fido2 2.2 makes as many bytes of a number as it says."""
    passkey, made = passkey_of(one), one.sign(CHALLENGE, "Sam")
    huge = json.loads(bytes_of(made.client_data)) | {name: 4_000_000_000}
    client_data = text_of(json.dumps(huge).encode())

    with pytest.raises(ProofRefused, match="cannot be read"):
        passkeys.checked(SITE, CHALLENGE, replace(made, client_data=client_data), passkey)
    response = one.register(CHALLENGE)
    inner = response["response"]
    wrong = ({**inner, "clientDataJSON": client_data}, {**inner, "clientDataJSON": 4_000_000_000})
    for part in (*wrong, {**inner, "attestationObject": 4_000_000_000}):
        with pytest.raises(ProofRefused, match="cannot be read"):
            passkeys.registered(SITE, CHALLENGE, {**response, "response": part}, "blue key")
    with pytest.raises(ProofRefused, match="cannot be read"):
        passkeys.registered(SITE, CHALLENGE, {**response, "rawId": 4_000_000_000}, "blue key")


def test_what_is_nested_without_end_is_refused(one: Authenticator) -> None:
    passkey, made = passkey_of(one), one.sign(CHALLENGE, "Sam")
    deep = replace(made, client_data=text_of(b"[" * 100_000))

    with pytest.raises(ProofRefused, match="cannot be read"):
        passkeys.checked(SITE, CHALLENGE, deep, passkey)
    nested = {**one.register(CHALLENGE)["response"], "attestationObject": text_of(b"\x81" * 10_000)}
    with pytest.raises(ProofRefused, match="cannot be read"):
        passkeys.registered(SITE, CHALLENGE, {"rawId": "AA", "response": nested}, "blue key")


@pytest.mark.parametrize(
    "response", [{}, {"rawId": 1}, {"rawId": "AA", "response": []}, {"rawId": "AA", "response": {}}]
)
def test_an_answer_that_is_none_is_refused(response: dict[str, object]) -> None:
    with pytest.raises(ProofRefused, match="cannot be read"):
        passkeys.registered(SITE, CHALLENGE, response, "blue key")
