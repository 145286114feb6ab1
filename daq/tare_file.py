"""Tares kept beside a rig, NAME.tare.toml: the zeros taken lately, belt off and belt on."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field, ValidationError

from daq.calibration import calibration_path
from daq.calibration_problems import when
from daq.errors import RigError
from daq.layout import CHANNELS
from daq.replace_file import replace_file
from daq.rig_errors import problems_of, told
from daq.rig_schema import Table
from daq.rig_text import parse_toml, read_text

if TYPE_CHECKING:
    from daq.rig import Rig

KEPT = 50
"""So many of the latest tares are kept."""
FRESH_S = 3600.0
"""A tare is good for a recording for an hour: by then even a warm machine has moved by what a flight corrects."""
_HEAD = """\
# Zeros of the treadmill {name}, the latest first; `stance tare` keeps them, `stance record` uses a fresh one.
# counts, sd and u_counts: mean, noise of a sample, and standard uncertainty of the mean, of channels 0 to 7, in counts.
"""
_HINT = "Every key is described in docs/tare.md; move the file away to begin a new one."

Belt = Literal["off", "on"]
Channels = Annotated[tuple[float, ...], Field(strict=False, min_length=CHANNELS, max_length=CHANNELS,
                                              description=f"{CHANNELS} numbers, one per channel")]  # fmt: skip


OneGain = Annotated[float, Field(ge=1, le=1024)]
Gain = OneGain | Annotated[tuple[OneGain, ...], Field(strict=False)]
"""ADC gain of a rig's cells; one for each, in the order of the rig file, where they differ."""


class KeptTare(Table):
    """One zero, and of what."""

    made_utc: str = Field(min_length=1, max_length=40)
    """When it was taken, ISO 8601 with its offset from UTC."""
    belt: Belt
    """Whether the belt ran."""
    speed_m_s: float | None = Field(default=None, ge=0, le=30)
    """Its speed, as far as it is known, m/s."""
    seconds: float = Field(gt=0, le=3600)
    """How long it was taken."""
    device: str = Field(max_length=64)
    """Board and converter, as the device says."""
    gain: Gain
    """ADC gain of the cells, as `gain_of` tells it."""
    by_recorder: bool = False
    """Taken by a running recorder: nobody looked whether the belt did as was said, and drift is not in `u_counts`."""
    counts: Channels
    """Mean of each channel."""
    sd: Channels
    """Noise of a sample, drift taken out, counts."""
    u_counts: Channels
    """Standard uncertainty of the mean, counts."""
    force_sd_N: float = Field(ge=0)
    """Noise of the vertical force of the belt that has most, N."""

    def age_s(self, now: datetime) -> float | None:
        """How old it is, s; None if it does not say when it was taken."""
        made = when(self.made_utc)
        return None if made is None else (now - made).total_seconds()


class _File(Table):
    format: Literal[1]
    kind: Literal["tare"]
    rig: str
    tares: Annotated[tuple[KeptTare, ...], Field(strict=False)] = ()


@dataclass(frozen=True)
class TareNeed:
    """What a tare must have been taken with, to be used."""

    device: str
    """As `KeptTare.device`."""
    gain: Gain
    """ADC gain of the cells, as `gain_of` tells it."""

    def fits(self, tare: KeptTare) -> bool:
        """Whether a tare is one of this device as it is set."""
        return (tare.device, tare.gain) == (self.device, self.gain)

    def latest(self, tares: "Sequence[KeptTare]") -> KeptTare | None:
        """The first that fits, of either kind; None if none does."""
        return next(filter(self.fits, tares), None)


def device_name(board: str, adc: str) -> str:
    """What a tare calls a device: another board has other zeros."""
    return f"{board} / {adc}"


def gain_of(rig: "Rig", gains: Sequence[float]) -> Gain:
    """What a tare calls the gain of a device.

    Args:
        rig: The rig.
        gains: Gain of each channel, as the device says.

    Returns:
        That of the cells; one for each if they differ.
    """
    found = tuple(float(gains[cell.channel]) for cell in rig.cells)
    return found[0] if len(set(found)) == 1 else found


def tare_path(rig: "Rig") -> Path | None:
    """Where the tares of a rig lie: my_rig.tare.toml beside my_rig.toml.

    Args:
        rig: The rig.

    Returns:
        The path, whether there is a file or not; None if the rig does not come from a file of its own.
    """
    beside = calibration_path(rig)
    return None if beside is None else beside.with_name(beside.name.replace(".calibration.toml", ".tare.toml"))


def load_tares(path: Path, rig_name: str) -> tuple[KeptTare, ...]:
    """Load the tares of a rig.

    Args:
        path: The file; it need not exist.
        rig_name: Name of the rig; the tares of another one are none.

    Returns:
        The tares, the latest first.

    Raises:
        RigError: There is a file that cannot be read or understood.
    """
    if not path.is_file():
        return ()
    data = parse_toml(read_text(path), str(path))
    try:
        file = _File.model_validate(data)
    except ValidationError as error:
        raise RigError(str(path), **told(problems_of(error, _File, data), "a tare file", _HINT)) from None
    return file.tares if file.rig == rig_name else ()


def keep_tare(path: Path, rig_name: str, tare: KeptTare) -> None:
    """Put a tare before those that are kept, whole or not at all.

    Args:
        path: The file, new or not.
        rig_name: Name of the rig.
        tare: The newest.

    Raises:
        RigError: The file cannot be written; it is as it was then.
    """
    tares = (tare, *load_tares(path, rig_name))[:KEPT]
    try:
        replace_file(path, _text(rig_name, tares))
    except OSError as error:
        raise RigError(
            str(path),
            expected="a tare file that can be written",
            seen=error.strerror or str(error),
            next_step="The older tares are as they were; this one is not kept.",
        ) from error


def choose_tare(
    tares: Sequence[KeptTare], need: TareNeed, now: datetime, *, moving: bool, within_s: float = FRESH_S
) -> KeptTare | None:
    """Choose a tare for a recording.

    Args:
        tares: The latest first.
        need: What it must have been taken with.
        now: The moment.
        moving: Whether the belt runs: one that was taken so is better than a later one of the other kind.
        within_s: Older ones are not used.

    Returns:
        The tare; None if none is fresh.
    """
    aged = [(one, one.age_s(now)) for one in tares if need.fits(one)]
    fresh = [one for one, age_s in aged if age_s is not None and 0.0 <= age_s <= within_s]
    alike = [one for one in fresh if (one.belt == "on") == moving]
    return next(iter(alike or fresh), None)


def now_text() -> str:
    """This moment as a tare states it."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def _text(rig_name: str, tares: Sequence[KeptTare]) -> str:
    lines = [_HEAD.format(name=rig_name), "format = 1", 'kind = "tare"', f'rig = "{rig_name}"']
    for tare in tares:
        lines += ["", "[[tares]]"]
        lines += [f"{name} = {_value(value)}" for name, value in tare.model_dump().items() if value is not None]
    return "\n".join([*lines, ""])


def _value(value: Any) -> str:
    """A value as TOML writes it; numbers come back to the bit."""
    if isinstance(value, str):
        import json

        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, tuple):
        return f"[{', '.join(map(_value, value))}]"
    if isinstance(value, bool):
        return str(value).lower()
    return repr(value)
