"""What the records of a session's journal hold, there and back."""

import io
import json
import struct
from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from daq.chunk import Chunk
from daq.session_format import RAW_COLUMNS, row_dtype

MOST_ROWS = 65_536
"""Rows of one record at most; longer stretches become several."""
_NAME = struct.Struct("<H")
_FIXED_BYTES = row_dtype(1).itemsize - 4


class RecordKind(IntEnum):
    """Kinds of records, in the order in which they first occur."""

    HEADER = 1
    """JSON: the session id and the header."""
    ROWS = 2
    """n packed rows of raw data."""
    GAP = 3
    """JSON: row, lost."""
    EPOCH = 4
    """JSON: row, boot, tick_offset."""
    CLOCK = 5
    """JSON: host_s, tick, rtt_s."""
    EVENT = 6
    """JSON: kind, row, text, data."""
    COLUMN = 7
    """One column of the step table: name, then an array as NumPy saves it."""
    END = 8
    """JSON: steps_attrs, summary, rows, and the number of columns or null. The recording ended as it should."""


def encode_rows(chunk: Chunk, start: int, stop: int) -> bytes:
    """Pack rows of a chunk.

    Args:
        chunk: The samples.
        start: First row.
        stop: Row after the last.

    Returns:
        The rows, one after the other.
    """
    rows = np.empty(stop - start, row_dtype(chunk.counts.shape[1]))
    for name in RAW_COLUMNS:
        rows[name] = getattr(chunk, name)[start:stop]
    return rows.tobytes()


def row_channels(payload_bytes: int, n: int) -> int:
    """Find the channels of packed rows.

    Args:
        payload_bytes: Bytes of all rows.
        n: Number of rows.

    Returns:
        Channels of a row.

    Raises:
        ValueError: If no number of channels fits.
    """
    channels, odd = divmod(payload_bytes - n * _FIXED_BYTES, 4 * n) if n > 0 else (0, 1)
    if odd or channels < 1:
        raise ValueError(f"{payload_bytes} bytes do not hold {n} rows")
    return channels


def encode_column(name: str, column: NDArray[Any]) -> bytes:
    """Pack one column of the step table."""
    text, buffer = name.encode(), io.BytesIO()
    np.lib.format.write_array(buffer, column, allow_pickle=False)
    return _NAME.pack(len(text)) + text + buffer.getvalue()


def decode_column(payload: bytes) -> tuple[str, NDArray[Any]]:
    """Unpack one column of the step table.

    Args:
        payload: What `encode_column` gave.

    Returns:
        Name and values.
    """
    (length,) = _NAME.unpack_from(payload)
    name = payload[_NAME.size : _NAME.size + length].decode()
    return name, np.lib.format.read_array(io.BytesIO(payload[_NAME.size + length :]), allow_pickle=False)


def decode_json(payload: bytes) -> dict[str, Any]:
    """Unpack a JSON record.

    Args:
        payload: The bytes.

    Returns:
        The object.

    Raises:
        ValueError: If it is not an object.
    """
    value = json.loads(payload)
    if not isinstance(value, dict):
        raise ValueError("a record that is no object")
    return value
