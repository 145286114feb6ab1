"""Calibration files: read one, write one, ask whether it belongs to a rig. Everything others need, in one place."""

from daq.calibration_checks import OLD_DAYS, age_days, calibration_path, check_calibration
from daq.calibration_read import Calibration, load_calibration, parse_calibration
from daq.calibration_write import write_calibration

__all__ = [
    "OLD_DAYS",
    "Calibration",
    "age_days",
    "calibration_path",
    "check_calibration",
    "load_calibration",
    "parse_calibration",
    "write_calibration",
]
