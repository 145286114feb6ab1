"""What a calibration under way has so far, in a file that no crash can halve: every reading is in it at once."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import ValidationError

from analysis.calibration import Floats, KnownLoad, Reading
from daq.calibration_checks import identity_of
from daq.errors import SessionError
from daq.replace_file import replace_file
from daq.rig import Rig
from daq.rig_errors import Problem, Told, problems_of, told
from rigs.procedures.calibration_progress_schema import LoadTable, ProgressFile, TakenTable, problems_within
from rigs.procedures.plan_loads import Plan

FORMAT = 1
SUFFIX = ".calibrating.json"
RESTART = "--restart begins anew, and keeps the old progress file beside it."
MOST_TOLD = 5


@dataclass(frozen=True)
class Taken:
    """One accepted reading, of a load or of the empty belt."""

    step: int | None
    """Index into the plan's loads; None is a reading of the empty belt that the plan does not have."""
    counts: Floats
    """(C,) mean counts."""
    u_counts: Floats
    """(C,) standard uncertainty of that."""
    time_s: float
    """Middle of the reading, s of the device's samples since the calibration began; pauses do not count."""
    section: int
    """Sections are what lies between two interruptions: over an interruption no zero is believed."""
    accepted: bool = True
    """Whether it may be in the fit."""
    remark: str = ""
    """What the checks or a person said of it."""


@dataclass(frozen=True)
class Progress:
    """Everything that a calibration under way has to remember."""

    plan: Plan
    """What is to be put on."""
    taken: tuple[Taken, ...] = ()
    """Readings in the order of time."""
    skipped: tuple[tuple[int, int], ...] = ()
    """Steps left out: index into the plan's loads, and how many readings there were by then."""
    elapsed_s: float = 0.0
    """Samples' time so far, s."""
    rehearsal: bool = False
    """Whether any of it was read on a virtual treadmill, so that the calibration is of no machine."""

    def load_of(self, taken: Taken) -> KnownLoad | None:
        """The load of a reading; None for the empty belt."""
        return None if taken.step is None else self.plan.loads[taken.step]

    def readings(self) -> tuple[Reading, ...]:
        """Readings of loads in the order of time, each with the zero of its own time.

        Returns:
            As the fit takes them.
        """
        return tuple(
            _reading(taken, load, self._zeros(taken.section))
            for taken in self.taken if (load := self.load_of(taken)) is not None
        )  # fmt: skip

    def zero(self, section: int) -> Taken | None:
        """The last reading of the empty belt within a section."""
        zeros = self._zeros(section)
        return zeros[-1] if zeros else None

    def _zeros(self, section: int) -> list[Taken]:
        return [taken for taken in self.taken if taken.section == section and self.load_of(taken) is None]

    def changed(self, taken: Taken, **change: Any) -> "Progress":
        """The same with one reading changed."""
        return replace(self, taken=tuple(replace(one, **change) if one is taken else one for one in self.taken))


def _reading(taken: Taken, load: KnownLoad, zeros: Sequence[Taken]) -> Reading:
    """The zero goes in a straight line from the one before to the one behind.

    How far it is off a straight line nobody knows: a rectangular distribution over the difference of the two would have
    the standard deviation difference / √12.
    """
    before = max((zero for zero in zeros if zero.time_s <= taken.time_s), key=lambda zero: zero.time_s, default=None)
    after = min((zero for zero in zeros if zero.time_s > taken.time_s), key=lambda zero: zero.time_s, default=None)
    first, last = before or after, after or before
    assert first is not None, "a section begins with the empty belt"
    assert last is not None
    span = last.time_s - first.time_s
    share = (taken.time_s - first.time_s) / span if span > 0.0 else 0.0
    zero = first.counts + share * (last.counts - first.counts)
    noise = np.square(taken.u_counts) + np.square(np.maximum(first.u_counts, last.u_counts))
    drift = last.counts - first.counts if span > 0.0 else _last_drift(zeros)
    u_counts = np.sqrt(noise + np.square(drift) / 12.0)
    return Reading(load, taken.counts, zero, u_counts, taken.time_s, taken.accepted, taken.remark)


def _last_drift(zeros: Sequence[Taken]) -> Floats:
    """What the zero moved by from one reading of it to the next, for a load behind the last one."""
    before, last = zeros[-2 if len(zeros) > 1 else -1], zeros[-1]
    return last.counts - before.counts


