"""Two bouts side by side: the table's numbers, nothing tested, nothing judged."""

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtGui import QColor
from stillsource import still_source

from analysis.stance_curves import StanceCurves
from analysis.steps import EMPTY, StepTable
from daq.bouts import BoutSpan
from viewer.compare.compare import (
    COLUMNS,
    MOST_CURVES,
    NOTE,
    UNKNOWN_SPEED,
    compare,
    curve_steps,
    feet,
)
from viewer.compare.compare_curves import PATIENCE, RETRY_S, CurveStore
from viewer.compare.compare_view import REDRAW_S, CompareView
from viewer.report.labels import MAIN
from viewer.report.words import label_of, unit_of
from viewer.source import Happening, Scene
from viewer.theme import DARK, LIGHT
from viewer.time.bouts import FIRST_HALF, SECOND_HALF, SELECTION, WHOLE

A, B = BoutSpan("easy", 2.0, 12.0), BoutSpan("hard", 15.0, 28.0)
NOTES = (Happening(2.0, "bout", "easy"), Happening(12.0, "bout", ""), Happening(15.0, "bout", "hard"),
         Happening(28.0, "bout", ""))  # fmt: skip


class Clock:
    def __init__(self):
        self.now_s = 0.0

    def __call__(self):
        return self.now_s


@pytest.fixture
def source():
    made = still_source(mass_kg=82.9)
    made.happenings = NOTES
    return made


def scene(source, **options):
    return Scene(source, 5.0, 3, **options)


def view_of(qtbot, source, clock=None, theme=LIGHT, **options):
    view = CompareView(theme, monotonic=clock or Clock())
    qtbot.addWidget(view)
    view.resize(1280, 600)
    view.refresh(scene(source, **options))
    return view


def cells(view):
    table = view.table
    return {
        table.item(row, 0).text(): [table.item(row, column).text() for column in range(1, table.columnCount())]
        for row in range(table.rowCount())
    }


def values_of(table, column, bout):
    rows = table["valid"] & (table["touchdown_s"] >= bout.start_s) & (table["touchdown_s"] < bout.end_s)
    values = table[column][rows]
    return values[~np.isnan(values)]


def read(text):
    return float(text.replace("−", "-").replace("+", "").replace(",", ""))


def test_every_number_is_the_step_tables(qtbot, source):
    shown = cells(view_of(qtbot, source))
    assert len(shown) == len(COLUMNS) == 1 + len(MAIN)
    for column in COLUMNS:
        a, b = (values_of(source.table, column, bout) for bout in (A, B))
        text_a, n_a, text_b, n_b, difference = shown[f"{label_of(column)}, {unit_of(column)}"]
        assert (int(n_a), int(n_b)) == (a.size, b.size)
        decimals = len(text_a.split(" ± ")[0].partition(".")[2])
        half = 0.5 * 10**-decimals + 1e-12
        for text, values in ((text_a, a), (text_b, b)):
            mean, sd = (read(part) for part in text.split(" ± "))
            assert mean == pytest.approx(values.mean(), abs=half)
            assert sd == pytest.approx(values.std(ddof=1), abs=half)
        assert read(difference) == pytest.approx(b.mean() - a.mean(), abs=half)
        assert difference[0] in "+−" or read(difference) == 0


def test_invalid_steps_count_nowhere(source):
    table = source.table
    rows = np.flatnonzero((table["touchdown_s"] >= 2) & (table["touchdown_s"] < 12))
    valid, cadence = table["valid"].copy(), table["cadence_spm"].copy()
    valid[rows[3]], cadence[rows[3]] = False, 900.0
    spoilt = StepTable({**table, "valid": valid, "cadence_spm": cadence})
    line = next(line for line in compare(spoilt, A, B, {}).lines if line.column == "cadence_spm")
    assert read(line.a.mean) < 200
    assert int(line.a.n) == rows.size - 1
    assert table["step"][rows[3]] not in np.concatenate([curve_steps(spoilt, A, side) for side in "LR"])


