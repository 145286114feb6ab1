"""From one length to a foot strike: the arithmetic of the model; its coefficients are in `foot_strike_model`.

The length is the *advance* A: how far the centre of pressure moves forward along the belt from landing to push-off. In
push-off everyone stands on the ball of the foot, so A tells how far behind the ball the foot landed: far for a heel,
hardly at all for toes. In the runners that the model was made from it follows the strike angle of the foot's markers.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Texts = NDArray[np.str_]

LARGEST_ODDS = 20.0
"""Log odds beyond this say nothing more …"""
LEAST_SHARE = 2e-9
"""… and this is the probability that belongs to them."""


@dataclass(frozen=True)
class StrikeModel:
    """All coefficients of the foot strike. Advances are in metres and belong to a runner of `stature_m`."""

    rearfoot_offset: float
    """Log odds of rearfoot at no advance …"""
    rearfoot_per_m: float
    """… and how they rise with the advance, 1/m."""
    doubt: float
    """Chance that a reference names a foot wrongly, so that no step is ever surer than 1 − doubt."""
    forefoot_offset: float
    """Log odds of forefoot against midfoot at no advance, given that the strike is not rearfoot …"""
    forefoot_per_m: float
    """… and how they rise with the advance, 1/m."""
    stature_m: float
    """Stature to which advances are scaled: mean of the runners …"""
    stature_spread: float
    """… and their standard deviation as a share of it: the error made where stature is not known."""
    ratio_offset: float
    """Fx/Fz in push-off minus Fx/Fz at landing: at no advance and no speed …"""
    ratio_per_m: float
    """… its slope with the (unscaled) advance, 1/m …"""
    ratio_per_m_s: float
    """… with belt speed, s/m …"""
    ratio_spread: float
    """… and the standard deviation of single steps about it, runners held out."""
    sure: float = 0.75
    """A step is named if rearfoot, or not rearfoot, is at least this probable; else it is uncertain."""

    def rearfoot_p(self, advance_m: Floats, u_m: Floats) -> Floats:
        """Probability of a rearfoot strike.

            P = ε + (1 − 2ε)·σ(κ(a + b·A)),   κ = (1 + π/8·(b·u)²)^(−1/2)

        The logistic of an uncertain A, averaged over its normal distribution, is nearly the logistic of a flatter line
        (MacKay 1992, Neural Comput 4:720): what is measured badly is told less surely.

        Args:
            advance_m: (k,) advance scaled to `stature_m`, m.
            u_m: (k,) its standard uncertainty, m.

        Returns:
            (k,) probability; NaN where an input is.
        """
        odds = _flattened(self.rearfoot_offset + self.rearfoot_per_m * advance_m, self.rearfoot_per_m * u_m)
        return self.doubt + (1.0 - 2.0 * self.doubt) * _logistic(odds)

    def rearfoot_odds(self, rearfoot_p: Floats) -> Floats:
        """Log odds κ(a + b·A) behind a probability from `rearfoot_p`, (k,); no more than ± 20."""
        share = np.clip((rearfoot_p - self.doubt) / (1.0 - 2.0 * self.doubt), 2e-9, 1.0 - 2e-9)
        odds: Floats = np.log(share) - np.log1p(-share)
        return odds

    def forefoot_share(self, advance_m: Floats, u_m: Floats) -> Floats:
        """Probability of forefoot, given that the strike is not rearfoot: as `rearfoot_p` but without doubt, (k,)."""
        return _logistic(_flattened(self.forefoot_offset + self.forefoot_per_m * advance_m, self.forefoot_per_m * u_m))

    def verdict(self, rearfoot_p: Floats, forefoot_share: Floats) -> tuple[Texts, Floats]:
        """Name each strike.

        Args:
            rearfoot_p: (k,) probability of rearfoot; NaN gives "".
            forefoot_share: (k,) probability of forefoot if it is not rearfoot.

        Returns:
            (k,) "rearfoot", "midfoot", "forefoot", "uncertain" or ""; and (k,) the probability of the class named,
            for "uncertain" that of rearfoot.
        """
        fore = forefoot_share > 0.5
        rear, other = rearfoot_p >= self.sure, rearfoot_p <= 1.0 - self.sure
        ball = np.where(fore, "forefoot", "midfoot")
        name = np.where(rear, "rearfoot", np.where(other, ball, np.where(np.isnan(rearfoot_p), "", "uncertain")))
        of_ball = (1.0 - rearfoot_p) * np.where(fore, forefoot_share, 1.0 - forefoot_share)
        return name, np.where(other, of_ball, rearfoot_p)

    def ratio(self, advance_m: Floats, speed_m_s: Floats) -> Floats:
        """Expected rise of Fx/Fz from landing to push-off, (k,), for (unscaled) advances and belt speeds."""
        return self.ratio_offset + self.ratio_per_m * advance_m + self.ratio_per_m_s * speed_m_s

    def true_advance(
        self, apparent_m: Floats, u_m: Floats, speed_m_s: Floats, height_m: float
    ) -> tuple[Floats, Floats]:
        """Advance from the apparent one of a rig that does not measure fore-aft force.

        There x = x_true − h·Fx/Fz (metrics specification 6), so A_apparent = A − h·R with R the rise of Fx/Fz, which
        itself follows the advance: who lands on the ball brakes harder. Solved for A.

        Args:
            apparent_m: (k,) advance of the apparent centre of pressure, m.
            u_m: (k,) its standard uncertainty, m.
            speed_m_s: (k,) belt speed, m/s.
            height_m: Height of the belt's surface above the cells, m.

        Returns:
            (k,) advance and (k,) its standard uncertainty, m.
        """
        slope = 1.0 - height_m * self.ratio_per_m
        advance = (apparent_m + height_m * self.ratio(np.zeros_like(apparent_m), speed_m_s)) / slope
        return advance, np.hypot(u_m, height_m * self.ratio_spread) / slope


def _flattened(odds: Floats, u: Floats) -> Floats:
    return odds / np.sqrt(1.0 + np.pi / 8.0 * u * u)


def _logistic(odds: Floats) -> Floats:
    value: Floats = 1.0 / (1.0 + np.exp(-np.clip(odds, -LARGEST_ODDS, LARGEST_ODDS)))
    return value
