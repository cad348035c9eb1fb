"""Dependabot's and an organization's secrets as consumers: given, seen, and known to each other."""

from __future__ import annotations

import pytest

from blocks.answer import Answer
from blocks.check import Depth
from blocks.consumers.github.secrets import GithubConsumer
from blocks.consumers.github.shared import DependabotConsumer, OrganizationConsumer
from blocks.consumers.interface import BY_TIME
from blocks.errors import StepError
from deployments.sandbox.estate import PAPER, REPOSITORY
from tests.consumers.handover import a_pair, given, held
from tests.operator import Operator

NAMES = {"key_id": PAPER[0], "secret": PAPER[1]}
OWNER = REPOSITORY.partition("/")[0]
DEPENDABOT = DependabotConsumer(kind="github-dependabot", repository=REPOSITORY, names=NAMES)
ORGANIZATION = OrganizationConsumer(kind="github-organization", organization=OWNER, names=NAMES)
ITS_OWN = GithubConsumer(kind="github", repository=REPOSITORY, names=NAMES)


def test_each_is_given_the_pair_is_seen_by_time_and_is_named_where_the_names_are_looked_for(operator: Operator) -> None:
    github, pair = operator.estate.github, a_pair()
    operator.canaries.kept.clear()
    with pytest.raises(StepError, match="has no organisation secret"):
        ORGANIZATION.can_write()
    for name in PAPER:
        github.share(OWNER, name, "before", REPOSITORY)

    for one in (DEPENDABOT, ORGANIZATION):
        assert one.can_write() is Answer.YES
        proofs = given(one, pair).proofs
        assert proofs[0].startswith(f"{one.label}: both secrets sealed and updated at ")
        assert one.holds(held(pair), None, Depth.FULL).short == BY_TIME

    secret = pair.secret.get_secret_value()
    assert github.reveal(REPOSITORY, PAPER[1], dependabot=True) == github.shared(OWNER, PAPER[1])[0] == secret
    assert github.shared(OWNER, PAPER[1])[1] == "selected"
    alone, all_of_them = ITS_OWN.elsewhere([ITS_OWN]), ITS_OWN.elsewhere([ITS_OWN, DEPENDABOT, ORGANIZATION])
    assert f"the organisation ({', '.join(sorted(PAPER))}); Dependabot (" in alone.unnamed
    assert all_of_them.unnamed == ""
    assert DEPENDABOT.elsewhere([DEPENDABOT]).unnamed.count("the organisation (") == 1
    assert "may have a secret of its own" in ORGANIZATION.elsewhere([]).told
