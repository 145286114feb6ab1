"""Opens the window of a calibration."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from viewer.look import Look
from viewer.qt import open_application, run

if TYPE_CHECKING:
    from daq.calibration import Calibration
    from daq.stream import Stream
    from rigs.procedures.calibrating import CalibrationRun, Step


def run_window(
    calibration_run: "CalibrationRun", open_stream: "Callable[[], Stream]", *, path: Path,
    certificate: Path | None = None, operator: str = "", note: str = "", look: Look | None = None,
    on_step: "Callable[[Step | None], object] | None" = None,
) -> int:  # fmt: skip
    """Calibrate in a window, from the first load to the certificate.

    Args:
        calibration_run: The calibration, new or resumed.
        open_stream: Opens the device; called in another thread, again whenever the device was lost.
        path: Calibration file to write.
        certificate: Certificate to write; by default `path` with the ending .html.
        operator: Who calibrates.
        note: As much as they like.
        look: Theme and size of the window.
        on_step: Is told every step that is shown; who puts the loads on at a rehearsal.

    Returns:
        The exit code: 0 if the files are written, 2 if the window was closed before; the progress file then has what
        was read.
    """
    look = look or Look()
    application = open_application()
    from viewer.calibrate.window import CalibrateWindow
    from viewer.memory import Memory

    theme = look.theme or Memory(None, kept=True).theme
    write = writer(calibration_run, path, certificate or path.with_suffix(".html"), operator, note)
    window = CalibrateWindow(calibration_run, open_stream, write, theme=theme, size=look.size,
                             on_step=on_step)  # fmt: skip
    try:
        window.present()
        run(application)
    finally:
        window.close()
    return 0 if window.saved else 2


def writer(
    calibration_run: "CalibrationRun", path: Path, certificate: Path, operator: str, note: str
) -> "Callable[[], tuple[Calibration, Path, Path]]":
    """What writes the files at the end.

    Args:
        calibration_run: The calibration.
        path: Calibration file.
        certificate: Certificate.
        operator: Who calibrates.
        note: As much as they like.

    Returns:
        A function that fits, writes both, and gives the calibration and where they are.
    """

    def write() -> "tuple[Calibration, Path, Path]":
        from viewer.report.certificate import write_certificate_of_saved

        calibration = calibration_run.save(path, operator, note)
        write_certificate_of_saved(certificate, calibration_run.rig, calibration)
        return calibration, path, certificate

    return write
