"""What a session holds: its header and its tables, as plain values. docs/session-format.md says the same in prose."""

import json
import math
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

FORMAT = "stance session"
FORMAT_VERSION = 2
"""Newest version that is understood; a session has the lowest one that can hold it."""
RAW_VERSION, FORCE_VERSION = 1, 2
"""Version of a session with raw counts, and of one that holds an imported force instead."""
BLOCK_ROWS = 4096
"""Rows that are compressed together and share a checksum."""

# One row as the journal keeps it and, column by column, the HDF5 file.
RAW_COLUMNS: dict[str, str] = {
    "counts": "<i4",
    "seq": "<i8",
    "tick": "<i8",
    "boot": "<u2",
    "status": "u1",
    "belt": "<i8",
}


# What an imported force has in their place.
FORCE_COLUMNS: dict[str, str] = {"values": "<f8", "tick": "<i8", "belt": "<i8"}
WIDE = ("counts", "values")
"""Columns with one number per channel."""


def row_dtype(channels: int, columns: Mapping[str, str] = RAW_COLUMNS) -> np.dtype[Any]:
    """Give the type of one packed row of raw data, or of an imported force."""
    return np.dtype([(name, kind, (channels,) if name in WIDE else ()) for name, kind in columns.items()])


def checksums(values: NDArray[Any]) -> NDArray[np.uint32]:
    """Compute the CRC-32 of every block of rows.

    HDF5 checks the contents of a compressed block, but not its place: a block that damage has made unfindable is
    read as zeros. These sums, kept with every dataset, notice that too.

    Args:
        values: Rows along the first axis, starting at the start of a block.

    Returns:
        One sum per `BLOCK_ROWS` rows; the last block may be shorter.
    """
    blocks = (values[at : at + BLOCK_ROWS] for at in range(0, len(values), BLOCK_ROWS))
    return np.array([zlib.crc32(block.tobytes()) for block in blocks], "<u4")


@dataclass(frozen=True)
class SessionHeader:
    """What is known when a recording starts.

    Attributes:
        created_utc: Start, ISO 8601, UTC.
        subject: Pseudonym of the runner.
        mass_kg: Body mass, kg; None if not given, as for all inputs.
        stature_m: Body height, m.
        leg_length_m: Leg length, m.
        shoe_length_m: Outer length of the shoe, m.
        belt_speed_m_s: Belt speed, m/s.
        incline_deg: Incline of the deck, degrees, uphill positive.
        rig_name: Name of the rig.
        rig_text: The rig file, verbatim TOML.
        calibration_text: The calibration file, verbatim; empty if none.
        device: What the device said in its HELLO.
        software_version: Version of stance that records.
        protocol_name: Name of the analysis protocol used live.
        protocol: That protocol's settings.
        sample_rate_Hz: True sample rate of the ADC, Hz.
        tick_rate_Hz: Rate of the device's tick counter, Hz.
        channels: Channels of the device.
        port: Port or URL that the device was reached by.
        extra: Anything else worth keeping.
    """

    created_utc: str = ""
    subject: str = ""
    mass_kg: float | None = None
    stature_m: float | None = None
    leg_length_m: float | None = None
    shoe_length_m: float | None = None
    belt_speed_m_s: float | None = None
    incline_deg: float | None = None
    rig_name: str = ""
    rig_text: str = ""
    calibration_text: str = ""
    device: Mapping[str, Any] = field(default_factory=dict)
    software_version: str = ""
    protocol_name: str = ""
    protocol: Mapping[str, Any] = field(default_factory=dict)
    sample_rate_Hz: float = 0.0
    tick_rate_Hz: float = 0.0
    channels: int = 8
    port: str = ""
    extra: Mapping[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Give the fields as plain values that JSON can hold."""
        return {f.name: plain(getattr(self, f.name)) for f in fields(self)}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "SessionHeader":
        """Rebuild a header; what is missing takes its default, what is unknown is passed over.

        Args:
            values: Fields by name.

        Returns:
            The header.

        Raises:
            ValueError: If a field is of another type than it should be.
        """
        known: dict[str, Any] = {}
        for name in HEADER_TYPES.keys() & values.keys():
            value, kind = values[name], HEADER_TYPES[name]
            if value is None and name in OPTIONAL:
                known[name] = None
                continue
            if isinstance(value, bool) or not isinstance(value, (int, float) if kind is float else kind):
                raise ValueError(f"{name} is {value!r}, not a {kind.__name__}")
            known[name] = kind(value)
        return cls(**known)


OPTIONAL = ("mass_kg", "stature_m", "leg_length_m", "shoe_length_m", "belt_speed_m_s", "incline_deg")
HEADER_TYPES: dict[str, type] = {
    **{f.name: str for f in fields(SessionHeader)},
    **dict.fromkeys(("device", "protocol", "extra"), dict),
    **dict.fromkeys((*OPTIONAL, "sample_rate_Hz", "tick_rate_Hz"), float),
    "channels": int,
}


@dataclass(frozen=True)
class Gaps:
    """Where frames are missing.

    Attributes:
        row: The gap lies before this row, shape (g,); equal to the number of rows for one at the end.
        lost: Frames lost there, shape (g,); -1 if unknown because the device rebooted.
    """

    row: NDArray[np.int64]
    lost: NDArray[np.int64]


@dataclass(frozen=True)
class Epochs:
    """Stretches between reboots of the device: session tick = tick + tick_offset.

    Attributes:
        row: First row of the epoch, shape (e,).
        boot: Boot id, shape (e,).
        tick_offset: Ticks to add, shape (e,).
    """

    row: NDArray[np.int64]
    boot: NDArray[np.int64]
    tick_offset: NDArray[np.int64]


@dataclass(frozen=True)
class ClockPairs:
    """Pairs of host time and device time, for synchronisation with other instruments.

    Attributes:
        host_s: Host clock in the middle of the round trip, s, shape (c,).
        tick: Session tick, shape (c,).
        rtt_s: Round trip, s, shape (c,).
    """

    host_s: NDArray[np.float64]
    tick: NDArray[np.int64]
    rtt_s: NDArray[np.float64]


@dataclass(frozen=True)
class Event:
    """Something that happened during the session.

    Attributes:
        kind: "marker", "bout", "note", "tare" or a system note.
        row: The row it lies before.
        text: What a person typed or should read.
        data: Particulars, plain values.
    """

    kind: str
    row: int
    text: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)


def plain(value: Any) -> Any:
    """Turn a value into what JSON can hold: NumPy to Python, tuples to lists, NaN and infinity to None.

    Args:
        value: Numbers, texts, None, arrays, and mappings or sequences of them.

    Returns:
        The same of plain types.

    Raises:
        TypeError: If it holds anything else.
    """
    if isinstance(value, np.ndarray | np.generic):
        value = value.tolist()
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str | Path):
        return str(value)
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, Iterable) and not isinstance(value, bytes | bytearray):
        return [plain(item) for item in value]
    raise TypeError(f"{value!r} cannot be kept in a session")


def to_json(value: Any) -> str:
    """Write a value as JSON that every reader accepts: no NaN, plain ASCII."""
    return json.dumps(plain(value), allow_nan=False)
