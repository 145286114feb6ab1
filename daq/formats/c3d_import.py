"""A C3D file as a foreign force: platforms in axes that follow the belt, events, units."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from daq.errors import FormatError
from daq.formats.c3d_data import read_analog, read_events, read_points
from daq.formats.c3d_file import C3dFile, read_c3d
from daq.formats.force_plates import Plate, plate_wrench, read_plates
from daq.formats.import_units import FORCE_N, LENGTH_m, MOMENT_Nm, unit_of
from daq.imports.dates import KEYS, date_in
from daq.imports.imported import AXES, Doubt, Floats, ForeignBelt, ForeignEvent, ForeignForce, axis_name

LEAST_SHARE = 0.02
"""A platform with less than this share of the largest one's range of force was not stepped on."""
MOST_SAMPLES = 10_000_000
"""Samples times platforms that are read, at some 250 bytes of memory each: 2 h 45 min of one platform at 1 kHz."""
LEAST_SAMPLES = 10


def read_c3d_force(path: Path, units: Mapping[str, str] | None = None, chosen: tuple[int, ...] = ()) -> ForeignForce:
    """Read the force platforms of a C3D file.

    Args:
        path: The file.
        units: What a person says of units: "force", "moment".
        chosen: Numbers of the platforms to read, from 1; by default those that were stepped on.

    Returns:
        One belt per platform, in the lab's axes, turned by the few degrees by which the belt lies askew in the lab.

    Raises:
        FormatError: The file or its platforms cannot be used.
    """
    file = read_c3d(path)
    plates = read_plates(file)
    wrong = [number for number in chosen if not 1 <= number <= len(plates)]
    if wrong:
        raise FormatError(str(path), expected=f"platforms 1 to {len(plates)}", seen=f"--plates with {wrong[0]}")
    plates = [plate for plate in plates if plate.number in chosen] if chosen else plates
    n = file.frames * file.samples_per_frame
    most = MOST_SAMPLES // len(plates)
    if not LEAST_SAMPLES <= n <= most:
        raise FormatError(str(path), expected=f"{LEAST_SAMPLES} to {most} analog samples", seen=str(n),
                          next_step="Cut it into shorter recordings." if n > most else "")  # fmt: skip
    told = dict(units or {})
    read, doubts = [], []
    for plate in plates:
        force, moment, found, more = _wrench(file, plate, told)
        read.append((plate, force, moment))
        doubts += more
    read, unloaded = _stepped_on(read, all_of_them=bool(chosen), where=str(path))
    up, why = _up(file, [plate for plate, _, _ in read])
    belts = tuple(_belt(plate, force, moment, up) for plate, force, moment in read)
    measured, key = date_in(_texts_of(file))
    missing = ~np.all([np.isfinite(b.force).all(0) & np.isfinite(np.asarray(b.moment)).all(0) for b in belts], axis=0)
    return ForeignForce(
        "C3D", file.analog_rate_Hz, belts, missing if missing.any() else None, events=_events(file, n),
        start_s=file.start_s, up=up, up_why=why, units=found, doubts=tuple(_unique(doubts)),
        mapping={f"platform {plate.number}": _words(file, plate) for plate, _, _ in read},
        ignored=tuple(f"platform {number}: not stepped on" for number in unloaded),
        measured=measured, measured_why=f"{key} in the file" if key else "", handed="the format has no others",
    )  # fmt: skip


def _texts_of(file: C3dFile) -> dict[str, str]:
    """Where programs put the date; the format itself has no place for it."""
    pairs = ((name, file.texts(group, name)) for group in ("MANUFACTURER", "TRIAL", "STANCE") for name in KEYS)
    return {name: texts[0] for name, texts in pairs if texts}


def _wrench(file: C3dFile, plate: Plate, told: Mapping[str, str]) -> tuple[Floats, Floats, dict[str, str], list[Doubt]]:
    """Force and moment in N and N·m, the units that were read, and what is doubtful about them."""
    force_unit, moment_unit, doubts = _units(file, plate, told)
    force, moment = plate_wrench(plate, read_analog(file, plate.channels))
    gain = FORCE_N[force_unit]
    if moment_unit:
        # The platform took its moment channels in POINT:UNITS times the unit of force; only they are in another one.
        shift = np.cross(plate.axes @ plate.origin, force.T).T if plate.type in {2, 4} else 0.0
        ratio = MOMENT_Nm[moment_unit] / (gain * plate.unit_m)
        moment = (moment + shift) * ratio - shift
    found = {"force": force_unit, "length": _length(plate), "moment": moment_unit or f"{force_unit}·{_length(plate)}"}
    doubts += [Doubt("origin", f"platform {plate.number}: {note}", "", "note") for note in plate.notes]
    return gain * force, gain * moment, found, doubts


def _length(plate: Plate) -> str:
    return next(name for name, metres in LENGTH_m.items() if metres == plate.unit_m)


