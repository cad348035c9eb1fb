"""Look after unfinished rotations and over pairs that could die by themselves. This is the procedure.

Scheduled every minute. Needs what ``rotate`` needs.
"""

from __future__ import annotations

from prefect import flow

from tasks.run import untold
from tasks.run.as_deployed import as_deployed, like_the_others
from tasks.run.only_one import only_one
from tasks.watch.ask_at_rest import in_doubt, still_at_rest
from tasks.watch.end_lost import end_lost
from tasks.watch.failures import Failures
from tasks.watch.fall_silent import falling_silent
from tasks.watch.incident import go_on_with, open_incidents
from tasks.watch.left_form import beside, look_beside
from tasks.watch.look_after import look_after, unfinished
from tasks.watch.look_for_death import look_for_death
from tasks.watch.prove_old_dead import prove_old_dead, with_kept_pairs
from tasks.watch.tell_clock import tell_clock
from tasks.watch.tell_late import tell_late
from tasks.watch.tell_unlisted import tell_unlisted, unlisted_to_tell
from tasks.watch.well import ended_well


@flow(name="watch", persist_result=False, log_prints=False)
def watch() -> None:
    """Tell what nobody could be told before, and whether this worker's clock is wrong; end runs that no worker began.

    Start what comes next of an incident.
    Tell of open rotations whose entry the catalog does not have, or has disabled.
    Then find rotations whose run is dead, say so, and start them again where that needs nobody's decision; ask of every
    other credential, and of each whose form waits without a process, whether its pair lives, many at once, and look
    closely where that is in doubt; and prove that old pairs died which lived on when their rotation ended.
    Then see for most of the minute whether the runs that act for a rotation live.
    What goes wrong with one of these hides no other: it is raised at the end.
    """
    as_deployed()
    with only_one("watch") as alone:
        if not alone:
            return
        failures = Failures()
        with failures.kept("this worker"):
            like_the_others()
        with failures.kept("what nobody was told"):
            if untold.waiting():
                tell_late()
        with failures.kept("this worker's clock"):
            tell_clock()
        with failures.kept("runs that no worker began"):
            end_lost()
        for incident in open_incidents():
            with failures.kept(f"incident {incident}"):
                go_on_with(incident)
        for credential in unlisted_to_tell():
            with failures.kept(credential):
                tell_unlisted(credential)
        for credential in unfinished():
            with failures.kept(credential):
                look_after(credential)
        doubted = in_doubt()
        for credential in beside(doubted):
            with failures.kept(credential):
                look_beside(credential)
        for credential in still_at_rest(doubted):
            with failures.kept(credential):
                look_for_death(credential)
        for credential in with_kept_pairs():
            with failures.kept(credential):
                prove_old_dead(credential)
        failures.demand_none()
        ended_well()
        for credential, lease in falling_silent():
            with failures.kept(credential):
                look_after(credential, lease)
        failures.demand_none()
