"""``python -m tests.timeline`` rotates once and draws; with ``--draw`` it draws again what was recorded."""

from __future__ import annotations

import sys

from tests.timeline.drawing import draw
from tests.timeline.record import record

if __name__ == "__main__":
    if "--draw" not in sys.argv[1:]:
        record()
    draw()
