"""The recorder: link → decoder → session file, ring and pipeline, with commands from a window in between.

One thread does all of it, so that nothing on the way needs a lock; what takes seconds, the end of a session that is
followed by another, is done beside it. The first error ends the recording; the session is closed cleanly and the error
raised again.
"""

import threading
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

from analysis.errors import StanceError
from analysis.protocol import get_protocol
from daq.clock import host_now
from daq.commands import Inbox
from daq.control_server import ControlServer
from daq.decoder import Decoder
from daq.desk import Desk
from daq.device_check import check_device
from daq.errors import LinkError, SessionError
from daq.finisher import Finisher, OnFinished, nothing_recorded
from daq.gather import PORTION_S, WATCHED_S, Gatherer
from daq.intake import Intake, OnZero
from daq.link import Link, open_link
from daq.live import LiveRings
from daq.progress import Progress, ProgressMeter
from daq.record_options import RecordOptions
from daq.recording_names import Names
from daq.results import ENDED_EARLY, Results
from daq.revival import SILENCE_S, Revival
from daq.rig import Rig, load_rig
from daq.settings import Settings
from daq.status import StatusDesk, facts_of
from daq.take import Mark
from daq.takes import Takes
from daq.taring import Taring, tare_seconds
from daq.wire import Kind, Stats

__all__ = ["RecordOptions", "Recorder"]

OnProgress = Callable[[Progress], None]
OnReady = Callable[[Path], None]


