"""The rules of an issuer: a yes and a no have a control behind them, and death is a series of refusals."""

from __future__ import annotations

from blocks.answer import Answer
from blocks.errors import RekeyError
from blocks.issuers.terms import By
from deployments.kit.answers import REFUSALS, UNCLEAR, each
from deployments.kit.rules import demand, refused, rules_in
from deployments.kit.stands import IssuerStand
from deployments.sandbox.faults import FaultKind

# So many proofs of one death, one after another.
PROOFS = 8


def it_knows_its_own_pairs(stand: IssuerStand) -> None:
    """A pair that it issued is accepted, one that is dead is not, and it has the fields that it says."""
    issuer, realm = stand.issuer, stand.realm
    demand(tuple(stand.good.values) == issuer.fields, "Its pairs have other fields than it says.")
    seen = issuer.accepts(realm, stand.good)
    demand(seen is Answer.YES, f"A pair that lives is {seen.name}, and not YES.")
    seen = issuer.accepts(realm, stand.dead)
    demand(seen is Answer.NO, f"A dead pair is {seen.name}, and not NO.")


def a_made_up_pair_is_its_control(stand: IssuerStand) -> None:
    """A pair that nobody was issued has its shape, is new each time, and is clearly refused."""
    issuer, realm = stand.issuer, stand.realm
    one, other = issuer.made_up(realm), issuer.made_up(realm)
    demand(tuple(one.values) == issuer.fields, "A made-up pair has other fields than a real one.")
    demand(not one.same_as(other), "Two made-up pairs are the same: somebody may have been issued it since.")
    demand(issuer.refuses_made_up(realm) is Answer.YES, "It does not clearly refuse a pair that nobody was issued.")


def an_unclear_answer_is_neither_yes_nor_no(stand: IssuerStand) -> None:
    """Without a clear answer a pair is neither accepted nor refused, whichever it is, and nothing is raised."""
    for called in each(stand, UNCLEAR):
        for is_good, pair in ((True, stand.good), (False, stand.dead)):
            seen = stand.issuer.accepts(stand.realm, pair)
            which = "lives" if is_good else "is dead"
            demand(seen is Answer.UNKNOWN, f"After {called} a pair that {which} is {seen.name}, and not UNKNOWN.")


def one_refusal_is_no_death(stand: IssuerStand) -> None:
    """A pair that lives and is refused once is not dead: a vendor's edge does that now and then."""
    if stand.issuer.refusals > 1:
        stand.goes_wrong(FaultKind.ANSWER, status=401, times=1)
        seen = stand.issuer.accepts(stand.realm, stand.good)
        demand(seen is not Answer.NO, "Refused once, a pair that lives is called dead.")


def death_is_proved_with_controls(stand: IssuerStand) -> None:
    """The old pair is dead when it is refused while the new one is accepted and a made-up one refused."""
    issuer, realm = stand.issuer, stand.realm
    proof = issuer.is_dead(realm, stand.dead, stand.good)
    demand(proof.answer is Answer.YES, f"A dead pair's death is {proof.answer.name}, and not YES.")
    proof = issuer.is_dead(realm, stand.good, stand.good)
    demand(proof.answer is not Answer.YES, "A pair that lives is proved dead.")


def an_end_that_flaps_is_said(stand: IssuerStand) -> None:
    """Where an ended pair is accepted now and then for a while, it says for how long: its death is proved later."""
    issuer = stand.issuer
    proofs = [issuer.is_dead(stand.realm, stand.dead, stand.good).answer for _ in range(PROOFS)]
    was_dead = Answer.YES in proofs
    demand(
        not (was_dead and Answer.NO in proofs) or issuer.dies_within_s > 0,
        "A pair that was ended is refused in a whole proof and accepted in another, and dies_within_s says that this "
        "cannot be.",
    )


def an_outage_proves_no_death(stand: IssuerStand) -> None:
    """When everything is refused, or nothing is answered clearly, nobody's death is proved."""
    for called in each(stand, {**UNCLEAR, **REFUSALS}):
        proof = stand.issuer.is_dead(stand.realm, stand.good, stand.good)
        demand(proof.answer is not Answer.YES, f"After {called} to everything a pair that lives is proved dead.")


def whose_it_is_is_told_or_raised(stand: IssuerStand) -> None:
    """The subject of a pair is told as people know it; for a dead pair, and without a clear answer, it is an error."""
    identity = stand.issuer.identify(stand.realm, stand.good)
    demand(identity.subject == stand.subject, "The pair belongs to another subject than it says.")
    with refused("Whose a dead pair is"):
        stand.issuer.identify(stand.realm, stand.dead)
    for called in each(stand, UNCLEAR):
        with refused(f"After {called} whose a pair is") as caught:
            stand.issuer.identify(stand.realm, stand.good)
        _demand_silent(stand, called, caught[0])


def _demand_silent(stand: IssuerStand, called: str, error: RekeyError) -> None:
    told = f"{error} {vars(error)}"
    secrets = [one.get_secret_value() for one in stand.good.values.values()]
    demand(not any(one in told for one in secrets), f"After {called} its error holds the pair.")
    demand(error.remedy, f"After {called} its error says nothing of what to do.")


def it_tells_a_person_what_to_do(stand: IssuerStand) -> None:
    """Its form asks for each of its fields, in its order; for nothing where no person mints."""
    form, is_asked = stand.issuer.form(stand.realm), stand.issuer.traits.minted_by is By.PERSON
    wanted = stand.issuer.fields if is_asked else ()
    demand(tuple(form.values) == wanted, "Its form asks for other fields than a person enters.")


RULES = rules_in((
    it_knows_its_own_pairs,
    a_made_up_pair_is_its_control,
    an_unclear_answer_is_neither_yes_nor_no,
    one_refusal_is_no_death,
    death_is_proved_with_controls,
    an_end_that_flaps_is_said,
    an_outage_proves_no_death,
    whose_it_is_is_told_or_raised,
    it_tells_a_person_what_to_do,
))  # fmt: skip
