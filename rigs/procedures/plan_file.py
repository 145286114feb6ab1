"""The plan of a calibration as a TOML file that a maker edits; units are part of the key names."""

import re
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field, ValidationError

from analysis.calibration import KnownLoad
from daq.errors import FormatError
from daq.rig import Rig
from daq.rig_errors import Problem, problems_of
from daq.rig_schema import PointXY, Table
from rigs.procedures.plan_loads import (
    DIRECTIONS,
    PLACES,
    STANDARD_GRAVITY_M_S2,
    U_MASS_KG,
    U_PERSON_KG,
    U_PERSON_PLACE_MM,
    U_PLACE_MM,
    U_POLE_PCT,
    U_PULL_PCT,
    Plan,
    Surface,
    direction_of,
    pull_words,
    push,
    surfaces,
    weight,
)

MOST_BYTES = 1_000_000
HEAD = """\
# Plan of a calibration. Every [[loads]] is one reading, in this order; "empty = true" reads the empty belt.
# Places are [x, y] in mm from the rig's origin, as position_mm in the rig file: +x forward, +y left.
# kind: weight (the default), person, pull, pole. A pull has force_N (or mass_kg hanging over a pulley), and the
# direction in which it takes the machine: forward, backward, left, right. A pole pressed straight down has force_N;
# one that leans has force_x_N, force_y_N and force_z_N, the force on whoever holds it.
"""


class Row(Table):
    """One reading of the plan."""

    empty: bool = False
    """The empty belt; then nothing else is said."""
    kind: Literal["weight", "person", "pull", "pole"] = "weight"
    """What makes the force."""
    mass_kg: float | None = Field(default=None, ge=1, le=500)
    """Mass, kg; of a pull, what hangs on the line."""
    u_mass_kg: float | None = Field(default=None, ge=0, le=5)
    """Standard uncertainty of the mass, kg."""
    force_N: float | None = Field(default=None, ge=5, le=5_000)
    """Size of a pull, or of the push of a pole straight down, N."""
    force_x_N: float | None = Field(default=None, ge=-5_000, le=5_000)
    """Force on whoever holds the pole, N: forward, …"""
    force_y_N: float | None = Field(default=None, ge=-5_000, le=5_000)
    """… to the left, …"""
    force_z_N: float | None = Field(default=None, ge=-5_000, le=5_000)
    """… and up."""
    u_force_pct: float | None = Field(default=None, ge=0, le=20)
    """Standard uncertainty of the force, % of it."""
    direction: Literal["forward", "backward", "left", "right"] | None = None
    """Where a pull takes the machine."""
    place_mm: PointXY | None = None
    """Where, [x, y], mm; may be left out for one of the nine places."""
    u_place_mm: float | None = Field(default=None, ge=0, le=200)
    """Standard uncertainty of x and of y, mm."""
    height_mm: float = Field(default=0.0, ge=-2_000, le=2_000)
    """Height of a pull above the belt's surface, mm."""
    place: str | None = Field(default=None, min_length=1, max_length=64)
    """Name of the place."""
    belt: Literal["L", "R"] | None = None
    """Belt, on a split belt."""
    series: Literal["up", "down"] | None = None
    """Part of an ascending or a descending series."""


class PlanFile(Table):
    """A whole plan."""

    format: Literal[1]
    """Version of this format."""
    gravity_m_s2: float = Field(default=STANDARD_GRAVITY_M_S2, ge=9.76, le=9.84)
    """Local gravity, m/s²."""
    loads: Annotated[tuple[Row, ...], Field(strict=False)]
    """The readings in order."""


def read_plan(path: Path, rig: Rig) -> Plan:
    """Read a plan, or say everything that is wrong with it at once.

    Args:
        path: The file.
        rig: The rig that it is for.

    Returns:
        The plan.

    Raises:
        FormatError: It cannot be read, its keys are not those of a plan, or a load cannot be put on this rig.
    """
    try:
        if path.stat().st_size > MOST_BYTES:
            raise FormatError(str(path), expected="a text file of a few kilobytes", seen="a large one")
        data = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise FormatError(str(path), expected="a plan", seen=error.strerror or str(error)) from None
    except (ValueError, RecursionError) as error:
        raise FormatError(str(path), expected="a plan in TOML", seen=str(error)) from None
    try:
        file = PlanFile.model_validate(data)
    except ValidationError as error:
        raise FormatError(**_told(path, problems_of(error, PlanFile, data))) from None
    loads, problems = _loads(file, surfaces(rig))
    if problems:
        raise FormatError(**_told(path, problems))
    return Plan(tuple(loads), file.gravity_m_s2)


