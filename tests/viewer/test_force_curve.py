"""The scrolling force curve, looked at pixel by pixel."""

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QImage, QWheelEvent
from PySide6.QtWidgets import QApplication
from stillsource import still_source

from viewer.curve.curve_frame import ROW
from viewer.curve.force_curve import SPANS_S, ForceCurve
from viewer.source import Happening, Scene, rows_until
from viewer.sources.envelope import strokes
from viewer.theme import DARK, LIGHT

SIZE = (870, 290)
NOTED = (
    Happening(11.3, "marker", "jump"), Happening(13.9, "bout", "easy"), Happening(14.6, "tare", "zero"),
    Happening(15.2, "note", "shoe lace"), Happening(17.5, "gap", "900 frames lost"),
)  # fmt: skip


@pytest.fixture
def curve(qtbot):
    view = ForceCurve(LIGHT)
    qtbot.addWidget(view)
    view.resize(*SIZE)
    return view


def scene(source, now_s, in_BW=False):
    return Scene(source, now_s, rows_until(source.table, now_s), in_BW)


def pixels(view):
    """(height, width) colours as 0xrrggbb."""
    image = view.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    return np.frombuffer(image.constBits(), np.uint32).reshape(image.height(), image.width()) & 0xFFFFFF


def colour(name, theme=LIGHT):
    return QColor(getattr(theme, name)).rgb() & 0xFFFFFF


def show(view, source, now_s, in_BW=False):
    view.refresh(scene(source, now_s, in_BW))
    return view._frame


def with_a_gap(source):
    source.wrench, source.contact = source.wrench.copy(), source.contact.copy()
    source.wrench[..., 16_600:17_500] = np.nan
    source.contact[:, 16_600:17_500] = False
    source.happenings = NOTED
    return source


@pytest.mark.parametrize("span_s", [2.0, 5.0, 10.0, 30.0, 60.0, 300.0])
@pytest.mark.parametrize("live", [False, True])
def test_it_scrolls_by_whole_pixels(curve, span_s, live):
    """One column later the whole picture stands one column further left."""
    source = with_a_gap(still_source(live=live, mass_kg=82.9))
    source.end_s = 20.5 if live else source.end_s
    curve.set_span(span_s)
    frame = show(curve, source, 20.0)
    first = frame.grid.right(20.0)
    layout = frame.still.layout
    pictures = []
    for column in (first, first + 1, first + 4):
        assert show(curve, source, frame.grid.seconds(column)).still.axes == frame.still.axes
        pictures.append(pixels(curve)[: layout.bottom, layout.left : layout.right])
    assert len(np.unique(pictures[0])) > 6
    np.testing.assert_array_equal(pictures[1][:, :-1], pictures[0][:, 1:])
    np.testing.assert_array_equal(pictures[2][:, :-4], pictures[0][:, 4:])


def test_between_two_columns_only_the_newest_column_moves(curve):
    source = still_source(mass_kg=82.9)
    frame = show(curve, source, 20.0)
    step_s = frame.grid.seconds(1)
    first = frame.grid.right(20.0)
    show(curve, source, (first - 0.8) * step_s)
    before = pixels(curve)
    show(curve, source, (first - 0.2) * step_s)
    changed = np.flatnonzero((pixels(curve) != before).any(axis=0))
    assert set(changed) <= {frame.still.layout.right - 1}


