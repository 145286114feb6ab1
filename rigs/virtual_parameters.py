"""Every parameter of a virtual:// URL: how its text is understood, and what the manual says about it."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from daq.wire import CHANNELS
from rigs.sources import Load

_PROBABILITY = "a probability, 0 to 1"


@dataclass(frozen=True)
class Parameter:
    """One parameter."""

    name: str
    """Name in the URL, unit included."""
    group: str
    """Heading it stands under in the manual."""
    read: Callable[[str], Any]
    """Turns the text into a value; raises ValueError."""
    expected: str
    """What the text should be, for messages and the manual."""
    meaning: str
    """One sentence for the manual."""
    default: Any = None
    """Value if it is left out."""
    shown: str = ""
    """The default as the manual writes it, if it is not the value itself."""

    @property
    def default_text(self) -> str:
        """The default as the manual writes it."""
        return self.shown or f"{self.default:g}"


def number(least: float = -math.inf, most: float = math.inf, *, above: bool = False) -> Callable[[str], float]:
    """Reader of a finite number.

    Args:
        least: Smallest allowed value.
        most: Largest allowed value.
        above: Whether the smallest value itself is not allowed.

    Returns:
        The reader.
    """

    def read(text: str) -> float:
        value = float(text)
        if not (math.isfinite(value) and least <= value <= most) or (above and value == least):
            raise ValueError(text)
        return value

    return read


def whole(least: int, most: int) -> Callable[[str], int]:
    """Reader of a whole number.

    Args:
        least: Smallest allowed value.
        most: Largest allowed value.

    Returns:
        The reader.
    """

    def read(text: str) -> int:
        value = int(text, 0)
        if not least <= value <= most:
            raise ValueError(text)
        return value

    return read


def one_of(*words: str) -> Callable[[str], str]:
    """Reader of one of some words.

    Args:
        *words: The words.

    Returns:
        The reader.
    """

    def read(text: str) -> str:
        if text not in words:
            raise ValueError(text)
        return text

    return read


def some(read_one: Callable[[str], Any]) -> Callable[[str], tuple[Any, ...]]:
    """Reader of values with commas between.

    Args:
        read_one: Reader of one value.

    Returns:
        The reader.
    """
    return lambda text: tuple(read_one(part) for part in text.split(","))


def read_flag(text: str) -> bool:
    """Read 0 or 1."""
    return one_of("0", "1")(text) == "1"


def read_rate(text: str) -> float:
    """Read a sample rate; it is one that HELLO can state as a fraction."""
    value = number(10.0, 32_000.0)(text)
    return float(Fraction(value).limit_denominator(1 << 16))


def read_skew(text: str) -> tuple[float, ...]:
    """Read how late each channel is sampled, in µs; in steps of 0.1 µs, as HELLO states it."""
    late_us = some(number(0.0, 6553.5))(text)
    if len(late_us) > CHANNELS:
        raise ValueError(text)
    return tuple(round(value, 1) for value in late_us)


def read_speed(text: str) -> float:
    """Read how much faster than real time; `max` is infinite."""
    return math.inf if text == "max" else number(0.0, 1e6, above=True)(text)


def read_pair(text: str) -> tuple[int, int]:
    """Read two channels with a hyphen between."""
    one, other = text.split("-")
    return whole(0, 7)(one), whole(0, 7)(other)


def read_load(text: str) -> Load:
    """Read FORCE@X,Y, with FORCE either Fz or Fx/Fy/Fz."""
    force, _, place = text.partition("@")
    parts = [number()(part) for part in force.split("/")]
    if len(parts) not in (1, 3):
        raise ValueError(text)
    fx, fy, fz = parts if len(parts) == 3 else (0.0, 0.0, parts[0])
    x, y = (number(-10, 10)(part) for part in place.split(",")) if place else (0.0, 0.0)
    return Load((fx, fy, fz), x, y)


def read_loads(text: str) -> tuple[Load, ...]:
    """Read `none`, or loads with semicolons between."""
    return () if text == "none" else tuple(read_load(part) for part in text.split(";"))


def _force() -> list[Parameter]:
    group = "What runs or lies on the belt"
    synthetic = "half_sine, two_mass, impact"
    return [
        Parameter("runner", group, one_of("davis", "half_sine", "two_mass", "impact"),
            "davis, half_sine, two_mass or impact",
            "A real runner, played for ever, or a synthetic one whose truth is known in closed form.", "davis",
            "davis"),
        Parameter("force", group, str, "the path of a force CSV, percent-encoded where needed",
            "Ground reaction from a file, instead of the runner. After its end the belt is empty.", shown="none"),
        Parameter("loop", group, read_flag, "0 or 1",
            "Play the file for ever, cut from mid-flight to mid-flight.", False, "0"),
        Parameter("load", group, read_loads,
            "none, or FORCE@X,Y in N and m, FORCE being Fz or Fx/Fy/Fz; several with ; between",
            "Static loads, instead of the runner; `none` is an empty belt.", shown="none"),
        Parameter("load_s", group, number(0, above=True), "seconds, above 0",
            "Each of several loads lies so long; the last one stays.", math.inf, "for ever"),
        Parameter("tap", group, read_load, "FORCE@X,Y, as for load",
            "Hammer blows of 4 ms with this peak, instead of the runner.", shown="none"),
        Parameter("tap_s", group, number(0.01), "seconds, at least 0.01",
            "Time between blows; the first falls after half of it.", 2.0),
        Parameter("belt_speed_m_s", group, number(-1, 30), "m/s, −1 to 30",
            "Belt speed. A synthetic foot rides the belt at this speed.",
            shown="the runner's or the file's; synthetic 3"),
        Parameter("mass_kg", group, number(1, 500), "kg, 1 to 500",
            "Body mass; scales the force of a real runner.", shown="the runner's; synthetic 70"),
        Parameter("contact_ms", group, number(10, 5000), "ms, 10 to 5000",
            f"Contact time ({synthetic}).", shown="250; two_mass 240"),
        Parameter("flight_ms", group, number(0, 5000), "ms, 0 to 5000",
            f"Flight time ({synthetic}).", shown="100"),
        Parameter("braking_BW", group, number(0, 2), "body weights, 0 to 2",
            f"Amplitude of the fore-aft force ({synthetic}).", shown="0.25"),
        Parameter("foot_x_m", group, number(-5, 5), "m, −5 to 5",
            f"Where the foot lands, forward of the belt's centre ({synthetic}).",
            shown="so that the stance is centred"),
        Parameter("roll_m", group, number(-0.5, 0.5), "m, −0.5 to 0.5",
            f"How far the COP moves forward along the foot ({synthetic}).", shown="0"),
        Parameter("step_width_m", group, number(-1, 1), "m, −1 to 1",
            f"Distance between left and right feet ({synthetic}).", shown="0.08"),
        Parameter("limb_dv_m_s", group, number(0, 10), "m/s, 0 to 10",
            "Speed that the limb loses at touchdown (two_mass).", shown="1.1"),
        Parameter("limb_dt_ms", group, number(1, 200), "ms, 1 to 200",
            "Half the duration of the limb's impact (two_mass).", shown="27"),
        Parameter("impact_N", group, number(0, 10_000), "N, 0 to 10000", "Height of the heel impact (impact).",
            shown="500"),
        Parameter("impact_at_ms", group, number(0, 500), "ms, 0 to 500", "Time of its top after touchdown (impact).",
            shown="30"),
        Parameter("impact_sd_ms", group, number(1, 100), "ms, 1 to 100", "Its standard deviation in time (impact).",
            shown="8"),
    ]  # fmt: skip


def _deck_and_cells() -> list[Parameter]:
    group, cells = "Deck", "Cells and ADC"
    hertz, ratio = "Hz, 0 to 5000; 0 = rigid", "0.001 to below 1"
    frequency, damping = number(0, 5000), number(0.001, 0.999)
    return [
        Parameter("fn_Hz", group, frequency, hertz, "Natural frequency of the deck, vertical.", shown="the rig's"),
        Parameter("fn_x_Hz", group, frequency, hertz, "Natural frequency fore-aft.", shown="the rig's"),
        Parameter("fn_y_Hz", group, frequency, hertz, "Natural frequency sideways.", shown="the rig's"),
        Parameter("zeta", group, damping, ratio, "Damping ratio, vertical.", shown="the rig's, else 0.03"),
        Parameter("zeta_x", group, damping, ratio, "Damping ratio fore-aft.", shown="the rig's, else 0.03"),
        Parameter("zeta_y", group, damping, ratio, "Damping ratio sideways.", shown="the rig's, else 0.03"),
        Parameter("noise_N", cells, number(0), "N, at least 0", "White noise of every cell, standard deviation.",
            shown="the rig's"),
        Parameter("offset_N", cells, number(0), "N, at least 0",
            "Zero offsets: each cell draws its own between plus and minus this.", 0.0),
        Parameter("drift_N_per_min", cells, number(), "N/min", "Linear drift of every cell.", 0.0),
        Parameter("warmup_N", cells, number(), "N", "At first every cell reads so much too high …", 0.0),
        Parameter("warmup_s", cells, number(0, above=True), "seconds, above 0",
            "… and loses it exponentially with this time constant.", 600.0),
        Parameter("gain", cells, number(0.01, 100), "0.01 to 100", "All cells read this factor too high.", 1.0),
        Parameter("stuck", cells, some(whole(0, 7)), "channels 0 to 7, with commas between",
            "These channels read one constant value.", (), "none"),
        Parameter("swap", cells, some(read_pair), "pairs of channels such as 0-1, with commas between",
            "Plugs that are interchanged.", (), "none"),
        Parameter("spike", cells, number(0, 1), _PROBABILITY,
            "Probability that a value is off by ±2ⁿ counts, as from a bad connection.", 0.0),
    ]  # fmt: skip


def _board() -> list[Parameter]:
    group, line = "Board and clock", "Faults of the line and the board"
    return [
        Parameter("rate", group, read_rate, "Hz, 10 to 32000; may be a fraction, such as 976.5625",
            "True sample rate.", shown="the rig's"),
        Parameter("skew_us", group, read_skew, "µs, 0 to 6553.5, with commas between: channel 0, 1, …",
            "A multiplexing ADC: so long after data-ready it samples each channel, and says so in HELLO.", (), "0"),
        Parameter("hello_rate", group, read_rate, "Hz, 10 to 32000", "Sample rate that HELLO states.",
            shown="the true one"),
        Parameter("clock_ppm", group, number(-100_000, 100_000), "parts per million, −100000 to 100000",
            "The device timer runs this much too fast.", 0.0),
        Parameter("seed", group, whole(0, 2**63), "a whole number, at least 0", "Fixes everything that is random.", 1),
        Parameter("speed", group, read_speed, "a number above 0, or max",
            "1 is real time, 10 ten times as fast; with max, time passes as fast as frames are read.", 1.0),
        Parameter("boot_s", group, number(0, 3600), "seconds, 0 to 3600",
            "The bootloader ignores everything for so long after power-on and reset.", 0.0),
        Parameter("buffer_frames", group, whole(1, 10**8), "frames, at least 1",
            "What is kept for a host that does not read, or while the board hangs; more is dropped and counted.",
            4096, "4096"),
        Parameter("sync_period_s", group, number(0, 3600), "seconds, 0 to 3600",
            "Period of a square wave on the sync input; 0 = no sync input.", 0.0),
        Parameter("seq0", group, whole(0, 2**16 - 1), "0 to 65535", "Number of the first frame after power-on.", 0),
        Parameter("tick0", group, whole(0, 2**32 - 1), "0 to 4294967295", "Timer at power-on, in ticks of 0.5 µs.", 0),
        Parameter("drop", line, number(0, 1), _PROBABILITY, "A frame is lost on the line.", 0.0),
        Parameter("corrupt", line, number(0, 1), _PROBABILITY, "Up to 16 neighbouring bits of a frame arrive wrong.",
            0.0),
        Parameter("cut", line, number(0, 1), _PROBABILITY, "A frame loses 1 to 8 neighbouring bytes.", 0.0),
        Parameter("duplicate", line, number(0, 1), _PROBABILITY, "A frame arrives twice.", 0.0),
        Parameter("stall_at_s", line, number(0), "seconds, at least 0", "When the board hangs.", shown="never"),
        Parameter("stall_s", line, number(0, 1e6, above=True), "seconds, above 0", "For how long it hangs.", 1.0),
        Parameter("reset_at_s", line, some(number(0)), "seconds, with commas between", "When the board reboots.", (),
            "never"),
        Parameter("unplug_at_s", line, some(number(0)), "seconds, with commas between", "When the cable is pulled out.",
            (), "never"),
        Parameter("replug_at_s", line, some(number(0)), "seconds, with commas between",
            "When it is plugged in again, and the board boots; the last may be missing: then it stays out.", (),
            "never"),
    ]  # fmt: skip


PARAMETERS: dict[str, Parameter] = {p.name: p for p in [*_force(), *_deck_and_cells(), *_board()]}


def manual_tables() -> str:
    """The parameter tables of docs/virtual-treadmill.md, in Markdown."""
    lines: list[str] = []
    group = ""
    for p in PARAMETERS.values():
        if p.group != group:
            group = p.group
            lines += ["", f"### {group}", "", "| parameter | value | default | meaning |", "| --- | --- | --- | --- |"]
        lines.append(f"| `{p.name}` | {p.expected} | {p.default_text} | {p.meaning} |")
    return "\n".join(lines[1:]) + "\n"


if __name__ == "__main__":
    print(manual_tables(), end="")
