"""What ``make bench`` measures, and how much of it."""

from __future__ import annotations

import argparse

from tests.bench import left, questions

PAPER_ROTATIONS = 5
LIVE_ROTATIONS = 3
ENTRIES = 7
CREDENTIALS = [10, 100, 1000]
WATCHED = [10, 200]
MINUTES = 10_000


def chosen() -> argparse.Namespace:
    """What is asked for; without a word, all but what takes half an hour."""
    parser = argparse.ArgumentParser(prog="make bench", description="Measure, and print what was measured.")
    parser.add_argument("--paper", type=int, default=PAPER_ROTATIONS, help="paper rotations; 0 leaves them out")
    parser.add_argument("--live", type=int, default=LIVE_ROTATIONS, help="live rotations; 0 leaves them out")
    parser.add_argument(
        "--varied", type=int, default=100, help="health over so many credentials of all kinds; 0 leaves it out"
    )
    parser.add_argument(
        "--health", type=int, nargs="*", default=CREDENTIALS, help="health over so many credentials; none leaves it out"
    )
    parser.add_argument(
        "--watch", type=int, nargs="*", default=WATCHED, help="watch over so many credentials; none leaves it out"
    )
    parser.add_argument(
        "--waiting",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="how often an issuer is asked while runs wait",
    )
    parser.add_argument(
        "--left", type=int, default=left.RUNS, help="so many rotations that wait, and leave their forms; 0 none"
    )
    parser.add_argument(
        "--production",
        type=int,
        default=0,
        help="all of `make production` with so many credentials, while rotations wait: half an hour; 0 none",
    )
    parser.add_argument(
        "--minutes", type=int, default=MINUTES, help="simulated minutes of looking for sudden death; 0 none"
    )
    parser.add_argument(
        "--rows",
        type=int,
        nargs="*",
        default=questions.ROWS,
        help="rows of other rotations in the ledger; none leaves them out",
    )
    parser.add_argument(
        "--console",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="the pages over a thousand credentials",
    )
    parser.add_argument(
        "--entries", type=int, default=ENTRIES, help="paper rotations from Submit to validate, each way; 0 none"
    )
    parser.add_argument(
        "--hands",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="clicks, keys and pages of a live rotation on the console and in Prefect's UI; needs Chromium",
    )
    parser.add_argument(
        "--outage",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="how often an application is refused while a key is replaced by one that overlaps",
    )
    parser.add_argument("--only-console", action="store_true", help="its pages, entries and hands, and nothing else")
    parser.add_argument(
        "--terminal",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="commands whose answer somebody waits for",
    )
    parser.add_argument(
        "--by-hand",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="run the live operating procedure as a script, too",
    )
    options = parser.parse_args()
    if options.only_console:
        options.waiting = False
        options.paper = options.minutes = options.live = options.varied = 0
        options.health, options.watch, options.rows, options.terminal, options.outage = [], [], [], False, False
    return options
