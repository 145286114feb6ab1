"""Motion of the centre of mass by double integration of force over whole strides.

A stride begins and ends in the same posture, so velocity and height return to where they were: this fixes both
constants of integration, and makes body weight the stride's own mean force. Gain errors cancel; a slow zero error all
but cancels (metrics specification 4.1; Cavagna 1975, J Appl Physiol 39:174).

Each step is integrated once, on a grid of fixed length from its touchdown to the next one. The stride's constants need
from the step behind only three sums, so nothing is stitched together and no row depends on what else is in the batch.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.batch import Batch, Columns
from analysis.flags import INVALIDATING
from analysis.protocol import G
from analysis.ragged import Span, stance_grid
from analysis.rows import fill_rows
from analysis.touch import touches

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

POINTS = 320
"""Moments per step: 1 ms apart, against some 20 ms in which the low-passed force changes."""


@dataclass(frozen=True)
class Course:
    """A force over k steps, each from its touchdown to the next, and its running integrals."""

    force_N: Floats
    """(k, POINTS) the force."""
    once_Ns: Floats
    """(k, POINTS) ∫ F dt from touchdown on."""
    twice_Nss: Floats
    """(k, POINTS) ∫∫ F dt dt from touchdown on."""
    duration_s: Floats
    """(k,) from touchdown to the next touchdown."""

    @property
    def impulse_Ns(self) -> Floats:
        """(k,) ∫ F dt over the step."""
        whole: Floats = self.once_Ns[:, -1]
        return whole

    @property
    def double_Nss(self) -> Floats:
        """(k,) ∫∫ F dt dt over the step."""
        whole: Floats = self.twice_Nss[:, -1]
        return whole

    def of(self, rows: Ints) -> "Course":
        """Some of the steps."""
        return Course(self.force_N[rows], self.once_Ns[rows], self.twice_Nss[rows], self.duration_s[rows])


def course(force_N: Floats, span: Span, interval_s: float) -> Course:
    """Integrate a force twice over every step, by the trapezoidal rule, row by row in order of time.

    Args:
        force_N: (t,) N.
        span: From each of k touchdowns to the next.
        interval_s: Sampling interval, s.

    Returns:
        The force and its integrals on the grid.
    """
    values = stance_grid(force_N, span, POINTS)
    duration = (span.toe_off - span.touchdown) * interval_s
    half = 0.5 * duration[:, None] / (POINTS - 1)
    once = _running(values, half)
    return Course(values, once, _running(once, half), duration)


def _running(values: Floats, half_interval_s: Floats) -> Floats:
    total = np.zeros_like(values)
    np.add(values[:, 1:], values[:, :-1], out=total[:, 1:])
    np.cumsum(total, axis=1, out=total)
    total *= half_interval_s
    return total


@dataclass(frozen=True)
class Strides:
    """The n steps of a batch that begin a whole stride, and the span of every step that is part of one."""

    step: Ints
    """(n,) numbers of these steps in the batch."""
    row: Ints
    """(n,) their rows in `span`; the step that completes the stride is in the row behind."""
    span: Span
    """From each touchdown to the next."""


def whole_strides(batch: Batch) -> Strides:
    """Steps from whose touchdown two steps of the same gait follow without a fault in the second one.

    Args:
        batch: The steps.

    Returns:
        The strides.
    """
    touchdown, following = batch.at_ref.touchdown, batch.following
    timed = following - touchdown >= 1.0  # not for NaN; on two belts both feet may land on the same sample
    sound = timed & ((batch.flags & np.uint32(INVALIDATING)) == 0)
    walks = batch.stances.foot != 0
    first = batch.whole & timed & batch.has_next
    first[:-1] &= sound[1:] & (walks[1:] == walks[:-1])
    used = first.copy()
    used[1:] |= first[:-1]
    rows = np.cumsum(used) - 1
    step = np.flatnonzero(first)
    return Strides(step, rows[step], Span(batch.stances.on[used], touchdown[used], following[used]))


@dataclass(frozen=True)
class Rise:
    """Vertical motion in each of n steps, from touchdown to the next touchdown, height 0 at touchdown."""

    height_m: Floats
    """(n, POINTS) height."""
    velocity_m_s: Floats
    """(n, POINTS) upward velocity."""
    accel_m_s2: Floats
    """(n, POINTS) upward acceleration."""
    duration_s: Floats
    """(n,) length of the step."""


def rise(first: Course, second: Course, gravity_m_s2: float) -> Rise:
    """Vertical motion in the first step of each stride.

    With B the mean force of the stride and T its duration, a = g·(F/B − 1); the mean velocity of the stride is zero.

    Args:
        first: Total vertical force in the first step of each of n strides.
        second: The same in the second step.
        gravity_m_s2: Gravity's part along the force, g·cos(incline).

    Returns:
        Acceleration, velocity and height.
    """
    stride = first.duration_s + second.duration_s
    weight = (first.impulse_Ns + second.impulse_Ns) / stride
    double = first.double_Nss + first.impulse_Ns * second.duration_s + second.double_Nss
    start = gravity_m_s2 * (0.5 * stride - double / (weight * stride))
    time = first.duration_s[:, None] * np.linspace(0.0, 1.0, POINTS)
    per_weight = gravity_m_s2 / weight[:, None]
    fall = gravity_m_s2 * time
    velocity = start[:, None] + per_weight * first.once_Ns - fall
    height = start[:, None] * time + per_weight * first.twice_Nss - 0.5 * fall * time
    return Rise(height, velocity, per_weight * first.force_N - gravity_m_s2, first.duration_s)


def com_columns(batch: Batch, known: Columns) -> Columns:
    """Vertical motion of the centre of mass in each step (metrics specification 4.1).

    The motion along the belt's normal where the belt is inclined. Sinking is counted from the first touch and rising
    from the last (see `analysis.touch`), the time of the lowest point from the reported touchdown.

    Args:
        batch: The steps; a step's stride ends at the touchdown after the next, so the next step must be there.
        known: Columns made so far; `step_length_m` is used.

    Returns:
        `vertical_oscillation_mm` and `vertical_ratio_pct` (also in walking), `com_fall_contact_mm`,
        `com_rise_flight_mm` and `lowest_time_ms`, (k,); null without a whole stride, the last two steps of a run.
    """
    strides = whole_strides(batch)
    steps = course(batch.stances.total_N, strides.span, batch.interval_s)
    incline = batch.setup.runner.incline_deg or 0.0
    motion = rise(steps.of(strides.row), steps.of(strides.row + 1), G * float(np.cos(np.deg2rad(incline))))
    touched, left = ((at - batch.at_ref.touchdown)[strides.step] * batch.interval_s for at in touches(batch))
    oscillation = np.ptp(motion.height_m, axis=1)
    length_m = known["step_length_m"][strides.step]
    bottom, lowest_s = lowest(motion, left)
    runs = batch.stances.foot[strides.step] == 0
    columns = {
        "vertical_oscillation_mm": oscillation * 1e3,
        "vertical_ratio_pct": oscillation * 1e2 / np.where(length_m > 0.0, length_m, np.nan),
        "com_fall_contact_mm": np.where(runs, (before_touchdown(motion, touched) - bottom) * 1e3, np.nan),
        "com_rise_flight_mm": np.where(runs, risen(motion, left) * 1e3, np.nan),
        "lowest_time_ms": np.where(runs, lowest_s * 1e3, np.nan),
    }
    return {name: fill_rows(values, strides.step, len(batch)) for name, values in columns.items()}


def before_touchdown(motion: Rise, time_s: Floats) -> Floats:
    """Height shortly before touchdown, by the velocity and acceleration there.

    Args:
        motion: Of n steps.
        time_s: (n,) time after touchdown, negative.

    Returns:
        (n,) m above the height at touchdown.
    """
    height: Floats = time_s * (motion.velocity_m_s[:, 0] + 0.5 * motion.accel_m_s2[:, 0] * time_s)
    return height


def lowest(motion: Rise, until_s: Floats) -> tuple[Floats, Floats]:
    """Where the body stops sinking.

    Args:
        motion: Of n steps.
        until_s: (n,) end of contact, s after touchdown.

    Returns:
        (n,) height, m, and (n,) time after touchdown, s, at which the velocity is zero; NaN where the body does not
        turn within contact.
    """
    rows = np.arange(until_s.size)
    interval = motion.duration_s / (POINTS - 1)
    inside = np.linspace(0.0, 1.0, POINTS) * motion.duration_s[:, None] <= until_s[:, None]
    at = np.argmin(np.where(inside, motion.height_m, np.inf), axis=1)
    height, velocity, accel = (a[rows, at] for a in (motion.height_m, motion.velocity_m_s, motion.accel_m_s2))
    turns = (at > 0) & (accel > 0.0) & (np.abs(velocity) <= accel * interval)
    delay = np.where(turns, -velocity / np.where(turns, accel, 1.0), np.nan)
    return np.where(turns, height, np.nan), at * interval + delay


def risen(motion: Rise, since_s: Floats) -> Floats:
    """How far the body rises after it has left the ground.

    Args:
        motion: Of n steps.
        since_s: (n,) end of contact, s after touchdown.

    Returns:
        (n,) m; NaN where no flight follows.
    """
    rows = np.arange(since_s.size)
    share = since_s / motion.duration_s
    flies = share < 1.0
    before = np.where(flies, np.floor(share * (POINTS - 1)), 0.0).astype(np.int64)
    ahead = since_s - before * (motion.duration_s / (POINTS - 1))
    height, velocity, accel = (a[rows, before] for a in (motion.height_m, motion.velocity_m_s, motion.accel_m_s2))
    leaving = height + ahead * (velocity + 0.5 * accel * ahead)
    flight = np.linspace(0.0, 1.0, POINTS) >= share[:, None]
    top = np.max(np.where(flight, motion.height_m, -np.inf), axis=1)
    return np.where(flies, np.maximum(top - leaving, 0.0), np.nan)
