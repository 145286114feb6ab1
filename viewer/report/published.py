"""Published numbers that give a clinician context. They come from other runners and other instruments: no limits.

Each has its source; what is not in the source is not said.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from analysis.statistics import Z95
from viewer.report.material import Material
from viewer.report.style import BLUE, GREY, INK, NARROW, Drawing, Group, new_figure
from viewer.report.svg import to_svg
from viewer.report.words import label_of, number, unit_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Context:
    """One published number."""

    column: str
    """The metric it is about."""
    value: float
    """The number, in the metric's unit."""
    source: str
    """Who published it, and when."""
    text: str
    """What was found."""


CONTEXTS = (
    Context(
        "valr_BW_s", 66.0, "Davis et al. 2016",
        "runners above it had 2.72 times the odds of a diagnosed injury (95 % interval 1.0 to 7.4)",
    ),
    Context(
        "braking_peak_BW", 0.27, "Napier 2018",
        "novice women above it had a five- to eightfold hazard of injury",
    ),
)  # fmt: skip
KLUITENBERG = (
    "Between a treadmill and the ground, loading rates of the same runners agree within 34 to 45 % only (ratio limits "
    "of agreement, Kluitenberg et al. 2012): a number of one setting says little against a number of another."
)


def told(material: Material) -> list[Context]:
    """Published numbers about what this session measured: modelled values are never held against them."""
    summary, doubtful = material.results["summary"], material.results["doubtful"]
    return [context for context in CONTEXTS if context.column in summary and context.column not in doubtful]


def context_figures(material: Material) -> Group | None:
    """Draw each metric with its interval beside the published number.

    Args:
        material: The session.

    Returns:
        The figures; None if there is none.
    """
    drawings = []
    for context in told(material):
        name = label_of(context.column)
        label = f"{name} of this session with its 95 % interval, beside {context.value:g} from {context.source}"
        svg = to_svg(_figure(material, context), name=f"context-{context.column.replace('_', '-')}", label=label)
        drawings.append(Drawing(svg, ""))
    if not drawings:
        return None
    caption = "Dot and bar: mean of this session and its 95 % interval. Dashed line: published context, not a limit."
    return Group("Beside published numbers", tuple(drawings), caption)


def _figure(material: Material, context: Context) -> "Figure":
    values = material.results["summary"][context.column]
    mean, u = values["mean"], values["u"]
    unit = unit_of(context.column)
    figure = new_figure(NARROW, 120)
    axes = figure.subplots()
    if u is not None:
        axes.plot([mean - Z95 * u, mean + Z95 * u], [0, 0], color=BLUE, linewidth=5, solid_capstyle="butt", alpha=0.6)
    axes.plot([mean], [0], "o", color=INK, markersize=7)
    axes.axvline(context.value, color=GREY, linestyle=(0, (4, 3)), linewidth=1.4)
    top = 1.25 * max(context.value, mean + Z95 * (u or 0.0))
    left = context.value > 0.6 * top
    axes.annotate(f"{context.source}: {number(context.value, 2 if context.value < 1 else 0)}",
                  (context.value, 0.92), xytext=(-5 if left else 5, 0), textcoords="offset points", fontsize=11,
                  color=GREY, ha="right" if left else "left", va="top", xycoords=("data", "axes fraction"))  # fmt: skip
    axes.set_title(f"{label_of(context.column)}, {unit}")
    axes.set_xlim(0, top)
    axes.set_ylim(-1, 1.6)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.grid(visible=False, axis="y")
    return figure
