"""The twin of a machine that has been calibrated: it answers as its calibration says."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from daq.errors import RigError
from daq.rig import Rig
from daq.wire import CHANNELS
from rigs.chain import Sensors

Floats = NDArray[np.float64]


def answer_as(sensors: Sensors, rig: Rig, path: Path) -> Sensors:
    """Let a machine answer so that the read-out of a calibration gives the true force.

    A calibration corrects the nominal read-out, M = R · M₀. A machine with the sensitivity S = S₀ · R⁻¹ is the one it
    corrects, for then M · S = R · M₀ · S₀ · R⁻¹. What its channels say between those that the read-out uses nobody
    can know; this is the machine nearest to the nominal one.

    Args:
        sensors: The machine as its rig file, and what else was asked for, make it.
        rig: The rig, without its calibration.
        path: The calibration file.

    Returns:
        The calibrated machine. A RigError says what is wrong with the file, or that it is another machine's.
    """
    from daq.calibration import check_calibration, load_calibration

    calibration = load_calibration(path)
    check_calibration(calibration, rig)
    nominal = np.concatenate([belt.matrix for belt in rig.nominal_belts()])
    undone = _inverse(correction_of(np.concatenate(list(calibration.matrices)), nominal), str(path))
    gain, force = (
        (table.reshape(CHANNELS, -1) @ undone).reshape(table.shape) for table in (sensors.gain, sensors.force)
    )
    return Sensors(
        gain, sensors.counts_per_N, sensors.pulses_per_m, sensors.bits, force, sensors.wiring, sensors.capacity_N
    )


def correction_of(calibrated: Floats, nominal: Floats) -> Floats:
    """What a calibration makes of the nominal read-out.

    Args:
        calibrated: (m, C) read-out, N and N·m per count; a row of zeros for what it cannot tell.
        nominal: (m, C) the same by statics.

    Returns:
        (m, m): R with calibrated = R · nominal, of least norm; what either cannot tell is left as it is.
    """
    told = np.flatnonzero(calibrated.any(axis=1) & nominal.any(axis=1))
    correction = np.eye(len(nominal))
    correction[np.ix_(told, told)] = calibrated[told] @ np.linalg.pinv(nominal[told])
    return correction


def _inverse(correction: Floats, where: str) -> Floats:
    if np.linalg.matrix_rank(correction) < len(correction):
        raise RigError(
            where, expected="a calibration that keeps all components apart", seen="a matrix that mixes them up"
        )
    inverse: Floats = np.asarray(np.linalg.inv(correction), np.float64)
    return inverse
