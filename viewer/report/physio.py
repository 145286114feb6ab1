"""What a physiotherapist reads, on two pages: impact, left and right, what adds up over the way, and room for pain."""

from dataclasses import dataclass
from typing import Any

from analysis.asymmetry import MEASURES
from analysis.statistics import Z95
from viewer.report.bands import bands
from viewer.report.coach import BLIND, landing_context
from viewer.report.cumulative import cumulative, distance_km
from viewer.report.material import Material
from viewer.report.published import KLUITENBERG, context_figures, told
from viewer.report.sides import differences, strides_of
from viewer.report.split import split
from viewer.report.style import NARROW, Group, drawing_style
from viewer.report.tables import by_reason, doubts_of, rows_of
from viewer.report.words import label_of, number, unit_of

COLUMNS = (
    "impact_peak_BW", "valr_BW_s", "vilr_BW_s", "hf_peak_BW", "active_peak_BW", "vertical_impulse_BW_s",
    "braking_peak_BW", "braking_impulse_BW_s", "contact_time_ms", "cadence_spm", "vertical_oscillation_mm",
)  # fmt: skip
"""What is told with an interval."""
MODELLED_COLUMNS = ("modelled_braking_peak_BW", "modelled_braking_impulse_BW_s")
SHOWN = ("foot_strike", "impact_class", *COLUMNS, *MEASURES)
"""Everything on the page that can be in doubt."""
ALSO_BLIND = ("impact_peak_BW", "valr_BW_s", "vilr_BW_s", "braking_impulse_BW_s")


@dataclass(frozen=True)
class Told:
    """A mean with its interval."""

    column: str
    """The metric."""
    label: str
    """Its name for people."""
    unit: str
    """Its unit."""
    mean: str
    """Mean over the valid steps."""
    low: str
    """Lower end of its 95 % interval; empty where the uncertainty is not known."""
    high: str
    """Upper end."""
    n: str
    """Number of steps."""
    doubt: str
    """Why it is in doubt; empty if it is not."""
    modelled: bool
    """Whether it is modelled, not measured."""


def physio_context(material: Material) -> dict[str, Any]:
    """What the physiotherapist's page shows.

    Args:
        material: The session.

    Returns:
        Values for its template.
    """
    results = material.results
    summary, doubtful = results["summary"], results["doubtful"]
    blind = dict.fromkeys((*BLIND, *ALSO_BLIND))
    return landing_context(material) | {
        "rows": told_rows(material),
        "contexts": [(c, label_of(c.column), unit_of(c.column), f"{c.value:g}") for c in told(material)],
        "kluitenberg": KLUITENBERG,
        "differences": differences(results["asymmetry"], results["doubtful"]),
        "strides": strides_of(results["asymmetry"]),
        "loads": cumulative(material),
        "km": number(distance_km(material), 2),
        "no_loads": results["missing"].get("step_length_m", "no step of this session has a length"),
        "doubts": doubts_of(doubtful, [c for c in SHOWN if c in summary or c in results["shares"]]),
        "blind": by_reason({c: results["missing"][c] for c in blind if c in results["missing"]}),
        "groups": _figures(material),
    }


def told_rows(material: Material) -> list[Told]:
    """Means with their 95 % intervals, mean ± 1.96 standard uncertainties; modelled ones last."""
    summary, doubtful = material.results["summary"], material.results["doubtful"]
    rows = []
    for row in rows_of(summary, (*COLUMNS, *MODELLED_COLUMNS), doubtful):
        values = summary[row.column]
        low = high = ""
        if values["u"] is not None:
            places = min(max(_decimals(row.mean), _decimals(row.sure)), _decimals(row.mean) + 1)
            low, high = (number(values["mean"] + sign * Z95 * values["u"], places) for sign in (-1, 1))
        rows.append(Told(row.column, row.label, row.unit, row.mean, low, high, row.n, row.doubt, row.modelled))
    return rows


def _decimals(text: str) -> int:
    return len(text.partition(".")[2])


def _figures(material: Material) -> dict[str, Group | None]:
    beside = (330, 240) if material.sees_fore_aft else (NARROW, 240)
    with drawing_style():
        return {"bands": bands(material, size=beside), "split": split(material), "context": context_figures(material)}
