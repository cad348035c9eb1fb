"""A credential that asks for a proof, and what the ledger has of who acted and who was refused."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pyotp
import pytest
from pydantic import SecretStr

from blocks.issuers.alpaca.pair import Pair
from blocks.ledger.row import Action, Row
from blocks.operators import enrolment, registration, registry
from blocks.operators.passkeys import Site
from blocks.settings import read_settings
from deployments.cli.main import main
from deployments.sandbox.estate import VAULT_ENVIRONMENT
from tests.operator import Operator


def ask_for(operator: Operator, proof: str, credential: str = "alpaca-paper") -> None:
    """Let the catalog ask for this proof."""
    assert operator.ledger
    let_it_say(f'proof = "{proof}"', credential)


def let_it_say(fields: str, credential: str) -> None:
    """Let the catalog's entry of it say this, too."""
    catalog, table = read_settings().catalog, f"[credential.{credential}]\n"
    assert table in catalog.read_text()
    catalog.write_text(catalog.read_text().replace(table, f"{table}{fields}\n"))


def change_the_plan(credential: str) -> None:
    """Let the catalog say that more is to be proved."""
    with read_settings().catalog.open("a") as catalog:
        catalog.write(f"\n[credential.{credential}.verification]\nmatches = 4\n")


def acted(operator: Operator) -> list[Row]:
    return operator.ledger.rows(actions=(Action.OPERATOR_ACTED,))


def refusals(operator: Operator) -> list[str]:
    return [row.facts.problem for row in operator.ledger.rows(actions=(Action.OPERATOR_REFUSED,))]


def unsigned(person: Operator, pair: Pair, proof: str) -> None:
    """Resume the run past the console."""
    assert person.form is not None
    person.submit(person.form.run_id, pair, proof=proof)


def carry_a_code(operator: Operator, capsys: pytest.CaptureFixture[str]) -> pyotp.TOTP:
    """Let the paper credential ask for a code, and an operator have an application that shows one; nothing else."""
    ask_for(operator, "code")
    catalog = read_settings().catalog
    place = f'[operators]\nenvironment = "{VAULT_ENVIRONMENT}"\npath = "/operators"\n'
    catalog.write_text(f"{place}\n{catalog.read_text()}")
    operator.enrol()
    superadmin, operator.robot.carries = operator.robot.carries, None
    assert superadmin is not None
    assert main(["operator", "code", "test operator"]) == 0
    told = capsys.readouterr().out
    address, link = (next(word for word in told.split() if word.startswith(one)) for one in ("otpauth:", "http"))
    secret, token = SecretStr(parse_qs(urlsplit(address).query)["secret"][0]), SecretStr(link.rpartition("#")[2])
    # None counts before a superadmin approved it.
    known = registry.of(operator.ledger)
    assert known.operators["test operator"].code is None
    signed = superadmin.authenticator.sign(
        registration.approving(enrolment.link_of(known, token)).challenge, superadmin.name
    )
    registration.approve(operator.ledger, Site.of(read_settings().console_url), token, signed)
    return pyotp.TOTP(secret.get_secret_value())
