"""Units that force files come in, and how their headers spell them."""

import re
from collections.abc import Mapping

from daq.errors import FormatError

FORCE_N = {"N": 1.0, "kN": 1000.0, "lbf": 4.4482216152605, "kgf": 9.80665}
"""Newtons per unit of force. Body weights (BW) need a mass."""
LENGTH_m = {"mm": 1e-3, "cm": 1e-2, "m": 1.0, "dm": 0.1, "in": 0.0254}
MOMENT_Nm = {
    "Nm": 1.0, "Nmm": 1e-3, "Ncm": 1e-2, "kNm": 1000.0, "lbfin": 0.1129848290276167, "lbfft": 1.3558179483314004,
}  # fmt: skip
TIME_s = {"s": 1.0, "ms": 1e-3}
SPEED_m_s = {"m/s": 1.0, "km/h": 1 / 3.6, "mph": 0.44704}
BODY_WEIGHT = "BW"

TABLES: dict[str, Mapping[str, float]] = {
    "force": {**FORCE_N, BODY_WEIGHT: float("nan")}, "length": LENGTH_m, "moment": MOMENT_Nm, "time": TIME_s,
    "speed": SPEED_m_s,
}  # fmt: skip
"""Quantity → unit → SI units per unit."""
_SPELLED = {
    "newton": "N", "newtons": "N", "lb": "lbf", "lbs": "lbf", "pounds": "lbf", "kg": "kgf", "kilonewton": "kN",
    "bw": "BW", "bodyweight": "BW", "bodyweights": "BW", "xbw": "BW", "meter": "m", "meters": "m", "metres": "m",
    "millimeters": "mm", "millimetres": "mm", "inch": "in", "n.m": "Nm", "n*m": "Nm", "n-m": "Nm", "n·m": "Nm",
    "n.mm": "Nmm", "n*mm": "Nmm", "n-mm": "Nmm", "n·mm": "Nmm", "sec": "s", "secs": "s", "seconds": "s", "second": "s",
    "msec": "ms", "milliseconds": "ms", "mps": "m/s", "ms-1": "m/s", "m_s": "m/s", "kmh": "km/h", "kph": "km/h",
    "lbf.in": "lbfin", "lbf.ft": "lbfft", "lb-in": "lbfin", "lb-ft": "lbfft",
}  # fmt: skip


def unit_of(text: str, known: Mapping[str, float]) -> str:
    """Our spelling of a unit, empty if it is none of these.

    Args:
        text: As a file spells it.
        known: Units to choose from.

    Returns:
        A key of `known`, or "".
    """
    bare = text.strip().strip("[](){}").strip()
    if bare in known:
        return bare
    for name in known:
        if bare.lower() == name.lower():
            return name
    spelled = _SPELLED.get(bare.lower(), "")
    return spelled if spelled in known else ""


def split_unit(header: str) -> tuple[str, str]:
    """Take the unit off a header such as "Fz (kN)", "Fz [N]", "Fz_N" or "Fz, lbf".

    Args:
        header: A column's name.

    Returns:
        The name without the unit, and the unit as it stands there; "" for none.
    """
    text = header.strip()
    for pattern in (
        r"(.*?)\s*[\[({<]\s*([^\])}>]+?)\s*[\])}>]\s*", r"(.+?)_(m_s)", r"(.+?)(?:\s*[,;/]\s*|[_ ])(\S+)\s*",
    ):  # fmt: skip
        found = re.fullmatch(pattern, text)
        if found and any(unit_of(found[2], table) for table in TABLES.values()):
            return found[1].strip(" _"), found[2]
    return text, ""


def parse_units(texts: tuple[str, ...]) -> dict[str, str]:
    """Read what a person says of units, for example ("force=kN", "length=mm").

    Args:
        texts: Quantity and unit, or several with commas.

    Returns:
        Quantity → unit.

    Raises:
        FormatError: A quantity or unit is not known.
    """
    told: dict[str, str] = {}
    for text in (part for one in texts for part in one.split(",")):
        quantity, _, unit = text.partition("=")
        table = TABLES.get(quantity.strip())
        if table is None:
            raise FormatError("--units", expected=f"quantity=unit with one of {', '.join(TABLES)}", seen=text)
        ours = unit_of(unit, table)
        if not ours:
            raise FormatError("--units", expected=f"{quantity.strip()} in one of {', '.join(table)}", seen=unit or text)
        told[quantity.strip()] = ours
    return told
