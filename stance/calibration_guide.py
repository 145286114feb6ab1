"""Leads a person through a calibration: shows the step, reads the cells, obeys the keys, until all is done."""

import time
from collections.abc import Sequence

from analysis.calibration_checks import Suspicion
from analysis.calibration_fit import Fit
from analysis.errors import AnalysisError
from daq.clock import host_now
from daq.errors import LinkError
from daq.stream import Stream
from rigs.procedures.calibrating import CalibrationRun, Look
from rigs.rehearsal import Player
from stance.calibration_keys import END, TAKE, Answers
from stance.calibration_screen import DOUBT, Screen

LOOK_S = 0.05
PATIENCE_S = 3.0
"""Whoever asks for a reading waits so long for the cells to change; then he is told that they do not."""
REPLUG_S = 60.0
"""How long a board that was unplugged is waited for."""

LEFT_OUT = "Left out: it is far from what all others say of it."


class Guide:
    """Leads through a calibration.

    Args:
        run: The calibration.
        screen: Where it is shown.
        answers: What the person types.
        auto: Take every steady reading without being asked to.
        player: Who puts the loads on at a rehearsal; nobody asks then.
    """

    def __init__(
        self, run: CalibrationRun, screen: Screen, answers: Answers, *, auto: bool = False, player: Player | None = None
    ) -> None:
        self._run, self._screen, self._answers, self._player = run, screen, answers, player
        self._auto = auto or player is not None
        self._armed = self._auto
        self._shown = False
        self._idle = 0

    def follow(self, stream: Stream) -> bool:
        """Go through the steps that are left.

        Args:
            stream: The device.

        Returns:
            Whether all are done; False if the person stopped. A LinkError says that the device did not come back.
        """
        self._begin()
        try:
            while self._run.step is not None:
                if not self._shown:
                    self._show()
                look = self._read(stream)
                if look is None or not self._obey():
                    return False
                if self._armed and self._shown and (look.steady or self._insists(look)):
                    self._take(look)
            return True
        finally:
            self._screen.end()

    def settle(self, stream: Stream) -> Fit | None:
        """Fit, and ask what to do with readings that do not belong to the others.

        Args:
            stream: The device; some loads may be put on again.

        Returns:
            The fit; None if the person stopped. An AnalysisError says why there is none.
        """
        while True:
            fit = self._fit(stream)
            if fit is None or not fit.outlying:
                return fit
            self._tell(fit)
            answer = END if self._auto else self._ask(stream)
            if answer == "q":
                return None
            if answer == END:
                self._screen.say("There is nobody to ask: they are left out. They stay in the file, with this remark.")
            if answer in {"l", END}:
                self._run.leave_out(fit.outlying, LEFT_OUT + (" Nobody was asked." if answer == END else ""))
            elif answer == "r":
                self._run.repeat(fit.outlying)
                if not self.follow(stream):
                    return None
            else:
                return fit

    def _fit(self, stream: Stream) -> Fit | None:
        """Fit; if something is missing, ask for what was skipped."""
        while True:
            try:
                return self._run.fit()
            except AnalysisError as error:
                if not self._run.unskip():
                    raise
                self._screen.say(f"stance: {error}\nSo here are the loads that were skipped.")
            if not self.follow(stream):
                return None

    def _begin(self) -> None:
        self._shown, self._armed, self._idle = False, self._auto, 0

    def _insists(self, look: Look) -> bool:
        """Whether the person has asked for a reading, and the cells stand still, but as if nothing had been put on."""
        self._idle = self._idle + 1 if look.progress == 1.0 and not self._auto else 0
        return self._idle * LOOK_S > PATIENCE_S

    def _show(self) -> None:
        step = self._run.step
        if step is not None:
            self._screen.show_step(step, keys=not self._auto)
            if self._player is not None:
                self._player.act(step)
        self._shown = True

    def _read(self, stream: Stream) -> Look | None:
        """What the cells say; waits for a board that was unplugged, None if the person gave up on it."""
        try:
            chunk = stream.collect(LOOK_S)
        except LinkError as error:
            if not stream.link.gone:
                raise
            return self._replugged(stream, error)
        look = self._run.feed(chunk)
        self._screen.look(look, armed=self._armed)
        return look

    def _replugged(self, stream: Stream, error: LinkError) -> Look | None:
        self._screen.say("The board is gone. Plug it in again, or q to stop; what was taken is kept.")
        end_s = host_now() + REPLUG_S
        while True:
            try:
                if stream.link.gone:
                    stream.link.let_go()
                    stream.link.reopen()
                stream.link.revive(1.0)
                break
            except LinkError:
                if host_now() > end_s:
                    raise error from None
                answer = self._answers.next(0.2)
                if answer in {"q", END}:
                    return None
        self._screen.say("It is back. Who knows what happened meanwhile: the empty belt comes first.")
        self._run.interrupted()
        self._begin()
        return self._read(stream)

    def _obey(self) -> bool:
        """Do what was typed; False if that is to stop. Lines from a pipe each wait until something is asked."""
        answer = self._answers.next() if self._answers.keys or not self._armed else None
        if answer is None:
            return True
        if answer in {"q", END}:
            return False
        try:
            self._do(answer)
        except AnalysisError as error:
            self._screen.say(f"stance: {error}")
        return True

    def _do(self, answer: str) -> None:
        if answer == TAKE:
            self._armed = True
        elif answer == "a":
            self._run.take(anyway=True)
            self._begin()
        elif answer == "s":
            self._run.skip()
            self._begin()
        elif answer == "b":
            self._run.back()
            self._begin()
        else:
            self._screen.say("Enter take, s skip, b back, a take it anyway, q stop.")

    def _take(self, look: Look) -> None:
        rehearsed = self._player is not None
        found = self._run.take(anyway=rehearsed)
        if found:
            self._doubt(found)
        if found and not rehearsed:
            self._armed, self._idle = False, 0
            self._screen.say(f"  {DOUBT}")
        else:
            self._screen.say(f"  taken: {taken_words(look)}")
            self._begin()

    def _doubt(self, found: Sequence[Suspicion]) -> None:
        for one in found:
            self._screen.say(f"  ! {one.text}")

    def _tell(self, fit: Fit) -> None:
        readings = self._run.readings
        self._screen.say("\nThese do not belong to the others:")
        for index in fit.outlying:
            self._screen.say(f"  {readings[index].load.label}: {fit.deviation[index]:.1f} standard deviations off")

    def _ask(self, stream: Stream) -> str:
        self._screen.say("l leave them out, r put them on again, Enter keep them, q stop.")
        while True:
            stream.collect(LOOK_S)
            answer = self._answers.next()
            if answer in {"l", "r", "q", TAKE, END}:
                return answer
            time.sleep(0.0)


def taken_words(look: Look) -> str:
    """What was taken, in short.

    Args:
        look: What the cells said.

    Returns:
        Forces by the data sheets' scale.
    """
    total = look.wrench[:, :3].sum(axis=0)
    return ", ".join(f"{name} {force:.1f} N" for name, force in zip(("Fx", "Fy", "Fz"), total, strict=True))
