"""The keys of a progress file, format 1, as strict as those of a calibration file: no half truth is gone on with."""

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from daq.calibration_schema import Place, Positive, RigThen, Uncertainty, Vector
from daq.layout import CHANNELS
from daq.rig_errors import Problem
from daq.rig_schema import Table

Index = Annotated[int, Field(ge=0)]
Counts = Annotated[
    tuple[float, ...],
    Field(strict=False, min_length=CHANNELS, max_length=CHANNELS, description=f"{CHANNELS} numbers, one per channel"),
]
UncertainCounts = Annotated[
    tuple[Positive, ...],
    Field(
        strict=False, min_length=CHANNELS, max_length=CHANNELS,
        description=f"{CHANNELS} numbers of at least 0, one per channel",
    ),
]  # fmt: skip


class LoadTable(Table):
    """One load of the plan, as `KnownLoad`."""

    label: str
    """What people call it."""
    kind: Literal["weight", "person", "pull", "pole"]
    """What makes the force."""
    force_N: Vector = Field(description="three numbers [Fx, Fy, Fz]")
    """Force on whoever makes it, N."""
    point_m: Place = Field(description="three numbers [x, y, z]")
    """Where it acts, from the rig's origin, m."""
    u_force_N: Uncertainty = Field(description="three numbers of at least 0")
    """Standard uncertainty of the force, N."""
    u_point_m: Uncertainty = Field(description="three numbers of at least 0")
    """Standard uncertainty of the place, m."""
    belt: Literal["", "L", "R"]
    """Belt; empty for a single one."""
    place: str
    """Name of the place."""
    series: Literal["", "up", "down"]
    """Ascending or descending series."""
    weight: str
    """Name of the weight or force gauge."""


class TakenTable(Table):
    """One reading, as `Taken`."""

    step: Index | None = Field(description="the number of a step, or null")
    """Index into the plan; none for an empty belt that the plan does not have."""
    counts: Counts
    """Mean counts."""
    u_counts: UncertainCounts
    """Their standard uncertainty."""
    time_s: Positive
    """Middle of the reading, s."""
    section: Index
    """What lies between two interruptions."""
    accepted: bool
    """Whether it may be in the fit."""
    remark: str
    """What was said of it."""


class ProgressFile(Table):
    """A whole progress file."""

    format: Literal[1]
    """Version of this format."""
    rig: RigThen
    """The rig as it was."""
    gravity_m_s2: float = Field(ge=9.76, le=9.84)
    """Local gravity, m/s²."""
    elapsed_s: Positive
    """Samples' time so far, s."""
    rehearsal: bool = False
    """Whether any of it was read on a virtual treadmill."""
    skipped: Annotated[tuple[Annotated[tuple[Index, Index], Field(strict=False)], ...], Field(strict=False)] = Field(
        description="pairs of a step and a number of readings"
    )
    """Steps left out, and how many readings there were by then."""
    plan: Annotated[tuple[LoadTable | None, ...], Field(strict=False, min_length=1)] = Field(description="loads")
    """The loads; null is the empty belt."""
    taken: Annotated[tuple[TakenTable, ...], Field(strict=False)] = Field(description="readings")
    """Readings in the order of time."""


def problems_within(file: ProgressFile, belts: frozenset[str]) -> Iterator[Problem]:
    """What the types of single keys cannot tell.

    Args:
        file: A file whose keys are each all right.
        belts: Names of the rig's belts.

    Yields:
        Problem: One per mistake.
    """
    steps = len(file.plan)
    for at, load in enumerate(file.plan):
        if load is not None and load.belt not in belts:
            names = " or ".join(f'"{name}"' for name in sorted(belts))
            yield Problem(f"plan[{at}].belt", f"a belt of the rig, {names}", f'"{load.belt}"')
    for at, (step, _) in enumerate(file.skipped):
        if step >= steps:
            yield Problem(f"skipped[{at}]", f"a step below {steps}", str(step))
    section, done = -1, set()
    for at, one in enumerate(file.taken):
        if one.step is not None and (one.step >= steps or one.step in done):
            yield Problem(f"taken[{at}].step", f"a step below {steps} that is not yet done", str(one.step))
            continue
        done.add(one.step)
        loaded = one.step is not None and file.plan[one.step] is not None
        if one.section < section or (one.section > section and loaded):
            yield Problem(f"taken[{at}]", "every section, one after the other, to begin with the empty belt", "another")
        section = max(section, one.section)
