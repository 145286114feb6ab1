"""How many decimals of a number mean anything: what a treadmill knows ends with its unit's last usual digit."""

import math

_USUAL = {"N": 0, "ms": 1, "steps/min": 1, "mm": 1, "%": 1, "BW/s": 1, "BW": 2, "kN/m": 2, "°": 1}
_LEAST_DIGITS = 3


def decimals_for(size: float, unit: str) -> int:
    """Decimals for a mean: those usual for the unit, but three digits of what is small.

    Args:
        size: Mean, or the spread where that is larger.
        unit: Unit of both.

    Returns:
        Number of decimals.
    """
    usual = _USUAL.get(unit, 3)
    if size == 0.0:
        return usual
    return min(6, max(usual, _LEAST_DIGITS - 1 - math.floor(math.log10(abs(size)))))
