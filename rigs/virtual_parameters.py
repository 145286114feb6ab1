"""Every parameter of a virtual:// URL: how its text is understood, and what the manual says about it."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from rigs.virtual_readers import (
    number,
    one_of,
    read_flag,
    read_load,
    read_loads,
    read_pair,
    read_rate,
    read_skew,
    read_speed,
    some,
    whole,
)

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
        Parameter("hand", group, str, "the name that a program gave it",
            "The program itself puts loads on the belt while the device runs, for rehearsals.", shown="none"),
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
        Parameter("loose", cells, some(whole(0, 7)), "channels 0 to 7, with commas between",
            "These channels lose contact for 5 to 50 ms every two seconds or so, and float.", (), "none"),
        Parameter("saturate", cells, some(whole(0, 7)), "channels 0 to 7, with commas between",
            "These channels stay at the upper end of the range.", (), "none"),
        Parameter("mains_N", cells, number(0), "N, at least 0",
            "Amplitude of the mains' hum on every cell, each with its own phase.", 0.0),
        Parameter("mains_Hz", cells, number(0, 16_000, above=True), "Hz, above 0 to 16000", "Its frequency.", 50.0),
        Parameter("motor_N", cells, number(0), "N, at least 0",
            "Amplitude of the motor's shaking on every cell while the belt runs, each with its own phase.", 0.0),
        Parameter("motor_Hz", cells, number(0, 16_000, above=True), "Hz, above 0 to 16000", "Its frequency.", 27.0),
    ]  # fmt: skip


def _twin() -> list[Parameter]:
    group, channels = "How the machine differs from its rig file", "channels 0 to 7, with commas between"
    percent = "%, −50 to 50"
    return [
        Parameter("calibration", group, str, "the path of a calibration file, percent-encoded where needed",
            "The machine is the one that this calibration was made on: read with it, it tells the true force.",
            shown="none"),
        Parameter("gain_error_pct", group, number(0, 50), "%, 0 to 50",
            "Each cell's sensitivity is off by something between plus and minus this.", 0.0),
        Parameter("position_error_mm", group, number(0, 500), "mm, 0 to 500",
            "Each cell stands off its place, in x and in y, by something between plus and minus this.", 0.0),
        Parameter("crosstalk_pct", group, number(0, 50), "%, 0 to 50",
            "Each cell also reads up to plus or minus this share of the force along each other axis at its place, and "
            "of the signals on the channels next to its own.", 0.0),
        Parameter("nonlinearity_pct", group, number(-50, 50), percent,
            "Quadratic error of every cell at its capacity, of capacity.", 0.0),
        Parameter("hysteresis_pct", group, number(-50, 50), percent,
            "How much more every cell reads while the load grows than while it shrinks, of capacity.", 0.0),
        Parameter("creep_pct", group, number(-50, 50), percent,
            "A standing load reads so much higher in the end, of the load …", 0.0),
        Parameter("creep_s", group, number(0.01, 1e6), "seconds, 0.01 to 1000000",
            "… and gets there exponentially with this time constant.", 300.0),
        Parameter("temp_C", group, number(-100, 100), "°C, −100 to 100",
            "The machine gets so much warmer in the end …", 0.0),
        Parameter("temp_s", group, number(0, above=True), "seconds, above 0",
            "… and gets there exponentially with this time constant.", 600.0),
        Parameter("zero_N_per_C", group, number(0), "N/°C, at least 0",
            "Each cell's zero moves by something between plus and minus this per degree.", 0.0),
        Parameter("span_pct_per_C", group, number(0, 10), "%/°C, 0 to 10",
            "Each cell's sensitivity changes by something between plus and minus this per degree.", 0.0),
        Parameter("reverse", group, some(whole(0, 7)), channels, "These cells are wired backwards.", (), "none"),
        Parameter("adc_gain", group, whole(1, 255), "1 to 255",
            "The ADC has this gain, whatever the rig file says, and cannot be set.", shown="the rig's"),
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


PARAMETERS: dict[str, Parameter] = {p.name: p for p in [*_force(), *_deck_and_cells(), *_twin(), *_board()]}


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
