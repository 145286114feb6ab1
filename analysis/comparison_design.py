"""What the bouts can carry: what repeats (runners, days or bouts), and whether often enough for a test."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from analysis.comparison_types import Bout, Kind

Floats = NDArray[np.float64]
Level = Literal["runners", "days", "bouts of days", "bouts", "none"]

FEWEST_BOUTS = 3
"""Bouts per condition that a test of one runner needs; see docs/compare.md."""
FEWEST_RUNNERS = 3
"""Runners that a test of a group needs: two would leave one degree of freedom."""
GROUP_RUNNERS = 25
"""Runners that studies of groups should have (Oliveira & Pirscoveanu 2021, Sci Rep 11:3200)."""
FEWEST_DF = 2

METHODS: dict[Level, str] = {
    "runners": "t-test on each runner's own difference of bout means",
    "days": "t-test on day means",
    "bouts of days": "mixed model, random intercept per bout within days, AR(1) of steps; t by bouts",
    "bouts": "mixed model, random intercept per bout, AR(1) of steps; t by bouts",
    "none": "description; moving-block bootstrap over strides",
}
SHARE_METHODS: dict[Level, str] = {
    "runners": METHODS["runners"],
    "days": "Welch's t-test on day shares",
    "bouts of days": "t-test on bout shares within days",
    "bouts": "Welch's t-test on bout shares",
    "none": "description; Newcombe's interval, neighbours counted as less",
}


@dataclass(frozen=True)
class Plan:
    """How a difference is estimated."""

    level: Level
    """What the replicates are."""
    why: str
    """In words."""

    def method(self, *, is_share: bool = False) -> str:
        """How the interval is made."""
        return (SHARE_METHODS if is_share else METHODS)[self.level]

    @property
    def kind(self) -> Kind:
        """Whether there is a test."""
        return "not a test" if self.level == "none" else "test"


def plan_for(bouts: Sequence[Bout], after: NDArray[np.bool_]) -> Plan:
    """Choose the replicates.

    Args:
        bouts: (J,) bouts with a value; each runner has both conditions.
        after: (J,) which belong to the second condition.

    Returns:
        The plan.
    """
    runners = len({bout.runner for bout in bouts})
    if runners > 1:
        return _of_group(runners)
    counts = int((~after).sum()), int(after.sum())
    if min(counts) < FEWEST_BOUTS:
        return Plan("none", f"Not a test: there are {counts[0]} and {counts[1]} bouts, and a test needs at least "
                    f"{FEWEST_BOUTS} of each. Differences between bouts are as large as many changes of technique. The "
                    "interval tells only how steps scatter within these bouts.")  # fmt: skip
    return _of_one(bouts, after, counts)


def _of_group(runners: int) -> Plan:
    if runners < FEWEST_RUNNERS:
        return Plan("none", f"Not a test: {runners} runners do not show what runners do; a test needs "
                    f"{FEWEST_RUNNERS}, {GROUP_RUNNERS} are advised (Oliveira & Pirscoveanu 2021). Compare each of "
                    "them alone. The interval tells only how steps scatter within these bouts.")  # fmt: skip
    few = "" if runners >= GROUP_RUNNERS else f" {GROUP_RUNNERS} are advised (Oliveira & Pirscoveanu 2021)."
    return Plan("runners", f"Each of {runners} runners is compared with himself or herself; the runners are the "
                f"replicates.{few}")  # fmt: skip


def _of_one(bouts: Sequence[Bout], after: NDArray[np.bool_], counts: tuple[int, int]) -> Plan:
    many = f"{counts[0]} and {counts[1]} bouts"
    if not days_known(bouts):
        return Plan("bouts", f"{many}; bouts are the replicates. The recordings do not say on which days they were "
                    "made, so they are taken as of one day: nothing here holds for other days.")  # fmt: skip
    before_on = {bout.day for bout, late in zip(bouts, after, strict=True) if not late}
    after_on = {bout.day for bout, late in zip(bouts, after, strict=True) if late}
    days, shared = before_on | after_on, before_on & after_on
    if len(days) == 1:
        return Plan("bouts", f"{many} of one day; bouts are the replicates. The interval holds for this runner on this "
                    "day.")  # fmt: skip
    if shared:
        if len(bouts) - len(days) - 1 < FEWEST_DF:
            return Plan("none", f"Not a test: {many} over {len(days)} days leave too few that repeat within a "
                        "day. The interval tells only how steps scatter within these bouts.")  # fmt: skip
        return Plan("bouts of days", f"{many}; {len(shared)} of {len(days)} days hold both conditions, and "
                    "each of these is compared with itself; bouts are the replicates.")  # fmt: skip
    if min(len(before_on), len(after_on)) > 1:
        return Plan("days", f"The condition changes from day to day, and there are {len(before_on)} and "
                    f"{len(after_on)} days; days are the replicates, so the runner's change from day to day is in "
                    "the interval.")  # fmt: skip
    return Plan("bouts", f"{many}; the condition changes only from one day to another. The interval holds for the "
                "bouts of these days: how much the runner differs from day to day anyway is not in it, and only a "
                "repeated baseline can tell (minimal detectable change). With two days or more per condition "
                "days are the replicates.")  # fmt: skip


def days_known(bouts: Sequence[Bout]) -> bool:
    """Whether every bout says on which day it was run; else nothing can be said of days."""
    return all(bout.day for bout in bouts)


def design_matrix(bouts: Sequence[Bout], after: NDArray[np.bool_], level: Level) -> Floats:
    """Intercept, or one per day where days are compared with themselves, and condition.

    Args:
        bouts: (J,) bouts.
        after: (J,) which belong to the second condition.
        level: What the replicates are.

    Returns:
        (J, p) with the condition, −½ before and ½ after, in the last column.
    """
    condition = np.where(after, 0.5, -0.5)
    if level != "bouts of days":
        return np.column_stack((np.ones(len(bouts)), condition))
    names = sorted({bout.day for bout in bouts})
    own = np.asarray([[bout.day == name for name in names] for bout in bouts], np.float64)
    return np.column_stack((own, condition))


def bout_shares(bouts: Sequence[Bout], after: NDArray[np.bool_]) -> Floats:
    """Share of each bout's mean in the difference, runners and the bouts of one runner counted alike.

    Args:
        bouts: (J,) bouts.
        after: (J,) which belong to the second condition.

    Returns:
        (J,) shares that add up to −1 before and to 1 after.
    """
    runner = np.asarray([bout.runner for bout in bouts])
    same = (runner[:, np.newaxis] == runner) & (after[:, np.newaxis] == after)
    shares: Floats = np.where(after, 1.0, -1.0) / same.sum(axis=1) / np.unique(runner).size
    return shares
