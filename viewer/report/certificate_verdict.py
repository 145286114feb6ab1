"""What a calibration is worth, in words, and against the limits of a reference rig."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from analysis.statistics import Z95
from viewer.report.words import count, number

if TYPE_CHECKING:
    from analysis.calibration_quality import Quality

MARKS = {"fine": "●", "look": "▲", "problem": "■", "info": "○"}
"""A shape beside each word: colour never says anything alone."""
LARGE_N = 200.0
"""Vertical force from which the limit for the centre of pressure holds."""


@dataclass(frozen=True)
class Check:
    """One number against its limit."""

    state: str
    """"fine" up to the limit, "look" up to twice of it, "problem" beyond; "info" where nothing is known."""
    what: str
    """What it is."""
    found: str
    """The number with its unit, or why there is none."""
    limit: str
    """The limit with its unit."""

    @property
    def mark(self) -> str:
        """Its shape."""
        return MARKS[self.state]


def decimals(value: float) -> int:
    """Decimals that show two digits of a number, and no more than three decimals."""
    return next((places for places in range(3) if abs(value) >= 10.0 ** (1 - places)), 3)


def told(value: float | None, unit: str) -> str:
    """A number with two digits and its unit; a dash for none."""
    if value is None:
        return "–"
    return f"{number(value, decimals(value))} {unit}"


def with_sign(value: float, places: int) -> str:
    """A number with its sign, unless it rounds to zero."""
    text = number(value, places)
    return text if value <= 0.0 or not text.strip("0.") else f"+{text}"


def verdict_words(quality: "Quality", fore_aft: bool) -> str:
    """The one sentence that matters, with expanded uncertainties.

    Args:
        quality: Of the calibration.
        fore_aft: Whether the rig has cells for fore-aft force.

    Returns:
        For example "Vertical force is right to ±0.12 %, centre of pressure to ±1.8 mm, fore-aft force to ±0.5 %."
    """
    parts = [
        (what, told(None if u is None else Z95 * u, unit))
        for what, u, unit in (
            ("vertical force", quality.u_Fz_pct, "%"),
            ("centre of pressure", quality.u_cop_mm, "mm"),
            ("fore-aft force", quality.u_Fx_pct if fore_aft else None, "%"),
            ("sideways force", quality.u_Fy_pct, "%"),
        )
        if u is not None
    ]
    if not parts:
        return "How right this rig is cannot be told from these loads."
    first, *others = (f"{what} {'is right ' if at == 0 else ''}to ±{text}" for at, (what, text) in enumerate(parts))
    sentence = ", ".join([first, *others])
    return f"{sentence[:1].upper()}{sentence[1:]}."


def checks_of(quality: "Quality", full_N: float) -> list[Check]:
    """Numbers of a calibration against those of a reference rig.

    Args:
        quality: Of the calibration.
        full_N: Its largest vertical load, N: the full scale that the residual is compared with.

    Returns:
        One line per limit.
    """
    worst, cross = largest_crosstalk(quality)
    residual = None if quality.residual_Fz_max_N is None else 100.0 * quality.residual_Fz_max_N / full_N
    of_full = f"% of {number(full_N, 0)} N"
    return [
        _check("Vertical force, largest residual", residual, 0.5, of_full),
        _check("Vertical force, straightness", quality.nonlinearity_pct, 0.5, of_full),
        _check("Vertical force, hysteresis", quality.hysteresis_pct, 0.5, of_full,
               "not told: no load went up and down"),
        _check("Cross-talk left, largest" + (f" ({worst})" if worst else ""), cross, 2.0, "%",
               "not told: forces along one axis only"),
        _check(f"Centre of pressure, residual from {LARGE_N:g} N", quality.residual_cop_mm, 5.0, "mm RMS",
               f"not told: no load of {LARGE_N:g} N"),
        _check("Centre of pressure, each place left out", quality.lopo_cop_mm, 5.0, "mm RMS",
               "not told: too few places"),
    ]  # fmt: skip


def largest_crosstalk(quality: "Quality") -> tuple[str, float | None]:
    """What may still be mixed up after the calibration: the name of the worst pair, and 95 % of it in per cent."""
    name, u = max(quality.u_crosstalk_pct.items(), key=lambda item: item[1], default=("", None))
    return name, None if u is None else Z95 * u


def _check(what: str, value: float | None, limit: float, unit: str, unknown: str = "not told by these loads") -> Check:
    if value is None:
        return Check("info", what, unknown, f"{limit:g} {unit}")
    state = "fine" if value <= limit else "look" if value <= 2.0 * limit else "problem"
    return Check(state, what, told(value, unit), f"{limit:g} {unit}")


def summing_up(checks: list[Check]) -> str:
    """How many of the limits are met, in a sentence."""
    judged = [check for check in checks if check.state != "info"]
    over = [check for check in judged if check.state != "fine"]
    unknown = len(checks) - len(judged)
    words = (
        f"All {len(judged)} limits of a reference rig that could be judged are met."
        if not over
        else f"{count(len(over), 'limit')} of {len(judged)} not met; look at the marks below."
    )
    if not judged:
        words = "None of the limits could be judged."
    return f"{words} {count(unknown, 'is', 'are')} not told by these loads." if unknown else words
