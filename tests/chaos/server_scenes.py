"""The Prefect server is stopped and started again under a rotation that lives."""

from __future__ import annotations

import time
from functools import partial

from deployments.local.processes import SERVER, LocalPrefect
from tests.at_prefect import Form
from tests.chaos.kill import at_row
from tests.chaos.play import Play, Result, now
from tests.chaos.scene import LIVE, Scene
from tests.faults.workplace import Workplace

AWAY_S = {"is restarted at once": 0.0, "is away for 90 s": 90.0}
FORM = "while the form for the pair waits"
ROWS = ("pause done", "await_human_input done", "store done")


def scenes() -> list[Scene]:
    """Every one of them."""
    return [
        Scene(f"Prefect server {what}", when, partial(_played, away_s, row))
        for what, away_s in AWAY_S.items()
        for when, row in ((FORM, ""), *((f"from {row} on", row) for row in ROWS))
    ]


def stop(prefect: LocalPrefect) -> None:
    """Stop its server alone; what that keeps stays, and it can be started again."""
    (server,) = (one for one in prefect._children if one.name == SERVER)
    prefect._children.remove(server)
    server.stop()


def _played(away_s: float, row: str, place: Workplace) -> Result:
    with place.operator() as operator:
        one = Play(operator, LIVE)
        back = [now()]

        def restart() -> None:
            stop(operator.prefect)
            time.sleep(away_s)
            operator.prefect.start_server()
            back.append(now())

        def once(form: Form) -> None:
            if "key_id" in form.fields and len(back) == 1:
                restart()

        try:
            if row:
                with at_row(row, restart):
                    one.attend(one.attempt())
            else:
                one.person.before_answer = once
                one.attend(one.attempt())
            one.go_on()
        finally:
            one.end()
        return one.result(back[-1], starts=1)
