"""A running recorder as a source: its rings, its answers, and an hour of what was seen."""

from contextlib import ExitStack, closing
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.quality import Light
from analysis.registration import FootRegistration
from analysis.stance_curves import POINTS, SIGNALS, StanceCurves
from analysis.steps import EMPTY, StepTable, join_tables
from daq.live import CURVE_DTYPE, STEP_DTYPE, sample_dtype
from daq.recorders import RecorderInfo
from daq.ring import Ring
from viewer.source import Commands, Facts, Happening, Ints, Samples, Status
from viewer.sources.history import History
from viewer.sources.talk import Talk

Floats = NDArray[np.float32]

CURVES_KEPT = 400
NOTHING_SAID: dict[str, Any] = {}
LATENCY_SHARE = 0.1
"""Weight of the newest frame in the latency shown."""


@dataclass(frozen=True)
class ClockLine:
    """Host time of session ticks, as the recorder fitted it."""

    tick: float
    """Where the line was fitted."""
    host_s: float
    """Host time there."""
    s_per_tick: float
    """Its slope."""

    def host_time(self, tick: float) -> float:
        """Host time of a tick."""
        return self.host_s + (tick - self.tick) * self.s_per_tick


class LiveSource:
    """See `viewer.source.Source`.

    Args:
        info: The recorder; a LinkError says that it cannot be reached.
    """

    live = True

    def __init__(self, info: RecorderInfo) -> None:
        with ExitStack() as undo:
            self.talk = undo.enter_context(closing(Talk(info)))
            self._begin(info)
            undo.pop_all()

    def _begin(self, info: RecorderInfo) -> None:
        facts = self.talk.facts
        belts = tuple(facts["belts"])
        self.facts = Facts(
            title=facts["rig"],
            rig=facts["rig"],
            runner=facts["runner"],
            protocol=facts["protocol"],
            sample_rate_Hz=float(facts["sample_rate_Hz"]),
            belts=belts,
            observable=frozenset(facts["observable"]),
            belt_speed_m_s=facts["belt_speed_m_s"],
            **_foot_and_belt(facts),
        )
        self.commands: Commands = self.talk
        self._tick_rate = float(facts["tick_rate_Hz"])
        names = zip(info.rings, (sample_dtype(len(belts)), STEP_DTYPE, CURVE_DTYPE), strict=True)
        self._rings = [Ring.attach(name, dtype) for name, dtype in names]
        self._samples, self._steps, self._drawn = (ring.reader() for ring in self._rings)
        self._history = History(self.facts.sample_rate_Hz, len(belts))
        self._origin: int | None = None
        self._latency_s: float | None = None
        self._happened: list[dict[str, Any]] = []
        self._quality: object = None
        self.happenings: tuple[Happening, ...] = ()
        self.lights: tuple[Light, ...] = ()
        self.missing: dict[str, str] = {}
        self.doubtful: dict[str, str] = {}
        self._restart(0)

    def _restart(self, origin: int) -> None:
        self._history.clear()
        self._curves: dict[int, Floats] = {}
        self._parts: list[StepTable] = []
        self._begun, self._newest_tick = origin, origin

    @property
    def take(self) -> int:
        """Changes when the recorder begins anew."""
        return 0 if self._origin is None else self._origin

    def update(self) -> None:
        """Take what is new from the rings; never waits."""
        # A recorder shares samples, then curves, then rows: read the other way round, no row comes before its curve.
        rows, drawn, data = self._steps.read(), self._drawn.read(), self._samples.read()
        for part in np.split(data, np.flatnonzero(np.diff(data["origin"])) + 1):
            if part.size:
                self._take_samples(part)
        for one in drawn[drawn["origin"] == self._origin]:  # a few a second
            self._curves[int(one["step"])] = one["values"]
            if len(self._curves) > CURVES_KEPT:
                del self._curves[next(iter(self._curves))]
        rows = rows[rows["origin"] == self._origin]
        if rows.size:
            self._parts.append(StepTable({name: rows[name] for name in STEP_DTYPE.names[1:]}))  # type: ignore[index]
        self._take_words()

    def _take_words(self) -> None:
        """What the recorder said since the last frame; of another take than the one shown it says nothing."""
        heard, quality = self.talk.heard, self.talk.quality
        shown = heard.status["rows"] > 0 and heard.status["first_tick"] == self._origin
        happened = heard.happened if shown else []
        if happened != self._happened:
            self._happened = happened
            self.happenings = tuple(Happening(**one) for one in happened)
        if quality.get("take") != heard.status["take"]:
            quality = NOTHING_SAID
        if quality is not self._quality:
            self._quality = quality
            self.lights = tuple(Light(**light) for light in quality.get("lights", ()))
            self.missing = dict(quality.get("missing", {}))
            self.doubtful = dict(quality.get("doubtful", {}))

    def _take_samples(self, part: NDArray[Any]) -> None:
        origin = int(part["origin"][0])
        if origin != self._origin:
            self._origin = origin
            self._restart(origin)
        index = np.rint((part["tick"] - origin) / self._tick_rate * self.facts.sample_rate_Hz).astype(np.int64)
        self._history.put(index, part["wrench"].transpose(1, 2, 0), part["contact"].T)
        self._newest_tick = int(part["tick"][-1])

    @property
    def first_s(self) -> float:
        """Earliest moment remembered."""
        return self._history.first / self.facts.sample_rate_Hz

    @property
    def last_s(self) -> float:
        """Newest sample's moment."""
        return (self._newest_tick - self._begun) / self._tick_rate

    @property
    def table(self) -> StepTable:
        """Final rows since the take began, or since the rings' memory begins."""
        if len(self._parts) > 1:
            self._parts = [join_tables(self._parts)]
        return self._parts[0] if self._parts else EMPTY

    @property
    def bw_N(self) -> float:
        """Body weight; NaN while it is not known."""
        known = self.talk.status.get("bw_N")
        return float("nan") if known is None else float(known)

    def samples(self, start_s: float, stop_s: float) -> Samples:
        """Force from start_s to stop_s, cut to what is remembered."""
        rate = self.facts.sample_rate_Hz
        return self._history.read(int(np.ceil(start_s * rate)), int(np.ceil(stop_s * rate)))

    def envelope(self, start: int, stop: int, bucket: int) -> tuple[Ints, Floats, Floats]:
        """Smallest and largest force in buckets of samples, from what is remembered."""
        return self._history.envelope(start, stop, bucket)

    def curves(self, steps: Ints) -> StanceCurves:
        """Stance curves of these step numbers; NaN where one is forgotten."""
        values = np.full((len(steps), len(SIGNALS), POINTS), np.nan, np.float32)
        for row, step in enumerate(np.asarray(steps).tolist()):  # the views ask for new ones only
            if step in self._curves:
                values[row] = self._curves[step]
        return StanceCurves(np.asarray(steps, np.int64), values)

    @property
    def working(self) -> str:
        """Nothing: all is computed by the recorder."""
        return ""

    @property
    def ended(self) -> bool:
        """Whether the recorder has ended, or died."""
        return self._rings[0].ended or self.talk.gone

    @property
    def status(self) -> Status:
        """How the recorder is doing."""
        said = self.talk.status
        state = "ended" if self.ended else "silent" if self.talk.silent else said["state"]
        return Status(
            state=state,
            session=said.get("session") or said.get("last_session") or "",
            elapsed_s=said["elapsed_s"],
            rate_Hz=said["rate_Hz"],
            lost=said["lost"],
            corrupt=said["crc_errors"],
            resets=said["resets"],
            saturated=said["saturated"],
            unplugged=bool(said.get("unplugged")),
            latency_ms=None if self._latency_s is None else 1e3 * self._latency_s,
            clock_ppm=said.get("clock_ppm"),
            disk_free_bytes=said.get("disk_free_bytes"),
            disk_left_s=said.get("disk_left_s"),
            taring=bool(said.get("taring")),
            bout=said.get("bout", ""),
            can_restart=bool(said.get("can_restart")),
        )

    def taken_at(self, time_s: float) -> float | None:
        """Host time at which the sample of a moment was taken; None while the clocks are not compared."""
        line = self.talk.status.get("clock")
        return None if line is None else ClockLine(**line).host_time(self._begun + time_s * self._tick_rate)

    def seen(self, age_s: float | None) -> None:
        """Take note of how old the newest sample on the screen is, s; None while no curve follows it."""
        if age_s is not None and self._latency_s is not None:
            age_s = self._latency_s + LATENCY_SHARE * (age_s - self._latency_s)
        self._latency_s = age_s

    def close(self) -> None:
        """Let go; the recorder goes on."""
        self.talk.close()
        for ring in self._rings:
            ring.close()


def _foot_and_belt(facts: dict[str, Any]) -> dict[str, Any]:
    """What the view of the centre of pressure must know."""
    registration, size = facts.get("registration"), facts.get("belt_size_m")
    return {
        "registration": None if registration is None else FootRegistration(**registration),
        "shoe_length_m": facts.get("shoe_length_m"),
        "belt_size_m": None if size is None else (float(size[0]), float(size[1])),
    }