@pytest.mark.parametrize("name", ["Fz", "Fx", "Fy"])
def test_the_trace_is_the_force(curve, name):
    """Every column of pixels against the least and greatest sample in it."""
    source = still_source(mass_kg=82.9)
    curve.set_span(60.0)
    frame = show(curve, source, 29.9)
    layout, bucket = frame.still.layout, frame.grid.bucket
    at = [panel.name for panel in layout.panels].index(name)
    panel, axis = layout.panels[at], frame.still.axes[at]
    ink = pixels(curve) == colour({"Fz": "ink", "Fx": "fore_aft", "Fy": "sideways"}[name])
    right = -(-29_900 // bucket)
    rows = np.full((2, layout.columns), np.nan)
    for x, column in enumerate(range(right - layout.columns, right)):
        part = source.wrench[0, ROW[name], max(0, column * bucket) : max(0, min((column + 1) * bucket, 29_900))]
        if np.isfinite(part).any():
            share = (axis.high - np.array([np.nanmax(part), np.nanmin(part)])) / (axis.high - axis.low)
            rows[:, x] = panel.top + 0.5 + share * (panel.height - 1)
    first, last, there = strokes(*rows)
    assert there.sum() > 350
    for x in range(layout.columns):
        drawn = np.flatnonzero(ink[panel.top : panel.bottom, layout.left + x]) + panel.top
        expected = np.arange(first[x], last[x] + 1) if there[x] else []
        np.testing.assert_array_equal(drawn, expected)


def test_a_peak_stands_at_its_force(curve):
    """Read the highest pixel back in newtons, at a span where single samples are drawn."""
    source = still_source(mass_kg=82.9)
    curve.set_span(2.0)
    frame = show(curve, source, 20.0)
    panel, axis = frame.still.layout.panels[0], frame.still.axes[0]
    ink = pixels(curve)[:, frame.still.layout.left : frame.still.layout.right] == colour("ink")
    highest = int(np.flatnonzero(ink.any(axis=1))[0])
    newton_per_row = (axis.high - axis.low) / (panel.height - 1)
    peak = float(source.wrench[0, 2, 18_000:20_000].max())
    assert axis.high - (highest - panel.top) * newton_per_row == pytest.approx(peak, abs=newton_per_row)
    assert ink.any(axis=0).all()  # one unbroken line


def test_units(curve):
    source = still_source(mass_kg=82.9)
    newton = show(curve, source, 20.0)
    assert (newton.still.unit, newton.still.axes[0].high, newton.still.bw) == ("N", 2250.0, source.bw_N)
    bw = show(curve, source, 20.0, in_BW=True)
    assert (bw.still.unit, bw.still.axes[0].high, bw.still.bw) == ("BW", 2.5, 1.0)
    blue = np.flatnonzero((pixels(curve) == colour("accent")).sum(axis=1) > 300)
    panel = bw.still.layout.panels[0]
    assert blue.tolist() == [panel.top + round(1.5 / 2.5 * (panel.height - 1))]
    assert bw.still.words == ""
    source.bw_N = float("nan")
    unknown = show(curve, source, 20.0, in_BW=True)
    assert unknown.still.unit == "N"
    assert unknown.still.words == "Body weight is not known yet, so forces are in newtons"
    assert not (pixels(curve) == colour("accent")).any()


def test_what_the_rig_does_not_see_is_said_in_words(curve):
    source = still_source(url="virtual://deck_4z?seed=1&speed=max", rig="deck_4z")
    frame = show(curve, source, 20.0)
    assert [panel.name for panel in frame.still.layout.panels] == ["Fz"]
    assert frame.still.words == "This rig's sensors measure neither fore-aft nor sideways force"
    words = pixels(curve)[frame.still.layout.words_top :][:16, frame.still.layout.left :]
    assert (words != colour("panel")).any()
    curve.set_components({"Fx"})
    assert curve._frame.still.layout.panels == ()
    assert curve._frame.still.words == "This rig's sensors do not measure fore-aft force"
    assert (pixels(curve) != colour("panel")).any()
    source.missing = {"braking_peak_BW": "the frame rings at 20 Hz"}
    show(curve, source, 20.1)
    assert curve._frame.still.words == "The frame rings at 20 Hz"


def test_components_can_be_chosen(curve):
    source = still_source(mass_kg=82.9)
    show(curve, source, 20.0)
    everything = pixels(curve)
    curve.set_components({"Fz"})
    assert [panel.name for panel in curve._frame.still.layout.panels] == ["Fz"]
    alone = pixels(curve)
    for name in ("fore_aft", "sideways"):
        assert (everything == colour(name)).sum() > 500
        assert not (alone == colour(name)).any()
    curve.set_components({"Fx", "Fy"})
    assert [panel.name for panel in curve._frame.still.layout.panels] == ["Fx", "Fy"]
    with pytest.raises(ValueError, match="Mz"):
        curve.set_components({"Mz"})


def test_stances_are_shaded_in_the_colour_of_their_side(curve):
    source = still_source(mass_kg=82.9)
    frame = show(curve, source, 20.0)
    layout, table = frame.still.layout, source.table
    row = pixels(curve)[layout.top + 1]
    shades = {}
    per_s = 1000.0 / frame.grid.step
    seen = np.flatnonzero((table["touchdown_s"] > 10.1) & (table["toe_off_s"] < 19.9))
    assert seen.size > 25
    for k in seen:
        begin, end = (int(np.floor(table[name][k] * per_s)) for name in ("touchdown_s", "toe_off_s"))
        x = layout.left + begin - frame.columns.begin
        stretch = row[x : x + end - begin]
        assert stretch[0] == stretch[-1] != row[x - 1] == colour("panel")
        assert row[x + end - begin] == colour("panel")
        shades.setdefault(table["side"][k], set()).add(int(stretch[0]))
    assert len(shades["L"]) == len(shades["R"]) == 1
    assert shades["L"] != shades["R"]


def test_each_stance_has_its_letter_and_arrows(curve):
    source = still_source(mass_kg=82.9)
    frame = show(curve, source, 20.0)
    assert set(frame.stances.side) == {"L", "R"}
    picture, layout = pixels(curve), frame.still.layout
    panel = layout.panels[0]
    middles = (frame.stances.touchdown + frame.stances.toe_off) // 2 - frame.columns.begin + layout.left
    for x, side in zip(middles[1:-1], frame.stances.side[1:-1], strict=True):
        letter = picture[layout.top : panel.top, x - 5 : x + 6]
        assert (letter == colour({"L": "left", "R": "right"}[side])).any()
    curve.set_span(60.0)  # no room for letters: shading alone, and the word of the colours is the letters' further in
    assert not (pixels(curve)[layout.top : panel.top] == colour("left")).any()


def test_what_is_not_final_is_grey_and_dashed(curve):
    source = still_source(live=True, mass_kg=82.9)
    source.end_s = 20.02
    frame = show(curve, source, 20.02)
    layout, picture = frame.still.layout, pixels(curve)
    assert len(frame.contacts) == 3
    shift = layout.left - frame.columns.begin
    for contact in frame.contacts:
        line = picture[layout.top : layout.bottom, contact.begin + shift]
        assert 20 < (line == colour("dim")).sum() < 0.8 * line.size
        middle = int(picture[layout.top + 1, (contact.begin + contact.end) // 2 + shift])
        red, blue = middle >> 16, middle & 0xFF
        assert abs(red - blue) < 10  # grey
    assert frame.contacts[0].begin > frame.stances.toe_off[-1]
    source.live = False  # the same moment when all rows are there
    frame = show(curve, source, 20.02001)
    assert frame.contacts == []


def test_gap_and_notes(curve):
    source = with_a_gap(still_source(live=True, mass_kg=82.9))
    source.end_s = 21.0
    frame = show(curve, source, 20.0)
    layout, picture = frame.still.layout, pixels(curve)
    per_s = 1000.0 / frame.grid.step
    assert frame.gaps.tolist() == [[int(np.ceil(16.6 * per_s)), int(17.5 * per_s)]]
    assert [label.text for label in frame.labels] == ["jump", "bout: easy", "tare", "shoe lace", "gap"]
    shift = layout.left - frame.columns.begin
    hatched = picture[layout.top : layout.bottom, frame.gaps[0, 0] + shift + 2 : frame.gaps[0, 1] + shift]
    assert not (hatched == colour("ink")).any()
    assert 0.05 < (hatched == colour("dim")).mean() < 0.4
    for label, name in zip(frame.labels, ["accent", "accent", "good", "dim", "bad"], strict=True):
        line = picture[: layout.bottom, label.column + shift]
        assert (line == colour(name)).mean() > 0.3
        text = picture[: layout.top, label.column + shift + 4 : label.column + shift + 24]
        assert (text != colour("panel")).any()


def test_split_belts_have_a_trace_each(curve):
    source = still_source(url="virtual://split_belt?seed=1&speed=max", rig="split_belt")
    frame = show(curve, source, 20.0)
    picture, layout = pixels(curve), frame.still.layout
    panel = layout.panels[0]
    curves = picture[panel.top : panel.top + panel.height - 2, layout.left : layout.right]
    for belt, name in enumerate(("left", "right")):
        columns = np.flatnonzero((curves[: panel.height // 2] == colour(name)).any(axis=0))
        at = ((columns + frame.columns.begin) * frame.grid.step).astype(int)
        assert columns.size > 60
        assert (source.wrench[belt, 2, at + 14] > 500).all()
    assert not (curves == colour("ink")).any()


def test_nothing_new_costs_nothing(curve, monkeypatch):
    source, made = still_source(), []
    make = curve._maker.make
    monkeypatch.setattr(curve._maker, "make", lambda *args: made.append(1) or make(*args))
    for now_s in (10.0, 10.0, 10.0, 10.1, 10.1):
        show(curve, source, now_s)
    source.bw_N = float("nan")
    for _ in range(3):
        show(curve, source, 10.1)
    assert len(made) == 3


def test_it_knows_the_newest_sample_painted(curve):
    assert np.isnan(curve.edge_s)
    source = still_source(live=True)
    source.end_s = 20.0
    for now_s, expected in ((19.5, 19.5), (20.03, 20.0)):
        show(curve, source, now_s)
        pixels(curve)
        assert curve.edge_s == expected


def test_another_take_starts_anew(curve):
    source = still_source(live=True)
    source.end_s = 20.0
    high = show(curve, source, 20.0).still.axes[0].high
    source.take, source.wrench = 1, source.wrench / 4
    assert show(curve, source, 20.0).still.axes[0].high < high / 3


def test_spans(curve, qtbot):
    changed = []
    curve.span_changed.connect(changed.append)
    assert curve.span_s == 10.0
    curve.zoom_out()
    curve.zoom_in()
    for _ in range(9):
        curve.zoom_in()
    for _ in range(9):
        curve.zoom_out()
    assert changed == [30.0, 10.0, 5.0, 2.0, *SPANS_S[1:]]
    curve.set_span(3600.0)
    assert len(changed) == 10
    curve.set_span(7.0)
    curve.zoom_in()
    assert curve.span_s == 5.0
    show(curve, still_source(), 20.0)
    assert curve.time_at(46 + curve._frame.still.layout.columns) == pytest.approx(20.0, abs=0.01)
    assert curve.time_at(46) == pytest.approx(15.0, abs=0.02)


def turn(view, eighths):
    place = QPointF(300, 100)
    QApplication.sendEvent(view, QWheelEvent(
        place, place, QPoint(), QPoint(0, eighths), Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase, False,
    ))  # fmt: skip


def test_the_wheel_changes_the_span(curve):
    turn(curve, 120)
    assert curve.span_s == 5.0
    for _ in range(4):
        turn(curve, -30)  # a fine wheel needs four of these for a notch
    assert curve.span_s == 10.0
    turn(curve, -240)
    assert curve.span_s == 60.0


def test_a_click_picks_the_moment_under_it_and_a_pull_takes_the_curve_along(curve, qtbot):
    source, picked = still_source(), []
    curve.time_picked.connect(picked.append)
    frame = show(curve, source, 20.0)
    x = frame.still.layout.left + frame.still.layout.columns // 2
    qtbot.mouseClick(curve, Qt.MouseButton.LeftButton, pos=QPoint(x, 60))
    assert picked == [pytest.approx(15.0, abs=0.02)]
    qtbot.mousePress(curve, Qt.MouseButton.LeftButton, pos=QPoint(x, 60))
    per_px = frame.grid.seconds(1)
    for dx in (50, 100, -60):
        qtbot.mouseMove(curve, QPoint(x + dx, 60))
        assert picked[-1] == pytest.approx(20.0 - dx * per_px, abs=0.01)
        show(curve, source, picked[-1])  # the window seeks: the hand stays on its place of the curve
    count = len(picked)
    qtbot.mouseRelease(curve, Qt.MouseButton.LeftButton, pos=QPoint(x - 60, 60))
    qtbot.mouseMove(curve, QPoint(x, 60))
    assert len(picked) == count
    show(curve, source, 1.0)
    qtbot.mouseClick(curve, Qt.MouseButton.LeftButton, pos=QPoint(60, 60))
    assert picked[-1] == 0.0  # never before the beginning


def test_a_live_curve_cannot_be_pulled(curve, qtbot):
    picked = []
    curve.time_picked.connect(picked.append)
    show(curve, still_source(live=True), 20.0)
    qtbot.mouseClick(curve, Qt.MouseButton.LeftButton, pos=QPoint(300, 60))
    assert picked == []


@pytest.mark.parametrize("size", [(220, 140), (400, 220), (870, 290), (1900, 700)])
@pytest.mark.parametrize("now_s", [0.0, 0.02, 5.0, 29.9])
def test_any_size_and_any_moment(curve, size, now_s):
    curve.resize(*size)
    source = with_a_gap(still_source())
    for span_s in SPANS_S:
        curve.set_span(span_s)
        show(curve, source, now_s)
        assert len(np.unique(pixels(curve))) > 3


def test_before_anything_is_known(curve, qtbot):
    assert (pixels(curve) == colour("panel")).all()
    source = still_source(live=True)
    source.end_s, source.bw_N = 0.0, float("nan")
    frame = show(curve, source, 0.0)
    assert frame.still.axes[0].high == 2000.0
    assert frame.gaps.size == 0
    assert not (pixels(curve) == colour("ink"))[:, frame.still.layout.left : frame.still.layout.right].any()


def test_themes(curve):
    show(curve, still_source(), 20.0)
    curve.apply_theme(DARK)
    picture = pixels(curve)
    assert (picture == colour("panel", DARK)).mean() > 0.3
    assert (picture == colour("ink", DARK)).sum() > 1000
    assert not (picture == colour("panel", LIGHT)).any()


def test_no_label_is_cut_off(curve):
    """Nothing but the background touches the picture's edges."""
    for size in (SIZE, (430, 220), (1740, 580)):
        curve.resize(*size)
        for in_BW in (False, True):
            show(curve, still_source(mass_kg=82.9), 20.0, in_BW)
            picture = pixels(curve)
            assert (picture[:, [0, -1]] == colour("panel")).all()
            assert (picture[-1] == colour("panel")).all()
