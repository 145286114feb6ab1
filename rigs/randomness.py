"""Random numbers of a block of samples that do not depend on the blocks before it."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

NOISE, SPIKES, LINE, LOOSE = range(4)
"""Random streams of a block; what one draws never shifts the others."""


def random_block(seed: int, block: int, stream: int) -> np.random.Generator:
    """Random generator of one block, independent of every other block and stream.

    Args:
        seed: Any non-negative integer.
        block: Block number.
        stream: NOISE, SPIKES, LINE or LOOSE.

    Returns:
        A counter-based generator: it can be made for any block without those before it.
    """
    return np.random.Generator(np.random.Philox(key=_key(seed), counter=[0, 0, block, stream]))


@lru_cache
def _key(seed: int) -> NDArray[np.uint64]:
    return np.asarray(np.random.SeedSequence(seed).generate_state(2, np.uint64), np.uint64)
