"""What a reader of a comparison must know, in sentences; and which metrics are not compared, and why."""

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np

from analysis.comparison_checks import FEWEST_STEPS
from analysis.comparison_data import Steps
from analysis.comparison_design import days_known
from analysis.comparison_mdc import TRUSTED_DAYS, Repeatability, false_claims
from analysis.comparison_types import HEEL_SHARE, IN_DOUBT, NOT_A_TEST, Bout, Difference
from analysis.errors import AnalysisError
from analysis.steps import COLUMNS, EXTRA

_FLOATS = frozenset(c.name for c in COLUMNS if c.kind == "float" and not c.name.startswith("u_"))
_BY_EVIDENCE = ("mid_support_distance_m",)
"""Metrics whose definition is another one where braking is not measured."""
PARTIAL_SHARE = 0.1
"""Where the shares of steps that have a value differ by more, the means are of different kinds of steps."""


def known_metric(metric: str) -> str:
    """Refuse a name that is no metric.

    Args:
        metric: Column, or `heel_share`.

    Returns:
        The same.

    Raises:
        AnalysisError: There is no such column, or it holds no measure.
    """
    if metric != HEEL_SHARE and metric not in _FLOATS and not EXTRA.fullmatch(metric):
        raise AnalysisError("metric to compare", expected="a numeric column of the step table, or heel_share",
                            seen=repr(metric), next_step="docs/metrics.md lists the columns.")  # fmt: skip
    return metric


def why_not(metric: str, bouts: Sequence[Bout]) -> str:
    """Reason for which a metric must not be compared.

    Args:
        metric: Its name.
        bouts: Of both conditions.

    Returns:
        The reason; empty if it may be.
    """
    if metric.startswith(("modelled_", "morin_")):
        return "modelled, not measured: it would compare assumptions"
    for column in columns_of(metric):
        for bout in bouts:
            if column in bout.missing:
                return f"not in {bout.label}: {bout.missing[column]}"
            if column not in bout.table:
                return f"not in {bout.label}"
    if metric in _BY_EVIDENCE:
        evidence = {
            str(one) for bout in bouts for one in np.unique(bout.table["braking_evidence"][bout.table["valid"]])
        }
        if len(evidence) > 1:
            return "defined otherwise where braking is not measured, as in some of these bouts"
    return ""


def columns_of(metric: str) -> tuple[str, ...]:
    """Columns of the step table that a metric is made of."""
    return ("foot_strike", "rearfoot_p") if metric == HEEL_SHARE else (metric,)


def doubt_of(metric: str, bouts: Sequence[Bout]) -> str:
    """Why a metric is in doubt.

    Args:
        metric: Its name.
        bouts: Of both conditions.

    Returns:
        The reason that the first such bout gives; empty if it is not in doubt in any.
    """
    reasons = (bout.doubtful[column] for bout in bouts for column in columns_of(metric) if column in bout.doubtful)
    return next(reasons, "")


def bout_notes(bouts: Sequence[Bout], after: str) -> list[str]:
    """Notes on few steps, on the order of bouts, on days and on different machines."""
    notes = []
    if not days_known(bouts):
        notes.append("The date of some recordings is unknown. All of them are taken as of one day, in no known order, "
                     "and nothing is said of how the runner changes from day to day.")  # fmt: skip
    few = [f"{b.label} ({int(b.table['valid'].sum())})" for b in bouts if int(b.table["valid"].sum()) < FEWEST_STEPS]
    if few:
        notes.append(f"Fewer than {FEWEST_STEPS} valid steps: {'; '.join(few)}. Their means are unsteady.")
    rigs = {bout.rig for bout in bouts}
    if len(rigs) > 1:
        notes.append("The bouts come from different treadmills, whose decks and belts alter a step. Loading rates of "
                     "one treadmill and of the ground agree only to 34–45 % (Kluitenberg et al. 2012).")  # fmt: skip
    ordered = _one_behind_the_other(bouts, after)
    if ordered:
        notes.append(f"In {'; '.join(ordered)} all bouts of one condition came before all of the other, so warming up "
                     "and tiring are in the difference. Bouts in turn (before, after, after, before) keep them "
                     "out.")  # fmt: skip
    return notes


