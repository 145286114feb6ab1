"""A comparison in plain words: one sentence per metric for a coach, and what a falling heel share may cost.

The words describe. Which way is better is not said: shorter contact or fewer heel strikes are not "improvements".
"""

import math

from analysis import column_units
from analysis.comparison_types import (
    CHANGED,
    HEEL_SHARE,
    IN_DOUBT,
    NO_BASELINE,
    NO_CLEAR,
    NOT_A_TEST,
    WITHIN,
    Comparison,
    Difference,
)
from analysis.decimals import decimals_for

_NAMES = {
    HEEL_SHARE: "Heel share",
    "cadence_spm": "Cadence",
    "contact_time_ms": "Support time",
    "flight_time_ms": "Flight time",
    "duty_factor": "Duty factor",
    "step_length_m": "Step length",
    "vertical_oscillation_mm": "Bounce",
    "impact_peak_BW": "Impact peak",
    "hf_peak_BW": "Impact (force above 10 Hz)",
    "valr_BW_s": "Average loading rate",
    "vilr_BW_s": "Largest loading rate",
    "active_peak_BW": "Active peak",
    "vertical_impulse_BW_s": "Vertical impulse",
    "braking_peak_BW": "Braking peak",
    "braking_impulse_BW_s": "Braking impulse",
    "k_vert_kN_m": "Vertical stiffness",
    "k_leg_kN_m": "Leg stiffness",
    "cop_travel_mm": "Travel of the centre of pressure",
    "strike_index": "Strike index",
    "midfoot_load_pct": "Load under the midfoot",
}
FALL_SHARE = 0.05
"""A description tells a fall of the heel share from this size on."""

LOAD_SHIFT = (
    "Heel share fell. Landing further forward takes load from the knee and gives it to the ankle: in Pose running "
    "less eccentric work at the knee and more at the ankle (Arendse et al. 2004); in forefoot against rearfoot strike "
    "negative work at the knee SMD −1.56, at the ankle +2.60, axial contact force at the ankle +1.26 (meta-analysis, "
    "Xu et al. 2020). A machine that measures force under the belt cannot see the load of joints, so nothing here "
    "shows whether calf and Achilles tendon have got used to it: ask how they feel."
)
"""The caution that goes with fewer heel strikes."""


def name_of(metric: str) -> str:
    """What a coach calls a metric; else the column's name with spaces."""
    if metric in _NAMES:
        return _NAMES[metric]
    stem = column_units.stem_of_column(metric).replace("_", " ")
    return stem[:1].upper() + stem[1:]


def unit_of(metric: str) -> str:
    """Unit of a metric in a sentence; empty for a ratio."""
    return "%" if metric == HEEL_SHARE else column_units.unit_of(metric)


def known_decimals(difference: Difference) -> int:
    """Decimals of a metric, as it is shown, that mean anything: a narrow interval does not make the instrument finer.

    Args:
        difference: Of that metric.

    Returns:
        Their number.
    """
    if difference.metric == HEEL_SHARE:
        return 0
    return decimals_for(max(abs(difference.before), abs(difference.after)), unit_of(difference.metric))


def plain_line(difference: Difference) -> str:
    """One sentence about one metric, for a coach.

    Args:
        difference: Of that metric.

    Returns:
        What was before and after, how sure that is, and what may be said of it.
    """
    told = _Numbers(difference)
    spread = f"the 95 % interval is {told.interval}"
    if difference.verdict == IN_DOUBT:
        return (f"{told.name}, in doubt, was {told.before} before and {told.after} after ({told.away}); nothing is "
                f"claimed of it: {difference.doubt}.")  # fmt: skip
    if difference.verdict == CHANGED:
        return (f"{told.moved}; {spread}, and {told.whose} own day-to-day variation is {told.mdc}.")  # fmt: skip
    if difference.verdict == WITHIN:
        return (f"{told.moved}; {spread}, but {told.whose} own day-to-day variation is {told.mdc}: no change can be "
                "claimed.")  # fmt: skip
    if difference.verdict == NO_BASELINE:
        return (f"{told.moved}; {spread}. How much this runner varies from day to day was not measured, so this is not "
                "yet a change.")  # fmt: skip
    if difference.verdict == NO_CLEAR:
        return (f"{told.name}: no clear change, {told.before} before and {told.after} after; {spread}.")  # fmt: skip
    steps = f"; steps alone leave {told.interval}" if difference.low is not None else ""
    return (f"{told.name} was {told.before} before and {told.after} after ({told.away}{steps}): described, not "
            "tested.")  # fmt: skip


