"""What a person must decide while he calibrates in the window: doubtful readings, outliers, loads that are missing."""

from collections.abc import Callable, Sequence
from functools import partial

from analysis.calibration_checks import Suspicion
from analysis.calibration_fit import Fit
from analysis.errors import StanceError
from rigs.procedures.calibrating import CalibrationRun
from viewer.calibrate.words_box import WordsBox


class Decisions:
    """Asks, and does what was answered.

    Args:
        box: Where it is asked.
        changed: Called after something was read, or dropped.
    """

    def __init__(self, box: WordsBox, changed: Callable[[], object]) -> None:
        self._box, self._changed = box, changed
        self._keeps = False

    @property
    def pending(self) -> bool:
        """Whether something is to be decided."""
        return bool(self._box.text)

    def press(self, number: int) -> None:
        """Press a button.

        Args:
            number: Which, counted from 0; nothing happens if there is none.
        """
        if self.pending and number < len(self._box.buttons):
            self._box.buttons[number].click()

    def do(self, act: Callable[[], object]) -> bool:
        """Change something; what cannot be is said, and everything stays.

        Args:
            act: Changes the run; gives False if it left it as it was.

        Returns:
            Whether anything changed.
        """
        self._box.drop()
        try:
            if act() is False:
                return False
        except StanceError as error:
            self.refuse(error)
            return False
        self._keeps = False
        self._changed()
        return True

    def take(self, run: CalibrationRun) -> None:
        """Keep the reading, or ask if something is strange about it.

        Args:
            run: The calibration.
        """
        found: list[Suspicion] = []

        def act() -> bool:
            found.extend(run.take())
            return not found

        self.do(act)
        if found:
            self._box.ask(
                " ".join(one.text for one in found), "amber",
                (("Repeat", "Look to the load, and take the reading again (R)", self._box.drop),
                 ("Take it anyway", "Keep it with this remark (A)", lambda: self.do(partial(run.take, anyway=True)))),
            )  # fmt: skip

    def refuse(self, error: StanceError) -> None:
        """Say what cannot be.

        Args:
            error: Why.
        """
        self._say(str(error), "red")

    def at_end(self, run: CalibrationRun, fit: Fit | None, missing: str) -> None:
        """All is read: ask for what is missing, and what to do with readings that do not belong to the others.

        Args:
            run: The calibration, done.
            fit: Of its readings; None while there is none.
            missing: Why there is none; empty while that is not known.
        """
        if self.pending:
            return
        if fit is not None:
            if fit.outlying and not self._keeps:
                self._ask_outlying(run, fit.outlying)
        elif missing:
            self._ask_missing(run, missing)

    def _ask_missing(self, run: CalibrationRun, missing: str) -> None:
        """Ask for the loads that were skipped, without which there is no fit; if none was, one can only go back."""
        again = self.do(run.unskip)
        if not self.pending:
            step = "So here are the loads that were skipped." if again else "Go back, and read more."
            self._say(f"{missing} {step}", "amber")

    def _ask_outlying(self, run: CalibrationRun, far: Sequence[int]) -> None:
        names = ", ".join(f"{at + 1} ({run.readings[at].load.label})" for at in far)
        remark = "Far from what the other readings say."
        self._box.ask(
            f"Far from what the others say: reading {names}.", "amber",
            (("Repeat", "Put these loads on again (R)", lambda: self.do(lambda: run.repeat(far))),
             ("Leave out", "Keep them in the file, but not in the fit (A)",
              lambda: self.do(lambda: run.leave_out(far, remark))),
             ("Keep them", "Keep them in the fit (K)", self._keep)),
        )  # fmt: skip

    def _keep(self) -> None:
        self._keeps = True
        self._box.drop()

    def _say(self, text: str, level: str) -> None:
        self._box.ask(text, level, (("OK", "Put this message away (R)", self._box.drop),))
