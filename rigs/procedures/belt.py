"""The belt measurement as a procedure: what pulses, seam and a counted tape mark tell of a running, empty belt."""

from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.belt_length import ACCEPTED, Lap, Speed, belt_speed, counted_lap, seam_lap
from analysis.errors import AnalysisError
from analysis.quality import AMBER, GREEN, RED, Light
from analysis.wrench import FZ
from daq.chunk import Chunk
from daq.rig import Rig

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

DIPS_PCT = 5.0
"""Slowing in contact up to which a drive is good; three of four treadmills slow down more (Willwacher et al. 2021)."""
U_LENGTH_M = 0.003
"""Standard uncertainty of a belt's length, measured once around with a tape."""


@dataclass(frozen=True)
class Passings:
    """Turns of a tape mark that a person counted."""

    laps: int
    """How many."""
    seconds: float
    """Time that they took, s."""
    pulses: float | None = None
    """Pulses meanwhile, if keys marked the moments; None takes the mean rate of the record."""


@dataclass(frozen=True)
class Dips:
    """How far the belt slows down in contact, over the steps of a session."""

    steps: int
    """Steps that tell."""
    mean_pct: float
    """Mean, %."""
    sd_pct: float
    """Standard deviation, %."""
    worst_pct: float
    """The worst step, %."""


@dataclass(frozen=True)
class BeltReport:
    """All that was found of a belt."""

    speed: Speed | None
    """How it runs; None without pulses."""
    lap: Lap | None
    """One turn, in pulses, or in seconds if there are none; None if nothing told it."""
    pulses_per_m: float | None
    """Pulses per metre, from the known length."""
    u_pulses_per_m: float | None
    """Standard uncertainty of that."""
    belt_length_m: float | None
    """Length, m, from the known pulses per metre."""
    u_belt_length_m: float | None
    """Standard uncertainty of that, m."""
    lights: tuple[Light, ...]
    """What is to be said."""
    dips: Dips | None = None
    """Slowing in contact, from a session with steps."""

    @property
    def refused(self) -> bool:
        """Whether something is red."""
        return any(light.state == RED for light in self.lights)

    def as_dict(self) -> dict[str, Any]:
        """The report for programs."""
        return asdict(self)


def passings_between(first: Chunk, last: Chunk, laps: int, tick_rate_Hz: float) -> Passings:
    """What lies between two moments, by the device's own stamps: lost samples make it no shorter.

    Args:
        first: Its last sample is that of the first passing.
        last: Likewise of the last one.
        laps: Turns between them.
        tick_rate_Hz: Ticks per second.

    Returns:
        The passings.

    Raises:
        AnalysisError: The device was reset meanwhile.
    """
    if first.boot[-1] != last.boot[-1]:
        raise AnalysisError("turns of the belt", expected="one stretch of time", seen="a reset of the device",
                            next_step="Count them again.")  # fmt: skip
    seconds = float(last.tick[-1] - first.tick[-1]) / tick_rate_Hz
    return Passings(laps, seconds, float(last.belt[-1] - first.belt[-1]))


def measure_belt(
    rig: Rig, record: Chunk, sample_rate_Hz: float, *, passings: Passings | None = None, length_m: float | None = None,
    u_length_m: float = U_LENGTH_M, by_pulses: bool = False, speed_m_s: float | None = None,
) -> BeltReport:  # fmt: skip
    """Measure a belt.

    Args:
        rig: The rig.
        record: Of the running belt with nobody on it; only what follows the last gap is used.
        sample_rate_Hz: True sampling rate, Hz.
        passings: Counted turns; None looks for the seam.
        length_m: Length of the loop, m; None takes the rig's.
        u_length_m: Standard uncertainty of it, m.
        by_pulses: The pulses per metre are known, and the length is asked for.
        speed_m_s: About how fast it runs, m/s; without pulses the seam then tells it exactly.

    Returns:
        The report. An AnalysisError says what the record must be like.
    """
    piece = _last_piece(record)
    pulses = np.asarray(piece.belt[:] - (piece.belt[0] if len(piece) else 0), np.int64)
    length = rig.machine.belt_length_m if length_m is None else length_m
    nominal = rig.belt_sensor.pulses_per_m if rig.belt_sensor else None
    counted = bool(pulses.size) and int(pulses[-1]) > 1
    lights: list[Light] = []
    speed = _speed(pulses, sample_rate_Hz, nominal, length, lights) if counted else None
    if not counted:
        lights.append(_no_pulses(nominal is not None))
    lap: Lap | None
    if passings is not None:
        lap = _counted(passings, pulses if counted else None, sample_rate_Hz)
    else:
        expected = (
            nominal * length if counted and nominal else length / speed_m_s if speed_m_s and not counted else None
        )
        lap = _seam(rig, piece, pulses if counted else None, sample_rate_Hz, expected, lights)
    ppm = u_ppm = found_m = u_found_m = None
    if lap is not None and counted:
        share = lap.u_turns / lap.turns
        ppm = lap.turns / length
        u_ppm = ppm * float(np.hypot(share, u_length_m / length))
        if by_pulses and nominal is not None:
            found_m = lap.turns / nominal
            u_found_m, ppm, u_ppm = found_m * share, None, None
        lights.append(_agreement(nominal, length, lap))
    elif lap is not None:
        lights.append(Light("speed", GREEN, length / lap.turns, None, "m/s",
                            f"{length / lap.turns:.4f} m/s, by a turn every {lap.turns:.4f} s"))  # fmt: skip
    return BeltReport(speed, lap, ppm, u_ppm, found_m, u_found_m, tuple(lights))


