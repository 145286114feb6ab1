"""What a person is asked to do in a check-up, for any rig, and how the horizontal cells should share a push."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from daq.rig import Rig
from daq.rig_schema import Cell
from rigs.mounting import belt_centres
from rigs.statics import AXES, CellLayout, load_sharing

Floats = NDArray[np.float64]

EMPTY, STAND, MIDDLE, PUSH = "empty", "stand", "middle", "push"


@dataclass(frozen=True)
class Task:
    """One thing to do."""

    kind: str
    """EMPTY, STAND, MIDDLE or PUSH."""
    title: str
    """Two or three words for lists: "step at FL"."""
    instruction: str
    """A sentence for the person."""
    target: int = -1
    """The cell stood at, counted in `rig.cells`."""
    force_N: tuple[float, float, float] = (0.0, 0.0, 0.0)
    """Direction of the force on whoever pushes, a unit vector."""
    point_m: tuple[float, float] = (0.0, 0.0)
    """Where a push acts, x and y from the rig's origin, m."""


def make_tasks(rig: Rig) -> tuple[Task, ...]:
    """What there is to do on a rig: empty, a stand at each vertical cell, the middle, pushes, empty.

    Args:
        rig: The rig.

    Returns:
        The tasks in their order.
    """
    stands = [_stand(rig, i) for i, cell in enumerate(rig.cells) if cell.axis == "z"]
    middle = "Stand still in the middle of the belt, arms hanging."
    if rig.file.belts:
        middle = "Stand still in the middle, one foot on each belt, arms hanging."
    return (
        Task(EMPTY, "empty belt", "Stop the belt, step off, and touch nothing."),
        *stands,
        Task(MIDDLE, "stand in the middle", middle),
        *_pushes(rig),
        Task(EMPTY, "empty belt again", "Step off, and touch nothing."),
    )


def corner_of(rig: Rig, cell: Cell) -> str:
    """Where a cell stands among the vertical cells of its belt, in words: "front left".

    Args:
        rig: The rig.
        cell: One of its vertical cells.

    Returns:
        The words.
    """
    others = np.array([one.position_mm for one in rig.cells if one.axis == "z" and one.belt == cell.belt])
    centre, reach = (others.max(axis=0) + others.min(axis=0)) / 2, np.ptp(others, axis=0) / 2
    x, y = (np.array(cell.position_mm) - centre) / np.where(reach > 0.0, reach, 1.0)
    words = [_word(x, "front", "rear"), _word(y, "left", "right")]
    return " ".join(word for word in words if word) or "middle"


def expected_shares(rig: Rig, task: Task) -> Floats:
    """How the cells share a push of one newton, by statics with equally stiff mounts.

    Args:
        rig: The rig.
        task: A push.

    Returns:
        (cells,) N, in the order of `rig.cells`.
    """
    share = np.zeros(len(rig.cells))
    force, (x, y) = np.array(task.force_N), task.point_m
    names: list[str | None] = ["L", "R"] if rig.file.belts else [None]  # in the order of `belt_centres`
    height_m = rig.machine.belt_height_mm / 1000
    for name, centre in zip(names, belt_centres(rig), strict=True):
        own = [i for i, cell in enumerate(rig.cells) if cell.belt == name]
        places = np.array([[*rig.cells[i].position_mm, 0.0] for i in own]) / 1000 - [*centre, height_m]
        layout = CellLayout(places, tuple(AXES.index(rig.cells[i].axis) for i in own), rig.machine.carries)
        lever = np.array([x - centre[0], y - centre[1], 0.0])
        share[own] = load_sharing(layout) @ np.concatenate([force, np.cross(lever, force)])
    return share


def _stand(rig: Rig, index: int) -> Task:
    cell = rig.cells[index]
    where = corner_of(rig, cell)
    belt = {"L": " of the left belt", "R": " of the right belt"}.get(cell.belt or "", "")
    text = f"Step on the {where} corner{belt}, both feet, as near the cell {cell.name} as you can. Stand still."
    return Task(STAND, f"step at {cell.name}", text, target=index)


def _pushes(rig: Rig) -> list[Task]:
    """One forwards at the left edge, one to the left at the front edge: off the middle, where pairs feel the same."""
    axes = {cell.axis for cell in rig.cells}
    if rig.machine.carries != "whole":
        return []
    front, left = rig.machine.surface_length_m / 2, rig.machine.surface_width_m / 2
    tasks = []
    if "x" in axes:
        text = (
            "From the floor behind the treadmill, push the left rear corner of its frame straight forwards, steadily, "
            "with 10 kg or more."
        )
        tasks.append(Task(PUSH, "push forwards", text, force_N=(-1.0, 0.0, 0.0), point_m=(-front, left)))
    if "y" in axes:
        text = (
            "From the floor on its right, push the front right corner of the frame straight to the left, steadily, "
            "with 10 kg or more."
        )
        tasks.append(Task(PUSH, "push to the left", text, force_N=(0.0, -1.0, 0.0), point_m=(front, -left)))
    return tasks


def _word(at: float, positive: str, negative: str) -> str:
    return positive if at > 0.3 else negative if at < -0.3 else ""
