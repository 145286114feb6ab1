"""C3D files for tests, written byte by byte from the format's definition, and platforms turned round by hand.

Nothing here comes from the reader that it tests: sections, parameters and the inverse of each platform type are written
out once more, from the C3D user guide (c3d.org).
"""

import struct
from dataclasses import dataclass

import numpy as np

INTEL, DEC, MIPS = 84, 85, 86


@dataclass(frozen=True)
class PlateSpec:
    """A platform as the file shall describe it."""

    type: int
    corners: np.ndarray
    """(4, 3) in the lab, in the file's unit."""
    origin: tuple[float, float, float]
    matrix: np.ndarray | None = None
    action: bool = False
    """Whether it shows the force on the platform."""


def axes_of(corners):
    """Columns: the platform's x, y and z in the lab."""
    x, y = corners[0] - corners[1], corners[0] - corners[3]
    x, y = x / np.linalg.norm(x), y / np.linalg.norm(y)
    return np.stack([x, y, np.cross(x, y)], axis=1)


def signals_of(spec, force, moment, unit_m=0.001):
    """Analog signals of a platform for a reaction (3, n), N, and its moment (3, n) about the surface's centre, N·m."""
    sign = -1.0 if spec.action else 1.0
    turn = axes_of(spec.corners).T
    fx, fy, fz = sign * turn @ force
    mx, my, mz = sign * (turn @ moment) / unit_m
    if spec.type == 1:
        safe = np.where(np.abs(fz) > 20, fz, np.inf)
        x, y = -my / safe, mx / safe
        return np.stack([fx, fy, fz, x, y, np.where(np.abs(fz) > 20, mz - x * fy + y * fx, 0)])
    a, b, c = spec.origin
    if spec.type == 3:
        mx, my = mx - fy * c, my + fx * c  # seen from the sensors' height
        x_part, y_part = my / (4 * a), mx / (4 * b)
        return np.stack([
            fx / 2 - mz / (4 * b), fx / 2 + mz / (4 * b), fy / 2 + mz / (4 * a), fy / 2 - mz / (4 * a),
            fz / 4 + y_part - x_part, fz / 4 + y_part + x_part, fz / 4 - y_part + x_part, fz / 4 - y_part - x_part,
        ])  # fmt: skip
    # The centre lies at ORIGIN: moments about the platform's own origin are larger by ORIGIN × F.
    whole = np.stack([fx, fy, fz, mx + b * fz - c * fy, my + c * fx - a * fz, mz + a * fy - b * fx])
    return whole if spec.type == 2 else np.linalg.solve(spec.matrix, whole)


def _float(values, processor):
    values = np.atleast_1d(np.asarray(values, np.float32))
    if processor == MIPS:
        return values.astype(">f4").tobytes()
    if processor == DEC:
        return (values * np.float32(4)).view("<u2").reshape(-1, 2)[:, ::-1].tobytes()
    return values.astype("<f4").tobytes()


def _parameter(number, name, value, processor):
    order = ">" if processor == MIPS else "<"
    if isinstance(value, list) and value and isinstance(value[0], str):
        width = max(len(text) for text in value)
        head, data = struct.pack("bBBB", -1, 2, width, len(value)), "".join(t.ljust(width) for t in value).encode()
    else:
        array = np.asarray(value)
        dims = bytes(array.shape)
        if array.dtype.kind in "iu":
            head, data = struct.pack("bB", 2, array.ndim) + dims, array.astype(f"{order}i2").tobytes(order="F")
        else:
            head, data = struct.pack("bB", 4, array.ndim) + dims, _float(array.ravel(order="F"), processor)
    body = head + data + b"\0"
    return struct.pack("bb", len(name), number) + name.encode() + struct.pack(f"{order}H", len(body) + 2) + body


