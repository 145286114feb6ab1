"""What the panel of large numbers and the large type have in common: tiles, targets, and over which steps."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtGui import QAction, QActionGroup, QColor, QPalette
from PySide6.QtWidgets import QDialog, QMenu, QWidget

from viewer.numbers.before import take_before
from viewer.numbers.chosen_steps import Columns
from viewer.numbers.metric_tile import MetricTile
from viewer.numbers.number_face import Face, age_of, face_before, face_of
from viewer.numbers.targets import Targets
from viewer.numbers.targets_dialog import TargetsDialog
from viewer.numbers.trends import COUNTS, OFFERED
from viewer.source import Scene
from viewer.theme import Theme

_IN_VAIN = 20  # valid steps of a take without a number, from which one of before says no more


class TilePanel(QWidget):
    """Tiles over the same steps and with the same targets.

    Args:
        theme: Colours.
        tiles: The tiles; they come to belong to the panel.
        parent: The widget it is in.
    """

    targets_changed = Signal(object)
    """Somebody chose other targets: a dict of them by column."""

    def __init__(self, theme: Theme, tiles: Sequence[MetricTile], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._scene: Scene | None = None
        self._shown: tuple[object, ...] = ()
        self._targets: Targets = {}
        self._menus: list[tuple[QMenu, Callable[[], int]]] = []
        self.count = 10
        """Steps of a foot that a number stands for, or `LAST_MINUTE`."""
        self.tiles = list(tiles)
        edit = QAction("&Targets …", self)
        edit.triggered.connect(self.edit_targets)
        self._actions = [edit]
        words = {count: f"last {count} steps of each foot" if count else "last minute" for count in COUNTS}
        self._add_menu("&Mean over", words, self.set_count, lambda: self.count)
        for tile in self.tiles:
            tile.setParent(self)
            tile.more = self._actions
            tile.chosen.connect(lambda column, tile=tile: self._choose(tile, column))
        self.setAutoFillBackground(True)
        self.setMinimumSize(220, 140)
        self.apply_theme(theme)

    @property
    def columns(self) -> tuple[str, ...]:
        """Metrics of the tiles."""
        return tuple(tile.column for tile in self.tiles)

    @property
    def targets(self) -> Targets:
        """Targets by column."""
        return dict(self._targets)

    def actions(self) -> list[QAction]:
        """What can be done with all tiles, for a menu."""
        return list(self._actions)

    def refresh(self, scene: Scene) -> None:
        """Show the numbers of a moment; does next to nothing when there is no new step.

        Args:
            scene: The moment.
        """
        self._scene = scene
        if self._key(scene) != self._shown:
            take_before(scene.source).follow(scene.source)
            for tile in self._visible():
                tile.show_face(self._face(scene, tile.column))
            self._show_more(scene)
            self._shown = self._key(scene)

    def apply_theme(self, theme: Theme) -> None:
        """Take other colours.

        Args:
            theme: The colours.
        """
        self._theme = theme
        palette = self.palette()
        palette.setColor(QPalette.ColorRole.Window, QColor(theme.window))
        self.setPalette(palette)
        for tile in self.tiles:
            tile.apply_theme(theme)

    def set_targets(self, targets: Targets) -> None:
        """Draw these targets.

        Args:
            targets: By column.
        """
        self._targets = dict(targets)
        self._again()

    def set_count(self, count: int) -> None:
        """Average over so many steps of a foot.

        Args:
            count: One of `COUNTS`; `LAST_MINUTE` for all of the last minute.
        """
        self.count = count
        self._again()

    def edit_targets(self) -> None:
        """Ask for other targets."""
        if self._scene is None:
            return
        columns = [tile.column for tile in self._visible()]
        dialog = TargetsDialog(self._theme, self._scene, self._targets, columns, self)
        if dialog.exec() == QDialog.DialogCode.Accepted:
            self.set_targets(dialog.targets())
            self.targets_changed.emit(self.targets)
        dialog.deleteLater()

    def state(self) -> dict[str, Any]:
        """What to remember: plain lists and numbers."""
        return {"columns": list(self.columns), "count": self.count}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take up what was remembered; what is not understood is left as it is.

        Args:
            state: From `state`.
        """
        columns = state.get("columns")
        for tile, column in zip(self.tiles, columns if isinstance(columns, list) else [], strict=False):
            if column in OFFERED:
                tile.set_column(column)
        self.set_count(state["count"] if state.get("count") in COUNTS else self.count)

    def _visible(self) -> Sequence[MetricTile]:
        """Tiles that are shown."""
        return self.tiles

    def _show_more(self, scene: Scene) -> None:
        """Show what stands beside the numbers."""

    def _face(self, scene: Scene, column: str) -> Face:
        """What a metric says now; until there is a number, what it said in the take before."""
        face, kept = face_of(scene, column, self.count, self._targets), take_before(scene.source)
        if face.reading.value is not None or kept.table is None or face.reading.steps >= _IN_VAIN:
            return face
        before = face_before(kept.table, column, self.count, self._targets, kept.words(scene.source))
        return face if before.reading.value is None else before

    def _steps_of(self, tile: MetricTile, scene: Scene) -> tuple[Columns, int]:
        """The table that a tile's number comes from, and how many of its rows."""
        kept = take_before(scene.source).table
        if tile.face is not None and tile.face.before and kept is not None:
            return kept, kept.rows
        return scene.source.table, scene.rows

    def _key(self, scene: Scene) -> tuple[object, ...]:
        """Changes when something else is to be shown."""
        source, face = scene.source, self.tiles[0].face
        if face is None or face.before or not scene.rows:
            age_s = int(scene.now_s)
        else:
            age_s = age_of(face.reading.ended_s, scene.now_s)
        news = "" if scene.rows else source.working
        return id(source), source.take, scene.rows, age_s, news, take_before(source).words(source)

    def _again(self) -> None:
        """Mark what is chosen, and show the same moment anew."""
        for menu, value in self._menus:
            for action in menu.actions():
                action.setChecked(action.data() == value())
        self._shown = ()
        if self._scene is not None:
            self.refresh(self._scene)

    def _choose(self, tile: MetricTile, column: str) -> None:
        tile.set_column(column)
        self._again()

    def _add_menu(
        self, title: str, words: Mapping[int, str], choose: Callable[[int], None], value: Callable[[], int]
    ) -> None:
        """Add a menu of which one entry is chosen."""
        menu = QMenu(title, self)
        group = QActionGroup(menu)
        for each, text in words.items():
            action = menu.addAction(text)
            action.setCheckable(True)
            action.setData(each)
            action.setChecked(each == value())
            group.addAction(action)
        group.triggered.connect(lambda action: choose(action.data()))
        self._menus.append((menu, value))
        self._actions.append(menu.menuAction())
