"""The figures of a report. What they draw was measured elsewhere; here it only becomes lines.

Colours are Okabe and Ito's, which colour-blind people can tell apart; shape or place always says the same once more.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from viewer.report.clips import LENGTH_S, Clip
from viewer.report.material import Material
from viewer.report.svg import drawing_style, new_figure, to_svg
from viewer.report.words import ordinal

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Floats = NDArray[np.float64]

BLUE, ORANGE, SKY, INK, GREY = "#0072B2", "#D55E00", "#56B4E9", "#111827", "#6b7280"
BELT_COLOURS = (BLUE, ORANGE)
WIDE, NARROW = 920, 440
"""Widths of the two layouts, CSS pixels."""
SHIFT_S = 0.004
"""Spacing of the overlaid curves: ample after the low-pass, and the page stays small."""
BEFORE_S = 0.02
MOST_DOTS = 200
"""Steps of one belt drawn over the session."""
SIDES = {"": "", "L": "left", "R": "right"}


@dataclass(frozen=True)
class Drawing:
    """One picture."""

    svg: str
    """The `svg` element."""
    shown: str
    """"wide" or "narrow" if it is for that layout only, else empty."""


@dataclass(frozen=True)
class Group:
    """Pictures that belong together."""

    title: str
    """Heading."""
    drawings: tuple[Drawing, ...]
    """The pictures."""
    caption: str
    """What they show, and of how many steps."""


def draw(material: Material) -> list[Group]:
    """Draw a session.

    Args:
        material: The session.

    Returns:
        Groups of figures; those that would be empty are left out.
    """
    with drawing_style():
        groups = [_trace(material), _overlays(material), _over_time(material)]
    return [group for group in groups if group is not None]


def _trace(material: Material) -> Group | None:
    clip = material.clips.example()
    if clip is None:
        return None
    drawings = tuple(
        Drawing(to_svg(_trace_figure(material, clip, width), name=f"trace-{shown}", label=_TRACE_LABEL), shown)
        for width, shown in ((WIDE, "wide"), (NARROW, "narrow"))
    )
    caption = f"{LENGTH_S:g} s from the middle of the session, low-passed as the protocol says."
    if clip.number < 0:
        caption += " No valid step was found, so the zero of the force may be wrong."
    else:
        caption += (
            f" Triangles mark touchdown (up) and toe-off (down) at {material.protocol.ref_N:g} N; hollow ones belong to"
            " steps that do not count."
        )
    return Group("Force over time", drawings, caption)


_TRACE_LABEL = "Line chart: ground reaction force over three seconds, with touchdown and toe-off marked"


def _trace_figure(material: Material, clip: Clip, width: int) -> "Figure":
    both = material.sees_fore_aft
    figure = new_figure(width, 400 if both else 270)
    axes = figure.subplots(2 if both else 1, 1, sharex=True, squeeze=False,
                           gridspec_kw={"height_ratios": [3, 2] if both else [1]})[:, 0]  # fmt: skip
    gap_s = 1.5 / material.header.sample_rate_Hz
    for number, belt in enumerate(material.belts):
        colour, words = BELT_COLOURS[number], SIDES[belt.name]
        axes[0].plot(*_broken(clip.time_s, clip.force_N[number, 1], gap_s), color=colour, label=words)
        if belt.measures_braking:
            axes[1].plot(*_broken(clip.time_s, clip.force_N[number, 0], gap_s), color=colour)
        _mark_events(axes[0], material, clip, number)
    axes[0].set_title("Vertical force, N")
    if both:
        axes[1].set_title("Fore-aft force, N (braking below zero)")
        axes[1].axhline(0, color=GREY, linewidth=0.8)
    axes[-1].set_xlabel("time in the session, s")
    axes[-1].set_xlim(clip.time_s[0], max(clip.time_s[-1], clip.time_s[0] + 0.1))
    axes[0].margins(y=0.08)
    if len(material.belts) > 1:
        axes[0].legend(loc="lower right", bbox_to_anchor=(1.0, 0.98), ncols=2, borderaxespad=0.0)
    return figure


def _mark_events(axes: "Axes", material: Material, clip: Clip, belt: int) -> None:
    """Triangles at touchdown and toe-off, at the height of the reporting threshold."""
    table = material.table
    mine = table["belt"] == material.belts[belt].name
    colour = BELT_COLOURS[belt]
    for column, marker in (("touchdown_s", "^"), ("toe_off_s", "v")):
        inside = mine & (table[column] >= clip.time_s[0]) & (table[column] <= clip.time_s[-1])
        for counts in (True, False):
            at = table[column][inside & (table["valid"] == counts)]
            axes.plot(at, np.full(at.size, material.protocol.ref_N), linestyle="none", marker=marker, markersize=5.5,
                      markerfacecolor=INK if counts else "white", markeredgecolor=INK if counts else colour)  # fmt: skip


def _broken(time: Floats, values: NDArray[Any], gap_s: float) -> tuple[Floats, Floats]:
    """The same with a NaN at every gap, where the line is then broken."""
    holes = np.flatnonzero(np.diff(time) > gap_s) + 1
    return np.insert(time, holes, np.nan), np.insert(values.astype(np.float64), holes, np.nan)


def _overlays(material: Material) -> Group | None:
    drawings, counted = [], []
    for number, belt in enumerate(material.belts):
        clips = material.clips.of_belt(number)
        if not clips:
            continue
        side = SIDES[belt.name]
        total = int(np.sum(material.table["valid"] & (material.table["belt"] == belt.name)))
        counted.append(_chosen(len(clips), total, material.clips.every[number], side))
        for row, what in ((1, "Vertical force"), (0, "Fore-aft force")):
            if row == 1 or belt.measures_braking:
                title = f"{what}, {side}" if side else what
                figure = _overlay_figure(material, clips, row, title)
                label = f"{title}: {len(clips)} stances laid over each other from touchdown, with their mean"
                drawings.append(Drawing(to_svg(figure, name=f"overlay-{number}-{row}", label=label), ""))
    if not drawings:
        return None
    caption = f"{'; '.join(counted)}. Thin lines: single stances from touchdown; thick line: their mean."
    if material.results["bw_N"] is None:
        caption += " In newtons, because body weight is not known."
    return Group("Every stance from touchdown", tuple(drawings), caption)


def _chosen(shown: int, total: int, every: int, side: str = "", what: str = "valid step") -> str:
    prefix = f"{side.capitalize()}: " if side else ""
    if every == 1 and shown == total:
        text = f"all {total:,} {what}s" if total != 1 else f"the one {what}"
    elif every == 1:
        text = f"{shown:,} of {total:,} {what}s"
    else:
        text = f"every {ordinal(every)} {what}, {shown:,} of {total:,}"
    return prefix + text if side else text[0].upper() + text[1:]


def _overlay_figure(material: Material, clips: list[Clip], row: int, title: str) -> "Figure":
    bw_N = material.results["bw_N"]
    scale, unit = (1.0, "N") if bw_N is None else (bw_N, "BW")
    contacts = np.array([clip.toe_off_s - clip.touchdown_s for clip in clips])
    longest = min(float(contacts.max()), 1.3 * float(np.median(contacts))) + BEFORE_S
    grid = np.arange(-BEFORE_S, longest, SHIFT_S)
    curves = np.stack([_curve(clip, row, grid) for clip in clips]) / scale
    colour = BELT_COLOURS[clips[0].belt] if len(material.belts) > 1 else BLUE
    figure = new_figure(NARROW, 300)
    axes = figure.subplots()
    for curve in curves:
        axes.plot(grid * 1e3, curve, color=colour, alpha=max(0.12, min(0.5, 12 / len(clips))))
    axes.plot(grid * 1e3, curves.mean(axis=0), color=INK, linewidth=2.0)
    axes.axhline(0, color=GREY, linewidth=0.8)
    axes.set_title(f"{title}, {unit}")
    axes.set_xlabel("time from touchdown, ms")
    axes.set_xlim(grid[0] * 1e3, grid[-1] * 1e3)
    return figure


def _curve(clip: Clip, row: int, grid: Floats) -> Floats:
    return np.interp(grid, clip.time_s - clip.touchdown_s, clip.force_N[clip.belt, row].astype(np.float64))


def _over_time(material: Material) -> Group | None:
    drawings, captions = [], []
    for column, title in (("contact_time_ms", "Contact time, ms"), ("cadence_spm", "Cadence, steps/min")):
        picked = _picked(material, column)
        if picked:
            figure = _dots_figure(material, picked, title)
            label = f"Scatter chart: {title} of single steps over the session"
            drawings.append(Drawing(to_svg(figure, name=column.replace("_", "-"), label=label), ""))
            captions = [_chosen(time.size, total, every, SIDES[material.belts[belt].name]) for belt, time, _, total, every
                        in picked] if not captions else captions  # fmt: skip
    if not drawings:
        return None
    caption = f"Each dot is one step. {'; '.join(captions)}."
    if material.gap_s:
        caption += " Dashed lines: gaps in the recording."
    return Group("Over the session", tuple(drawings), caption)


def _picked(material: Material, column: str) -> list[tuple[int, Floats, Floats, int, int]]:
    """Belt, time, value, number of values and stride of what is drawn; the stride is odd, so both feet are drawn."""
    table, picked = material.table, []
    for number, belt in enumerate(material.belts):
        rows = np.flatnonzero(table["valid"] & (table["belt"] == belt.name) & ~np.isnan(table[column]))
        if rows.size:
            every = -(-rows.size // MOST_DOTS) | 1
            shown = rows[::every]
            picked.append((number, table["touchdown_s"][shown], table[column][shown], rows.size, every))
    return picked


def _dots_figure(material: Material, picked: list[tuple[int, Floats, Floats, int, int]], title: str) -> "Figure":
    minutes = material.results["duration_s"] > 180
    per_unit = 60.0 if minutes else 1.0
    figure = new_figure(NARROW, 260)
    axes = figure.subplots()
    for gap_s in material.gap_s:
        axes.axvline(gap_s / per_unit, color=GREY, linewidth=0.8, linestyle=(0, (3, 3)))
    for belt, time, values, _, _ in picked:
        hollow = belt == 1
        axes.plot(time / per_unit, values, linestyle="none", marker="s" if hollow else "o", markersize=3.5,
                  markerfacecolor="white" if hollow else BELT_COLOURS[belt], markeredgecolor=BELT_COLOURS[belt],
                  markeredgewidth=0.8, label=SIDES[material.belts[belt].name])  # fmt: skip
    axes.set_title(title)
    axes.set_xlabel(f"time in the session, {'min' if minutes else 's'}")
    axes.set_xlim(0, max(material.results["duration_s"] / per_unit, 1e-3))
    axes.margins(y=0.15)
    if len(material.belts) > 1:
        axes.legend(loc="lower right", bbox_to_anchor=(1.0, 0.98), ncols=2, borderaxespad=0.0)
    return figure
