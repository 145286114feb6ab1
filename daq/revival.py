"""Getting a device back that has fallen silent or was unplugged; its loss is a gap, not the end of the recording."""

import time
from collections.abc import Callable

from daq.clock import host_now
from daq.errors import LinkError
from daq.intake import Intake
from daq.link import Link
from daq.record_options import RecordOptions
from daq.status import StatusDesk
from daq.take import Mark
from daq.takes import Takes

__all__ = ["SILENCE_S", "Revival"]

SILENCE_S = 1.0
"""A streaming device silent for this long has hung or been reset: try to revive it …"""
GIVE_UP_S = 15.0
"""… for this long."""
LOOK_S = 0.2
"""So often a port that has vanished is looked for, and commands are obeyed meanwhile."""
Tend = Callable[[], bool]


class Revival:
    """Brings devices back, one at a time.

    Args:
        options: Say how long to wait for one that was unplugged.
        takes: Where it is noted.
        intake: Takes the clock round trips with the new boot.
        status: Tells windows and the terminal.
        tend: Obeys commands and tells how it goes; returns whether the recorder shall end.
    """

    def __init__(self, options: RecordOptions, takes: Takes, intake: Intake, status: StatusDesk, tend: Tend) -> None:
        self._options, self._takes, self._intake, self._status, self._tend = options, takes, intake, status, tend

    def revive(self, link: Link) -> bytes:
        """Bring a silent device back on the open port.

        Args:
            link: The link.

        Returns:
            The bytes read on the way; none if the recorder shall end.

        Raises:
            LinkError: It did not answer in time, or its port is gone.
        """
        self._note(f"no data for {SILENCE_S:g} s; asking the device to go on")
        give_up_s = host_now() + GIVE_UP_S
        while not self._tend():
            try:
                return self._met(link)
            except LinkError:
                if link.gone or host_now() > give_up_s:
                    raise
        return b""

    def replug(self, link: Link, error: LinkError) -> bytes:
        """Wait until a device that was unplugged is plugged in again, and go on with it.

        Args:
            link: The link, which has let go of its port.
            error: How it was noticed.

        Returns:
            The bytes read on the way; the recorder shall perhaps end. `error` is raised if it did not come back in
            time, a DeviceError says that another device has come instead.
        """
        wait_s = self._wait_s()
        self._note(f"unplugged; waiting up to {wait_s:g} s for it to be plugged in again")
        self._status.unplugged = True
        try:
            return self._plugged_in(link, error, wait_s)
        finally:
            self._status.unplugged = False

    def _plugged_in(self, link: Link, error: LinkError, wait_s: float) -> bytes:
        began_s = host_now()
        end_s = began_s + wait_s
        data = b""
        while not self._tend():
            try:
                if link.gone:
                    link.reopen()
                    end_s = max(end_s, host_now() + GIVE_UP_S)
                data += self._met(link)
            except LinkError as reason:
                if host_now() > end_s:
                    error.add_note(f"Waited {host_now() - began_s:.0f} s for it to be plugged in again. {reason}")
                    raise error from error.__cause__
                if link.gone:
                    data += link.let_go()
                    time.sleep(LOOK_S)
            else:
                self._note(f"plugged in again after {host_now() - began_s:.1f} s")
                break
        return data

    def _met(self, link: Link) -> bytes:
        data = link.revive(give_up_s=SILENCE_S)
        self._intake.note_trips(link.take_round_trips())
        return data

    def _wait_s(self) -> float:
        """The time that the options give, or what is left of the recording if that is less."""
        seconds, take = self._options.seconds, self._takes.current
        if seconds is None or not self._takes.recording:
            return self._options.replug_s
        return min(self._options.replug_s, max(0.0, seconds - take.duration_s))

    def _note(self, text: str) -> None:
        self._takes.current.mark(Mark("system", text))
