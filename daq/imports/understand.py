"""From files of another system to a recording of this one: read, understood, doubted, told in plain words."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from analysis.protocol import DEFAULT_PROTOCOL, get_protocol
from analysis.setup import Runner
from daq.errors import FormatError
from daq.force_session import ForceEvent, ForceRecording
from daq.imports.axes import Axes, choose_axes
from daq.imports.belts import Arrangement, arrange, wrench_of
from daq.imports.checks import left_notes, place_doubts, speed_doubts, weight_doubts
from daq.imports.damage import without_damage
from daq.imports.dates import parse_date
from daq.imports.evidence import find_contacts, mean_over_strides, total_vertical
from daq.imports.facts import Fact, left_axis, make_facts
from daq.imports.history import empty_above, filter_notes, history_notes, longest_run
from daq.imports.imported import Doubt, Floats, ForeignForce, axis_index
from daq.imports.read import ImportOptions, known, read_foreign
from daq.imports.silent import without_silent

__all__ = ["Fact", "ImportOptions", "Understanding", "understand"]

LEAST_S = 1.0
"""Less than this holds no step with a flight on either side."""
MOST_MISSING = 0.5
"""With more than this share of samples missing it is no recording."""


@dataclass(frozen=True)
class Understanding:
    """What an import would make of the files."""

    recording: ForceRecording
    """Ready to be written."""
    facts: tuple[Fact, ...]
    """What was understood, for people."""
    doubts: tuple[Doubt, ...]
    """What was not, or is odd."""
    measured: str = ""
    """When it was measured, ISO 8601; empty where nobody tells."""

    @property
    def open_doubts(self) -> tuple[Doubt, ...]:
        """Doubts that --yes settles."""
        return tuple(doubt for doubt in self.doubts if doubt.weight == "ask")

    @property
    def stops(self) -> tuple[Doubt, ...]:
        """Doubts that only their flag settles."""
        return tuple(doubt for doubt in self.doubts if doubt.weight == "stop")


def understand(
    paths: Sequence[Path], options: ImportOptions, runner: Runner, *, protocol: str | None = None
) -> Understanding:
    """Read files and find out what they mean.

    Args:
        paths: One file, or two tables, one for each belt.
        options: What a person says of them.
        runner: What is known of the runner: mass and belt speed settle doubts.
        protocol: Name of the analysis protocol; None for the usual one.

    Returns:
        The recording, what was understood, and what is doubtful. A FormatError tells that the files cannot be read at
        all, or hold nothing of sense.
    """
    foreign = _dated(read_foreign(paths, options, runner.mass_kg), options)
    foreign = without_silent(without_damage(foreign, runner.mass_kg))
    _check_amount(foreign, paths)
    axes = choose_axes(_filled(foreign), up=options.up, forward=options.forward)
    arrangement = arrange(_filled(foreign), axes, options.plates)
    belts = {name: wrench_of(parts, axes, arrangement.centre(name)) for name, parts in arrangement.belts.items()}
    doubts = [*foreign.doubts, *axes.doubts, *arrangement.doubts, *_checks(_filled(foreign), axes, runner)]
    above_Hz = _empty_above(_filled(foreign), axes)
    doubts += filter_notes(above_Hz, get_protocol(protocol or DEFAULT_PROTOCOL).cutoff_Hz)
    doubts += left_notes(foreign, axes, {name: seen for name, (_, seen) in belts.items()}, options.flips)
    settled = [doubt for doubt in doubts if not _told(doubt, options)]
    recording = ForceRecording(
        foreign.sample_rate_Hz,
        {name: np.nan_to_num(wrench, nan=0.0) for name, (wrench, _) in belts.items()},
        {name: seen for name, (_, seen) in belts.items()},
        foreign.missing, _travel(foreign),
        [ForceEvent(event.time_s, "marker", event.text, dict(event.data)) for event in foreign.events],
        _surface(arrangement, axes), arrangement.centres_m(axes), above_Hz,
        _source(paths, options, foreign, axes, arrangement, settled),
    )  # fmt: skip
    mean = _mean_N(foreign, axes)
    facts = make_facts(foreign, axes, arrangement, recording, runner, mean)
    return Understanding(recording, facts, tuple(settled), foreign.measured)


def _dated(foreign: ForeignForce, options: ImportOptions) -> ForeignForce:
    """The same with the date that a person says."""
    return replace(foreign, measured=parse_date(options.date), measured_why="as told") if options.date else foreign


def _filled(foreign: ForeignForce) -> ForeignForce:
    """The same with zeros for what is missing, so that sums and percentiles can be made; never for the recording."""
    if foreign.missing is None:
        return foreign
    belts = tuple(replace(belt, force=np.nan_to_num(belt.force, nan=0.0)) for belt in foreign.belts)
    return replace(foreign, belts=belts)


def _check_amount(foreign: ForeignForce, paths: Sequence[Path]) -> None:
    if foreign.missing is not None and np.mean(foreign.missing) > MOST_MISSING:
        raise FormatError(str(paths[0]), expected="force in most samples",
                          seen=f"none in {100 * np.mean(foreign.missing):.0f} % of them")  # fmt: skip
    if foreign.n < LEAST_S * foreign.sample_rate_Hz:
        raise FormatError(str(paths[0]), expected=f"at least {LEAST_S:g} s of force",
                          seen=f"{foreign.n / foreign.sample_rate_Hz:.3g} s ({foreign.n} samples)")  # fmt: skip
    if all(np.ptp(np.nan_to_num(belt.force)) == 0 for belt in foreign.belts):
        raise FormatError(str(paths[0]), expected="force that changes", seen="the same value everywhere")


def _checks(foreign: ForeignForce, axes: Axes, runner: Runner) -> list[Doubt]:
    number, sign = axis_index(axes.up)
    vertical = total_vertical(foreign, number, axes.sign * sign)
    contacts = find_contacts(vertical, foreign.sample_rate_Hz, foreign.missing)
    speed = foreign.belt_speed_m_s
    told = float(np.nanmedian(speed)) if speed is not None else runner.belt_speed_m_s
    weight = weight_doubts(mean_over_strides(vertical, contacts, foreign.missing), runner.mass_kg, dict(foreign.units))
    found = [*weight, *place_doubts(foreign, axes), *speed_doubts(axes, told)]
    found += history_notes(vertical, contacts)
    if foreign.missing is not None and not any(doubt.name == "gaps" for doubt in foreign.doubts):
        lost = int(foreign.missing.sum())
        found.append(Doubt("gaps", f"{lost} samples have no force; kept as gaps, never filled", "", "note"))
    return found


def _empty_above(foreign: ForeignForce, axes: Axes) -> float | None:
    """Frequency above which the vertical force holds nothing, by its longest stretch without a gap."""
    number, sign = axis_index(axes.up)
    vertical = total_vertical(foreign, number, axes.sign * sign)
    first, last = longest_run(known(foreign))
    return empty_above(vertical[first:last], foreign.sample_rate_Hz)


def _told(doubt: Doubt, options: ImportOptions) -> bool:
    """Whether the very flag of a doubt was given, word for word."""
    if doubt.name == "speed" or not doubt.flag:
        return False
    said = [f"--units {unit}" for unit in options.units] + [f"--flip {flip}" for flip in options.flips]
    said += [f"--forward {options.forward}", f"--up {options.up}"]
    return doubt.flag in said and doubt.weight != "stop"


def _mean_N(foreign: ForeignForce, axes: Axes) -> float | None:
    number, sign = axis_index(axes.up)
    filled = _filled(foreign)
    vertical = total_vertical(filled, number, axes.sign * sign)
    return mean_over_strides(
        vertical, find_contacts(vertical, foreign.sample_rate_Hz, foreign.missing), foreign.missing
    )


def _travel(foreign: ForeignForce) -> Floats | None:
    if foreign.belt_speed_m_s is None:
        return None
    speed = foreign.belt_speed_m_s
    seen = np.isfinite(speed)
    if not seen.any():
        return None
    rows = np.arange(foreign.n)
    even = np.interp(rows, rows[seen], speed[seen])
    return np.asarray(np.cumsum(even) / foreign.sample_rate_Hz)


def _surface(arrangement: Arrangement, axes: Axes) -> tuple[float, float] | None:
    """Length and width of one belt, the largest if they differ."""
    extents = []
    for parts in arrangement.belts.values():
        if any(belt.size is None for belt in parts):
            return None
        edges = [belt.centre + sign * np.asarray(belt.size) / 2 for belt in parts for sign in (-1, 1)]
        extents.append(np.abs(axes.matrix) @ np.ptp(np.array(edges), axis=0))
    extent = np.max(extents, axis=0)
    return float(extent[0]), float(extent[1])


def _source(
    paths: Sequence[Path], options: ImportOptions, foreign: ForeignForce, axes: Axes, arrangement: Arrangement,
    doubts: Sequence[Doubt],
) -> dict[str, Any]:  # fmt: skip
    """All that makes the import repeatable, plain values."""
    return {
        "files": [{"name": path.name, "sha256": _sha256(path), "bytes": path.stat().st_size} for path in paths],
        "format": foreign.format,
        "mapping": dict(foreign.mapping),
        "ignored": list(foreign.ignored),
        "units": dict(foreign.units),
        "flips": list(options.flips),
        "told": {"units": list(options.units), "up": options.up, "forward": options.forward,
                 "plates": {side: list(numbers) for side, numbers in options.plates.items()},
                 "skip_rows": options.skip_rows, "rate_Hz": options.rate_Hz, "map": dict(options.columns)},
        "up": axes.up, "forward": axes.forward, "left": left_axis(axes), "sign": axes.sign,
        "matrix": axes.matrix.tolist(),
        "origin_m": arrangement.origin.tolist(),
        "belts": {name: [belt.name for belt in parts] for name, parts in arrangement.belts.items()},
        "start_s": foreign.start_s,
        "measured": foreign.measured, "measured_why": foreign.measured_why,
        "evidence": {"cop_speed_m_s": axes.cop_speed_m_s, "braking": axes.braking},
        "doubts": [doubt.as_dict() for doubt in doubts],
    }  # fmt: skip


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
