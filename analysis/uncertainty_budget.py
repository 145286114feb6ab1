"""The uncertainty of a session's numbers, source by source, as results keep it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.setup import Setup
from analysis.steps import StepTable
from analysis.uncertainty import ADDED, OWN, Uncertainties
from analysis.uncertainty_means import SCATTER, combined, one_step, scatter, systematic
from analysis.uncertainty_probes import CALIBRATION

Floats = NDArray[np.float64]
Parts = dict[str, float]

OF_ITS_OWN = "own estimate"
"""Source of the few uncertainties that a metric tells itself: noise with the fit's or the model's share."""


@dataclass(frozen=True)
class Budget:
    """What makes up the uncertainties of a session or of one foot."""

    step: Mapping[str, Parts]
    """Metric → source → standard uncertainty of one step."""
    mean: Mapping[str, Parts]
    """Metric → source → standard uncertainty of the mean over steps; `SCATTER` for the steps themselves."""
    bias: Mapping[str, float]
    """Metric → what noise adds to one step on average."""

    def u_mean(self, metric: str) -> float | None:
        """Standard uncertainty of the mean; None where it cannot be told, as from one or two steps."""
        parts = self.mean.get(metric, {})
        return combined(parts) if SCATTER in parts else None


NO_BUDGET = Budget({}, {}, {})
"""Where nobody asked for uncertainties."""


def make_budget(told: Uncertainties | None, table: StepTable) -> Budget:
    """Put together what the steps tried have shown and how the steps scatter.

    Args:
        told: What told the rows' uncertainties; None if nothing did.
        table: Rows of the session, or some of them.

    Returns:
        The budget.
    """
    if told is None or not table["valid"].any():
        return NO_BUDGET
    valid = table["valid"]
    names, counts = np.unique(table["side"][valid], return_counts=True)
    shown = told.totals.of(dict(zip(names.tolist(), counts.tolist(), strict=True)))
    of_step, of_mean = one_step(told.probes, shown), systematic(told.probes, shown.moved)
    step: dict[str, Parts] = {}
    mean: dict[str, Parts] = {}
    bias: dict[str, float] = {}
    for place, name in enumerate(told.names):
        known = valid & ~np.isnan(table[name])
        if not known.any():
            continue
        step[name] = _known({source: values[place] for source, values in of_step.items()})
        if f"u_{name}" in OWN:
            step[name] = _own(step[name], table[f"u_{name}"][known])
        mean[name] = _known({source: values[place] for source, values in of_mean.items()})
        left = scatter(table[name][known], table["side"][known])
        mean[name] |= _known({SCATTER: left.u})
        bias |= _known({name: shown.bias[place]})
    return Budget(step, mean, bias)


def _known(parts: Mapping[str, float]) -> Parts:
    return {name: float(value) for name, value in parts.items() if np.isfinite(value)}


def _own(parts: Parts, u: Floats) -> Parts:
    """Parts of an uncertainty that holds an estimate of its own."""
    added = {source: parts[source] for source in ADDED if source in parts}
    rest = np.nanmean(u * u) - combined(added) ** 2 if np.isfinite(u).any() else np.nan
    return added | _known({OF_ITS_OWN: float(np.sqrt(max(rest, 0.0)))})


def budget_results(budget: Budget, setup: Setup) -> dict[str, Any]:
    """The budget as plain values.

    Args:
        budget: Of the session.
        setup: Tells whether the read-out was calibrated.

    Returns:
        "calibration": "calibrated", "assumed", "imported" (a force of another system) or "unknown"; "sources";
        "budget", "mean" and "bias" by metric.
    """
    told = any(len(belt.directions) for belt in setup.belts)
    assumed = "imported" if setup.calibration is None else "assumed"
    state = "calibrated" if setup.calibrated else assumed if told else "unknown"
    sources = dict.fromkeys(source for parts in (*budget.step.values(), *budget.mean.values()) for source in parts)
    return {
        CALIBRATION: state,
        "sources": list(sources),
        "budget": dict(budget.step),
        "mean": dict(budget.mean),
        "bias": dict(budget.bias),
    }
