"""Named measurement protocols: filter, thresholds and debounce, stored with every result.

A contact time means nothing without its threshold, nor a loading rate without its filter, so both travel with the
numbers under one name.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass

from analysis.errors import AnalysisError

ALGORITHM_VERSION = "4"
"""Raised whenever a change alters a number in the step table; see "Scientific changes" in the changelog."""

G = 9.80665
"""Standard gravity, m/s²."""


@dataclass(frozen=True)
class Protocol:
    """What a step table was made with."""

    name: str
    """Name under which results are comparable."""
    version: int = 1
    """Raised when the meaning of the name changes."""
    reproduces: str = ""
    """Whose numbers it reproduces, for people."""
    filter: str = "fir"
    """"fir": linear-phase Kaiser window; "butterworth": zero-lag 4th order, forwards and backwards."""
    cutoff_Hz: float = 60.0
    """−3 dB frequency of the low-pass."""
    filter_length_ms: float = 40.0
    """Length of the "fir" low-pass (41 taps at 1 kHz); half of it is the fixed delay."""
    kaiser_beta: float = 5.0
    """Shape of the "fir" low-pass window."""
    on_N: float = 50.0
    """Arming threshold: flight becomes contact when the force rises through it."""
    off_N: float = 20.0
    """Disarming threshold: contact becomes flight when the force falls below it."""
    ref_N: float = 50.0
    """Touchdown and toe-off are crossings of this force …"""
    ref_pctBW: float | None = None
    """… or of this share of body weight, %, if it is given."""
    min_contact_ms: float = 80.0
    """Shorter contacts are scuffs, not steps."""
    max_contact_ms: float = 1000.0
    """Longer contacts are standing, not steps."""
    min_flight_ms: float = 20.0
    """Shorter flights are chatter within one contact."""
    max_flight_ms: float = 1000.0
    """After a longer flight the next contact does not continue the run."""
    active_window: tuple[float, float] = (0.40, 0.60)
    """Share of contact in which the active peak is sought (Alcantara et al. 2022)."""
    active_fallback: tuple[float, float] = (0.30, 0.75)
    """Used when the maximum of `active_window` lies on its edge, so is no peak."""
    impact_prominence_BW: float = 0.02
    """Smallest prominence of an impact peak."""

    def __post_init__(self) -> None:
        if not self.off_N <= self.ref_N <= self.on_N:
            raise AnalysisError(
                f"protocol {self.name}",
                expected="off_N ≤ ref_N ≤ on_N",
                seen=f"{self.off_N:g}, {self.ref_N:g}, {self.on_N:g}",
            )

    def ref_level_N(self, bw_N: float) -> float:
        """Force that defines touchdown and toe-off, N; NaN if it needs a body weight that is not known."""
        return self.ref_N if self.ref_pctBW is None else 0.01 * self.ref_pctBW * bw_N

    def as_dict(self) -> dict[str, object]:
        """All fields, for storage beside the results."""
        return asdict(self)


PROTOCOLS = {
    p.name: p
    for p in (
        Protocol("P60-50/20"),
        Protocol(
            "Z50-20",
            reproduces="laboratories that use a zero-lag 4th-order Butterworth at 50 Hz and one threshold of 20 N",
            filter="butterworth",
            cutoff_Hz=50.0,
            ref_N=20.0,
        ),
        Protocol(
            "Z30-5pctBW",
            reproduces="Alcantara et al. (2022), PeerJ 10:e12752: 30 Hz, contact above 5 % of body weight, active peak "
            "in 40-60 % of stance; its loading rate is valr_25_BW_s, the first 25 ms",
            filter="butterworth",
            cutoff_Hz=30.0,
            on_N=80.0,
            ref_pctBW=5.0,
            active_fallback=(0.40, 0.60),
        ),
        Protocol(
            "Z25-20",
            reproduces="studies with a zero-lag 25 Hz low-pass and 20 N; loading rates are 13 % low",
            filter="butterworth",
            cutoff_Hz=25.0,
            ref_N=20.0,
        ),
    )
}
DEFAULT_PROTOCOL = "P60-50/20"


def get_protocol(name: str = DEFAULT_PROTOCOL) -> Protocol:
    """Look a protocol up by name.

    Args:
        name: For example "P60-50/20": 60 Hz low-pass, on at 50 N, off at 20 N.

    Returns:
        The protocol.

    Raises:
        AnalysisError: There is no protocol of this name.
    """
    if name not in PROTOCOLS:
        raise AnalysisError(f"protocol {name!r}", expected=f"one of {', '.join(PROTOCOLS)}", seen="an unknown name")
    return PROTOCOLS[name]


def require_same(names: Iterable[str]) -> str:
    """Refuse to compare results that were made under different protocols.

    Args:
        names: Protocol name of each result.

    Returns:
        The name they share.

    Raises:
        AnalysisError: They differ, or there are none.
    """
    different = sorted(set(names))
    if len(different) != 1:
        raise AnalysisError(
            "comparison",
            expected="results under one protocol",
            seen=", ".join(different) or "no results",
            next_step="Analyse them again under one: stance analyze SESSION --protocol NAME.",
        )
    return different[0]
