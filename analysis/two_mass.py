"""Two-mass fit: the impulse of the limb that stops at touchdown, apart from that of the body (metrics, section 5.3).

Clark, Ryan and Weyand (2017) predict the force from the leg's motion. Without a sensor on the leg the same two curves
are fitted to the force alone: J1, Δt1 and the body curve's p and s by least squares, with J1 + J2 ≡ ∫ Fz dt. The
moments at which contact begins and ends are fitted with them: counted from the crossing of 50 N instead, which comes a
few milliseconds late, J1 is 18 % too small for a heel strike and worse for softer ones.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.batch import Batch, Columns
from analysis.curve import Curve
from analysis.ragged import integrate
from analysis.two_mass_error import Uncertainty, fit_uncertainty
from analysis.two_mass_fit import Fit, Problem, fit
from analysis.two_mass_model import pulses

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]

POINTS = 64
"""Times at which each stance is resampled; J1 moves by less than 0.1 % against all samples of a 60 Hz force."""
BEFORE_S, AFTER_S = 0.012, 0.015
"""Unloaded time taken in before touchdown and after toe-off, in which contact's true ends lie."""
MOST_J1_BW_S = 0.08
LOWEST = (0.010, 0.8, 0.38, -0.020, -0.010)
HIGHEST = (0.065, 2.4, 0.60, 0.008, 0.030)
"""Bounds of Δt1 (s), p and s (metrics, section 5.3), of contact's beginning after touchdown and of its end after
toe-off (s)."""
STARTS = (
    (0.020, 1.8, 0.44, -0.004, 0.004),
    (0.034, 1.9, 0.44, -0.006, 0.006),
    (0.054, 2.2, 0.46, -0.008, 0.010),
)
"""Where the search starts, in the same order: a sharp, a soft and a slow impact. The larger p is, the more room the
body's curve leaves for an impact; from p = 1.5 every fourth search of a slow impact got stuck at J1 = 0. Against 24
starts these three end in a poorer minimum in 0.5 % of 1073 steps of 13 runners (Fukuchi et al. 2017), never on
simulated steps."""
LEAST_R2 = 0.98
MOST_DT1_S = 0.060
CONFIDENCE = 1.96
"""Standard uncertainties by which J1 must differ from zero."""
_FLOATS = (
    "two_mass_J1_BW_s",
    "u_two_mass_J1_BW_s",
    "two_mass_J1_pct",
    "two_mass_dt1_ms",
    "u_two_mass_dt1_ms",
    "two_mass_F1_peak_BW",
    "two_mass_p",
    "two_mass_s",
    "two_mass_begin_ms",
    "two_mass_end_ms",
    "two_mass_rate_BW_s",
    "u_two_mass_rate_BW_s",
    "two_mass_r2",
)


@dataclass(frozen=True)
class TwoMassFit:
    """Fits of k steps, whatever they are worth."""

    impulse_N_s: Floats
    """(k,) ∫ Fz dt, N·s, from `BEFORE_S` before touchdown to `AFTER_S` after toe-off."""
    share: Floats
    """(k,) J1 as a share of it."""
    shape: Floats
    """(5, k) Δt1, p, s, contact's beginning and end; times in s after touchdown."""
    u: Uncertainty
    """Standard uncertainties."""
    r2: Floats
    """(k,) share of the force's variance that the model explains."""
    free: Bools
    """(k,) neither J1 nor Δt1 lies on a bound of the search."""

    @property
    def separable(self) -> Bools:
        """(k,) whether there is an impact that the fit can tell from the body's force."""
        sure = self.share - CONFIDENCE * self.u.share > 0.0
        separable: Bools = self.free & (self.r2 >= LEAST_R2) & (self.shape[0] < MOST_DT1_S) & sure
        return separable


def two_mass_columns(batch: Batch, known: Columns) -> Columns:  # noqa: ARG001 – all groups are called alike
    """Two-mass metrics of running steps.

    What the fit cannot separate is null: R² below 0.98, Δt1 of 60 ms or more, J1's 95 % interval includes zero, or a
    value on a bound. R² and the limb curve's rate with its uncertainty then stay: they tell how small an impact would
    have to be to hide. Null too for walking, which has two humps, and when `Setup.two_mass` is off.

    Args:
        batch: The steps.
        known: Not needed.

    Returns:
        (k,) columns `two_mass_…`: J1 in BW·s and in % of ∫ Fz dt, Δt1 in ms, the limb curve's peak J1/Δt1 in BW and
        mean rate of rise J1/Δt1² in BW/s, the body curve's p and s, contact's beginning and end by the model in ms
        after touchdown, R², `u_` for standard uncertainties.
    """
    out = {name: np.full(len(batch), np.nan) for name in _FLOATS}
    running = np.flatnonzero(batch.whole & (batch.stances.foot == 0))
    if not batch.setup.two_mass or np.isnan(batch.bw_N) or not running.size:
        return out
    found = fit_steps(batch, running)
    impulse_BW_s = found.impulse_N_s / batch.bw_N
    dt1, p, s, begin, end = found.shape
    out["two_mass_r2"][running] = found.r2
    out["two_mass_rate_BW_s"][running] = found.share * impulse_BW_s / (dt1 * dt1)
    out["u_two_mass_rate_BW_s"][running] = found.u.rate * impulse_BW_s
    values = {
        "two_mass_J1_BW_s": found.share * impulse_BW_s,
        "u_two_mass_J1_BW_s": found.u.share * impulse_BW_s,
        "two_mass_J1_pct": found.share * 100.0,
        "two_mass_dt1_ms": dt1 * 1e3,
        "u_two_mass_dt1_ms": found.u.dt1_s * 1e3,
        "two_mass_F1_peak_BW": found.share * impulse_BW_s / dt1,
        "two_mass_p": p,
        "two_mass_s": s,
        "two_mass_begin_ms": begin * 1e3,
        "two_mass_end_ms": end * 1e3,
    }
    for name, value in values.items():
        out[name][running] = np.where(found.separable, value, np.nan)
    return out


