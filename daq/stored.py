"""Results of a session as they were kept with its steps, so that nothing need be analysed again to show them."""

from collections.abc import Mapping
from typing import Any

from analysis.protocol import ALGORITHM_VERSION, Protocol
from analysis.steps import StepTable
from daq.results import Results, gap_list
from daq.session import Session

RESULTS = "results"
"""Where the attributes of the step table keep them, without the steps."""
FOR_WINDOWS = ("bw_N", "bw_source", "weight_closure", "quality", "missing", "doubtful", "episodes")
"""Those that also stand by themselves, as they did before all were kept."""
_OF_THE_FILE = ("session", "steps", "gaps")
"""Results that the file itself is or holds."""


def steps_attributes(protocol: Protocol, results: Results) -> dict[str, Any]:
    """What goes with the step table.

    Args:
        protocol: That it was made with.
        results: Of the session.

    Returns:
        Plain values.
    """
    return {
        "algorithm_version": ALGORITHM_VERSION,
        "protocol": protocol.as_dict(),
        **{name: results[name] for name in FOR_WINDOWS},
        RESULTS: {name: value for name, value in results.items() if name not in _OF_THE_FILE},
    }


def stored_table(session: Session) -> StepTable | None:
    """The step table as recorded.

    Args:
        session: Open session.

    Returns:
        The table; None if there is none, or one of other algorithms than these.
    """
    if session.steps_attrs.get("algorithm_version") != ALGORITHM_VERSION:
        return None
    return StepTable(session.steps())


def stored_results(session: Session, *, protocol: str | None = None, steps: bool = True) -> Results | None:
    """The results as recorded.

    Args:
        session: Open session.
        protocol: The protocol they should be under; None for whichever they are.
        steps: Whether to bring the rows too; who reads the table itself saves half a second for an hour.

    Returns:
        What an analysis would give; None if they were not kept, or are of other algorithms or another protocol.
    """
    attributes = session.steps_attrs
    kept = attributes.get(RESULTS)
    if attributes.get("algorithm_version") != ALGORITHM_VERSION or not isinstance(kept, Mapping):
        return None
    if protocol is not None and kept.get("protocol") != protocol:
        return None
    rows = StepTable(session.steps()).records() if steps else []
    return {**kept, "session": str(session.path), "gaps": gap_list(session.gaps), "steps": rows}
