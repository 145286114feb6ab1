"""Units of the step table's columns, as their names tell them."""

import re

ENDINGS = (
    ("_BW_s", "BW·s"), ("_m_s", "m/s"), ("_kN_m", "kN/m"), ("_deg", "°"), ("_ms", "ms"), ("_spm", "steps/min"),
    ("_BW", "BW"), ("_mm", "mm"), ("_pct", "%"), ("_N", "N"), ("_Nm", "N·m"), ("_m", "m"), ("_s", "s"),
)  # fmt: skip
"""Ending of a name, unit; the first that fits."""
_RATE = re.compile(r"(valr|vilr|unloading_rate|braking_loading_rate|two_mass_rate)(_\w+)?_BW_s")
"""Columns whose ending _BW_s is a rate."""
_NOT_TOLD = {"strike_index": "%", "two_mass_s": "", "two_mass_p": ""}


def stem_of_column(name: str) -> str:
    """A column's name without its unit."""
    return name.removesuffix(next((ending for ending, _ in ENDINGS if name.endswith(ending)), ""))


def unit_of(name: str) -> str:
    """Unit of a column.

    Args:
        name: Of the step table or a force table, `u_` or a belt's suffix included.

    Returns:
        The unit; empty for a ratio, a count, a class or a text.
    """
    base = re.sub(r"_[LR]$", "", name.removeprefix("u_"))
    if base in _NOT_TOLD:
        return _NOT_TOLD[base]
    if _RATE.fullmatch(base):
        return "BW/s"
    return next((unit for ending, unit in ENDINGS if base.endswith(ending)), "")