def identity(rig: Rig) -> dict[str, Any]:
    """What of a rig makes its readings void if it changes.

    Args:
        rig: The rig.

    Returns:
        Plain values, as JSON gives them back.
    """
    plain: dict[str, Any] = json.loads(identity_of(rig).model_dump_json())
    return plain


def write_progress(path: Path, rig: Rig, progress: Progress) -> None:
    """Put everything into the file, in one piece.

    Args:
        path: The file.
        rig: The rig.
        progress: What there is.

    Raises:
        SessionError: It cannot be written.
    """
    content = {
        "format": FORMAT,
        "rig": identity(rig),
        "gravity_m_s2": progress.plan.gravity_m_s2,
        "elapsed_s": progress.elapsed_s,
        "rehearsal": progress.rehearsal,
        "skipped": progress.skipped,
        "plan": [None if load is None else _plain(load) for load in progress.plan.loads],
        "taken": [_plain(taken) for taken in progress.taken],
    }
    try:
        replace_file(path, json.dumps(content, indent=1))
    except OSError as error:
        raise SessionError(
            str(path), expected="a progress file that can be written", seen=error.strerror or str(error),
            next_step="The reading is not kept. Make room, or calibrate into another folder with -o.",
        ) from error  # fmt: skip


def _plain(one: KnownLoad | Taken) -> dict[str, Any]:
    return {name: value.tolist() if isinstance(value, np.ndarray) else value for name, value in asdict(one).items()}


def read_progress(path: Path, rig: Rig) -> Progress:
    """Read a progress file.

    Args:
        path: The file.
        rig: The rig that it must be of.

    Returns:
        What there is.

    Raises:
        SessionError: It cannot be read, or it is of another rig, or of this one before it was changed.
    """
    content = _content(path)
    try:
        file = ProgressFile.model_validate(content)
    except ValidationError as error:
        raise SessionError(str(path), **_damage(problems_of(error, ProgressFile, content))) from None
    if differences := _differences(content["rig"], identity(rig)):
        raise SessionError(
            str(path), expected=f"the progress of rig {rig.name} as its file is now", seen="; ".join(differences),
            next_step=f"Put the rig file back to go on, or: {RESTART}",
        )  # fmt: skip
    if problems := list(problems_within(file, frozenset(belt.name for belt in rig.nominal_belts()))):
        raise SessionError(str(path), **_damage(problems))
    return _progress(file)


def _damage(problems: Sequence[Problem]) -> Told:
    return told(problems[:MOST_TOLD], "the progress of a calibration", RESTART)


def _content(path: Path) -> dict[str, Any]:
    """What JSON says; that it is of this version."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        seen = "" if isinstance(content, dict) and "format" in content else "another file"
    except (OSError, ValueError, RecursionError) as error:
        seen = f"a damaged one ({error})"
    if seen:
        raise SessionError(str(path), expected="the progress of a calibration", seen=seen, next_step=RESTART)
    if content["format"] != FORMAT:
        raise SessionError(str(path), expected=f"format {FORMAT}", seen=str(content["format"]), next_step=RESTART)
    return dict(content)


def _progress(file: ProgressFile) -> Progress:
    loads = tuple(None if load is None else KnownLoad(**_arrays(load)) for load in file.plan)
    taken = tuple(Taken(**_arrays(one)) for one in file.taken)
    return Progress(Plan(loads, file.gravity_m_s2), taken, file.skipped, file.elapsed_s, file.rehearsal)


def _arrays(table: LoadTable | TakenTable) -> dict[str, Any]:
    return {name: np.array(value) if isinstance(value, tuple) else value for name, value in table.model_dump().items()}


def _differences(was: dict[str, Any], now: dict[str, Any], key: str = "") -> list[str]:
    """What differs between two rigs, in words, at most three."""
    found: list[str] = []
    for name in was.keys() | now.keys():
        one, other = was.get(name), now.get(name)
        if isinstance(one, dict) and isinstance(other, dict):
            found += _differences(one, other, f"{key}{name}.")
        elif name == "cells" and isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
            for before, after in zip(one, other, strict=True):
                found += _differences(before, after, f"cell {before.get('name')} ")
        elif one != other:
            found.append(f"{key}{name} {_short(one)} then, {_short(other)} now")
    return sorted(found)[:3]


def _short(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= 40 else text[:37] + "..."
