"""The sealed file by hand: ``python -m blocks.vaults.sealed_file new|list|get|put PATH KEY_FILE [ENVIRONMENT FOLDER]``.

``new`` makes both files. ``put`` takes NAME=value lines from standard input, never from its arguments, which everybody
on the machine sees; ``get`` prints such lines, ``list`` the names alone. Exit status 0, or 1 with a sentence.
"""

from __future__ import annotations

import sys
from pathlib import Path

from dotenv import dotenv_values
from pydantic import SecretStr

from blocks.errors import RekeyError, StepError
from blocks.vaults.sealed_file.client import SealedFileClient
from blocks.vaults.sealed_file.content import SealedFile, location_of
from blocks.vaults.terms import Location

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
        return "".join(f"{name}={one.value.get_secret_value()}\n" for name, one in client.read(location).items())
    values = {
        name: SecretStr(value or "") for name, value in dotenv_values(stream=sys.stdin, interpolate=False).items()
    }
    if not values:
        raise StepError("Standard input has no NAME=value line.", "Give one for each name.")
    client.ensure_folder(location)
    client.write(location, values)
    return ""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
