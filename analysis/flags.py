"""What can be wrong with a sample or a step."""

from enum import IntFlag

import numpy as np
from numpy.typing import NDArray


class SampleFlag(IntFlag):
    """Marks on single samples, given with the data."""

    ADC = 1
    """This reading is wrong: bad ADC CRC or a torn read, by the device; or no body can produce it."""
    SATURATED = 2
    """A channel stood at the end of its range."""
    LATE = 4
    """Read late; the value is right, its time less sure."""


class StepFlag(IntFlag):
    """Marks on a step; `valid` is false if any of `INVALIDATING` is set."""

    ADC = 1
    """Holds a sample that is wrong: marked by the device, or one that no body can produce."""
    SATURATED = 2
    """Holds a saturated sample."""
    LATE = 4
    """Holds a sample that was read late."""
    GAP = 8
    """Touches a gap in the data."""
    NO_CROSSING = 16
    """The force does not cross the reporting threshold where touchdown or toe-off should be."""
    NO_NEXT = 32
    """No touchdown follows within the longest flight: columns that need it are null."""

    SIDE_BY_SEQUENCE = 64
    """Left or right follows from the order of the steps alone: their places do not tell."""
    WRONG_BELT = 128
    """On a split treadmill, the other belt was loaded while this foot should stand alone: it touched both."""
    HANDRAIL = 256
    """Over the strides about it the belt carried clearly less than the body: a handrail was held."""
    NOISY = 512
    """Two standard deviations of its flight's noise exceed the arming threshold: noise alone makes contacts there."""


INVALIDATING = (
    StepFlag.ADC
    | StepFlag.SATURATED
    | StepFlag.GAP
    | StepFlag.NO_CROSSING
    | StepFlag.WRONG_BELT
    | StepFlag.HANDRAIL
    | StepFlag.NOISY
)
FLAG_NAMES = {flag.value: (flag.name or "").lower() for flag in StepFlag}


def flag_list(value: int) -> list[str]:
    """Names of the flags set in a step's `flags` value."""
    return [name for bit, name in FLAG_NAMES.items() if value & bit]


def widen(flags: NDArray[np.uint8], reach: int) -> NDArray[np.uint8]:
    """Spread each mark over its neighbours, as the filter spreads the sample.

    Args:
        flags: (n + 2·reach,) `SampleFlag` bits.
        reach: Half length of the filter in samples.

    Returns:
        (n,) bits of all samples within reach.
    """
    count = flags.size - 2 * reach
    if not flags.any():
        return np.zeros(count, np.uint8)
    spread = np.zeros(count, np.uint8)
    for shift in range(2 * reach + 1):
        spread |= flags[shift : shift + count]
    return spread
