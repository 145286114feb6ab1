"""Puts a virtual treadmill together: a rig file, a force, a deck, cells, a board and their faults."""

import inspect
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from daq.device_check import NAME_CHARS, SIMULATED
from daq.errors import RigError
from daq.rig import Rig, load_rig
from daq.wire import CHANNELS
from rigs.board import Board
from rigs.cells import CellBehaviour
from rigs.chain import SignalChain
from rigs.deck import DeckMode
from rigs.device import VirtualDevice
from rigs.faults import Faults
from rigs.hand import find_hand
from rigs.mounting import Flaws, belt_centres, sensors_of
from rigs.sources import Centres, ForceSource, Load, Sampled, StaticLoads, Taps
from rigs.synthetic import G, HalfSine, SineAndImpact, SyntheticRunner, TwoMass, VerticalShape
from rigs.twin import answer_as
from rigs.virtual_url import VirtualUrl
from rigs.waves import band_limit, close_seam, empty_in_flight, loop_span, split_by_side

Floats = NDArray[np.float64]
Values = Mapping[str, Any]
T = TypeVar("T")

BAND = 0.45
"""A force recorded faster than the ADC converts is limited to this share of the ADC's sample rate."""
SHAPES = {"half_sine": HalfSine, "two_mass": TwoMass, "impact": SineAndImpact}


def make_device(url: str | VirtualUrl, *, first_boot: int = 0) -> VirtualDevice:
    """Build the device that a URL describes, plugged in and booting at device time 0.

    Args:
        url: A virtual:// URL, as text or parsed.
        first_boot: Number of its first boot: a device that was pulled out and comes back has another boot id.

    Returns:
        The device. LinkError, RigError or FormatError say what is wrong with the URL, the rig or the force file.
    """
    asked = VirtualUrl.parse(url) if isinstance(url, str) else url
    rig, v = load_rig(asked.rig, calibration="none"), asked.values
    rate_Hz = v["rate"] or rig.sample_rate_Hz
    chain = _chain(rig, v, make_source(v, rate_Hz, belt_centres(rig)), rate_Hz)
    return VirtualDevice(
        chain, _pick(Faults, v), _board(rig, v), first_boot=first_boot, flow_control=math.isinf(v["speed"])
    )


def device_from_arrays(
    rig: Rig, wrench: Floats, fs_Hz: float, *, loop: bool = False, belt_speed_m_s: float = 0.0, **options: Any
) -> VirtualDevice:
    """Build a device under a force from arrays.

    Args:
        rig: The rig.
        wrench: (6, n), or (2, 6, n) for a split belt, each belt about its own centre; N and N·m.
        fs_Hz: Sample rate of `wrench`, Hz.
        loop: Play it for ever.
        belt_speed_m_s: Belt speed, m/s.
        **options: Parameters of the URL by name, as Python values.

    Returns:
        The device.
    """
    v = VirtualUrl.of(rig.name, **options).values
    rate_Hz = v["rate"] or rig.sample_rate_Hz
    source = _sampled(
        wrench, fs_Hz, rate_Hz, len(belt_centres(rig)), loop=loop, speed_m_s=belt_speed_m_s, title="arrays"
    )
    chain = _chain(rig, v, source, rate_Hz)
    return VirtualDevice(chain, _pick(Faults, v), _board(rig, v), flow_control=math.isinf(v["speed"]))


def modes_of(rig: Rig, values: Values) -> tuple[DeckMode, DeckMode, DeckMode]:
    """Deck modes along x, y and z: the rig's, unless asked otherwise; an axis without a mode is rigid.

    Args:
        rig: The rig.
        values: Parameters of the URL.

    Returns:
        The modes.
    """
    modes = []
    for axis, suffix in (("x", "_x"), ("y", "_y"), ("z", "")):
        mode = getattr(rig.modes, axis)
        fn = values[f"fn{suffix}_Hz"]
        zeta = values[f"zeta{suffix}"]
        nominal = (mode.natural_frequency_Hz, mode.damping) if mode else (0.0, 0.03)
        modes.append(DeckMode(nominal[0] if fn is None else fn, nominal[1] if zeta is None else zeta))
    return modes[0], modes[1], modes[2]


def make_source(values: Values, rate_Hz: float, centres: Centres) -> ForceSource:
    """The force that the parameters ask for.

    Args:
        values: Parameters of the URL.
        rate_Hz: Sample rate of the ADC, Hz.
        centres: Centres of the belts, m.

    Returns:
        The force.
    """
    speed = values["belt_speed_m_s"]
    if values["hand"] is not None:
        return find_hand(values["hand"], centres)
    if values["tap"] is not None:
        return Taps(values["tap"], values["tap_s"], centres=centres)
    if values["load"] is not None:
        loads: tuple[Load, ...] = values["load"]
        return StaticLoads(loads, values["load_s"], speed_m_s=speed or 0.0, centres=centres)
    if values["force"] is not None:
        return _from_file(values, rate_Hz, len(centres))
    if values["runner"] in SHAPES:
        return _synthetic(values)
    return _built_in(values, rate_Hz, len(centres))


