"""Stance curves: cut from the samples that the metrics come from, whatever the chunks."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from running import BW, half_sine, half_sine_with_impact, one_belt, ticks, train

from analysis.events import SchmittTrigger
from analysis.pipeline import Pipeline
from analysis.setup import Runner, Setup
from analysis.stance_curves import PERCENT, join_curves
from analysis.steps import join_tables
from analysis.wrench import COMPONENTS, force_belt


def curves_of(channels, setup, cuts=()):
    rows = np.atleast_2d(channels).T
    pipeline = Pipeline(setup, curves=True)
    tick, flags = ticks(len(rows), setup.sample_rate_Hz), np.zeros(len(rows), np.uint8)
    parts, tables = [], []
    for a, b in itertools.pairwise([0, *sorted(cuts), len(rows)]):
        output = pipeline.feed(rows[a:b], tick[a:b], flags[a:b])
        parts.append(output.curves)
        tables.append(output.steps)
    tables.append(pipeline.finish())
    parts.append(pipeline.take_curves())
    return join_curves(parts), join_tables(tables)


def test_every_row_has_its_curve_and_the_curve_is_the_force():
    curves, table = curves_of(train(half_sine, 20, 0.35), one_belt())
    assert curves.step.tolist() == table["step"].tolist()
    force = curves.of("Fz_N")
    np.testing.assert_allclose(force[:, [0, -1]], 50.0, rtol=1e-4)  # the protocol's threshold, by definition
    np.testing.assert_allclose(force.max(axis=1), table["active_peak_N"], rtol=1e-3)
    middle = 0.5 * table["contact_time_ms"][:, None] * 1e-3
    t = PERCENT / 100.0 * table["contact_time_ms"][:, None] * 1e-3 - middle
    truth = half_sine(t + 0.125)
    inner = (PERCENT > 5) & (PERCENT < 95)  # the low-pass rounds the corners
    assert np.abs(force - truth)[:, inner].max() < 0.01 * truth.max()


def test_average_force_of_the_curve_is_the_average_force_of_the_row():
    curves, table = curves_of(train(half_sine_with_impact, 20, 0.35), one_belt())
    mean = np.trapezoid(curves.of("Fz_N"), PERCENT / 100.0, axis=1) / BW
    np.testing.assert_allclose(mean, table["average_force_BW"], rtol=1e-3)


@settings(max_examples=15, deadline=None)
@given(st.lists(st.integers(0, 9000), max_size=8))
def test_curves_do_not_depend_on_the_chunks(cuts):
    force = train(half_sine_with_impact, 24, 0.35) + np.random.default_rng(1).normal(0, 2, 9114)[: 24 * 350 + 714]
    whole, _ = curves_of(force, one_belt())
    cut, _ = curves_of(force, one_belt(), [c for c in cuts if c <= force.size])
    assert cut.step.tolist() == whole.step.tolist()
    assert cut.values.tobytes() == whole.values.tobytes()


def test_centre_of_pressure_rests_on_the_belt_and_counts_from_the_ball():
    """A point that rides backwards with the belt does not move in the belt's frame."""
    force = train(half_sine, 20, 0.35)
    t = np.arange(force.size) / 1000.0
    place = 0.3 - 3.0 * ((t - 0.3137) % 0.35)
    channels = np.zeros((6, force.size))
    channels[2], channels[4], channels[3] = force, -place * force, 0.05 * force
    belt = force_belt({name: row for row, name in enumerate(COMPONENTS)}, channels=6)
    setup = Setup(1000.0, 1e6, [belt], one_belt().protocol, BW, Runner(belt_speed_m_s=3.0))
    curves, _ = curves_of(channels, setup)
    along, across = curves.of("cop_x_m")[2:-2], curves.of("cop_y_m")[2:-2]
    loaded = curves.of("Fz_N")[2:-2] >= 200.0
    assert (np.isfinite(along) == loaded).all()
    assert np.nanmax(np.abs(along)) < 1e-3
    np.testing.assert_allclose(across[loaded], 0.05, atol=1e-4)


def test_without_the_belts_speed_or_moments_there_is_no_path():
    curves, _ = curves_of(train(half_sine, 20, 0.35), one_belt())
    assert np.isnan(curves.of("cop_x_m")).all()
    assert np.isnan(curves.of("cop_y_m")).all()


def test_not_asked_for_not_made():
    rows = train(half_sine, 20, 0.35)[:, None]
    pipeline = Pipeline(one_belt())
    pipeline.feed(rows, ticks(len(rows)), np.zeros(len(rows), np.uint8))
    assert pipeline.finish().rows
    assert len(pipeline.take_curves()) == 0


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from([0.0, 15.0, 30.0, 70.0]), max_size=40), st.lists(st.integers(0, 40), max_size=5))
def test_states_of_the_trigger_are_those_of_a_loop(levels, cuts):
    signal = np.asarray(levels)
    trigger, state, wanted = SchmittTrigger(50.0, 20.0), None, []
    for value in signal:
        state = value >= 20.0 if state is None else state
        state = True if value >= 50.0 else False if value < 20.0 else state
        wanted.append(state)
    edges = [0, *sorted(c for c in cuts if c <= signal.size), signal.size]
    found = [trigger.states(signal[a:b]) for a, b in itertools.pairwise(edges)]
    assert np.concatenate([np.empty(0, bool), *found]).tolist() == wanted


def test_live_contact_follows_the_force():
    force = train(half_sine, 10, 0.35)
    rows = force[:, None]
    live = Pipeline(one_belt()).feed(rows, ticks(len(rows)), np.zeros(len(rows), np.uint8)).live
    begun = np.flatnonzero(np.diff(live.contact[0].astype(int)) == 1)
    touchdown = live.tick[begun + 1] / 1e6
    assert touchdown == pytest.approx(0.3137 + 0.35 * np.arange(10), abs=0.006)
