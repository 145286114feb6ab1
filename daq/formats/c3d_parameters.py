"""The parameter section of a C3D file, for Intel processors: groups of named arrays, each dimension up to 255.

After the C3D file format user guide (c3d.org): the bytes of groups and parameters, the section's 255 blocks of 512
bytes, and how lists of more than 255 go on under the same name with a number.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from daq.errors import FormatError

BLOCK = 512
MOST_BLOCKS = 255
LIST = 255
"""Most items of one parameter's list; longer ones go on in NAME2, NAME3 …"""
_INTEL = 84
_TEXT, _BYTE, _INT, _FLOAT = -1, 1, 2, 4


@dataclass(frozen=True)
class Parameter:
    """One parameter."""

    name: str
    """In capitals."""
    kind: int
    """−1 text, 1 byte, 2 integer of 16 bits, 4 float of 32 bits."""
    dimensions: tuple[int, ...]
    """The fastest first; none for a single number."""
    data: bytes
    """The values."""
    meaning: str = ""
    """For people."""


@dataclass(frozen=True)
class Group:
    """A group of parameters."""

    name: str
    """In capitals."""
    meaning: str
    """For people."""
    parameters: tuple[Parameter, ...]
    """What it holds."""


def floats(name: str, values: Sequence[float] | NDArray[np.float64], dimensions: tuple[int, ...] | None = None,
           meaning: str = "") -> Parameter:  # fmt: skip
    """Numbers; without `dimensions` a list."""
    array = np.asarray(values, "<f4").ravel()
    return Parameter(name, _FLOAT, (array.size,) if dimensions is None else dimensions, array.tobytes(), meaning)


def number(name: str, value: float, meaning: str = "") -> Parameter:
    """One float."""
    return floats(name, [value], (), meaning)


def integers(name: str, values: Sequence[int], dimensions: tuple[int, ...] | None = None,
             meaning: str = "") -> Parameter:  # fmt: skip
    """Whole numbers up to 65,535; without `dimensions` a list."""
    array = np.asarray(values, np.int64).astype("<u2").ravel()
    return Parameter(name, _INT, (array.size,) if dimensions is None else dimensions, array.tobytes(), meaning)


def integer(name: str, value: int, meaning: str = "") -> Parameter:
    """One whole number."""
    return integers(name, [value], (), meaning)


def bytes_(name: str, values: Sequence[int], meaning: str = "") -> Parameter:
    """A list of small numbers."""
    return Parameter(name, _BYTE, (len(values),), bytes(values), meaning)


def text(name: str, value: str, meaning: str = "") -> Parameter:
    """One text of up to 255 bytes."""
    data = cut_text(value, LIST)
    return Parameter(name, _TEXT, (len(data),), data, meaning)


def texts(name: str, values: Sequence[str], meaning: str = "", most: int = 127) -> Parameter:
    """A list of texts, padded to one width."""
    data = [cut_text(value, most) for value in values]
    width = max([len(item) for item in data], default=0) or 1
    return Parameter(name, _TEXT, (width, len(data)), b"".join(item.ljust(width) for item in data), meaning)


def cut_text(value: str, most: int) -> bytes:
    """A text in UTF-8, cut between characters."""
    return value.encode("utf-8")[:most].decode("utf-8", errors="ignore").encode("utf-8")


def parameter_section(groups: Sequence[Group], where: str) -> bytes:
    """The bytes of the whole section.

    Args:
        groups: The groups.
        where: The file, for messages.

    Returns:
        Whole blocks.

    Raises:
        FormatError: It is more than the format has room for.
    """
    parts = [_group(group, number) for number, group in enumerate(groups, 1)]
    body = b"".join(parts) + bytes(2)
    blocks = -(-(4 + len(body)) // BLOCK)
    if blocks > MOST_BLOCKS:
        seen = f"{blocks}: too many events, or too long names of them"
        raise FormatError(
            where, expected=f"at most {MOST_BLOCKS} blocks of parameters in a C3D file", seen=seen,
            next_step="Write less at a time (--from, --until), or without events (--no-events).",
        )  # fmt: skip
    return (bytes([1, 0x50, blocks, _INTEL]) + body).ljust(blocks * BLOCK, b"\0")


def _group(group: Group, number: int) -> bytes:
    name, meaning = group.name.encode("ascii"), cut_text(group.meaning, LIST)
    head = struct.pack("<bb", len(name), -number) + name
    head += struct.pack("<hB", 3 + len(meaning), len(meaning)) + meaning
    return head + b"".join(_parameter(parameter, number) for parameter in group.parameters)


def _parameter(parameter: Parameter, number: int) -> bytes:
    name, meaning = parameter.name.encode("ascii"), cut_text(parameter.meaning, LIST)
    shape = bytes([len(parameter.dimensions), *parameter.dimensions])
    body = struct.pack("<b", parameter.kind) + shape + parameter.data + bytes([len(meaning)]) + meaning
    return struct.pack("<bb", len(name), number) + name + struct.pack("<h", 2 + len(body)) + body