def test_a_difference_has_its_sign(source):
    table = source.table
    late = table["touchdown_s"] >= 15
    for factor, sign in ((1.1, "+"), (0.9, "−")):
        changed = StepTable({**table, "cadence_spm": table["cadence_spm"] * np.where(late, factor, 1.0)})
        line = next(line for line in compare(changed, A, B, {}).lines if line.column == "cadence_spm")
        assert line.difference[0] == sign
        assert abs(read(line.difference)) == pytest.approx(17.6, abs=0.5)


def test_another_belt_speed_is_said_in_words(source):
    table = source.table
    late = table["touchdown_s"] >= 15
    for factor, said in ((1.005, ""), (1.05, "faster"), (0.95, "slower")):
        changed = StepTable({**table, "belt_speed_m_s": table["belt_speed_m_s"] * np.where(late, factor, 1.0)})
        words = " ".join(compare(changed, A, B, {}).warnings)
        assert (said in words) if said else not words
        if said:
            assert f"B is 5.0 % {said}" in words
            assert "A 3.97 m/s" in words
    unknown = StepTable({**table, "belt_speed_m_s": np.full(table.rows, np.nan)})
    assert compare(unknown, A, B, {}).warnings == (UNKNOWN_SPEED,)


def test_shared_steps_are_said(source):
    shared = int(((source.table["touchdown_s"] >= 8) & (source.table["touchdown_s"] < 12)).sum())
    warnings = compare(source.table, A, BoutSpan("both", 8.0, 20.0), {}).warnings
    assert warnings == (f"A and B share {shared} steps.",)


def test_nothing_is_tested_and_nothing_judged(qtbot, source):
    view = view_of(qtbot, source)
    assert view.note.text() == NOTE
    said = " ".join([NOTE, view.state.text(), view.warning.text(), *cells(view)]).lower()
    for word in ("better", "worse", "significant", "p =", "improved"):
        assert word not in said


def test_bouts_are_offered_and_chosen(qtbot, source):
    view = view_of(qtbot, source)
    names = [view.choices[0].box.itemText(row) for row in range(view.choices[0].box.count())]
    assert names == ["easy, 0:02–0:12", "hard, 0:15–0:28", "First half, 0:00–0:14", "Second half, 0:14–0:29",
                     "Whole session, 0:00–0:29"]  # fmt: skip
    assert [choice.bout.name for choice in view.choices] == ["easy", "hard"]
    view.show_loop((20.0, 24.0))
    view.refresh(scene(source))
    assert [choice.bout.name for choice in view.choices] == ["easy", "hard"]
    view.choose(SELECTION, WHOLE)
    assert view.comparison.steps == (
        len(values_of(source.table, "step", BoutSpan("", 20, 24))),
        source.table["valid"].sum(),
    )
    view.show_loop((21.0, 24.0))
    view.refresh(scene(source))
    assert view.choices[0].bout == BoutSpan(SELECTION, 21.0, 24.0)
    assert view.comparison.steps[0] == len(values_of(source.table, "step", BoutSpan("", 21, 24)))
    view.show_loop(None)
    view.refresh(scene(source))
    assert view.choices[0].bout.name == "easy"  # what was chosen is gone


def test_without_bouts_the_halves_are_compared(qtbot, source):
    source.happenings = ()
    view = view_of(qtbot, source)
    assert [choice.bout.name for choice in view.choices] == [FIRST_HALF, SECOND_HALF]
    assert sum(view.comparison.steps) == source.table["valid"].sum()


def test_mean_curves_are_those_of_the_steps(qtbot, source):
    view = view_of(qtbot, source)
    assert len(view.plots.plots) == 4
    for place, side in enumerate("LR"):
        for band, bout in ((view.plots.plots[place].a, A), (view.plots.plots[place].b, B)):
            steps = curve_steps(source.table, bout, side)
            curves = source.curves(steps)
            assert steps.size > 10
            x, y = band.mean.getData()
            assert x.tolist() == np.linspace(0, 100, 201).tolist()
            np.testing.assert_allclose(y, curves.of("Fz_N").mean(axis=0), rtol=1e-5)
            _, high = band.high.getData()
            np.testing.assert_allclose(high - y, curves.of("Fz_N").std(axis=0, ddof=1), rtol=1e-3, atol=0.01)
    fore_aft = view.plots.plots[2].a.mean.getData()[1]
    steps = curve_steps(source.table, A, "L")
    np.testing.assert_allclose(fore_aft, source.curves(steps).of("Fx_N").mean(axis=0), rtol=1e-4, atol=1e-3)


