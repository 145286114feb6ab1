"""Steps during which the runner leaned on the handrail: then the ground carries less than the body weighs.

Over a whole stride the ground must carry the weight: eight percent less over two strides would have the runner fall at
more than a metre per second. So a lasting drop means that something else carries: a hand on the rail, a harness.
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

LEAST_BW = 0.85
"""Below this share of body weight the ground carries too little, whatever is known of the strides before. Published
masses and force plates disagree by up to 7 % on real runners, so less cannot be told from a wrong scale."""
DROP = 0.08
"""So much less than in the strides before, it carries too little."""
LOOKBACK = 240
"""Steps before a step that tell what the ground usually carries: their upper quartile, so that a hold of a minute does
not pass for usual."""
FEWEST = 20
"""With fewer known strides nothing is usual."""
STRIDES = 3
"""Overlapping strides in a row, of four steps together, that must carry too little."""
LOOKAHEAD = 1
"""Later steps that must be known before a step is judged; so the first two steps of a hold pass for free ones."""
_ROWS = 1024


def handrail_mask(impulse_Ns: Floats, time_s: Floats, bw_N: float) -> Bools:
    """Which steps were made holding the handrail.

    Step k is judged by steps k − `LOOKBACK` − `STRIDES` to k + `LOOKAHEAD` alone: given those, the result does not
    depend on what else is passed.

    Args:
        impulse_Ns: (k,) ∫ Fz dt of each step from touchdown to the next touchdown, over all belts, in order; NaN where
            none follows or the step is not valid.
        time_s: (k,) the step's duration, likewise.
        bw_N: Body weight; NaN if it is not known.

    Returns:
        (k,) whether the step belongs to at least two strides in a row that carry too little.
    """
    count = impulse_Ns.size
    held = np.zeros(count, np.bool_)
    if count < STRIDES + 1:
        return held
    weight = (impulse_Ns[:-1] + impulse_Ns[1:]) / (time_s[:-1] + time_s[1:])
    low = weight < LEAST_BW * bw_N  # a comparison with NaN is false
    doubtful = np.flatnonzero(weight < (1.0 - DROP) * np.max(weight, initial=0.0, where=~np.isnan(weight)))
    low[doubtful] |= weight[doubtful] < (1.0 - DROP) * _usual(weight, doubtful)
    row = low[: count - STRIDES] & low[1 : count - STRIDES + 1] & low[2:]
    for shift in range(STRIDES - LOOKAHEAD, STRIDES + 1):
        held[shift : shift + row.size] |= row
    return held


def _usual(weight: Floats, chosen: NDArray[np.int64]) -> Floats:
    """Upper quartile of the `LOOKBACK` strides before each chosen one; NaN where too few of them are known."""
    padded = np.concatenate((np.full(LOOKBACK, np.inf), np.where(np.isnan(weight), np.inf, weight)))
    usual = np.empty(chosen.size)
    for first in range(0, chosen.size, _ROWS):  # in parts, so that memory stays flat
        part = slice(first, first + _ROWS)
        ordered = np.sort(padded[chosen[part][:, None] + np.arange(LOOKBACK)], axis=1)
        known = np.isfinite(ordered).sum(axis=1)
        value = ordered[np.arange(known.size), np.maximum((3 * known) // 4 - 1, 0)]
        usual[part] = np.where(known >= FEWEST, value, np.nan)
    return usual
