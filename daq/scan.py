"""Find frames in bytes. The meaning is that of a scanner which walks byte by byte; the work is done in bulk.

At a position: a sync and a known type (data, or control with a possible length) is a *candidate*. A candidate that
is not complete yet is waited for. A complete one with the right CRC is accepted and jumped over; anything else is
skipped by one byte. `_walk` does just that and judges the last few bytes of a buffer; `_run` and `_resync` come to
the same result for everything before, without a Python step per frame.
"""

import binascii
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from daq.crc import crc_rows, crc_rows_small
from daq.layout import CONTROL, DATA, FRAME_BYTES, FRAME_DTYPE, LAYOUT_SEED, OFFSET, PROTOCOL_VERSION, SYNC
from daq.wire import CONTROL_HEAD, CONTROL_SEED, MAX_PAYLOAD, Control

Bytes = NDArray[np.uint8]
Frames = NDArray[np.void]

_DATA_HEAD = PROTOCOL_VERSION << 4 | DATA
_HEAD_WORD = np.frombuffer(SYNC + bytes([_DATA_HEAD, 0]), np.uint32)[0]
_HEAD_MASK = np.frombuffer(b"\xff\xff\xff\0", np.uint32)[0]
_LENGTH_AT = CONTROL_HEAD.size - 1
_CONTROL_EXTRA = CONTROL_HEAD.size + 2
_LONGEST = _CONTROL_EXTRA + MAX_PAYLOAD
_OPAQUE = np.dtype(f"V{FRAME_BYTES}")
"""A frame as one lump: numpy copies it several times faster than field by field."""
_NO_FRAMES = np.empty(0, FRAME_DTYPE)
_WALK_BYTES = 512
"""Up to here walking is quicker than gathering."""


@dataclass(frozen=True)
class Scan:
    """What a buffer held.

    Attributes:
        consumed: Bytes that are settled; the rest must come back with more bytes behind it.
        need: Bytes, counted from `consumed`, before anything more can be settled; 0 if nothing waits.
        frames: Accepted data frames in order, FRAME_DTYPE, shape (n,); may share the buffer's memory.
        controls: Accepted control frames in order.
        control_bytes: Bytes of those control frames.
        crc_errors: Complete candidates, outside accepted frames, whose CRC was wrong.
    """

    consumed: int
    need: int
    frames: Frames
    controls: tuple[Control, ...]
    control_bytes: int
    crc_errors: int


@dataclass(frozen=True)
class _Part:
    """Result of one method on one stretch: end (bytes settled) and what was found there."""

    end: int
    frames: Frames
    controls: Sequence[Control] = ()
    crc_errors: int = 0


def scan(buffer: Bytes, final: bool) -> Scan:
    """Find all frames that can be settled.

    Args:
        buffer: Bytes, shape (n,), contiguous.
        final: No more bytes will come: an incomplete candidate is skipped instead of waited for.

    Returns:
        The frames found and how far the buffer is settled.
    """
    parts, rest = [], buffer
    if len(rest) >= FRAME_BYTES:
        parts.append(_run(rest))
        rest = rest[parts[-1].end :]
    if len(rest) > _WALK_BYTES:
        parts.append(_resync(rest))
        rest = rest[parts[-1].end :]
    last, need = _walk(rest.tobytes(), final)
    parts.append(last)
    found = [part.frames for part in parts if len(part.frames)] or [_NO_FRAMES]
    controls = tuple(control for part in parts for control in part.controls)
    return Scan(
        consumed=sum(part.end for part in parts),
        need=need,
        frames=found[0] if len(found) == 1 else np.concatenate([f.view(_OPAQUE) for f in found]).view(FRAME_DTYPE),
        controls=controls,
        control_bytes=sum(_CONTROL_EXTRA + len(control.payload) for control in controls),
        crc_errors=sum(part.crc_errors for part in parts),
    )


def _frame_crc_right(frames: Frames) -> NDArray[np.bool_]:
    rows = frames.view(np.uint8).reshape(-1, FRAME_BYTES)[:, len(SYNC) : OFFSET["crc"]]
    right: NDArray[np.bool_] = crc_rows(rows, LAYOUT_SEED) == frames["crc"]
    return right


def _leading(good: NDArray[np.bool_]) -> int:
    return len(good) if good.all() else int(good.argmin())


def _run(buffer: Bytes) -> _Part:
    """Take good data frames back to back from the start: the whole buffer, on a clean line."""
    n = len(buffer) // FRAME_BYTES
    frames = buffer[: n * FRAME_BYTES].view(FRAME_DTYPE)
    heads = np.ndarray((n,), np.uint32, buffer, 0, (FRAME_BYTES,))
    frames = frames[: _leading((heads & _HEAD_MASK) == _HEAD_WORD)]
    if len(frames):
        frames = frames[: _leading(_frame_crc_right(frames))]
    return _Part(len(frames) * FRAME_BYTES, frames)


