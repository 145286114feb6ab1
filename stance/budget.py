"""The uncertainty budget of one metric, as a table for the terminal."""

from collections.abc import Iterator, Mapping
from math import hypot, sqrt
from typing import Any

from daq.errors import FormatError
from daq.nearest import nearest
from daq.results import Results

REMEDIES: Mapping[str, str] = {
    "calibration": "more loads at more places: stance calibrate",
    "noise": "calmer cables, mounts and drive; a stiffer deck; the mean of more steps",
    "own estimate": "noise, fit and model together, as the metric tells it itself; the mean of more steps",
    "deck": "a tap test: stance tap; or a stiffer deck",
    "belt speed": "a belt sensor; with one, its length checked: stance belt",
    "body weight": "a better scale, and u_mass_kg in the subject file",
    "clock": "nothing: it is a crystal's tolerance",
    "braking model": "cells that feel fore-aft force, or a belt that lies lower above the cells",
    "steps": "more steps at the same speed",
}
"""What would make each source smaller."""
SHOWN = 1e-6
"""A source with a smaller share than this, of a step and of the mean, is not worth a line."""
THRESHOLDS = ("contact_time_20N_ms", "contact_time_ms")
"""Contact times of which the difference tells what another threshold makes."""


def budget_of(results: Results, metric: str) -> dict[str, Any]:
    """One metric's budget for programs.

    Args:
        results: Of an analysis.
        metric: Name of a column.

    Returns:
        "budget" and "mean": standard uncertainty of a step and of the mean by source; "bias": what noise adds.

    Raises:
        FormatError: There is no such metric in the session.
    """
    told = results["uncertainty"]
    if metric not in told["budget"]:
        near = nearest(metric, told["budget"])
        reason = results["missing"].get(metric, "no metric of this session")
        step = f"Did you mean {near}?" if near else "`stance analyze SESSION --json` lists them."
        raise FormatError(metric, expected="a metric that this session has", seen=reason, next_step=step)
    return {"budget": told["budget"][metric], "mean": told["mean"].get(metric, {}), "bias": told["bias"].get(metric)}


def budget_lines(results: Results, metric: str) -> Iterator[str]:
    """Print-ready lines of one metric's budget.

    Args:
        results: Of an analysis.
        metric: Name of a column. A FormatError says that the session has no such metric.

    Yields:
        str: The lines.
    """
    parts = budget_of(results, metric)
    steps, means = parts["budget"], parts["mean"]
    summary = results["summary"][metric]
    yield f"{metric}: mean {summary['mean']:.5g} over {summary['n']} steps, protocol {results['protocol']}"
    yield f"calibration: {results['uncertainty']['calibration']}"
    yield f"{'source':16s} {'u of a step':>12s} {'share':>7s} {'u of the mean':>14s}  what would make it smaller"
    whole = _root(steps)
    least, least_mean = SHOWN * whole, SHOWN * _root(means)
    present = [name for name in {**steps, **means} if steps.get(name, 0.0) > least or means.get(name, 0.0) > least_mean]
    for source in sorted(present, key=lambda name: -max(steps.get(name, 0.0), means.get(name, 0.0))):
        one = f"{steps[source]:12.3g} {_share(steps[source], whole)}" if source in steps else " " * 20
        mean = f"{means[source]:14.3g}" if source in means else " " * 14
        yield f"{source:16s} {one} {mean}  {REMEDIES.get(source, '')}"
    yield f"{'together':16s} {whole:12.3g} {'100 %':>7s} {_root(means):14.3g}"
    yield from _remarks(results, metric)


def _root(parts: Mapping[str, float]) -> float:
    return hypot(*parts.values())


def _share(part: float, whole: float) -> str:
    return f"{100.0 * (part / whole) ** 2 if whole else 0.0:5.1f} %"


def _remarks(results: Results, metric: str) -> Iterator[str]:
    bias = results["uncertainty"]["bias"].get(metric, 0.0)
    whole = _root(results["uncertainty"]["budget"][metric])
    if abs(bias) > 0.1 * whole:
        yield f"noise moves a step by {bias:+.3g} on average; take that off before comparing rigs"
    yield "thresholds and low-pass: 0, they belong to the protocol"
    summary = results["summary"]
    if metric.startswith("contact_time") and all(name in summary for name in THRESHOLDS):
        apart = abs(summary[THRESHOLDS[0]]["mean"] - summary[THRESHOLDS[1]]["mean"]) / sqrt(12.0)
        yield f"against a laboratory with another threshold between 20 and 50 N: {apart:.3g} ms more"
    yield "u is one standard uncertainty; 1.96 u on either side hold about 95 %"
