"""Impact and foot strike in words: two questions that are not the same, each with how sure the answer is."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from viewer.report.material import Material
from viewer.report.words import count

SIDE_WORDS = {"L": "Left", "R": "Right"}
CLASSES = {"impact": "impact", "none": "no impact", "uncertain": "uncertain"}
STRIKES = {"rearfoot": "rearfoot", "midfoot": "midfoot", "forefoot": "forefoot", "uncertain": "uncertain"}
ESTIMATORS = (
    ("Shape of the curve", "shape_class"),
    ("Force above 10 Hz", "hf_class"),
    ("Two-mass fit", "two_mass_class"),
)


@dataclass(frozen=True)
class Share:
    """How often something occurs."""

    what: str
    """What it is."""
    kind: str
    """Name of its class, for its looks."""
    percent: str
    """Share of the steps, %."""
    low: str
    """Lower end of its 95 % interval, %."""
    high: str
    """Upper end."""
    steps: str
    """Number of steps."""


@dataclass(frozen=True)
class Foot:
    """Foot strike of one foot."""

    side: str
    """"Left" or "Right"."""
    strike: str
    """Its class."""
    probability: str
    """How probable that is, in words."""
    steps: str
    """Number of steps that it was told from."""


@dataclass(frozen=True)
class Landing:
    """What is said of the landing; empty where there is nothing to say."""

    impact: tuple[Share, ...]
    """Share of each verdict on the impact."""
    agreement: str
    """How often the estimators agree."""
    estimators: tuple[tuple[str, tuple[str, ...]], ...]
    """Each estimator with how often it said each of `CLASSES`."""
    no_impact: str
    """Why nothing is said of the impact."""
    feet: tuple[Foot, ...]
    """Foot strike of each foot whose side is known."""
    strikes: tuple[Share, ...]
    """Share of each foot strike over all steps, where sides are not known."""
    heel: str
    """Share of the steps that land on the heel."""
    no_strike: str
    """Why nothing is said of the foot strike."""


def landing(material: Material) -> Landing:
    """Gather what is said of the landing.

    Args:
        material: The session.

    Returns:
        Texts for the page.
    """
    results = material.results
    impact = _shares(results["shares"]["impact_class"], CLASSES)
    strikes = _shares(results["shares"]["foot_strike"], STRIKES)
    feet = tuple(_foot(side, results["foot_strike"][side]) for side in SIDE_WORDS if side in results["foot_strike"])
    return Landing(
        impact=impact,
        agreement=_agreement(material) if impact else "",
        estimators=_estimators(material) if impact else (),
        no_impact="" if impact else _why(material, "impact_class"),
        feet=feet,
        strikes=() if feet else strikes,
        heel=_heel(results["foot_strike"].get("heel_share")),
        no_strike="" if strikes else _why(material, "foot_strike"),
    )


def _why(material: Material, column: str) -> str:
    return str(material.results["missing"].get(column, "no valid step of this session has a verdict"))


def _shares(found: Mapping[str, Mapping[str, Any]], words: Mapping[str, str]) -> tuple[Share, ...]:
    return tuple(_of_class(what, name, found[name]) for name, what in words.items() if name in found)


def _of_class(what: str, name: str, share: Mapping[str, Any]) -> Share:
    shown, low, high = (_percent(share[key]) for key in ("share", "low", "high"))
    return Share(what, name, shown, low, high, f"{share['n']:,}")


def _foot(side: str, told: Mapping[str, Any]) -> Foot:
    if told["name"] == "uncertain":
        probability = f"cannot tell; rearfoot with {_percent(told['rearfoot_p'])} %"
    else:
        probability = f"{_percent(told['p'])} %"
    return Foot(SIDE_WORDS[side], told["name"], probability, f"{told['steps']:,}")


def _heel(share: Mapping[str, Any] | None) -> str:
    if share is None:
        return ""
    unsure, steps = share["uncertain"], share["steps"]
    if unsure > steps:
        return f"not told, because {unsure:,} of {count(unsure + steps, 'step')} are uncertain"
    text = f"{_percent(share['share'])} % of {count(steps, 'step')} with a verdict ({_interval(share)})"
    return text + (f"; {unsure:,} more were uncertain" if unsure else "")


def _agreement(material: Material) -> str:
    table = material.table
    told = table["valid"] & (table["impact_class"] != "")
    same, steps = int(np.sum(told & table["impact_agreement"])), int(told.sum())
    return f"{same:,} of {count(steps, 'step')} ({_percent(same / steps)} %)"


def _estimators(material: Material) -> tuple[tuple[str, tuple[str, ...]], ...]:
    table = material.table
    return tuple(
        (words, tuple(f"{np.sum(table['valid'] & (table[column] == name)):,}" for name in CLASSES))
        for words, column in ESTIMATORS
    )


def _interval(share: Mapping[str, Any]) -> str:
    return f"95 % interval {_percent(share['low'])} to {_percent(share['high'])} %"


def _percent(share: float) -> str:
    return f"{100.0 * share:.0f}"
