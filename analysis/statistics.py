"""Statistics of steps that follow each other: neighbours are alike, so n steps tell less than n independent ones."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

Z95 = 1.959963984540054
"""97.5 % quantile of the normal distribution."""


def lag_one(values: Floats) -> float:
    """Autocorrelation φ of neighbours, by Yule and Walker.

    Args:
        values: (n,) in order; NaN are left out of the pairs they belong to.

    Returns:
        φ, within −1 and 1; 0 where it cannot be told.
    """
    away = values - np.nanmean(values) if np.isfinite(values).any() else values
    power = np.nansum(away * away)
    pairs = away[1:] * away[:-1]
    return float(np.clip(np.nansum(pairs) / power, -1.0, 1.0)) if power > 0.0 else 0.0


def effective_n(n: float, phi: float) -> float:
    """Number of independent values that n neighbours with autocorrelation φ are worth: n(1 − φ)/(1 + φ), AR(1).

    Args:
        n: Number of values.
        phi: Autocorrelation of neighbours; a negative one is not taken as a gain.

    Returns:
        The effective number, at least 1 where n is.
    """
    phi = min(max(phi, 0.0), 0.999)
    return max(min(n, 1.0), n * (1.0 - phi) / (1.0 + phi))


def wilson(share: float, n: float) -> tuple[float, float]:
    """95 % interval of a share (Wilson 1927, J Am Stat Assoc 22:209).

    Args:
        share: Between 0 and 1.
        n: Effective number of values.

    Returns:
        Lower and upper limit; 0 and 1 without values.
    """
    if n <= 0.0:
        return 0.0, 1.0
    square = Z95**2 / n
    middle = (share + 0.5 * square) / (1.0 + square)
    half = Z95 * np.sqrt(share * (1.0 - share) / n + 0.25 * square / n) / (1.0 + square)
    return max(0.0, float(middle - half)), min(1.0, float(middle + half))


def block_bootstrap(n: int, *, block: int, draws: int, seed: int = 1) -> NDArray[np.int64]:
    """Row numbers of moving-block resamples, which keep neighbours together (Künsch 1989, Ann Stat 17:1217).

    Args:
        n: Number of rows.
        block: Rows that stay together.
        draws: Number of resamples.
        seed: Fixes the draws, so that a result can be repeated.

    Returns:
        (draws, n) row numbers.
    """
    block = max(1, min(block, n))
    rng = np.random.default_rng(seed)
    blocks = -(-n // block)
    first = rng.integers(0, n - block + 1, (draws, blocks))
    rows: NDArray[np.int64] = (first[:, :, None] + np.arange(block)).reshape(draws, -1)[:, :n]
    return rows
