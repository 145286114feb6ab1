"""What the centre of pressure (COP) on the moving belt says of a step: where the foot lands and how the load runs on.

`belt_path` follows the COP in the belt's frame; here its path becomes columns of the step table, each with what is
known of its uncertainty.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from analysis.batch import Batch, Columns, flight_sd
from analysis.belt_path import LOADED_N, BeltPath, belt_path
from analysis.belt_way import belt_way
from analysis.ragged import integrate, window_sum
from analysis.wrench import FZ, MX, MY

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

LATEST_STRIKE_MS = 25.0
"""A strike index is only given where the force reaches `LOADED_N` that soon after touchdown."""
SIDE_WINDOW = (0.20, 0.80)
"""Share of contact over which `cop_y_mm` is averaged …"""
WIDTH_WINDOW = (0.30, 0.70)
"""… and the one for step width."""
SET_SPEED_u = 0.014
"""Relative standard uncertainty of a set belt speed: treadmills run at 98 to 103 % of it (Willwacher et al. 2021)."""
MEASURED_SPEED_u = 0.001
"""The same of a measured one: 0.2 % is what a count of tape passages must agree within."""
LARGEST_RATIO = 0.25
"""|Fx|/Fz that is reckoned with where fore-aft force is neither measured nor modelled (metrics specification 6)."""
MODEL_SHARE_u = 0.5
"""Standard uncertainty of a modelled correction as a share of it (metrics specification 6)."""
BALL_STEP_u_M = 0.002
"""How the ball point scatters under the foot from step to step, m: 26 feet of Fukuchi et al. 2017."""


def cop_columns(batch: Batch, known: Columns) -> Columns:
    """Everything that the COP says about a step (metrics specification 3, 6 and 9.5).

        step_length_m      ∫v dt from touchdown to the next touchdown
        step_length_cop_m  that + x_TD of the next step − x_TD, with x_TD = X_b(strike) carried back to touchdown
        cop_travel_mm      X_b(end) − X_b(strike)
        strike_to_ball_mm  X_b(ball) − X_b(strike): cop_travel to a point that lies still
        strike_index       100·(A − strike_to_ball)/L with A and L of the registered foot (Cavanagh and Lafortune 1980,
                           J Biomech 13:397; taken at the first 200 N instead of first contact)
        heel_load_pct …    share of ∫Fz dt above 200 N while X_b lies in the foot's rear, middle, front third

    Args:
        batch: The steps.
        known: Columns made so far; `contact_time_ms` and `step_time_ms` are used.

    Returns:
        (k,) columns. Null: all but step length in walking, where both feet share one COP; strike index if 200 N come
        more than 25 ms after touchdown; strike index and loads without a foot registration.
    """
    path = belt_path(batch)
    strike = _strike(batch, path)
    columns = _lengths(batch, known, path) | _sideways(batch) | strike | _registered(batch, path, strike)
    return {name: np.where(batch.whole, values, np.nan) for name, values in columns.items()}


def _on_all(batch: Batch, path: BeltPath, values: Floats) -> Floats:
    """Values of the path's steps among all k; NaN elsewhere."""
    out = np.full(len(batch), np.nan)
    out[path.of] = values
    return out


def _lengths(batch: Batch, known: Columns, path: BeltPath) -> dict[str, Floats]:
    begin, end = batch.at_ref.touchdown, batch.at_ref.toe_off
    step, contact = belt_way(batch, begin, batch.following), belt_way(batch, begin, end)
    landing = _on_all(batch, path, path.x_b_m.strike) - belt_way(batch, np.zeros(len(batch)), begin)
    ahead = np.full(len(batch), np.nan)
    ahead[:-1] = np.where(batch.has_next[:-1], landing[1:] - landing[:-1], np.nan)
    step_s, contact_s = known["step_time_ms"] * 1e-3, known["contact_time_ms"] * 1e-3
    dip = 100.0 * (1.0 - (contact / contact_s) / (step / step_s))
    measured = _on_all(batch, path, np.where(path.travelled, 1.0, np.nan))
    return {
        "step_length_m": step,
        "step_length_cop_m": step + ahead,
        "belt_speed_m_s": step / step_s,
        "belt_dip_pct": dip * measured,
    }


def _sideways(batch: Batch) -> dict[str, Floats]:
    """Lateral COP Mx/Fz; on a rig without side cells it holds h·Fy/Fz, a few millimetres in running."""
    seen = np.asarray(["Mx" in belt.observable for belt in batch.setup.belts], np.bool_)
    y, middle = (_mean_y(batch, seen[batch.stances.belt], window) for window in (SIDE_WINDOW, WIDTH_WINDOW))
    width = np.full(len(batch), np.nan)
    same = batch.stances.belt[1:] == batch.stances.belt[:-1]
    width[:-1] = np.where(batch.has_next[:-1] & same, np.abs(middle[1:] - middle[:-1]), np.nan)
    return {"cop_y_mm": 1e3 * y, "step_width_mm": 1e3 * width}


