"""What the columns of a table of forces mean, by their names: ours, OpenSim's, Qualisys', and what is usual."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from daq.errors import FormatError
from daq.formats.import_units import TABLES, split_unit, unit_of
from daq.nearest import nearest

_WORDS = {
    "F": ("f", "v", "grf", "force", "fp"), "M": ("m", "moment", "mom"), "T": ("t", "torque", "free", "freemoment"),
    "cop": ("cop", "p", "cofp", "pressure", "a"),
}  # fmt: skip
"""Role → how its names begin, or which word stands beside the axis."""
_ROLE = {word: role for role, words in _WORDS.items() for word in words}
_SIDES = {"l": "L", "left": "L", "lt": "L", "links": "L", "r": "R", "right": "R", "rt": "R", "rechts": "R"}
_TIME = {"time", "times", "t", "zeit", "seconds", "sec", "ms", "milliseconds"}
_SPEED = {"speed", "velocity", "beltspeed", "treadmillspeed"}
_COMPANY = {
    "force",
    "forces",
    "grf",
    "cop",
    "ground",
    "fp",
    "plate",
    "forceplate",
    "platform",
    "treadmill",
    "belt",
    "moment",
}
QUANTITY = {"F": "force", "M": "moment", "T": "moment", "cop": "length", "time": "time", "speed": "speed"}
"""Role → the quantity that its unit is of."""
OURS = {
    "time_s": ("time", ""), "belt_speed_m_s": ("speed", ""), "Tz_Nm": ("T", "z"),
    **{f"F{axis}_N": ("F", axis) for axis in "xyz"}, **{f"M{axis}_Nm": ("M", axis) for axis in "xyz"},
    **{f"cop{axis}_m": ("cop", axis) for axis in "xyz"},
}  # fmt: skip
"""Our names, and what they mean."""
_UNIT_OF_OURS = {"F": "N", "M": "Nm", "T": "Nm", "cop": "m", "time": "s", "speed": "m/s"}


@dataclass(frozen=True)
class Column:
    """What one column means."""

    number: int
    """From 0."""
    header: str
    """As in the file."""
    role: str
    """"F", "M", "T" (free moment), "cop", "time" or "speed"."""
    axis: str
    """"x", "y" or "z"; empty for time and speed."""
    group: str
    """Which belt, platform or foot: "L", "R", a number as text, or "" for the only one."""
    unit: str
    """Our spelling of its unit; empty if nobody says."""
    ours: bool
    """Whether its name says that x is forward, y left and z up."""

    @property
    def meaning(self) -> str:
        """Role, axis and group in one word, for example "Fz_L"."""
        return f"{self.role}{self.axis}" + (f"_{self.group}" if self.group else "")


def find_columns(header: Sequence[str], units: Sequence[str], mapped: Mapping[str, str], where: str) -> list[Column]:
    """Tell the columns.

    Args:
        header: Names of all columns.
        units: Their units where those stand in a line of their own.
        mapped: Their header → our name, as a person says it.
        where: The file.

    Returns:
        The columns that mean something, each meaning once.

    Raises:
        FormatError: A mapped column is not there, our name of it is unknown, or two columns mean the same.
    """
    for theirs in mapped:
        if theirs not in header:
            near = nearest(theirs, list(header))
            raise FormatError(where, expected=f"a column {theirs!r}, as mapped", seen=", ".join(header)[:200],
                              next_step=f"Did you mean {near}?" if near else "")  # fmt: skip
    found: list[Column] = []
    for number, name in enumerate(header):
        column = _mapped(number, name, mapped[name], where) if name in mapped else _guessed(number, name)
        if column is not None:
            own_line = unit_of(units[number], TABLES[QUANTITY[column.role]]) if number < len(units) else ""
            found.append(column if column.unit or not own_line else _with_unit(column, own_line))
    taken = {(column.role, column.axis, column.group) for column in found if column.header in mapped}
    kept = [c for c in found if c.header in mapped or (c.role, c.axis, c.group) not in taken]
    return _once(kept, where)


def _with_unit(column: Column, unit: str) -> Column:
    return Column(column.number, column.header, column.role, column.axis, column.group, unit, column.ours)


def _mapped(number: int, name: str, ours: str, where: str) -> Column:
    bare, group = (ours[:-2], ours[-1]) if ours.endswith(("_L", "_R")) else (ours, "")
    short = {full.split("_")[0]: full for full in OURS} | {"belt_speed": "belt_speed_m_s"}
    full = short.get(bare, bare)
    if full not in OURS:
        known = f"{', '.join(OURS)}; with _L or _R for two belts"
        raise FormatError(where, expected=f"a map onto one of {known}", seen=f"{name}={ours}")
    role, axis = OURS[full]
    told = unit_of(split_unit(name)[1], TABLES[QUANTITY[role]])
    # Fz without a unit says what the column is, Fz_N also that it is in newtons, unless its own name says otherwise.
    return Column(number, name, role, axis, group, told or ("" if bare != full else _UNIT_OF_OURS[role]), True)


def _guessed(number: int, name: str) -> Column | None:
    bare, group = (name[:-2], name[-1]) if name.endswith(("_L", "_R")) else (name, "")
    if bare in OURS:
        role, axis = OURS[bare]
        return Column(number, name, role, axis, group, _UNIT_OF_OURS[role], True)
    plain, unit = split_unit(name)
    tokens = re.findall(r"[a-z]+|\d+", re.sub(r"(?<=[a-z])(?=[A-Z])", "_", plain).lower())
    meaning = _meaning(tokens)
    if meaning is None:
        return None
    role, axis, rest = meaning
    group = next((_SIDES[token] for token in rest if token in _SIDES), next((t for t in rest if t.isdigit()), ""))
    return Column(number, name, role, axis, group, unit_of(unit, TABLES[QUANTITY[role]]), False)


def _meaning(tokens: list[str]) -> tuple[str, str, list[str]] | None:
    """Role, axis and what is left of a name cut into words and numbers."""
    joined = "".join(tokens)
    if joined in _TIME:
        return "time", "", []
    if joined in _SPEED:
        return "speed", "", []
    for place, token in enumerate(tokens):
        if len(token) > 1 and token[-1] in "xyz" and token[:-1] in _ROLE and _weighty(token[:-1], tokens):
            return _ROLE[token[:-1]], token[-1], tokens[:place] + tokens[place + 1 :]
    words = [token for token in tokens if token in _ROLE and len(token) > 1] or [t for t in tokens if t in "fm"]
    axes = [token for token in tokens if token in {"x", "y", "z"}]
    if words and len(axes) == 1:
        last = words[-1]
        return _ROLE[last], axes[0], [token for token in tokens if token not in {last, axes[0]}]
    return None


def _weighty(word: str, tokens: list[str]) -> bool:
    """Whether "vx", "px" or "tx" mean force, place and torque: "fx" always, the others only in the right company."""
    if word in {"v", "p", "a"}:
        return bool(_COMPANY & set(tokens)) or (word in "pa" and len(tokens) <= 2)
    if word in {"m", "t"}:
        others = {token for token in tokens if not token.isdigit() and token[:-1] != word}
        return others <= _COMPANY | set(_SIDES)
    return True


def _once(columns: list[Column], where: str) -> list[Column]:
    seen: dict[tuple[str, str, str], Column] = {}
    for column in columns:
        key = (column.role, column.axis, column.group)
        if key in seen:
            pair = f"{seen[key].header!r} and {column.header!r}"
            raise FormatError(where, expected="one column for each meaning", seen=f"{pair} alike",
                              next_step=f"Say which: --map '{column.header}=…'.")  # fmt: skip
        seen[key] = column
    return columns
