"""The parameter section of a C3D file: groups of named values. Read by hand, so that no damaged file can do harm.

Layout after the C3D user guide (c3d.org): records of name length, group number, name, offset to the next record; a
parameter adds a type, dimensions (first one fastest) and values.
"""

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from daq.errors import FormatError

BLOCK = 512
INTEL, DEC, MIPS = 84, 85, 86
"""Processor types: byte order and floating-point format of the whole file."""
_KINDS = {-1: 1, 1: 1, 2: 2, 4: 4}
"""Type code → bytes of one value."""


@dataclass(frozen=True)
class Parameter:
    """One parameter."""

    values: NDArray[Any]
    """Numbers, shaped as in the file with the first dimension fastest; or texts (strings,)."""

    @property
    def is_text(self) -> bool:
        """Whether it holds texts."""
        return self.values.dtype.kind == "U"


Groups = Mapping[str, Mapping[str, Parameter]]


def floats(data: bytes, processor: int) -> NDArray[np.float32]:
    """Decode 32-bit floats of one of the three processors.

    Args:
        data: Whole numbers of four bytes.
        processor: `INTEL`, `DEC` or `MIPS`.

    Returns:
        The numbers.
    """
    if processor == MIPS:
        return np.frombuffer(data, ">f4").astype(np.float32)
    if processor == DEC:  # VAX F: the two words change places, and the exponent counts two more
        words = np.frombuffer(data, "<u2").reshape(-1, 2)[:, ::-1].copy()
        return np.asarray(words.view("<f4").ravel() / np.float32(4.0), np.float32)
    return np.frombuffer(data, "<f4")


def read_groups(section: bytes, processor: int, where: str) -> dict[str, dict[str, Parameter]]:
    """Read the parameters.

    Args:
        section: The section, its four leading bytes included.
        processor: `INTEL`, `DEC` or `MIPS`.
        where: The file.

    Returns:
        Group → name → parameter, all names in capitals.

    Raises:
        FormatError: A record does not fit into the section.
    """
    names: dict[int, str] = {}
    found: list[tuple[int, str, Parameter]] = []
    try:
        for name, group, body in _records(section, processor):
            if group < 0:
                names[-group] = name
            else:
                found.append((group, name, _parameter(body, processor)))
    except (IndexError, ValueError, struct.error) as error:
        raise FormatError(where, expected="whole C3D parameters", seen=f"a damaged record ({error})",
                          next_step="Export or copy the file again.") from None  # fmt: skip
    groups: dict[str, dict[str, Parameter]] = {name: {} for name in names.values()}
    for number, name, parameter in found:
        groups.setdefault(names.get(number, f"GROUP {number}"), {})[name] = parameter
    return groups


def _records(section: bytes, processor: int) -> Iterator[tuple[str, int, bytes]]:
    place, order = 4, ">" if processor == MIPS else "<"
    while place + 2 <= len(section):
        length, group = struct.unpack_from("bb", section, place)
        if length == 0 or group == 0:
            return
        place += 2
        name = section[place : place + abs(length)].decode("latin-1").strip().upper()
        place += abs(length)
        (offset,) = struct.unpack_from(f"{order}H", section, place)
        end = place + offset if offset else len(section)
        if end > len(section) or offset == 1:
            raise ValueError(f"{name[:20]!r}: an offset of {offset}")
        yield name, group, section[place + 2 : end]
        if offset == 0:
            return
        place = end


def _parameter(body: bytes, processor: int) -> Parameter:
    kind, rank = struct.unpack_from("bB", body, 0)
    if kind not in _KINDS:
        raise ValueError(f"a type {kind}")
    shape = tuple(body[2 : 2 + rank])
    count = prod(shape)
    data = body[2 + rank : 2 + rank + count * _KINDS[kind]]
    if len(shape) != rank or rank > 7 or len(data) != count * _KINDS[kind]:
        raise ValueError(f"{count} values do not fit")
    if kind == -1:
        return Parameter(_texts(data, shape))
    if kind == 4:
        values: NDArray[Any] = floats(data, processor)
    else:
        values = np.frombuffer(data, f"{'>' if processor == MIPS else '<'}{'u1' if kind == 1 else 'i2'}")
    return Parameter(values.reshape(shape, order="F"))


def _texts(data: bytes, shape: tuple[int, ...]) -> NDArray[Any]:
    width = shape[0] if shape else 1
    rows = [data[k : k + width] for k in range(0, len(data), width)] if width else []
    return np.array([row.decode("utf-8", "replace").strip(" \0") for row in rows], dtype=np.str_)
