"""How often an application is refused while its key is replaced by one that lives beside the old one."""

from __future__ import annotations

from tests.bench.output import say
from tests.chaos.contracts import ready_for
from tests.contracts.outage import EVERY_S, OVERLAPPING, Sampled, sampled
from tests.faults.workplace import workplace


def measure() -> list[Sampled]:
    """One rotation of each such credential, with a Prefect server of their own."""
    found = []
    with workplace() as place:
        for name in OVERLAPPING:
            with place.operator() as operator:
                answers = ready_for(operator, name)
                with sampled(operator.estate, name) as seen:
                    outcome = operator.rotate(*answers, credential=name)
                assert outcome.state.is_completed(), outcome.message
                found.append(seen)
    return found


def report(found: list[Sampled]) -> None:
    """Print it."""
    say("\nOutage of keys that overlap: their issuer is asked with what each application, or rekey's own block, holds,")
    say(f"every {EVERY_S * 1000:.0f} ms, or as fast as it goes")
    for one in found:
        down = one.refused * one.seconds / one.asked
        say(
            f"  {one.credential:<16} {one.asked:5d} questions in {one.seconds:4.1f} s, {one.refused} refused: "
            f"{down:.1f} s of outage"
        )