def test_body_weights_on_request(qtbot, source):
    newtons = view_of(qtbot, source).plots.plots[0]
    weights = view_of(qtbot, source, in_BW=True).plots.plots[0]
    np.testing.assert_allclose(
        weights.a.mean.getData()[1] * source.bw_N, newtons.a.mean.getData()[1], rtol=1e-5, atol=1e-3
    )
    assert "BW" in weights.title.text
    source.bw_N = float("nan")
    assert "force, N" in view_of(qtbot, source, in_BW=True).plots.plots[0].title.text


def test_a_is_solid_in_the_foots_colour_and_b_dashed_in_ink(qtbot, source, theme):
    view = view_of(qtbot, source, theme=theme)
    for plot, side in zip(view.plots.plots[:2], "LR", strict=True):
        a, b = (band.mean.opts["pen"] for band in (plot.a, plot.b))
        assert (a.color(), a.style().name) == (QColor(theme.side(side)), "SolidLine")
        assert (b.color(), b.style().name) == (QColor(theme.ink), "DashLine")
    assert view.choices[0].words.text().startswith("solid, ")
    assert view.choices[1].words.text().startswith("dashed, ")
    other = DARK if theme is LIGHT else LIGHT
    view.apply_theme(other)
    assert view.plots.plots[0].b.mean.opts["pen"].color() == QColor(other.ink)


def late(source, ready):
    """Curves come later: only steps in `ready` are there."""
    whole = source.curves

    def curves(steps):
        found = whole(steps)
        values = found.values.copy()
        values[~np.isin(steps, list(ready))] = np.nan
        asked.append(np.asarray(steps))
        return StanceCurves(found.step, values)

    asked = []
    source.curves = curves
    return asked


def test_curves_that_are_still_computed_are_asked_for_again(qtbot, source):
    ready, clock = set(), Clock()
    asked = late(source, ready)
    view = view_of(qtbot, source, clock)
    assert "Computing… 0 of" in view.state.text()
    for _ in range(50):
        view.refresh(scene(source))
    assert len(asked) == 1  # not in every frame
    ready |= set(range(1, 40))
    clock.now_s += RETRY_S + 0.01
    view.refresh(scene(source))
    assert len(asked) == 2
    some = view.plots.plots[0].a.mean.getData()[1]
    assert np.isfinite(some).all()
    ready |= set(range(200))
    clock.now_s += RETRY_S + 0.01
    view.refresh(scene(source))
    assert asked[-1].min() >= 40  # only those that are missing
    assert "Computing" not in view.state.text()
    clock.now_s += 10
    view.refresh(scene(source))
    assert len(asked) == 3


def test_nobody_waits_for_ever(source):
    clock = Clock()
    asked = late(source, {1, 2, 3})
    store = CurveStore(clock)
    store.want(np.arange(1, 6), ())
    for _ in range(3 * PATIENCE):
        store.ask(source)
        clock.now_s += RETRY_S + 0.01
    assert len(asked) == PATIENCE + 1
    assert (store.waiting, store.absent) == (False, 2)
    assert store.curves(np.array([2, 5]), "Fz_N").shape == (1, 201)


def test_few_curves_evenly_spread_are_asked_for(source):
    table = source.table
    many = {name: np.tile(values, 60) for name, values in table.items()}
    again = np.repeat(np.arange(60), table.rows)
    many["touchdown_s"] = many["touchdown_s"] + 30.0 * again
    many["step"] = np.arange(1, again.size + 1)
    whole = BoutSpan("all", 0.0, 1800.0)
    steps = curve_steps(StepTable(many), whole, "R")
    assert steps.size == MOST_CURVES
    assert np.diff(steps).max() <= 1.1 * np.diff(steps).min()
    mine = np.flatnonzero(many["side"] == "R") + 1
    assert (steps[0], steps[-1]) == (mine[many["valid"][mine - 1]][0], mine[many["valid"][mine - 1]][-1])