def _units(file: C3dFile, plate: Plate, told: Mapping[str, str]) -> tuple[str, str, list[Doubt]]:
    """Unit of force, and unit of moment where it is not that of force times POINT:UNITS."""
    labels = file.texts("ANALOG", "UNITS")
    mine = [labels[k] if k < len(labels) else "" for k in plate.channels]
    platform = (file.texts("FORCE_PLATFORM", "UNITS") or [""])[0]
    own = plate.type in {1, 2, 3}  # of type 4 the channels are in volts
    force = told.get("force") or unit_of(mine[2] if own else "", FORCE_N) or unit_of(platform, FORCE_N) or "N"
    if "moment" in told:
        return force, told["moment"], []
    seen = unit_of(mine[3], MOMENT_Nm) if plate.type == 2 else ""
    if seen and abs(MOMENT_Nm[seen] / (FORCE_N[force] * plate.unit_m) - 1) > 1e-6:
        text = (f"platform {plate.number}: its moments say {seen}, but the rest of the file is in {_length(plate)}; "
                f"taken as {seen}")  # fmt: skip
        return force, seen, [Doubt("moments", text, f"--units moment={seen}")]
    return force, "", []


def _stepped_on(
    read: list[tuple[Plate, Floats, Floats]], *, all_of_them: bool, where: str
) -> tuple[list[tuple[Plate, Floats, Floats]], list[int]]:
    ranges = []
    for _, force, _ in read:
        low, high = np.nanpercentile(force, [1, 99], axis=1) if np.isfinite(force).any() else (np.zeros(3),) * 2
        ranges.append(float(np.linalg.norm(high - low)))
    largest = max(ranges)
    if largest <= 0:
        raise FormatError(where, expected="force on a platform", seen="signals that never change",
                          next_step="Were the platforms switched on and exported?")  # fmt: skip
    if all_of_them:
        return read, []
    kept = [part for part, size in zip(read, ranges, strict=True) if size >= LEAST_SHARE * largest]
    dropped = [part[0].number for part, size in zip(read, ranges, strict=True) if size < LEAST_SHARE * largest]
    return kept, dropped


def _up(file: C3dFile, plates: list[Plate]) -> tuple[str, str]:
    """The lab axis nearest to the platforms' normal; upwards where the markers are, else the positive axis."""
    normal = plates[0].axes[:, 2]
    number = int(np.argmax(np.abs(normal)))
    if not file.points:
        return axis_name(number, 1.0), "the belt's normal, taken as pointing to the lab's positive axis"
    places = read_points(file, max(1, file.frames // 200)) * plates[0].unit_m
    height = places[..., number] - plates[0].centre[number]
    seen = height[np.isfinite(height)]
    if not seen.size or abs(float(np.median(seen))) < 0.02:
        return axis_name(number, 1.0), "the belt's normal, taken as pointing to the lab's positive axis"
    return axis_name(number, float(np.sign(np.median(seen)))), "the belt's normal, on the side of the markers"


def _belt(plate: Plate, force: Floats, moment: Floats, up: str) -> ForeignBelt:
    """The platform in axes along its own edges, each named after the lab axis that it is nearest to."""
    turn = _square(plate, AXES.index(up[-1]))
    return ForeignBelt(
        f"platform {plate.number}", turn @ force, "xyz", turn @ moment, centre=turn @ plate.centre, centre_known=True,
        size=np.abs(turn @ plate.axes[:, 0]) * plate.size[0] + np.abs(turn @ plate.axes[:, 1]) * plate.size[1],
    )  # fmt: skip


def _square(plate: Plate, vertical: int) -> Floats:
    """(3, 3) rotation from the lab to axes along the platform's edges and normal, nearest to the lab's."""
    rows = np.zeros((3, 3))
    normal = plate.axes[:, 2]
    rows[vertical] = normal * np.sign(normal[vertical])
    first, second = (axis for axis in range(3) if axis != vertical)
    edge = max(plate.axes[:, 0], plate.axes[:, 1], key=lambda axis: abs(axis[first]))
    rows[first] = edge * np.sign(edge[first])
    rows[second] = np.cross(rows[vertical], rows[first])
    rows[second] *= np.sign(rows[second][second])
    return rows


def _events(file: C3dFile, n: int) -> tuple[ForeignEvent, ...]:
    found = []
    for event in read_events(file):
        time = event.time_s - file.start_s
        text = event.label if event.context == "General" else f"{event.context} {event.label}"
        if 0 <= time <= n / file.analog_rate_Hz:
            found.append(ForeignEvent(time, text, {"label": event.label, "context": event.context}))
    return tuple(found)


def _words(file: C3dFile, plate: Plate) -> str:
    labels = file.texts("ANALOG", "LABELS")
    names = [labels[k] if k < len(labels) else f"channel {k + 1}" for k in plate.channels]
    return f"type {plate.type}: {', '.join(names)}"


def _unique(doubts: list[Doubt]) -> list[Doubt]:
    return list(dict.fromkeys(doubts))
