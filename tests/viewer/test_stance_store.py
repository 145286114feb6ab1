"""Curves are asked for once; means and resampling are plain arithmetic."""

import numpy as np
import pytest
from stillsource import still_source

from analysis.stance_curves import SIGNALS
from viewer.source import Scene, rows_until
from viewer.steps.stance_store import RETRY_S, StanceStore, mean_sd, sample

FZ = SIGNALS.index("Fz_N")


class Clock:
    now_s = 100.0

    def __call__(self):
        return self.now_s


@pytest.fixture
def source():
    """A session that notes which curves it was asked for, and has none of those in `absent`."""
    source = still_source()
    source.asked, source.absent = [], []
    curves = source.curves

    def counted(steps):
        source.asked.append(list(steps))
        found = curves(steps)
        found.values[np.isin(steps, source.absent)] = np.nan
        return found

    source.curves = counted
    return source


def scene(source, now_s=20.0):
    return Scene(source, now_s, rows_until(source.table, now_s))


def test_only_new_steps_are_asked_for(source):
    store = StanceStore(Clock())
    first = store.take(scene(source), np.array([3, 1, 2]))
    second = store.take(scene(source), np.array([2, 3, 4]))
    assert source.asked == [[1, 2, 3], [4]]
    of = still_source().curves
    np.testing.assert_array_equal(first, of(np.array([3, 1, 2])).values)
    np.testing.assert_array_equal(second, of(np.array([2, 3, 4])).values)
    assert not store.due


def test_what_is_not_there_yet_is_asked_for_again_but_not_at_once(source):
    clock = Clock()
    store, steps = StanceStore(clock), np.array([1, 2, 3])
    source.absent = [2]
    assert np.isnan(store.take(scene(source), steps)[1]).all()
    store.take(scene(source), steps)
    assert source.asked == [[1, 2, 3]]
    assert not store.due
    clock.now_s += 1.01 * RETRY_S
    assert store.due
    source.absent = []
    assert not np.isnan(store.take(scene(source), steps)[:, FZ]).any()
    assert source.asked == [[1, 2, 3], [2]]
    assert not store.due


def test_a_new_step_is_asked_for_at_once_even_while_another_is_missing(source):
    store = StanceStore(Clock())
    source.absent = [2]
    store.take(scene(source), np.array([1, 2]))
    store.take(scene(source), np.array([1, 2, 3]))
    assert source.asked == [[1, 2], [3]]


@pytest.mark.parametrize("change", ["take", "time", "source"])
def test_it_starts_anew_elsewhere(source, change):
    store, steps = StanceStore(Clock()), np.array([5, 6])
    store.take(scene(source), steps)
    if change == "take":
        source.take += 1
    other = still_source() if change == "source" else source
    fresh = store.take(scene(other, 10.0 if change == "time" else 20.0), steps)
    assert source.asked == ([[5, 6]] if change == "source" else [[5, 6], [5, 6]])
    np.testing.assert_array_equal(fresh, still_source().curves(steps).values)


def test_time_that_goes_on_keeps_the_curves(source):
    store = StanceStore(Clock())
    for now_s in (10.0, 10.1, 10.05, 25.0):
        store.take(scene(source, now_s), np.array([5, 6]))
    assert source.asked == [[5, 6]]


def test_no_steps_ask_nothing(source):
    assert StanceStore(Clock()).take(scene(source), np.empty(0, np.int64)).shape == (0, len(SIGNALS), 201)
    assert source.asked == []


def test_sample_reads_lines_between_points():
    curves = np.array([[0.0, 10.0, 30.0], [1.0, 1.0, 1.0]])
    read = sample(curves, np.array([[0.0, 0.25, 1.0, 1.2], [-0.1, 0.0, 0.5, 1.0]]))
    np.testing.assert_allclose(read, [[0.0, 5.0, 30.0, np.nan], [np.nan, 1.0, 1.0, 1.0]])


def test_mean_and_sd_are_those_of_numpy():
    curves = np.random.default_rng(1).normal(size=(7, 50))
    mean, sd = mean_sd(curves)
    np.testing.assert_allclose(mean, curves.mean(axis=0))
    np.testing.assert_allclose(sd, curves.std(axis=0, ddof=1))


def test_a_mean_ends_where_most_stances_are_over():
    curves = np.array([[1.0, 2.0, 3.0, np.nan], [3.0, 4.0, np.nan, np.nan], [5.0, 6.0, np.nan, np.nan]])
    mean, sd = mean_sd(curves)
    np.testing.assert_allclose(mean, [3.0, 4.0, np.nan, np.nan])
    np.testing.assert_allclose(sd, [2.0, 2.0, np.nan, np.nan])


def test_a_single_stance_has_no_sd():
    mean, sd = mean_sd(np.array([[1.0, 2.0]]))
    np.testing.assert_array_equal(mean, [1.0, 2.0])
    assert np.isnan(sd).all()
