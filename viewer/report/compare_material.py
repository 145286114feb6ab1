"""Everything that the page of a comparison shows, but the comparison itself."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analysis.comparison import Comparison
from daq.analysed import Analysed
from daq.bouts import BoutSpan, in_span
from viewer.report.compare_curves import Feet, mean_curves

SIDES = (0, 1)
"""Before, after."""


@dataclass(frozen=True)
class Shown:
    """One session of a comparison."""

    session: Analysed
    """The session."""
    spans: tuple[tuple[BoutSpan, ...], tuple[BoutSpan, ...]]
    """Its bouts that belong before and after."""

    def steps(self, side: int) -> int:
        """Valid steps that it brings.

        Args:
            side: 0 for before, 1 for after.

        Returns:
            Their number.
        """
        table = self.session.table
        return int(sum(np.sum(in_span(table, span) & table["valid"]) for span in self.spans[side]))


@dataclass(frozen=True)
class CompareMaterial:
    """What the page shows."""

    names: tuple[str, str]
    """What the sides are called."""
    comparison: Comparison
    """What was found."""
    sessions: tuple[Shown, ...]
    """The sessions compared, in the order given."""
    baseline: tuple[Analysed, ...]
    """The runner's own earlier sessions."""
    feet: tuple[Feet, ...]
    """Mean curves of each foot."""


def make_material(
    names: tuple[str, str], comparison: Comparison, sessions: Sequence[Shown], baseline: Sequence[Analysed]
) -> CompareMaterial:
    """Add the curves, which are read from the sessions' samples.

    Args:
        names: What the sides are called.
        comparison: What was found.
        sessions: The sessions compared.
        baseline: The runner's own earlier sessions.

    Returns:
        What the page shows.
    """
    parts = [[(shown.session, shown.spans[side]) for shown in sessions if shown.spans[side]] for side in SIDES]
    feet = mean_curves((parts[0], parts[1]))
    return CompareMaterial(names, comparison, tuple(sessions), tuple(baseline), feet)
