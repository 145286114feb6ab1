"""The two-mass model of the vertical force: a limb that stops at once, and a body that rides through the stance.

Clark, Ryan and Weyand (2017), J Exp Biol 220:247–258: the force of a step is the sum of two bell curves. The first
stops the foot and shank and ends after 2Δt1; the second carries the rest of the body through the whole contact. Their
limb curve is a raised cosine, and so is it here. Their body curve is a raised cosine with its peak at 47 % of contact;
here it is sin^p with a peak at the share s of contact, of which theirs is p = 2, s = 0.47.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

SHAPE = ("dt1", "p", "s", "begin", "end")
"""Order of the shape's parameters: Δt1 in s, exponent, share of contact at the body's peak, contact's ends in s."""
LEAST_SINE = 1e-6
"""In place of smaller values of the sine, whose logarithm and reciprocal are needed at the very ends."""


@dataclass(frozen=True)
class Pulses:
    """Both curves with unit area, and how they change with the shape's parameters."""

    limb: Floats
    """(k, P) limb impact of unit impulse, 1/s."""
    body: Floats
    """(k, P) the rest of unit impulse, 1/s."""
    limb_by: Floats
    """(2, k, P) derivative of `limb` by Δt1 and by contact's beginning; it does not depend on the others."""
    body_by: Floats
    """(4, k, P) derivative of `body` by p, s and contact's beginning and end."""

    def slopes(self, share: Floats) -> Floats:
        """(5, k, P) derivative of share·limb + (1 − share)·body by each parameter of `SHAPE` at fixed share (k,)."""
        share = share[:, None]
        out = np.empty((5, *self.limb.shape))
        np.multiply(self.limb_by[0], share, out=out[0])
        np.multiply(self.body_by, 1.0 - share, out=out[1:])
        out[3] += self.limb_by[1] * share
        return out


def peak_to_mean(p: Floats) -> tuple[Floats, Floats]:
    """Peak of sin^p(πξ) divided by its mean over 0 … 1: √π Γ(p/2+1) / Γ((p+1)/2).

    Args:
        p: (k,) exponents; 1 gives π/2 (half-sine), 2 gives 2 (raised cosine).

    Returns:
        (k,) ratios, and the derivative of their logarithm by p.
    """
    from scipy.special import digamma, gammaln

    ratio: Floats = np.sqrt(np.pi) * np.exp(gammaln(0.5 * p + 1.0) - gammaln(0.5 * (p + 1.0)))
    slope: Floats = 0.5 * (digamma(0.5 * p + 1.0) - digamma(0.5 * (p + 1.0)))
    return ratio, slope


def pulses(shape: Floats, t: Floats) -> Pulses:
    """Both unit curves and their derivatives.

    Args:
        shape: (5, k) parameters in the order of `SHAPE`.
        t: (k, P) times, s, on the clock of `begin` and `end`.

    Returns:
        The curves; zero outside their own time.
    """
    dt1, p, s, begin, end = (row[:, None] for row in shape)
    since = t - begin
    limb, limb_by = _limb(since, dt1)
    body, body_by = _body(since / (end - begin), end - begin, p, s)
    return Pulses(limb, body, limb_by, body_by)


def _limb(since: Floats, dt1: Floats) -> tuple[Floats, Floats]:
    """Raised cosine of unit area from 0 to 2Δt1, and its derivatives by Δt1 and by the time of its beginning."""
    angle = since * (np.pi / dt1)
    angle[(angle <= 0.0) | (angle >= 2.0 * np.pi)] = 0.0
    scale = 0.5 / dt1
    limb = (1.0 - np.cos(angle)) * scale
    turn = np.sin(angle) * scale
    by = np.empty((2, *since.shape))
    by[0] = (limb + turn * angle) * (-1.0 / dt1)
    by[1] = turn * (-np.pi / dt1)
    return limb, by


def _body(x: Floats, length: Floats, p: Floats, s: Floats) -> tuple[Floats, Floats]:
    """sin^p pulse of unit area over x = 0 … 1, and its derivatives by p, s, contact's beginning and its end."""
    inside = (x > 0.0) & (x < 1.0)
    rising = x < s
    side = np.where(rising, s, s - 1.0)  # the rising half takes the share s, the falling half 1 − s
    phase = np.where(inside, (x - ~rising) / side, 1.0)  # 0 at the foot of either half, 1 at the peak
    angle = (0.5 * np.pi) * phase
    sine = np.maximum(np.sin(angle), LEAST_SINE)
    log_sine = np.log(sine)
    ratio, log_slope = peak_to_mean(p[:, 0])
    body = np.exp(p * log_sine) * (ratio[:, None] / length)
    body *= inside
    by_phase = body * np.cos(angle) / sine * (0.5 * np.pi * p)
    by_x = by_phase / side
    by = np.empty((4, *x.shape))
    by[0] = body * (log_sine + log_slope[:, None])
    by[1] = by_phase * phase / -side
    by[3] = (body + by_x * x) / -length
    by[2] = by_x / -length - by[3]
    return body, by
