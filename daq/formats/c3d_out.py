"""C3D: one force plate of type 2 per belt, analog force and moment, events.

The plate's frame is the usual one of force plates: x forward, y right, z down. Channels hold the ground reaction in
that frame, so a runner's weight gives a negative Fz: a reader turns it by the plate's corners and gets the reaction in
the frame of this software back, + forward, + left, + up. The plate's origin lies on its surface, so ORIGIN is 0 and
moments are about the surface's centre. Layout after the C3D file format user guide (c3d.org).
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import IO

import numpy as np
from numpy.typing import NDArray

from analysis.wrench import COMPONENTS
from daq.errors import FormatError
from daq.formats.about import About
from daq.formats.c3d_events import C3dEvent, event_groups
from daq.formats.c3d_parameters import BLOCK, Group, floats, integer, integers, number, parameter_section, text, texts
from daq.formats.force_rows import ForceRows, Plate, Segment

TO_PLATE = np.array([1.0, -1.0, -1.0, 1e3, -1e3, -1e3])
"""From our frame, N and N·m, to the plate's, N and N·mm."""
NOMINAL_SIZE_m = (1.5, 0.5)
"""Size of a belt of which nobody said it: readers need corners to know which way the plate lies."""
MOST_FRAMES = 65_535
FRAME_RATES_Hz = (100.0, 50.0, 25.0, 20.0, 10.0, 5.0, 4.0, 2.0, 1.0)
NOT_MEASURED = "NOT MEASURED, 0 is no value"


@dataclass(frozen=True)
class C3dFile:
    """What was written."""

    frames: int
    """Frames."""
    per_frame: int
    """Samples of each channel per frame."""
    left_out: int
    """Samples at the end that did not fill a frame."""


