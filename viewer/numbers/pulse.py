"""The metronome's beat, for the eye: a disc that jumps up with every click, and the chosen cadence."""

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from daq.clock import host_now
from viewer.beat.metronome import Metronome
from viewer.numbers.digits import sized
from viewer.theme import Theme

_REST = 0.35  # size of the disc between two clicks


class Pulse(QWidget):
    """Hidden while no metronome runs.

    Args:
        theme: Colours.
        parent: The widget it is in.
    """

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._metronome: Metronome | None = None
        self._phase: float | None = None
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()

    @property
    def size_now(self) -> float:
        """Size of the disc, 0 to 1; 0 while nothing beats."""
        return 0.0 if self._phase is None else _REST + (1.0 - _REST) * max(0.0, 1.0 - 2.0 * self._phase) ** 2

    def set_metronome(self, metronome: Metronome | None) -> None:
        """Show this one's beat.

        Args:
            metronome: The metronome, or None.
        """
        self._metronome = metronome
        self.refresh()

    def apply_theme(self, theme: Theme) -> None:
        """Take other colours.

        Args:
            theme: The colours.
        """
        self._theme = theme
        self.update()

    def refresh(self) -> None:
        """Show the beat of this moment; called for every frame."""
        beat = self._metronome.beat_at(host_now()) if self._metronome else None
        self.setVisible(beat is not None)
        if beat is not None:
            number, phase = beat
            self._phase = phase if number >= 0 else 1.0
            self.update()
        else:
            self._phase = None

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint disc and cadence."""
        if self._metronome is None or self._phase is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        room = float(self.height())
        radius = 0.45 * room * self.size_now
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(self._theme.accent))
        painter.drawEllipse(QPointF(self.width() - room / 2, room / 2), radius, radius)
        painter.setPen(QColor(self._theme.dim))
        painter.setFont(sized(self.font(), 0.3 * room))
        text = f"{self._metronome.cadence_spm:g}" + ("\nno sound" if self._metronome.problem else "")
        box = QRectF(0, 0, self.width() - 1.1 * room, room)
        painter.drawText(box, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, text)
        painter.end()