def _told(path: Path, problems: Sequence[Problem]) -> dict[str, str]:
    """The parts of the error that tells all of them."""
    first = problems[0]
    more = "".join(f"\n  {p.key}: expected {p.expected}, saw {p.seen}. {p.hint}".rstrip() for p in problems[1:])
    next_step = (first.hint + (f"\n  Further:{more}" if more else "")).strip()
    return {"where": f"{path}, {first.key}", "expected": first.expected, "seen": first.seen, "next_step": next_step}


def _loads(file: PlanFile, belts: Sequence[Surface]) -> tuple[list[KnownLoad | None], list[Problem]]:
    loads: list[KnownLoad | None] = []
    problems: list[Problem] = []
    for number, row in enumerate(file.loads):
        found = list(_problems(row, belts))
        problems += [Problem(f"loads[{number}].{key}", expected, seen, hint) for key, expected, seen, hint in found]
        if not found:
            loads.append(None if row.empty else _load(row, file.gravity_m_s2, belts))
    if not problems and not any(load is not None for load in loads):
        problems.append(Problem("loads", "at least one load", "none"))
    return loads, problems


def _problems(row: Row, belts: Sequence[Surface]) -> list[tuple[str, str, str, str]]:
    """What is wrong with a row: key, expected, seen, hint."""
    given = row.model_fields_set - {"empty"}
    if row.empty:
        return [("empty", "nothing else beside it", ", ".join(sorted(given)), "")] if given else []
    found = list(_force_problems(row, given))
    surface = _surface(row, belts)
    if surface is None:
        names = " or ".join(f'"{belt.belt}"' for belt in belts if belt.belt)
        found.append(("belt", names or "no belt on a rig that has one", f'"{row.belt}"' if row.belt else "nothing", ""))
        return found
    if row.place_mm is None and row.place not in PLACES:
        found.append(
            ("place_mm", "[x, y] in mm", "nothing", f"Only these have a place of their own: {', '.join(PLACES)}.")
        )
    elif row.place_mm is not None and row.kind != "pull" and not surface.holds(row.place_mm):
        length, width = surface.size_mm
        x, y = surface.centre_mm
        found.append((
            "place_mm", f"a place on the surface, {x:g} ± {length / 2:g} and {y:g} ± {width / 2:g}",
            f"[{row.place_mm[0]:g}, {row.place_mm[1]:g}]", "1 in is 25.4 mm, 1 m is 1000 mm.",
        ))  # fmt: skip
    return found


def _force_problems(row: Row, given: set[str]) -> list[tuple[str, str, str, str]]:
    vector = {"force_x_N", "force_y_N", "force_z_N"} & given
    sizes = sorted({"mass_kg", "force_N"} & given) + (["force_x_N, force_y_N, force_z_N"] if vector else [])
    allowed = {"weight": ["mass_kg"], "person": ["mass_kg"], "pull": ["force_N", "mass_kg"],
               "pole": ["force_N", "force_x_N, force_y_N, force_z_N"]}[row.kind]  # fmt: skip
    found = []
    if len(sizes) != 1 or sizes[0] not in allowed:
        hint = "1 kg weighs 9.80665 N." if sizes and row.kind in {"weight", "person"} else ""
        found.append((allowed[0], " or ".join(allowed), " and ".join(sizes) or "nothing", hint))
    elif vector and len(vector) != 3:
        found.append(("force_x_N", "all of force_x_N, force_y_N and force_z_N", ", ".join(sorted(vector)), ""))
    if (row.kind == "pull") != (row.direction is not None):
        found.append(("direction", "a direction" if row.kind == "pull" else "none but for a pull",
                      row.direction or "nothing", ""))  # fmt: skip
    return found


def _surface(row: Row, belts: Sequence[Surface]) -> Surface | None:
    return next((surface for surface in belts if surface.belt == (row.belt or "")), None)


def _or(value: float | None, default: float) -> float:
    return default if value is None else value


