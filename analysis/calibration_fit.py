"""The read-out that known loads support: the nominal one, corrected.

A rigid machine has more cells than a load on the belt has components, and the readings of all loads lie in a space of
only so many dimensions. So loads cannot determine six by eight coefficients, but they do determine how the components
that the nominal read-out tells must be put right: T = R·y, with y of all belts stacked, so that what one belt's load
does to the other is taken out too. Collins et al. (2009) re-calibrate treadmills like that.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.calibration import Reading
from analysis.calibration_design import AGAIN, Centres, Stack, error_factors, said, stack_of
from analysis.calibration_error import ReadOutError
from analysis.calibration_missing import missing_loads
from analysis.calibration_quality import Evidence, Quality, assess
from analysis.calibration_solve import Design, Solution, deviations, inflation, log_likelihood, solve
from analysis.errors import AnalysisError
from analysis.wrench import FZ, Belt

Floats = NDArray[np.float64]

OUTLYING = 4.5
"""Standard deviations beyond which a load does not belong to the others: once in 8,000 healthy calibrations."""
ANSWER = (0.2, 5.0)
"""A component that answers with less or more than this share of what is put on is not badly scaled but broken …"""
SILENT = 0.01
"""… and with less than this it says nothing at all."""
ALIKE = 1e5
"""Condition number above which readings do not tell the components apart."""


@dataclass(frozen=True)
class Fit:
    """A calibration: the read-out of every belt, and how well it is known."""

    matrices: Floats
    """(B, 6, C) read-out of each belt, N and N·m per count about its centre; rows that cannot be seen are zero."""
    observable: tuple[frozenset[str], ...]
    """Components that each belt's cells see."""
    directions: tuple[Floats, ...]
    """Per belt (d, 6, 6), as in `Belt.directions`."""
    components: tuple[str, ...]
    """(m,) of the stacked correction: "Fz", or "L.Fz" on a split belt."""
    correction: Floats
    """(m, m) R: the nominal read-out is multiplied by it; SI units."""
    covariance: Floats
    """(m·m, m·m) covariance of R row by row (`correction.ravel()`), errors that showed in the residuals included."""
    condition: float
    """Condition number of the weighted design with columns of unit length."""
    residual: Floats
    """(n, 6) said − read of every reading, N and N·m about its belt's centre; NaN where not observable."""
    quality: Quality
    """What the certificate says."""
    inflation: Floats
    """(m,) χ² per degree of freedom of each component, at least 1: by how much its variance was raised."""
    deviation: Floats
    """(n,) how far each reading is from what all others say of it, in standard deviations; NaN if unused."""
    outlying: tuple[int, ...]
    """Readings too far from the others to belong to them, worst first."""


def fit_calibration(belts: Sequence[Belt], centres_m: Centres, readings: Sequence[Reading]) -> Fit:
    """Find the read-out that known loads support, and how well it is known.

    Args:
        belts: The belts with their nominal read-outs.
        centres_m: Centre of each belt in the rig's frame, (x, y), m.
        readings: What the cells said; those that are not accepted stay out of the fit.

    Returns:
        The calibration.

    Raises:
        AnalysisError: The loads do not determine a component, or a component does not answer to them.
    """
    used = np.array([reading.accepted for reading in readings], np.bool_)
    loads = tuple(reading.load for reading in readings)
    accepted = tuple(reading.load for reading in readings if reading.accepted)
    if lacking := missing_loads(belts, centres_m, accepted):
        raise AnalysisError("calibration", **_refusal(lacking))
    stack = stack_of(belts)
    designs = [_design(stack, centres_m, readings, again) for again in AGAIN]
    solutions = [_solved(stack, design.without(~used)) for design in designs]
    likeliest = int(np.argmax([log_likelihood(solution) for solution in solutions]))
    design, solution = designs[likeliest], solutions[likeliest]
    chosen = design.without(~used)
    raised = inflation(solution)
    correction, covariance = _in_si(stack, solution, raised)
    error = ReadOutError(stack, correction, covariance)
    evidence = Evidence(stack, centres_m, accepted, chosen, solution.correction)
    every = Evidence(stack, centres_m, loads, design, solution.correction)
    deviation = np.full(len(readings), np.nan)
    deviation[used], aside = deviations(solution, chosen.read, OUTLYING)
    return Fit(
        matrices=_matrices(stack, correction @ stack.nominal),
        observable=tuple(belt.observable for belt in belts),
        directions=tuple(error.directions(b) for b in range(len(belts))),
        components=stack.names,
        correction=correction,
        covariance=covariance,
        condition=solution.condition,
        residual=every.said - every.read(),
        quality=assess(evidence, error, solution.condition, _noise_N(stack, chosen)),
        inflation=raised,
        deviation=deviation,
        outlying=tuple(int(i) for i in np.flatnonzero(used)[aside]),
    )


