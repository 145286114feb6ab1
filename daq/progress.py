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
    session: str = ""
    """Absolute path of the file being recorded; empty if none is."""
    take: int = 0
    """Number of this take, counted up with each recording and each wait before it; what follows is of this take."""
    first_tick: int = 0
    """Session tick of its first frame, 0 before that."""
    tick_rate_Hz: float = 0.0
    """Ticks per second."""
    sample_rate_Hz: float = 0.0
    """Samples per second, as the device says."""
    elapsed_s: float = 0.0
    """Device time since the first frame."""
    rows: int = 0
    """Frames so far."""
    rate_Hz: float = 0.0
    """Frames per second of host time, lately."""
    lost: int = 0
    """Frames lost."""
    resets: int = 0
    """Resets of the device."""
    crc_errors: int = 0
    """Frames that came damaged."""
    skipped_bytes: int = 0
    """Bytes that belong to no frame."""
    duplicates: int = 0
    """Frames that came twice."""
    late: int = 0
    """Frames that came behind newer ones."""
    saturated: int = 0
    """Samples at an end of the converter's range."""
    adc_errors: int = 0
    """Samples that the converter's own checks found wrong."""
    steps: int = 0
    """Steps found."""
    cadence_spm: float | None = None
    """Median of the latest steps, steps per minute."""
    contact_time_ms: float | None = None
    """Median of the latest steps."""
    bw_N: float | None = None
    """Body weight; None while it is not known."""
    bw_source: str = ""
    """"mass" or "strides"."""
    clock: dict[str, float] | None = None
    """Host time `daq.clock.host_now` of a session tick: host_s + (tick − "tick") · s_per_tick; None while not known."""
    clock_ppm: float | None = None
    """Rate of the device's clock against the host's."""
    u_clock_ppm: float | None = None
    """Its standard uncertainty."""
    unplugged: bool = False
    """The device's port is gone; it is waited for."""
    disk_free_bytes: int | None = None
    """Room where the session is written, or will be."""
    disk_left_s: float | None = None
    """Recording time until it is full, the finished file included."""
    taring: bool = False
    """A tare is under way."""
    bout: str = ""
    """Name of the bout under way; while waiting, of the one that the recording will begin with."""
    can_restart: bool = False
    """Whether `stop` goes back to waiting, ready for the next `start`."""
    finishing: str = ""
    """Path of an earlier session whose file is being written."""
    last_session: str = ""
    """Path of the last finished one."""
    last_error: str = ""
    """What went wrong with the last recording or tare that nobody waited for; empty if nothing."""
    happened: int = 0
    """How many happenings there are."""


class ProgressMeter:
    """Keeps the latest steps and the frame rate."""

    def __init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        """Begin again with a new take."""
        self._shown_s = host_now()
        self._marks: deque[tuple[float, int]] = deque(maxlen=8)
        self._marked_s = -EVERY_S
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
        if now - self._marked_s >= EVERY_S:  # however often it is asked for, and by however many windows
            self._marks.append((now, rows))
            self._marked_s = now
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