def frame_length(rows: int, rate_Hz: float) -> int:
    """How many samples a frame shall hold: about 10 ms, more where there would be more frames than C3D can count.

    Args:
        rows: Samples to write.
        rate_Hz: Their rate, Hz.

    Returns:
        Samples per frame.
    """
    lengths = [max(1, round(rate_Hz / wanted)) for wanted in FRAME_RATES_Hz]
    return next((length for length in lengths if rows // length <= MOST_FRAMES), -(-rows // MOST_FRAMES))


def write_c3d(
    stream: IO[bytes], rows: ForceRows, part: Segment, events: Sequence[C3dEvent], about: About, where: str,
    *, per_frame: int | None = None,
) -> C3dFile:  # fmt: skip
    """Write one stretch of force without gaps.

    Args:
        stream: The file, open.
        rows: The force.
        part: Which of its rows.
        events: Events in that time, in order; none for no events.
        about: Where it comes from.
        where: The file's name, for messages.
        per_frame: Samples per frame; None for a fitting number.

    Returns:
        What was written.

    Raises:
        FormatError: It is shorter than a frame, or has more parameters than the format has room for.
    """
    rate_Hz = rows.rate_of(part)
    per_frame = per_frame or frame_length(part.rows, rate_Hz)
    frames, left_out = divmod(part.rows, per_frame)
    if not frames:
        raise FormatError(where, expected=f"at least {per_frame} samples for a C3D file", seen=str(part.rows),
                          next_step="Choose a longer time.")  # fmt: skip
    frame_Hz = rate_Hz / per_frame
    groups = [
        _points(frame_Hz, frames),
        _analog(rows.plates, rate_Hz),
        _plates(rows.plates),
        *event_groups(events, part.start_s, about.subject),
        *_origin(about, rows.plates, part, frame_Hz, frames),
    ]
    channels = 6 * len(rows.plates)
    section = parameter_section(_with_start(groups, where), where)
    stream.write(_header(channels * per_frame, frames, per_frame, frame_Hz, 2 + len(section) // BLOCK))
    stream.write(section)
    written = 0
    for block in rows.blocks(part.first, part.last - left_out):
        plate = block.wrench * TO_PLATE[:, None]
        written += stream.write(np.ascontiguousarray(plate.reshape(channels, -1).T, "<f4").tobytes())
    stream.write(bytes(-written % BLOCK))
    return C3dFile(frames, per_frame, left_out)


def corners_mm(plate: Plate) -> NDArray[np.float64]:
    """Corners of a plate in the frame of the machine.

    Args:
        plate: The plate.

    Returns:
        (4, 3) mm, in the quadrants +x +y, −x +y, −x −y, +x −y of the plate's frame, whose y points right.
    """
    length, width = plate.size_m or NOMINAL_SIZE_m
    quadrants = np.array([[1, -1, 0], [-1, -1, 0], [-1, 1, 0], [1, 1, 0]])
    corners: NDArray[np.float64] = np.array([*plate.centre_m, 0.0]) + quadrants * np.array([length, width, 0.0]) / 2.0
    return 1e3 * corners


def _header(analog: int, frames: int, per_frame: int, frame_rate_Hz: float, data_block: int) -> bytes:
    head = struct.pack("<BBHHHHHfHHf", 2, 0x50, 0, analog, 1, frames, 0, -1.0, data_block, per_frame, frame_rate_Hz)
    labels = struct.pack("<H", 12345)  # word 150: labels of events have four characters
    return (head.ljust(2 * 149, b"\0") + labels).ljust(BLOCK, b"\0")


def _with_start(groups: Sequence[Group], where: str) -> list[Group]:
    """The groups with POINT:DATA_START, which depends on how long they are."""
    points, *others = groups

    def started(block: int) -> list[Group]:
        start = integer("DATA_START", block, "first block of the data")
        return [Group(points.name, points.meaning, (*points.parameters, start)), *others]

    return started(2 + len(parameter_section(started(0), where)) // BLOCK)


def _points(frame_rate_Hz: float, frames: int) -> Group:
    return Group("POINT", "no points: analog data only", (
        integer("USED", 0),
        integer("FRAMES", frames),
        number("SCALE", -1.0, "negative: data are floats"),
        number("RATE", frame_rate_Hz, "frames per second"),
        text("UNITS", "mm"),
        texts("LABELS", []),
        texts("DESCRIPTIONS", []),
        text("X_SCREEN", "+X"),
        text("Y_SCREEN", "+Z"),
    ))  # fmt: skip


def _analog(plates: Sequence[Plate], rate_Hz: float) -> Group:
    known = [(plate, name, f"{'Force' if name[0] == 'F' else 'Moment'}.{name}{n}")
             for n, plate in enumerate(plates, 1) for name in COMPONENTS]  # fmt: skip
    return Group("ANALOG", "ground reaction in the plates' frames", (
        integer("USED", len(known)),
        texts("LABELS", [label for _, _, label in known]),
        texts("DESCRIPTIONS", [_channel(plate, name) for plate, name, _ in known]),
        number("GEN_SCALE", 1.0),
        floats("SCALE", [1.0] * len(known)),
        integers("OFFSET", [0] * len(known)),
        texts("UNITS", ["N" if name[0] == "F" else "Nmm" for _, name, _ in known]),
        number("RATE", rate_Hz, "samples per second"),
        text("FORMAT", "SIGNED"),
        integer("BITS", 16),
    ))  # fmt: skip


def _channel(plate: Plate, name: str) -> str:
    """What a channel holds."""
    belt = {"L": "left belt", "R": "right belt"}.get(plate.name, "belt")
    if name not in plate.observable:
        return f"{belt}, {name}: {NOT_MEASURED}"
    apparent = {"Mx": "Fy", "My": "Fx"}.get(name, name)
    hidden = "" if apparent in plate.observable else f", holds height x unseen {apparent}"
    return f"{belt}, {name} of the reaction{hidden}"


def _plates(plates: Sequence[Plate]) -> Group:
    n = len(plates)
    return Group("FORCE_PLATFORM", "the belts' surfaces", (
        integer("USED", n),
        integers("TYPE", [2] * n),
        integers("ZERO", [0, 0], meaning="no baseline: zero is taken off already"),
        floats("CORNERS", np.concatenate([corners_mm(plate) for plate in plates]), (3, 4, n)),
        floats("ORIGIN", np.zeros(3 * n), (3, n), "on the surface"),
        integers("CHANNEL", [1 + i for i in range(6 * n)], (6, n)),
    ))  # fmt: skip


def _origin(about: About, plates: Sequence[Plate], part: Segment, frame_rate_Hz: float, frames: int) -> list[Group]:
    """Who made the file, and of whom, as far as that was asked for."""
    unseen = [f"{name}{n}" for n, plate in enumerate(plates, 1) for name in plate.unobserved]
    subject = [texts("NAMES", [about.subject])] if about.subject else []
    made = [text("CREATED_UTC", about.created_utc)] if about.created_utc else []
    trial = (integers("ACTUAL_START_FIELD", [1, 0]), integers("ACTUAL_END_FIELD", [frames, 0]),
             number("CAMERA_RATE", frame_rate_Hz))  # fmt: skip
    kept = (
        text("SESSION", about.session_id), text("RIG", about.rig), text("PROTOCOL", about.protocol),
        text("FORCE", "filtered" if about.filtered else "unfiltered"),
        number("START_S", part.start_s, "time of the first sample in the session, s"),
        text("NOT_MEASURED", " ".join(unseen), "channels that no sensor saw: their zeros are no values"),
    )  # fmt: skip
    maker = (text("COMPANY", "stance"), text("SOFTWARE", "stance"), text("VERSION_LABEL", about.software))
    return [
        Group("TRIAL", "frames", trial),
        Group("SUBJECTS", "whose feet", (integer("USED", len(subject)), *subject)),
        Group("MANUFACTURER", "what wrote this file", maker),
        Group("STANCE", "where the numbers come from", (*kept, *made)),
    ]
