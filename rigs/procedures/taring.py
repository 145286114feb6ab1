"""Taring as a procedure: zero and noise of every cell with nobody on the belt, and how far the zeros have moved."""

from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.machine_lights import TARE_SHIFT_N
from analysis.quality import AMBER, GREEN, INFO, RED
from analysis.unloaded import unloaded
from analysis.wrench import FZ
from daq.chunk import Chunk
from daq.errors import DeviceError
from daq.rig import Rig
from daq.rig_schema import Cell
from daq.tare import TareCollector
from daq.tare_file import Belt, KeptTare, TareNeed
from daq.taring import STANDING_N

Floats = NDArray[np.float64]

MOTOR_N = 2.0
"""Noise that the motor may add to the vertical force of a belt, root mean square (metrics 9.1, EMI)."""
MOVING_M_S = 0.02
"""A belt slower than this stands."""
NOISIER = 3.0
"""A cell with so many times the noise of the others has a bad contact."""
QUIET_N = 0.3
"""Noise below this, a sample, harms nothing, whatever the others have."""


@dataclass(frozen=True)
class CellTare:
    """The zero of one cell."""

    name: str
    """Its name."""
    channel: int
    """Its channel."""
    zero_N: float
    """Reading with nothing on it, N."""
    u_zero_N: float
    """Standard uncertainty of that, N."""
    noise_N: float
    """Standard deviation of a sample, drift taken out, N."""
    moved_N: float | None
    """How far it moved since the last tare of the same kind; None if there is none."""
    belt_adds_N: float | None
    """Belt on: how far the zero is from that with the belt off; None if it was not taken."""
    state: str
    """Light: "green", "amber", "red", or "info" for a first one."""
    text: str
    """What it means and what to do."""
    dead: bool
    """Whether this is no zero at all: it is stuck, or at the end of its range."""


@dataclass(frozen=True)
class TareReport:
    """A tare, and what it says of the machine."""

    tare: KeptTare
    """What is kept."""
    cells: tuple[CellTare, ...]
    """Every cell, in the order of the rig file."""
    since_s: float | None
    """Time since the last tare of the same kind, s."""
    force_noise_N: float
    """Noise of the vertical force of the belt that has most, a sample, drift taken out."""
    motor_noise_N: float | None
    """What of it the running belt adds, N; None with the belt off, or if it was never taken with the belt off."""
    motor_state: str | None
    """Light of it, limit `MOTOR_N`."""

    @property
    def dead(self) -> tuple[str, ...]:
        """Cells without a zero; with any, the tare is not to be kept."""
        return tuple(cell.name for cell in self.cells if cell.dead)


def measured_speed(rig: Rig, chunk: Chunk) -> float | None:
    """Speed of the belt by its pulses.

    Args:
        rig: The rig.
        chunk: Samples of one boot.

    Returns:
        m/s; None without a sensor.
    """
    if rig.belt_sensor is None or len(chunk) < 2:
        return None
    way_m = float(chunk.belt[-1] - chunk.belt[0]) / rig.belt_sensor.pulses_per_m
    return way_m * rig.sample_rate_Hz / (len(chunk) - 1)


def check_belt(speed_m_s: float | None, belt: Belt) -> None:
    """Refuse a tare while the belt does what it should not.

    Args:
        speed_m_s: By its pulses; None without a sensor.
        belt: What it should do.

    Raises:
        DeviceError: It runs though it should be off, or stands though it should run.
    """
    if speed_m_s is None:
        return
    moves = abs(speed_m_s) > MOVING_M_S
    if moves and belt == "off":
        raise DeviceError("tare", expected="a belt that stands", seen=f"one that runs at {speed_m_s:.2f} m/s",
                          next_step="Stop the belt, or tare with --belt-on.")  # fmt: skip
    if not moves and belt == "on":
        raise DeviceError("tare", expected="a belt that runs", seen="one that stands",
                          next_step="Start it at the speed of the test, nobody on it, and tare again.")  # fmt: skip


def find_zero(
    rig: Rig, chunk: Chunk, belt: Belt, need: TareNeed, made_utc: str, *, last: KeptTare | None,
    speed_m_s: float | None = None,
) -> KeptTare:  # fmt: skip
    """Take the zero from samples.

    Args:
        rig: The rig.
        chunk: Samples of an empty belt.
        belt: Whether it runs.
        need: The device.
        made_utc: Now.
        last: The last tare of this device, of any kind: by it, somebody who stands still is noticed.
        speed_m_s: Speed of the belt as it was told; its sensor wins.

    Returns:
        The tare. A DeviceError says that somebody is on the belt, or that it does not do what it should.
    """
    by_sensor = measured_speed(rig, chunk)
    check_belt(by_sensor, belt)
    waiting: Future[dict[str, Any]] = Future()
    collector = TareCollector(rig.belts(), rig.sample_rate_Hz, waiting, len(chunk) / rig.sample_rate_Hz)
    collector.feed(chunk.counts)
    collector.result()
    found = unloaded(chunk.counts.astype(np.float64), rig.sample_rate_Hz)
    check_empty(rig, found.mean, last)
    force = unloaded(chunk.counts @ np.array([one.matrix[FZ] for one in rig.belts()]).T, rig.sample_rate_Hz)
    speed = speed_m_s if by_sensor is None else by_sensor
    return KeptTare(
        made_utc=made_utc, belt=belt, speed_m_s=None if belt == "off" or speed is None else round(abs(speed), 4),
        seconds=len(chunk) / rig.sample_rate_Hz, device=need.device, gain=need.gain,
        counts=tuple(found.mean.tolist()), sd=tuple(found.sd.tolist()), u_counts=tuple(found.u_mean.tolist()),
        force_sd_N=float(force.sd.max()),
    )  # fmt: skip


