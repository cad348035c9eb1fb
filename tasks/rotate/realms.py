"""What each realm of an issuer says of a pair that was just minted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from prefect.logging import get_run_logger

from blocks.answer import Answer
from blocks.issuers.interface import Issuer
from blocks.issuers.terms import Identity
from blocks.secret import Minted
from blocks.settings import read_settings
from blocks.wire.parallel import all_at_once, together
from blocks.wire.poll import wait_for


@dataclass(frozen=True, slots=True)
class Asked:
    """Whether its own realm accepts it, and each other one; and what its own realm said behind its yes."""

    here: Answer
    elsewhere: Mapping[str, Answer]
    seen: Identity | None = None
    made_up_refused: Answer = Answer.UNKNOWN


def asked_everywhere(issuer: Issuer, realm: str, pair: Minted, *, closely: bool) -> Asked:
    """What its own realm and the others say, once one of them says yes or the time for that is over.

    A fresh pair may need some seconds to become active (not documented, so it is polled). Until one realm accepts it,
    another one's refusal proves nothing: so the others are asked once more after that, and its own meanwhile whose it
    is, and whether it still refuses a made-up pair.
    """
    others = [one for one in issuer.realms if one != realm]
    here, elsewhere = _waited_for(issuer, realm, others, pair)
    if here is not Answer.YES:
        # Each was refused once at a time until now, and one refusal proves nothing.
        here, *answers = all_at_once([partial(issuer.accepts, one, pair) for one in (realm, *others)])
        elsewhere = dict(zip(others, answers, strict=True))
    if here is not Answer.YES:
        return Asked(here, elsewhere)
    answers, seen, refused = together(
        partial(all_at_once, [partial(issuer.accepts, one, pair) for one in others]),
        partial(issuer.identify, realm, pair, closely=closely),
        partial(issuer.refuses_made_up, realm),
    )
    return Asked(here, dict(zip(others, answers, strict=True)), seen, refused)


def _waited_for(issuer: Issuer, realm: str, others: list[str], pair: Minted) -> tuple[Answer, dict[str, Answer]]:
    settings = read_settings()
    here, elsewhere = Answer.UNKNOWN, dict.fromkeys(others, Answer.UNKNOWN)
    asked = 0

    def active() -> Answer:
        nonlocal here, elsewhere, asked
        asked += 1
        here = issuer.accepts_yet(realm, pair)
        if here is not Answer.YES:
            elsewhere = {one: issuer.accepts_yet(one, pair) for one in others}
        if asked == 2:
            get_run_logger().info(
                "%s does not accept pair %s yet; asking for up to %.0f s.",
                issuer.called,
                pair.fingerprint,
                settings.activation_timeout_s,
            )
        return Answer.YES if Answer.YES in {here, *elsewhere.values()} else Answer.UNKNOWN

    wait_for(active, timeout_s=settings.activation_timeout_s, interval_s=settings.probe_interval_s)
    return here, elsewhere