def write_c3d(
    path, plates, signals, rate_Hz=300.0, ratio=2, *, processor=INTEL, integers=False, unit="mm", units=None,
    scale=None, offset=None, gen_scale=1.0, events=(), points=None, first_frame=1, channel_order=None, extra=None,
):  # fmt: skip
    """Write a file.

    `signals` are one array per platform, in its units. They are stored divided by `scale` · `gen_scale`, `offset`
    added; `channel_order` puts the channels in another order. `points` is (frames, markers, 3) or None.
    """
    order = ">" if processor == MIPS else "<"
    flat = np.concatenate(signals) if signals else np.zeros((0, 2 * ratio))
    channels, n = flat.shape
    frames = n // ratio
    scale = np.ones(channels) if scale is None else np.asarray(scale, np.float32).astype(float)
    offset = np.zeros(channels, int) if offset is None else np.asarray(offset)
    place = np.arange(channels) if channel_order is None else np.asarray(channel_order)
    stored = np.empty((channels, frames * ratio))
    stored[place] = flat[:, : frames * ratio] / (scale * gen_scale)[:, None] + offset[:, None]
    file_scale, file_offset = np.empty(channels), np.empty(channels, int)
    file_scale[place], file_offset[place] = scale, offset
    groups = {"POINT": {}, "ANALOG": {}, "FORCE_PLATFORM": {}}
    markers = 0 if points is None else points.shape[1]
    groups["POINT"] = {"USED": markers, "SCALE": 0.1 if integers else -1.0, "RATE": rate_Hz / ratio}
    groups["POINT"] |= {"FRAMES": frames if frames < 32768 else float(frames), "UNITS": [unit]}
    groups["ANALOG"] = {"USED": channels, "GEN_SCALE": gen_scale, "RATE": rate_Hz}
    if channels:
        groups["ANALOG"] |= {
            "SCALE": file_scale,
            "OFFSET": file_offset,
            "LABELS": [f"ch{k + 1}" for k in range(channels)],
        }
        if units:
            groups["ANALOG"]["UNITS"] = list(units)
    if plates:
        most = max(len(s) for s in signals)
        table, start = np.zeros((most, len(plates)), int), 0
        for k, part in enumerate(signals):
            table[: len(part), k] = place[start : start + len(part)] + 1
            start += len(part)
        matrices = np.stack([np.eye(6) if p.matrix is None else p.matrix for p in plates], axis=2)
        groups["FORCE_PLATFORM"] = {
            "USED": len(plates), "TYPE": np.array([p.type for p in plates]), "ZERO": np.array([1, 0]),
            "CORNERS": np.stack([p.corners.T for p in plates], axis=2).astype(float),
            "ORIGIN": np.array([p.origin for p in plates], float).T, "CHANNEL": table, "CAL_MATRIX": matrices,
        }  # fmt: skip
    if events:
        groups["EVENT"] = {
            "USED": len(events), "CONTEXTS": [e[1] for e in events], "LABELS": [e[2] for e in events],
            "TIMES": np.array([[e[0] // 60, e[0] % 60] for e in events], float).T,
        }  # fmt: skip
    for name, values in (extra or {}).items():
        groups.setdefault(name, {}).update(values)
    records = b""
    for number, (group, values) in enumerate(groups.items(), 1):
        records += struct.pack("bb", len(group), -number) + group.encode() + struct.pack(f"{order}H", 3) + b"\0"
        records += b"".join(_parameter(number, name, value, processor) for name, value in values.items())
    section = records + b"\0\0"
    blocks = -(-(len(section) + 4) // 512)
    section = struct.pack("BBBB", 1, 80, blocks, processor) + section
    data_block = 2 + blocks
    head = struct.pack("BB", 2, 80) + struct.pack(
        f"{order}4H", markers, channels * ratio, first_frame, min(first_frame + frames - 1, 65535)
    )
    head += struct.pack(f"{order}H", 0) + _float(-1.0 if not integers else 0.1, processor)
    head += struct.pack(f"{order}2H", data_block, ratio) + _float(rate_Hz / ratio, processor)
    rows = np.zeros((frames, 4 * markers + channels * ratio))
    if markers:
        rows[:, : 4 * markers] = np.concatenate([points[:frames], np.zeros((frames, markers, 1))], axis=2).reshape(
            frames, -1
        )
        if integers:
            rows[:, : 4 * markers] = np.round(rows[:, : 4 * markers] / 0.1)
    rows[:, 4 * markers :] = stored.T.reshape(frames, -1)
    data = np.round(rows).astype(f"{order}i2").tobytes() if integers else _float(rows.ravel(), processor)
    whole = head.ljust(512, b"\0") + section.ljust(512 * blocks, b"\0") + data
    path.write_bytes(whole + b"\0" * (-len(whole) % 512))
    return path
