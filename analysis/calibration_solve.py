"""Generalised least squares for the correction of a read-out: t = R·y, with all errors and what they share.

Everything here is counted in units of a runner's wrench (`Stack.scale`), so that forces and moments weigh alike.
Generalised least squares: Aitken (1936). Deleted residuals from the matrix Q = V⁻¹ − V⁻¹A(AᵀV⁻¹A)⁻¹AᵀV⁻¹: a load i
differs from what all others say of it by Q_ii⁻¹(Q·t)_i, with covariance Q_ii⁻¹.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

LEAST_ERROR = 1e-5
"""Standard deviation below which nothing is believed, in units of a runner's wrench: 7 mN of vertical force."""
ROUNDS = 3
"""The noise of a reading passes through R, so the weights depend on it; they settle at once."""


@dataclass(frozen=True)
class Design:
    """Loads and readings, ready to be solved."""

    said: Floats
    """(n, m) t: what was put on."""
    read: Floats
    """(n, m) y: what the nominal read-out said."""
    factors: Floats
    """(n, m, k) effect of every independent cause of error on `said`."""
    noise: Floats
    """(n, m, C) effect of every channel's noise on `read`."""

    def without(self, gone: NDArray[np.bool_]) -> "Design":
        """The same with some loads (n,) left out."""
        left = ~gone
        return Design(self.said[left], self.read[left], self.factors[left], self.noise[left])


@dataclass(frozen=True)
class Solution:
    """What the loads say of R."""

    correction: Floats
    """(m, m) R."""
    covariance: Floats
    """(m·m, m·m) of R row by row, by the errors told beforehand."""
    condition: float
    """Condition number of the weighted design with columns of unit length."""
    left: Floats
    """(n, m) t − R·y."""
    errors: Floats
    """(n·m, n·m) covariance V of what was said minus R·y, load by load."""


def solve(design: Design, near: Floats | None = None) -> Solution:
    """Find R by generalised least squares.

    Args:
        design: At least as many independent loads as components.
        near: (m, m) an R that is near enough to weigh the noise with; by default it is found on the way.

    Returns:
        R, its covariance and what is left over.
    """
    n, m = design.said.shape
    correction = np.eye(m) if near is None else near
    columns = np.einsum("il,kj->ikjl", design.read, np.eye(m)).reshape(n * m, m * m)
    for _ in range(ROUNDS if near is None else 1):
        errors = error_covariance(design, correction)
        half = np.linalg.cholesky(errors)
        weighted = np.linalg.solve(half, np.column_stack([columns, design.said.ravel()]))
        length = np.linalg.norm(weighted[:, :-1], axis=0)
        q, r = np.linalg.qr(weighted[:, :-1] / length)
        found = np.linalg.solve(r, q.T @ weighted[:, -1]) / length
        correction = found.reshape(m, m)
    root = np.linalg.inv(r) / length[:, np.newaxis]
    left = design.said - design.read @ correction.T
    return Solution(correction, root @ root.T, float(np.linalg.cond(r)), left, errors)


def error_covariance(design: Design, correction: Floats) -> Floats:
    """Covariance of t − R·y, load by load and component by component.

    Args:
        design: Loads and readings.
        correction: (m, m) R, through which the readings' noise passes.

    Returns:
        (n·m, n·m).
    """
    n, m = design.said.shape
    causes = design.factors.reshape(n * m, -1)
    covariance: Floats = causes @ causes.T
    noise = np.einsum("kl,ilc->ikc", correction, design.noise)
    by_load = covariance.reshape(n, m, n, m)
    each = np.arange(n)
    by_load[each, :, each, :] += np.einsum("ikc,ilc->ikl", noise, noise) + LEAST_ERROR**2 * np.eye(m)
    return covariance


def log_likelihood(solution: Solution) -> float:
    """How likely the residuals are under the errors told beforehand (restricted: R is free; Patterson & Thompson 1971).

    Args:
        solution: What the loads said.

    Returns:
        Logarithm, but for a constant that is the same for all errors.
    """
    left = solution.left.ravel()
    of_errors = np.linalg.slogdet(solution.errors)[1]
    of_correction = np.linalg.slogdet(solution.covariance)[1]
    return float(-0.5 * (of_errors - of_correction + left @ np.linalg.solve(solution.errors, left)))


def inflation(solution: Solution) -> Floats:
    """By how much the errors told beforehand are too small, component by component.

    Args:
        solution: What the loads said.

    Returns:
        (m,) χ² per degree of freedom, at least 1.
    """
    n, m = solution.left.shape
    own = solution.errors.reshape(n, m, n, m)
    chi2 = [float(left @ np.linalg.solve(own[:, k, :, k], left)) for k, left in enumerate(solution.left.T)]
    raised: Floats = np.maximum(1.0, np.array(chi2) / max(n - m, 1))
    return raised


def deviations(solution: Solution, read: Floats, least: float) -> tuple[Floats, list[int]]:
    """How far each load is from what the others say of it, as standard deviations of a normal.

    The one that is furthest out is set aside before the others are judged, and so on, until none is: else a gross error
    makes its neighbours look wrong. χ² of the m components becomes a normal by Wilson and Hilferty (1931).

    Args:
        solution: What the loads said.
        read: (n, m) y.
        least: A load is set aside above this, if it is also twice the median.

    Returns:
        (n,) deviations, each as it was when judged; and the loads set aside, worst first.
    """
    n, m = solution.left.shape
    reduced, trust = _reduced(solution, read)
    score = (np.linalg.inv(solution.errors) @ solution.left.ravel()).reshape(n, m)
    kept, aside, found = np.ones(n, np.bool_), list[int](), np.zeros(n)
    while True:
        blocks = reduced[kept, :, kept, :] + trust[kept]
        apart = np.linalg.solve(blocks, score[kept, :, np.newaxis])[:, :, 0]
        found[kept] = _normal(np.maximum((score[kept] * apart).sum(axis=1), 0.0), m)
        worst = int(np.where(kept, found, -np.inf).argmax())
        few = kept.sum() <= max(m + 1, 3 * n // 4)
        if few or found[worst] < max(least, 2.0 * float(np.median(found[kept]))):
            return found, aside
        aside.append(worst)
        kept[worst] = False
        own = reduced[worst, :, worst, :] + trust[worst]
        gain = np.linalg.solve(own, reduced[worst].reshape(m, n * m)).T
        reduced = reduced - (gain @ reduced[worst].reshape(m, n * m)).reshape(n, m, n, m)
        score = score - (gain @ score[worst]).reshape(n, m)


def _reduced(solution: Solution, read: Floats) -> tuple[Floats, Floats]:
    """Q as (n, m, n, m); and (n, m, m), a little of each load's own weight, for loads that no other can check."""
    n, m = solution.left.shape
    inverse: Floats = np.linalg.inv(solution.errors).astype(np.float64)
    carried = inverse @ np.einsum("il,kj->ikjl", read, np.eye(m)).reshape(n * m, m * m)
    reduced: Floats = (inverse - carried @ solution.covariance @ carried.T).reshape(n, m, n, m)
    each = np.arange(n)
    trust: Floats = 1e-8 * inverse.reshape(n, m, n, m)[each, :, each, :]
    return reduced, trust


def _normal(chi2: Floats, m: int) -> Floats:
    spread = 2.0 / (9.0 * m)
    normal: Floats = (np.cbrt(chi2 / m) - (1.0 - spread)) / np.sqrt(spread)
    return normal
