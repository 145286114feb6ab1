"""What is drawn of the last stances equals the step table and its curves."""

from copy import copy
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QLabel, QWidget
from stillsource import still_source

from analysis.flags import StepFlag
from analysis.stance_curves import PERCENT
from analysis.steps import EMPTY, StepTable
from analysis.two_mass import two_mass_curves
from viewer.report.words import number
from viewer.source import Scene, rows_until
from viewer.steps.foot_words import REASONS
from viewer.steps.reference import Reference
from viewer.steps.step_overlay import StepOverlay
from viewer.theme import DARK, LIGHT

NOW_S = 20.0
SIDES = ("L", "R")


@pytest.fixture(scope="module")
def session():
    return still_source(mass_kg=82.9)


@pytest.fixture
def source(session):
    """To be changed as a test likes."""
    mine = copy(session)
    mine._table = session._table.select(np.arange(session._table.rows))
    mine._curves = replace(session._curves, values=session._curves.values.copy())
    return mine


@pytest.fixture
def overlay(qtbot):
    window = QWidget()
    qtbot.addWidget(window)
    widget = StepOverlay(LIGHT, window)
    widget.resize(700, 360)
    window.resize(1000, 600)
    window.show()
    widget.window_of_its_own = window  # else Python lets go of it
    return widget


def changed(source, **columns):
    source._table = StepTable({**dict(source._table.items()), **columns})
    return source


def scene(source, now_s=NOW_S, in_BW=True):
    return Scene(source, now_s, rows_until(source.table, now_s), in_BW)


def rows_of(source, side, count=20, now_s=NOW_S):
    """The rows that should be shown, found the slow way."""
    table = source.table
    return [r for r in range(rows_until(table, now_s)) if table["side"][r] == side and table["valid"][r]][-count:]


def force_of(source, rows, name="Fz_N", in_BW=True):
    curves = source.curves(source.table["step"][rows]).of(name).astype(float)
    return curves / source.bw_N if in_BW else curves


def stances_of(foot):
    """(k, 201) x and force of the faint curves."""
    x, force = foot.curves["faint"].getData()
    return x.reshape(-1, PERCENT.size + 1)[:, :-1], force.reshape(-1, PERCENT.size + 1)[:, :-1]


@pytest.mark.parametrize("count", [5, 20, 50])
@pytest.mark.parametrize("in_BW", [True, False])
def test_each_foot_shows_its_last_stances_over_their_time(overlay, source, count, in_BW):
    overlay.set_count(count)
    overlay.refresh(scene(source, in_BW=in_BW))
    for foot, side in zip(overlay.feet, SIDES, strict=True):
        rows = rows_of(source, side, count)
        assert len(rows) == min(count, 29)
        x, force = stances_of(foot)
        np.testing.assert_allclose(force, force_of(source, rows, in_BW=in_BW), rtol=1e-6)
        np.testing.assert_allclose(x[:, -1], source.table["contact_time_ms"][rows], rtol=1e-9)
        current = foot.curves["current"].getData()
        np.testing.assert_allclose(current, [x[-1], force[-1]])


@pytest.mark.parametrize("component", ["Fz", "Fx"])
def test_band_over_share_of_contact_is_mean_and_sd_of_the_curves(overlay, source, component):
    overlay.set_over_time(False)
    overlay.set_component(component)
    overlay.refresh(scene(source))
    for foot, side in zip(overlay.feet, SIDES, strict=True):
        curves = force_of(source, rows_of(source, side), f"{component}_N")
        mean, sd = curves.mean(axis=0), curves.std(axis=0, ddof=1)
        np.testing.assert_allclose(foot.curves["mean"].getData(), [PERCENT, mean], atol=1e-6)
        np.testing.assert_allclose(foot.band.edges, [PERCENT, mean - sd, mean + sd], atol=1e-6)


def test_band_over_time_is_the_mean_of_the_stances_at_each_moment(overlay, source):
    overlay.refresh(scene(source))
    rows = rows_of(source, "L")
    contact = source.table["contact_time_ms"][rows]
    x, mean = overlay.feet[0].curves["mean"].getData()
    low, high = overlay.feet[0].band.edges[1:]
    for at_ms in (0.0, 40.0, 120.0, 200.0):
        forces = [np.interp(at_ms, PERCENT / 100 * t, f) for t, f in zip(contact, force_of(source, rows), strict=True)]
        k = int(np.searchsorted(x, at_ms))
        assert x[k] == at_ms
        assert mean[k] == pytest.approx(np.mean(forces))
        assert (high - low)[k] == pytest.approx(2 * np.std(forces, ddof=1))
    assert np.median(contact) - 2.0 <= x[-1] <= np.median(contact)


