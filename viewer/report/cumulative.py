"""What adds up over the way: contacts, vertical impulse and loading rate per kilometre.

Each is a ratio of sums over the same steps, Σ value / Σ step length, so steps that were left out do not make it
smaller; it is not the sum over the session unless all of that was recorded and valid.
"""

import math
from dataclasses import dataclass

import numpy as np

from viewer.report.material import Material
from viewer.report.tables import expanded
from viewer.report.words import number

KM_M = 1000.0
LENGTH = "step_length_m"


@dataclass(frozen=True)
class Load:
    """One load per kilometre."""

    name: str
    """Key for programs: "contacts", "impulse" or "loading_rate"."""
    what: str
    """Its name for people."""
    value: float
    """Per kilometre."""
    text: str
    """The same for people."""
    sure: str
    """Expanded uncertainty; a dash if it is not known."""
    unit: str
    """Its unit."""
    steps: int
    """Steps that it rests on."""
    doubt: str = ""
    """Why it is in doubt; empty if it is not."""


_LOADS = (
    ("contacts", "Contacts", None, "contacts/km", 0),
    ("impulse", "Vertical impulse, Σ Jz", "vertical_impulse_BW_s", "BW·s/km", 1),
    ("loading_rate", "Average loading rate, Σ VALR", "valr_BW_s", "(BW/s)/km", 0),
)


def cumulative(material: Material) -> list[Load]:
    """Loads per kilometre.

    Args:
        material: The session.

    Returns:
        Those that can be told; none without the belt's speed.
    """
    found = [_load(material, *kind) for kind in _LOADS]
    return [load for load in found if load is not None]


def distance_km(material: Material) -> float:
    """Way of the belt over the valid steps, km."""
    lengths = material.table[LENGTH][material.table["valid"]]
    return float(np.nansum(lengths)) / KM_M


def _load(material: Material, name: str, what: str, column: str | None, unit: str, decimals: int) -> Load | None:
    table, summary = material.table, material.results["summary"]
    both = table["valid"] & ~np.isnan(table[LENGTH])
    values = np.ones(table.rows) if column is None else table[column]
    both &= ~np.isnan(values)
    if not both.any() or float(table[LENGTH][both].sum()) <= 0.0:
        return None
    value = float(values[both].sum() / table[LENGTH][both].sum()) * KM_M
    used = (LENGTH,) if column is None else (column, LENGTH)
    parts = [summary[one] for one in used]
    known = [part["u"] / abs(part["mean"]) for part in parts if part["u"] is not None and part["mean"]]
    u = value * math.hypot(*known) if len(known) == len(parts) else None
    doubt = next((str(why) for one in used if (why := material.results["doubtful"].get(one))), "")
    return Load(name, what, value, number(value, decimals), expanded(u, unit), unit, int(both.sum()), doubt)
