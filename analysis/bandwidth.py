"""Quality light of a force that somebody filtered before it was imported."""

from analysis.quality import AMBER, Light

BANDWIDTH = 1.5
"""Times the low-pass' cutoff: an imported force that ends below was filtered harder than the protocol does."""


def bandwidth_light(empty_above_Hz: float | None, cutoff_Hz: float) -> Light | None:
    """Whether an imported force was low-passed before, and harder than the analysis itself does.

    Args:
        empty_above_Hz: Frequency above which the force holds nothing; None if it goes on, or for cells of our own.
        cutoff_Hz: Cutoff of the analysis' low-pass.

    Returns:
        The light; None where all is there that the analysis looks at.
    """
    limit = BANDWIDTH * cutoff_Hz
    if empty_above_Hz is None or empty_above_Hz >= limit:
        return None
    text = (f"already filtered: the imported force holds nothing above about {empty_above_Hz:.0f} Hz, so impact and "
            "loading rates are too low; import the unfiltered force")  # fmt: skip
    return Light("bandwidth", AMBER, empty_above_Hz, limit, "Hz", text)