def dips_of(dip_pct: Floats) -> tuple[Dips | None, Light]:
    """Judge the slowing of the belt in contact.

    Args:
        dip_pct: `belt_dip_pct` of each step, NaN where it was not measured.

    Returns:
        What they are, and a light.
    """
    values = np.asarray(dip_pct, np.float64)
    values = values[np.isfinite(values)]
    if values.size < 2:
        text = "not known: it takes steps, and a belt sensor of 100 pulses per metre or more"
        return None, Light("belt_dips", AMBER, None, DIPS_PCT, "%", text)
    found = Dips(values.size, float(values.mean()), float(values.std(ddof=1)), float(values.max()))
    state = GREEN if found.mean_pct <= DIPS_PCT else AMBER if found.mean_pct <= 2 * DIPS_PCT else RED
    text = (
        f"the belt slows down by {found.mean_pct:.1f} % in contact (SD {found.sd_pct:.1f}, worst {found.worst_pct:.1f},"
        f" {found.steps} steps); {DIPS_PCT:g} % is the limit"
    )
    return found, Light("belt_dips", state, found.mean_pct, DIPS_PCT, "%", text)


def _last_piece(record: Chunk) -> Chunk:
    if not record.gap_row.size:
        return record
    first = int(record.gap_row[-1])
    columns = {name: getattr(record, name)[first:] for name in ("counts", "seq", "tick", "boot", "status", "belt")}
    return replace(Chunk.empty(), **columns)


def _speed(pulses: Ints, rate: float, nominal: float | None, length: float, lights: list[Light]) -> Speed | None:
    """Speed by the pulses; without a scale it is the unevenness only."""
    if nominal is None:
        text = "pulses come, but the rig file has no [belt_sensor]: write what is found below"
        lights.append(Light("belt_sensor", AMBER, None, None, "", text))
        return None
    speed = belt_speed(pulses, rate, nominal, length)
    lap = "" if speed.lap_pct is None else f", once per turn ± {speed.lap_pct:.2f} %"
    text = f"{speed.mean_m_s:.4f} m/s, SD {speed.sd_pct:.2f} % over tenths of a second{lap}" + (
        "" if speed.slow_s is None else f", slow waves ± {speed.slow_pct:.2f} % every {speed.slow_s:.1f} s"
    )
    state = GREEN if speed.sd_pct <= 0.5 * DIPS_PCT else AMBER
    lights.append(Light("speed", state, speed.mean_m_s, None, "m/s", text))
    return speed


def _no_pulses(sensor: bool) -> Light:
    if sensor:
        text = "no pulses came: is the belt running, the sensor plugged in, its magnet or disc in place?"
        return Light("belt_sensor", RED, None, None, "", text)
    text = "no belt sensor: speed is what you say it is, and changes of it within a step are not seen"
    return Light("belt_sensor", AMBER, None, None, "", text)


def _counted(passings: Passings, pulses: Ints | None, rate: float) -> Lap:
    """One turn by a person's count, in pulses, or in seconds if there are none."""
    if pulses is None:
        return counted_lap(passings.seconds, passings.laps, passings.seconds, by_clock=True)
    if passings.pulses is not None:
        return counted_lap(passings.pulses, passings.laps, passings.seconds, by_clock=False)
    mean = float(pulses[-1]) / (pulses.size - 1) * rate * passings.seconds
    return counted_lap(mean, passings.laps, passings.seconds, by_clock=True)


def _seam(
    rig: Rig, piece: Chunk, pulses: Ints | None, rate: float, expected: float | None, lights: list[Light]
) -> Lap | None:
    """One turn by the seam, in pulses, or in seconds if there are none; None if nobody knows about how long it is."""
    if expected is None:
        text = "not looked for: about how fast does it run? Give --belt-speed, or count turns with --laps"
        lights.append(Light("turn", AMBER, None, None, "", text))
        return None
    force = piece.counts.astype(np.float64) @ np.sum([belt.matrix[FZ] for belt in rig.belts()], axis=0)
    way = np.arange(len(piece)) / rate if pulses is None else pulses.astype(np.float64)
    try:
        return seam_lap(force, way, rate, expected)
    except AnalysisError as error:
        lights.append(Light("turn", AMBER, None, None, "", f"not told: saw {error.seen}. {error.next_step}"))
        return None


def _agreement(nominal: float | None, length: float, lap: Lap) -> Light:
    """Whether pulses per metre and length of the rig file fit the turn."""
    how = f"by {lap.laps:.0f} turns" + ("" if lap.seam_N is None else f" of the seam, {lap.seam_N:.1f} N")
    text = f"{lap.turns:.1f} ± {lap.u_turns:.2g} pulses per turn {how}"
    if nominal is None:
        return Light("turn", AMBER, lap.turns, None, "pulses", text)
    off = nominal * length / lap.turns - 1.0
    sure = 2.0 * lap.u_turns / lap.turns
    text += f"; the rig file makes it {nominal * length:.1f}, {100 * off:+.2f} %"
    if abs(off) <= ACCEPTED and sure <= ACCEPTED:
        return Light("turn", GREEN, 100 * off, 100 * ACCEPTED, "%", f"{text}: within {100 * ACCEPTED:g} %")
    if sure > ACCEPTED and abs(off) <= ACCEPTED + sure:
        text += f", which is not certain to {100 * ACCEPTED:g} %: count more turns, or let the belt run slower"
    else:
        text += f", more than {100 * ACCEPTED:g} %: measure the length once more, then --write"
    return Light("turn", AMBER, 100 * off, 100 * ACCEPTED, "%", text)
