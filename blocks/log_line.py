"""A log as JSON, one object a line, for whoever collects logs: deployments/logging.yml names it.

Prefect imports this while it is being imported itself, so nothing of it, and little else, is needed here.
"""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime

from blocks import correlation

# What Prefect, and rekey's console, say beside the message, by the names that Prefect has for it.
BESIDE = (
    "rotation",
    "flow_name",
    "flow_run_id",
    "flow_run_name",
    "task_name",
    "task_run_id",
    "task_run_name",
    "worker_name",
    "work_pool_name",
)


class JsonLine(logging.Formatter):
    """One record a line: ``time`` (UTC), ``level``, ``logger``, ``message``, and what is known of BESIDE.

    ``rotation`` is the ID that the ledger, messages and the console have for it. An error is in ``error``, as Python
    prints it. Nothing else of a record is written: what was given to a message may be anything.
    """

    def format(self, record: logging.LogRecord) -> str:
        """The line, without its end."""
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        known = {"rotation": correlation.rotation(), **vars(record)}
        line |= {name: str(known[name]) for name in BESIDE if known.get(name)}
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return json.dumps(line)