@pytest.mark.parametrize("over_time", [True, False])
@pytest.mark.parametrize("in_BW", [True, False])
def test_areas_are_the_two_mass_fit_of_the_current_step(overlay, source, over_time, in_BW):
    overlay.set_over_time(over_time)
    overlay.refresh(scene(source, in_BW=in_BW))
    for foot, side in zip(overlay.feet, SIDES, strict=True):
        row = rows_of(source, side)[-1]
        x, zero, body_top = foot.body.edges
        _, body, top = foot.limb.edges
        time_ms = x if over_time else x * source.table["contact_time_ms"][row] / 100
        limb, rest = (c[0] for c in two_mass_curves(source.table.select(np.array([row])), time_ms))
        unit = 1.0 if in_BW else source.bw_N
        assert foot.limb.visible
        assert limb.max() > 0.3
        np.testing.assert_allclose(zero, 0.0)
        np.testing.assert_allclose(body_top, rest * unit, atol=1e-9 * unit)
        np.testing.assert_allclose(body, body_top)
        np.testing.assert_allclose(top - body, limb * unit, atol=1e-9 * unit)
        np.testing.assert_allclose([time_ms[0], time_ms[-1]],
                                   [source.table[f"two_mass_{end}_ms"][row] for end in ("begin", "end")])  # fmt: skip


@pytest.mark.parametrize("over_time", [True, False])
def test_areas_can_be_the_mean_of_the_steps_shown(overlay, source, over_time):
    overlay.set_over_time(over_time)
    overlay.set_mean_parts(True)
    overlay.refresh(scene(source))
    rows = rows_of(source, "R")
    x, _, top = overlay.feet[1].limb.edges
    expected = np.zeros(x.size)
    for row in rows:
        time_ms = x if over_time else x * source.table["contact_time_ms"][row] / 100
        expected += np.sum(two_mass_curves(source.table.select(np.array([row])), time_ms), axis=0)[0] / len(rows)
    np.testing.assert_allclose(top, expected, atol=5e-5)
    assert ", mean" in overlay.legend.text()


@pytest.mark.parametrize("over_time", [True, False])
@pytest.mark.parametrize("in_BW", [True, False])
def test_the_dot_stands_at_the_impact_peak(overlay, source, over_time, in_BW):
    overlay.set_over_time(over_time)
    overlay.refresh(scene(source, in_BW=in_BW))
    for foot, side in zip(overlay.feet, SIDES, strict=True):
        row, table = rows_of(source, side)[-1], source.table
        (x,), (y,) = foot.peak.getData()
        per_ms = 1.0 if over_time else 100.0 / table["contact_time_ms"][row]
        assert x == pytest.approx(table["impact_peak_time_ms"][row] * per_ms)
        assert y == pytest.approx(table["impact_peak_BW"][row] * (1.0 if in_BW else source.bw_N))


@pytest.mark.parametrize("poi", ["impact_peak", "hf_peak", "13pct"])
def test_the_slope_is_the_loading_rate_where_it_was_measured(overlay, source, poi):
    """It has the table's slope, spans 20 to 80 % of the force at the point of interest, and ends on the curve."""
    table = source.table
    if poi == "13pct":  # none of this runner's: rate and curve of a step without an impact
        source = still_source(url="virtual://virtual?runner=half_sine&speed=max")
        table = source.table
    row = int(np.flatnonzero((table["poi_source"] == poi) & (table["side"] == "L"))[-1])
    overlay.refresh(Scene(source, 30.0, row + 1, in_BW=True))
    contact, force = table["contact_time_ms"][row], force_of(source, [row])[0]
    poi_ms = 0.13 * contact if poi == "13pct" else table[f"{poi}_time_ms"][row]
    top = np.interp(poi_ms, PERCENT / 100 * contact, force)
    (x0, x1), (y0, y1) = overlay.feet[0].curves["rate"].getData()
    assert (y1 - y0) / (x1 - x0) * 1e3 == pytest.approx(table["valr_BW_s"][row])
    assert (y0, y1) == pytest.approx((0.2 * top, 0.8 * top), rel=1e-6)
    for x, y in ((x0, y0), (x1, y1)):
        assert np.interp(x, PERCENT / 100 * contact, force) == pytest.approx(y, abs=0.02)
    assert overlay.feet[0].rate_text.toPlainText() == f"{number(table['valr_BW_s'][row], 0)} BW/s"
    assert overlay.feet[0].rate_text.isVisible()


