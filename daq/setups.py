"""From what a session keeps to what the analysis must know: live, replay and re-analysis all come this way."""

from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np

from analysis.incline import Hinge, inclined_belt, raised_height_m
from analysis.protocol import G, Protocol
from analysis.registration import FootRegistration
from analysis.setup import Calibrated, MASS_u_KG, Runner, Setup
from analysis.timing import level_N
from analysis.wrench import Belt
from daq.calibration import age_days, load_calibration, parse_calibration
from daq.device_check import check_rehearsal
from daq.device_facts import channel_skew_s, weighs_only
from daq.errors import RigError
from daq.force_layout import ForceLayout, layout_of
from daq.rig import WITHOUT, Rig, calibrated, parse_rig
from daq.session_format import SessionHeader

REGISTRATION = "foot_registration"
"""Where the header's `extra` keeps the foot registration …"""
MASS_u = "u_mass_kg"
"""… and the uncertainty of the body mass."""
VIRTUAL = "virtual"
"""Name of the built-in rig that stands for no treadmill."""


def rig_of_header(header: SessionHeader, where: str | Path, calibration: str | Path | None = None) -> Rig:
    """The rig of a session as it was recorded.

    Args:
        header: Of the session.
        where: Path of the session, for messages.
        calibration: Path of another calibration file than the session's own; "none" goes without.

    Returns:
        The rig. A RigError says what is wrong with its text or with the calibration.
    """
    rig = parse_rig(header.rig_text, f"{where}: rig")
    if calibration == WITHOUT or not (calibration or header.calibration_text):
        return rig
    if calibration:
        rig = calibrated(rig, load_calibration(calibration))
    else:
        rig = calibrated(rig, parse_calibration(header.calibration_text, f"{where}: calibration"))
    check_rehearsal(str(header.device.get("board", "")), rig)
    return rig


Instrument = Rig | ForceLayout
"""What measured: a rig whose cells are known, or a force that was imported and has none."""


def instrument_of(header: SessionHeader, where: str | Path, calibration: str | Path | None = None) -> Instrument:
    """What measured a session.

    Args:
        header: Of the session.
        where: Path of the session, for messages.
        calibration: Path of another calibration file than the session's own; "none" goes without.

    Returns:
        The rig, or the layout of an imported force.

    Raises:
        RigError: Another calibration is asked for, and there are no cells; or the rig or calibration is wrong.
    """
    layout = layout_of(header)
    if layout is None:
        return rig_of_header(header, where, calibration)
    if calibration not in (None, "", WITHOUT):
        raise RigError(str(where), expected="a recording of cells, to which a calibration can apply",
                       seen="an imported force", next_step="Leave --calibration out.")  # fmt: skip
    return layout


def header_fields(runner: Runner) -> dict[str, Any]:
    """What of the runner stands in a session's header.

    Args:
        runner: Runner and run.

    Returns:
        Fields of `SessionHeader`.
    """
    values: dict[str, Any] = {
        "subject" if f.name == "name" else f.name: getattr(runner, f.name)
        for f in fields(Runner)
        if f.name not in ("registration", MASS_u)
    }
    extra: dict[str, Any] = {}
    if runner.registration is not None:
        extra[REGISTRATION] = runner.registration.as_dict()
    if runner.u_mass_kg is not None:
        extra[MASS_u] = runner.u_mass_kg
    return values | ({"extra": extra} if extra else {})


def runner_of(header: SessionHeader) -> Runner:
    """The runner and the run as the header tells them.

    Args:
        header: Of a session.

    Returns:
        The runner.
    """
    kept = header.extra.get(REGISTRATION)
    return Runner(
        name=header.subject,
        mass_kg=header.mass_kg,
        stature_m=header.stature_m,
        leg_length_m=header.leg_length_m,
        shoe_length_m=header.shoe_length_m,
        belt_speed_m_s=header.belt_speed_m_s,
        incline_deg=header.incline_deg,
        registration=None if kept is None else FootRegistration.from_dict(kept),
        u_mass_kg=header.extra.get(MASS_u),
    )


