"""What tests of the page of a run share: the links and the moment of its rows."""

from __future__ import annotations

from datetime import UTC, datetime

from tasks.person.now_text import Links

LINKS = Links("https://prefect.example.com/v2/runs/flow-run/1", "https://dashboard.example.com")

AT = datetime.now(UTC)