def _resync(buffer: Bytes) -> _Part:
    """Judge every candidate at once, except in the last bytes, where one could be incomplete."""
    limit = len(buffer) - _LONGEST + 1
    at = np.flatnonzero(buffer[:limit] == SYNC[0])
    at = at[buffer[at + 1] == SYNC[1]]
    kind = buffer[at + len(SYNC)]
    data = at[kind == _DATA_HEAD]
    frames = np.ndarray((limit,), _OPAQUE, buffer, 0, (1,))[data]
    control = at[kind & 0x0F == CONTROL]
    control = control[buffer[control + _LENGTH_AT] <= MAX_PAYLOAD]
    lengths = buffer[control + _LENGTH_AT] + np.int64(_CONTROL_EXTRA)

    starts = np.concatenate([data, control])
    sizes = np.concatenate([np.full(len(data), FRAME_BYTES), lengths])
    right = np.concatenate([_frame_crc_right(frames.view(FRAME_DTYPE)), _control_crc_right(buffer, control, lengths)])
    chosen = np.flatnonzero(right)
    chosen = chosen[np.argsort(starts[chosen])]
    chosen = chosen[_accept(starts[chosen], starts[chosen] + sizes[chosen])]

    begin, end = starts[chosen], starts[chosen] + sizes[chosen]
    is_data = chosen < len(data)
    wrong = starts[~right]
    inside = np.searchsorted(begin, wrong, "right") - 1
    covered = wrong < np.append(end, 0)[inside]  # inside == -1 picks the appended 0
    return _Part(
        end=max(limit, int(end[-1]) if len(end) else 0),
        frames=frames[chosen[is_data]].view(FRAME_DTYPE),
        controls=[_control(buffer[a:b].tobytes()) for a, b in zip(begin[~is_data], end[~is_data], strict=True)],
        crc_errors=int(np.count_nonzero(~covered)),
    )


def _control_crc_right(buffer: Bytes, at: NDArray[np.int64], lengths: NDArray[np.int64]) -> NDArray[np.bool_]:
    right = np.zeros(len(at), np.bool_)
    for length in np.unique(lengths):
        group = np.flatnonzero(lengths == length)
        windows = np.lib.stride_tricks.sliding_window_view(buffer, length - len(SYNC))
        rows = windows[at[group] + len(SYNC)]
        right[group] = crc_rows_small(rows, CONTROL_SEED) == 0  # a CRC over its own CRC is 0
    return right


def _accept(begin: NDArray[np.int64], end: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Choose, of right candidates in order, those the walking scanner meets: only overlaps need a walk."""
    keep = np.ones(len(begin), np.bool_)
    if not (begin[1:] < end[:-1]).any():
        return keep
    reach = np.maximum.accumulate(end)
    first = np.flatnonzero(np.append(True, begin[1:] >= reach[:-1]))
    size = np.diff(np.append(first, len(begin)))
    for start, stop in zip(first[size > 1], (first + size)[size > 1], strict=True):
        here = 0
        for i in range(start, stop):
            keep[i] = begin[i] >= here
            here = end[i] if keep[i] else here
    return keep


def _walk(raw: bytes, final: bool) -> tuple[_Part, int]:
    """Scan candidate by candidate: for the end of a buffer, where bytes may be missing."""
    controls: list[Control] = []
    found: list[bytes] = []
    errors, here, need = 0, raw.find(SYNC[0]), 0
    while here >= 0:
        need = _needed(raw, here)
        if need > len(raw) - here and not final:
            break
        taken = 1
        if 0 < need <= len(raw) - here:
            frame = raw[here : here + need]
            is_data = frame[len(SYNC)] == _DATA_HEAD
            if binascii.crc_hqx(frame[len(SYNC) :], LAYOUT_SEED if is_data else CONTROL_SEED):
                errors += 1
            elif is_data:
                found.append(frame)
                taken = need
            else:
                controls.append(_control(frame))
                taken = need
        here, need = raw.find(SYNC[0], here + taken), 0
    frames = np.frombuffer(b"".join(found), FRAME_DTYPE) if found else _NO_FRAMES
    return _Part(here if here >= 0 else len(raw), frames, controls, errors), need


def _needed(raw: bytes, here: int) -> int:
    """Count the bytes a candidate here must have before it can be judged; 0 if there is none."""
    head = raw[here : here + CONTROL_HEAD.size]
    if not SYNC.startswith(head[: len(SYNC)]):
        return 0
    if len(head) <= len(SYNC):
        return len(head) + 1
    if head[len(SYNC)] == _DATA_HEAD:
        return FRAME_BYTES
    if head[len(SYNC)] & 0x0F != CONTROL:
        return 0
    if len(head) < CONTROL_HEAD.size:
        return CONTROL_HEAD.size
    return _CONTROL_EXTRA + head[_LENGTH_AT] if head[_LENGTH_AT] <= MAX_PAYLOAD else 0


def _control(frame: bytes) -> Control:
    _, head, kind, token, length = CONTROL_HEAD.unpack_from(frame)
    return Control(kind, token, frame[CONTROL_HEAD.size : CONTROL_HEAD.size + length], head >> 4)