def fit_steps(batch: Batch, chosen: Ints) -> TwoMassFit:
    """Fit some of the steps of a batch.

    Args:
        batch: The steps; body weight known.
        chosen: (n,) numbers of steps that have both touchdown and toe-off.

    Returns:
        The fits.
    """
    stances, interval = batch.stances, batch.interval_s
    curve = Curve(batch.force_N, stances.on[chosen], stances.start[chosen], stances.end[chosen] - 1)
    touchdown, toe_off = batch.at_ref.touchdown[chosen], batch.at_ref.toe_off[chosen]
    contact_s = (toe_off - touchdown) * interval
    start, stop = touchdown - BEFORE_S / interval, toe_off + AFTER_S / interval
    position = start[:, None] + (stop - start)[:, None] * np.linspace(0.0, 1.0, POINTS)
    least, most = curve.first - curve.origin, curve.last - curve.origin  # short of samples at a segment's ends
    impulse = integrate(curve.signal, curve.origin, np.maximum(start, least), np.minimum(stop, most)) * interval
    t = (position - touchdown[:, None]) * interval
    problem = _problem(t, curve.at(position) / impulse[:, None], contact_s, MOST_J1_BW_S * batch.bw_N / impulse)
    found = fit(problem, _starts(contact_s))
    uncertainty = fit_uncertainty(problem, found)
    return TwoMassFit(impulse, found.share, found.shape, uncertainty, _r2(problem, found), _free(problem, found))


def _problem(t: Floats, force: Floats, contact_s: Floats, most_share: Floats) -> Problem:
    return Problem(t, force, most_share, _with_end(LOWEST, contact_s), _with_end(HIGHEST, contact_s))


def _starts(contact_s: Floats) -> Floats:
    return np.stack([_with_end(start, contact_s) for start in STARTS])


def _with_end(values: tuple[float, ...], contact_s: Floats) -> Floats:
    """(5, k) the same values for every step, the last one counted from its toe-off."""
    rows = np.repeat(np.array(values)[:, None], contact_s.size, axis=1)
    rows[4] += contact_s
    return rows


def _r2(problem: Problem, found: Fit) -> Floats:
    mean = problem.force.sum(axis=1) / POINTS
    apart = problem.force - mean[:, None]
    share: Floats = 1.0 - found.squares / (apart * apart).sum(axis=1)
    return share


def _free(problem: Problem, found: Fit) -> Bools:
    dt1 = found.shape[0]
    inside: Bools = (dt1 > problem.lowest[0]) & (dt1 < problem.highest[0])
    return inside & (found.share > 0.0) & (found.share < problem.most_share)


def two_mass_curves(columns: Columns, time_ms: Floats) -> tuple[Floats, Floats]:
    """Both parts of the vertical force of steps whose impact the fit could separate, for drawing.

    Args:
        columns: Of the step table, or some of its rows: `two_mass_J1_BW_s`, `_J1_pct`, `_dt1_ms`, `_p`, `_s`,
            `_begin_ms` and `_end_ms`, each (k,).
        time_ms: (n,) times after touchdown, ms; from some 20 ms before it to 30 ms after toe-off they show everything.

    Returns:
        (k, n) force of the limb that stops, and (k, n) of the rest of the body, BW; their sum is the model. NaN for
        steps without a fit.
    """
    names = ("dt1_ms", "p", "s", "begin_ms", "end_ms")
    shape = np.stack([np.asarray(columns[f"two_mass_{name}"], np.float64) for name in names])
    shape[[0, 3, 4]] *= 1e-3
    known = ~np.isnan(shape.sum(axis=0))
    limb, body = (np.full((known.size, time_ms.size), np.nan) for _ in range(2))
    if known.any():
        limb_BW_s = np.asarray(columns["two_mass_J1_BW_s"], np.float64)[known]
        body_BW_s = limb_BW_s * (100.0 / np.asarray(columns["two_mass_J1_pct"], np.float64)[known] - 1.0)
        at = pulses(shape[:, known], np.repeat(time_ms[None, :] * 1e-3, int(known.sum()), axis=0))
        limb[known], body[known] = at.limb * limb_BW_s[:, None], at.body * body_BW_s[:, None]
    return limb, body