def test_walking_is_not_averaged_with_running(source):
    table = source.table
    gait = table["gait"].copy()
    gait[:20] = "walk"
    steps = curve_steps(StepTable({**table, "gait": gait}), BoutSpan("all", 0, 99), "L")
    assert steps.min() > 20
    walking = StepTable({**table, "gait": np.full(table.rows, "walk")})
    assert curve_steps(walking, BoutSpan("all", 0, 99), "L").size > 30


def test_a_rig_without_fore_aft_says_so(qtbot):
    source = still_source(url="virtual://deck_4z?seed=1&speed=max", rig="deck_4z")
    view = view_of(qtbot, source)
    assert len(view.plots.plots) == 2
    assert "No fore-aft force: this rig does not measure it." in view.state.text()
    assert "No braking peak, braking impulse, propulsive impulse: this rig's sensors" in view.missing.text()
    assert not [label for label in cells(view) if "raking" in label]


def test_unknown_sides_share_one_plot(qtbot, source):
    table = source.table
    source._table = StepTable({**table, "side": np.full(table.rows, "?")})
    assert feet(source.table, (A, B)) == ("?",)
    view = view_of(qtbot, source)
    assert [plot.title.text for plot in view.plots.plots] == [
        "Both feet: vertical force, N",
        "Both feet: fore-aft, + forward, N",
    ]
    assert np.isfinite(view.plots.plots[0].a.mean.getData()[1]).all()


def test_steps_that_come_later_are_shown(qtbot, source):
    table, clock = source.table, Clock()
    source._table, source.working = EMPTY, "analysing, 42 %"
    view = view_of(qtbot, source, clock)
    assert view.state.text().startswith("Analysing, 42 %")
    assert view.table.rowCount() == 0
    source._table, source.working = table, ""
    view.refresh(scene(source))
    clock.now_s = REDRAW_S
    view.refresh(scene(source))
    assert view.table.rowCount() == len(COLUMNS)
    source._table = EMPTY
    clock.now_s = 2 * REDRAW_S
    view.refresh(scene(source))
    assert view.state.text().startswith("No valid steps")


def test_another_take_forgets_what_was_chosen(qtbot, source):
    view = view_of(qtbot, source)
    view.choose(WHOLE, FIRST_HALF)
    source.take += 1
    source.happenings = ()
    view.refresh(scene(source))
    assert [choice.bout.name for choice in view.choices] == [FIRST_HALF, SECOND_HALF]


def test_one_step_has_no_scatter(source):
    one = BoutSpan("one", float(source.table["touchdown_s"][10]), float(source.table["touchdown_s"][11]))
    line = compare(source.table, one, B, {}).lines[1]
    assert (line.a.sd, line.a.n) == ("–", "1")
    empty = compare(source.table, BoutSpan("none", 50.0, 60.0), B, {})
    assert (empty.lines[1].a.mean, empty.lines[1].difference, empty.steps[0]) == ("–", "–", 0)


def test_nothing_is_made_anew_while_nothing_changes(qtbot, source, monkeypatch):
    clock = Clock()
    view = view_of(qtbot, source, clock)
    monkeypatch.setattr(view, "_compare", lambda: pytest.fail("made anew"))
    monkeypatch.setattr(view, "_draw", lambda: pytest.fail("drawn anew"))
    for now_s in np.linspace(5.0, 20.0, 50).tolist():
        clock.now_s += 0.1
        view.refresh(replace(scene(source), now_s=now_s))


def test_every_size_and_kind_can_be_drawn(qtbot, theme, source):
    belts = still_source(url="virtual://split_belt?seed=1&speed=max", rig="split_belt")
    for some in (source, belts):
        for size in ((220, 140), (700, 500), (1280, 600), (2560, 1200)):
            view = view_of(qtbot, some, theme=theme)
            view.resize(*size)
            assert not view.grab().isNull()