def test_numbers_are_those_of_the_table(overlay, source):
    table = source.table
    for now_s in (3.0, NOW_S, 25.0):
        overlay.refresh(scene(source, now_s))
        for foot, side in zip(overlay.feet, SIDES, strict=True):
            rows = rows_of(source, side, now_s=now_s)
            contact = table["contact_time_ms"][rows]
            verdict = {"impact": "heel impact", "uncertain": "heel impact uncertain", "none": "no heel impact"}
            assert foot.numbers.text == (
                f"{len(rows)} steps · contact {contact.mean():.0f} ± {contact.std(ddof=1):.0f} ms"
                f"  ·  {verdict[table['impact_class'][rows[-1]]]}"
            )
            assert foot.title.text == f"{side} · {'left' if side == 'L' else 'right'} foot · step {rows[-1] + 1}"


@pytest.mark.parametrize("answer", ["impact", "uncertain", "none"])
def test_the_verdict_is_the_tables(overlay, source, answer):
    changed(source, impact_class=np.full(source.table.rows, answer))
    overlay.refresh(scene(source))
    words = {"impact": "heel impact", "uncertain": "heel impact uncertain", "none": "no heel impact"}
    assert overlay.feet[0].numbers.text.endswith(f" ms  ·  {words[answer]}")


def test_a_rig_that_cannot_tell_says_why(overlay, source):
    rows = source.table.rows
    nothing = {name: np.full(rows, np.nan) for name in source.table if "two_mass" in name and "class" not in name}
    silent = {name: np.full(rows, "") for name in ("impact_class", "two_mass_class")}
    changed(source, contact_time_ms=np.full(rows, np.nan), **nothing, **silent)
    source.missing = dict.fromkeys((*nothing, *silent, "contact_time_ms"), "the deck is too soft")
    overlay.refresh(scene(source))
    assert overlay.feet[0].title.text.endswith("no split: the deck is too soft")
    assert overlay.feet[0].numbers.text == (
        "20 steps · contact time not observed  ·  heel impact not observed: the deck is too soft"
    )
    assert len(stances_of(overlay.feet[0])[0]) == 20


def test_without_a_separable_impact_there_are_no_areas(overlay, source):
    rows = source.table.rows
    nothing = {name: np.full(rows, np.nan) for name in source.table if "two_mass" in name and "class" not in name}
    changed(source, **nothing, two_mass_class=np.full(rows, "uncertain"))
    overlay.refresh(scene(source))
    for foot in overlay.feet:
        assert not foot.limb.visible
        assert not foot.body.visible
        assert foot.title.text.endswith("no separable impact (fit: uncertain)")
    assert "midfoot" not in overlay.legend.text()


def test_the_legend_explains_the_areas_in_words(overlay, source):
    overlay.resize(900, 500)
    overlay.refresh(scene(source))
    words = overlay.legend.text().replace("&nbsp;", " ")
    for entry in ("heel impact (limb stopping)", "midfoot loading (rest of the body)", "impact peak", "loading rate"):
        assert entry in words


@pytest.mark.parametrize(("answer", "words"), [("uncertain", "uncertain"), ("none", "verdict: none"),
                                               ("", "not observed")])  # fmt: skip
def test_a_heel_impact_that_is_no_verdict_is_faded_and_says_so(overlay, source, answer, words, theme):
    impact_class = np.where(source.table["side"] == "L", answer, "impact")
    changed(source, impact_class=impact_class)
    overlay.apply_theme(theme)
    overlay.resize(900, 500)
    overlay.refresh(scene(source))
    left, right = (foot.limb.fill for foot in overlay.feet)
    assert right.alpha() > 3 * left.alpha() > 0
    assert left.name() == right.name() == theme.impact
    for text in (overlay.legend.text(), overlay.legend.toolTip()):
        assert f"heel impact (limb stopping), faded: {words}" in text.replace("&nbsp;", " ")
    changed(source, impact_class=np.full(source.table.rows, "impact"))
    overlay.set_count(10)
    assert overlay.feet[0].limb.fill.alpha() == right.alpha()
    assert "faded" not in overlay.legend.toolTip()


