"""What the analysis must know of a device, read from what its HELLO said as a session keeps it."""

from collections.abc import Mapping
from typing import Any

from daq.errors import SessionError
from daq.messages import Capability

PER_S = 10_000_000
"""HELLO states the skew in units of 100 ns."""


def channel_skew_s(device: Mapping[str, Any]) -> tuple[float, ...]:
    """How long after data-ready each channel was sampled.

    Args:
        device: `SessionHeader.device`; sessions of old may not know.

    Returns:
        One number per channel, s; none where all were sampled at once.

    Raises:
        SessionError: It is no list of numbers.
    """
    told = device.get("skew_100ns") or ()
    if not isinstance(told, list | tuple) or not all(isinstance(late, int) and late >= 0 for late in told):
        raise SessionError("device, skew_100ns", expected="a whole number for each channel", seen=repr(told)[:60])
    return tuple(late / PER_S for late in told) if any(told) else ()


def weighs_only(device: Mapping[str, Any]) -> bool:
    """Whether the device says that it is too slow for steps.

    Args:
        device: `SessionHeader.device`; sessions of old may not know.

    Returns:
        True if it must not be asked for more than a weight.
    """
    told = device.get("capabilities", 0)
    return isinstance(told, int) and bool(told & Capability.STATIC_ONLY)
