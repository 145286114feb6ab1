"""What a C3D file holds: analog signals in their units, places of markers, events."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from daq.errors import FormatError
from daq.formats.c3d_file import AGAIN, C3dFile
from daq.formats.c3d_sections import MIPS, floats

Floats = NDArray[np.float64]
_BATCH_FRAMES = 20_000


@dataclass(frozen=True)
class C3dEvent:
    """One event of the EVENT group."""

    time_s: float
    """Since frame 1 of the recording, s; see `C3dFile.start_s`."""
    label: str
    """For example "Foot Strike"."""
    context: str
    """"Left", "Right" or "General"."""


def read_analog(file: C3dFile, channels: Sequence[int]) -> Floats:
    """Analog signals: (stored value − OFFSET) · SCALE · GEN_SCALE, which is what UNITS are the units of.

    Args:
        file: As `read_c3d` gives it.
        channels: Numbers of the channels, from 0.

    Returns:
        (len(channels), frames · samples_per_frame).

    Raises:
        FormatError: A channel that is not there is asked for, or its scale is.
    """
    where = str(file.path)
    worst = max(channels, default=0)
    if worst >= file.channels or min(channels, default=0) < 0:
        seen = f"{file.channels} analog channels"
        raise FormatError(where, expected=f"analog channel {worst + 1}, as FORCE_PLATFORM:CHANNEL says", seen=seen)
    scale, offset = _scaling(file, "SCALE", 1.0), _scaling(file, "OFFSET", 0.0)
    general = file.number("ANALOG", "GEN_SCALE")
    gains = scale[list(channels)] * (1.0 if general is None else general)
    zeros = offset[list(channels)]
    if not (np.isfinite(gains).all() and np.isfinite(zeros).all()):
        raise FormatError(where, expected="finite ANALOG:SCALE and OFFSET", seen="others", next_step=AGAIN)
    out = np.empty((len(channels), file.frames * file.samples_per_frame))
    stored = _stored(file)
    for start in range(0, file.frames, _BATCH_FRAMES):
        part = _decoded(stored[start : start + _BATCH_FRAMES], file)[:, 4 * file.points :]
        rows = part.reshape(-1, file.channels)[:, list(channels)]
        at = start * file.samples_per_frame
        out[:, at : at + len(rows)] = (rows.T - zeros[:, None]) * gains[:, None]
    return out


def read_points(file: C3dFile, step: int) -> Floats:
    """Places of the markers in every `step`-th frame, in POINT:UNITS.

    Args:
        file: As `read_c3d` gives it.
        step: How many frames to go on each time.

    Returns:
        (frames, points, 3); NaN where a marker was not seen.
    """
    part = _decoded(_stored(file)[::step], file)[:, : 4 * file.points].reshape(-1, file.points, 4)
    scale = file.number("POINT", "SCALE") or 1.0
    places = part[:, :, :3] * (1.0 if file.is_float else abs(scale))
    return np.where((part[:, :, 3:] < 0) | (part[:, :, :3] == 0).all(axis=2, keepdims=True), np.nan, places)


def _stored(file: C3dFile) -> NDArray[Any]:
    order = ">" if file.processor == MIPS else "<"
    kind = np.dtype(f"{order}u4" if file.is_float else f"{order}i2")
    shape = (file.frames, file.frame_words)
    return np.memmap(file.path, kind, "r", file.data_start, shape) if file.frame_words else np.empty(shape, kind)


def _decoded(stored: NDArray[Any], file: C3dFile) -> Floats:
    if file.is_float:
        return floats(np.ascontiguousarray(stored).tobytes(), file.processor).reshape(stored.shape).astype(np.float64)
    if (file.texts("ANALOG", "FORMAT") or [""])[0].upper().startswith("UNSIGN"):
        unsigned = stored.astype(np.float64) % 65536.0
        unsigned[:, : 4 * file.points] = stored[:, : 4 * file.points]
        return unsigned
    return stored.astype(np.float64)


def _scaling(file: C3dFile, name: str, default: float) -> Floats:
    found: list[Floats] = []
    for suffix in ("", *map(str, range(2, 40))):
        values = file.numbers("ANALOG", name + suffix)
        if values is None:
            break
        found.append(values.ravel(order="F").astype(np.float64))
    told = np.concatenate(found) if found else np.empty(0)
    if told.size < file.channels and found:
        raise FormatError(str(file.path), expected=f"ANALOG:{name} of {file.channels} channels", seen=str(told.size),
                          next_step=AGAIN)  # fmt: skip
    if name == "OFFSET" and (file.texts("ANALOG", "FORMAT") or [""])[0].upper().startswith("UNSIGN"):
        told = told % 65536.0
    return told if found else np.full(file.channels, default)


def read_events(file: C3dFile) -> list[C3dEvent]:
    """Events of the EVENT group, in order of time.

    Args:
        file: As `read_c3d` gives it.

    Returns:
        The events; without a time they are left out.
    """
    times = file.numbers("EVENT", "TIMES")
    used = int(file.number("EVENT", "USED") or 0)
    if times is None or used < 1:
        return []
    pairs = times.reshape(2, -1, order="F").astype(np.float64) if times.size % 2 == 0 else np.empty((2, 0))
    labels, contexts = file.texts("EVENT", "LABELS"), file.texts("EVENT", "CONTEXTS")
    count = min(used, pairs.shape[1])
    events = [
        C3dEvent(float(60.0 * pairs[0, k] + pairs[1, k]), _at(labels, k) or "event", _at(contexts, k) or "General")
        for k in range(count)
        if np.isfinite(pairs[:, k]).all()
    ]
    return sorted(events, key=lambda event: event.time_s)


def _at(texts: list[str], number: int) -> str:
    return texts[number] if number < len(texts) else ""
