"""C3D files: header, parameters, where the data lie. NumPy alone: no damaged file can do harm.

A reader in C++ that meets a damaged file may take the whole program with it, and a recording would be lost for the
sake of an import. So the sections are checked against the file's size before anything is read, and of the data only
the channels that are asked for are copied.
"""

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from daq.errors import FormatError
from daq.formats.c3d_sections import BLOCK, DEC, INTEL, MIPS, Groups, floats, read_groups

_KEY = 0x50
AGAIN = "Export or copy the file again."


@dataclass(frozen=True)
class C3dFile:
    """What a C3D file says of itself, and where its data are."""

    path: Path
    """The file."""
    processor: int
    """Byte order and floating-point format."""
    groups: Groups
    """All parameters."""
    points: int
    """Markers."""
    frames: int
    """3D frames."""
    first_frame: int
    """Number of the first one, from 1."""
    frame_rate_Hz: float
    """Rate of the 3D frames."""
    samples_per_frame: int
    """Analog samples of each channel per 3D frame."""
    channels: int
    """Analog channels."""
    is_float: bool
    """Whether data are floating point; else 16-bit integers."""
    data_start: int
    """Byte at which the data begin."""

    @property
    def analog_rate_Hz(self) -> float:
        """Rate of the analog samples."""
        return self.frame_rate_Hz * self.samples_per_frame

    @property
    def start_s(self) -> float:
        """Time of the first sample when frame 1 is 0."""
        return (self.first_frame - 1) / self.frame_rate_Hz

    @property
    def frame_words(self) -> int:
        """Numbers stored per 3D frame."""
        return 4 * self.points + self.channels * self.samples_per_frame

    def numbers(self, group: str, name: str) -> NDArray[Any] | None:
        """Values of a numeric parameter; None where there is none."""
        parameter = self.groups.get(group, {}).get(name)
        return None if parameter is None or parameter.is_text or parameter.values.size == 0 else parameter.values

    def number(self, group: str, name: str) -> float | None:
        """First value of a numeric parameter; None where there is none."""
        values = self.numbers(group, name)
        return None if values is None else float(values.ravel(order="F")[0])

    def texts(self, group: str, name: str) -> list[str]:
        """Values of a text parameter, its continuations (LABELS2, LABELS3, …) included."""
        found: list[str] = []
        for suffix in ("", *map(str, range(2, 40))):
            parameter = self.groups.get(group, {}).get(name + suffix)
            if parameter is None:
                break
            found += [str(text) for text in parameter.values] if parameter.is_text else []
        return found


def read_c3d(path: Path) -> C3dFile:
    """Read all but the data.

    Args:
        path: The file.

    Returns:
        What it says.

    Raises:
        FormatError: It is no C3D file, or damaged, or cut short.
    """
    where = str(path)
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            head = file.read(BLOCK)
            if len(head) < BLOCK or head[1] != _KEY or head[0] < 1:
                raise FormatError(where, expected="a C3D file", seen=_seen(head))
            file.seek((head[0] - 1) * BLOCK)
            start = file.read(4)
            if len(start) < 4 or start[3] not in {INTEL, DEC, MIPS}:
                raise FormatError(where, expected="C3D parameters behind the header", seen="something else",
                                  next_step=AGAIN)  # fmt: skip
            # Some programs write 0 blocks; then everything up to the data are parameters.
            processor = start[3]
            words = struct.unpack(f"{'>' if processor == MIPS else '<'}256H", head)
            blocks = start[2] or max(words[8] - head[0], 1)
            section = start + file.read(blocks * BLOCK - 4)
    except OSError as error:
        raise FormatError(where, expected="a readable file", seen=error.strerror or str(error)) from None
    groups = read_groups(section, processor, where)
    return _checked(C3dFile(path, processor, groups, **_shape(head, words, processor, groups)), size)


def _seen(head: bytes) -> str:
    if not head:
        return "an empty file"
    return "text" if all(9 <= byte < 127 for byte in head[:64]) else "another format"


def _shape(head: bytes, words: tuple[int, ...], processor: int, groups: Groups) -> dict[str, Any]:
    """Sizes and rates, from the header, which is what the data are laid out by; frames also from parameters."""
    scale, rate = (float(floats(head[at : at + 4], processor)[0]) for at in (12, 20))
    per_frame = words[9]
    return {
        "points": words[1],
        "frames": _frames(words, groups),
        "first_frame": max(_pair(groups, "ACTUAL_START_FIELD") or words[3], 1),
        "frame_rate_Hz": _rate(groups, "POINT") or rate,
        "samples_per_frame": per_frame,
        "channels": words[2] // per_frame if per_frame else 0,
        "is_float": scale < 0,
        "data_start": (words[8] - 1) * BLOCK,
    }


def _rate(groups: Groups, group: str) -> float | None:
    parameter = groups.get(group, {}).get("RATE")
    return float(parameter.values.ravel()[0]) if parameter and not parameter.is_text and parameter.values.size else None


def _pair(groups: Groups, name: str) -> int | None:
    """A 32-bit number kept as two words in the TRIAL group, for what the 16 bits of the header cannot hold."""
    parameter = groups.get("TRIAL", {}).get(name)
    if parameter is None or parameter.is_text or parameter.values.size != 2:
        return None
    low, high = (int(word) & 0xFFFF for word in parameter.values.ravel())
    return low + 65536 * high


def _frames(words: tuple[int, ...], groups: Groups) -> int:
    start, end = _pair(groups, "ACTUAL_START_FIELD"), _pair(groups, "ACTUAL_END_FIELD")
    if start is not None and end is not None and end >= start:
        return end - start + 1
    for name in ("LONG_FRAMES", "FRAMES"):
        parameter = groups.get("POINT", {}).get(name)
        if parameter is not None and not parameter.is_text and parameter.values.size == 1:
            value = float(parameter.values.ravel()[0])
            count = int(value) & 0xFFFF if parameter.values.dtype.kind in "iu" else int(value) if value < 1e9 else 0
            if count > 0 and (name == "LONG_FRAMES" or count != 0xFFFF):
                return count
    return words[4] - words[3] + 1


def _checked(file: C3dFile, size: int) -> C3dFile:
    where = str(file.path)
    if file.frames < 1 or not 0 < file.frame_rate_Hz < 1e5:
        seen = f"{file.frames} frames at {file.frame_rate_Hz:g} Hz"
        raise FormatError(where, expected="frames at a rate", seen=seen, next_step=AGAIN)
    if file.data_start < BLOCK:
        raise FormatError(where, expected="data behind the parameters", seen="none", next_step=AGAIN)
    needed = file.data_start + file.frames * file.frame_words * (4 if file.is_float else 2)
    if needed > size:
        there = max(0, size - file.data_start) // max(1, file.frame_words * (4 if file.is_float else 2))
        raise FormatError(where, expected=f"{file.frames} frames, as its header says",
                          seen=f"{there}: the file is cut short or damaged", next_step=AGAIN)  # fmt: skip
    told = _rate(file.groups, "ANALOG")
    if file.channels and told and abs(told / file.analog_rate_Hz - 1) > 0.001:
        seen = f"{file.analog_rate_Hz:g} Hz by the header, {told:g} Hz by ANALOG:RATE"
        raise FormatError(where, expected="one analog rate", seen=seen, next_step=AGAIN)
    return file
