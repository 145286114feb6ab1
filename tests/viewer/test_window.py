"""The whole window over a recorded session: opened, played, sought, stepped through, closed."""

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QSettings, Qt
from PySide6.QtWidgets import QAbstractButton, QWidget
from stillsource import recorded

from viewer.look import Look
from viewer.numbers.trends import decimals_of
from viewer.report.words import number, unit_of
from viewer.sources.replay_source import ReplaySource
from viewer.window import Window

STORY = {"mass_kg": 82.9, "seconds": 40.0}


@pytest.fixture
def settings(tmp_path):
    return QSettings(str(tmp_path / "window.ini"), QSettings.Format.IniFormat)


@pytest.fixture
def opened(qtbot, settings):
    """A window over 40 s of running, standing still at second 30."""
    made = []

    def opening(look=None, at_s=30.0, playing=False, path=None, **story):
        window = Window(ReplaySource(path or recorded(**(STORY | story))), look or Look(theme="light"), settings)
        made.append(window)
        window.resize(1280, 720)
        window.show()
        window.begin_at(at_s, playing=playing)
        qtbot.waitUntil(lambda: window.settled or playing, timeout=20_000)
        return window

    yield opening
    for window in made:
        window.close()
        window.deleteLater()
    qtbot.wait(10)


def press(qtbot, window, key, modifier=Qt.KeyboardModifier.NoModifier):
    window.activateWindow()
    qtbot.keyClick(window, key, modifier)


def test_every_number_shown_is_the_step_tables(opened):
    """The tiles against the table that `stance analyze` gives, with plain arithmetic in between."""
    window = opened()
    table = window.stage.source.table.select(np.arange(window.stage.scene.rows))
    assert table.rows == pytest.approx(88, abs=3)
    shown = 0
    for panel in (window.stage.numbers, window.stage.large):
        window.stage.show_page("standard" if panel is window.stage.numbers else "large")
        window.stage.frame()
        for tile in (tile for tile in panel.tiles if tile.isVisible()):
            for side in ("L", "R"):
                rows = np.flatnonzero(table["valid"] & (table["side"] == side))[-panel.count :]
                values = table[tile.column][rows]
                wanted = float(np.mean(values[np.isfinite(values)]))
                assert tile.face.text(side) == number(wanted, decimals_of(tile.column))
                shown += 1
    assert shown >= 12


def test_words_under_the_stances_are_the_step_tables(opened):
    window = opened()
    table = window.stage.source.table.select(np.arange(window.stage.scene.rows))
    for foot, side in zip(window.stage.overlay.feet, "LR", strict=True):
        rows = np.flatnonzero(table["valid"] & (table["side"] == side))[-window.stage.overlay.options.count :]
        mean, sd = table["contact_time_ms"][rows].mean(), table["contact_time_ms"][rows].std(ddof=1)
        assert f"{rows.size} steps" in foot.numbers.text
        assert f"{mean:.0f} ± {sd:.0f} ms" in foot.numbers.text
        assert {"impact": "heel impact", "none": "no heel impact", "uncertain": "heel impact uncertain"}[
            str(table["impact_class"][rows[-1]])
        ] in foot.numbers.text


def test_units_have_their_words():
    assert unit_of("contact_time_ms") == "ms"


