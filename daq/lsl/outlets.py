"""The recorder's streams for LSL: a reader of its rings like any window, and as little able to hold it up."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from daq.lsl.clock import Stamps
from daq.lsl.news import News
from daq.lsl.streams import ForceChannels, force_info, marker_info, step_info, step_values

__all__ = ["Outlets"]

BUFFERED_S = 360
"""What a reader that has stopped reading may catch up with, s; liblsl drops the oldest for that reader only."""
FEW = 36
"""The same of steps and markers: hundreds, as liblsl counts them."""


class Outlets:
    """Three streams: force, steps, markers.

    Args:
        pylsl: The package, configured.
        name: Of the family.
        facts: The recorder's.
    """

    def __init__(self, pylsl: Any, name: str, facts: Mapping[str, Any]) -> None:
        self._channels = ForceChannels.of(facts)
        self._belts: Sequence[str] = facts["belts"]
        self._per_s = float(facts["tick_rate_Hz"])
        self.stamps = Stamps(self._per_s / float(facts["sample_rate_Hz"]))
        infos = (
            force_info(pylsl, name, self._channels, facts),
            step_info(pylsl, name, facts),
            marker_info(pylsl, name, facts),
        )
        self.names = [info.name() for info in infos]
        self.sources = {info.source_id() for info in infos}
        self._force, self._steps, self._markers = (
            pylsl.StreamOutlet(info, max_buffered=most)
            for info, most in zip(infos, (BUFFERED_S, FEW, FEW), strict=True)
        )
        self.last_tick: int | None = None

    @property
    def heard(self) -> bool:
        """Whether anybody reads any of them."""
        return any(one.have_consumers() for one in (self._force, self._steps, self._markers))

    def force(self, rows: NDArray[Any]) -> None:
        """Send samples.

        Args:
            rows: (n,) of `daq.live.sample_dtype`.
        """
        if not len(rows):
            return
        stamps = self.stamps.samples(rows["tick"].astype(np.int64))
        self._force.push_chunk(self._channels.values(rows["wrench"]), stamps.tolist())
        self.last_tick = int(rows["tick"][-1])

    def steps(self, rows: NDArray[Any]) -> None:
        """Send steps, each stamped with its touchdown.

        Args:
            rows: (n,) of `daq.live.STEP_DTYPE`.
        """
        if not len(rows):
            return
        ticks = rows["origin"] + rows["touchdown_s"] * self._per_s
        self._steps.push_chunk(step_values(rows, self._belts), [self.stamps.at(t) for t in ticks.tolist()])

    def marker(self, news: News) -> None:
        """Send something that happened.

        Args:
            news: What and when.
        """
        self._markers.push_sample([f"{news.kind}: {news.text}" if news.text else news.kind], self.stamps.at(news.tick))
