"""A saved curve to compare with: the mean stance of a recorded session, or of the last minute."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from analysis.protocol import require_same
from analysis.stance_curves import POINTS, StanceCurves, join_curves
from analysis.steps import StepTable, join_tables
from daq.replay import Replay
from daq.session import open_session
from viewer.errors import ViewerError
from viewer.source import Scene
from viewer.steps.stance_choice import drawn_contact_ms
from viewer.steps.stance_store import mean_sd

Floats = NDArray[np.float64]

LONGEST_S = 600.0
"""Of a session at most this much is taken."""
BOTH = "?"
"""In place of a side: the steps of both feet, and those whose side is not known."""


@dataclass(frozen=True)
class SideCurve:
    """Mean stance of one foot over its contact, at `analysis.stance_curves.PERCENT`."""

    side: str
    """L, R, or `BOTH`."""
    steps: int
    """Number of steps."""
    contact_ms: float
    """Their mean contact time."""
    mean_BW: dict[str, Floats]
    """"Fz" and, if it was measured, "Fx": (201,) means."""
    sd_BW: dict[str, Floats]
    """The same: (201,) standard deviations, NaN for a single step."""


@dataclass(frozen=True)
class Reference:
    """Mean stances of running."""

    title: str
    """Where they are from."""
    protocol: str
    """Name of the protocol that they were analysed with."""
    sides: tuple[SideCurve, ...]
    """Left and right foot, if known, and `BOTH`."""

    @property
    def steps(self) -> int:
        """Number of steps."""
        return self.of(BOTH).steps

    def of(self, side: str) -> SideCurve:
        """Curve of a foot; of both, if its own is not known."""
        return next((curve for curve in self.sides if curve.side == side), self.sides[-1])

    @classmethod
    def load(cls, path: Path | str, protocol: str = "") -> "Reference":
        """Make one of the first ten minutes of a session. Takes some seconds.

        Args:
            path: A finished session.
            protocol: Name of the protocol of what it is to be compared with; empty to take any.

        Returns:
            The reference. A StanceError says that the file is no session, was analysed with another protocol, or holds
            no running.
        """
        tables, curves, path = [], [], Path(path)
        with open_session(path) as session:
            replay = Replay(session, curves=True)
            require_same([replay.protocol.name, protocol or replay.protocol.name])
            for step in replay.steps():
                tables.append(step.output.steps)
                curves.append(step.output.curves)
                if step.row >= LONGEST_S * session.header.sample_rate_Hz:
                    break
        sees = all("Fx" in belt.observable for belt in replay.analyser.belts)
        table, bw_N = join_tables(tables), replay.analyser.bw_N
        early = table.select(~(table["touchdown_s"] > LONGEST_S))
        return _make(path.stem, replay.protocol.name, early, join_curves(curves), bw_N, sees)

    @classmethod
    def from_scene(cls, scene: Scene, last_s: float = 60.0) -> "Reference":
        """Make one of what was just seen.

        Args:
            scene: The moment.
            last_s: How far to look back, s.

        Returns:
            The reference. A StanceError says that there was no running in that time, or that body weight is not known.
        """
        source, begin = scene.source, max(scene.now_s - last_s, scene.source.first_s)
        first = int(np.searchsorted(source.table["touchdown_s"][: scene.rows], begin))
        table = source.table.select(np.arange(first, scene.rows))
        title = f"{source.facts.title}, {begin:.0f} to {scene.now_s:.0f} s"
        sees = "Fx" in source.facts.observable
        return _make(title, source.facts.protocol, table, source.curves(table["step"]), source.bw_N, sees)


def _make(
    title: str, protocol: str, table: StepTable, curves: StanceCurves, bw_N: float, sees_fore_aft: bool
) -> Reference:
    """Sort the valid running steps by foot, and average them."""
    if np.isnan(bw_N):
        raise ViewerError(title, expected="a known body weight", seen="none yet",
                          next_step="Give the mass when recording, or run some 20 strides.")  # fmt: skip
    names = ("Fz", "Fx") if sees_fore_aft else ("Fz",)
    force = {name: _in_order(table, curves, name) / bw_N for name in names}
    good = table["valid"] & (table["gait"] == "run") & ~np.isnan(force["Fz"]).any(axis=1)
    if not good.any():
        raise ViewerError(title, expected="valid running steps for a reference", seen="none",
                          next_step="Take another stretch, or another session.")  # fmt: skip
    side = table["side"]
    chosen = {name: good & (side == name) for name in ("L", "R")} | {BOTH: good}
    return Reference(title, protocol, tuple(_side(n, table, force, c) for n, c in chosen.items() if c.any()))


def _in_order(table: StepTable, curves: StanceCurves, name: str) -> Floats:
    """(rows, points) curves of the rows of a table, N; NaN where there is none."""
    out = np.full((table.rows, POINTS), np.nan)
    _, row, which = np.intersect1d(table["step"], curves.step, return_indices=True)
    out[row] = curves.of(f"{name}_N")[which]
    return out


def _side(side: str, table: StepTable, force: dict[str, Floats], chosen: NDArray[np.bool_]) -> SideCurve:
    found = {name: mean_sd(curves[chosen]) for name, curves in force.items()}
    contact_ms = float(drawn_contact_ms(table, np.flatnonzero(chosen)).mean())
    means, sds = ({name: pair[part] for name, pair in found.items()} for part in (0, 1))
    return SideCurve(side, int(chosen.sum()), contact_ms, means, sds)
