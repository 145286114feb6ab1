"""Coefficients of the foot strike. Made by tools/fit_foot_strike.py, which makes them again: do not edit.

Learned from 78 feet (13 runners at 2.5, 3.5 and 4.5 m/s, 1088 steps: tests/data/fukuchi2017.npz) of
Fukuchi, Fukuchi & Duarte 2017, PeerJ 5:e3298, data doi:10.6084/m9.figshare.4543435, CC BY 4.0. docs/foot-strike.md
says how:
rearfoot  penalised logistic regression of the published label, rearfoot or not, on each foot's mean advance
doubt     half the share of feet whose published label and marker strike angle disagree on rearfoot or not
forefoot  the same regression among the feet that neither calls rearfoot; target: mean of label and marker angle < 0
ratio     least squares of the rise of Fx/Fz on advance and speed, feet means; spread of steps with runners held out
"""

from analysis.strike_model import StrikeModel

MODEL = StrikeModel(
    rearfoot_offset=-14.55,
    rearfoot_per_m=154.8,
    doubt=0.05769,
    forefoot_offset=1.529,
    forefoot_per_m=-35.62,
    stature_m=1.764,
    stature_spread=0.04334,
    ratio_offset=0.2764,
    ratio_per_m=-2.653,
    ratio_per_m_s=0.117,
    ratio_spread=0.1442,
)
