"""What an alarm and a brake need, kept on the worker's own disk: they must not depend on Prefect's database.

Each time one of these blocks is loaded it is written down, sealed by Fernet of the package cryptography. The key lies
beside it, so that a copy of the sealed files alone tells nobody anything; whoever may read all files of the worker's
user can open them, as they can read its memory. Read only while Prefect does not answer, and only for what cannot wait
for it (at_once.py): what a step asks otherwise waits, because a kept token may have been replaced elsewhere since.
"""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from cryptography.fernet import Fernet, InvalidToken
from prefect.logging import get_logger

from blocks.owner_file import put
from blocks.settings import read_settings
from blocks.vendor_block import VendorBlock

KEY = "key"
_BlockT = TypeVar("_BlockT", bound=VendorBlock)
# What this process wrote last, by file: a hash, so that it is not written again while it stays the same.
_written: dict[Path, bytes] = {}


def keep(block: VendorBlock, document: str) -> None:
    """Write it down, where the settings name a folder. Never raises: a full disk must stop no rotation."""
    file = _file(type(block), document)
    if file is None:
        return
    values = block.model_dump_json(context={"include_secrets": True}, include=set(type(block).model_fields))
    mark = hashlib.sha256(values.encode()).digest()
    if _written.get(file) == mark:
        return
    try:
        put(file, _key(file.parent).encrypt(values.encode()))
    except (OSError, ValueError) as error:
        get_logger(__name__).warning("%s was not kept on this machine's disk (%s).", file.stem, type(error).__name__)
    else:
        _written[file] = mark


def kept(kind: type[_BlockT], document: str) -> _BlockT | None:
    """The block as it was loaded last; None where nothing was kept, or it cannot be read. Never raises."""
    file = _file(kind, document)
    if file is None or not file.exists():
        return None
    # InvalidToken: another key, or somebody changed it. Not told further: pydantic's error may show the values.
    with suppress(OSError, ValueError, InvalidToken):
        return kind(**json.loads(_key(file.parent).decrypt(file.read_bytes()))).as_kept()
    return None


def _file(kind: type[VendorBlock], document: str) -> Path | None:
    folder = read_settings().kept_folder
    if folder is None or not kind.outlives_prefect:
        return None
    return folder / f"{kind.get_block_type_slug()}-{document}.sealed"


def _key(folder: Path) -> Fernet:
    file = folder / KEY
    if not file.exists():
        put(file, Fernet.generate_key(), anew=True)
    return Fernet(file.read_bytes())