def test_play_seek_step_and_loop(opened, qtbot):
    window = opened(at_s=10.0, playing=True)
    playback = window.stage.playback
    qtbot.waitUntil(lambda: playback.now_s > 10.3)
    press(qtbot, window, Qt.Key.Key_Space)
    assert not playback.playing
    stood = playback.now_s
    press(qtbot, window, Qt.Key.Key_Right)
    assert stood < playback.now_s < stood + 0.8
    table = window.stage.source.table
    assert np.abs(table["toe_off_s"] + 0.1 - playback.now_s).min() < 1e-6
    press(qtbot, window, Qt.Key.Key_Left)
    assert playback.now_s < stood + 0.4
    press(qtbot, window, Qt.Key.Key_BracketLeft)
    press(qtbot, window, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    press(qtbot, window, Qt.Key.Key_BracketRight)
    assert playback.loop == pytest.approx((playback.loop[0], playback.loop[0] + 5.0))
    press(qtbot, window, Qt.Key.Key_Backslash)
    assert playback.loop is None
    press(qtbot, window, Qt.Key.Key_End)
    assert playback.now_s == window.last_s
    window.stage.overview.seek.emit(21.5)
    assert playback.now_s == pytest.approx(21.5)
    qtbot.waitUntil(lambda: window.settled, timeout=20_000)
    assert window.stage.scene.rows == int((table["toe_off_s"] <= 21.5).sum())


def test_pages_units_theme_help_by_key(opened, qtbot, tmp_path, monkeypatch):
    window = opened()
    press(qtbot, window, Qt.Key.Key_L)
    assert window.stage.large.isVisible()
    press(qtbot, window, Qt.Key.Key_Escape)
    assert window.stage.curve.isVisible()
    press(qtbot, window, Qt.Key.Key_C)
    assert window.stage.compare.isVisible()
    press(qtbot, window, Qt.Key.Key_C)
    press(qtbot, window, Qt.Key.Key_U)
    window.stage.frame()
    assert window.stage.scene.in_BW
    press(qtbot, window, Qt.Key.Key_D)
    assert window.theme.name == "dark"
    press(qtbot, window, Qt.Key.Key_F1)
    assert window.help.isVisible()
    press(qtbot, window, Qt.Key.Key_Escape)
    assert not window.help.isVisible()
    span = window.stage.curve.span_s
    press(qtbot, window, Qt.Key.Key_Minus)
    assert window.stage.curve.span_s > span
    monkeypatch.chdir(tmp_path)
    press(qtbot, window, Qt.Key.Key_S)
    assert (tmp_path / "stance-001.png").stat().st_size > 10_000


def test_choices_are_remembered(opened, settings, qtbot):
    window = opened()
    window.set_theme("dark")
    window.stage.set_units(True)
    window.stage.curve.set_span(30.0)
    window.close()
    again = opened(look=Look())
    assert again.theme.name == "dark"
    assert again.stage.in_BW
    assert again.stage.curve.span_s == 30.0


@pytest.mark.parametrize(
    "said", ["", "{", "[1]", '{"theme": 3, "size": [1, 2], "span_s": "x", "numbers": [], "in_BW": 1}']
)
def test_damaged_choices_are_forgotten(opened, settings, said):
    settings.setValue("window", said)
    window = opened(look=Look())
    assert window.theme.name == "light"
    assert window.stage.curve.span_s == 10.0


def test_another_session_takes_its_place_and_what_is_none_does_not(opened, qtbot, tmp_path):
    window = opened()
    before = window.stage
    (tmp_path / "x.h5").write_bytes(b"no session")
    window.open_session(tmp_path / "x.h5")
    assert window.stage is before
    assert any("expected a session file" in text for text in before.controls.toasts.texts)
    window.open_session(recorded(**(STORY | {"seconds": 12.0})))
    assert window.stage is not before
    assert window.last_s == pytest.approx(12.0, abs=0.1)
    qtbot.waitUntil(lambda: window.stage.scene.rows > 0, timeout=20_000)


def test_a_reference_stands_behind_the_steps(opened, qtbot):
    window = opened()
    window.load_reference(recorded(**STORY))
    qtbot.waitUntil(lambda: window.stage.overlay.has_reference, timeout=30_000)
    qtbot.waitUntil(lambda: window.settled, timeout=20_000)
    assert "reference" in window.stage.overlay.legend.text()


def outside(window):
    """Visible controls that do not lie wholly within what holds them."""
    found = []
    for widget in window.stage.findChildren(QWidget):
        if not widget.isVisible() or not isinstance(widget, QAbstractButton):
            continue
        corner = widget.mapTo(window, QPoint(widget.width(), widget.height()))
        cut = corner.x() > window.width() or corner.y() > window.height()
        if cut or widget.width() < widget.minimumSizeHint().width() - 1:
            found.append((type(widget).__name__, widget.text(), corner, widget.size(), widget.minimumSizeHint()))
    return found


@pytest.mark.parametrize("page", ["standard", "large", "compare"])
@pytest.mark.parametrize("size", [(1280, 720), (1024, 640), (1920, 1080), (3840, 2160)])
def test_nothing_is_cut_off(opened, qtbot, page, size):
    window = opened()
    window.stage.show_page(page)
    window.resize(*size)
    qtbot.wait(150)
    assert (window.width(), window.height()) == size  # nothing forces it to be larger
    assert outside(window) == []
    for view in (window.stage.health, window.stage.controls, window.stage.transport):
        assert view.isVisible()
        assert view.height() >= view.minimumSizeHint().height()


@pytest.mark.parametrize(
    "story",
    [
        {"url": "virtual://deck_4z?seed=1&speed=max", "rig": "deck_4z"},
        {"url": "virtual://split_belt?seed=1&speed=max", "rig": "split_belt"},
        {"url": "virtual://virtual?seed=1&speed=max&drop=2e-3"},
        {"url": "virtual://virtual?load=0@0,0;700@0,0&load_s=4&speed=max"},
    ],
    ids=["no fore-aft", "two belts", "losses", "nobody runs"],
)
def test_other_sessions_open_too(opened, story, qtbot):
    window = opened(seconds=20.0, at_s=15.0, **story)
    for page in ("standard", "large", "compare"):
        window.stage.show_page(page)
        qtbot.wait(60)
        picture = window.grab().toImage()
        assert len({picture.pixel(x, y) for x in range(0, 1280, 7) for y in range(0, 720, 7)}) > 20
