"""Round numbers for an axis, and a range that grows at once but shrinks only when it has been too large for a while."""

import math

PATIENCE_S = 4.0
"""A range shrinks when it has been too large for so long."""
_TOPS = (1.0, 1.25, 1.5, 1.75, 2.0, 2.25, 2.5, 2.75, 3.0, 3.5, 4.0, 4.5, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0)
_SIGNED_TOPS = (1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)
"""Of an axis with zero in its middle, whose ends are its numbers."""
_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)
_ROOM = 1.01
_SAG = 0.08
"""So far below zero, as a share of the top, a vertical force may go unnoticed: noise in flight."""


def round_top(value: float, tops: tuple[float, ...] = _TOPS) -> float:
    """The next round number that is not below a value.

    Args:
        value: Greater than zero.
        tops: Round numbers from 1 to 10.

    Returns:
        One of them times a power of ten.
    """
    power = 10.0 ** math.floor(math.log10(value))
    return next(top for top in tops if top * power >= value * (1 - 1e-9)) * power


def ticks(low: float, high: float, most: int) -> list[float]:
    """Round values within a range, zero among them.

    Args:
        low: Lower end, not above zero.
        high: Upper end, above zero.
        most: How many there is room for.

    Returns:
        The values, ascending.
    """
    least = (high - low) / max(1, most)
    power = 10.0 ** math.floor(math.log10(least))
    step = next(step for step in _STEPS if step * power >= least * (1 - 1e-9)) * power
    return [k * step for k in range(math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9) + 1)]


class LazyRange:
    """Lower and upper end of one axis."""

    def __init__(self, *, usual: float, least: float, signed: bool) -> None:
        """Begin without data.

        Args:
            usual: Upper end before there is anything.
            least: Smallest upper end, so that noise does not fill the axis.
            signed: Whether the axis has zero in its middle, instead of at its foot.
        """
        self._usual, self._least, self._signed = usual, least, signed
        self._range: tuple[float, float] | None = None
        self._too_large_since_s: float | None = None
        self._now_s = 0.0

    def update(self, low: float, high: float, now_s: float, span_s: float) -> tuple[float, float]:
        """Make room for what is shown.

        Args:
            low: Least value; NaN if there is none.
            high: Greatest value.
            now_s: Right edge of the window.
            span_s: Its length: after a leap by more than that nothing of the old picture is left.

        Returns:
            The axis' ends.
        """
        leapt = abs(now_s - self._now_s) > span_s
        self._now_s = now_s
        if not (math.isfinite(low) and math.isfinite(high)):
            return self._range or self._ends(0.0, self._usual / _ROOM)
        need = self._ends(low, high)
        held = self._range
        if held is None or leapt:
            self._range, self._too_large_since_s = need, None
        else:
            grown = min(held[0], need[0]), max(held[1], need[1])
            self._range = self._shrunk(grown, need)
        return self._range

    def _shrunk(self, held: tuple[float, float], need: tuple[float, float]) -> tuple[float, float]:
        if need == held:
            self._too_large_since_s = None
            return held
        if self._too_large_since_s is None:
            self._too_large_since_s = self._now_s
        if abs(self._now_s - self._too_large_since_s) < PATIENCE_S:
            return held
        self._too_large_since_s = None
        return need

    def _ends(self, low: float, high: float) -> tuple[float, float]:
        if self._signed:
            top = round_top(max(self._least, _ROOM * max(high, -low)), _SIGNED_TOPS)
            return -top, top
        top = round_top(max(self._least, _ROOM * high))
        return (-round_top(-_ROOM * low) if low < -_SAG * top else 0.0), top
