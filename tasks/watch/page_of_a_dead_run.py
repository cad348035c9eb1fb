"""The page of a dead run: ``now-<credential>`` stays as its process wrote it last, until somebody says what is so now.

Whoever finds the run dead publishes a newer version under the same name. A page that cannot be written stops nothing.
"""

from __future__ import annotations

from datetime import UTC, datetime

from prefect.logging import get_run_logger

from blocks.ledger import deaths, progress
from blocks.ledger.trading import clock
from blocks.model.rotation import Rotation
from blocks.prefect_api import prefect_page, recording
from blocks.text import markdown
from tasks.person import now_text
from tasks.person.tell_end import trading
from tasks.run.one_at_a_time import page_of


def replace_with(rotation: Rotation, to_do: str, why: str) -> None:
    """Let the page say what to do now in its first line, then whether trading stands and what is done. Never raises."""
    about = f"What to do now about the rotation of {rotation.credential.name}: its run is over"
    try:
        text = _text(rotation, to_do, why)
        prefect_page.publish(f"now-{rotation.credential.name}", text, about, rotation.flow_run_id)
    except Exception as error:  # noqa: BLE001  # a page that is not shown must stop nothing
        get_run_logger().warning("The page of the dead run is not up to date: %s", type(error).__name__)


def _text(rotation: Rotation, to_do: str, why: str) -> str:
    ledger, moment = recording.open_ledger(), now_text.Moment(datetime.now(UTC))
    history = recording.history_of(rotation)
    killed = deaths.unsettled(ledger, rotation.credential.name)
    where = page_of(rotation.flow_run_id)
    facts = [
        ("Why", markdown(why)),
        ("Old pair", now_text.old_pair(rotation, history, killed, moment)),
        ("Done", ", ".join(progress.done(history)) or "nothing yet"),
        ("Run that is over", f"[{where}]({where}): its form takes no answer"),
        ("Written", f"{clock(moment.at)}. A run that goes on writes a newer page."),
    ]
    stands = trading(rotation) or f"Trading is not stopped: {rotation.credential.realm} has no brakes."
    lines = [f"# {to_do}", "", stands, "", "| | |", "|---|---|", *(f"| {name} | {told} |" for name, told in facts)]
    return "\n".join(lines) + "\n"
