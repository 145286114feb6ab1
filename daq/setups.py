"""From what a session keeps to what the analysis must know: live, replay and re-analysis all come this way."""

from dataclasses import fields, replace
from typing import Any

import numpy as np

from analysis.incline import Hinge, inclined_belt, raised_height_m
from analysis.protocol import G, Protocol
from analysis.registration import FootRegistration
from analysis.setup import Runner, Setup
from analysis.timing import level_N
from analysis.wrench import Belt
from daq.device_facts import channel_skew_s, weighs_only
from daq.errors import RigError
from daq.rig import Rig
from daq.session_format import SessionHeader

REGISTRATION = "foot_registration"
"""Where the header's `extra` keeps the foot registration."""


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
        if f.name != "registration"
    }
    if runner.registration is not None:
        values["extra"] = {REGISTRATION: runner.registration.as_dict()}
    return values


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
    rig: Rig,
    protocol: Protocol,
    *,
    contact_levels: tuple[str, ...] = (),
    said: Runner | None = None,
) -> Setup:
    """Put rig, rates, runner and protocol together.

    Args:
        header: Gives the true rates, the runner, and what the device said: when each channel is sampled, and
            whether it is too slow for steps.
        rig: Gives the calibrated cells.
        protocol: Filter, thresholds, definitions.
        contact_levels: Further thresholds for contact time.
        said: Of the runner, said later than the recording.

    Returns:
        What the analysis must know. An AnalysisError or RigError says what does not fit.
    """
    for level in contact_levels:
        level_N(level, np.nan)  # refuses what is no threshold
    runner = overlay(runner_of(header), said)
    belts, height_m = _inclined(rig, runner.incline_deg or 0.0)
    return Setup(
        sample_rate_Hz=header.sample_rate_Hz,
        tick_rate_Hz=header.tick_rate_Hz,
        belts=belts,
        protocol=protocol,
        bw_N=None if runner.mass_kg is None else runner.mass_kg * G,
        runner=runner,
        deck=rig.deck_modes(),
        belt_height_m=height_m,
        belt_length_m=rig.machine.belt_length_m,
        cells_tilt=rig.machine.cells_tilt,
        contact_levels=contact_levels,
        skew_s=channel_skew_s(header.device),
        static_only=weighs_only(header.device),
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
