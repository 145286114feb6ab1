"""Reads a journal as far as it is whole, believing nothing that its checksums do not confirm."""

import os
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

from daq.errors import SessionError
from daq.journal import CRC, HEAD, MAGIC, MAX_PAYLOAD, VERSION

_BLOCK = 1 << 20
_MOST_CANDIDATES = 1000


class Record(NamedTuple):
    """One record of a journal.

    Attributes:
        kind: What it is.
        n: Number of items in it.
        seq: Its number, from 0 without holes.
        time_ns: When the host appended it, Unix time; for information only.
        payload: What it holds.
    """

    kind: int
    n: int
    seq: int
    time_ns: int
    payload: bytes


class JournalReader:
    """Iterates over the records of a journal from the first to the last that is whole, in bounded memory.

    Args:
        path: The journal.

    Attributes:
        size: Bytes of the file.
        good_bytes: Bytes of the whole records read so far; final once the iteration has ended.
        version: Version that the first record names; 0 if there is none.
        journal_id: Id that all records share.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.size = self.good_bytes = self.version = self.journal_id = 0
        with self._open() as file:
            self.size = os.fstat(file.fileno()).st_size
            head = file.read(HEAD.size)
        if len(head) == HEAD.size and head[:4] == MAGIC:
            self.journal_id, self.version = HEAD.unpack(head)[1], HEAD.unpack(head)[3]

    @property
    def unusable_bytes(self) -> int:
        """Bytes after the last whole record; final once the iteration has ended."""
        return self.size - self.good_bytes

    def __iter__(self) -> Iterator[Record]:
        """Read from the start; stops without a word at the first record that is torn, damaged or out of turn."""
        self.good_bytes = 0
        with self._open() as file:
            seq = 0
            while (record := self._next(file, self.size - self.good_bytes)) is not None and record.seq == seq:
                self.good_bytes += HEAD.size + CRC.size + len(record.payload)
                seq += 1
                yield record

    def _next(self, file: BinaryIO, left: int) -> Record | None:
        head = file.read(HEAD.size + CRC.size)
        if len(head) < HEAD.size + CRC.size:
            return None
        magic, journal_id, kind, version, n, length, seq, time_ns = HEAD.unpack_from(head)
        if magic != MAGIC or journal_id != self.journal_id or version != VERSION:
            return None
        if length > min(MAX_PAYLOAD, left - len(head)):  # a damaged length must not cost memory
            return None
        payload = file.read(length)
        if (
            len(payload) < length
            or zlib.crc32(payload, zlib.crc32(head[: HEAD.size])) != CRC.unpack_from(head, HEAD.size)[0]
        ):
            return None
        return Record(kind, n, seq, time_ns, payload)

    def more_behind_the_damage(self) -> bool:
        """Tell a torn end from damage in the middle: is there another whole record after the unusable place?

        Returns:
            Whether there is; call it after the iteration has ended.
        """
        mark = MAGIC + self.journal_id.to_bytes(4, "little") if self.version else MAGIC
        with self._open() as file:
            for at in _find(file, mark, self.good_bytes + 1, _MOST_CANDIDATES):
                file.seek(at)
                if self._next(file, self.size - at) is not None:
                    return True
        return False

    def _open(self) -> BinaryIO:
        try:
            return self.path.open("rb", buffering=_BLOCK)
        except OSError as error:
            raise SessionError(
                str(self.path), expected="a journal that can be read", seen=error.strerror or str(error)
            ) from error


def _find(file: BinaryIO, mark: bytes, start: int, most: int) -> Iterator[int]:
    """Yield the places of a mark, at most so many, however large the file is."""
    found = 0
    while found < most:
        file.seek(start)
        block = file.read(_BLOCK)
        at = block.find(mark)
        while at >= 0 and found < most:
            found += 1
            yield start + at
            at = block.find(mark, at + 1)
        if len(block) < _BLOCK:
            return
        start += _BLOCK - len(mark) + 1
