"""Group means of real runners (Fukuchi et al. 2017) where others have published theirs: plausible, not proven equal."""

from functools import cache

import numpy as np
import pytest
from realdata import fukuchi
from running import analyse, one_belt

from analysis.protocol import G
from analysis.wrench import COMPONENTS

COLUMNS = ("contact_time_ms", "active_peak_BW", "average_force_BW", "impact_peak_BW", "impact_peak_time_ms")
COLUMNS += ("valr_BW_s", "valr_200N_BW_s", "vilr_BW_s", "unloading_rate_BW_s", "duty_factor", "effective_contact_ms")


@cache
def means():
    """One row per trial: runner, speed, both feet rearfoot, then the means of COLUMNS."""
    rows = []
    for trial in fukuchi():
        setup = one_belt(300.0, trial.mass_kg * G, **{name: i for i, name in enumerate(COMPONENTS)})
        table, _ = analyse(trial.wrench, setup)
        rearfoot = trial.label_R == trial.label_L == "Rearfoot"
        known = [table[name][~np.isnan(table[name])] for name in COLUMNS]
        rows.append([trial.subject, trial.speed_m_s, rearfoot, *(v.mean() if v.size > 4 else np.nan for v in known)])
    return np.array(rows)


def group(column, speed, *, rearfoot=False):
    rows = means()
    chosen = rows[(rows[:, 1] == speed) & (~np.isnan(rows[:, 3 + COLUMNS.index(column)]))]
    chosen = chosen[chosen[:, 2] == 1.0] if rearfoot else chosen
    return chosen[:, 3 + COLUMNS.index(column)]


@pytest.mark.parametrize(
    ("column", "published", "sd"), [("impact_peak_BW", 1.74, 0.45), ("valr_200N_BW_s", 69.7, 28.7)]
)
def test_rearfoot_impacts_like_those_of_lieberman(column, published, sd):
    """Lieberman et al. (2010, Nature 463:531, figure 2): shod rearfoot strikers at about 4 m/s."""
    at_4 = 0.5 * (group(column, 3.5, rearfoot=True).mean() + group(column, 4.5, rearfoot=True).mean())
    assert abs(at_4 - published) < sd


@pytest.mark.parametrize("speed", [3.5, 4.5])
def test_peaks_like_those_of_alcantara_2021(speed):
    """Alcantara et al. (2021, PeerJ 9:e11199), 87 conditions: active peak ÷ mean force of contact 1.66 ± 0.07; active
    peak 2.84 ± 0.21 BW at 3.8 m/s and 2.94 at 4.9 in a table whose forces are 4.4 % high (weight closure 1.044)."""
    ratio = group("active_peak_BW", speed) / group("average_force_BW", speed)
    assert abs(ratio.mean() - 1.66) < 0.07
    published = np.interp(speed, (3.8, 4.9), (2.84, 2.94)) / 1.044
    assert abs(group("active_peak_BW", speed).mean() - published) < 0.21


@pytest.mark.parametrize(
    ("column", "rises"),
    [
        ("contact_time_ms", False),
        ("effective_contact_ms", False),
        ("duty_factor", False),
        ("active_peak_BW", True),
        ("average_force_BW", True),
        ("valr_BW_s", True),
        ("vilr_BW_s", True),
        ("unloading_rate_BW_s", True),
    ],
)
def test_what_speed_does(column, rises):
    """In the group, and in at least 11 of 13 runners from the slowest to the fastest speed."""
    slow, middle, fast = (group(column, speed) for speed in (2.5, 3.5, 4.5))
    order = [slow.mean(), middle.mean(), fast.mean()]
    assert order == sorted(order, reverse=not rises)
    assert ((fast > slow) == rises).sum() >= 11


def test_duty_factor_is_that_of_running():
    """0.45 at very slow running, 0.28 at 22 km/h (van Oeveren et al. 2021)."""
    for speed in (2.5, 3.5, 4.5):
        assert group("duty_factor", speed).min() > 0.26
        assert group("duty_factor", speed).max() < 0.45
