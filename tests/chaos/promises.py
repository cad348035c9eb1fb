"""What holds at every moment, by the names of the design: each function returns what does not hold."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from blocks.ledger.row import Action, Row
from blocks.prefect_api.recording import WAITING
from deployments.rehearsal import proof
from deployments.sandbox.alpaca.account import SandboxAccount
from deployments.sandbox.alpaca.state import SandboxKey
from deployments.sandbox.estate import LIVE, LIVE_RUNTIMES, VAULT_ENVIRONMENT
from deployments.sandbox.heroku.releases import SandboxRelease
from tests.chaos import invariants
from tests.chaos.invariants import BRAKES, LOSS, PAIR, RECORD
from tests.chaos.run import Submitted
from tests.chaos.world import ENVIRONMENTS, World
from tests.faults import trading

CONTAINED, ALONE = "I3", "I6"


class Promises:
    """Looks at a world again and again. Remembers what was verified, because the ledger may be lost."""

    def __init__(self, world: World) -> None:
        self.world = world
        live = world.in_use("live")
        self._verified: trading.Verified = set()
        self._first = live.fingerprint

    def broken(self) -> list[str]:
        """Everything that can be seen from outside at any time."""
        world = self.world
        found = [f"{LOSS}: {one}" for one in self.lost()]
        found += [f"{BRAKES}: {one}" for one in self.released()]
        denied = proof.observe(world.estate, "live").denied
        found += [f"{CONTAINED}: a live secret is in {place}" for place, is_there in denied.items() if is_there]
        found += [f"{PAIR}: {one}" for one in invariants.mixed(world.estate)]
        found += [f"{ALONE}: {one}" for one in self.together()]
        broken = world.operator.ledger.verify()
        return [*found, f"{RECORD}: row {broken.sequence}: {broken.reason}"] if broken else found

    def lost(self) -> list[str]:
        """A submitted pair that Alpaca accepts is whole in Prefect's store or in the vault."""
        return [
            f"the pair that was submitted for {one.credential} is nowhere, and Alpaca accepts it"
            for one in self.world.submitted
            if self._is_accepted(one) and not self._is_kept(one)
        ]

    def released(self) -> list[str]:
        """Trading is only switched on, or given another pair while it is on, with one that is verified and lives."""
        self._verified |= trading.verified(self.world.operator.ledger.rows())
        return [
            f"{app} trades with release v{one.version}, whose pair {trading.mark(one)} is not verified or dead"
            for app in LIVE_RUNTIMES.values()
            for before, one in pairwise(self.world.estate.heroku.apps[app].releases)
            if trading.trades(one)
            and (not trading.trades(before) or trading.mark(before) != trading.mark(one))
            and not self._may_trade(one)
        ]

    def together(self) -> list[str]:
        """After a run took a rotation over, no other one shows a form or records one."""
        found = []
        for credential in ENVIRONMENTS:
            run, rotation = "", ""
            for row in self.world.operator.ledger.rows(credential=credential):
                if row.action is Action.STARTED:
                    run, rotation = str(row.context["flow_run_id"]), row.rotation
                elif _is_form(row) and (row.context["run"], row.rotation) != (run, rotation):
                    found.append(f"run {row.context['run']} shows a form after {run} took {credential} over")
        return found

    def _is_accepted(self, one: Submitted) -> bool:
        value = one.pair.secret.get_secret_value()
        return any(account.accepts(one.pair.key_id, value) for account in _accounts(self.world))

    def _is_kept(self, one: Submitted) -> bool:
        operator, estate = self.world.operator, self.world.estate
        halves = {one.pair.key_id, one.pair.secret.get_secret_value()}
        # In the order in which a pair travels: what moves on meanwhile is found at the next place.
        typed = invariants.typed(operator, one.run).values()
        if any(halves <= {str(half) for half in values.values()} for values in typed):
            return True
        pending = estate.infisical.values(estate.project_id, VAULT_ENVIRONMENT, proof.PENDING)
        return halves <= set(pending.values()) or halves <= set(estate.vault_values().values())

    def _may_trade(self, one: SandboxRelease) -> bool:
        key = _key(self.world, one)
        lived = key is not None and (key.dead_from is None or key.dead_from > one.made_at)
        known = trading.mark(one) == self._first or trading.is_verified(one, self._verified, one.created_at)
        return lived and known


def _accounts(world: World) -> Iterator[SandboxAccount]:
    yield from world.estate.alpaca.accounts("paper")
    yield from world.estate.alpaca.accounts("live")


def _key(world: World, one: SandboxRelease) -> SandboxKey | None:
    return next((key for key in world.estate.live.keys if key.secret == one.variables.get(LIVE[1])), None)


def _is_form(row: Row) -> bool:
    return row.context.get("outcome") == WAITING and "run" in row.context
