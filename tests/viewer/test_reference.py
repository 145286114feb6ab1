"""A reference is the mean of a session's valid running steps, in body weights."""

import numpy as np
import pytest
from stillsource import recorded, still_source

from analysis.errors import StanceError
from analysis.steps import StepTable
from viewer.source import Scene, rows_until
from viewer.steps import reference as module
from viewer.steps.reference import BOTH, Reference
from viewer.steps.reference_loading import Loading, load_in_background

OPTIONS = {"mass_kg": 82.9}


def changed(source, **columns):
    source._table = StepTable({**dict(source._table.items()), **columns})
    return source


def mean_of(source, rows, name="Fz_N"):
    curves = source.curves(source.table["step"][rows]).of(name).astype(float) / source.bw_N
    return curves.mean(axis=0), curves.std(axis=0, ddof=1)


def test_it_is_the_mean_of_each_foot():
    source = still_source(**OPTIONS)
    found, table = Reference.load(recorded(**OPTIONS), "P60-50/20"), source.table
    assert (found.title, found.protocol, found.steps) == ("session", "P60-50/20", int(table["valid"].sum()))
    for side in ("L", "R", BOTH):
        rows = np.flatnonzero(table["valid"] & ((table["side"] == side) | (side == BOTH)))
        own = found.of(side)
        assert (own.side, own.steps) == (side, rows.size)
        assert own.contact_ms == pytest.approx(table["contact_time_ms"][rows].mean())
        for name in ("Fz", "Fx"):
            mean, sd = mean_of(source, rows, f"{name}_N")
            np.testing.assert_allclose(own.mean_BW[name], mean, atol=1e-6)
            np.testing.assert_allclose(own.sd_BW[name], sd, atol=1e-6)


def test_only_the_beginning_of_a_long_session_is_taken(monkeypatch):
    monkeypatch.setattr(module, "LONGEST_S", 10.0)
    early = still_source(**OPTIONS).table["touchdown_s"] <= 10.0
    assert 20 < early.sum() < 40
    assert Reference.load(recorded(**OPTIONS)).steps == early.sum()


def test_another_protocol_is_refused():
    with pytest.raises(StanceError, match=r"under one protocol.*P60-50/20, Z50-20"):
        Reference.load(recorded(**OPTIONS), "Z50-20")


def test_a_file_that_is_no_session_is_refused(tmp_path):
    (tmp_path / "notes.txt").write_text("no session")
    with pytest.raises(StanceError, match=r"notes.txt: expected a session file"):
        Reference.load(tmp_path / "notes.txt")


def test_a_rig_without_fore_aft_force_gives_none():
    found = Reference.load(recorded("virtual://deck_4z?seed=1&speed=max", rig="deck_4z"))
    assert set(found.of("L").mean_BW) == {"Fz"}


def test_the_last_minute_as_reference():
    source = still_source(**OPTIONS)
    now_s, table = 20.0, source.table
    rows = rows_until(table, now_s)
    found = Reference.from_scene(Scene(source, now_s, rows), last_s=5.0)
    mine = np.flatnonzero((table["touchdown_s"][:rows] > 15.0) & (table["side"][:rows] == "L"))
    assert (found.title, found.of("L").steps) == ("Test session, 15 to 20 s", mine.size)
    np.testing.assert_allclose(found.of("L").mean_BW["Fz"], mean_of(source, mine)[0], atol=1e-6)


def test_only_valid_running_steps_with_a_curve_count():
    source = still_source(**OPTIONS)
    rows = source.table.rows
    valid, gait = np.ones(rows, bool), np.full(rows, "run")
    valid[:10], gait[10:20] = False, "walk"
    changed(source, valid=valid, gait=gait)
    source._curves.values[20:30] = np.nan
    found = Reference.from_scene(Scene(source, 30.0, rows))
    assert found.steps == rows - 30
    np.testing.assert_allclose(found.of(BOTH).mean_BW["Fz"], mean_of(source, np.arange(30, rows))[0], atol=1e-6)


def test_unknown_feet_share_one_curve():
    source = still_source(**OPTIONS)
    rows = source.table.rows
    found = Reference.from_scene(Scene(changed(source, side=np.full(rows, "?")), 30.0, rows))
    assert [curve.side for curve in found.sides] == [BOTH]
    assert found.of("L").steps == rows


@pytest.mark.parametrize("story", ["no running", "no weight"])
def test_without_what_it_needs_it_says_so(story):
    source = still_source(**OPTIONS)
    rows = source.table.rows
    if story == "no running":
        changed(source, gait=np.full(rows, "walk"))
    else:
        source.bw_N = np.nan
    with pytest.raises(StanceError, match="valid running steps" if story == "no running" else "body weight"):
        Reference.from_scene(Scene(source, 30.0, rows))


def test_loading_in_the_background_calls_back_once(qtbot):
    found = []
    loading = load_in_background(recorded(**OPTIONS), found.append, protocol="P60-50/20")
    assert found == []
    qtbot.waitUntil(lambda: bool(found), timeout=60_000)
    assert found[0].steps == Reference.load(recorded(**OPTIONS)).steps
    qtbot.wait(120)
    assert len(found) == 1
    loading.deleteLater()


def test_loading_in_the_background_hands_errors_over(qtbot, tmp_path, monkeypatch):
    found = []
    keep = [load_in_background(tmp_path / "nothing.h5", found.append)]
    qtbot.waitUntil(lambda: bool(found), timeout=60_000)
    assert isinstance(found[0], StanceError)
    assert "nothing of that name" in str(found[0])
    monkeypatch.setattr(Reference, "load", lambda *_: 1 / 0)
    keep.append(load_in_background(tmp_path / "nothing.h5", found.append))
    qtbot.waitUntil(lambda: len(found) == 2, timeout=60_000)
    assert "division by zero" in str(found[1])


def test_a_cancelled_loading_never_calls_back(qtbot):
    found = []
    loading = Loading(recorded(**OPTIONS), found.append)
    loading.cancel()
    qtbot.wait(200)
    assert found == []
