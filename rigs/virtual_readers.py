"""Readers of the values in a virtual:// URL: text in, value out, ValueError if it is none."""

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

from daq.wire import CHANNELS
from rigs.sources import Load


def number(least: float = -math.inf, most: float = math.inf, *, above: bool = False) -> Callable[[str], float]:
    """Reader of a finite number.

    Args:
        least: Smallest allowed value.
        most: Largest allowed value.
        above: Whether the smallest value itself is not allowed.

    Returns:
        The reader.
    """

    def read(text: str) -> float:
        value = float(text)
        if not (math.isfinite(value) and least <= value <= most) or (above and value == least):
            raise ValueError(text)
        return value

    return read


def whole(least: int, most: int) -> Callable[[str], int]:
    """Reader of a whole number.

    Args:
        least: Smallest allowed value.
        most: Largest allowed value.

    Returns:
        The reader.
    """

    def read(text: str) -> int:
        value = int(text, 0)
        if not least <= value <= most:
            raise ValueError(text)
        return value

    return read


def one_of(*words: str) -> Callable[[str], str]:
    """Reader of one of some words.

    Args:
        *words: The words.

    Returns:
        The reader.
    """

    def read(text: str) -> str:
        if text not in words:
            raise ValueError(text)
        return text

    return read


def some(read_one: Callable[[str], Any]) -> Callable[[str], tuple[Any, ...]]:
    """Reader of values with commas between.

    Args:
        read_one: Reader of one value.

    Returns:
        The reader.
    """
    return lambda text: tuple(read_one(part) for part in text.split(","))


def read_flag(text: str) -> bool:
    """Read 0 or 1."""
    return one_of("0", "1")(text) == "1"


def read_rate(text: str) -> float:
    """Read a sample rate; it is one that HELLO can state as a fraction."""
    value = number(10.0, 32_000.0)(text)
    return float(Fraction(value).limit_denominator(1 << 16))


def read_skew(text: str) -> tuple[float, ...]:
    """Read how late each channel is sampled, in µs; in steps of 0.1 µs, as HELLO states it."""
    late_us = some(number(0.0, 6553.5))(text)
    if len(late_us) > CHANNELS:
        raise ValueError(text)
    return tuple(round(value, 1) for value in late_us)


def read_speed(text: str) -> float:
    """Read how much faster than real time; `max` is infinite."""
    return math.inf if text == "max" else number(0.0, 1e6, above=True)(text)


def read_pair(text: str) -> tuple[int, int]:
    """Read two channels with a hyphen between."""
    one, other = text.split("-")
    return whole(0, 7)(one), whole(0, 7)(other)


def read_load(text: str) -> Load:
    """Read FORCE@X,Y, with FORCE either Fz or Fx/Fy/Fz."""
    force, _, place = text.partition("@")
    parts = [number()(part) for part in force.split("/")]
    if len(parts) not in (1, 3):
        raise ValueError(text)
    fx, fy, fz = parts if len(parts) == 3 else (0.0, 0.0, parts[0])
    x, y = (number(-10, 10)(part) for part in place.split(",")) if place else (0.0, 0.0)
    return Load((fx, fy, fz), x, y)


def read_loads(text: str) -> tuple[Load, ...]:
    """Read `none`, or loads with semicolons between."""
    return () if text == "none" else tuple(read_load(part) for part in text.split(";"))