def test_the_mean_of_the_areas_is_faded_if_most_steps_are_in_doubt(overlay, source):
    rows = rows_of(source, "L")
    for doubtful, faded in ((9, False), (10, True)):
        impact_class = np.full(source.table.rows, "impact", "<U16")
        impact_class[rows[:doubtful]] = "uncertain"  # of 20; not the newest one
        overlay.refresh(scene(changed(source, impact_class=impact_class)))
        overlay.set_mean_parts(True)
        assert (overlay.feet[0].limb.fill.alpha() < 100) == faded
        overlay.set_mean_parts(False)
        assert overlay.feet[0].limb.fill.alpha() > 100


def test_the_buttons_say_that_steps_are_counted_for_each_foot(overlay, source, qapp):
    overlay.refresh(scene(source))
    qapp.processEvents()
    shown = [label.text() for label in overlay.row.findChildren(QLabel) if label.isVisible()]
    assert shown[:2] == ["Last", "per foot"]


def test_walking_has_no_split(overlay, source):
    rows = source.table.rows
    gait = np.where(np.arange(rows) < 40, "run", "walk")
    changed(source, gait=gait, impact_class=np.where(gait == "run", "impact", ""))
    for name in source.table:
        if "two_mass" in name and "class" not in name:
            source._table[name][40:] = np.nan
    overlay.refresh(scene(source))
    for foot, side in zip(overlay.feet, SIDES, strict=True):
        mine = [row for row in rows_of(source, side) if gait[row] == "walk"]
        assert len(stances_of(foot)[0]) == len(mine) < 20
        assert not foot.limb.visible
        assert foot.title.text.endswith(", walking  ·  no split in walking")
        assert foot.numbers.text.endswith(" ms")


def test_invalid_steps_are_not_drawn_and_the_newest_says_why(overlay, source):
    rows = scene(source).rows
    valid, flags = source.table["valid"].copy(), source.table["flags"].copy()
    newest = rows - 1
    side = SIDES.index(source.table["side"][newest])
    for row in (newest, newest - 4):
        valid[row], flags[row] = False, StepFlag.GAP | StepFlag.LATE
    changed(source, valid=valid, flags=flags)
    overlay.refresh(scene(source))
    foot, mine = overlay.feet[side], rows_of(source, SIDES[side])
    assert not {newest, newest - 4} & set(mine)
    np.testing.assert_allclose(stances_of(foot)[1], force_of(source, mine), rtol=1e-6)
    np.testing.assert_allclose(foot.curves["left_out"].getData()[1], force_of(source, [newest])[0], rtol=1e-6)
    assert foot.curves["left_out"].opts["pen"].color() == QColor(LIGHT.dim)
    assert f"step {mine[-1] + 1}  ·  step {newest + 1} left out: {REASONS['gap']}" in foot.title.text
    assert overlay.feet[1 - side].curves["left_out"].getData()[1].size == 0


def test_a_foot_without_any_valid_step_is_empty_but_says_so(overlay, source):
    valid = source.table["side"] != "L"
    changed(source, valid=valid, flags=np.where(valid, 0, StepFlag.SATURATED).astype(np.uint32))
    overlay.refresh(scene(source))
    assert overlay.feet[0].curves["faint"].getData()[0].size == 0
    assert overlay.feet[0].numbers.text == "no step of this foot yet"
    assert REASONS["saturated"] in overlay.feet[0].title.text


def test_feet_that_are_not_known_share_one_plot(overlay, source):
    changed(source, side=np.full(source.table.rows, "?"))
    overlay.refresh(scene(source))
    assert overlay.feet[0].isVisible()
    assert not overlay.feet[1].isVisible()
    assert overlay.feet[0].title.text == f"Foot not known · step {scene(source).rows}"
    np.testing.assert_allclose(stances_of(overlay.feet[0])[1], force_of(source, rows_of(source, "?")), rtol=1e-6)


def test_steps_of_unknown_side_beside_known_ones_are_counted(overlay, source):
    side = source.table["side"].copy()
    side[scene(source).rows - 3 :] = "?"
    overlay.refresh(scene(changed(source, side=side)))
    assert overlay.feet[1].isVisible()
    assert overlay.legend.text().endswith("3 steps not shown: foot not known")


def test_two_belts_are_two_feet(overlay):
    source = still_source(url="virtual://split_belt?seed=1&speed=max", rig="split_belt")
    overlay.refresh(scene(source))
    for foot, side in zip(overlay.feet, SIDES, strict=True):
        np.testing.assert_allclose(stances_of(foot)[1], force_of(source, rows_of(source, side)), rtol=1e-6)


