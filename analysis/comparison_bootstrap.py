"""Interval of a description: how the steps of these very bouts scatter, without a claim about other bouts."""

import numpy as np
from numpy.typing import NDArray

from analysis.comparison_data import Steps
from analysis.comparison_design import bout_shares
from analysis.statistics import Z95, block_bootstrap, wilson

Floats = NDArray[np.float64]

BLOCK_STEPS = 40
"""Steps that stay together: 20 strides, where there are enough of them."""
FEWEST_BLOCKS = 10
"""Fewer blocks than this make the interval too narrow."""
FEWEST_STEPS = 10
DRAWS = 1000
MOST_NUMBERS = 2_000_000
"""Row numbers held at once."""


def description(steps: Steps) -> tuple[float, float, tuple[float, float] | None]:
    """Means, and how far the steps of these bouts leave their difference unsure.

    Args:
        steps: Of both conditions.

    Returns:
        Mean before, mean after, 95 % interval of the difference; None from too few steps.
    """
    shares = bout_shares(steps.bouts, steps.after)
    before = -float(shares[~steps.after] @ steps.bout_means[~steps.after])
    after = float(shares[steps.after] @ steps.bout_means[steps.after])
    if steps.count.min() < FEWEST_STEPS:
        return before, after, None
    return before, after, _of_shares(steps, before, after) if steps.is_share else _by_blocks(steps, shares)


def _by_blocks(steps: Steps, shares: Floats) -> tuple[float, float]:
    """Moving-block bootstrap over strides, each bout on its own (Künsch 1989).

    Resamples of few blocks scatter too little: by (blocks − 1)/blocks, and as the normal does against Student's t.
    """
    from scipy.stats import t

    drawn = np.zeros(DRAWS)
    for number, share in enumerate(shares.tolist()):
        values = steps.values[steps.bout == number]
        drawn += share * _drawn_means(values, seed=number + 1)
    away = float(shares @ steps.bout_means)
    df = float((steps.count / [_block(int(n)) for n in steps.count] - 1.0).sum())
    low, high = away + (np.quantile(drawn, (0.025, 0.975)) - away) * float(t.ppf(0.975, df)) / Z95
    return float(low), float(high)


def _block(n: int) -> int:
    """Steps of a block in a bout of n."""
    return max(1, min(BLOCK_STEPS, n // FEWEST_BLOCKS))


def _drawn_means(values: Floats, seed: int) -> Floats:
    """(DRAWS,) means of resamples of one bout, spread as much wider as the number of its blocks is small."""
    n = values.size
    block = _block(n)
    at_once = max(1, min(DRAWS, MOST_NUMBERS // n))
    parts = [
        values[block_bootstrap(n, block=block, draws=min(at_once, DRAWS - start), seed=seed + 1000 * start)].mean(
            axis=1
        )
        for start in range(0, DRAWS, at_once)
    ]
    drawn = np.concatenate(parts)
    blocks = n / block
    wider: Floats = values.mean() + (drawn - drawn.mean()) * np.sqrt(blocks / (blocks - 1.0))
    return wider


def _of_shares(steps: Steps, before: float, after: float) -> tuple[float, float]:
    """Interval of a difference of shares, from Wilson's of both (Newcombe 1998, Stat Med 17:873, method 10)."""
    worth = steps.count * (1.0 - steps.phi) / (1.0 + steps.phi)
    low_b, high_b = wilson(before, float(worth[~steps.after].sum()))
    low_a, high_a = wilson(after, float(worth[steps.after].sum()))
    down = np.hypot(after - low_a, high_b - before)
    up = np.hypot(high_a - after, before - low_b)
    return float(after - before - down), float(after - before + up)
