"""Bouts of steps with known means: a runner's bouts scatter, and steps within them follow each other like AR(1)."""

import numpy as np
from scipy.signal import lfilter

from analysis.comparison import Bout
from analysis.steps import StepTable

BEFORE, AFTER = "before", "after"
NAMES = (BEFORE, AFTER)


def ar1(rng, n, phi=0.3, sd=1.0):
    """(n,) stationary series of neighbours correlated by φ."""
    return lfilter([1.0], [1.0, -phi], rng.normal(0.0, sd * np.sqrt(1.0 - phi**2), n + 60))[60:]


def step_table(values, metric="contact_time_ms", *, speed=3.0, side=None, **columns):
    n = np.size(values)
    side = np.where(np.arange(n) % 2 == 0, "L", "R") if side is None else side
    return StepTable({
        "step": np.arange(1, n + 1), "side": side, "valid": np.ones(n, bool), "gait": np.full(n, "run"),
        "belt_speed_m_s": np.broadcast_to(speed, n).astype(float), metric: np.asarray(values, float), **columns,
    })  # fmt: skip


def bout(
    values, condition, k=0, *, runner="P1", session="s1", metric="contact_time_ms", speed=3.0, side=None, **fields
):
    table = values if isinstance(values, StepTable) else step_table(values, metric, speed=speed, side=side)
    given = {
        "belt_speed_m_s": 3.0,
        "incline_deg": 0.0,
        "protocol": "P60-50/20",
        "began_s": float(k),
        "day": session,
    } | fields
    return Bout(runner=runner, session=session, name=f"b{k}", condition=condition, table=table, **given)


def heel_table(heel, **columns):
    """Steps that land on the heel (1), the ball (0) or cannot be told (NaN)."""
    heel = np.asarray(heel, float)
    name = np.where(np.isnan(heel), "uncertain", np.where(heel > 0.5, "rearfoot", "midfoot"))
    return step_table(np.full(heel.size, 240.0), foot_strike=name, rearfoot_p=np.nan_to_num(heel, nan=0.5), **columns)


def made_bouts(rng, counts=(100,) * 6, *, change=0.0, sd=5.0, bout_sd=None, phi=0.3, mean=240.0, day_sd=0.0, **fields):
    """Half of the bouts before, half after; the bouts' own SD is half of the steps' unless it is given."""
    bout_sd = 0.5 * sd if bout_sd is None else bout_sd
    half = len(counts) // 2
    found = []
    for k, n in enumerate(counts):
        late = k >= half
        values = mean + change * late + bout_sd * rng.normal() + ar1(rng, n, phi, sd)
        found.append(bout(values, AFTER if late else BEFORE, k, **fields))
    return found


def means_of(bouts, condition, metric="contact_time_ms"):
    return np.asarray([b.table[metric].mean() for b in bouts if b.condition == condition])
