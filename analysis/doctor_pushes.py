"""Swapped, reversed and dead fore-aft and side cells, from two pushes against the frame.

Every way of plugging the cells in, and every choice of signs, predicts another pattern of forces. The pattern that fits
best is compared with that of the rig file; both are known up to the strength of each push. Nothing is said unless the
other one fits twice as well and the rig file's fits badly: how a push is shared also depends on how stiff the mounts
are.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import permutations, product

import numpy as np
from numpy.typing import NDArray

from analysis.doctor_corners import reversal_text, swap_text
from analysis.quality import AMBER, GREEN, RED, Light

Floats = NDArray[np.float64]

LEAST_N = 30.0
"""A push that the cells feel less tells nothing."""
MISFIT = 0.25
"""Share of a push, as a vector of forces, that may disagree with the rig file: unequal mounts, hands that slip."""
BETTER = 0.5
"""Another wiring must fit at least so much better."""
ALIKE = 0.03
"""Fits that differ by less are alike: the one with fewer changes is believed."""
NOTHING = 0.15
"""A cell that feels less of its share is dead."""
_MANY = 4
"""With more horizontal cells there are too many ways to plug them in."""


@dataclass(frozen=True)
class Pushes:
    """Two pushes, as they should be and as they were; H horizontal cells."""

    names: tuple[str, ...]
    """Of the cells."""
    expected: Floats
    """(R, H) force of each cell per newton of each push, by statics."""
    counts: Floats
    """(R, H) what each cell's channel said, counts over the zero."""
    newtons_per_count: Floats
    """(H,) by the rig file, with sign."""


def judge_pushes(pushes: Pushes) -> list[Light]:
    """Find horizontal cells that are swapped, reversed or dead.

    Args:
        pushes: At least one, each against a known face of the frame near a known corner.

    Returns:
        Lights "horizontal_places" and "horizontal_signs".
    """
    read = pushes.counts * pushes.newtons_per_count
    if np.abs(read).sum(axis=1).min() < LEAST_N and not _dead(pushes, read):
        text = f"a push was weaker than {LEAST_N:g} N: push harder, or the horizontal cells take no load"
        return [Light("horizontal_places", AMBER, float(np.abs(read).sum(axis=1).min()), LEAST_N, "N", text)]
    dead, live = [], list(range(len(pushes.names)))
    order, signs, misfit = _best(pushes, live)
    if misfit > MISFIT or not _rings(order):  # what feels little may be on the plug of one that should
        dead = _dead(pushes, read)
        live = [i for i in live if i not in dead]
        order, signs, misfit = _best(pushes, live)
    rings = _rings(order)
    texts = [swap_text([pushes.names[live[i]] for i in ring]) for ring in rings]
    texts += [f"cell {pushes.names[i]} is dead: it feels no push. Check its plug and its rods" for i in dead]
    reversed_ = [pushes.names[live[i]] for i, sign in enumerate(signs) if sign < 0]
    places = Light(
        "horizontal_places",
        GREEN,
        misfit,
        MISFIT,
        "",
        f"the pushes are shared as statics says, to {100 * misfit:.0f} %",
    )
    if texts:
        places = Light("horizontal_places", RED, misfit, MISFIT, "", "; ".join(texts))
    elif misfit > MISFIT:
        text = (
            f"the pushes are not shared as statics says ({100 * misfit:.0f} % off). Push again, straight and at the "
            "place asked for; else something beside the cells holds the frame"
        )
        places = Light("horizontal_places", AMBER, misfit, MISFIT, "", text)
    state = RED if reversed_ else GREEN
    text = reversal_text(reversed_) if reversed_ else "every horizontal cell answers with the right sign"
    return [places, Light("horizontal_signs", state, float(len(reversed_)), 0.0, "", text)]


def _dead(pushes: Pushes, read: Floats) -> list[int]:
    """Cells that feel next to nothing of pushes that they should feel; swapped ones feel each other's."""
    felt = np.abs(read).max(axis=0)
    strength = np.linalg.norm(read) / np.linalg.norm(pushes.expected)
    should = np.abs(pushes.expected).max(axis=0) * strength
    return [int(i) for i in np.flatnonzero((felt < NOTHING * should) & (should > 0.0))]


def _best(pushes: Pushes, live: Sequence[int]) -> tuple[tuple[int, ...], tuple[int, ...], float]:
    """Channel and sign of each live cell, and how badly what is believed fits."""
    size = len(live)
    counts, scale = pushes.counts[:, live], pushes.newtons_per_count[list(live)]
    expected = pushes.expected[:, live]
    plain = tuple(range(size)), (1,) * size
    orders = permutations(range(size)) if size <= _MANY else [plain[0]]
    fits = [
        (_misfit(counts[:, order] * scale * signs, expected), _changes(order, signs), order, signs)
        for order in orders
        for signs in product((1, -1), repeat=size)
    ]
    own = _misfit(counts * scale, expected)
    best = min(fit[0] for fit in fits)
    _, _, order, signs = min((fit for fit in fits if fit[0] <= best + ALIKE), key=lambda fit: (fit[1], fit[0]))
    found = _misfit(counts[:, order] * scale * signs, expected)
    if own > MISFIT and found < BETTER * own:
        return order, signs, found
    return *plain, own


def _misfit(read: Floats, expected: Floats) -> float:
    """Share of what was read that no strength of the pushes explains; a push cannot pull."""
    strength = np.maximum((read * expected).sum(axis=1) / (expected * expected).sum(axis=1), 0.0)
    return float(np.linalg.norm(read - strength[:, np.newaxis] * expected) / np.linalg.norm(read))


def _changes(order: tuple[int, ...], signs: tuple[int, ...]) -> int:
    return sum(i != j for i, j in enumerate(order)) + 2 * signs.count(-1)


def _rings(order: tuple[int, ...]) -> list[tuple[int, ...]]:
    """Cells that changed places."""
    rings, seen = [], set[int]()
    for start in range(len(order)):
        ring, at = [start], order[start]
        while at != start:
            ring.append(at)
            at = order[at]
        if len(ring) > 1 and start not in seen:
            rings.append(tuple(ring))
        seen |= set(ring)
    return rings