def test_fore_aft_force_that_is_not_measured_says_why(overlay):
    source = still_source(url="virtual://deck_4z?seed=1&speed=max", rig="deck_4z")
    overlay.refresh(scene(source))
    action = next(a for a in overlay.actions() if a.text() == "Fore-aft force")
    assert not action.isEnabled()
    assert action.toolTip() == "This rig's sensors do not measure fore-aft force"
    overlay.set_component("Fx")
    assert overlay.message.isVisible()
    assert overlay.message.text() == f"No fore-aft force: {source.missing['braking_peak_BW']}."
    overlay.set_component("Fz")
    assert not overlay.message.isVisible()


def test_before_the_first_step_a_friendly_line(overlay, source):
    overlay.refresh(scene(source, 0.0))
    assert overlay.message.isVisible()
    assert "No steps yet" in overlay.message.text()
    source.working = "analysing, 42 %"
    overlay.refresh(scene(source, 0.0))
    assert overlay.message.text() == "Analysing, 42 % …"
    source.working = ""
    source._table = EMPTY
    overlay.set_count(5)
    overlay.refresh(scene(source, 0.0))
    assert overlay.message.text() == "No steps in this session."
    source.live = True
    overlay.refresh(scene(source, 1.0))
    assert overlay.message.text().startswith("Finding left and right. Steps appear after the first 10 to 24")
    assert "--mass" not in overlay.message.text()
    source.bw_N = np.nan
    overlay.refresh(scene(source, 2.0))
    assert overlay.message.text().startswith("Finding body weight: run on. Steps appear after 20 strides")
    source.contact = np.zeros_like(source.contact)
    overlay.refresh(scene(source, 3.0))
    assert overlay.message.text() == (
        "No steps yet. Steps appear after the first 10 to 24 of a run, some 4 to 9 s, when left and right are known; "
        "without --mass after 20 strides, when body weight is."
    )
    source.facts = replace(source.facts, belts=("L", "R"))
    overlay.refresh(scene(source, 4.0))
    assert "a second or two after" in overlay.message.text()


def test_unknown_body_weight_gives_newtons(overlay, source):
    source.bw_N = np.nan
    overlay.refresh(scene(source))
    np.testing.assert_allclose(
        stances_of(overlay.feet[0])[1], force_of(source, rows_of(source, "L"), in_BW=False), rtol=1e-6
    )
    assert overlay.feet[0].axes["left"].labelText == "vertical force, N"
    assert not overlay.feet[0].limb.visible


def test_it_draws_anew_only_when_something_changed(overlay, source):
    overlay.refresh(scene(source))
    assert overlay.rebuilds == 1
    for now_s in (NOW_S, NOW_S + 0.005):  # no step ended in between
        overlay.refresh(scene(source, now_s))
    assert overlay.rebuilds == 1
    changes = [
        lambda: overlay.set_count(5),
        lambda: overlay.set_over_time(False),
        lambda: overlay.set_component("Fx"),
        lambda: overlay.apply_theme(DARK),
        lambda: overlay.set_reference(Reference.from_scene(scene(source))),
        lambda: overlay.resize(600, 300),
    ]
    for number_of, change in enumerate(changes, 2):
        change()
        overlay.refresh(scene(source))
        overlay.refresh(scene(source))
        assert overlay.rebuilds == number_of
    overlay.set_count(5)
    assert overlay.rebuilds == len(changes) + 1
    overlay.refresh(scene(source, NOW_S + 1.0))
    overlay.refresh(scene(source, NOW_S + 1.0, in_BW=False))
    source.take += 1
    overlay.refresh(scene(source, NOW_S + 1.0, in_BW=False))
    assert overlay.rebuilds == len(changes) + 4


def test_curves_that_are_not_there_yet_follow(overlay, source, monkeypatch):
    curves = source._curves.values.copy()
    source._curves.values[:] = np.nan
    overlay.refresh(scene(source))
    assert overlay.feet[0].title.text.endswith("curve not there yet")
    assert overlay.feet[0].numbers.text.startswith("no step of this foot yet")
    source._curves.values[:] = curves
    overlay.refresh(scene(source))
    assert overlay.rebuilds == 1
    monkeypatch.setattr(overlay._store, "_again", -np.inf)
    overlay.refresh(scene(source))
    assert len(stances_of(overlay.feet[0])[0]) == 20