def _mean_y(batch: Batch, seen: NDArray[np.bool_], window: tuple[float, float]) -> Floats:
    begin, end = batch.at_ref.touchdown, batch.at_ref.toe_off
    use = seen & ~np.isnan(begin + end) & (batch.stances.foot == 0)
    on, begin, end = batch.stances.on[use], begin[use], end[use]
    bounds = [begin + share * (end - begin) for share in window]
    out = np.full(len(batch), np.nan)
    out[use] = integrate(batch.stances.wrench[MX], on, *bounds) / integrate(batch.force_N, on, *bounds)
    return out


def _strike(batch: Batch, path: BeltPath) -> dict[str, Floats]:
    x_b, when = path.x_b_m, path.position
    after = when.strike - batch.at_ref.touchdown[path.of]
    noise = _noise_at_threshold(batch, path)
    columns = {
        "strike_time_ms": after * batch.interval_s * 1e3,
        "cop_travel_mm": 1e3 * (x_b.end - x_b.strike),
        "u_cop_travel_mm": 1e3 * _u_way(batch, path, when.end, path.modelled_m.end, np.sqrt(2.0) * noise),
        "strike_to_ball_mm": 1e3 * (x_b.ball - x_b.strike),
        "u_strike_to_ball_mm": 1e3 * _u_way(batch, path, when.ball, path.modelled_m.ball, noise),
    }
    return {name: _on_all(batch, path, values) for name, values in columns.items()}


def _noise_at_threshold(batch: Batch, path: BeltPath) -> Floats:
    """Noise of a COP at 200 N, hypot(σ_My, x·σ_Fz)/F with the noise of the step's own flight, m."""
    stances, of = batch.stances, path.of
    as_fz = replace(stances, wrench=np.broadcast_to(stances.wrench[MY], (FZ + 1, stances.tick.size)))
    moment_sd = flight_sd(as_fz, batch.setup.sample_rate_Hz)[of]
    noise: Floats = np.hypot(moment_sd, path.x_b_m.strike * batch.flight_sd_N[of]) / LOADED_N
    return noise


def _u_way(batch: Batch, path: BeltPath, until: Floats, modelled: Floats, noise_m: Floats) -> Floats:
    """Standard uncertainty of X_b(until) − X_b(strike), m.

    Besides the noise, speed: its share of the belt's way between the two; and fore-aft force: half of what was modelled
    between the two, or else up to h·0.25 at either end, all equally likely.
    """
    span_s = (until - path.position.strike) * batch.interval_s
    speed = _speed(batch)[path.of] * span_s * np.where(path.travelled, MEASURED_SPEED_u, SET_SPEED_u)
    bound = 2.0 * LARGEST_RATIO * batch.setup.belt_height_m / np.sqrt(3.0)
    added = modelled - path.modelled_m.strike
    force = np.where(np.isnan(added), bound, MODEL_SHARE_u * np.abs(added))
    u: Floats = np.sqrt(noise_m * noise_m + speed * speed + force * force)
    return u


def _speed(batch: Batch) -> Floats:
    """(k,) mean speed of the belt in contact, m/s."""
    begin, end = batch.at_ref.touchdown, batch.at_ref.toe_off
    speed: Floats = belt_way(batch, begin, end) / ((end - begin) * batch.interval_s)
    return speed


def _registered(batch: Batch, path: BeltPath, strike: dict[str, Floats]) -> dict[str, Floats]:
    names = ("strike_index", "u_strike_index", "heel_load_pct", "midfoot_load_pct", "forefoot_load_pct")
    foot = batch.setup.runner.registration
    if foot is None:
        return {name: np.full(len(batch), np.nan) for name in names}
    ball, u_ball = foot.ball_m(batch.stances.side, _speed(batch))
    early = strike["strike_time_ms"] <= LATEST_STRIKE_MS
    u = np.sqrt((1e-3 * strike["u_strike_to_ball_mm"]) ** 2 + u_ball * u_ball + BALL_STEP_u_M**2)
    index = 100.0 * (ball - 1e-3 * strike["strike_to_ball_mm"]) / foot.foot_length_m
    loads = _thirds(batch, path, ball[path.of], foot.foot_length_m)
    return {
        "strike_index": np.where(early, index, np.nan),
        "u_strike_index": np.where(early, 100.0 * u / foot.foot_length_m, np.nan),
        **{name: _on_all(batch, path, load) for name, load in zip(names[2:], loads, strict=True)},
    }


def _thirds(batch: Batch, path: BeltPath, ball_m: Floats, length_m: float) -> list[Floats]:
    """Per cent of the impulse above 200 N while the COP lies in the rear, middle and front third of the foot, (j,)."""
    if not path.of.size:
        return [np.empty(0)] * 3
    force, stances = batch.force_N, batch.stances
    heel = np.zeros(len(batch))
    heel[path.of] = path.x_b_m.ball - ball_m
    first, last = path.loaded(batch)
    total = window_sum(force, first, last)
    beyond = path.moment_Nm - force * np.repeat(heel, stances.end - stances.start)  # Fz times the way from the heel
    within = [
        window_sum(np.where(beyond < share * length_m * force, force, 0.0), first, last) / total
        for share in (1.0 / 3.0, 2.0 / 3.0)
    ]
    loads = (within[0], within[1] - within[0], 1.0 - within[1])
    return [np.where(np.isnan(ball_m), np.nan, 100.0 * load) for load in loads]
