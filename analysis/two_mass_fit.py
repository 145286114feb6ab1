"""Least squares for the two-mass model, of many steps at once.

J1 enters linearly, so it is solved for in closed form whatever the five parameters of the shape are (variable
projection, Golub and Pereyra 1973, with Kaufman's derivative), and Levenberg–Marquardt moves only those five. Each row
keeps its own damping and stops by its own convergence, and every sum runs over the fixed number of grid points: what
comes out for a step does not depend on what else is in the batch.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.two_mass_model import Pulses, pulses

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

FIRST_ROUNDS, MOST_ROUNDS = 4, 40
"""Rounds from every start, and then from the best one."""
CONVERGED = 1e-6
"""A round that lowers the sum of squares by less than this share is the last."""
PERFECT = 1e-13
"""Sum of squares, as a share of the total, below which rounding is all that is left."""
FIRST_DAMPING, LEAST_DAMPING, MOST_DAMPING = 1e-2, 1e-9, 1e8
BLOCK = 64
"""Rows worked on at a time, so that the arrays stay in the cache."""


@dataclass(frozen=True)
class Problem:
    """k steps to be fitted, each on its own grid of P equally spaced times."""

    t: Floats
    """(k, P) times, s."""
    force: Floats
    """(k, P) vertical force divided by its whole impulse, 1/s."""
    most_share: Floats
    """(k,) largest J1 as a share of the impulse."""
    lowest: Floats
    """(5, k) bounds of the shape …"""
    highest: Floats
    """(5, k) … in the order of `two_mass_model.SHAPE`."""

    def rows(self, chosen: NDArray[np.generic] | slice) -> "Problem":
        """Some of the rows, by mask, index or slice."""
        return Problem(
            self.t[chosen],
            self.force[chosen],
            self.most_share[chosen],
            self.lowest[:, chosen],
            self.highest[:, chosen],
        )


@dataclass(frozen=True)
class Fit:
    """Best parameters of k steps."""

    shape: Floats
    """(5, k) as in `two_mass_model.SHAPE`."""
    share: Floats
    """(k,) J1 divided by the whole impulse."""
    squares: Floats
    """(k,) sum of squared residuals, 1/s²."""


@dataclass
class _State:
    """Where k rows are, with what the next round needs."""

    shape: Floats
    share: Floats
    squares: Floats
    normal: Floats
    """(5, 5, k) upper triangle of the normal matrix."""
    downhill: Floats
    """(5, k) minus half the gradient of the sum of squares."""

    def put(self, where: NDArray[np.generic], other: "_State", chosen: NDArray[np.generic]) -> None:
        for name in ("shape", "share", "squares", "normal", "downhill"):
            getattr(self, name)[..., where] = getattr(other, name)[..., chosen]

    def rows(self, chosen: NDArray[np.generic]) -> "_State":
        return _State(
            self.shape[:, chosen],
            self.share[chosen],
            self.squares[chosen],
            self.normal[:, :, chosen],
            self.downhill[:, chosen],
        )


def best_share(problem: Problem, at: Pulses) -> tuple[Floats, Floats, Floats, Bools]:
    """J1's share that fits best for a given shape.

    Args:
        problem: The steps.
        at: Their curves.

    Returns:
        (k,) shares within their bounds, (k, P) residuals, (k, P) limb minus body curve, and (k,) whether the share is
        free of its bounds.
    """
    rest = problem.force - at.body
    lever = at.limb - at.body
    free = (rest * lever).sum(axis=1) / (lever * lever).sum(axis=1)
    share = np.minimum(np.maximum(free, 0.0), problem.most_share)
    return share, rest - share[:, None] * lever, lever, share == free


def _evaluate(problem: Problem, shape: Floats) -> _State:
    at = pulses(shape, problem.t)
    share, residual, lever, free = best_share(problem, at)
    by = at.slopes(share)
    along = (by * lever).sum(axis=2) / (lever * lever).sum(axis=1)
    by -= np.where(free, along, 0.0)[:, :, None] * lever
    normal = np.zeros((5, 5, share.size))
    for row in range(5):
        normal[row, row:] = (by[row:] * by[row]).sum(axis=2)
    return _State(shape, share, (residual * residual).sum(axis=1), normal, (by * residual).sum(axis=2))


def solve(normal: Floats, right: Floats) -> Floats:
    """Solve k small symmetric positive systems, element by element so that no row sees another.

    Args:
        normal: (n, n, k) upper triangles.
        right: (n, k) right-hand sides.

    Returns:
        (n, k) solutions (Cholesky without roots).
    """
    n = right.shape[0]
    upper = normal.copy()
    x = right.copy()
    for i in range(n):
        for j in range(i + 1, n):
            factor = upper[i, j] / upper[i, i]
            upper[j, j:] -= factor * upper[i, j:]
            x[j] -= factor * x[i]
    for i in range(n - 1, -1, -1):
        for j in range(i + 1, n):
            x[i] -= upper[i, j] * x[j]
        x[i] /= upper[i, i]
    return x


def _step(state: _State, problem: Problem, damping: Floats) -> Floats:
    """Where Levenberg–Marquardt would go next; a parameter pressed against its bound stays there."""
    down = (state.shape <= problem.lowest) & (state.downhill < 0.0)
    up = (state.shape >= problem.highest) & (state.downhill > 0.0)
    free = ~(down | up)
    normal = np.where(free[:, None] & free[None, :], state.normal, 0.0)
    size = np.stack([state.normal[i, i] for i in range(5)])
    least = 1e-12 * size.max(axis=0) + 1e-300
    for i in range(5):
        normal[i, i] = np.where(free[i], size[i] + damping * size[i] + least, 1.0)
    move = solve(normal, np.where(free, state.downhill, 0.0))
    return np.minimum(np.maximum(state.shape + move, problem.lowest), problem.highest)


def _descend(problem: Problem, state: _State, damping: Floats, most: int) -> None:
    """Rounds of Levenberg–Marquardt, changing `state` and `damping`, until every row has settled or `most` are done."""
    perfect = PERFECT * (problem.force * problem.force).sum(axis=1)
    active = np.arange(damping.size)
    for _ in range(most):
        part, here = problem.rows(active), state.rows(active)
        trial = _evaluate(part, _step(here, part, damping[active]))
        better = trial.squares < here.squares
        settled = better & (here.squares - trial.squares <= CONVERGED * here.squares + perfect[active])
        state.put(active[better], trial, better)
        eased = np.maximum(damping[active] * 0.1, LEAST_DAMPING)
        damping[active] = np.where(better, eased, damping[active] * 8.0)
        active = active[~(settled | (damping[active] > MOST_DAMPING))]
        if not active.size:
            break


def fit(problem: Problem, starts: Floats) -> Fit:
    """Fit every step from several starts: a few rounds from each, then on from the best.

    Args:
        problem: The steps.
        starts: (s, 5, k) shapes to start from.

    Returns:
        The fits.
    """
    count = problem.most_share.size
    blocks = [
        _fit_block(problem.rows(part), starts[:, :, part])
        for part in (slice(i, i + BLOCK) for i in range(0, count, BLOCK))
    ]
    if not blocks:
        return Fit(np.empty((5, 0)), np.empty(0), np.empty(0))
    return Fit(*(np.concatenate([getattr(b, n) for b in blocks], axis=-1) for n in ("shape", "share", "squares")))


def _fit_block(problem: Problem, starts: Floats) -> Fit:
    number, _, count = starts.shape
    row = np.tile(np.arange(count), number)
    every = problem.rows(row)
    state = _evaluate(every, starts.transpose(1, 0, 2).reshape(5, -1))
    damping = np.full(row.size, FIRST_DAMPING)
    _descend(every, state, damping, FIRST_ROUNDS)
    best = state.squares.reshape(number, count).argmin(axis=0) * count + np.arange(count)
    state, damping = state.rows(best), damping[best]
    _descend(problem, state, damping, MOST_ROUNDS)
    return Fit(state.shape, state.share, state.squares)