def test_the_reference_is_dashed_behind_with_its_name(overlay, source):
    reference = replace(Reference.from_scene(scene(source, 8.0)), title="before")
    overlay.set_reference(reference)
    overlay.set_over_time(False)
    overlay.refresh(scene(source, in_BW=False))
    for foot, side in zip(overlay.feet, SIDES, strict=True):
        mean, sd = (part["Fz"] * source.bw_N for part in (reference.of(side).mean_BW, reference.of(side).sd_BW))
        np.testing.assert_allclose(foot.curves["reference"].getData(), [PERCENT, mean])
        np.testing.assert_allclose(foot.reference_band.edges, [PERCENT, mean - sd, mean + sd])
        assert foot.curves["reference"].opts["pen"].style().name == "DashLine"
    assert f"reference:&nbsp;before&nbsp;({reference.steps}&nbsp;steps)" in overlay.legend.text()
    overlay.set_over_time(True)
    assert overlay.feet[0].curves["reference"].getData()[0][-1] == pytest.approx(reference.of("L").contact_ms)
    overlay.set_reference(None)
    assert overlay.feet[0].curves["reference"].getData()[0].size == 0
    assert not overlay.feet[0].reference_band.visible
    assert "reference" not in overlay.legend.text()


def test_a_reference_under_another_protocol_is_not_drawn(overlay, source):
    overlay.set_reference(replace(Reference.from_scene(scene(source)), protocol="Z50-20"))
    overlay.refresh(scene(source))
    assert overlay.feet[0].curves["reference"].getData()[0].size == 0
    assert "not shown: analysed under Z50-20, this under P60-50/20" in overlay.legend.text()


def test_actions_do_what_they_say(overlay, source):
    overlay.refresh(scene(source))
    by_text = {action.text(): action for action in overlay.actions()}
    told = []
    overlay.changed.connect(told.append)
    by_text["Last 5 steps of each foot"].trigger()
    assert len(stances_of(overlay.feet[0])[0]) == 5
    by_text["Over share of contact"].trigger()
    assert stances_of(overlay.feet[0])[0][0, -1] == 100.0
    assert by_text["Over share of contact"].isChecked()
    assert not by_text["Over time from touchdown"].isChecked()
    assert [options.count for options in told] == [5, 5]
    by_text["Last minute as reference"].trigger()
    assert "(58 steps)" in overlay.legend.text()
    assert by_text["Last minute as reference"].text() == "Remove the reference"
    by_text["Last minute as reference"].trigger()
    assert "reference" not in overlay.legend.text()


def test_a_reference_that_cannot_be_made_says_why(overlay, source):
    told = []
    overlay.said.connect(told.append)
    overlay.refresh(scene(source, 0.0))
    next(a for a in overlay.actions() if a.text() == "Last minute as reference").trigger()
    assert "valid running steps" in told[0]


def test_both_feet_share_their_axes(overlay, source):
    overlay.refresh(scene(source))
    (x_left, y_left), (x_right, y_right) = (foot.box.viewRange() for foot in overlay.feet)
    assert x_left == x_right
    assert y_left == y_right
    highest = max(stances_of(foot)[1].max() for foot in overlay.feet)
    assert highest < y_left[1] < 1.2 * highest


@pytest.mark.parametrize("size", [(220, 140), (600, 220), (620, 300), (900, 500)])
@pytest.mark.parametrize("in_BW", [True, False])
def test_no_words_are_cut(overlay, source, size, in_BW, theme, qapp):
    overlay.apply_theme(theme)
    overlay.resize(*size)
    overlay.refresh(scene(source, in_BW=in_BW))
    qapp.processEvents()  # layouts settle
    for foot in overlay.feet:
        assert not foot.title.cut
        assert not foot.numbers.cut
        for side, room in (("left", foot.plot.height()), ("bottom", foot.plot.width())):
            assert foot.axes[side].label.boundingRect().width() <= room
    assert overlay.legend.height() >= overlay.legend.heightForWidth(overlay.legend.width()) or size[1] < 200


def test_both_themes_paint_their_colours(overlay, source, theme):
    overlay.apply_theme(theme)
    overlay.refresh(scene(source))
    picture = overlay.feet[0].plot.grab().toImage()
    seen = {picture.pixelColor(x, y).name() for x in range(picture.width()) for y in range(picture.height())}
    assert {theme.panel, theme.ink} <= seen
