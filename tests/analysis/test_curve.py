"""Reading between samples: exact for polynomials, blind to the neighbours in the batch."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.curve import Curve, vertex
from analysis.events import last_crossing


def curve(signal, first=0, last=None, origin=0):
    signal = np.asarray(signal, float)
    last = signal.size - 1 if last is None else last
    return Curve(signal, np.array([origin]), np.array([first]), np.array([last]))


@settings(max_examples=50, deadline=None)
@given(st.lists(st.floats(-5, 5), min_size=6, max_size=6), st.floats(2.0, 17.0))
def test_a_polynomial_of_the_fifth_degree_is_exact(coefficients, position):
    def shape(x):
        return np.polyval(coefficients, (x - 10.0) / 10.0)

    line = curve(shape(np.arange(20.0)))
    np.testing.assert_allclose(line.at(np.array([position])), shape(position), atol=1e-9)
    np.testing.assert_allclose(line.at(np.array([[position, 5.0]])), [[shape(position), shape(5.0)]], atol=1e-9)
    degree_4 = np.polyval(coefficients[1:], (np.arange(20.0) - 10.0) / 10.0)
    slope = np.polyval(np.polyder(coefficients[1:]), (np.clip(position, 4.1, 15.0) - 10.0) / 10.0) / 10.0
    np.testing.assert_allclose(curve(degree_4).slope(np.array([np.clip(position, 4.1, 15.0)]), 1.0), slope, atol=1e-9)


def test_what_is_not_the_steps_own_is_not_read():
    rng = np.random.default_rng(0)
    own = rng.normal(size=40)
    positions = np.array([np.linspace(-3.0, 42.0, 91)])
    alone = curve(own).at(positions)
    for before, after in ((7, 0), (0, 9), (13, 5)):
        padded = np.concatenate((1e6 * np.ones(before), own, -1e6 * np.ones(after)))
        within = curve(padded, before, before + 39, before).at(positions)
        assert within.tobytes() == alone.tobytes()
    assert alone[0, 0] == own[0], "beyond the ends the end values hold"
    assert alone[0, -1] == own[-1]


@pytest.mark.parametrize("level", [-0.8, -0.5, 0.1, 0.5, 0.8])
def test_crossings_lie_on_the_curve_not_on_the_chord(level):
    """A wave of 31 samples: at least five times closer than the straight line between two samples, at worst."""
    phases, height = np.arange(0.0, 1.0, 0.1), np.array([level])
    start, stop, ends = np.array([10.0]), np.array([60.0]), (np.array([10]), np.array([60]))
    off, chord = [], []
    for phase in phases:
        wave, lead = curve(np.sin((np.arange(80) - 17.0 - phase) * 0.2)), 17.0 + phase
        rise, fall = lead + np.arcsin(level) / 0.2, lead + (np.pi - np.arcsin(level)) / 0.2
        falls = fall + 2 * np.pi / 0.2 * np.arange(-1, 3)
        rises = rise + 2 * np.pi / 0.2 * np.arange(-1, 3)
        rises, falls = (x[(x > 10.0) & (x < 60.0)] for x in (rises, falls))
        off.append(wave.first_rise(height, start, stop)[0] - rises[0])
        off.append(wave.last_rise(height, start, stop)[0] - rises[-1])
        off.append(wave.first_fall(height, start, stop)[0] - falls[0])
        off.append(wave.last_fall(height, start, stop)[0] - falls[-1])
        chord.append(last_crossing(wave.signal, height, *ends, np.array([0]), rising=True)[0] - rises[-1])
    assert np.abs(off).max() < max(0.2 * np.abs(chord).max(), 1e-4)


def test_no_crossing_no_position():
    line = curve(np.arange(10.0))
    none = np.array([np.nan])
    assert np.isnan(line.first_rise(np.array([20.0]), np.array([0.0]), np.array([9.0])))[0]
    assert np.isnan(line.first_rise(none, np.array([0.0]), np.array([9.0])))[0]
    assert np.isnan(line.last_rise(np.array([5.0]), np.array([0.0]), none))[0]
    assert np.isnan(line.first_fall(np.array([5.0]), none, np.array([9.0])))[0]
    assert line.first_rise(np.array([5.0]), np.array([0.0]), np.array([9.0]))[0] == 5.0


@settings(max_examples=50, deadline=None)
@given(st.floats(-1.0, 1.0), st.floats(0.1, 10.0), st.floats(-5.0, 5.0))
def test_vertex_of_a_parabola(place, bend, height):
    values = (np.array([height - bend * (x - place) ** 2]) for x in (-1.0, 0.0, 1.0))
    found, top = vertex(*values)
    assert found[0] == pytest.approx(place, abs=1e-7)
    assert top[0] == pytest.approx(height, abs=1e-7)


def test_three_equal_values_have_their_top_in_the_middle():
    place, height = vertex(np.array([2.0]), np.array([2.0]), np.array([2.0]))
    assert (place[0], height[0]) == (0.0, 2.0)


def test_the_top_next_to_a_position():
    wave = curve(np.sin(np.arange(41) * 0.2))
    for off in (-0.45, -0.2, 0.0, 0.2, 0.45):
        place, height = wave.top(np.array([np.pi / 0.4 + off]))
        assert place[0] == pytest.approx(np.pi / 0.4, abs=5e-3)
        assert height[0] == pytest.approx(1.0, abs=1e-4)