def _one_behind_the_other(bouts: Sequence[Bout], after: str) -> list[str]:
    """Days that hold several bouts of each condition, one wholly behind the other; recordings where no day is known."""
    together: dict[tuple[str, str], list[Bout]] = {}
    for bout in sorted(bouts, key=lambda b: b.began_s):
        together.setdefault((bout.runner, bout.day or bout.session), []).append(bout)
    found = []
    for (_, day), mine in sorted(together.items()):
        late = [bout.condition == after for bout in mine]
        if sum(a != b for a, b in pairwise(late)) == 1 and min(sum(late), len(late) - sum(late)) > 1:
            recordings = list(dict.fromkeys(bout.session for bout in mine))
            found.append(recordings[0] if len(recordings) == 1 else f"the {len(recordings)} recordings of {day}")
    return found


def partial_note(metric: str, steps: Steps, valid: tuple[int, int]) -> str:
    """A note where a value exists in a larger share of steps on one side; empty otherwise."""
    counts = float(steps.count[~steps.after].sum()), float(steps.count[steps.after].sum())
    shares = [count / n for count, n in zip(counts, valid, strict=True)]
    if abs(shares[1] - shares[0]) <= PARTIAL_SHARE:
        return ""
    return (f"{metric} exists in {100 * shares[0]:.0f} % of the steps before and in {100 * shares[1]:.0f} % after: the "
            "two means are of different kinds of steps.")  # fmt: skip


def multiplicity_note(differences: Mapping[str, Difference], primary: str | None) -> str:
    """What many intervals at once mean."""
    others = len(differences) - (primary in differences)
    declared = f"{primary} was declared beforehand. " if primary else "No primary metric was declared. "
    if others == 0:
        return declared.strip()
    which = "The other" if primary in differences else "All"
    return (f"{declared}{which} {others} metrics are exploratory: where nothing changed at all, about one interval in "
            "twenty excludes 0 by chance.")  # fmt: skip


def baseline_note(found: Sequence[Repeatability], *, tested: bool) -> str:
    """How far the baseline can be trusted."""
    if not tested:
        return ""
    if not found:
        return ("There is no repeated baseline (two days before training, at this speed), so how much this runner "
                "varies from day to day is not known, and nothing is called changed.")  # fmt: skip
    fewest = min(one.days for one in found)
    if fewest >= TRUSTED_DAYS:
        return ""
    return (f"The baseline has {fewest} days only, from which day-to-day variation is roughly known: if nothing "
            f"but the day had changed, up to {100 * false_claims(fewest):.0f} of 100 differences would exceed it; "
            f"with {TRUSTED_DAYS} days {100 * false_claims(TRUSTED_DAYS):.0f}.")  # fmt: skip


def _doubt_notes(differences: Mapping[str, Difference]) -> list[str]:
    reasons: dict[str, list[str]] = {}
    for name, one in differences.items():
        if one.doubt:
            reasons.setdefault(one.doubt, []).append(name)
    return [f"In doubt, so nothing is claimed of {', '.join(names)}: {why}." for why, names in reasons.items()]


def closing_notes(
    differences: Mapping[str, Difference], baselines: Sequence[Repeatability], primary: str | None
) -> list[str]:
    """Notes on doubts, on the baseline, on calibrations and on how many metrics there are."""
    blind = [name for name, one in differences.items() if one.u is None]
    machines = ("The bouts were measured with different calibrations, whose errors do not cancel and are not known for "
                f"{', '.join(blind)}: there the interval holds as if both were perfect.")  # fmt: skip
    tested = any(one.verdict not in (NOT_A_TEST, IN_DOUBT) for one in differences.values())
    return [
        *_doubt_notes(differences),
        baseline_note(baselines, tested=tested), machines if blind else "", multiplicity_note(differences, primary),
    ]  # fmt: skip
