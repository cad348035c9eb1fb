"""The part of a grid that one of several processes plays."""

from __future__ import annotations

from zlib import crc32


def is_in(shard: str, cell: object) -> bool:
    """Whether the part ``i/n`` has this cell.

    By the cell's name, not by its place among the others: a call that a rotation makes now and then is in the list of
    one process and not in another's, and cells would be left between the parts.
    """
    number, of = (int(part) for part in shard.split("/"))
    return crc32(str(cell).encode()) % of == number - 1
