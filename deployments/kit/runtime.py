"""The rules of a runtime: a running application that is asked which account it trades in."""

from __future__ import annotations

from blocks.answer import Answer
from blocks.errors import VendorError
from deployments.kit.answers import UNCLEAR, each
from deployments.kit.rules import demand, rules_in
from deployments.kit.stands import RuntimeStand
from deployments.sandbox import made_up


def it_says_whose_account_it_is(stand: RuntimeStand) -> None:
    """The account that the process reaches is a yes, and any other account is a no."""
    seen = stand.client.answers_with(stand.realm, stand.subject)
    demand(seen is Answer.YES, f"The account that it reaches is {seen.name}, and not YES.")
    other = stand.client.answers_with(stand.realm, made_up.identifier())
    demand(other is Answer.NO, f"An account that it does not reach is {other.name}, and not NO.")


def an_unclear_answer_is_no_account(stand: RuntimeStand) -> None:
    """While the process boots, or something before it answers, whose account it is is unknown."""
    for called in each(stand, UNCLEAR):
        try:
            seen = stand.client.answers_with(stand.realm, stand.subject)
        except VendorError:
            # An error of its own is no answer either.
            continue
        demand(seen is Answer.UNKNOWN, f"After {called} the account is {seen.name}, and not UNKNOWN.")


def trading_is_told_as_it_is(stand: RuntimeStand) -> None:
    """Trading that is on is a yes, and stopped trading a no."""
    for is_on in (True, False):
        stand.trade(is_on)
        seen = stand.client.trading_health(stand.route, stand.field_name).answer
        wanted = Answer.YES if is_on else Answer.NO
        demand(seen is wanted, f"Trading is {'on' if is_on else 'stopped'}, and it says {seen.name}.")


def an_unclear_answer_says_nothing_of_trading(stand: RuntimeStand) -> None:
    """Whatever comes instead of a strict true or false is unknown, with a reason, and nothing is raised."""
    for called in each(stand, UNCLEAR):
        seen = stand.client.trading_health(stand.route, stand.field_name)
        demand(seen.answer is Answer.UNKNOWN, f"After {called} trading is {seen.answer.name}, and not UNKNOWN.")
        demand(seen.reason, f"After {called} it does not say why trading is unknown.")
    seen = stand.client.trading_health(stand.route, "no_such_field")
    demand(seen.answer is Answer.UNKNOWN, f"A page without the field says {seen.answer.name}, and not UNKNOWN.")


RULES = rules_in((
    it_says_whose_account_it_is,
    an_unclear_answer_is_no_account,
    trading_is_told_as_it_is,
    an_unclear_answer_says_nothing_of_trading,
))  # fmt: skip
