"""The guide: what to do now, in large type, how far the reading has settled, and the buttons."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QProgressBar, QVBoxLayout

from rigs.procedures.calibrating import Look, Step
from viewer.calibrate.words_box import WordsBox
from viewer.controls.buttons import Button
from viewer.report.words import number
from viewer.stylesheet import points, shades
from viewer.theme import Theme

TAKE, FINISH = "Take reading", "Write the calibration"
ALL_READ = "Every load is read. Now write the calibration."


class Guide(QFrame):
    """The left side of the window.

    Args:
        theme: Colours.
    """

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.count, self.words = QLabel(), QLabel(wordWrap=True)
        self.count.setProperty("role", "heading")
        self.words.setTextFormat(Qt.TextFormat.PlainText)
        self.words.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        self.words.setMinimumHeight(110)
        self.settling, self.state = QProgressBar(textVisible=False), QLabel(wordWrap=True)
        self.settling.setRange(0, 1000)
        self.settling.setAccessibleName("How far the reading has settled")
        self.state.setMinimumHeight(40)
        self.state.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.box, self.device = WordsBox(), WordsBox()
        self.take = Button(TAKE, "", "Keep this reading and go on (Space or Enter)", "")
        self.skip = Button("Skip", "", "Leave this load out (K)", "")
        self.back = Button("Back", "", "Do the step before again (Backspace)", "")
        self.insist = Button("Anyway …", "", "Take a reading that is settled, but not what was expected", "")
        self.finish = Button("Finish", "", "Fit, and write calibration and certificate (F)", "")
        self._lay_out()
        self.apply_theme(theme)
        self.show_look(None)

    def _lay_out(self) -> None:
        self.take.setMinimumHeight(56)
        for button in (self.take, self.skip, self.back, self.insist, self.finish):
            policy = button.sizePolicy()
            policy.setHorizontalPolicy(policy.Policy.Expanding)
            button.setSizePolicy(policy)
        row = QHBoxLayout()
        for button in (self.back, self.skip, self.insist, self.finish):
            row.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 12, 16, 12)
        column.setSpacing(10)
        for widget in (self.count, self.words, self.settling, self.state, self.take):
            column.addWidget(widget)
        column.addLayout(row)
        column.addWidget(self.device)
        column.addWidget(self.box)
        column.addStretch(1)

    def apply_theme(self, theme: Theme) -> None:
        """Change the colours.

        Args:
            theme: The new ones.
        """
        shade = shades(theme)
        self.setStyleSheet(f"Guide {{ background: {theme.panel}; }}")
        self.words.setStyleSheet(f"font-size: {points(1.65)}pt; font-weight: bold; color: {theme.ink};")
        self.settling.setStyleSheet(
            f"QProgressBar {{ border: 1px solid {shade.border}; border-radius: 5px; background: {theme.window};"
            f" height: 14px; }} QProgressBar::chunk {{ background: {theme.accent}; border-radius: 4px; }}"
        )
        self.take.setStyleSheet(
            f"QToolButton {{ font-size: {points(1.3)}pt; font-weight: bold; padding: 8px; }}"
            f"QToolButton:enabled {{ color: {shade.on_accent}; background: {theme.accent};"
            f" border-color: {theme.accent}; }}"
            f"QToolButton:enabled:focus, QToolButton:enabled:hover {{ border: 2px solid {theme.ink}; padding: 7px; }}"
        )

    def show_step(self, step: Step | None) -> None:
        """Say what is to be done.

        Args:
            step: From the run; None when all is done.
        """
        self.count.setText("All steps done" if step is None else f"Step {step.number} of {step.total}")
        self.words.setText(ALL_READ if step is None else step.instruction)
        self.take.set_word(FINISH if step is None else TAKE)
        self.take.setAccessibleName(self.take.text())
        for label in (self.count, self.words):
            label.setAccessibleName(label.text())
        self.show_look(None)

    def show_look(self, look: Look | None, *, done: bool = False, deciding: bool = False) -> None:
        """Say how far the reading has settled.

        Args:
            look: What the run says; None if nothing has come since the last step.
            done: Whether there is nothing left to read.
            deciding: Whether something must be decided first.
        """
        words = "" if done or deciding else "Waiting for the device." if look is None else _state(look)
        share = 0 if look is None or done else round(1000 * (1.0 if look.steady else look.progress))
        if self.settling.value() != share:
            self.settling.setValue(share)
        if self.state.text() != words:
            self.state.setText(words)
            self.state.setProperty("level", "green" if words.startswith("●") else "")
            self.state.style().unpolish(self.state)
            self.state.style().polish(self.state)


def _state(look: Look) -> str:
    if look.steady:
        return f"● Steady to {number(look.sd_N, 2)} N. Take the reading."
    return f"Waiting for {look.waiting}."