def _load(row: Row, gravity_m_s2: float, belts: Sequence[Surface]) -> KnownLoad:
    surface = _surface(row, belts)
    assert surface is not None  # else it was told
    name = row.place or _place_name(row.place_mm or (0.0, 0.0))
    place_mm = row.place_mm or surface.place_mm(name)
    if row.kind in {"weight", "person"}:
        person = row.kind == "person"
        return weight(
            surface, name, _or(row.mass_kg, 0.0), gravity_m_s2, place_mm=place_mm, kind=row.kind,
            u_mass_kg=_or(row.u_mass_kg, U_PERSON_KG if person else U_MASS_KG), series=row.series or "",
            u_place_mm=_or(row.u_place_mm, U_PERSON_PLACE_MM if person else U_PLACE_MM),
        )  # fmt: skip
    force = _force(row, gravity_m_s2)
    size = float(np.linalg.norm(force))
    u_mass_pct = 100.0 * _or(row.u_mass_kg, 0.0) / row.mass_kg if row.mass_kg else 0.0
    u_pct = float(np.hypot(_or(row.u_force_pct, U_PULL_PCT if row.kind == "pull" else U_POLE_PCT), u_mass_pct))
    label = pull_words(row.direction, size, gravity_m_s2) if row.direction else f"{size:.4g} N"
    return push(
        surface, name, force, kind=row.kind, label=label, u_pct=u_pct, u_place_mm=_or(row.u_place_mm, U_PLACE_MM),
        place_mm=place_mm, height_mm=row.height_mm,
    )  # fmt: skip


def _force(row: Row, gravity_m_s2: float) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Force on whoever makes it, N."""
    if row.force_x_N is not None:
        return np.array([row.force_x_N, _or(row.force_y_N, 0.0), _or(row.force_z_N, 0.0)])
    size = row.force_N if row.force_N is not None else _or(row.mass_kg, 0.0) * gravity_m_s2
    return size * np.array(DIRECTIONS[row.direction or "down"], np.float64)


def _place_name(place_mm: Sequence[float]) -> str:
    return f"x {place_mm[0]:g}, y {place_mm[1]:g} mm"


def plan_text(plan: Plan) -> str:
    """Write a plan as `read_plan` reads it.

    Args:
        plan: The plan.

    Returns:
        TOML.
    """
    rows = ["[[loads]]\nempty = true\n" if load is None else _row_text(load, plan.gravity_m_s2) for load in plan.loads]
    return f"{HEAD}format = 1\ngravity_m_s2 = {plan.gravity_m_s2:g}\n\n" + "\n".join(rows)


def _row_text(load: KnownLoad, gravity_m_s2: float) -> str:
    u_place_mm = 1e3 * load.u_point_m[0]
    place = re.sub(r" of the (left|right) belt$", "", load.place)
    lines = [
        "[[loads]]",
        *([f'kind = "{load.kind}"'] if load.kind != "weight" else []),
        *_force_lines(load, gravity_m_s2),
        f"place_mm = [{1e3 * load.point_m[0]:.6g}, {1e3 * load.point_m[1]:.6g}]",
        f"u_place_mm = {u_place_mm:.6g}",
        *([f"height_mm = {1e3 * load.point_m[2]:.6g}"] if load.kind == "pull" else []),
        f'place = "{place}"',
        *([f'belt = "{load.belt}"'] if load.belt else []),
        *([f'series = "{load.series}"'] if load.series else []),
    ]
    return "\n".join(lines) + "\n"


def _force_lines(load: KnownLoad, gravity_m_s2: float) -> list[str]:
    if load.kind in {"weight", "person"}:
        mass, u_mass = load.force_N[2] / gravity_m_s2, load.u_force_N[2] / gravity_m_s2
        return [f"mass_kg = {mass:.9g}", f"u_mass_kg = {u_mass:.6g}"]
    direction = direction_of(load.force_N)
    size, along = float(np.linalg.norm(load.force_N)), int(np.argmax(np.abs(load.force_N)))
    u_pct = f"u_force_pct = {100.0 * load.u_force_N[along] / abs(load.force_N[along]):.6g}"
    if direction == "down" and load.kind == "pole":
        return [f"force_N = {size:.9g}", u_pct]
    if load.kind == "pull":
        return [f"force_N = {size:.9g}", u_pct, f'direction = "{direction}"']
    return [*(f"force_{axis}_N = {force:.9g}" for axis, force in zip("xyz", load.force_N, strict=True)), u_pct]
