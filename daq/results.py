"""What a session's analysis gives, as one object for JSON, reports and people."""

import math
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from analysis.asymmetry import asymmetry
from analysis.protocol import ALGORITHM_VERSION
from analysis.shares import class_shares
from analysis.steps import StepTable
from analysis.strike_share import foot_strike_of, heel_share
from analysis.summary import summarise, summarise_sides
from analysis.uncertainty_budget import budget_results, make_budget
from daq.analyser import Analyser
from daq.quality import session_lights
from daq.session_format import Gaps, SessionHeader

Results = dict[str, Any]

SHARED = ("impact_class", "foot_strike", "gait")
"""Columns of which the share of each class is given."""
ENDED_EARLY = "ended early"
"""Kind of the event that tells what ended a recording before its time."""


def software_version() -> str:
    """Version of this software, with that of its algorithms."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return f"stance {version('stance')} (algorithms {ALGORITHM_VERSION})"
    except PackageNotFoundError:
        return f"stance, not installed (algorithms {ALGORITHM_VERSION})"


def build_results(
    session: Path | None,
    header: SessionHeader,
    analyser: Analyser,
    *,
    frames: int,
    gaps: Gaps,
    duration_s: float,
    ended_by: str = "",
) -> Results:
    """Collect what `--json` prints.

    Args:
        session: Path of the session file, if it has one.
        header: Its header.
        analyser: Finished.
        frames: Number of frames recorded.
        gaps: Where frames are missing.
        duration_s: Device time from the first to the last frame.
        ended_by: What ended the recording before its time, if anything did.

    Returns:
        Plain values; null where something is not known.
    """
    table = analyser.table
    bw_N = analyser.bw_N
    lights = session_lights(analyser, frames=frames, gaps=gaps)
    lost = gaps.lost
    budget = make_budget(analyser.uncertainties, table)
    return {
        "session": None if session is None else str(session),
        "rig": header.rig_name,
        "protocol": analyser.protocol.name,
        "software": software_version(),
        "frames": frames,
        "sample_rate_Hz": header.sample_rate_Hz,
        "lost_frames": int(lost[lost > 0].sum()),
        "gaps": gap_list(gaps),
        "duration_s": duration_s,
        "ended_by": ended_by or None,
        "bw_N": None if math.isnan(bw_N) else bw_N,
        "bw_source": analyser.bw_source,
        "weight_closure": analyser.weight_closure(),
        "standing_N": analyser.standing_N,
        "quality": [asdict(light) for light in lights],
        "summary": summarise(table, budget),
        "by_side": summarise_sides(table, analyser.uncertainties),
        "uncertainty": budget_results(budget, analyser.setup),
        "asymmetry": {name: asdict(value) for name, value in asymmetry(table).items()},
        "shares": {column: _shares(table, column) for column in SHARED},
        "foot_strike": foot_strikes(table),
        "episodes": [asdict(episode) for episode in analyser.episodes],
        "missing": analyser.missing,
        "doubtful": analyser.doubtful(lights),
        "steps": table.records(),
    }


def gap_list(gaps: Gaps) -> list[dict[str, Any]]:
    """Gaps as plain values: the row each lies before, what was lost there if that is known, and why."""
    return [
        {"row": int(row), "lost": int(n) if n >= 0 else None, "reason": "lost" if n >= 0 else "device reset"}
        for row, n in zip(gaps.row, gaps.lost, strict=True)
    ]


def foot_strikes(table: StepTable) -> dict[str, Any]:
    """Foot strike of each known foot over the session, and the share of heel strikes.

    Args:
        table: Steps of the session.

    Returns:
        "L", "R" → verdict with its probability, "heel_share" → share with its interval; empty where nothing was told.
    """
    found: dict[str, Any] = {}
    for side in ("L", "R"):
        verdict = foot_strike_of(table.select(table["side"] == side))
        if verdict is not None:
            found[side] = asdict(verdict)
    share = heel_share(table)
    if share.steps:
        found["heel_share"] = asdict(share)
    return found


def _shares(table: StepTable, column: str) -> dict[str, Any]:
    return {name: asdict(share) for name, share in class_shares(table, column).items()}


def invalid_steps(results: Results) -> int:
    """How many steps are marked invalid."""
    return int(np.sum([not step["valid"] for step in results["steps"]]))
