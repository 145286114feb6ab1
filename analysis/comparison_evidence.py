"""What has been published on the measures of a Pose page: a box of facts with their sources, no verdicts."""

from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Fact:
    """One published finding."""

    about: str
    """What it is about, two or three words."""
    text: str
    """The finding with its numbers."""
    source: str
    """Where it stands."""

    def as_dict(self) -> dict[str, str]:
        """All fields, for JSON."""
        return asdict(self)


EVIDENCE: tuple[Fact, ...] = (
    Fact(
        "Twelve weeks of Pose",
        "8 athletes trained, 8 did not: stride length (by its size that of one step) fell from 137.25 to 129.19 cm, "
        "vertical oscillation was 6.92 against 8.44 cm, oxygen uptake rose from 3.28 to 3.53 l/min (+7.6 %).",
        "Dallam et al. 2005, J Sports Sci 23:757–764",
    ),
    Fact(
        "Performance after Pose",
        "Performance and economy were not affected (Fletcher 2008).",
        "summarised by Moore 2016, Sports Med 46",
    ),
    Fact(
        "Landing off the heel, imposed",
        "Economy becomes worse at once when another strike than rearfoot is imposed: SMD −1.67 at 10.8 km/h, −1.26 at "
        "12.6 km/h.",
        "Anderson et al. 2020, Sports Med, doi:10.1007/s40279-019-01238-y",
    ),
    Fact(
        "Support time and economy",
        "No relation over 51 studies: r = −0.02 (95 % CI −0.15 to 0.12). A short support time is not economy.",
        "Van Hooren et al. 2024, Sports Med, doi:10.1007/s40279-024-01997-3",
    ),
    Fact(
        "Cadence",
        "Least oxygen at 84.8 ± 3.6 strides/min (about 170 steps/min) at 3.0 m/s.",
        "Lieberman et al. 2015, J Exp Biol 218:3406",
    ),
    Fact(
        "Stride length",
        "3 % less than preferred costs nothing; a change of more than 6 % costs economy.",
        "Moore 2016, Sports Med 46",
    ),
    Fact(
        "Knee and ankle",
        "Pose against heel-toe and midfoot running: less eccentric work at the knee, more at the ankle (20 runners).",
        "Arendse et al. 2004, Med Sci Sports Exerc 36:272–277",
    ),
    Fact(
        "Knee and ankle",
        "Forefoot against rearfoot strike, 26 studies: negative work at the knee SMD −1.56 (−2.11 to −1.00), at the "
        "ankle +2.60 (1.02 to 4.18); axial contact force at the ankle +1.26 (0.93 to 1.60).",
        "Xu et al. 2020, Sports Health, PMC7734358",
    ),
)
"""Findings to stand beside a Pose page; they are about groups, not about this runner."""
