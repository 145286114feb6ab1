"""Swapped, reversed, dead and wrongly scaled cells, from a person who steps near each vertical cell in turn.

Two facts are used, and neither needs to know where exactly the person stood: the cell that he stands at takes most of
the load, and the forces of all cells sum to the same weight wherever he stands.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.doctor_scales import SCALE, Stand, Wiring, scales_light
from analysis.quality import AMBER, GREEN, INFO, RED, Light, graded

Floats = NDArray[np.float64]

MOST = 0.3
"""A cell that is stood at takes at least this share of the weight: who stands half-way to the middle gives it half."""
NOTHING = 0.1
"""A cell that never takes as much of the weight takes no load."""
CLOSURE = (0.005, 0.03)
"""Weight closure (metrics, 9.1)."""


@dataclass(frozen=True)
class Found:
    """What the stands told."""

    plugs: tuple[int, ...]
    """(C,) for each cell of the rig file, the cell whose channel it is truly on."""
    lights: tuple[Light, ...]
    """"places", "signs", "scales"."""


def judge_stands(
    stands: Sequence[Stand], wiring: Wiring, *, calibrated_scale: Floats | None = None, weight_N: float | None = None
) -> Found:
    """Find what is swapped, reversed, dead or out of scale.

    Args:
        stands: One for each vertical cell, or for as many as there are.
        wiring: The cells.
        calibrated_scale: (C,) each cell's share in Fz by the calibration, N per count; None if there is none.
        weight_N: The person's weight; None if nobody said.

    Returns:
        The channels as they truly are, and the lights.
    """
    owner, dead, unclear = _owners(stands, wiring)
    swaps, plugs = _cycles(owner, len(wiring.names))
    unclear += [wiring.names[t] for t, w in owner.items() if w != t and t not in {i for c in swaps for i in c}]
    forces = _unswapped(stands, plugs, wiring)
    least_N = NOTHING * _weight_N(stands, wiring)
    reversed_ = [stand.target for stand, force in zip(stands, forces, strict=True) if force[stand.target] < -least_N]
    lights = [_places(swaps, dead, unclear, stands, wiring), _signs(reversed_, wiring)]
    if dead or unclear:
        lights.append(Light("scales", INFO, None, SCALE[0], "", "not judged while a cell takes no load"))
    else:
        forces[:, reversed_] *= -1.0
        scale = None if calibrated_scale is None or swaps or reversed_ else calibrated_scale
        lights.append(scales_light(stands, forces, wiring, scale, weight_N))
    return Found(plugs, tuple(lights))


def closure_light(force_N: float, u_N: float, weight_N: float | None) -> Light:
    """Weight closure of a person who stands in the middle.

    Args:
        force_N: Vertical force, N.
        u_N: Its standard uncertainty, N.
        weight_N: The person's weight; None if nobody said.

    Returns:
        Light "weight_closure".
    """
    if weight_N is None:
        text = f"the person weighs {force_N:.1f} N here, {force_N / 9.80665:.2f} kg; with --mass this is checked"
        return Light("weight_closure", INFO, None, CLOSURE[0], "", text)
    closure, u = force_N / weight_N, u_N / weight_N
    text = f"{closure:.4f} ± {u:.4f} of the weight given, 1 if scale and mass are right"
    if abs(closure - 1.0) > CLOSURE[0]:
        text += (
            f"; every cell alike reads {100 * (closure - 1.0):+.1f} %: " if abs(closure - 1.0) > CLOSURE[1] else "; "
        )
        text += (
            "check the mass, shoes on, and the gain: adc.gain, excitation_mV and the cells' sensitivity, or calibrate"
        )
    return graded("weight_closure", closure, CLOSURE, "", text, magnitude=abs(closure - 1.0))


def _owners(stands: Sequence[Stand], wiring: Wiring) -> tuple[dict[int, int], set[int], list[str]]:
    """Which channel takes most at each cell; cells that take nothing; and stands that tell neither.

    All channels are compared as if they carried the cell that is stood at: so one on a plug of another kind is seen.
    """
    size = np.array([np.abs(s.counts * wiring.newtons_per_count[s.target]) for s in stands])
    weight_N = _weight_N(stands, wiring)
    owner, dead, unclear = {}, set(), []
    for row, stand in zip(size, stands, strict=True):
        t, most = stand.target, int(row.argmax())
        if row[most] >= MOST * weight_N:
            owner[t] = most
        elif size[:, t].max() < NOTHING * weight_N:
            dead.add(t)
        else:
            unclear.append(wiring.names[t])
    return owner, dead, unclear


def _weight_N(stands: Sequence[Stand], wiring: Wiring) -> float:
    """About the person's weight, from readings of which some may be wrong."""
    sums = [float(np.abs(s.counts * wiring.newtons_per_count)[wiring.vertical].sum()) for s in stands]
    return float(np.median(sums))