class Recorder:
    """Runs one recording, or one after the other, from open port to closed session.

    Args:
        options: What to record.
        on_progress: Is told a few times per second how it goes.
        on_zero: Is told when the zero of `RecordOptions.tare_s` is taken.
        on_ready: Is told once, when the device streams, by which file windows find this recorder.
        on_finished: Is told of each session written, in any thread: its path, and what went wrong.
    """

    def __init__(
        self,
        options: RecordOptions,
        on_progress: OnProgress | None = None,
        on_zero: OnZero | None = None,
        on_ready: OnReady | None = None,
        on_finished: OnFinished | None = None,
    ) -> None:
        self.options = options
        self.rig: Rig = load_rig(options.rig, options.calibration)
        get_protocol(options.protocol)  # refused before any port is opened
        self._on_progress, self._on_zero, self._on_ready = on_progress, on_zero, on_ready
        self._names = Names(options.out, options.subject.name)
        self._finisher = Finisher(on_finished)
        self._inbox = Inbox()
        self._stop = threading.Event()

    def stop(self) -> None:
        """End the recorder at the next chunk; may be called from any thread or a signal handler."""
        self._stop.set()

    def ask(self, command: str, **args: Any) -> dict[str, Any]:
        """Give a command of `daq.control.COMMANDS` to the running recorder; called by any thread but its own.

        Args:
            command: The command.
            **args: Its arguments.

        Returns:
            The answer.
        """
        return self._ask(command, args)

    def run(self) -> Results:
        """Record until `seconds` have passed, `stop` is called or the command `stop` or `quit` arrives.

        Returns:
            The results of the last recording; those of nothing if there was none.

        Raises:
            BaseException: Whatever ended the recording early, after the session has been closed.
        """
        self._names.check()
        with ExitStack() as cleanup:
            link = cleanup.enter_context(
                open_link(
                    self.options.port,
                    self.options.baud,
                    expect=lambda hello: check_device(hello, self.rig),
                    wanted=Settings.of(self.rig),
                )
            )
            self._prepare(link, cleanup)
            try:
                self._loop(link)
                self._drain(link)
            except BaseException as error:
                self._close_after(error)
                raise
            return self._finish()

    def _prepare(self, link: Link, cleanup: ExitStack) -> None:
        hello = link.hello
        self._decoder = Decoder(hello.ticks_per_sample)
        rings = LiveRings(hello.sample_rate_Hz, len(self.rig.belts()))
        cleanup.callback(rings.close)
        self._meter = ProgressMeter()
        self._takes = Takes(self.options, self.rig, lambda: link.hello, self._decoder, rings)
        self._taring = Taring(self.rig.belts(), hello.sample_rate_Hz)
        if self.options.tare_s is not None:
            self._taring.begin(None, self.options.tare_s)
        self._intake = Intake(self.options, self._takes, self._taring, self._meter, self._finisher, self._on_zero)
        self._status = StatusDesk(self.options, self._takes, self._taring, self._names, self._finisher, self._meter)
        self._revival = Revival(self.options, self._takes, self._intake, self._status, self._tend)
        facts = facts_of(self.options, self.rig, self.options.protocol, self._takes.current)
        self._desk = Desk(self._inbox, self._takes, self._taring, self._names, self._status, facts)
        cleanup.callback(self._desk.dismiss)
        self._desk.on_quit, self._desk.on_stop = self.stop, lambda: self._end_take(link)
        if self.options.autostart:
            self._desk.start()
        server = ControlServer(self._ask, session=self._session, rings=rings.names)
        cleanup.callback(server.close)
        self._publish = partial(_publish, server, rings.names)
        self._desk.on_start = self._begun
        link.start()
        if self._on_ready is not None:
            self._on_ready(server.file)

    @property
    def _session(self) -> str:
        """By which path windows find this recorder: the session under way, or the one that will be."""
        path = self._takes.current.path
        return self._names.expected if path is None else str(path)

    def _ask(self, command: str, args: dict[str, Any]) -> dict[str, Any]:
        extra_s = tare_seconds(args) if command == "tare" else 0.0
        return self._inbox.ask(command, args, extra_s=extra_s)

    def _loop(self, link: Link) -> None:
        gatherer = Gatherer(link)
        while not self._stop.is_set():
            try:
                data = self._read(gatherer, link)
            except LinkError as error:
                if not (link.gone and link.comes_back and self.options.replug_s):
                    raise
                self._accept(link.let_go(), link)
                data = b"" if self._intake.over else self._revival.replug(link, error)
            self._accept(data, link)
            self._tend()
            if self._intake.over:
                self._end_take(link)
            if self._takes.stale and not self._taring.busy:
                self._takes.wait()
                self._begun()

    def _read(self, gatherer: Gatherer, link: Link) -> bytes:
        gatherer.ask_clock()
        data = gatherer.read(WATCHED_S if self._desk.watched else PORTION_S)
        if not data and host_now() - link.heard_s > SILENCE_S:
            data = self._revival.revive(link)
        return data

    def _accept(self, data: bytes, link: Link) -> None:
        try:
            self._intake.accept(self._decoder.feed(data), link, link.heard_s)
        except SessionError as error:
            self._fail(error)

    def _tend(self) -> bool:
        """Obey commands and tell how it goes; whether the recorder shall end."""
        self._desk.obey()
        if self._meter.due() and self._on_progress is not None:
            self._on_progress(self._status.progress())
        return self._stop.is_set()

    def _begun(self) -> None:
        self._meter.restart()
        self._intake.over = False
        self._publish(self._session)

    def _end_take(self, link: Link) -> None:
        """End the recording, and with it the recorder unless it stays; then its file is written meanwhile."""
        if not self.options.stays:
            self.stop()
            return
        if not self._takes.recording:
            raise SessionError("recorder", expected="a recording under way", seen="a recorder that is waiting",
                               next_step="Start one, or end the recorder with quit.")  # fmt: skip
        self._note_device_counters(link)
        self._hand_over(None)

    def _fail(self, error: SessionError) -> None:
        """A disk that takes no more ends the recording, but not a recorder that stays."""
        if not (self.options.stays and self._takes.recording):
            raise error
        with suppress(StanceError):
            self._takes.current.mark(Mark(ENDED_EARLY, str(error)))
        self._hand_over(error)

    def _hand_over(self, error: SessionError | None) -> None:
        """Go back to waiting, and have the take that ends here finished."""
        link = self._takes.link_counters()
        with suppress(SessionError):  # a disk that fails now is told by the finisher
            self._takes.current.mark(Mark("system", "link counters", link))
        self._finisher.submit(self._takes.wait(), link, error)
        self._begun()

    def _drain(self, link: Link) -> None:
        """What is still under way belongs to the recording, unless its time is up."""
        rest = self._decoder.feed(link.stop())
        last = self._decoder.finish()
        if self.options.seconds is None:
            for decoded in (rest, last):
                self._intake.accept(decoded, link, link.heard_s)
        self._note_device_counters(link)

    def _note_device_counters(self, link: Link) -> None:
        if self._status.unplugged:
            return
        with suppress(StanceError):
            stats = Stats.decode(link.request(Kind.STATS, timeout_s=0.5).payload)
            self._takes.current.mark(Mark("system", "device counters", asdict(stats)))

    def _finish(self) -> Results:
        if self._takes.recording:
            link = self._takes.link_counters()
            self._takes.current.mark(Mark("system", "link counters", link))
            return self._finisher.finish_now(self._takes.current, link)
        results = self._finisher.results()
        return nothing_recorded(self._takes.make(None)) if results is None else results

    def _close_after(self, error: BaseException) -> None:
        """Close the session as well as may be; what went wrong first is what the user must hear."""
        take = self._takes.current
        if not self._takes.recording:
            self._finisher.wait()
            return
        try:
            take.mark(Mark(ENDED_EARLY, str(error)))
            self._finish()
        except Exception as second:
            take.abandon()
            error.add_note(f"The session could not be finished either: {second}")
        else:
            if take.path is not None:
                error.add_note(f"What was recorded until then is in {take.path}.")


def _publish(server: ControlServer, rings: tuple[str, ...], session: str) -> None:
    """Let windows find the recorder by its present session; a full disk of the system shall not end a recording."""
    with suppress(OSError):
        server.publish(session, rings)
