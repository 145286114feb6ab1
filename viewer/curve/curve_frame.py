"""One picture of the force curve as numbers: what is seen where, worked out once per frame before anything is drawn."""

from dataclasses import dataclass

import numpy as np

from analysis.wrench import FX, FY, FZ
from viewer.curve.curve_axis import LazyRange
from viewer.curve.curve_columns import Columns, ColumnStore, Grid, Ints, grid_for
from viewer.curve.curve_layout import Layout, lay_out
from viewer.curve.curve_marks import Label, OpenContact, Stances, gaps_in, labels_in, open_contacts, stances_in
from viewer.curve.curve_words import known, reasons, visible
from viewer.source import Scene
from viewer.time.times import label_step

ROW = {"Fx": FX, "Fy": FY, "Fz": FZ}
"""Place of each component in the wrench."""
_USUAL_N = {"Fz": (2000.0, 200.0), "Fx": (400.0, 50.0), "Fy": (200.0, 50.0)}
_USUAL_BW = {"Fz": (2.5, 0.5), "Fx": (0.4, 0.05), "Fy": (0.2, 0.05)}
"""Upper end of an axis without data, and its least."""
ARROW_PX, TEXT_PX = 7, 200
"""Width of an arrow at the end of a stance, and about that of something that was noted, logical pixels."""
_NO_STANCES = Stances(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, "<U1"), np.empty(0, "<U1"))


@dataclass(frozen=True)
class Axis:
    """The vertical axis of one panel."""

    low: float
    """Lower end, in the unit shown."""
    high: float
    """Upper end."""


@dataclass(frozen=True)
class Still:
    """What does not scroll."""

    layout: Layout
    """Where everything lies."""
    axes: tuple[Axis, ...]
    """Of the panels."""
    in_BW: bool
    """Whether forces are told in body weights."""
    bw: float
    """Body weight in the unit shown; NaN while it is not known."""
    words: str
    """What is not shown, and why."""

    @property
    def unit(self) -> str:
        """Unit of the forces."""
        return "BW" if self.in_BW else "N"


@dataclass(frozen=True)
class Frame:
    """One picture."""

    still: Still
    """What does not scroll."""
    grid: Grid
    """Samples of each column."""
    columns: Columns
    """The force, N."""
    unit_N: float
    """Newtons of the unit shown."""
    belts: tuple[str, ...]
    """Names of the belts."""
    stances: Stances
    """Final rows."""
    contacts: list[OpenContact]
    """Contacts without a row."""
    gaps: Ints
    """(k, 2) where samples are missing."""
    labels: list[Label]
    """What was noted."""
    clock: list[tuple[int, float]]
    """Column and seconds of each label of the time axis."""
    newest_s: float
    """Moment of the newest sample in the picture."""
    reading: bool
    """Whether a recording has not given all that is in sight (or some of it is missing for ever)."""


@dataclass(frozen=True)
class Wish:
    """What the window asked for."""

    width: int
    """Device pixels."""
    height: int
    """Device pixels."""
    scale: float
    """Device pixels per logical one."""
    span_s: float
    """How much time is seen."""
    chosen: frozenset[str]
    """Components to be seen."""


class FrameMaker:
    """Makes pictures, and remembers what the next one can use."""

    def __init__(self) -> None:
        self._store = ColumnStore()
        self._ranges: dict[str, LazyRange] = {}
        self._ranges_for: tuple[object, ...] = ()

    def make(self, scene: Scene, wish: Wish) -> Frame:
        """Work out one picture.

        Args:
            scene: The moment.
            wish: What is to be seen, and how large.

        Returns:
            The picture.
        """
        source = scene.source
        words = reasons(scene, wish.chosen)
        names = visible(source, wish.chosen)
        layout = lay_out(wish.width, wish.height, wish.scale, names, words=bool(words))
        grid = grid_for(wish.span_s, source.facts.sample_rate_Hz, layout.columns)
        end = grid.right(scene.now_s)
        columns = self._store.get(source, grid, end - layout.columns, end, scene.now_s)
        in_BW = scene.in_BW and known(source.bw_N)
        unit_N = source.bw_N if in_BW else 1.0
        newest_s = min(scene.now_s, source.last_s)
        newest = int(grid.column(np.asarray(newest_s)))
        gaps = gaps_in(columns, source, grid, newest)
        arrow, text = layout.px(ARROW_PX), layout.px(TEXT_PX)  # what stands at a column reaches beyond it
        stances = stances_in(source.table, grid, columns.begin - arrow, end + arrow) if grid.contacts else _NO_STANCES
        labels = labels_in(source.happenings, gaps, grid, columns.begin - text, end)
        return Frame(
            still=Still(layout, self._axes(scene, wish, layout, columns, unit_N), in_BW, source.bw_N / unit_N, words),
            grid=grid, columns=columns, unit_N=unit_N, belts=source.facts.belts, stances=stances,
            contacts=open_contacts(columns, stances, source, grid, newest), gaps=gaps,
            labels=labels, clock=_clock(grid, layout, columns), newest_s=newest_s, reading=self._store.incomplete,
        )  # fmt: skip

    def _axes(self, scene: Scene, wish: Wish, layout: Layout, columns: Columns, unit_N: float) -> tuple[Axis, ...]:
        key = (scene.source, scene.source.take, unit_N)
        if key != self._ranges_for:
            usual = _USUAL_N if unit_N == 1.0 else _USUAL_BW
            self._ranges = {
                name: LazyRange(usual=usual[name][0], least=usual[name][1], signed=name != "Fz") for name in ROW
            }
            self._ranges_for = key
        axes = []
        for panel in layout.panels:
            row = ROW[panel.name]
            low, high = np.fmin.reduce(columns.lo[:, row], axis=None), np.fmax.reduce(columns.hi[:, row], axis=None)
            lazy = self._ranges[panel.name]
            axes.append(Axis(*lazy.update(float(low) / unit_N, float(high) / unit_N, scene.now_s, wish.span_s)))
        return tuple(axes)


def _clock(grid: Grid, layout: Layout, columns: Columns) -> list[tuple[int, float]]:
    """Whole steps of time in sight, and a bit to the right, so that a label moves in before its line does."""
    first_s, last_s = grid.seconds(columns.begin), grid.seconds(columns.end)
    step = label_step(last_s - first_s, layout.columns / layout.scale)
    times = np.arange(max(0, int(first_s // step)), int(last_s // step) + 2) * step
    return list(zip(grid.column(times).tolist(), times.tolist(), strict=True))