def _built_in(values: Values, rate_Hz: float, belts: int) -> Sampled:
    from rigs.runners import load_runner

    runner = load_runner(values["runner"])
    wrench = empty_in_flight(runner.wrench, runner.sample_rate_Hz)
    if values["mass_kg"] is not None:
        wrench = wrench * (values["mass_kg"] * G / runner.bw_N)
    speed = values["belt_speed_m_s"]
    return _sampled(
        wrench, runner.sample_rate_Hz, rate_Hz, belts, loop=True,
        speed_m_s=runner.speed_m_s if speed is None else speed, title=runner.title,
    )  # fmt: skip


def _synthetic(values: Values) -> SyntheticRunner:
    kind = SHAPES[values["runner"]]
    scaled = {f"{name}_s": values[f"{name}_ms"] for name in ("contact", "flight", "limb_dt", "impact_at", "impact_sd")}
    known = {name: value / 1000 for name, value in scaled.items() if value is not None}
    known |= {name: values[name] for name in ("mass_kg", "limb_dv_m_s", "impact_N") if values[name] is not None}
    shape: VerticalShape = kind(
        **{name: value for name, value in known.items() if name in inspect.signature(kind).parameters}
    )
    feet = {name: values[name] for name in ("braking_BW", "foot_x_m", "roll_m", "step_width_m")}
    speed = values["belt_speed_m_s"]
    return SyntheticRunner(
        shape, 3.0 if speed is None else speed, **{name: value for name, value in feet.items() if value is not None}
    )


def _from_file(values: Values, rate_Hz: float, belts: int) -> Sampled:
    from daq.formats.force_csv import read_force_csv

    path = Path(values["force"]).expanduser()
    record = read_force_csv(path)
    if len(record.belts) > belts:
        raise RigError(
            str(path),
            expected="a force on one belt, as the rig has one",
            seen="columns for a left and a right belt",
            next_step="Choose a rig with two belts: virtual://split_belt?force=…",
        )
    wrench = np.stack([record.wrench(name) for name in record.belts]).squeeze()
    speed = values["belt_speed_m_s"]
    if speed is None:
        there = next(iter(record.belts.values())).belt_speed
        speed = 0.0 if there is None else there
    return _sampled(
        wrench, record.sample_rate_Hz, rate_Hz, belts, loop=values["loop"], speed_m_s=speed, title=path.name, cut=True
    )


def _sampled(
    wrench: Floats,
    fs_Hz: float,
    rate_Hz: float,
    belts: int,
    *,
    loop: bool,
    speed_m_s: float | Floats,
    title: str,
    cut: bool = False,
) -> Sampled:
    """A recorded force, ready to be played: looped without a seam, on its belts, within the ADC's band."""
    speed = np.broadcast_to(np.asarray(speed_m_s, np.float64), wrench.shape[-1:])
    if loop and cut:
        total = wrench if wrench.ndim == 2 else wrench.sum(axis=0)
        first, end = loop_span(total[2], fs_Hz)
        wrench, speed = close_seam(wrench[..., first:end], fs_Hz), close_seam(speed[first:end], fs_Hz)
    if wrench.ndim == 2:
        wrench = split_by_side(wrench, fs_Hz) if belts == 2 else wrench[np.newaxis]
    if rate_Hz < fs_Hz:
        wrench = band_limit(wrench, fs_Hz, BAND * rate_Hz, loop=loop)
    return Sampled(wrench, fs_Hz, loop=loop, speed_m_s=speed, title=title)


def _chain(rig: Rig, values: Values, source: ForceSource, rate_Hz: float) -> SignalChain:
    skew_s = [late_us * 1e-6 for late_us in values["skew_us"]]
    cells, seed = _cells(rig, values), values["seed"]
    sensors = sensors_of(rig, _pick(Flaws, values), seed)
    if values["calibration"] is not None:
        sensors = answer_as(sensors, rig, Path(values["calibration"]).expanduser())
    return SignalChain(source, sensors, rate_Hz, modes_of(rig, values), cells, seed, skew_s)


def _cells(rig: Rig, values: Values) -> CellBehaviour:
    noise_N = values["noise_N"]
    if noise_N is None:
        noise_N = rig.noise.cell_noise_N if rig.noise else 0.0
    return _pick(CellBehaviour, {**values, "noise_N": noise_N})


def _board(rig: Rig, values: Values) -> Board:
    more = {
        "board": f"{SIMULATED}{rig.name}"[:NAME_CHARS],
        "adc": rig.adc.name,
        "channels": rig.adc.channels,
        "gains": (min(round(values["adc_gain"] or rig.adc.gain), 255),) * CHANNELS,
    }
    return _pick(Board, {**values, "hello_rate_Hz": values["hello_rate"], **more})


def _pick(kind: type[T], values: Values) -> T:
    """A dataclass from the values of the same names."""
    return kind(**{name: values[name] for name in inspect.signature(kind).parameters if name in values})
