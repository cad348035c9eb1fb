"""What the estate itself shows after a rehearsal, asked of the simulated vendors and not of rekey."""

from __future__ import annotations

from dataclasses import dataclass

from blocks.errors import RekeyError
from blocks.ledger.ledger import Ledger
from blocks.ledger.row import Action
from deployments.sandbox.estate import APPS, CHANNEL, LIVE, LIVE_RUNTIMES, PAPER, REPOSITORY, VAULT_ENVIRONMENT, Estate
from deployments.sandbox.raptor.app import KILL_SWITCH

PENDING = "/MooseQuest/alpaca/rekey"
NOTICE = "rekey_rotation_notice"
PairSeen = tuple[str | None, str | None]


class NotRotatedError(RekeyError):
    """The estate is not what a rotation should leave."""

    slug = "not-rotated"
    advice = "Read which place is not as it should be: the simulated vendors show it on their control page."


@dataclass(frozen=True, slots=True)
class Observation:
    """Where one environment's pair is. Values stay in memory of this process."""

    environment: str
    places: dict[str, PairSeen]
    dashboard_key_id: str
    pending: int
    open_orders: int
    notices: int
    # The kill switch of each app that trades real money, as its running dyno has it.
    brakes: dict[str, str | None]
    # Places in which no live secret may be, and whether one is.
    denied: dict[str, bool]

    def __repr__(self) -> str:
        return f"Observation({sorted(self.places)})"


def observe(estate: Estate, environment: str = "paper") -> Observation:
    """Look at every place that holds the pair of this environment."""
    names, apps = (PAPER, APPS) if environment == "paper" else (LIVE, LIVE_RUNTIMES)
    account = estate.paper if environment == "paper" else estate.live
    places: dict[str, PairSeen] = {"vault": _pair(estate.vault_values(), names)}
    for app in apps.values():
        places[f"running {app}"] = _pair(dict(estate.heroku.serving(app) or {}), names)
    if environment == "paper":
        places["GitHub"] = (estate.github.reveal(REPOSITORY, PAPER[0]), estate.github.reveal(REPOSITORY, PAPER[1]))
    return Observation(
        environment=environment,
        places=places,
        dashboard_key_id=str(account.current_key_id),
        pending=len(estate.infisical.values(estate.project_id, VAULT_ENVIRONMENT, PENDING)),
        open_orders=sum(1 for one in account.orders if one.is_open),
        notices=sum(1 for one in estate.slack.messages if _is_notice(one)),
        brakes={app: (estate.heroku.serving(app) or {}).get(KILL_SWITCH) for app in LIVE_RUNTIMES.values()},
        denied=_live_secrets_in_denied_places(estate),
    )


def prove_rotated(before: Observation, after: Observation, ledger: Ledger, *, foreign_pairs: int = 0) -> list[str]:
    """Sentences that say what was seen. Raises NotRotatedError at the first thing that is not right.

    ``foreign_pairs`` that were typed belong to no credential: they are left in the pending folder on purpose.
    """
    left = "no pair is" if foreign_pairs == 0 else f"only the {foreign_pairs} pair that belongs elsewhere is"
    pair = after.places["vault"]
    claims = [
        (after.dashboard_key_id != before.dashboard_key_id, "the dashboard shows another key than before"),
        (pair[0] == after.dashboard_key_id, "the vault holds the key that the dashboard shows"),
        (pair[1] not in {None, before.places["vault"][1]}, "the vault's secret is another one than before"),
        (all(found == pair for found in after.places.values()), f"the same pair is in {', '.join(after.places)}"),
        (after.pending == 2 * foreign_pairs, f"{left} left in the vault's pending folder"),
        (after.open_orders == 0, "no order is left open"),
        (not any(after.denied.values()), f"no live secret ever was in {', '.join(after.denied)}"),
        (ledger.verify() is None, "the ledger's chain is whole"),
        (
            [row.action for row in ledger.rows()][-1:] == [Action.COMPLETED],
            "the ledger ends with secret.rotate.completed",
        ),
    ]
    if after.environment == "paper":
        claims.append((after.notices == before.notices + 1, "one Slack notice arrived"))
    else:
        claims.append((after.brakes == before.brakes, f"trading is as it was before: {_brakes(after)}"))
    for holds, sentence in claims:
        if not holds:
            raise NotRotatedError(f"Not so: {sentence}.", "Read the timeline above.")
    return [sentence for _, sentence in claims]


def _brakes(seen: Observation) -> str:
    return ", ".join(f"{KILL_SWITCH} is {value} on {app}" for app, value in seen.brakes.items())


def _live_secrets_in_denied_places(estate: Estate) -> dict[str, bool]:
    """Every live secret that was ever issued, looked for in every release of staging, at GitHub and at Slack."""
    secrets = [key.secret for account in estate.alpaca.accounts("live") for key in account.keys]
    staging = [
        value for release in estate.heroku.apps["raxx-api-staging"].releases for value in release.variables.values()
    ]
    github = [estate.github.reveal(REPOSITORY, name) for name in estate.github.names(REPOSITORY)]
    slack = [str(message) for message in estate.slack.messages]
    return {
        "raxx-api-staging": any(secret in value for secret in secrets for value in staging),
        "GitHub": any(secret == value for secret in secrets for value in github),
        "Slack": any(secret in text for secret in secrets for text in slack),
    }


def _is_notice(message: dict[str, object]) -> bool:
    metadata = message.get("metadata")
    return message["channel"] == CHANNEL and isinstance(metadata, dict) and metadata.get("event_type") == NOTICE


def _pair(values: dict[str, str], names: tuple[str, str]) -> PairSeen:
    return values.get(names[0]), values.get(names[1])
