"""The shared memory under a ring: created, found, described by a header, and never deleted by a mere reader."""

import ast
import contextlib
import os
import struct
import sys
import threading
from collections.abc import Iterator, Sized
from multiprocessing.shared_memory import SharedMemory
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from daq.errors import LinkError

MAGIC = b"STNCRING"
VERSION = 1
COUNTERS_AT, TEXT_AT = 64, 256
_FIXED = struct.Struct("<8sIIQI")  # magic, version, header bytes, capacity, bytes of the dtype text
_attaching = threading.Lock()


class Layout(NamedTuple):
    """What the header of a segment says.

    Attributes:
        header: Bytes before the first row.
        capacity: Rows.
        dtype: Type of one row, perhaps with a shape.
    """

    header: int
    capacity: int
    dtype: np.dtype[Any]


def create_segment(capacity: int, dtype: npt.DTypeLike, name: str | None) -> tuple[SharedMemory, Layout]:
    """Make a segment of zeros with a header.

    Args:
        capacity: Rows it holds.
        dtype: Type of one row: plain, structured, or with a shape such as ("<i4", (8,)).
        name: Name of the segment; without one a free name is chosen.

    Returns:
        The segment and its layout.

    Raises:
        ValueError: If the capacity is not positive or the rows would hold Python objects.
        LinkError: If the name is taken or there is no shared memory left.
    """
    kind = np.dtype(dtype)
    if capacity < 1 or kind.hasobject or kind.itemsize == 0:
        raise ValueError(f"a ring needs a positive capacity and rows of plain data, not {capacity} of {kind}")
    text = repr((np.lib.format.dtype_to_descr(kind.base), kind.shape)).encode()
    header = -(-(TEXT_AT + len(text)) // 64) * 64
    segment = None
    try:
        segment = SharedMemory(name, create=True, size=header + capacity * kind.itemsize)
        _reserve_memory(segment)
    except OSError as error:
        if segment is not None:
            segment.close()
            segment.unlink()
        raise LinkError(
            name or "shared memory",
            expected="a free name and room for a ring",
            seen=str(error),
            next_step="If another recorder runs under this name, stop it first.",
        ) from error
    fixed = _FIXED.pack(MAGIC, VERSION, header, capacity, len(text))
    view = memory_of(segment)
    view[TEXT_AT : TEXT_AT + len(text)] = text
    view[8 : len(fixed)] = fixed[8:]
    view[:8] = MAGIC  # last: who attaches now sees either a whole header or none
    return segment, Layout(header, capacity, kind)


def open_segment(name: str, dtype: npt.DTypeLike | None) -> tuple[SharedMemory, Layout]:
    """Find a segment by name and check its header.

    Args:
        name: Name of the segment.
        dtype: Type of row that the caller relies on; without it any type is accepted.

    Returns:
        The segment and its layout.

    Raises:
        LinkError: If there is no such segment, or it is not one of ours, of this version and of this type.
    """
    segment = None
    try:
        segment = _attach(name)
        layout = _read_header(memory_of(segment), segment.size, dtype)
    except (OSError, ValueError, SyntaxError, TypeError) as error:
        if segment is not None:
            segment.close()
        raise LinkError(
            name,
            expected="a shared ring of a running recorder",
            seen=str(error),
            next_step="Start the recorder first (`stance record`).",
        ) from error
    return segment, layout


def memory_of(segment: SharedMemory) -> memoryview:
    """Give the bytes of an open segment."""
    view = segment.buf
    assert view is not None, "the segment is closed"
    return view


def _read_header(view: memoryview, size: int, wanted: npt.DTypeLike | None) -> Layout:
    if size < TEXT_AT:
        raise ValueError("a segment too small for a ring")
    magic, version, header, capacity, length = _FIXED.unpack_from(view)
    if magic != MAGIC:
        raise ValueError("shared memory that is no ring of stance, or one not ready yet")
    if version != VERSION:
        raise ValueError(f"a ring of version {version}, not {VERSION}")
    base, shape = ast.literal_eval(bytes(view[TEXT_AT : TEXT_AT + min(length, header)]).decode())
    dtype = np.dtype((np.lib.format.descr_to_dtype(base), shape))
    if capacity < 1 or header + capacity * dtype.itemsize > size:
        raise ValueError("a ring whose header does not fit its size")
    if wanted is not None and np.dtype(wanted) != dtype:
        raise ValueError(f"rows of {dtype}, not of {np.dtype(wanted)}")
    return Layout(header, capacity, dtype)


def _reserve_memory(segment: SharedMemory) -> None:
    """Ask for the memory now: on a full /dev/shm the first write would end the process with SIGBUS."""
    fd = getattr(segment, "_fd", -1)
    if fd >= 0 and hasattr(os, "posix_fallocate"):
        os.posix_fallocate(fd, 0, segment.size)


def _attach(name: str) -> SharedMemory:
    if sys.version_info >= (3, 13):
        return SharedMemory(name, track=False)
    with _untracked():
        return SharedMemory(name)


@contextlib.contextmanager
def _untracked() -> Iterator[None]:
    """Keep Python before 3.13 from deleting a segment when a process that only attached to it ends.

    Unregistering afterwards is no way out: in a `multiprocessing` child it would undo the creator's registration.
    """
    from multiprocessing import resource_tracker

    with _attaching:
        original, me = resource_tracker.register, threading.get_ident()

        def register(name: Sized, rtype: str) -> None:
            if threading.get_ident() != me:  # another thread, which may be creating something right now
                original(name, rtype)

        resource_tracker.register = register
        try:
            yield
        finally:
            resource_tracker.register = original
