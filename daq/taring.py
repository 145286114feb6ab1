"""The tare under way: what it collects, who waits for it, and whether somebody stands on the belt meanwhile."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.pipeline import Output
from analysis.wrench import FZ, Belt
from daq.commands import Command
from daq.errors import DeviceError, StanceError
from daq.tare import MOST_SECONDS, SECONDS, TareCollector

__all__ = ["Taring", "tare_seconds"]

STANDING_N = 150.0
"""Mean force above a zero that is known: less than any child's weight, more than a zero moves."""
STANDING_TEXT = "Step off the belt and tare again; the zero is unchanged. If nobody is on it, start the recorder anew."


def tare_seconds(args: dict[str, Any]) -> float:
    """How long a tare that is asked for shall take.

    Args:
        args: Of the command; perhaps with "seconds".

    Returns:
        Seconds.

    Raises:
        DeviceError: It is no time for a tare.
    """
    asked = args.get("seconds", SECONDS)
    try:
        seconds = float(asked)
    except (TypeError, ValueError):
        seconds = math.nan
    if not 0.0 < seconds <= MOST_SECONDS:
        raise DeviceError("tare", expected=f"more than 0 and up to {MOST_SECONDS:g} seconds", seen=repr(asked)[:40])
    return seconds


class Taring:
    """Nothing, or one tare at a time.

    Args:
        belts: The rig's.
        sample_rate_Hz: Sampling rate, Hz.
    """

    def __init__(self, belts: tuple[Belt, ...], sample_rate_Hz: float) -> None:
        self._belts = belts
        self._rate = sample_rate_Hz
        self._collector: TareCollector | None = None
        self._command: Command | None = None
        self._forces: list[NDArray[np.float64]] = []

    @property
    def busy(self) -> bool:
        """Whether a tare is under way."""
        return self._collector is not None

    @property
    def asked(self) -> bool:
        """Whether somebody waits for the answer."""
        return self._command is not None

    def begin(self, command: Command | None, seconds: float) -> None:
        """Begin a tare with the next sample.

        Args:
            command: Who asked; None if the options did.
            seconds: How long to collect.

        Raises:
            DeviceError: Another one is under way.
        """
        if self.busy:
            raise DeviceError("tare", expected="one tare at a time", seen="another one under way")
        future = None if command is None else command.future
        self._collector = TareCollector(self._belts, self._rate, future, seconds)
        self._command = command
        self._forces = []

    def missing(self, rows: int) -> int:
        """Of the next rows, how many come before the tare is complete; all of them without a tare."""
        if self._command is not None and self._command.given_up.is_set():
            self._collector = self._command = None  # whoever asked was told that it failed
        return rows if self._collector is None else min(rows, self._collector.missing)

    def feed(self, counts: NDArray[np.int32], outputs: list[Output], *, zero_known: bool) -> bool:
        """Take samples.

        Args:
            counts: (n, C).
            outputs: What the analysis made of them.
            zero_known: Whether its force is one above a zero that was found or given.

        Returns:
            Whether the tare is complete; `finish` it then.
        """
        if self._collector is None:
            return False
        if zero_known:
            self._forces += [output.live.wrench[:, FZ] for output in outputs]
        return self._collector.feed(counts)

    def finish(self) -> dict[str, Any]:
        """End the tare.

        Returns:
            As `TareCollector.result`. Whoever asked is still to be answered with `answer`.

        Raises:
            DeviceError: Somebody was on the belt.
        """
        assert self._collector is not None
        collector, self._collector = self._collector, None
        found = collector.result()
        force = np.concatenate([np.empty((len(self._belts), 0)), *self._forces], axis=1)
        load = float(force.mean(axis=1).max()) if force.shape[1] else 0.0
        if load > STANDING_N:
            raise DeviceError("tare", expected="an empty belt", seen=f"{load:.0f} N on it", next_step=STANDING_TEXT)
        return found

    def answer(self, outcome: dict[str, Any] | StanceError) -> None:
        """Answer whoever asked for the tare that has ended.

        Args:
            outcome: The answer, or what went wrong.
        """
        command, self._command = self._command, None
        if command is None:
            return
        if isinstance(outcome, StanceError):
            command.future.set_exception(outcome)
        else:
            command.future.set_result(outcome)

    def dismiss(self, error: StanceError) -> None:
        """Give a tare up because the recorder ends."""
        self._collector = None
        self.answer(error)
