"""What is drawn of one foot, as plain numbers in the units of the axes."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.stance_curves import PERCENT, SIGNALS
from analysis.steps import StepTable
from viewer.report.words import number
from viewer.source import Scene
from viewer.steps.reference import Reference
from viewer.steps.stance_choice import Foot, drawn_contact_ms
from viewer.steps.stance_marks import Parts, impact_doubt, impact_peak, loading_rate, mean_parts
from viewer.steps.stance_store import mean_sd, sample

Floats = NDArray[np.float64]

STEP_MS = 1.0
"""Between the points of a mean over time."""


@dataclass(frozen=True)
class Options:
    """How stances are laid over each other."""

    count: int = 20
    """Steps of each foot."""
    over_time: bool = True
    """Over time from touchdown; else over share of contact."""
    component: str = "Fz"
    """Fz or Fx."""
    mean_parts: bool = False
    """The parts of the two-mass fit are the means of the steps shown, instead of the current step's."""


@dataclass(frozen=True)
class Scale:
    """Unit of force."""

    unit: str
    """N or BW."""
    per_N: float
    """Of the axis for one newton."""
    per_BW: float
    """Of the axis for one body weight; NaN if that is not known."""

    @classmethod
    def of(cls, scene: Scene) -> "Scale":
        """Of a scene; newtons while body weight is not known."""
        bw_N = scene.source.bw_N
        known = scene.in_BW and not np.isnan(bw_N)
        return cls("BW", 1.0 / bw_N, 1.0) if known else cls("N", 1.0, bw_N)


@dataclass(frozen=True)
class Band:
    """A mean with its scatter."""

    x: Floats
    """(n,) ms or %."""
    mean: Floats
    """(n,) means."""
    sd: Floats
    """(n,) standard deviations, NaN for a single step."""


@dataclass(frozen=True)
class FootView:
    """One foot. All x are ms from touchdown, or % of contact."""

    vertical: bool
    """Vertical force; else fore-aft force."""
    stances: tuple[Floats, Floats]
    """(k, n) x and force of the steps shown, the current one last."""
    rows: NDArray[np.int64]
    """(k,) their rows in the step table."""
    band: Band | None
    """Their mean; None without any."""
    current: tuple[Floats, Floats] | None
    """(n,) x and force of the current step, once its curve is there."""
    left_out: tuple[Floats, Floats] | None
    """The newest step, if it is not valid."""
    parts: Parts | None
    """Parts of the two-mass fit, in the unit of the axis."""
    doubt: str
    """Why the heel impact is drawn faded, in a word or two; empty if `impact_class` says impact."""
    peak: tuple[float, float] | None
    """Impact peak of the current step."""
    rate: tuple[tuple[float, float], tuple[float, float], str] | None
    """Loading rate of the current step: x and force of the secant's ends, and its slope in words."""
    reference: Band | None
    """The reference's mean."""


def foot_view(
    scene: Scene, foot: Foot, curves: NDArray[np.float32], options: Options, reference: Reference | None
) -> FootView:
    """Work out what is drawn of one foot.

    Args:
        scene: The moment.
        foot: Its steps.
        curves: (k, signals, points) of its rows, and of the step left out behind them if there is one.
        options: How.
        reference: What to compare with, if anything.

    Returns:
        The numbers.
    """
    table, scale, k = scene.source.table, Scale.of(scene), foot.rows.size
    force = curves[:, SIGNALS.index(f"{options.component}_N")].astype(np.float64) * scale.per_N
    there = np.flatnonzero(~np.isnan(force[:k]).any(axis=1))
    rows, shown = foot.rows[there], force[there]
    x = _x_of(table, rows, options)
    current = (x[-1], shown[-1]) if k and k - 1 in there else None
    of_parts = rows if options.mean_parts else rows[-1:]
    marks = current is not None and options.component == "Fz" and not np.isnan(scale.per_BW)
    row = int(foot.rows[-1]) if k else -1
    out = None if foot.left_out is None else (_x_of(table, np.array([foot.left_out]), options)[0], force[k])
    return FootView(
        vertical=options.component == "Fz",
        stances=(x, shown),
        rows=rows,
        band=_band(table, rows, shown, options) if rows.size else None,
        current=current,
        left_out=None if out is None or np.isnan(out[0] + out[1]).any() else out,
        parts=_parts(table, of_parts, options, scale) if marks else None,
        doubt=impact_doubt(table, of_parts) if marks else "",
        peak=_peak(table, row, options, scale) if marks else None,
        rate=_rate(table, row, shown[-1], options, scale) if marks else None,
        reference=_reference(reference, foot.side, options, scale),
    )


def _x_of(table: StepTable, rows: NDArray[np.int64], options: Options) -> Floats:
    """(k, n) places of the points of the curves of some rows."""
    if options.over_time:
        return drawn_contact_ms(table, rows)[:, None] * (PERCENT / 100.0)
    return np.broadcast_to(PERCENT, (len(rows), PERCENT.size))


def _per_ms(table: StepTable, row: int, options: Options) -> float:
    """Of the axis for one millisecond of a step."""
    return 1.0 if options.over_time else 100.0 / float(drawn_contact_ms(table, np.array([row]))[0])


def _band(table: StepTable, rows: NDArray[np.int64], force: Floats, options: Options) -> Band:
    if not options.over_time:
        return Band(PERCENT, *mean_sd(force))
    contact = drawn_contact_ms(table, rows)
    x = np.arange(0.0, float(contact.max()), STEP_MS)
    mean, sd = mean_sd(sample(force, x / contact[:, None]))
    there = ~np.isnan(mean)
    return Band(x[there], mean[there], sd[there])


def _parts(table: StepTable, rows: NDArray[np.int64], options: Options, scale: Scale) -> Parts | None:
    found = mean_parts(table, rows, over_time=options.over_time)
    return found and Parts(found.x, found.limb * scale.per_BW, found.body * scale.per_BW)


def _peak(table: StepTable, row: int, options: Options, scale: Scale) -> tuple[float, float] | None:
    found = impact_peak(table, row)
    return found and (found[0] * _per_ms(table, row, options), found[1] * scale.per_BW)


def _rate(
    table: StepTable, row: int, force: Floats, options: Options, scale: Scale
) -> tuple[tuple[float, float], tuple[float, float], str] | None:
    found = loading_rate(table, row, force / scale.per_BW)
    if found is None:
        return None
    per_ms = _per_ms(table, row, options)
    (x0, x1), (y0, y1) = found.time_ms, found.force_BW
    ends = (x0 * per_ms, x1 * per_ms), (y0 * scale.per_BW, y1 * scale.per_BW)
    return (*ends, f"{number(found.rate_BW_s, 0)} BW/s")


def _reference(reference: Reference | None, side: str, options: Options, scale: Scale) -> Band | None:
    if reference is None or np.isnan(scale.per_BW):
        return None
    curve = reference.of(side)
    if options.component not in curve.mean_BW:
        return None
    x = PERCENT * (curve.contact_ms / 100.0 if options.over_time else 1.0)
    mean, sd = curve.mean_BW[options.component], curve.sd_BW[options.component]
    return Band(x, mean * scale.per_BW, sd * scale.per_BW)
