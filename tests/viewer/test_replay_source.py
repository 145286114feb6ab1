"""A recorded session as a source: at once, anywhere, and what it shows is what was found when it was recorded."""

import shutil
import time

import h5py
import numpy as np
import pytest
from stillsource import recorded, still_source

from analysis.errors import StanceError
from viewer.sources.blocks import Blocks
from viewer.sources.replay_source import ReplaySource

STORY = {"mass_kg": 82.9, "seconds": 40.0}


@pytest.fixture
def source():
    opened = ReplaySource(recorded(**STORY))
    yield opened
    opened.close()


def settled(take, done, patience_s=20.0):
    """Ask again until it is there, as a window does frame by frame."""
    until = time.monotonic() + patience_s
    while True:
        found = take()
        if done(found) or time.monotonic() > until:
            assert done(found)
            return found
        time.sleep(0.01)


def test_steps_lights_and_reasons_are_there_at_once(source):
    whole = still_source(**STORY)
    assert source.table.equals(whole.table)
    assert source.bw_N == whole.bw_N
    assert source.lights == whole.lights
    assert source.missing == whole.missing
    assert source.working == ""
    assert source.facts.rig == "virtual"
    assert source.facts.observable == whole.facts.observable


@pytest.mark.parametrize("at", [3.0, 17.3, 33.0, 39.999])
def test_force_anywhere_is_the_force_of_the_whole(source, at):
    whole = still_source(**STORY)
    found = settled(lambda: source.samples(at - 3.0, at), lambda s: np.isfinite(s.wrench[0, 2, 100:]).mean() > 0.99)
    truth = whole.samples(at - 3.0, at)
    assert found.start == truth.start
    n = truth.wrench.shape[-1]
    apart = np.abs(found.wrench[:, :, :n] - truth.wrench)[0, 2]
    assert np.isfinite(apart).sum() > 2800
    assert np.nanmax(apart) < 3.0


def test_curves_of_any_steps_come_in_the_order_asked_for(source):
    whole = still_source(**STORY)
    steps = np.array([60, 3, 110, 4, 9999])
    found = settled(lambda: source.curves(steps), lambda c: np.isfinite(c.of("Fz_N")[:4]).all())
    assert found.step.tolist() == steps.tolist()
    np.testing.assert_allclose(found.values[:4], whole.curves(steps[:4]).values, atol=0.02, equal_nan=True)
    assert np.isnan(found.values[4]).all()


def test_a_session_without_steps_is_analysed_meanwhile(tmp_path):
    path = tmp_path / "s.h5"
    shutil.copy(recorded(**STORY), path)
    with h5py.File(path, "r+") as file:
        del file["steps"]
    source = ReplaySource(path)
    try:
        assert source.table.rows == 0
        assert "analysing" in source.working
        seen = source.samples(9.0, 10.0)  # the force need not wait
        assert np.isfinite(seen.wrench).any()

        def table():
            source.update()
            return source.table

        found = settled(table, lambda t: t.rows > 0, 60.0)
        assert found.equals(still_source(**STORY).table)
        assert source.lights == still_source(**STORY).lights
        assert source.working == ""
    finally:
        source.close()


def test_steps_of_other_algorithms_are_made_anew(tmp_path):
    path = tmp_path / "s.h5"
    shutil.copy(recorded(**STORY), path)
    with h5py.File(path, "r+") as file:
        file["steps"].attrs["algorithm_version"] = np.bytes_("1")
    source = ReplaySource(path)
    try:
        assert source.table.rows == 0
        assert "analysing" in source.working
    finally:
        source.close()  # in the middle of it


@pytest.mark.parametrize("content", [None, b"", b"not a session"])
def test_what_is_no_session_is_refused_in_one_sentence(tmp_path, content):
    path = tmp_path / "x.h5"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(StanceError, match="expected a session"):
        ReplaySource(path)


def test_what_is_on_the_screen_comes_before_what_was_asked_for():
    made = []

    def cut(number):
        made.append(number)
        time.sleep(0.02)
        return number

    blocks = Blocks(cut)
    try:
        blocks.ask(range(100, 110))
        time.sleep(0.03)
        settled(lambda: blocks.show([3, 2, 1], [4]), lambda there: len(there) == 3)
        assert {1, 2, 3} <= set(made[:6])
        assert blocks.show([7], [], wait=7) == {7: 7}  # a seek gets its block in the same frame
    finally:
        blocks.close()


def test_trouble_of_the_worker_is_kept_for_the_window():
    def cut(number):
        raise OSError("the disk is gone")

    blocks = Blocks(cut)
    try:
        assert blocks.show([1], [], wait=1) == {}
        assert "disk is gone" in str(blocks.trouble)
    finally:
        blocks.close()
