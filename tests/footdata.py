"""Where the real runners' feet stood, by their markers. Origin and licence: tests/data/fukuchi2017_feet.SOURCE."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Feet:
    """The feet of one ten-second trial, one entry per contact, in the order of `Trial.contact_s` of `realdata`."""

    name: str
    """For example "RBDS002_T25"."""
    shoe_length_m: float
    """From the published shoe size, m."""
    label: dict[str, str]
    """Published strike pattern by side, "R" and "L"."""
    contact_s: Floats
    """(k,) middle of the contact, s from the excerpt's start."""
    side: NDArray[np.str_]
    """(k,) "R" or "L"."""
    heel_m: Floats
    """(k,) place of the flat foot's heel marker, carried with the belt to the time `contact_s`, m forward."""
    heel_y_m: Floats
    """(k,) its place to the left, m."""
    mt1_m: Floats
    """(k,) as `heel_m`, first metatarsal head; NaN where the marker was lost."""
    mt5_m: Floats
    """(k,) as `heel_m`, fifth metatarsal head."""
    strike_angle_deg: Floats
    """(k,) sagittal angle of the foot at touchdown, counted from flat; + is heel first."""
    foot_speed_m_s: Floats
    """(k,) speed of the flat foot, which is the belt's."""


@cache
def feet() -> dict[str, Feet]:
    """The feet of all 39 trials by trial name."""
    with np.load(Path(__file__).parent / "data" / "fukuchi2017_feet.npz") as file:
        data = dict(file)
    return {str(name): _feet(data, row) for row, name in enumerate(data["trial"])}


def _feet(data: dict[str, NDArray], row: int) -> Feet:
    there = ~np.isnan(data["contact_s"][row])
    names = ("heel_m", "heel_y_m", "mt1_m", "mt5_m", "strike_angle_deg", "foot_speed_m_s")
    return Feet(
        name=str(data["trial"][row]),
        shoe_length_m=float(data["shoe_length_m"][row]),
        label={"R": str(data["label_R"][row]), "L": str(data["label_L"][row])},
        contact_s=data["contact_s"][row][there],
        side=data["side"][row][there],
        **{name: data[name][row][there].astype(np.float64) for name in names},
    )
