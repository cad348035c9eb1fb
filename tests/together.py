"""All tests: those in a browser beside the others, in a process with a log of its own.

One browser waits for pages most of its time, so the other tests have the processors meanwhile. Each of the two has a
rekey of its own. The log comes when both are done; Ctrl-C reaches both, and both end what they started.

A few red tests of those with a real server or a browser, which a busy machine can break, are run once more, with
nothing beside them (tests/unsteady.py).
"""

from __future__ import annotations

import argparse
import signal
import subprocess
import sys

from blocks.settings import ROOT
from tests import twins, unsteady

BROWSER = "tests/browser"
LOG = ROOT / ".rekey" / "browser-tests.log"
PYTEST = (sys.executable, "-m", "pytest")


def main(arguments: list[str]) -> int:
    """0 when both are green. ``-m`` is for both, every other option for those that need no browser."""
    parser = argparse.ArgumentParser(allow_abbrev=False)
    parser.add_argument("-m", dest="marks")
    known, others = parser.parse_known_args(arguments)
    marks = ["-m", known.marks] if known.marks else []
    # Variants that are asked for are run, also those of the twins.
    left_out = [] if known.marks else twins.left_out()
    LOG.parent.mkdir(exist_ok=True)
    with LOG.open("wb") as log:
        beside = subprocess.Popen([*PYTEST, *unsteady.remembering("browser"), *marks, BROWSER], stdout=log, stderr=log)
        here = subprocess.Popen(
            [*PYTEST, *unsteady.remembering("others"), *marks, *others, f"--ignore={BROWSER}", *left_out]
        )
        # Both have it from the terminal.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        codes = here.wait(), beside.wait()
    sys.stdout.write(f"\nThe tests in a browser, which ran beside the others:\n{LOG.read_text(errors='replace')}")
    if max(codes) != unsteady.RED:
        return max(codes)
    return unsteady.again(PYTEST, known.marks or "not long", ("others", "browser"))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
