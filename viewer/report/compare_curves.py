"""Mean force curves of both sides of a comparison, each foot on its own.

Curves are not kept with the steps. They are cut anew from a minute of each side, spread over its bouts, because an
hour's curves look like a minute's and take sixty times as long.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.stance_curves import POINTS, StanceCurves, join_curves
from analysis.steps import StepTable
from daq.analysed import Analysed
from daq.bouts import BoutSpan, in_span
from daq.excerpt import Excerpts
from daq.session_open import open_session

Floats = NDArray[np.float64]
Part = tuple[Analysed, Sequence[BoutSpan]]
"""A session and its bouts on one side."""

WINDOWS, WINDOW_S = 8, 7.5
"""Stretches cut out of a side, and the length of each at most."""
SIGNALS = ("Fz_N", "Fx_N")
"""What is drawn: vertical force, and fore-aft force where it is measured."""


@dataclass(frozen=True)
class Band:
    """A mean curve over contact."""

    mean: Floats
    """(201,) body weights, or N where body weight is not known."""
    sd: Floats
    """(201,) standard deviation from step to step; NaN for a single step."""
    steps: int
    """Steps it is made of."""


@dataclass(frozen=True)
class Feet:
    """One foot, before and after."""

    side: str
    """L, R, or ? where sides are not known."""
    signal: str
    """One of SIGNALS."""
    unit: str
    """BW or N."""
    bands: tuple[Band, Band]
    """Before, after."""
    total: tuple[int, int]
    """Valid steps of this foot that there are."""


def windows(durations_s: Sequence[float], most: int = WINDOWS, longest_s: float = WINDOW_S) -> list[list[float]]:
    """Spread stretches over bouts, by their length; every bout gets one, as long as there are no more of them.

    Args:
        durations_s: Length of each bout, s.
        most: About how many stretches.
        longest_s: Length of a stretch, s, at most.

    Returns:
        Beginnings of the stretches in each bout, s from its own beginning; just 0 in one no longer than a stretch.
    """
    total_s = sum(durations_s)
    chosen = np.linspace(0, len(durations_s) - 1, min(most, len(durations_s))).round().astype(int).tolist()
    found: list[list[float]] = []
    for number, duration_s in enumerate(durations_s):
        count = max(1, min(round(most * duration_s / total_s), int(duration_s / longest_s))) if total_s else 1
        middles = (np.arange(count) + 0.5) / count * duration_s
        found.append(np.maximum(0.0, middles - 0.5 * longest_s).tolist() if number in chosen else [])
    return found


def mean_curves(sides: tuple[Sequence[Part], Sequence[Part]]) -> tuple[Feet, ...]:
    """Mean curves of both sides.

    Args:
        sides: Sessions and bouts, before and after.

    Returns:
        Vertical force of each foot, then fore-aft force where every session measures it; empty without any curve.
    """
    sessions = [one for parts in sides for one, _ in parts]
    known = all(one.results["bw_N"] is not None for one in sessions)
    measured = all("braking_peak_BW" in one.results["summary"] for one in sessions)
    cuts = _cut(sides[0], in_BW=known), _cut(sides[1], in_BW=known)
    feet = [foot for foot in ("L", "R") if all((cut.foot == foot).any() for cut in cuts)] or ["?"]
    found = []
    for signal in SIGNALS if measured else SIGNALS[:1]:
        for foot in feet:
            bands = _band(cuts[0], foot, signal), _band(cuts[1], foot, signal)
            if bands[0].steps and bands[1].steps:
                totals = _total(sides[0], foot), _total(sides[1], foot)
                found.append(Feet(foot, signal, "BW" if known else "N", bands, totals))
    return tuple(found)


@dataclass(frozen=True)
class _Cut:
    """Curves of one side."""

    values: dict[str, NDArray[np.float32]]
    """Signal → (k, 201) force."""
    foot: NDArray[np.str_]
    """(k,) L, R or ?."""


def _cut(parts: Sequence[Part], *, in_BW: bool) -> _Cut:
    """Curves of valid running steps out of stretches spread over a side's bouts."""
    starts = iter(windows([span.end_s - span.start_s for _, spans in parts for span in spans]))
    found: dict[str, list[NDArray[np.float32]]] = {name: [] for name in SIGNALS}
    foot: list[NDArray[np.str_]] = []
    for one, spans in parts:
        curves = _of_session(one, [(span, next(starts)) for span in spans])
        rows = np.searchsorted(one.table["step"], curves.step)
        for name, kept in found.items():
            kept.append(curves.of(name) / np.float32(one.results["bw_N"] if in_BW else 1.0))
        foot.append(one.table["side"][rows])
    return _Cut({name: np.concatenate(kept) for name, kept in found.items()}, np.concatenate(foot))


def _of_session(one: Analysed, wanted: Sequence[tuple[BoutSpan, list[float]]]) -> StanceCurves:
    """Curves of the valid steps in some stretches of a session, each step once."""
    rate = one.header.sample_rate_Hz
    bw_N = one.results["bw_N"]
    found = []
    with open_session(one.path) as session:
        excerpts = Excerpts(session, protocol=one.results["protocol"])
        for span, starts in wanted:
            for start_s in starts:
                begin_s = span.start_s + start_s
                end_s = min(begin_s + WINDOW_S, span.end_s)
                cut = excerpts.cut(int(begin_s * rate), int(end_s * rate), one.table, np.nan if bw_N is None else bw_N)
                mine = np.isin(cut.curves.step, one.table["step"][in_span(one.table, span) & _usable(one.table)])
                found.append(StanceCurves(cut.curves.step[mine], cut.curves.values[mine]))
    curves = join_curves(found)
    _, first = np.unique(curves.step, return_index=True)
    return StanceCurves(curves.step[first], curves.values[first])


def _usable(table: StepTable) -> NDArray[np.bool_]:
    """Valid steps of the gait that is compared: running, where anybody runs."""
    running = table["gait"] == "run"
    usable: NDArray[np.bool_] = table["valid"] & (running if (table["valid"] & running).any() else True)
    return usable


def _band(cut: _Cut, foot: str, signal: str) -> Band:
    """Mean and spread of a foot's curves; "?" takes all."""
    curves = cut.values[signal][(cut.foot == foot) | (foot == "?")].astype(np.float64)
    curves = curves[~np.isnan(curves).any(axis=1)]
    if not len(curves):
        return Band(np.full(POINTS, np.nan), np.full(POINTS, np.nan), 0)
    sd = curves.std(axis=0, ddof=1) if len(curves) > 1 else np.full(POINTS, np.nan)
    return Band(curves.mean(axis=0), sd, len(curves))


def _total(parts: Sequence[Part], foot: str) -> int:
    """Valid steps of a foot that a side has."""
    total = 0
    for one, spans in parts:
        mine = _usable(one.table) & ((one.table["side"] == foot) | (foot == "?"))
        total += int(sum(np.sum(mine & in_span(one.table, span)) for span in spans))
    return total
