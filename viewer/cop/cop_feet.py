"""What is known of both feet at one moment: paths of the centre of pressure, load shares, foot strike in words."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.steps import StepTable
from viewer.cop.foot_outline import ASSUMED_LENGTH_M, FootPlace, place_foot
from viewer.cop.share_bars import Shares, mean_shares, percent
from viewer.report.words import number
from viewer.source import Scene, Source

Floats = NDArray[np.float64]

LAST = 10
"""Steps of each foot that are shown …"""
_LOOK_BACK = 400
"""… looked for among so many rows."""


@dataclass(frozen=True)
class Foot:
    """One foot."""

    side: str
    """"L", "R" or "?"."""
    step: NDArray[np.int64]
    """(k,) numbers of the steps shown; the last one is the current one."""
    xy_m: Floats
    """(k, 201, 2) belt-frame centre of pressure before the ball point, and left of each step's own middle; NaN below
    200 N."""
    place: FootPlace
    """Where the foot lies."""
    shares: Shares | None
    """Load shares, mean of the steps shown; None where the foot is not registered."""
    words: tuple[str, ...]
    """Foot strike and travel of the current step."""

    @property
    def strike_m(self) -> Floats | None:
        """(2,) where the current step's force first reaches 200 N."""
        if not self.step.size:
            return None
        known = self.xy_m[-1][np.isfinite(self.xy_m[-1, :, 0])]
        return known[0] if known.size else None


@dataclass(frozen=True)
class Feet:
    """Both feet."""

    feet: tuple[Foot, ...]
    """Left and right; a single one where no step's side is known."""
    notes: tuple[str, ...]
    """What to know about the picture."""
    complete: bool
    """False while curves of steps that have one are still to come."""


def feet_of(scene: Scene) -> Feet:
    """Gather what is known of the feet.

    Args:
        scene: The moment.

    Returns:
        The last valid running steps of each foot.
    """
    steps = _running(scene)
    unknown = steps.rows > 0 and not np.isin(steps["side"], ("L", "R")).any()
    found = [_foot(scene.source, steps, side) for side in (("?",) if unknown else ("L", "R"))]
    return Feet(tuple(foot for foot, _ in found), _notes(scene.source, [f for f, _ in found]), all(c for _, c in found))


def recent(scene: Scene) -> StepTable:
    """The last rows that are over."""
    return scene.source.table.select(np.arange(max(0, scene.rows - _LOOK_BACK), scene.rows))


def _running(scene: Scene) -> StepTable:
    steps = recent(scene)
    return steps.select(steps["valid"] & (steps["gait"] == "run"))


def _foot(source: Source, steps: StepTable, side: str) -> tuple[Foot, bool]:
    mine = steps.select(np.flatnonzero(steps["side"] == side)[-LAST:])
    curves = source.curves(mine["step"])
    x, y = curves.of("cop_x_m").astype(np.float64), curves.of("cop_y_m").astype(np.float64)
    told = np.isfinite(y)
    middle = np.where(told, y, 0.0).sum(axis=1) / np.maximum(told.sum(axis=1), 1)
    across = np.where(told, y - middle[:, None], 0.0)  # on the middle line where the rig does not see it
    xy = np.stack([x, np.where(np.isfinite(x), across, np.nan)], axis=-1)
    late = np.isnan(x).all(axis=1) & np.isfinite(mine["cop_travel_mm"])
    speed = mine["belt_speed_m_s"][-1] if mine.rows else np.nan
    place = place_foot(source.facts, side, float(speed))
    shares = mean_shares(mine) if place.registered and mine.rows else None
    return Foot(side, mine["step"], xy, place, shares, _words(mine)), not late.any()


def _words(mine: StepTable) -> tuple[str, ...]:
    """Foot strike with its probability, and travel, of the last of some steps."""
    if not mine.rows:
        return ("no step yet",)
    strike, p, travel = (mine[name][-1] for name in ("foot_strike", "foot_strike_p", "cop_travel_mm"))
    words = []
    if strike:
        words += [str(strike), f"rearfoot {percent(100 * p)}" if strike == "uncertain" else f"{percent(100 * p)} sure"]
    if np.isfinite(travel):
        words += ["COP travel", f"{number(travel, 0)} mm"]
    return tuple(words)


def _notes(source: Source, feet: list[Foot]) -> tuple[str, ...]:
    """What to know about the outline, the load shares and the sideways place."""
    notes = []
    strange = [foot for foot in feet if not foot.place.registered]
    if strange:
        which = "foot" if len(strange) == len(feet) else {"L": "left foot", "R": "right foot"}[strange[0].side]
        guess = f" (shoe of {100 * ASSUMED_LENGTH_M:.0f} cm assumed)" if strange[0].place.assumed_length else ""
        notes.append(f"{which} not registered: outline for orientation only{guess}")
    if all(foot.shares is None for foot in feet):
        reason = source.missing.get("heel_load_pct", "")
        if strange and not reason:
            reason = "the foot is not registered: stance register"
        if reason:
            notes.append(f"No load shares: {reason}")
    if "Mx" not in source.facts.observable:
        notes.append("sideways place not measured: paths lie on the foot's middle line")
    return tuple(notes)