def _cycles(owner: dict[int, int], cells: int) -> tuple[list[tuple[int, ...]], tuple[int, ...]]:
    """Plugs that changed places, in rings of two or more, and the channel of each cell.

    A ring that leads to a cell nobody stood at (a horizontal one) is closed there.
    """
    plugs, rings, seen = list(range(cells)), [], set[int]()
    for start, next_one in owner.items():
        ring, at = [start], next_one
        while at in owner and at not in ring and at not in seen:
            ring.append(at)
            at = owner[at]
        if at not in owner and at not in seen:
            ring.append(at)
            at = start
        if len(ring) > 1 and at == start and not seen & set(ring):
            seen |= set(ring)
            rings.append(tuple(ring))
            for here, there in zip(ring, [*ring[1:], start], strict=True):
                plugs[here] = there
    return rings, tuple(plugs)


def _unswapped(stands: Sequence[Stand], plugs: tuple[int, ...], wiring: Wiring) -> Floats:
    """(R, C) force of each cell, N, by the channel that it is truly on."""
    order = list(plugs)
    return np.array([stand.counts[order] * wiring.newtons_per_count for stand in stands])


def _places(
    swaps: list[tuple[int, ...]], dead: set[int], unclear: list[str], stands: Sequence[Stand], wiring: Wiring
) -> Light:
    texts = [swap_text([wiring.names[i] for i in ring]) for ring in swaps]
    texts += [f"cell {wiring.names[i]} is dead: it takes no load where it is stood at. Check its plug, and whether it "
              "carries the frame at all" for i in sorted(dead)]  # fmt: skip
    wrong = len(swaps) + len(dead)
    if unclear and not wrong:
        names = ", ".join(unclear)
        text = f"not clear at {names}: another cell took most, or none did. Was it the right corner? Do it again"
        return Light("places", AMBER, float(len(unclear)), 0.0, "", text)
    if wrong:
        return Light("places", RED, float(wrong), 0.0, "", "; ".join(texts))
    return Light("places", GREEN, 0.0, 0.0, "", f"each of {len(stands)} cells takes most where it is stood at")


def swap_text(names: Sequence[str]) -> str:
    """Say which plugs changed places, and what to do.

    Args:
        names: Of the cells, each on the channel of the next, the last on that of the first.

    Returns:
        One sentence or two.
    """
    if len(names) == 2:
        return f"cells {names[0]} and {names[1]} are swapped: exchange their plugs, or their channels in the rig file"
    ring = ", ".join(
        f"{here} is on the channel of {there}" for here, there in zip(names, [*names[1:], names[0]], strict=True)
    )
    return f"cells are swapped: {ring}. Exchange their plugs, or their channels in the rig file"


def _signs(reversed_: list[int], wiring: Wiring) -> Light:
    if not reversed_:
        return Light("signs", GREEN, 0.0, 0.0, "", "every cell's force rises under a load")
    return Light("signs", RED, float(len(reversed_)), 0.0, "", reversal_text([wiring.names[i] for i in reversed_]))


def reversal_text(names: Sequence[str]) -> str:
    """Say which cells are reversed, and what to do.

    Args:
        names: Of the cells.

    Returns:
        One sentence.
    """
    what = f"cell {names[0]} is reversed" if len(names) == 1 else f"cells {', '.join(names)} are reversed"
    return f"{what}: change its sign in the rig file, or exchange S+ and S− (or it is mounted upside down)"
