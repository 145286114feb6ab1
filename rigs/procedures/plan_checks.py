"""What is asked of a plan before anything is loaded: values that somebody may mean, and loads that tell everything."""

from collections.abc import Iterator, Sequence

import numpy as np

from analysis.calibration_missing import missing_loads
from analysis.errors import AnalysisError
from daq.rig import Rig
from rigs.procedures.plan_loads import Plan, centres_m

LEAST_N = 20.0
"""Below, the cells' own noise is too much of a load."""
MOST_KG, MOST_PULL_N = 500.0, 3000.0
HEAVY_KG, HEAVY_PULL_KG = 120.0, 60.0
"""Nobody carries more by himself, or hangs more on a line: it may be newtons that were typed."""
MOST_U_MASS = 0.05
"""A mass known to no better than this share of it is not known."""
MOST_HEIGHT_MM, MOST_U_PLACE_MM = 2_000.0, 200.0


def check_plan(plan: Plan, rig: Rig) -> None:
    """Refuse a plan that cannot determine every component that the rig sees, before anything is loaded.

    Args:
        plan: The plan.
        rig: The rig.

    Raises:
        AnalysisError: Which load is missing.
    """
    if missing := lacking(plan, rig):
        raise AnalysisError(
            "plan of the calibration", expected="loads that determine everything the cells see",
            seen="; ".join(missing),
            next_step="--pull KG adds pulls, --masses more weights, --write-plan FILE a plan to edit.",
        )  # fmt: skip


def lacking(plan: Plan, rig: Rig) -> list[str]:
    """What a plan cannot determine.

    Args:
        plan: The plan.
        rig: The rig.

    Returns:
        One line per thing that is missing.
    """
    return missing_loads(rig.nominal_belts(), centres_m(rig), plan.known)


def plan_hints(plan: Plan) -> Iterator[str]:
    """What looks as if newtons had been given for kilograms, but may be meant.

    Args:
        plan: The plan.

    Yields:
        str: A remark.
    """
    g = plan.gravity_m_s2
    kinds = (
        ("mass", ("weight", "person"), HEAVY_KG, "Is it"),
        ("hanging mass", ("pull",), HEAVY_PULL_KG, "Is the pull"),
    )
    for what, kind, most_kg, asks in kinds:
        sizes = {round(float(np.linalg.norm(load.force_N)) / g, 6) for load in plan.known if load.kind in kind}
        for kg in sorted(size for size in sizes if size > most_kg):
            yield f"A {what} of {kg:.4g} kg: are these newtons? 1 kg weighs {g:.2f} N. {asks} {kg / g:.3g} kg?"


def check_values(
    masses_kg: Sequence[float],
    person_kg: float | None,
    pull: tuple[str, float | None],
    pole_N: float | None,
    gravity_m_s2: float,
) -> None:
    """Refuse loads that no one means.

    Args:
        masses_kg: What can be put on, kg.
        person_kg: Mass of a person, kg.
        pull: The option with which the pull was given, --pull or --pull-N, and its force, N.
        pole_N: Force of a pole, N.
        gravity_m_s2: Local gravity, m/s².

    Raises:
        AnalysisError: Which value, and its limits.
    """
    if not masses_kg:
        raise AnalysisError("--masses", expected="the masses at hand in kg, for example 5,10,20", seen="none")
    if not 9.76 <= gravity_m_s2 <= 9.84:
        raise AnalysisError("--gravity", expected="9.76 to 9.84 m/s², as on Earth", seen=f"{gravity_m_s2:g}")
    if len(set(masses_kg)) < len(masses_kg):
        raise AnalysisError("--masses", expected="every mass once", seen=", ".join(f"{mass:g}" for mass in masses_kg))
    for mass in masses_kg:
        _kilograms("--masses", mass, LEAST_N / gravity_m_s2, MOST_KG, gravity_m_s2)
    if person_kg is not None:
        _kilograms("--person", person_kg, 20.0, MOST_KG, gravity_m_s2)
    option, pull_N = pull
    if pull_N is not None and option == "--pull":
        _kilograms(option, pull_N / gravity_m_s2, LEAST_N / gravity_m_s2, MOST_PULL_N / gravity_m_s2, gravity_m_s2)
    for name, force in ((option, None if option == "--pull" else pull_N), ("--pole-N", pole_N)):
        if force is not None:
            within(name, force, LEAST_N, MOST_PULL_N, "N")


def _kilograms(name: str, mass_kg: float, least_kg: float, most_kg: float, gravity_m_s2: float) -> None:
    within(name, mass_kg, least_kg, most_kg, "kg", f"{mass_kg / gravity_m_s2:.3g} kg weigh {mass_kg:.4g} N")


def within(name: str, value: float, least: float, most: float, unit: str, hint: str = "") -> None:
    """Refuse a value beyond its limits, or no number at all.

    Args:
        name: The option.
        value: Its value.
        least: The least, …
        most: … and the most that it may be.
        unit: Unit of all three.
        hint: What it may have been, if it is too large.

    Raises:
        AnalysisError: It is beyond them.
    """
    if not least <= value <= most:
        raise AnalysisError(
            name, expected=f"{least:.3g} to {most:.4g} {unit}", seen=f"{value:g}",
            next_step="Check the unit." + (f" {hint}." if hint and value > most else ""),
        )  # fmt: skip
