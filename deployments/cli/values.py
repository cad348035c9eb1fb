"""What may stand behind an option: each function reads one, or says what to give instead."""

from __future__ import annotations

import argparse
import math
import re

LAST_PORT = 65535


def address(text: str) -> tuple[str, int]:
    """HOST:PORT."""
    host, _, port = text.rpartition(":")
    if not host or not port.isdigit() or not 0 < int(port) <= LAST_PORT:
        raise argparse.ArgumentTypeError("give an address and a port, such as 127.0.0.1:9464")
    return host.strip("[]"), int(port)


def positive(text: str) -> float:
    """A time above zero."""
    try:
        found = float(text)
    except ValueError:
        found = 0.0
    if not 0 < found < math.inf:
        raise argparse.ArgumentTypeError("give a number above 0")
    return found


def row_hash(text: str) -> str:
    """The hash of a row, or its beginning as a notice quotes it."""
    found = text.strip().strip("`").lower()
    if not re.fullmatch(r"[0-9a-f]{16,64}", found):
        raise argparse.ArgumentTypeError("give at least the first 16 of its 64 hex digits")
    return found
