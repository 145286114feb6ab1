"""A recorder to be killed or starved: writes a session of a checkable pattern, 1 kHz in 20 ms records, sped up.

Usage: python recorder_child.py PATH ROWS [LIMIT_BYTES [late]]. Each line on standard output is the number of rows
that the session has taken so far; "finishing" and "finished" frame the call of `finish`. ROWS 0 records until killed.
A limit of the file size behaves like a full disk, and needs no rights; a late one comes only when HDF5 is about to be
written.
"""

import sys

import numpy as np

from daq import session_writer
from daq.chunk import Chunk
from daq.errors import SessionError
from daq.session import SessionHeader, SessionWriter

RECORD = 20
HEADER = SessionHeader(
    created_utc="2025-03-01T10:00:00Z", subject="P07", mass_kg=70.5, sample_rate_Hz=1000.0, tick_rate_Hz=1e6
)
STEPS = {"step": np.arange(3), "contact_time_ms": np.array([200.5, np.nan, -0.0]), "side": np.array(["L", "R", "?"])}
ATTRS = {"algorithm_version": "1", "protocol": {"name": "test"}}


def pattern(start: int, stop: int, gap_every: int = 1000) -> Chunk:
    """Rows that tell their own index in every column; a gap of (row / 1000) frames lies before every 1000th row."""
    row = np.arange(start, stop, dtype=np.int64)
    gap = row[(row % gap_every == 0) & (row > 0)]
    return Chunk(
        counts=((row[:, None] * 8 + np.arange(8)) * 40503 % 16777216 - 8388608).astype(np.int32),
        seq=row + row // gap_every,
        tick=row * 1000,
        boot=(7 + row // 5000 % 60000).astype(np.uint16),
        status=(row % 251).astype(np.uint8),
        belt=row // 7,
        gap_row=gap - start,
        gap_lost=gap // gap_every,
    )


def record(writer: SessionWriter, rows: int) -> None:
    while not rows or writer.rows < rows:
        at = writer.rows
        writer.append(pattern(at, at + RECORD))
        if at % 1000 == 0:
            writer.epoch(at, at // 5000, at)
            writer.clock(at / 1000, at * 1000, 1e-4)
            writer.event("marker", at, f"row {at}", {"row": at})
        print(writer.rows, flush=True)


def set_limit(limit: int, *, late: bool) -> None:
    import resource

    def now() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))

    if not late:
        now()
        return
    original = session_writer.finalise
    session_writer.finalise = lambda *paths: (now(), original(*paths))[1]


def main() -> int:
    path, rows = sys.argv[1], int(sys.argv[2])
    if len(sys.argv) > 3:
        set_limit(int(sys.argv[3]), late=len(sys.argv) > 4)
    writer = SessionWriter(path, HEADER)
    try:
        record(writer, rows)
        print("finishing", flush=True)
        writer.finish(STEPS, ATTRS, {"steps": 3})
    except SessionError as error:
        writer.abandon()
        print(f"refused: {error}", flush=True)
        return 2
    print("finished", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
