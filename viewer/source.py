"""What the window shows, wherever it comes from: a running recorder and a recorded session look the same to every view.

Times are seconds of device time since the session's first frame. Samples lie on a grid: sample number i at i / rate;
what is missing is NaN there, for the eye; nothing is ever filled in the record.
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from analysis.quality import Light
from analysis.registration import FootRegistration
from analysis.stance_curves import StanceCurves
from analysis.steps import StepTable

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Facts:
    """What does not change while a source is open."""

    title: str
    """Name of the session or of the recorder's rig."""
    rig: str
    """Name of the rig."""
    runner: str
    """Pseudonym, perhaps empty."""
    protocol: str
    """Name of the analysis protocol."""
    sample_rate_Hz: float
    """Samples per second."""
    belts: tuple[str, ...]
    """Names of the belts; ("",) for a single one."""
    observable: frozenset[str]
    """Components of the wrench that every belt measures, of Fx, Fy, Fz, Mx, My, Mz."""
    belt_speed_m_s: float | None = None
    """Set belt speed, where it was given."""
    recorded_utc: str = ""
    """Beginning of a recording, ISO 8601; empty while live."""
    registration: FootRegistration | None = None
    """Where the runner's feet lie about their centre of pressure, if they were registered."""
    shoe_length_m: float | None = None
    """Outer length of the shoe, where it was given."""
    belt_size_m: tuple[float, float] | None = None
    """Length and width of one belt's running surface."""


@dataclass(frozen=True)
class Samples:
    """A stretch of filtered force on the sample grid."""

    start: int
    """Number of the first sample: its time is start / rate_Hz."""
    rate_Hz: float
    """Samples per second."""
    wrench: NDArray[np.float32]
    """(belts, 6, n) Fx, Fy, Fz in N, Mx, My, Mz in N·m; NaN where samples are missing."""
    contact: NDArray[np.bool_]
    """(belts, n) whether a foot is on the belt, as far as is known at once (hysteresis of the protocol)."""

    @property
    def time_s(self) -> NDArray[np.float64]:
        """(n,) times of the samples."""
        return (self.start + np.arange(self.wrench.shape[-1])) / self.rate_Hz


@dataclass(frozen=True)
class Happening:
    """A marker, bout, note, tare or gap."""

    time_s: float
    """When."""
    kind: str
    """"marker", "bout", "note", "tare", "gap", "reset", "system" or "ended early"."""
    text: str
    """For people."""


@dataclass(frozen=True)
class Status:
    """How a recorder is doing, for buttons and the health line."""

    state: str
    """"waiting", "recording", "ended" (the recorder is gone) or "silent" (it does not answer)."""
    session: str = ""
    """File being recorded; of an ended recorder the finished session."""
    elapsed_s: float = 0.0
    """Device time recorded."""
    rate_Hz: float = 0.0
    """Frames per second of host time, lately."""
    lost: int = 0
    """Frames lost."""
    corrupt: int = 0
    """Frames that came damaged."""
    resets: int = 0
    """Resets of the device."""
    saturated: int = 0
    """Samples at the end of the converter's range."""
    unplugged: bool = False
    """The device's port is gone; the recorder waits for it."""
    latency_ms: float | None = None
    """From a sample's moment to its being drawn."""
    clock_ppm: float | None = None
    """Device clock against the host's."""
    disk_free_bytes: int | None = None
    """Free space where the session is written."""
    disk_left_s: float | None = None
    """Recording time until the disk is full."""
    taring: bool = False
    """A tare is under way."""
    bout: str = ""
    """Name of the bout under way."""
    can_restart: bool = False
    """Whether the recorder goes back to waiting after `stop`, ready for the next recording."""


class Commands(Protocol):
    """What a window may tell a recorder. Calls return at once; answers come with a later `Source.update`."""

    def send(self, command: str, **args: str) -> None:
        """Give a command of `daq.control.COMMANDS`, such as ("marker", text="jump")."""

    def answers(self) -> list[tuple[str, str]]:
        """(command, what went wrong; empty if carried out) of commands answered since the last call."""


class Source(Protocol):
    """A running recorder or a recorded session."""

    facts: Facts
    live: bool
    """Whether it grows."""

    @property
    def commands(self) -> Commands | None:
        """None for a recorded session."""

    def update(self) -> None:
        """Take in what is new; called before every frame, so it must be quick."""

    @property
    def take(self) -> int:
        """Changes when a recorder begins anew: times, steps and samples then start from zero."""

    @property
    def first_s(self) -> float:
        """Earliest moment that can be shown."""

    @property
    def last_s(self) -> float:
        """Latest moment that can be shown."""

    @property
    def table(self) -> StepTable:
        """Final rows so far, in order of touchdown."""

    @property
    def bw_N(self) -> float:
        """Body weight; NaN while it is not known."""

    def samples(self, start_s: float, stop_s: float) -> Samples:
        """Force from start_s to stop_s, cut to what there is."""

    def envelope(self, start: int, stop: int, bucket: int) -> tuple[Ints, NDArray[np.float32], NDArray[np.float32]]:
        """Least and greatest Fx, Fy, Fz in buckets of samples, for a curve with many samples to a pixel.

        `viewer.sources.envelope.envelope` of all samples says exactly what; that of a `History` is quicker.

        Args:
            start: Number of the first sample wanted.
            stop: Number behind the last one; samples that are not there are left out.
            bucket: Samples per bucket; a bucket begins at each multiple of it.

        Returns:
            (m,) numbers of the buckets' first samples, (belts, 3, m) least and greatest force in N, NaN where missing.
        """

    def curves(self, steps: Ints) -> StanceCurves:
        """Stance curves of these step numbers, in that order; NaN where one is not there (yet)."""

    @property
    def happenings(self) -> tuple[Happening, ...]:
        """What was noted, in order of time."""

    @property
    def lights(self) -> tuple[Light, ...]:
        """How good the data are."""

    @property
    def missing(self) -> dict[str, str]:
        """Why columns without any value are empty."""

    @property
    def doubtful(self) -> dict[str, str]:
        """Why columns are shown greyed out."""

    @property
    def status(self) -> Status | None:
        """None for a recorded session."""

    @property
    def working(self) -> str:
        """What is still being computed, such as "analysing, 42 %"; empty if nothing."""

    def close(self) -> None:
        """Let go; a recorder goes on recording."""


@dataclass(frozen=True)
class Scene:
    """What the views show at one moment."""

    source: Source
    """Where it comes from."""
    now_s: float
    """Right edge of the scrolling curve."""
    rows: int
    """Rows of the step table that are over by then: `source.table` up to this one."""
    in_BW: bool = False
    """Forces in body weights instead of newtons."""

    def steps(self) -> StepTable:
        """The rows that are over."""
        table = self.source.table
        return table if self.rows == table.rows else table.select(np.arange(self.rows))


def rows_until(table: StepTable, time_s: float) -> int:
    """How many rows are over at a moment.

    Args:
        table: Rows in order of touchdown.
        time_s: The moment.

    Returns:
        Number of rows from the first whose contact ended by then.
    """
    begun = int(np.searchsorted(table["touchdown_s"], time_s))
    if begun and not table["toe_off_s"][begun - 1] <= time_s:
        begun -= 1
    return begun
