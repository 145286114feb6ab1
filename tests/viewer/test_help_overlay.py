"""The help over the window."""

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QScrollArea, QWidget

from viewer.controls.help_overlay import FIRST_STEPS, HelpOverlay, Swatch
from viewer.controls.keys import caps, keys_for
from viewer.health.health_item import SYMBOLS
from viewer.stylesheet import palette, stylesheet

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")


@pytest.fixture
def dressed(qapp, theme):
    qapp.setPalette(palette(theme))
    qapp.setStyleSheet(stylesheet(theme))
    yield theme
    qapp.setStyleSheet("")


@pytest.fixture
def over(qtbot, dressed):
    window = QWidget()
    qtbot.addWidget(window)
    window.resize(1280, 720)
    window.show()
    made = HelpOverlay(dressed, window)
    made.window_ = window
    return made


def texts(overlay):
    return [label.text() for label in overlay.findChildren(QLabel)]


@pytest.mark.parametrize("live", [True, False])
def test_every_key_of_the_table_is_explained(over, live):
    over.present(live=live)
    found = texts(over)
    for key in keys_for(live):
        assert key.words in found
        assert set(caps(key)) <= set(found)
        assert key.group in found
    assert set(FIRST_STEPS[live]) <= set(found)


def test_keys_of_the_other_use_are_not_there(over):
    over.present(live=True)
    assert "play or pause" not in texts(over)
    over.present(live=False)
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    assert "tare: set the zero, nobody on the belt" not in texts(over)


def test_the_legend_shows_both_feet_both_areas_and_every_light(over, dressed):
    over.present(live=True)
    swatches = [(swatch._colour, swatch._mark) for swatch in over.findChildren(Swatch)]
    for colour in (dressed.left, dressed.right, dressed.impact, dressed.body):
        assert (colour, "") in swatches
    assert {mark for _, mark in swatches} == {"", *SYMBOLS.values()}
    image = over.findChildren(Swatch)[0].grab().toImage()
    assert image.pixelColor(9, 9) == QColor(dressed.left)


@pytest.mark.parametrize("live", [True, False])
def test_nothing_is_cut_at_1280_by_720(over, live):
    over.present(live=live)
    QApplication.processEvents()
    scroll = over.findChild(QScrollArea)
    assert scroll.verticalScrollBar().maximum() == scroll.horizontalScrollBar().maximum() == 0
    assert scroll.widget().width() >= scroll.widget().minimumSizeHint().width()
    for label in over.findChildren(QLabel):
        assert label.height() >= (
            label.heightForWidth(label.width()) if label.wordWrap() else label.sizeHint().height()
        )
        assert label.wordWrap() or label.width() >= label.sizeHint().width()
    assert over.geometry() == over.window_.rect()


def test_it_follows_the_window_and_scrolls_where_there_is_no_room(over):
    over.present(live=True)
    over.window_.resize(620, 300)
    assert over.geometry() == over.window_.rect()
    scroll = over.findChild(QScrollArea)
    assert scroll.verticalScrollBar().maximum() > 0
    assert over.rect().contains(scroll.parentWidget().geometry())


@pytest.mark.parametrize("key", [Qt.Key.Key_Escape, Qt.Key.Key_F1, Qt.Key.Key_Question])
def test_keys_close_it(over, key):
    over.present(live=True)
    QTest.keyClick(over, key)
    assert not over.isVisible()


def test_a_click_closes_it_and_it_opens_again(over):
    over.present(live=False)
    QTest.mouseClick(over, Qt.MouseButton.LeftButton)
    assert not over.isVisible()
    over.present(live=False)
    assert over.isVisible()


def test_the_window_shines_through(over, dressed):
    over.window_.setAutoFillBackground(True)
    over.window_.setStyleSheet("background: #ff0000")
    over.present(live=True)
    colour = over.window_.grab().toImage().pixelColor(3, 3)
    assert colour.red() > QColor(dressed.window).red() or dressed.name == "light"
    assert colour not in (QColor("#ff0000"), QColor(dressed.window))
