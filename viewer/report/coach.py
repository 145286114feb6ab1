"""What a coach reads, on one page: what the runner does, in words, and how far the data can be trusted."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from viewer.report.bands import HEIGHTS, WIDE_FIRST, bands, found_sides
from viewer.report.landing import Share, landing
from viewer.report.material import Material
from viewer.report.quality import WORDS, light_name
from viewer.report.recording import threshold_of
from viewer.report.style import NARROW, Group, drawing_style
from viewer.report.tables import by_reason, doubts_of, rows_of
from viewer.report.words import count, number, within

TILES = {
    "cadence_spm": "Cadence",
    "contact_time_ms": "Support time",
    "vertical_oscillation_mm": "Bounce",
}
"""Numbers that stand on top, with the words of a coach."""
STEADY = {"step_time_ms": "Time of a step", "contact_time_ms": "Support time", "vertical_oscillation_mm": "Bounce"}
"""What is looked at for consistency."""
THIRDS = {"heel_load_pct": "heel", "midfoot_load_pct": "midfoot", "forefoot_load_pct": "forefoot"}
BLIND = (
    "foot_strike", "impact_class", "contact_time_ms", "cadence_spm", "vertical_oscillation_mm",
    "step_length_m", "braking_peak_BW", *THIRDS,
)  # fmt: skip
"""What a coach would look for; where it is missing, the page says why."""
SHOWN = ("foot_strike", "impact_class", *TILES, *STEADY, *THIRDS)
"""Everything on the page that can be in doubt."""
MOST_LIGHTS = 4


@dataclass(frozen=True)
class Steady:
    """How alike the steps are in one measure."""

    column: str
    """The metric."""
    what: str
    """Its name for a coach."""
    cv: str
    """Coefficient of variation, standard deviation ÷ mean, %."""
    n: str
    """Number of steps."""
    doubt: str
    """Why it is in doubt; empty if it is not."""


@dataclass(frozen=True)
class Heel:
    """Landings on the heel."""

    percent: str
    """Share of the steps, %; a dash where it is not told."""
    under: str
    """Its interval, or why there is none."""
    doubt: str
    """Why it is in doubt; empty if it is not."""


def landing_context(material: Material) -> dict[str, Any]:
    """What the pages for people have in common: the light of the data, the heel, and the impact in words.

    Args:
        material: The session.

    Returns:
        Values for their templates.
    """
    results = material.results
    doubtful = results["doubtful"]
    state, lights = data_light(results["quality"])
    found = landing(material) if material.table.rows else None
    return {
        "light": state,
        "lights": lights,
        "heel": heel(results["foot_strike"].get("heel_share"), results, doubtful.get("foot_strike", "")),
        "impact": {share.kind: share for share in found.impact} if found else {},
        "impact_words": impact_words(found.impact) if found else "",
        "no_impact": found.no_impact if found else "",
        "impact_doubt": doubtful.get("impact_class", ""),
        "protocol": material.protocol.name,
        "bw": None if results["bw_N"] is None else number(results["bw_N"], 1),
    }


def coach_context(material: Material) -> dict[str, Any]:
    """What the coach's page shows.

    Args:
        material: The session.

    Returns:
        Values for its template.
    """
    results = material.results
    summary, doubtful = results["summary"], results["doubtful"]
    return landing_context(material) | {
        "tiles": [(TILES[row.column], row) for row in rows_of(summary, tuple(TILES), doubtful)],
        "steady": steady(summary, doubtful),
        "group": _figures(material),
        "thirds": [(THIRDS[row.column], row) for row in rows_of(summary, tuple(THIRDS), doubtful)],
        "no_thirds": results["missing"].get("midfoot_load_pct", "") if material.table.rows else "",
        "doubts": doubts_of(
            doubtful, [c for c in (*SHOWN, *HEIGHTS.values()) if c in summary or c in results["shares"]]
        ),
        "blind": by_reason({c: results["missing"][c] for c in BLIND if c in results["missing"]}),
        "sides_known": len(found_sides(material)) > 1,
        "ref": threshold_of(material.protocol),
        "bouts": [bout.name for bout in material.bouts[:MOST_LIGHTS]],
        "more_bouts": max(0, len(material.bouts) - MOST_LIGHTS),
        "marks": material.marks_in_all,
    }


def data_light(lights: list[Mapping[str, Any]]) -> tuple[str, list[str]]:
    """One light for the whole recording, which speaks of the data only.

    Args:
        lights: Quality lights as in the results.

    Returns:
        "fine", "look" or "problem", the worst of them, and what each that is not green found.
    """
    asking = [light for state in ("red", "amber") for light in lights if light["state"] == state]
    worst = WORDS[asking[0]["state"]] if asking else "fine"
    texts = [f"{light_name(light['name'])}: {light['text']}" for light in asking[:MOST_LIGHTS]]
    if len(asking) > MOST_LIGHTS:
        texts.append(f"and {count(len(asking) - MOST_LIGHTS, 'other')}; the lab's report lists them")
    return worst, texts


def heel(share: Mapping[str, Any] | None, results: Mapping[str, Any], doubt: str) -> Heel:
    """The share of landings on the heel, or why it is not told."""
    if share is None:
        reason = results["missing"].get("foot_strike", "no step of this session has a verdict")
        return Heel("–", f"not told: {within(str(reason))}", "")
    unsure, steps = share["uncertain"], share["steps"]
    if unsure > steps:
        return Heel("–", f"not told: {unsure:,} of {count(unsure + steps, 'step')} are uncertain", "")
    low, high = (number(100.0 * share[end], 0) for end in ("low", "high"))
    told = f"95 % interval {low} to {high} %, {count(steps, 'step')}"
    return Heel(number(100.0 * share["share"], 0), told + (f"; {unsure:,} more uncertain" if unsure else ""), doubt)


def steady(summary: Mapping[str, Mapping[str, Any]], doubtful: Mapping[str, str]) -> list[Steady]:
    """Coefficients of variation from step to step, of those measures that have one."""
    rows = []
    for column, what in STEADY.items():
        values = summary.get(column)
        if values is not None and values["sd"] is not None and values["mean"]:
            cv = number(100.0 * values["sd"] / abs(values["mean"]), 1)
            rows.append(Steady(column, what, cv, f"{values['n']:,}", doubtful.get(column, "")))
    return rows


def impact_words(impact: tuple[Share, ...]) -> str:
    """What the shares of the verdicts say, in one sentence; empty without any."""
    words = {
        "impact": "have a short impact that stands out of the force",
        "none": "have none",
        "uncertain": "cannot be told",
    }
    told = [f"{share.percent} % {words[share.kind]}" for share in impact if share.percent != "0"]
    return f"Of the steps, {', '.join(told)}." if told else ""


def _figures(material: Material) -> Group | None:
    with drawing_style():
        return bands(material, size=(NARROW, 205), first=WIDE_FIRST)
