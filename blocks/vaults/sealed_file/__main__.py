"""The sealed file by hand: ``python -m blocks.vaults.sealed_file new|list|get|put PATH KEY_FILE [ENVIRONMENT FOLDER]``.

``new`` makes both files. ``put`` takes NAME=value lines from standard input, never from its arguments, which everybody
on the machine sees; ``get`` prints such lines, ``list`` the names alone. Exit status 0, or 1 with a sentence.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from io import StringIO
from pathlib import Path

from dotenv import dotenv_values
from pydantic import SecretStr

from blocks.errors import RekeyError, StepError
from blocks.vaults.sealed_file.client import SealedFileClient
from blocks.vaults.sealed_file.content import SealedFile, location_of
from blocks.vaults.terms import Location, Stored

# Read alike by shells and every library, without quotation marks.
_BARE = re.compile(r"[A-Za-z0-9_.,/+:=@%-]+", re.ASCII)
WORDS = {"new": 3, "list": 3, "get": 5, "put": 5}


def main(arguments: list[str]) -> int:
    """Do what the arguments say."""
    if not arguments or WORDS.get(arguments[0]) != len(arguments):
        sys.stderr.write(f"{__doc__}\n")
        return 1
    try:
        told = _done(*arguments)
    except RekeyError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(told)
    return 0


def _done(word: str, path: str, key_file: str, environment: str = "", folder: str = "") -> str:
    sealed = SealedFile(Path(path), Path(key_file))
    if word == "new":
        sealed.make()
        return ""
    if word == "list":
        every = sealed.opened()[0].items()
        return "".join(f"{location_of(key)}: {', '.join(sorted(held)) or 'nothing'}\n" for key, held in every)
    client, location = SealedFileClient(sealed), Location(environment, folder)
    if word == "get":
        return _lines(client.read(location))
    read = dotenv_values(stream=sys.stdin, interpolate=False)
    values = {name: SecretStr(value) for name, value in read.items() if value is not None}
    if not values or len(values) < len(read):
        raise StepError(
            "Standard input has no NAME=value line, or one that is none.",
            "Give one for each name; put a value with spaces, quotation marks or a # into single quotation marks.",
        )
    client.ensure_folder(location)
    client.write(location, values)
    return ""


def _lines(stored: Mapping[str, Stored]) -> str:
    """As ``put`` reads them. Raises StepError for what no such lines can hold."""
    values = {name: one.value.get_secret_value() for name, one in stored.items()}
    told = "".join(f"{name}={_quoted(plain)}\n" for name, plain in values.items())
    if dotenv_values(stream=StringIO(told, newline=""), interpolate=False) != values:
        raise StepError(
            "A value there ends with a backslash, and other lines follow: NAME=value lines cannot hold that.",
            "Read it with a program of your own by blocks/vaults/sealed_file/content.py.",
        )
    return told


def _quoted(plain: str) -> str:
    """As ``put`` reads it, and a shell where it is one line without a quotation mark or a backslash."""
    if _BARE.fullmatch(plain):
        return plain
    escaped = plain.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
