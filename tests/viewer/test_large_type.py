"""Large type: digits that are read at 3 m, and a beat to see."""

import pytest
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor
from stillsource import still_source

from viewer.beat.metronome import Metronome
from viewer.beat.sound import SilentOutput
from viewer.numbers.big_numbers import BigNumbers
from viewer.numbers.large_tile import bar_of
from viewer.numbers.large_type import LargeType
from viewer.numbers.targets import Target
from viewer.numbers.trends import OFFERED
from viewer.source import Scene, rows_until
from viewer.theme import DARK, LIGHT


@pytest.fixture(scope="module")
def source():
    return still_source(mass_kg=82.9)


@pytest.fixture
def view(qtbot, source):
    view = LargeType(LIGHT)
    qtbot.addWidget(view)
    view.resize(1280, 720)
    view.show()
    view.refresh(scene_of(source, 20.0))
    return view


def scene_of(source, now_s):
    return Scene(source, now_s=now_s, rows=rows_until(source.table, now_s))


def rows_with(widget, colour, among=None):
    """Extent of a colour, px: (left, top, right, bottom)."""
    picture = widget.grab(among).toImage() if among else widget.grab().toImage()
    wanted = QColor(colour).rgb()
    found = [(x, y) for y in range(picture.height()) for x in range(picture.width()) if picture.pixel(x, y) == wanted]
    xs, ys = [x for x, _ in found], [y for _, y in found]
    return (min(xs), min(ys), max(xs), max(ys)) if found else None


def test_two_numbers_are_at_least_120_px_tall_and_whole(view):
    for tile in view.tiles[:2]:
        left, top, right, bottom = rows_with(tile, LIGHT.ink, tile._boxes(QRectF(tile.rect()))[1].toRect())
        assert bottom - top >= 120
        assert left > 0
        assert right < tile.width() - 8  # nothing is cut off
        assert tile.digits_px(QRectF(tile.rect())) >= 120


@pytest.mark.parametrize("numbers", [1, 2, 3, 4])
@pytest.mark.parametrize("size", [(1280, 720), (720, 1280), (220, 140), (1920, 1080)])
def test_tiles_fill_the_window_without_overlapping(view, numbers, size):
    view.resize(*size)
    view.set_numbers(numbers)
    shown = [tile for tile in view.tiles if not tile.isHidden()]
    assert len(shown) == numbers
    for at, tile in enumerate(shown):
        assert view.rect().contains(tile.geometry())
        assert not any(tile.geometry().intersects(other.geometry()) for other in shown[at + 1 :])
    area = sum(tile.width() * tile.height() for tile in shown)
    assert area > 0.9 * view.width() * view.height()


def test_it_says_the_same_as_the_tiles(qtbot, view, source):
    panel = BigNumbers(LIGHT)
    qtbot.addWidget(panel)
    view.set_numbers(4)
    for now_s in (4.0, 17.0):
        panel.refresh(scene_of(source, now_s))
        view.refresh(scene_of(source, now_s))
        assert [tile.face for tile in view.tiles] == [tile.face for tile in panel.tiles]


@pytest.mark.parametrize("column", sorted(OFFERED))
def test_no_metric_is_too_wide(view, source, column):
    view.tiles[0].chosen.emit(column)
    tile = view.tiles[0]
    assert tile.column == column
    if tile.face.reason:
        return
    box = tile._boxes(QRectF(tile.rect()))[1]
    left, _, right, _ = rows_with(tile, LIGHT.ink, box.toRect())
    assert left > 0
    assert right < int(box.width()) - 1


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_amber_only_outside_the_target(view, theme):
    view.apply_theme(theme)
    value = view.tiles[0].face.reading.value
    view.set_targets({"cadence_spm": Target("cadence_spm", value - 20, value + 20)})
    assert rows_with(view.tiles[0], theme.warn) is None
    view.set_targets({"cadence_spm": Target("cadence_spm", value + 10, value + 20)})
    assert rows_with(view.tiles[0], theme.warn) is not None
    assert view.tiles[0].face.words == f"below target {view.tiles[0].face.target.text()}"


def test_the_bar_has_the_band_in_its_middle():
    bar = bar_of(Target("cadence_spm", 170, 180))
    assert [bar.share(x) for x in (150, 160, 170, 175, 180, 200)] == pytest.approx([0, 0, 1 / 3, 0.5, 2 / 3, 1])
    for target in (Target("cadence_spm", 170), Target("cadence_spm", None, 170)):
        assert bar_of(target).share(170) == pytest.approx(0.5)
    assert bar_of(Target("net_fore_aft_impulse_BW_s", None, 0.0)).share(0.0) == 0.5


def test_the_pulse_beats_with_the_metronome(qtbot, view, source, monkeypatch):
    now = [10.0]
    monkeypatch.setattr("viewer.numbers.pulse.host_now", lambda: now[0])
    metronome = Metronome(lambda: SilentOutput(lambda: now[0]), clock=lambda: now[0])
    view.set_metronome(metronome)
    scene = scene_of(source, 20.0)
    view.refresh(scene)
    assert view.pulse.isHidden()
    metronome.start(120.0)
    sizes = []
    for tick in range(10):
        now[0] = 10.0 + tick * 0.125
        view.refresh(scene)
        sizes.append(view.pulse.size_now)
    assert not view.pulse.isHidden()
    assert sizes[0] == sizes[4] == sizes[8] == 1.0
    assert max(sizes[2:4]) < 0.4
    assert rows_with(view.pulse, LIGHT.accent) is not None
    metronome.stop()
    view.refresh(scene)
    assert view.pulse.isHidden()
    assert view.pulse.size_now == 0.0


def test_the_choice_is_remembered(qtbot, view):
    view.set_numbers(3)
    view.tiles[2].chosen.emit("vilr_BW_s")
    other = LargeType(DARK)
    qtbot.addWidget(other)
    other.restore(view.state())
    assert other.state() == view.state()
    assert other.numbers == 3
    other.restore({"numbers": 9})
    assert other.numbers == 3
