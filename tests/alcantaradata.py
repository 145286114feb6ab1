"""One runner on slopes, for tests: Alcantara et al. 2022. Origin and licence: tests/data/alcantara2022.SOURCE."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Trial:
    """Five seconds at one slope and speed."""

    name: str
    """For example "4: +0° 4.17 m/s"."""
    sample_rate_Hz: float
    """500 Hz."""
    force_N: Floats
    """(2480,) vertical force, low-passed at 30 Hz by the authors, N."""
    speed_m_s: float
    """Belt speed."""
    slope_deg: float
    """Incline, + uphill."""
    bw_N: float
    """Body weight by which the authors divided the force."""
    rearfoot_pct: float
    """Share of rearfoot strikes, by accelerometers."""


@dataclass(frozen=True)
class Published:
    """Mean and SD over 19 runners and three speeds at one slope: the measured part of the paper's table 2."""

    step_freq_hz: tuple[float, float]
    """Steps per second."""
    contact_ms: tuple[float, float]
    """Contact above 5 % of body weight."""
    impulse_bws: tuple[float, float]
    """Vertical impulse per step, BW·s."""
    active_peak_bw: tuple[float, float]
    """Maximum in 40–60 % of contact, BW."""
    loading_rate_bws: tuple[float, float]
    """Mean slope of the first 25 ms, BW/s."""


@cache
def _data() -> dict[str, NDArray]:
    with np.load(Path(__file__).parent / "data" / "alcantara2022.npz") as file:
        return dict(file)


@cache
def alcantara() -> tuple[Trial, ...]:
    """All 16 trials, in the order of the data set."""
    data = _data()
    return tuple(
        Trial(
            name=f"{row + 1}: {slope:+.0f}° {speed:g} m/s",
            sample_rate_Hz=float(data["sample_rate_Hz"]),
            force_N=force * data["force_step_N"],
            speed_m_s=float(speed),
            slope_deg=float(slope),
            bw_N=float(data["bw_N"]),
            rearfoot_pct=float(rearfoot),
        )
        for row, (force, speed, slope, rearfoot) in enumerate(
            zip(data["force_q"], data["speed_m_s"], data["slope_deg"], data["rearfoot_pct"], strict=True)
        )
    )


@cache
def published() -> dict[float, Published]:
    """The paper's table 2 by slope in degrees."""
    columns = [str(name) for name in _data()["table_columns"]]
    return {row[0]: _published(dict(zip(columns, row, strict=True))) for row in _data()["table"].tolist()}


def _published(row: dict[str, float]) -> Published:
    return Published(
        step_freq_hz=(row["step_freq_hz"], row["step_freq_sd"]),
        contact_ms=(row["contact_ms"], row["contact_sd"]),
        impulse_bws=(row["impulse_bws"], row["impulse_sd"]),
        active_peak_bw=(row["active_peak_bw"], row["active_peak_sd"]),
        loading_rate_bws=(row["loading_rate_bws"], row["loading_rate_sd"]),
    )
