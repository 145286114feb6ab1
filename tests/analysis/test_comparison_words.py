"""What a coach reads."""

from dataclasses import replace

import numpy as np
import pytest
from made_bouts import NAMES, bout, heel_table

from analysis.comparison import METRICS, Comparison, Design, Difference, compare_bouts
from analysis.comparison_evidence import EVIDENCE
from analysis.comparison_types import CHANGED, IN_DOUBT, NO_BASELINE, NO_CLEAR, NOT_A_TEST, WITHIN
from analysis.comparison_words import LOAD_SHIFT, load_shift_note, name_of, plain_line, unit_of

ONE = Difference(
    "contact_time_ms", 246.2, 234.1, -12.1, -18.2, -6.1, -4.9, 4.0, "", 5.1, CHANGED, 0.0, (300, 300), False
)


FELL = "Support time fell by 12 ms (5 %), from 246 to 234 ms; the 95 % interval is −18 to −6 ms"
WAS = "Support time was 246 ms before and 234 ms after"
OWN = "own day-to-day variation is"
HEEL = {"metric": "heel_share", "before": 0.92, "after": 0.57, "difference": -0.35, "low": -0.5, "high": -0.2}
DUTY = {"metric": "duty_factor", "before": 0.350, "after": 0.362, "difference": 0.012, "low": 0.004, "high": 0.020}


@pytest.mark.parametrize(
    ("fields", "line"),
    [
        ({}, f"{FELL}, and this runner's {OWN} ±5 ms."),
        ({"verdict": WITHIN, "mdc": 20.0}, f"{FELL}, but this runner's {OWN} ±20 ms: no change can be claimed."),
        (
            {"verdict": NO_BASELINE, "mdc": None},
            f"{FELL}. How much this runner varies from day to day was not measured, so this is not yet a change.",
        ),
        (
            {"verdict": NO_CLEAR, "low": -30.0, "high": 5.8},
            "Support time: no clear change, 246 ms before and 234 ms after; the 95 % interval is −30 to +6 ms.",
        ),
        (
            {"verdict": NOT_A_TEST, "df": None},
            f"{WAS} (−12 ms; steps alone leave −18 to −6 ms): described, not tested.",
        ),
        (
            {"verdict": IN_DOUBT, "doubt": "a loose cell"},
            "Support time, in doubt, was 246 ms before and 234 ms after (−12 ms); nothing is claimed of it: a loose "
            "cell.",
        ),
        (
            {
                "before": 229.7112,
                "after": 228.7396,
                "difference": -0.9716,
                "low": -0.9756,
                "high": -0.9675,
                "percent": -0.42,
                "mdc": 1e-4,
            },
            "Support time fell by 1.0 ms (0.4 %), from 229.7 to 228.7 ms; the 95 % interval is less than 0.1 ms about "
            f"−1.0 ms, and this runner's {OWN} less than ±0.1 ms.",
        ),
        ({"verdict": NOT_A_TEST, "low": None, "high": None}, f"{WAS} (−12 ms): described, not tested."),
        (
            HEEL | {"percent": None, "mdc": 0.1},
            "Heel share fell by 35 percentage points, from 92 to 57 %; the 95 % interval is −50 to −20 percentage "
            f"points, and this runner's {OWN} ±10 percentage points.",
        ),
        (
            DUTY | {"percent": 3.4, "mdc": 0.006, "hedges_g": 0.8},
            "Duty factor rose by 0.012 (3 %), from 0.350 to 0.362; the 95 % interval is +0.004 to +0.020, and these "
            f"runners' {OWN} ±0.006.",
        ),
    ],
)
def test_plain_lines(fields, line):
    assert plain_line(replace(ONE, **fields)) == line


def test_the_difference_is_that_of_the_numbers_shown():
    rng = np.random.default_rng(1)
    for _ in range(200):
        before, away, half = rng.uniform(100.0, 300.0), rng.normal(0.0, 20.0), rng.uniform(0.5, 30.0)
        one = replace(ONE, before=before, after=before + away, difference=away, low=away - half, high=away + half)
        words = plain_line(one).replace(";", "").split()
        size, first, last = (float(words[k]) for k in (4, words.index("from") + 1, words.index("from") + 3))
        assert abs(abs(last - first) - size) < 0.11, plain_line(one)
        assert "−0 " not in plain_line(one)


def test_every_metric_has_a_name_and_a_line():
    for metric in METRICS:
        assert "_" not in name_of(metric)
        assert plain_line(replace(ONE, metric=metric)).endswith(".")
    assert unit_of("valr_BW_s") == "BW/s"
    assert unit_of("braking_impulse_BW_s") == "BW·s"
    assert name_of("belt_dip_pct") == "Belt dip"


def comparison(**fields):
    design = Design("test", "", "", 1, 1, (3, 3), (300, 300))
    heel = replace(ONE, metric="heel_share", before=0.9, after=0.5, difference=-0.4, low=-0.6, high=-0.2, percent=None)
    return Comparison(design, {"heel_share": replace(heel, **fields)}, ())


def test_the_load_shifts_only_where_heel_strikes_become_fewer():
    assert load_shift_note(comparison()) == LOAD_SHIFT
    for words in ("Arendse", "Xu", "−1.56", "+2.60", "+1.26", "cannot see"):
        assert words in LOAD_SHIFT
    assert load_shift_note(comparison(difference=0.4, low=0.2, high=0.6)) == ""
    assert load_shift_note(comparison(low=-0.9, high=0.1)) == ""
    assert load_shift_note(comparison(verdict=NOT_A_TEST, low=-0.9, high=0.1)) == LOAD_SHIFT
    assert load_shift_note(comparison(verdict=NOT_A_TEST, difference=-0.02, low=-0.1, high=0.06)) == ""
    assert load_shift_note(Comparison(comparison().design, {}, ())) == ""
    doubted = load_shift_note(comparison(verdict=IN_DOUBT, doubt="a loose cell"))
    assert "in doubt" in doubted
    assert "Heel share fell" not in doubted


def test_the_note_comes_with_real_bouts():
    bouts = [bout(heel_table(np.arange(100) % 10 < heels), NAMES[k > 2], k)
             for k, heels in enumerate((9, 10, 8, 2, 1, 3))]  # fmt: skip
    result = compare_bouts(bouts, NAMES)
    assert load_shift_note(result) == LOAD_SHIFT
    assert plain_line(result.differences["heel_share"]).startswith(
        "Heel share fell by 70 percentage points, from 90 to 20 %"
    )


def test_evidence_has_sources():
    assert all(fact.source and fact.text.endswith(".") for fact in EVIDENCE)
    told = " ".join(f"{fact.text} {fact.source}" for fact in EVIDENCE)
    for figure in (
        "137.25 to 129.19",
        "3.28 to 3.53",
        "−1.67",
        "−1.26",
        "r = −0.02",
        "Dallam",
        "Moore 2016",
        "Van Hooren",
    ):
        assert figure in told
