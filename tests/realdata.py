"""Real runners for tests: ten seconds of each Fukuchi trial. Origin and licence: tests/data/fukuchi2017.SOURCE."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Trial:
    """Ten seconds of one runner at one speed; unfiltered, as measured, flight offset of a few newtons included."""

    name: str
    """For example "RBDS002_T25": runner 2 at 2.5 m/s."""
    subject: int
    """Runner."""
    sample_rate_Hz: float
    """300 Hz."""
    wrench: Floats
    """(6, 3000) ground reaction on the runner about the belt-surface centre, N and N·m; +x forward, +y left, +z up."""
    speed_m_s: float
    """Belt speed as published, m/s."""
    mass_kg: float
    """Body mass, kg."""
    stature_m: float
    """Body height, m."""
    label_R: str
    """Published strike pattern of the right foot: Rearfoot, Midfoot or Forefoot."""
    label_L: str
    """The same of the left foot."""
    contact_s: Floats
    """(k,) middle of each complete contact, s from the first sample."""
    contact_side: NDArray[np.str_]
    """(k,) "R" or "L": the foot on the belt, by the markers."""


@cache
def fukuchi() -> tuple[Trial, ...]:
    """All 39 excerpts: 13 runners at 2.5, 3.5 and 4.5 m/s."""
    with np.load(Path(__file__).parent / "data" / "fukuchi2017.npz") as file:
        data = dict(file)
    return tuple(_trial(data, row) for row in range(len(data["trial"])))


def fukuchi_trial(name: str) -> Trial:
    """One excerpt by name, for example `fukuchi_trial("RBDS002_T25")`."""
    return next(trial for trial in fukuchi() if trial.name == name)


def _trial(data: dict[str, NDArray], row: int) -> Trial:
    wrench = data["wrench_q"][row] * data["wrench_step"][:, None]
    wrench.flags.writeable = False
    contacts = ~np.isnan(data["contact_s"][row])
    return Trial(
        name=str(data["trial"][row]),
        subject=int(data["subject"][row]),
        sample_rate_Hz=float(data["sample_rate_Hz"]),
        wrench=wrench,
        speed_m_s=float(data["speed_m_s"][row]),
        mass_kg=float(data["mass_kg"][row]),
        stature_m=float(data["stature_m"][row]),
        label_R=str(data["label_R"][row]),
        label_L=str(data["label_L"][row]),
        contact_s=data["contact_s"][row][contacts],
        contact_side=data["contact_side"][row][contacts],
    )
