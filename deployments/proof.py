"""What the estate itself shows after a rehearsal, asked of the simulated vendors and not of rekey."""

from __future__ import annotations

from dataclasses import dataclass

from blocks.errors import RekeyError
from blocks.ledger import Action, Ledger
from deployments.sandbox.estate import APPS, CHANNEL, PAPER, REPOSITORY, Estate

# The event type of the notice to a consumer; what people on call are told has another one.
NOTICE = "rekey_rotation_notice"
PENDING = "/MooseQuest/alpaca/rekey"


class NotRotatedError(RekeyError):
    """The estate is not what a rotation should leave."""


@dataclass(frozen=True, slots=True)
class Observation:
    """Where the paper pair is. Values stay in memory of this process."""

    places: dict[str, tuple[str | None, str | None]]
    dashboard_key_id: str
    pending: int
    open_orders: int
    notices: int

    def __repr__(self) -> str:
        return f"Observation({sorted(self.places)})"


def observe(estate: Estate) -> Observation:
    """Look at every place that holds the pair."""
    places: dict[str, tuple[str | None, str | None]] = {"vault": _pair(estate.vault_values())}
    for app in APPS.values():
        places[f"running {app}"] = _pair(estate.heroku.serving(app) or {})
    places["GitHub"] = (estate.github.reveal(REPOSITORY, PAPER[0]), estate.github.reveal(REPOSITORY, PAPER[1]))
    return Observation(
        places=places,
        dashboard_key_id=str(estate.paper.current_key_id),
        pending=len(estate.infisical.values(estate.project_id, "prod", PENDING)),
        open_orders=sum(1 for one in estate.paper.orders if one.status in {"new", "accepted"}),
        notices=sum(1 for one in estate.slack.messages if one["channel"] == CHANNEL and NOTICE in str(one["metadata"])),
    )


def prove_rotated(before: Observation, after: Observation, ledger: Ledger) -> list[str]:
    """Sentences that say what was seen. Raises NotRotatedError at the first thing that is not right."""
    pair = after.places["vault"]
    claims = [
        (after.dashboard_key_id != before.dashboard_key_id, "the dashboard shows another key than before"),
        (pair[0] == after.dashboard_key_id, "the vault holds the key that the dashboard shows"),
        (pair[1] not in {None, before.places["vault"][1]}, "the vault's secret is another one than before"),
        (all(found == pair for found in after.places.values()), f"the same pair is in {', '.join(after.places)}"),
        (after.pending == 0, "no pair is left in the vault's pending folder"),
        (after.open_orders == 0, "no order is left open"),
        (after.notices == before.notices + 1, "one Slack notice arrived"),
        (ledger.verify() is None, "the ledger's chain is whole"),
        (
            [row.action for row in ledger.rows()][-1:] == [Action.COMPLETED],
            "the ledger ends with secret.rotate.completed",
        ),
    ]
    for holds, sentence in claims:
        if not holds:
            raise NotRotatedError(f"Not so: {sentence}.", "Read the timeline above.")
    return [sentence for _, sentence in claims]


def _pair(values: dict[str, str]) -> tuple[str | None, str | None]:
    return values.get(PAPER[0]), values.get(PAPER[1])
