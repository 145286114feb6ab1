"""The zero that a recording begins with when none is taken for it: the newest tare beside the rig, if it is fresh."""

import logging
from collections.abc import Callable
from datetime import UTC, datetime

import numpy as np

from daq.chunk import Chunk
from daq.errors import RigError
from daq.record_options import RecordOptions
from daq.rig import Rig
from daq.take import Mark
from daq.tare_file import KeptTare, TareNeed, choose_tare, device_name, gain_of, load_tares, tare_path
from daq.wire import Hello

__all__ = ["KeptZero", "age_text"]

_log = logging.getLogger(__name__)


class KeptZero:
    """Finds the tare for each take, and says which one it is when that changes.

    Args:
        options: Whether to look, and the belt's speed if it is given.
        rig: The rig.
        hello: What the device says.
    """

    def __init__(self, options: RecordOptions, rig: Rig, hello: Callable[[], Hello]) -> None:
        wanted = options.kept_tare and options.tare_s is None
        self._path = tare_path(rig) if wanted else None
        self._running = bool(options.subject.belt_speed_m_s)
        self._rig, self._hello = rig, hello
        self._told = ""

    def mark(self, first: Chunk, now: datetime | None = None) -> Mark | None:
        """The zero for a take.

        Args:
            first: The first frames of the take: their belt pulses tell whether the belt runs.
            now: The moment; None looks.

        Returns:
            What to note at row 0; None without a fresh tare.
        """
        if self._path is None:
            return None
        hello, now = self._hello(), now or datetime.now(UTC)
        need = TareNeed(device_name(hello.board, hello.adc), gain_of(self._rig, hello.gains))
        try:
            tares = load_tares(self._path, self._rig.name)
        except RigError as error:  # a zero is found in flight too; it is no reason not to record
            self._tell(f"{error} Recording without a kept tare.")
            return None
        moving = self._running or bool(np.ptp(first.belt))
        tare = choose_tare(tares, need, now, moving=moving)
        return None if tare is None else self._marked(tare, tare.age_s(now) or 0.0, moving=moving)

    def _marked(self, tare: KeptTare, age_s: float, *, moving: bool) -> Mark:
        source = "" if self._path is None else self._path.name
        belt = "with the belt on" if tare.belt == "on" else "with the belt off"
        text = f"zero from the tare {age_text(age_s)} ago, {belt} ({source})"
        better = "runs: `stance tare --belt-on`" if moving else "stands: `stance tare` with the belt off"
        advice = "" if moving == (tare.belt == "on") else f"; the belt {better} is better"
        self._tell(f"The {text}{advice}.", about=tare.made_utc)
        data: dict[str, object] = {
            "counts": list(tare.counts),
            "sd": list(tare.sd),
            "force_sd_N": tare.force_sd_N,
            "age_s": round(age_s, 3),
            "source": source,
            "made_utc": tare.made_utc,
            "belt": tare.belt,
            "seconds": tare.seconds,
        }
        return Mark("tare", text, data)

    def _tell(self, text: str, about: str = "") -> None:
        if (about or text) != self._told:
            self._told = about or text
            _log.warning(text)


def age_text(age_s: float) -> str:
    """An age for people: "20 seconds", "12 minutes", "3 hours", "5 days"."""
    for unit_s, most, name in ((1.0, 90.0, "second"), (60.0, 5400.0, "minute"), (3600.0, 172_800.0, "hour")):
        if age_s < most:
            return _count(round(age_s / unit_s), name)
    return _count(round(age_s / 86_400.0), "day")


def _count(number: int, name: str) -> str:
    return f"{number} {name}" + ("" if number == 1 else "s")
