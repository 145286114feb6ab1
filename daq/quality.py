"""The quality lights of a session, gathered from everything that can tell how good it is."""

import numpy as np

from analysis.bandwidth import bandwidth_light
from analysis.gates import deck_lights
from analysis.incline import gravity_share_BW
from analysis.machine_lights import calibration_light, cells_light, dips_light, incline_light, speed_light, zero_light
from analysis.quality import Light, closure_light, doubted, fore_aft_light, frames_light, noise_light, steps_light
from daq.analyser import Analyser
from daq.session_format import Gaps


def session_lights(analyser: Analyser, *, frames: int, gaps: Gaps) -> list[Light]:
    """Say how good a session is.

    Args:
        analyser: Its analysis.
        frames: Frames recorded.
        gaps: Where frames are missing.

    Returns:
        The lights, in the order of a check before a flight: data, force, belt, rig.
    """
    table, setup = analyser.table, analyser.setup
    speed = analyser.belt_speed
    measured = None if speed is None or np.isnan(speed.median_m_s) else speed.median_m_s
    dips = table["belt_dip_pct"]
    dips = dips[~np.isnan(dips)]
    lost = gaps.lost
    noise = noise_light(table, setup.protocol)
    found = [
        frames_light(frames, int(lost[lost > 0].sum()), int((lost < 0).sum())),
        cells_light(analyser.still_cells, frames),
        zero_light(analyser.zero_known, analyser.idle_belts),
        None if setup.static_only else steps_light(table),
        closure_light(analyser.weight_closure(), analyser.bw_source, standing=setup.static_only),
        fore_aft_light(table, gravity_share_BW(setup.runner.incline_deg or 0.0)),
        incline_light(analyser.seen_incline_deg(), setup.runner.incline_deg),
        noise,
        speed_light(measured, setup.runner.belt_speed_m_s),
        dips_light(float(np.median(dips)) / 100.0 if dips.size else None),
        calibration_light(setup.calibration),
        bandwidth_light(analyser.empty_above_Hz, setup.protocol.cutoff_Hz),
        *doubted(deck_lights(setup), noise),
        *analyser.zero_lights(),
    ]
    return [light for light in found if light is not None]
