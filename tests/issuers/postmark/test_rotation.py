"""One whole rotation, in which the person does every wrong thing first: nothing is lost."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

from blocks.prefect_api.recording import SENTENCES
from blocks.secret import Minted
from deployments.sandbox.estate import DESK, ISSUERS_PATH, POSTMARK, VAULT_ENVIRONMENT
from deployments.sandbox.faults import Fault, FaultKind
from tests.issuers.support import token
from tests.operator import Operator

NAME = "postmark-server"


def in_use(operator: Operator) -> set[str]:
    """The tokens with which somebody may ask: the vault's and the application's."""
    estate = operator.estate
    kept = estate.infisical.values(estate.project_id, VAULT_ENVIRONMENT, ISSUERS_PATH)[POSTMARK]
    return {kept, dict(estate.heroku.serving(DESK) or {})[POSTMARK]}


def text_of(person: Operator) -> str:
    """What the form says that is shown."""
    assert person.form is not None
    return person.form.description


def test_a_person_deletes_the_old_token_at_the_end_also_after_deleting_the_wrong_one_first(postmark: Operator) -> None:
    keys = postmark.estate.issuers.postmark.keys
    (old,) = keys.living.values()
    made: list[str] = []
    seen: list[bool] = []

    class Looking(Fault):
        def strike(self) -> None:
            seen.append(in_use(postmark) <= set(keys.living.values()))

    for vendor in ("infisical", "heroku"):
        postmark.estate.server.plan.add(Looking(vendor, FaultKind.SLOW, seconds=0.0, times=None))

    def mint(person: Operator) -> Minted:
        made.append(keys.mint())
        assert "delete" not in text_of(person).partition("\n")[0]
        return token(made[-1])

    def says_so(delete: Callable[[], str | None]) -> Callable[[Operator], None]:
        def answer(person: Operator) -> None:
            assert text_of(person).startswith(("### Not yet", "### postmark-server: delete the old one now"))
            assert f"The old token ends with `{old[-4:]}`: that one goes." in text_of(person)
            one = delete()
            if one is not None:
                assert all(seen) or one == old, "nothing is down before the wrong one is deleted"
                keys.delete(one)
            person.fill(ended=True)

        return answer

    def enters_another(person: Operator) -> None:
        assert "The NEW token" in text_of(person)
        assert "the wrong one was deleted at Postmark" in text_of(person)
        assert old in keys.living.values()
        person.choose("enter another token")

    outcome = postmark.rotate(
        mint,
        says_so(lambda: None),
        says_so(lambda: made[-1]),
        enters_another,
        mint,
        says_so(lambda: old),
        credential=NAME,
    )

    assert outcome.state.is_completed(), outcome.message
    works = "is deleted, and Postmark accepts it still: it was not deleted, or not yet. Delete it at "
    assert works in outcome.descriptions[2]
    (noted,) = (row for row in noted_of(postmark, "retire") if works in row)
    assert noted.startswith("test operator said that the old token ")
    assert f"Delete it at {postmark.estate.url('issuers')}/postmark/keys, then" in noted
    (alarm,) = (one["text"] for one in postmark.estate.slack.messages if works in one["text"])
    assert alarm.startswith("postmark-server: the old token works still: test operator said that the old token ")
    assert set(keys.living.values()) == in_use(postmark) == {made[-1]}
    assert len(seen) > 10
    retired = postmark.steps("retire")[-1]
    assert any("test operator said that the old token" in one for one in retired.context["proofs"])
    assert any("is dead: refused 6 times in a row" in one for one in retired.context["proofs"])
    assert any("holds 1 of 3 tokens" in one for one in postmark.steps("preflight")[0].context["proofs"])
    assert alien_words(texts_of(postmark, outcome.descriptions, outcome.message)) == []


def noted_of(operator: Operator, step: str) -> list[str]:
    """What was written down between the steps themselves."""
    rows = (row.facts for row in operator.ledger.rows(credential=NAME))
    return [proof for facts in rows if facts.is_noted and facts.step == step for proof in facts.proofs]


def texts_of(operator: Operator, descriptions: list[str], message: str, name: str = NAME) -> list[str]:
    """Whatever people are told of a rotation: forms, pages, messages, the ledger's sentences and its end."""
    latest = (operator.api.get(f"/artifacts/{kind}-{name}/latest").json()["data"] for kind in ("now", "rotation"))
    told = [row.context for row in operator.ledger.rows(credential=name)]
    sentences = [text for one in told for key in SENTENCES for text in [one.get(key)] if isinstance(text, str)]
    proofs = [proof for one in told for proof in one.get("proofs", ())]
    slack = [json.dumps(one) for one in operator.estate.slack.messages]
    return [*descriptions, message, *latest, *sentences, *proofs, *slack]


def alien_words(texts: list[str]) -> list[str]:
    """What is said in them of pairs, of Alpaca's button and of trading."""
    assert len(texts) > 40
    pattern = r"[^.\n]{0,60}(?:\bpairs?\b|regenerat|\btrad(?:e|es|ing)\b)[^.\n]{0,20}"
    found = (one for text in texts for one in re.findall(pattern, text, re.IGNORECASE))
    return sorted(set(found))


def test_with_three_tokens_nobody_is_asked_to_mint(postmark: Operator) -> None:
    keys = postmark.estate.issuers.postmark.keys
    keys.mint(), keys.mint()

    outcome = postmark.rotate(credential=NAME)

    assert outcome.state.is_failed()
    assert "has 3 tokens already, and Postmark takes no more" in outcome.message
    assert outcome.descriptions == []
