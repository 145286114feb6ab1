"""Body weight and closure count strides, not steps that happen to be valid."""

import numpy as np
import pytest

from analysis.bodyweight import STRIDES, StrideWeight, strides, weight_closure

NAN = float("nan")


@pytest.mark.parametrize(
    ("known", "first"),
    [
        ([], []),
        ([1], []),
        ([1, 1], [0]),
        ([1, 1, 1], [0]),
        ([0, 1, 1, 1, 1], [1, 3]),
        ([1, 0, 1, 1, 0, 1, 1, 1], [2, 5]),
        ([0, 0], []),
    ],
)
def test_steps_that_follow_each_other_make_strides(known, first):
    assert strides(np.where(np.array(known, bool), 1.0, NAN)).tolist() == first


def uneven(steps):
    """A runner whose right steps are 10 % heavier than the left, at 0.35 s a step and 700 N in the mean."""
    impulse = 0.35 * 700.0 * np.where(np.arange(steps) % 2, 1.05, 0.95)
    return impulse, np.full(steps, 0.35)


def test_a_lost_step_does_not_let_one_leg_weigh_more():
    impulse, time = uneven(41)
    impulse[[4, 11, 18]] = NAN
    assert weight_closure(impulse, time, 700.0) == pytest.approx(1.0, rel=1e-12)


@pytest.mark.parametrize("size", [1, 3, 100])
def test_weight_is_that_of_the_first_strides_however_they_come(size):
    impulse, time = uneven(100)
    impulse[7] = NAN
    impulse[60:] *= 2.0  # later steps must not count
    weight = StrideWeight()
    for start in range(0, 100, size):
        if not weight.complete:
            weight.add(impulse[start : start + size], time[start : start + size])
    assert weight.complete
    assert weight.weight_N() == pytest.approx(700.0, rel=1e-12)
    assert STRIDES == 20