class _Numbers:
    """The numbers of a difference as they stand in a sentence, all with the same decimals."""

    def __init__(self, difference: Difference) -> None:
        self._one = difference
        share = difference.metric == HEEL_SHARE
        self._times = 100.0 if share else 1.0
        unit = unit_of(difference.metric)
        self._of_value = f" {unit}" if unit else ""
        self._of_away = " percentage points" if share else " points" if unit == "%" else self._of_value
        self._decimals = self._choose()
        self.name = name_of(difference.metric)
        self.whose = "this runner's" if difference.hedges_g is None else "these runners'"

    def _choose(self) -> int:
        """Decimals that show the interval with two digits, and the difference as that of the means; `most` at most."""
        one = self._one
        half = 0.5 * (one.high - one.low) if one.low is not None and one.high is not None else abs(one.difference)
        size = self._times * (half or abs(one.difference))
        decimals = 0 if size <= 0.0 else min(self.most, max(0, math.ceil(-math.log10(size / 3.0))))
        shown = [round(self._times * value, decimals) for value in (one.before, one.after, one.difference)]
        agrees = abs(shown[1] - shown[0] - shown[2]) < 0.5 * 10.0**-decimals
        return decimals if agrees else min(self.most, decimals + 1)

    @property
    def most(self) -> int:
        """Decimals beyond which the instrument knows nothing."""
        return known_decimals(self._one)

    def _text(self, value: float, sign: str = "") -> str:
        return f"{self._times * value:{sign}z.{self._decimals}f}".replace("-", "−")

    @property
    def before(self) -> str:
        return self._text(self._one.before) + self._of_value

    @property
    def after(self) -> str:
        return self._text(self._one.after) + self._of_value

    @property
    def away(self) -> str:
        return self._text(self._one.difference, "+") + self._of_away

    @property
    def interval(self) -> str:
        low, high = self._one.low, self._one.high
        if low is None or high is None:
            return "not known"
        ends = self._text(low, "+"), self._text(high, "+")
        if ends[0] == ends[1]:  # narrower than the last digit that means anything
            return f"less than {10.0**-self._decimals:.{self._decimals}f}{self._of_away} about {ends[0]}{self._of_away}"
        return f"{ends[0]} to {ends[1]}{self._of_away}"

    @property
    def mdc(self) -> str:
        mdc = self._one.mdc or 0.0
        least = 10.0**-self._decimals
        if self._times * mdc < 0.5 * least:
            return f"less than ±{least:.{self._decimals}f}{self._of_away}"
        return f"±{self._text(mdc)}{self._of_away}"

    @property
    def moved(self) -> str:
        """For example: Support time fell by 12 ms (5 %), from 246 to 234 ms."""
        one = self._one
        verb = "rose" if one.difference > 0.0 else "fell"
        percent = "" if one.percent is None or self._of_value == " %" else f" ({abs(one.percent):.{self._percents}f} %)"
        size = self._text(abs(one.difference)) + self._of_away
        return f"{self.name} {verb} by {size}{percent}, from {self._text(one.before)} to {self.after}"

    @property
    def _percents(self) -> int:
        return 0 if abs(self._one.percent or 0.0) >= 3.0 else 1


def load_shift_note(comparison: Comparison) -> str:
    """The caution about knee and ankle where heel strikes have become fewer.

    Args:
        comparison: With `heel_share` among its differences, or without.

    Returns:
        The note; empty unless the heel share falls: its interval lies below 0, or, where that is no test, it falls by
        at least five percentage points. Of a share in doubt it says so.
    """
    heel = comparison.differences.get(HEEL_SHARE)
    if heel is None or heel.difference >= 0.0:
        return ""
    if heel.doubt:
        return LOAD_SHIFT.replace("Heel share fell.", "Heel share is in doubt; it may have fallen.", 1)
    described = heel.verdict == NOT_A_TEST and heel.difference <= -FALL_SHARE
    return LOAD_SHIFT if heel.excludes_zero or described else ""
