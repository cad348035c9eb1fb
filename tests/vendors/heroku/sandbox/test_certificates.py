"""Domains of an app, and certificates whose private keys are replaced, as heroku3 and `heroku certs` do it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from cryptography.x509.oid import NameOID

from deployments.sandbox import made_up
from tests.vendors.heroku.sandbox.scene import Scene

APP, HOST = "/apps/raxx-api-prod", "api.raxx.example.com"


def certificate(key: str, host: str = HOST) -> str:
    """A certificate that signs itself."""
    loaded: Any = load_pem_private_key(key.encode(), None)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(loaded.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + timedelta(days=90))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .sign(loaded, hashes.SHA256())
    )
    return made.public_bytes(Encoding.PEM).decode()


def test_heroku3_replaces_the_certificate_of_an_app_with_its_key(scene: Scene, heroku_by_key: Any) -> None:
    app, (old, new) = heroku_by_key.app("raxx-api-prod"), (made_up.private_key() for _ in range(2))
    made = app.add_sni_endpoint(certificate(old), old)
    shown = scene.ask(f"{APP}/sni-endpoints/{made.name}")
    assert shown.json()["ssl_cert"]["cert_domains"] == [HOST]
    assert shown.json()["ssl_cert"]["self_signed?"] is True
    assert 88 < (made.ssl_cert.expires_at - datetime.now(UTC)).days < 91
    chain = certificate(new)
    changed = app.update_sni_endpoint(made.id, chain, new)
    assert (changed.id, changed.certificate_chain) == (made.id, chain)
    everything = shown.text + scene.ask(f"{APP}/sni-endpoints").text
    assert all(key.splitlines()[1] not in everything for key in (old, new))
    assert [one.id for one in app.sni_endpoints()] == [made.id]
    assert app.remove_sni_endpoint(made.id)
    assert scene.ask(f"{APP}/sni-endpoints/{made.id}").json()["resource"] == "sni_endpoint"


def test_a_key_signs_the_certificate_that_it_is_given_with(scene: Scene) -> None:
    key, other = made_up.private_key(), made_up.private_key()
    bodies: list[tuple[dict[str, Any], str]] = [
        ({"certificate_chain": certificate(key), "private_key": other}, "No key found that signs the certificate."),
        (
            {"certificate_chain": certificate(key), "private_key": "no key"},
            "Key appears to be malformed, or is passphrase-protected.",
        ),
        ({"certificate_chain": "none", "private_key": key}, "No certificate given is a domain name certificate."),
        ({"private_key": key}, "certificate_chain is a text."),
    ]
    for body, message in bodies:
        refused = scene.ask(f"{APP}/sni-endpoints", "POST", json=body)
        assert (refused.status_code, refused.json()["id"]) == (422, "invalid_params")
        assert refused.json()["message"] == message
    assert scene.ask(f"{APP}/sni-endpoints").json() == []


def test_heroku3_adds_a_domain_and_gives_it_a_certificate(scene: Scene, heroku_by_key: Any) -> None:
    app, key = heroku_by_key.app("raxx-api-prod"), made_up.private_key()
    endpoint = app.add_sni_endpoint(certificate(key), key)
    made = app.add_domain(HOST, None)
    assert (made.hostname, made.kind) == (HOST, "custom")
    assert [one.kind for one in app.domains()] == ["heroku", "custom"]
    path = f"{APP}/domains/{HOST}"
    bound = scene.ask(path, "PATCH", json={"sni_endpoint": endpoint.name}).json()
    assert bound["sni_endpoint"] == {"id": endpoint.id, "name": endpoint.name}
    assert scene.ask(f"{APP}/sni-endpoints/{endpoint.id}").json()["domains"] == [made.id]
    refused = scene.ask(f"{APP}/domains", "POST", json={"hostname": HOST, "sni_endpoint": None})
    assert (refused.status_code, refused.json()["id"]) == (422, "invalid_params")
    assert scene.ask(f"{APP}/domains", "POST", json={"hostname": "a b", "sni_endpoint": None}).status_code == 422
    assert scene.ask(path, "PATCH", json={"sni_endpoint": "none"}).status_code == 404
    assert app.remove_domain(HOST)
    with pytest.raises(requests.HTTPError):
        app.get_domain(HOST)
    # The one that Heroku gives cannot be taken away.
    assert scene.ask(f"{APP}/domains/raxx-api-prod.example.com", "DELETE").status_code == 422


def test_heroku3_switches_the_certificates_that_heroku_makes(scene: Scene, heroku_by_key: Any) -> None:
    app = heroku_by_key.app("raxx-api-prod")
    assert app.disable_acm()
    assert scene.ask(APP).json()["acm"] is False
    assert app.enable_acm()
    assert app.refresh_acm()
    assert scene.ask(APP).json()["acm"] is True
