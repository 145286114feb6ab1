"""The Schmitt trigger and the crossings against loops over single samples."""

import itertools

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.events import SchmittTrigger, last_crossing

ON, OFF = 50.0, 20.0
LEVELS = st.sampled_from([-3.0, 0.0, np.nextafter(OFF, 0), OFF, 35.0, np.nextafter(ON, 0), ON, 700.0])
FORCES = st.lists(LEVELS, max_size=60).map(lambda v: np.array(v, float))


def pieces(signal, cuts):
    edges = [0, *sorted(c % (signal.size + 1) for c in cuts), signal.size]
    return [signal[a:b] for a, b in itertools.pairwise(edges)]


def switches_one_by_one(signal):
    state, found = None, []
    for i, force in enumerate(signal):
        if state is None:
            state = force >= OFF
        elif not state and force >= ON:
            state = True
            found.append((i, True))
        elif state and force < OFF:
            state = False
            found.append((i, False))
    return found


@settings(max_examples=500, deadline=None)
@given(FORCES, st.lists(st.integers(0, 60), max_size=8))
def test_trigger_equals_a_state_machine_for_any_cutting(signal, cuts):
    trigger, found = SchmittTrigger(ON, OFF), []
    for piece in pieces(signal, cuts):
        where, up = trigger.feed(piece)
        found += zip(where.tolist(), up.tolist(), strict=True)
    assert found == switches_one_by_one(signal)


def test_trigger_forgets_on_reset():
    trigger = SchmittTrigger(ON, OFF)
    trigger.feed(np.array([0.0, 80.0]))
    trigger.reset()
    where, up = trigger.feed(np.array([0.0, 0.0, 60.0]))
    assert where.tolist() == [2]
    assert up.tolist() == [True]


def crossing_one_by_one(signal, level, first, last, origin, rising):
    answer = np.nan
    for i in range(first + 1, last + 1):
        before, after = signal[i - 1], signal[i]
        if (before < level <= after) if rising else (after < level <= before):
            answer = (i - 1 - origin) + (level - before) / (after - before)
    return answer


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_last_crossing_equals_a_loop(data):
    signal = np.array(data.draw(st.lists(st.integers(-4, 4).map(float), min_size=1, max_size=60)))
    marks = sorted(data.draw(st.lists(st.integers(0, signal.size - 1), max_size=10)))
    marks = marks[: len(marks) // 2 * 2]
    first, last = np.array(marks[::2], int), np.array(marks[1::2], int)
    level = np.array(data.draw(st.lists(st.integers(-4, 4).map(float), min_size=first.size, max_size=first.size)))
    origin = first + data.draw(st.integers(-5, 5))
    for rising in (True, False):
        got = last_crossing(signal, level, first, last, origin, rising=rising)
        want = [
            crossing_one_by_one(signal, lv, a, b, o, rising)
            for lv, a, b, o in zip(level, first, last, origin, strict=True)
        ]
        np.testing.assert_allclose(got, want, rtol=0, atol=1e-12)


def test_a_reversed_window_holds_no_crossing():
    got = last_crossing(
        np.array([0.0, 1.0, 0.0, 1.0]), np.array([0.5]), np.array([3]), np.array([1]), np.array([0]), rising=True
    )
    assert np.isnan(got).all()
