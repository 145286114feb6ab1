"""What a before/after comparison takes and gives: bouts in; differences, each with its interval and a verdict, out."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from analysis.steps import StepTable

Kind = Literal["test", "not a test"]
Verdict = Literal[
    "changed",
    "within the runner's own variation",
    "no baseline: an interval that excludes 0",
    "no clear change",
    "not a test",
    "in doubt",
]

CHANGED: Verdict = "changed"
WITHIN: Verdict = "within the runner's own variation"
NO_BASELINE: Verdict = "no baseline: an interval that excludes 0"
NO_CLEAR: Verdict = "no clear change"
NOT_A_TEST: Verdict = "not a test"
IN_DOUBT: Verdict = "in doubt"

HEEL_SHARE = "heel_share"
"""Share of steps that land on the heel, among those with a verdict; made of `foot_strike`, bout by bout."""
METRICS: tuple[str, ...] = (
    HEEL_SHARE,
    "cadence_spm",
    "contact_time_ms",
    "flight_time_ms",
    "duty_factor",
    "step_length_m",
    "vertical_oscillation_mm",
    "impact_peak_BW",
    "hf_peak_BW",
    "valr_BW_s",
    "vilr_BW_s",
    "active_peak_BW",
    "vertical_impulse_BW_s",
    "braking_peak_BW",
    "braking_impulse_BW_s",
    "k_vert_kN_m",
    "k_leg_kN_m",
    "cop_travel_mm",
    "strike_index",
    "midfoot_load_pct",
)
"""What is compared, in this order: what a teacher of the Pose method and a physiotherapist look at."""


@dataclass(frozen=True)
class Bout:
    """One stretch of running under one condition."""

    runner: str
    """Pseudonym; bouts of one pseudonym are one person's."""
    session: str
    """Which recording it belongs to."""
    name: str
    """Name of the bout in it, "" for a session without bouts."""
    condition: str
    """For example "before" or "after"."""
    protocol: str
    """Name of the protocol that its steps were made under."""
    table: StepTable
    """Its rows, and no others."""
    belt_speed_m_s: float | None
    """Speed as set or noted, m/s; the step table's own comes first. None if nobody said."""
    incline_deg: float | None
    """Incline, uphill positive, degrees; None if nobody said."""
    began_s: float
    """When it began, seconds since 1970: the order of bouts."""
    calibration_id: str = ""
    """Bouts with the same one share the errors of the read-out, which then cancel; "" for all alike where unknown."""
    u_mean: Mapping[str, float] = field(default_factory=dict)
    """Metric → standard uncertainty that the instrument leaves the bout's mean, alike in all its steps."""
    doubtful: Mapping[str, str] = field(default_factory=dict)
    """Columns in doubt, with the reason; shown, but nothing is claimed of them."""
    missing: Mapping[str, str] = field(default_factory=dict)
    """Columns without a value, with the reason."""
    rig: str = ""
    """Which treadmill."""
    day: str = ""
    """Day on which it was run; bouts of one day are of one, whatever their recordings. "" where it is not known."""

    @property
    def label(self) -> str:
        """What people call it."""
        return f"{self.session}, {self.name}" if self.name else self.session

    def as_dict(self) -> dict[str, Any]:
        """What it is, without its rows, for JSON."""
        plain = {name: value for name, value in vars(self).items() if name != "table"}
        return plain | {"valid_steps": int(self.table["valid"].sum())}


@dataclass(frozen=True)
class Design:
    """What the bouts can carry."""

    kind: Kind
    """"test": at least three bouts per condition (three runners in a group); else a description."""
    method: str
    """How the intervals were made, for the small print."""
    why: str
    """Why it is a test or not, and what the interval holds for; sentences for people."""
    runners: int
    """Runners with both conditions."""
    sessions: int
    """Recordings that the bouts come from."""
    bouts: tuple[int, int]
    """Bouts with a valid step, before and after."""
    steps: tuple[int, int]
    """Valid steps, before and after."""
    days: int | None = None
    """Days that they were run on, those of each runner counted; None where that is not known."""

    def as_dict(self) -> dict[str, Any]:
        """All fields, for JSON."""
        return asdict(self)


@dataclass(frozen=True)
class Difference:
    """One metric, after minus before."""

    metric: str
    """Column of the step table, or `heel_share` (a share, 0 to 1)."""
    before: float
    """Mean, bouts counted by what they tell; in the metric's unit."""
    after: float
    """The same after."""
    difference: float
    """After − before. Of a group: mean over runners of each one's own difference."""
    low: float | None
    """Lower limit of its 95 % interval; None where there are too few steps for one."""
    high: float | None
    """Upper limit."""
    percent: float | None
    """The difference as a share of `before`, %; None for shares and where `before` is 0."""
    df: float | None
    """Degrees of freedom of the interval; None for a bootstrap."""
    method: str
    """How the interval was made: may be less than the design's, where bouts have no value of this metric."""
    mdc: float | None
    """Minimal detectable change, 95 %, from days of the runner's own baseline; None without two."""
    verdict: Verdict
    """"changed" only if the interval excludes 0 and the difference is larger than `mdc`; without a baseline at most
    "no baseline: an interval that excludes 0"."""
    u: float | None
    """Standard uncertainty that the instruments leave the difference; it is in the interval. 0 within one calibration;
    None where calibrations differ and theirs is not known."""
    steps: tuple[int, int]
    """Steps with a value, before and after."""
    primary: bool
    """The metric that was declared beforehand; all others are exploratory."""
    bouts: tuple[int, int] = (0, 0)
    """Bouts with a value, before and after."""
    hedges_g: float | None = None
    """Of a group: difference over the SD of runner means, corrected for few runners; None for one runner."""
    doubt: str = ""
    """Why it is in doubt: then `verdict` is "in doubt" and nothing is claimed; empty if it is not."""

    @property
    def excludes_zero(self) -> bool:
        """Whether 0 lies outside the 95 % interval."""
        return self.low is not None and self.high is not None and (self.low > 0.0 or self.high < 0.0)

    def as_dict(self) -> dict[str, Any]:
        """All fields, for JSON."""
        return asdict(self)


@dataclass(frozen=True)
class Comparison:
    """A whole before/after comparison."""

    design: Design
    """What the bouts can carry."""
    differences: dict[str, Difference]
    """Metric → difference, in the order asked for; what could not be compared is in `not_compared`."""
    notes: tuple[str, ...]
    """What a reader must know, one sentence or two each."""
    conditions: tuple[str, str] = ("before", "after")
    """Names of the two conditions."""
    not_compared: dict[str, str] = field(default_factory=dict)
    """Metric → why there is no difference of it."""

    def as_dict(self) -> dict[str, Any]:
        """All fields, for JSON."""
        return asdict(self)