def check_empty(rig: Rig, counts: Floats, last: KeptTare | None) -> None:
    """Refuse a zero with somebody on the belt.

    Args:
        rig: The rig.
        counts: (C,) mean of each channel.
        last: A tare of this device.

    Raises:
        DeviceError: The force is a person's above the last tare.
    """
    if last is None:
        return
    moved = counts - np.asarray(last.counts)
    load = max(float(belt.matrix[FZ] @ moved) for belt in rig.belts())
    if load > STANDING_N:
        raise DeviceError(
            "tare", expected="an empty belt", seen=f"{load:.0f} N more than at the last tare",
            next_step="Nothing is kept. Step off the belt and tare again. If nobody is on it, because cells or frame "
            "were changed, begin anew with --anew.",
        )  # fmt: skip


def report_tare(rig: Rig, tare: KeptTare, before: tuple[KeptTare, ...], now: datetime) -> TareReport:
    """Compare a tare with those before it.

    Args:
        rig: The rig.
        tare: The tare.
        before: Those kept, the latest first.
        now: The moment.

    Returns:
        The report.
    """
    need = TareNeed(tare.device, tare.gain)
    known = [one for one in before if need.fits(one)]
    last = next((one for one in known if one.belt == tare.belt), None)
    off = next((one for one in known if one.belt == "off"), None) if tare.belt == "on" else None
    noise = [_newtons(rig, cell, tare.sd) for cell in rig.cells]
    cells = tuple(_cell(rig, number, tare, last, off, noise) for number in range(len(rig.cells)))
    motor = None if off is None else float(np.sqrt(max(0.0, tare.force_sd_N**2 - off.force_sd_N**2)))
    return TareReport(
        tare, cells, None if last is None else last.age_s(now), tare.force_sd_N, motor,
        None if motor is None else GREEN if motor <= MOTOR_N else AMBER if motor <= 2 * MOTOR_N else RED,
    )  # fmt: skip


def _cell(
    rig: Rig, number: int, tare: KeptTare, last: KeptTare | None, off: KeptTare | None, noise: list[float]
) -> CellTare:
    cell = rig.cells[number]
    zero = _newtons(rig, cell, tare.counts, signed=True)
    moved = None if last is None else zero - _newtons(rig, cell, last.counts, signed=True)
    adds = None if off is None else zero - _newtons(rig, cell, off.counts, signed=True)
    others = float(np.median(noise[:number] + noise[number + 1 :])) if len(noise) > 1 else noise[number]
    state, text = _judged(rig, cell, zero, noise[number], others, moved)
    u_zero = _newtons(rig, cell, tare.u_counts)
    dead = bool(_dead(rig, cell, zero, noise[number]))
    return CellTare(cell.name, cell.channel, zero, u_zero, noise[number], moved, adds, state, text, dead)


def _dead(rig: Rig, cell: Cell, zero_N: float, noise_N: float) -> str:
    """Why a cell has no zero; empty if it has."""
    if noise_N == 0.0:
        return "its reading never changed by a single count: check its wiring"
    if abs(zero_N) > 0.9 * rig.limit_N(cell):
        return "at the end of its range with nothing on it: check its wiring, and that nothing jams it"
    return ""


def _judged(
    rig: Rig, cell: Cell, zero_N: float, noise_N: float, others_N: float, moved_N: float | None
) -> tuple[str, str]:
    """Light and words of a cell: the worst that can be said of it."""
    amber, red = TARE_SHIFT_N
    if dead := _dead(rig, cell, zero_N, noise_N):
        return RED, dead
    if moved_N is not None and abs(moved_N) > red:
        text = "moved much: see that nothing touches the frame, tighten its screws, check its plug; then tare again"
        return RED, text
    if noise_N > max(NOISIER * others_N, QUIET_N):
        return AMBER, f"{noise_N / max(others_N, 1e-12):.0f} times the noise of the others: check its plug and shield"
    if moved_N is not None and abs(moved_N) > amber:
        return AMBER, "moved: let it warm up (stance tare --watch), keep sun and draught off"
    return (INFO, "first tare") if moved_N is None else (GREEN, "as it was")


def _newtons(rig: Rig, cell: Cell, counts: tuple[float, ...], *, signed: bool = False) -> float:
    scale = rig.newtons_per_count(cell) * (cell.sign if signed else 1)
    return counts[cell.channel] * scale