def overlay(runner: Runner, said: Runner | None) -> Runner:
    """A runner with what is said later in place of what was known.

    Args:
        runner: As recorded.
        said: Values that are not None or empty win.

    Returns:
        The runner.
    """
    if said is None:
        return runner
    given = {f.name: getattr(said, f.name) for f in fields(Runner)}
    return replace(runner, **{name: value for name, value in given.items() if value not in (None, "")})


def make_setup(
    header: SessionHeader,
    rig: Instrument,
    protocol: Protocol,
    *,
    contact_levels: tuple[str, ...] = (),
    said: Runner | None = None,
) -> Setup:
    """Put rig, rates, runner and protocol together.

    Args:
        header: Gives the true rates, the runner, and what the device said: when each channel is sampled, and
            whether it is too slow for steps.
        rig: Gives the cells, calibrated or not, or tells what an imported force is of.
        protocol: Filter, thresholds, definitions.
        contact_levels: Further thresholds for contact time.
        said: Of the runner, said later than the recording.

    Returns:
        What the analysis must know. An AnalysisError or RigError says what does not fit.
    """
    for level in contact_levels:
        level_N(level, np.nan)  # refuses what is no threshold
    runner = overlay(runner_of(header), said)
    # Weights and runner alike: so local gravity drops out of all that is told in body weights.
    gravity_m_s2 = G if isinstance(rig, ForceLayout) or rig.calibration is None else rig.calibration.gravity_m_s2
    setup = Setup(
        sample_rate_Hz=header.sample_rate_Hz,
        tick_rate_Hz=header.tick_rate_Hz,
        belts=rig.belts(),
        protocol=protocol,
        bw_N=None if runner.mass_kg is None else runner.mass_kg * gravity_m_s2,
        u_bw_N=gravity_m_s2 * (MASS_u_KG if runner.u_mass_kg is None else runner.u_mass_kg),
        runner=runner,
        contact_levels=contact_levels,
    )
    return setup if isinstance(rig, ForceLayout) else _with_rig(setup, header, rig)


def _with_rig(setup: Setup, header: SessionHeader, rig: Rig) -> Setup:
    """The setup with what only a rig and its device can tell."""
    belts, height_m = _inclined(rig, setup.runner.incline_deg or 0.0)
    return replace(
        setup,
        belts=belts,
        calibration=_calibrated(header, rig),
        deck=rig.deck_modes(),
        belt_height_m=height_m,
        belt_length_m=rig.machine.belt_length_m,
        cells_tilt=rig.machine.cells_tilt,
        skew_s=channel_skew_s(header.device),
        static_only=weighs_only(header.device),
    )


def _calibrated(header: SessionHeader, rig: Rig) -> Calibrated:
    """What the read-out rests on; its age is that at the recording, so that replay says what was said live."""
    known = rig.calibration
    if known is None:
        return Calibrated(virtual=rig.name == VIRTUAL)
    return Calibrated(
        made_on=known.made_on,
        age_days=age_days(known, header.created_utc),
        u_Fz_pct=known.quality.u_Fz_pct,
        u_cop_mm=known.quality.u_cop_mm,
        by_hand=known.by_hand,
        virtual=rig.name == VIRTUAL,
    )


def _inclined(rig: Rig, incline_deg: float) -> tuple[tuple[Belt, ...], float]:
    """Belts that read in their own frame, and the height of their surface above the cells, m."""
    machine = rig.machine
    height_m = machine.belt_height_mm / 1_000
    if machine.cells_tilt or incline_deg == 0.0:
        return rig.belts(), height_m
    if machine.hinge_mm is None:
        raise RigError(
            rig.where,
            expected="machine.hinge_mm, because its cells stay level when the belt is inclined",
            seen=f"none, and an incline of {incline_deg:g} degrees",
            next_step="Add hinge_mm = [x, z], where the deck is hinged, from the level belt's centre and surface.",
        )
    hinge = Hinge(*(value / 1_000 for value in machine.hinge_mm))
    belts = tuple(inclined_belt(belt, incline_deg, cells_tilt=False, hinge=hinge) for belt in rig.belts())
    return belts, raised_height_m(height_m, incline_deg, hinge)
