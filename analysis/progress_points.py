"""One bout, and one session, as a point of a trend: the mean of each metric with its 95 % interval."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from analysis.comparison_types import HEEL_SHARE
from analysis.statistics import Z95
from analysis.steps import StepTable
from analysis.strike_share import heel_share
from analysis.summary import METRICS

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_NO_TREND = ("belt_speed_m_s", "belt_dip_pct", "flight_noise_N")
TREND_METRICS: tuple[str, ...] = (
    *(name for name in METRICS if name not in _NO_TREND and not name.startswith(("modelled_", "morin_"))),
    HEEL_SHARE,
)
"""Metrics that have a trend: not the belt's, not the rig's, and none that is modelled, which is never compared."""
FEWEST_STEPS = 25
"""Steps of a bout that its mean takes (Oliveira and Pirscoveanu 2021)."""
BLOCK_STEPS = 40
"""Steps that stay together: 20 strides …"""
FEWEST_BLOCKS = 10
"""… but fewer where there would not be as many blocks as this."""
DRAWS = 1000
MANY_BLOCKS = 50
"""The mean of so many blocks drawn is normally distributed; drawing them shows nothing that their SD does not."""
FEWEST_BOUTS = 3
"""From so many bouts on, the bouts themselves tell how sure a session's mean is."""
OVER_BOUTS, OVER_STRIDES = "bouts", "strides"
"""How an interval was made: Student's t over bout means, or block bootstrap over strides."""


@dataclass(frozen=True)
class Mean:
    """One metric of one bout."""

    value: float
    """Mean over the steps that have a value."""
    below: float
    """From the mean down to the lower end of the 95 % interval that the scatter of the strides leaves."""
    above: float
    """From the mean up to its upper end."""
    steps: int
    """Steps that have a value."""


@dataclass(frozen=True)
class Bout:
    """One bout, or the part of it that was run at one speed, without its steps."""

    name: str
    """Its name; empty for a session in which none was named."""
    drill: bool
    """Whether it is a technique drill: shown, but part of no trend."""
    speed_m_s: float | None
    """Mean belt speed; None if it is not known."""
    incline_deg: float
    """Incline of the belt."""
    steps: int
    """Valid running steps."""
    means: Mapping[str, Mean]
    """Metric → mean; metrics without a value are left out."""


@dataclass(frozen=True)
class Interval:
    """One metric of one session at one speed."""

    mean: float
    """Mean of the bouts' means."""
    low: float
    """Lower end of the 95 % interval: scatter, and what the instrument leaves unsure."""
    high: float
    """Upper end."""
    method: str
    """"bouts" or "strides"."""
    bouts: int
    """Number of bouts."""
    steps: int
    """Steps with a value in all of them."""
    u_scatter: float
    """Standard uncertainty that the scatter alone leaves."""
    u_instrument: float | None
    """What the instrument leaves unsure, alike in all steps; None where that is not known."""


def bout_means(table: StepTable) -> dict[str, Mean]:
    """Mean of every metric of a bout, with the interval that the scatter from stride to stride leaves.

    Args:
        table: The bout's valid running steps, in order.

    Returns:
        Metric → mean; metrics with fewer than `FEWEST_STEPS` values are left out.
    """
    out = {}
    for name in TREND_METRICS:
        if name == HEEL_SHARE:
            continue
        values = table[name]
        values = values[~np.isnan(values)]
        if values.size >= FEWEST_STEPS:
            out[name] = block_mean(values)
    share = heel_share(table)
    if share.steps >= FEWEST_STEPS:
        out[HEEL_SHARE] = Mean(share.share, share.share - share.low, share.high - share.share, share.steps)
    return out


def block_mean(values: Floats) -> Mean:
    """A mean with its 95 % interval by moving-block bootstrap (Künsch 1989, Ann Stat 17:1217).

    Few blocks make the percentiles too narrow: what k blocks leave is widened by Student's t over the normal quantile,
    and by √(k/(k − 1)) for the degree of freedom that their own mean takes.

    Args:
        values: (n,) in order, without NaN; two at least.

    Returns:
        The mean.
    """
    n, mean = values.size, float(values.mean())
    block = max(2, min(BLOCK_STEPS, n // FEWEST_BLOCKS // 2 * 2))
    sums = np.concatenate(([0.0], np.cumsum(values - mean)))
    means = (sums[block:] - sums[:-block]) / block  # of every block that can be drawn
    blocks = -(-n // block)
    if blocks >= MANY_BLOCKS:
        high = Z95 * float(np.std(means)) / math.sqrt(blocks)
        low = -high
    else:
        low, high = np.quantile(means[_drawn(n, block)].mean(axis=1), (0.025, 0.975)).tolist()
    widen = _widening(n / block)
    return Mean(mean, max(0.0, -low) * widen, max(0.0, high) * widen, n)


@lru_cache(maxsize=8)
def _drawn(n: int, block: int) -> Ints:
    """(draws, blocks) numbers of the blocks drawn; most metrics of a bout have the same number of values."""
    numbers: Ints = np.random.default_rng(1).integers(0, n - block + 1, (DRAWS, -(-n // block)))
    return numbers


def _widening(blocks: float) -> float:
    freedom = max(blocks - 1.0, 1.0)
    return quantile_t(freedom) / Z95 * math.sqrt((freedom + 1.0) / freedom)


@lru_cache(maxsize=64)
def quantile_t(freedom: float) -> float:
    """97.5 % quantile of Student's t.

    Args:
        freedom: Degrees of freedom.

    Returns:
        The quantile; 1.96 for very many.
    """
    from scipy.special import stdtrit

    return float(stdtrit(freedom, 0.975))


def session_interval(means: Sequence[Mean], u_instrument: float | None) -> Interval:
    """One metric of one session at one speed.

    Three bouts or more: Student's t over the bouts' means, which counts what differs from bout to bout too, but no less
    than what follows. Fewer: what the scatter of the strides leaves within each; the ends add as squares. Either way
    the instrument's part, which is alike in all steps and so in no scatter, is added as squares.

    Args:
        means: Of the session's bouts at this speed; one at least.
        u_instrument: Its standard uncertainty; None if it is not known.

    Returns:
        Mean and interval.
    """
    values = np.asarray([one.value for one in means])
    k = values.size
    below, above = (math.hypot(*(getattr(one, side) for one in means)) / k for side in ("below", "above"))
    u, method = 0.5 * (below + above) / Z95, OVER_STRIDES
    if k >= FEWEST_BOUTS:
        of_bouts = float(values.std(ddof=1)) / math.sqrt(k)
        below, above = (max(end, quantile_t(k - 1) * of_bouts) for end in (below, above))
        u, method = max(u, of_bouts), OVER_BOUTS
    of_instrument = Z95 * (u_instrument or 0.0)
    mean = float(values.mean())
    low, high = mean - math.hypot(below, of_instrument), mean + math.hypot(above, of_instrument)
    return Interval(mean, low, high, method, k, sum(one.steps for one in means), u, u_instrument)