def _refusal(lacking: list[str]) -> dict[str, str]:
    """Parts of the message about loads that are missing: "what: what to add"."""
    what, add = zip(*(text.rpartition(": ")[::2] if ": add " in text else (text, "") for text in lacking), strict=True)
    steps = [step[0].upper() + step[1:] + "." for step in dict.fromkeys(add) if step]
    return {
        "expected": "loads that tell every component that the cells can see",
        "seen": "; ".join(what),
        "next_step": " ".join(steps) or "Take more of the planned loads.",
    }


def _design(stack: Stack, centres_m: Centres, readings: Sequence[Reading], again: float) -> Design:
    """Loads and readings in units of a runner's wrench."""
    loads = [reading.load for reading in readings]
    net, u_counts = (np.array([getattr(reading, name) for reading in readings]) for name in ("net", "u_counts"))
    unit = stack.scale
    nominal = stack.nominal / unit[:, np.newaxis]
    factors = error_factors(stack, centres_m, loads, again)
    return Design(
        said(stack, centres_m, loads) / unit,
        net @ nominal.T,
        factors / unit[:, np.newaxis],
        nominal * u_counts[:, np.newaxis, :],
    )


def _solved(stack: Stack, design: Design) -> Solution:
    """The solution, if every component answers as it should, and not only when another does."""
    size = np.linalg.norm(design.read, axis=0)
    answer = size / np.linalg.norm(design.said, axis=0)
    if (answer > SILENT).all():
        if np.linalg.cond(design.read / size) > ALIKE:
            raise AnalysisError(
                "calibration",
                expected="cells that tell the components apart",
                seen="some that always read alike",
                next_step="Check the cells' plugs and channels: two channels may be wired in parallel.",
            )
        solution = solve(design)
        answer = np.diag(np.linalg.pinv(solution.correction))
        if ((answer > ANSWER[0]) & (answer < ANSWER[1])).all():
            return solution
    worst = int(np.argmin(answer)) if answer.min() <= ANSWER[0] else int(np.argmax(answer))
    raise AnalysisError(
        f"calibration, {stack.names[worst]}",
        expected="cells that answer to what is put on",
        seen=f"an answer of {100.0 * answer[worst]:.0f} % by the nominal read-out",
        next_step="Check channel, axis, sign, capacity_N and sensitivity_mV_per_V of the cells in the rig file,"
        " and their plugs.",
    )


def _in_si(stack: Stack, solution: Solution, raised: Floats) -> tuple[Floats, Floats]:
    """R and its covariance in N and N·m, raised by what the residuals say."""
    unit = np.outer(stack.scale, 1.0 / stack.scale)
    up = np.repeat(np.sqrt(raised), len(raised))
    covariance = solution.covariance * np.outer(up, up)
    return solution.correction * unit, covariance * np.outer(unit, unit)


def _matrices(stack: Stack, rows: Floats) -> Floats:
    """Rows (m, C) of the stack as (B, 6, C)."""
    out = np.zeros((len(stack.belts), 6, rows.shape[1]))
    out[stack.belt, stack.row] = rows
    return out


def _noise_N(stack: Stack, design: Design) -> float:
    """Standard uncertainty of a reading's vertical force, root mean square over readings and belts, N."""
    vertical = stack.row == FZ
    square = (design.noise[:, vertical] ** 2).sum(axis=2) * stack.scale[vertical] ** 2
    return float(np.sqrt(square.mean()))
