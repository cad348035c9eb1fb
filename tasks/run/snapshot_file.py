"""The snapshot of a guarded credential as a file, where a folder is configured: for the audit trail, its owner's alone.

It is written when trading is stopped already, so that it can be written is proved before that.
"""

from __future__ import annotations

import json
import secrets
from pathlib import Path

from blocks import owner_file
from blocks.errors import StepError
from blocks.model.credential import Credential
from blocks.model.rotation import Rotation, Snapshot
from blocks.settings import read_settings

HELPS = (
    "Correct REKEY_SNAPSHOT_FOLDER in the worker's file, or let the user of the worker have that folder, alone and "
    "with room on its disk."
)
# Nothing of an account: what is tried is the folder.
_TRIED = b"rekey tries whether it can write here\n"


def folder_of(credential: Credential) -> Path | None:
    """Where its snapshot is kept as a file, too; None where it is not."""
    return read_settings().snapshot_folder if credential.guarded else None


def demand_writable(credential: Credential) -> str:
    """The folder takes a file, and gives it back; it is removed. Raises StepError."""
    folder = folder_of(credential)
    if folder is None:
        return ""
    path = folder / f".tried-{secrets.token_hex(8)}"
    try:
        _put(path, _TRIED)
        path.unlink()
    except OSError as error:
        problem = _said(error)
    else:
        return f"A snapshot can be written to {folder}, for its owner only."
    raise StepError(f"No snapshot can be written to {folder}: {problem}.", HELPS)


def demand_to_come(rotation: Rotation) -> str:
    """As ``demand_writable``, for a rotation whose snapshot is to be taken still. Raises StepError."""
    return "" if rotation.may_be_clicked or rotation.old_is_dead else demand_writable(rotation.credential)


def keep(rotation: Rotation, taken: Snapshot) -> str:
    """Write it; return what that proved, empty where none is wanted. Raises StepError."""
    folder = folder_of(rotation.credential)
    if folder is None:
        return ""
    path = folder / f"{rotation.id}-{rotation.credential.name}.json"
    try:
        _put(path, f"{json.dumps(taken.as_context(), indent=1)}\n".encode())
    except OSError as error:
        problem = _said(error)
    else:
        return f"The snapshot is kept in {path}, for its owner only."
    raise StepError(f"The snapshot cannot be written to {path}: {problem}.", HELPS)


def _put(path: Path, content: bytes) -> None:
    """Write it whole and read it back. Raises OSError."""
    owner_file.put(path, content)
    path.parent.chmod(owner_file.ITS_FOLDER)
    if path.read_bytes() != content:
        raise OSError(0, "it does not hold what was written")


def _said(error: OSError) -> str:
    return error.strerror or type(error).__name__
