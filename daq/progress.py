"""How a recording is doing, for a status line or a window."""

from collections import deque
from dataclasses import dataclass

import numpy as np

from analysis.steps import StepTable
from daq.analyser import Analyser
from daq.clock import host_now

EVERY_S = 0.25
RECENT_STEPS = 10


@dataclass(frozen=True)
class Progress:
    """A recording at one moment."""

    state: str = "waiting"
    """"waiting" or "recording"."""
    elapsed_s: float = 0.0
    """Device time recorded."""
    rows: int = 0
    """Frames recorded."""
    rate_Hz: float = 0.0
    """Frames per second of host time, lately."""
    lost: int = 0
    """Frames lost."""
    resets: int = 0
    """Resets of the device."""
    crc_errors: int = 0
    """Frames that came damaged."""
    duplicates: int = 0
    """Frames that came twice."""
    steps: int = 0
    """Steps found."""
    cadence_spm: float | None = None
    """Median of the latest steps, steps per minute."""
    contact_time_ms: float | None = None
    """Median of the latest steps."""


class ProgressMeter:
    """Keeps the latest steps and the frame rate."""

    def __init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        """Begin again with a new take."""
        self._shown_s = host_now()
        self._marks: deque[tuple[float, int]] = deque(maxlen=8)
        self._contact: deque[float] = deque(maxlen=RECENT_STEPS)

    def due(self) -> bool:
        """Whether it is time to show something again."""
        now = host_now()
        if now - self._shown_s < EVERY_S:
            return False
        self._shown_s = now
        return True

    def steps(self, table: StepTable) -> None:
        """Take new rows.

        Args:
            table: Final rows.
        """
        if table.rows:
            good = table["contact_time_ms"][table["valid"]]
            self._contact.extend(good[~np.isnan(good)][-RECENT_STEPS:].tolist())

    def progress(self, *, rows: int, elapsed_s: float, analyser: Analyser) -> Progress:
        """Put it together.

        Args:
            rows: Frames so far.
            elapsed_s: Device time so far.
            analyser: Knows the steps whose rows still wait.

        Returns:
            The moment's progress, without the counts of losses.
        """
        now = host_now()
        self._marks.append((now, rows))
        then, before = self._marks[0]
        rate = (rows - before) / (now - then) if now > then else 0.0
        return Progress(
            elapsed_s=elapsed_s,
            rows=rows,
            rate_Hz=rate,
            steps=analyser.found,
            cadence_spm=analyser.recent_cadence_spm(RECENT_STEPS),
            contact_time_ms=float(np.median(self._contact)) if self._contact else None,
        )
