"""A ledger with operators who carry software authenticators."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pytest
from pydantic import SecretStr

from blocks.ledger.ledger import Ledger
from blocks.operators import enrolment, prove, registration, registry
from blocks.operators.act import Act
from blocks.operators.passkeys import Site
from blocks.operators.prove import Proof
from blocks.operators.registry import SUPERADMIN, Registry
from deployments.rehearsal.authenticator import Authenticator

SITE = Site.of("http://localhost:4280")
TERMINAL = "claimed by somebody"


def act(**other: object) -> Act:
    """An entry into the form of a rotation; ``other`` is what is otherwise."""
    facts: dict[str, object] = {"rotation": "r-1", "step": "await_human_input", "form": "paused-r-1-a1b2c3"}
    facts |= {"shown": "a" * 64, "chosen": {"regenerated": True}, "sealed": "b" * 64}
    return Act.from_context({**facts, **other})


@dataclass(slots=True)
class Team:
    """Who is enrolled in this ledger, with the authenticators that each carries."""

    ledger: Ledger
    carried: dict[str, list[Authenticator]] = field(default_factory=dict)

    @property
    def known(self) -> Registry:
        """As the ledger has it."""
        return registry.of(self.ledger)

    def invite(self, name: str, role: str) -> SecretStr:
        """The token of a new link."""
        return enrolment.invite(self.ledger, name, role, TERMINAL)[0]

    def register(self, token: SecretStr, authenticator: Authenticator | None = None) -> Authenticator:
        """Register it with this link, as its page does."""
        one = authenticator or Authenticator(SITE)
        link = enrolment.link_of(self.known, token)
        response = one.register(registration.enrolling(link).challenge)
        registration.register(self.ledger, SITE, token, response, "blue key")
        self.carried.setdefault(link.operator, []).append(one)
        return one

    def approve(self, token: SecretStr, by: str) -> None:
        """Let a superadmin approve this link."""
        signed = registration.approving(enrolment.link_of(self.known, token))
        registration.approve(self.ledger, SITE, token, self.carried[by][0].sign(signed.challenge, by))

    def add(self, name: str, role: str, by: str = "") -> Authenticator:
        """Enrol somebody; ``by`` is the superadmin who approves it."""
        token = self.invite(name, role)
        if by:
            self.approve(token, by)
        return self.register(token)

    def prove(self, what: Act, name: str, role: str = SUPERADMIN, authenticator: Authenticator | None = None) -> Proof:
        """Let this operator sign it, and the flow check it."""
        one = authenticator or self.carried[name][0]
        return prove.by_passkey(self.ledger, SITE, what, one.sign(what.challenge, name), role)


@pytest.fixture
def team(tmp_path: Path) -> Team:
    """Of nobody yet."""
    return Team(Ledger(SecretStr(f"sqlite:///{tmp_path / 'ledger.db'}")))


@pytest.fixture
def sam(team: Team) -> Authenticator:
    """The authenticator of Sam, a superadmin."""
    return team.add("Sam", SUPERADMIN)
