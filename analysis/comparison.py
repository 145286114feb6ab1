"""Before and after, honestly: steps lie in bouts, bouts in days, days in runners.

Steps of one bout are alike and bouts of one day are; who counts steps as if each were a new runner finds a change in
everything. Here the replicates are what really repeats, and a change is claimed only if it is also larger than what
this runner's own days differ by without training. What cannot be a test says so.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analysis.comparison_bootstrap import description
from analysis.comparison_checks import require_equal, usable, usable_baseline
from analysis.comparison_data import Steps, steps_of
from analysis.comparison_design import Plan, days_known, plan_for
from analysis.comparison_estimate import estimate_difference, hedges_g, instrument_u, interval
from analysis.comparison_mdc import Repeatability, repeatability
from analysis.comparison_notes import (
    bout_notes,
    closing_notes,
    doubt_of,
    known_metric,
    partial_note,
    why_not,
)
from analysis.comparison_types import (
    CHANGED,
    HEEL_SHARE,
    IN_DOUBT,
    METRICS,
    NO_BASELINE,
    NO_CLEAR,
    NOT_A_TEST,
    WITHIN,
    Bout,
    Comparison,
    Design,
    Difference,
    Verdict,
)
from analysis.statistics import Z95

__all__ = ["METRICS", "Bout", "Comparison", "Design", "Difference", "compare_bouts"]


def compare_bouts(
    bouts: Sequence[Bout],
    conditions: tuple[str, str],
    metrics: Sequence[str] = METRICS,
    *,
    baseline: Sequence[Bout] = (),
    primary: str | None = None,
) -> Comparison:
    """Compare two conditions, metric by metric.

    Args:
        bouts: Stretches of running of both conditions, of one runner or several; other conditions are passed over.
        conditions: Names of the two, the earlier first.
        metrics: Columns of the step table, or `heel_share`.
        baseline: Bouts of at least two days before training; if none are given, those of the first condition.
        primary: The one metric that was declared beforehand; it is added to `metrics` if it is not there.

    Returns:
        Differences, after minus before, with 95 % intervals and verdicts; what could not be compared, and why; notes.
    """
    names = tuple(dict.fromkeys(known_metric(m) for m in ((primary, *metrics) if primary else metrics)))
    compared, notes = usable(bouts, conditions)
    notes += require_equal(compared) + bout_notes(compared, conditions[1])
    repeated, left_out = usable_baseline(baseline, compared, conditions[1])
    task = _Task(tuple(compared), conditions, tuple(repeated), primary)
    differences: dict[str, Difference] = {}
    baselines: list[Repeatability] = []
    not_compared: dict[str, str] = {}
    for name in names:
        reason = why_not(name, compared)
        steps = None if reason else task.steps(name)
        if steps is None:
            not_compared[name] = reason or "without a value under one of the conditions"
            continue
        known = task.repeatability(name, steps)
        baselines += [known] if known else []
        differences[name] = task.difference(name, steps, known)
        notes.append(partial_note(name, steps, task.valid))
    notes += [*left_out, *closing_notes(differences, baselines, primary)]
    return Comparison(task.design(), differences, tuple(dict.fromkeys(filter(None, notes))), conditions, not_compared)


@dataclass(frozen=True)
class _Task:
    """Bouts that may be compared, and how."""

    bouts: tuple[Bout, ...]
    conditions: tuple[str, str]
    baseline: tuple[Bout, ...]
    primary: str | None

    @property
    def after(self) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        return np.asarray([bout.condition == self.conditions[1] for bout in self.bouts], bool)

    @property
    def valid(self) -> tuple[int, int]:
        """Valid steps before and after."""
        counts = np.asarray([int(bout.table["valid"].sum()) for bout in self.bouts])
        return int(counts[~self.after].sum()), int(counts[self.after].sum())

    @property
    def runners(self) -> tuple[str, ...]:
        return tuple(sorted({bout.runner for bout in self.bouts}))

    def design(self) -> Design:
        plan, after = plan_for(self.bouts, self.after), self.after
        sessions = len({(bout.runner, bout.session) for bout in self.bouts})
        counts = int((~after).sum()), int(after.sum())
        days = len({(bout.runner, bout.day) for bout in self.bouts}) if days_known(self.bouts) else None
        return Design(plan.kind, plan.method(), plan.why, len(self.runners), sessions, counts, self.valid, days)

    def steps(self, metric: str) -> Steps | None:
        """Steps of the runners who have a value under both conditions; None if nobody has."""
        found = steps_of(self.bouts, self.conditions, metric)
        early, late = ({b.runner for b, a in zip(found.bouts, found.after, strict=True) if a == is_late}
                       for is_late in (False, True))  # fmt: skip
        both = early & late
        if both == early | late:
            return found if both else None
        return steps_of([b for b in found.bouts if b.runner in both], self.conditions, metric) if both else None

    def difference(self, metric: str, steps: Steps, baseline: Repeatability | None) -> Difference:
        plan = plan_for(steps.bouts, steps.after)
        u = instrument_u(steps, metric, plan)
        before, after, low, high, df = _numbers(steps, plan, u or 0.0)
        mdc = None if baseline is None else baseline.mdc
        away = after - before
        doubt = doubt_of(metric, steps.bouts)
        return Difference(
            metric, before, after, away, low, high,
            percent=None if metric == HEEL_SHARE or before == 0.0 else 100.0 * away / abs(before),
            df=df, method=plan.method(is_share=steps.is_share), mdc=mdc,
            verdict=IN_DOUBT if doubt else _verdict(plan, away, low, high, mdc), u=u,
            steps=(int(steps.count[~steps.after].sum()), int(steps.count[steps.after].sum())),
            primary=metric == self.primary, bouts=(int((~steps.after).sum()), int(steps.after.sum())),
            hedges_g=hedges_g(steps) if plan.level == "runners" else None, doubt=doubt,
        )  # fmt: skip

    def repeatability(self, metric: str, steps: Steps) -> Repeatability | None:
        sound = [bout for bout in self.baseline if not why_not(metric, [bout]) and not doubt_of(metric, [bout])]
        return repeatability(sound, sorted({bout.runner for bout in steps.bouts}), metric)


def _numbers(steps: Steps, plan: Plan, u: float) -> tuple[float, float, float | None, float | None, float | None]:
    """Before, after, limits of the interval, degrees of freedom."""
    if plan.kind == NOT_A_TEST:
        before, after, limits = description(steps)
        if limits is None:
            return before, after, None, None, None
        away, machine = after - before, Z95 * u
        low, high = away - np.hypot(away - limits[0], machine), away + np.hypot(limits[1] - away, machine)
        return before, after, float(low), float(high), None
    found = estimate_difference(steps, plan)
    return found.before, found.after, *interval(found, u, is_share=steps.is_share)


def _verdict(plan: Plan, away: float, low: float | None, high: float | None, mdc: float | None) -> Verdict:
    """What may be claimed: the interval and this runner's own variation both have a say."""
    if plan.kind == NOT_A_TEST or low is None or high is None:
        return NOT_A_TEST
    if low <= 0.0 <= high:
        return NO_CLEAR
    if mdc is None:
        return NO_BASELINE
    return CHANGED if abs(away) > mdc else WITHIN
