"""The one description of the data frame; offsets, numpy view, encoder, seed and PROTOCOL.md follow from it."""

import binascii
from dataclasses import dataclass
from enum import IntFlag

import numpy as np

PROTOCOL_VERSION = 1
CHANNELS = 8
SYNC = b"\xa5\x5a"
DATA = 1
CONTROL = 2
"""Frame types, the low nibble of the byte after the sync; the high nibble is the protocol version."""

_WIDTH = {"u8": 1, "u16": 2, "i24": 3, "u32": 4}
_NUMPY = {"u8": ("u1", ()), "u16": (">u2", ()), "u32": (">u4", ()), "i24": ("u1", (3,))}


class Status(IntFlag):
    """What the device knows about one sample, a bit each; 0 is a good sample."""

    LATE = 1
    """Data-ready came more than a quarter of a period off its grid, or the read so late that the next conversion was
    near; the value is still this conversion's."""
    MISSED = 2
    """At least one data-ready was missed just before: seq has a hole here."""
    ADC_CRC = 4
    """The ADC's own checksum was wrong: the counts cannot be trusted."""
    DROPPED = 8
    """The device dropped whole frames just before, because its transmit buffer was full."""
    TORN = 16
    """A new conversion arrived during the read: channels may belong to two samples."""
    SATURATED = 32
    """At least one channel is at the end of the ADC's range."""
    SYNC_IN = 64
    """Level of the digital sync input."""


@dataclass(frozen=True)
class Field:
    """One field of the data frame.

    Attributes:
        name: Field name.
        offset: First byte, counted from the first sync byte.
        type: "u8", "u16", "u32" or "i24" (two's complement); everything is big-endian.
        count: Number of elements.
    """

    name: str
    offset: int
    type: str
    count: int

    @property
    def end(self) -> int:
        """First byte after the field."""
        return self.offset + self.count * _WIDTH[self.type]


def _lay_out(*fields: tuple[str, str, int]) -> tuple[Field, ...]:
    out: list[Field] = []
    for name, kind, count in fields:
        out.append(Field(name, out[-1].end if out else 0, kind, count))
    return tuple(out)


LAYOUT = _lay_out(
    ("sync", "u8", 2),
    ("type_version", "u8", 1),
    ("boot", "u16", 1),
    ("seq", "u16", 1),
    ("tick", "u32", 1),
    ("status", "u8", 1),
    ("counts", "i24", CHANNELS),
    ("belt", "u16", 1),
    ("crc", "u16", 1),
)
OFFSET = {field.name: field.offset for field in LAYOUT}
FRAME_BYTES = LAYOUT[-1].end


def layout_text() -> str:
    """Spell the layout in its canonical form, the text that is hashed into `LAYOUT_SEED`.

    Returns:
        One line for the frame, one per field, each ended by a line feed; pure ASCII.
    """
    lines = [f"stance data frame, version {PROTOCOL_VERSION}, big-endian, {FRAME_BYTES} bytes"]
    lines += [f"{field.offset} {field.name} {field.type} {field.count}" for field in LAYOUT]
    return "\n".join(lines) + "\n"


LAYOUT_SEED = binascii.crc_hqx(layout_text().encode("ascii"), 0xFFFF)
"""Start value of a data frame's CRC: a device with another layout fails every frame instead of lying."""


def _dtype() -> np.dtype[np.void]:
    spec = []
    for field in LAYOUT:
        base, inner = _NUMPY[field.type]
        spec.append((field.name, base, ((field.count,) if field.count > 1 else ()) + inner))
    return np.dtype(spec)


FRAME_DTYPE = _dtype()
"""Numpy view of a frame; an i24 shows as its three bytes."""
