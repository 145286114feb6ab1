"""Does a calibration belong to a rig: the same cells at the same places, wired and amplified as they were."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from analysis.machine_lights import OLD_DAYS
from analysis.wrench import COMPONENTS
from daq.calibration_problems import when
from daq.calibration_read import Calibration
from daq.calibration_schema import AdcThen, RigThen
from daq.errors import RigError

if TYPE_CHECKING:
    from daq.rig import Rig

__all__ = ["OLD_DAYS", "age_days", "calibration_path", "check_calibration", "identity_of"]

MOST_OFF = 0.30
"""No cell is as far from its data sheet: then the rig file is wrong, or the loads were."""
MOST_TOLD = 12
NEXT_STEP = "Make it anew with `stance calibrate`, or go without: --calibration none"


def calibration_path(rig: "Rig") -> Path | None:
    """Where the calibration of a rig lies: my_rig.calibration.toml beside my_rig.toml.

    Args:
        rig: The rig.

    Returns:
        The path, whether there is a file or not; None if the rig does not come from a file of its own.
    """
    from daq.rig import shipped_rigs

    if rig.where in shipped_rigs() or not Path(rig.where).is_file():
        return None
    path = Path(rig.where)
    return path.with_name(f"{path.name.removesuffix('.toml')}.calibration.toml")


def identity_of(rig: "Rig") -> RigThen:
    """What of a rig a calibration depends on.

    Args:
        rig: The rig.

    Returns:
        The same keys as in the rig file, fewer of them.
    """
    adc = {name: getattr(rig.adc, name) for name in AdcThen.model_fields}
    return RigThen(
        name=rig.name,
        belt_height_mm=rig.machine.belt_height_mm,
        adc=AdcThen(**adc),
        cells=rig.cells,
        belts=rig.file.belts,
    )


def check_calibration(calibration: Calibration, rig: "Rig") -> None:
    """Refuse a calibration of another rig, or of this one as it no longer is.

    Args:
        calibration: The calibration.
        rig: The rig that it is to be used for.

    Raises:
        RigError: They differ, or the read-out is so far from the data sheets' that something else is wrong.
    """
    differ = [*_differences(calibration.identity, identity_of(rig).model_dump()), *_belts(calibration, rig)]
    if differ:
        more = f", and {len(differ) - MOST_TOLD} more" if len(differ) > MOST_TOLD else ""
        raise RigError(
            calibration.where,
            expected=f"a calibration of the rig as it is ({rig.where})",
            seen="; ".join(differ[:MOST_TOLD]) + more,
            next_step=NEXT_STEP,
        )
    off, where = max(_off(calibration, rig))
    if off > MOST_OFF:
        raise RigError(
            calibration.where,
            expected=f"a read-out within {100 * MOST_OFF:.0f} % of what {rig.where} says of its cells",
            seen=f"{where} {100 * off:.0f} % off",
            next_step="Check capacities, sensitivities and positions in the rig file, and the loads. " + NEXT_STEP,
        )


def age_days(calibration: Calibration, now: str | datetime) -> float | None:
    """How old a calibration was at a moment.

    Args:
        calibration: The calibration.
        now: The moment, as a datetime with a time zone or as its ISO 8601 text.

    Returns:
        Days; negative before it was made; None if the moment is not told.
    """
    moment, made = when(now) if isinstance(now, str) else now, when(calibration.made_utc)
    return None if moment is None or made is None else (moment - made).total_seconds() / 86_400


def _differences(then: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[str]:
    if then["name"] != now["name"]:
        yield f"rig {then['name']} in the calibration, {now['name']} in the rig file"
    if then["belt_height_mm"] != now["belt_height_mm"]:
        yield _told("machine.belt_height_mm", then["belt_height_mm"], now["belt_height_mm"])
    yield from _keys("adc.", then["adc"], now["adc"])
    for what in ("cells", "belts"):
        one = what.removesuffix("s")
        before, after = ({table["name"]: table for table in side[what]} for side in (then, now))
        yield from (f"{one} {name} in the calibration only" for name in before if name not in after)
        yield from (f"{one} {name} in the rig file only" for name in after if name not in before)
        for name in before:
            if name in after:
                yield from _keys(f"{one} {name}: ", before[name], after[name])


def _keys(prefix: str, then: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[str]:
    for key in then:
        if then[key] != now[key]:
            yield _told(prefix + key, then[key], now[key])


def _told(what: str, then: object, now: object) -> str:
    return f"{what} {_shown(then)} in the calibration, {_shown(now)} in the rig file"


def _shown(value: object) -> str:
    if value is None:
        return "none"
    if isinstance(value, tuple):
        return f"[{', '.join(map(_shown, value))}]"
    return f"{value:.10g}" if isinstance(value, float) else str(value)


def _belts(calibration: Calibration, rig: "Rig") -> Iterator[str]:
    """The same belts in the same order: rows of numbers have no other name."""
    names = tuple(belt.name for belt in rig.nominal_belts())
    if calibration.names != names:
        then, now = (" and ".join(name or "a single one" for name in side) for side in (calibration.names, names))
        yield f"read-outs of {then} in the calibration, belts {now} in the rig file"


def _off(calibration: Calibration, rig: "Rig") -> Iterator[tuple[float, str]]:
    """How far each row of the read-out is from the nominal one, as a share of it."""
    for belt, matrix in zip(rig.nominal_belts(), calibration.matrices, strict=True):
        for row, component in enumerate(COMPONENTS):
            if component in belt.observable:
                off = np.linalg.norm(matrix[row] - belt.matrix[row]) / np.linalg.norm(belt.matrix[row])
                yield float(off), f"{component} of belt {belt.name}" if belt.name else component
