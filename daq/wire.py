"""The wire: data and control frames to bytes. Field by field in firmware_arduino/PROTOCOL.md. No I/O here."""

import binascii
import struct
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from daq.crc import crc_rows
from daq.layout import (
    CHANNELS,
    CONTROL,
    DATA,
    FRAME_BYTES,
    FRAME_DTYPE,
    LAYOUT,
    LAYOUT_SEED,
    OFFSET,
    PROTOCOL_VERSION,
    SYNC,
    Field,
    Status,
    layout_text,
)
from daq.messages import (
    REPLY,
    Capability,
    ClockReply,
    ErrorCode,
    ErrorReply,
    Hello,
    Kind,
    Parameter,
    Stats,
    encode_set,
)

__all__ = [
    "CHANNELS", "CONTROL", "CONTROL_HEAD", "CONTROL_SEED", "DATA", "FRAME_BYTES", "FRAME_DTYPE", "LAYOUT",
    "LAYOUT_SEED", "MAX_PAYLOAD", "OFFSET", "PROTOCOL_VERSION", "REPLY", "SYNC", "Capability", "ClockReply", "Control",
    "ErrorCode", "ErrorReply", "Field", "Hello", "Kind", "Parameter", "Stats", "Status", "encode_control",
    "encode_frames", "encode_set", "layout_text",
]  # fmt: skip

MAX_PAYLOAD = 96
CONTROL_SEED = 0xFFFF
"""Fixed for ever, like the whole control envelope, so that HELLO is readable whatever a device's version."""
CONTROL_HEAD = struct.Struct(">2sBBBB")
"""Sync, version and type, kind, token, payload length."""
COUNTS_MIN, COUNTS_MAX = -(1 << 23), (1 << 23) - 1


@dataclass(frozen=True)
class Control:
    """One control frame.

    Attributes:
        kind: A `Kind`, with REPLY set in an answer; may be a number this software does not know.
        token: Chosen by the asker, echoed in the answer; 0..255.
        payload: At most MAX_PAYLOAD bytes.
        version: The sender's protocol version, 0..15.
    """

    kind: int
    token: int
    payload: bytes
    version: int


def encode_control(kind: int, token: int, payload: bytes = b"", version: int = PROTOCOL_VERSION) -> bytes:
    """Build a control frame.

    Args:
        kind: A `Kind`, with REPLY set in an answer.
        token: Echoed by the answer; 0..255.
        payload: At most MAX_PAYLOAD bytes.
        version: The sender's protocol version, 0..15.

    Returns:
        The frame.

    Raises:
        ValueError: If the payload is too long or a number does not fit its field.
    """
    if len(payload) > MAX_PAYLOAD or not 0 <= version <= 15:
        raise ValueError(f"payload of {len(payload)} bytes (at most {MAX_PAYLOAD}) or version {version} (0..15)")
    try:
        body = CONTROL_HEAD.pack(SYNC, version << 4 | CONTROL, kind, token, len(payload)) + payload
    except struct.error as error:
        raise ValueError(f"control frame cannot be packed: {error}") from error
    return body + struct.pack(">H", binascii.crc_hqx(body[len(SYNC) :], CONTROL_SEED))


def encode_frames(
    counts: NDArray[np.int32],
    seq: ArrayLike,
    tick: ArrayLike,
    status: ArrayLike,
    belt: ArrayLike,
    boot: ArrayLike,
) -> NDArray[np.uint8]:
    """Build data frames, byte for byte what the firmware sends.

    Args:
        counts: ADC counts, shape (n, 8), within 24 bits: the caller saturates, as an ADC does.
        seq: Conversion number since boot, shape (n,) or a scalar; reduced modulo 2**16.
        tick: Device timer at data-ready, ticks, shape (n,) or a scalar; reduced modulo 2**32.
        status: `Status` bits, shape (n,) or a scalar.
        belt: Belt pulses since boot, shape (n,) or a scalar; reduced modulo 2**16.
        boot: Boot id, shape (n,) or a scalar.

    Returns:
        One frame per row, shape (n, FRAME_BYTES).

    Raises:
        ValueError: If counts do not have eight columns or do not fit 24 bits.
    """
    counts = np.asarray(counts)
    if counts.ndim != 2 or counts.shape[1] != CHANNELS:
        raise ValueError(f"counts have shape {counts.shape}, expected (n, {CHANNELS})")
    if counts.size and (counts.min() < COUNTS_MIN or counts.max() > COUNTS_MAX):
        raise ValueError("counts do not fit 24 bits")
    frames = np.zeros(len(counts), FRAME_DTYPE)
    frames["sync"] = np.frombuffer(SYNC, np.uint8)
    frames["type_version"] = PROTOCOL_VERSION << 4 | DATA
    for name, value, mask in (
        ("boot", boot, 0xFFFF),
        ("seq", seq, 0xFFFF),
        ("tick", tick, 0xFFFFFFFF),
        ("status", status, 0xFF),
        ("belt", belt, 0xFFFF),
    ):
        frames[name] = np.asarray(value).astype(np.int64, copy=False) & mask
    frames["counts"] = counts.astype(">i4").view(np.uint8).reshape(-1, CHANNELS, 4)[..., 1:]
    raw = frames.view(np.uint8).reshape(-1, FRAME_BYTES)
    frames["crc"] = crc_rows(raw[:, len(SYNC) : OFFSET["crc"]], LAYOUT_SEED)
    return raw
