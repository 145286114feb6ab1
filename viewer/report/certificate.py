"""The calibration certificate of a rig: one page of HTML, complete in itself, that prints on one sheet of A4."""

import contextlib
import os
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from daq.errors import RigError
from viewer.report.certificate_figures import full_load_N, left_out, over_load
from viewer.report.certificate_maps import maps
from viewer.report.certificate_points import Point, points_of
from viewer.report.certificate_tables import cell_rows, crosstalk_table, facts, matrix_heads, reading_rows
from viewer.report.certificate_verdict import checks_of, summing_up, verdict_words
from viewer.report.style import drawing_style
from viewer.report.words import printable

if TYPE_CHECKING:
    from daq.calibration import Calibration
    from daq.rig import Rig

TEMPLATE = "certificate.html.j2"
DENSE_FROM = 45
"""More readings than these print smaller, so that all stands on one sheet."""


def certificate_page(rig: "Rig", calibration: "Calibration") -> str:
    """Write the certificate of a calibration.

    Args:
        rig: The rig.
        calibration: Its calibration; the caller has checked that it is this rig's.

    Returns:
        HTML, complete in itself.
    """
    from jinja2 import Environment, StrictUndefined

    environment = Environment(
        autoescape=True, undefined=StrictUndefined, finalize=printable, trim_blocks=True, lstrip_blocks=True
    )
    text = (files(__package__) / TEMPLATE).read_text(encoding="utf-8")
    return environment.from_string(text).render(_context(rig, calibration))


def write_certificate(path: Path | str, rig: "Rig", calibration: "Calibration") -> None:
    """Write the certificate to a file; an older one there is replaced when the new one is complete.

    Args:
        path: The page.
        rig: The rig.
        calibration: Its calibration.

    Raises:
        RigError: It cannot be written.
    """
    out = Path(path)
    data = certificate_page(rig, calibration).encode()
    tmp = out.with_name(out.name + ".tmp")
    try:
        with tmp.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        tmp.replace(out)
    except OSError as error:
        raise RigError(
            str(out), expected="to write the certificate", seen=error.strerror or str(error),
            next_step="Make room, or choose another place for it.",
        ) from error  # fmt: skip
    finally:
        with contextlib.suppress(OSError):
            tmp.unlink(missing_ok=True)


def write_certificate_of_saved(path: Path | str, rig: "Rig", calibration: "Calibration") -> None:
    """Write the certificate of a calibration that is in its file already.

    Args:
        path: The page.
        rig: The rig.
        calibration: Its calibration, as saved.

    Raises:
        RigError: It cannot be written; says where the calibration is, and how to make the page again.
    """
    try:
        write_certificate(path, rig, calibration)
    except RigError as error:
        where = calibration.where
        raise RigError(
            error.where, expected=error.expected, seen=error.seen,
            next_step=f"The calibration is saved in {where}. {error.next_step} To make the page again: "
            f"stance calibrate --certificate {where} --rig {rig.where}",
        ) from None  # fmt: skip


def _context(rig: "Rig", calibration: "Calibration") -> dict[str, Any]:
    from markupsafe import Markup

    from daq.calibration import OLD_DAYS

    quality = calibration.quality
    points = points_of(rig, calibration)
    full_N = full_load_N(points)
    fore_aft = any(belt.measures_braking for belt in rig.belts())
    checks = checks_of(quality, full_N)
    places, curves = _figures(rig, points, calibration, full_N)
    return {
        "rig": rig,
        "calibration": calibration,
        "quality": quality,
        "verdict": verdict_words(quality, fore_aft),
        "summing_up": summing_up(checks),
        "checks": checks,
        "facts": facts(rig, calibration),
        "cells": cell_rows(rig, calibration),
        "maps": places,
        "curves": curves,
        "crosstalk": crosstalk_table(quality.crosstalk_pct, quality.u_crosstalk_pct),
        "heads": matrix_heads(rig),
        "readings": reading_rows(points),
        "fore_aft": fore_aft,
        "old_days": OLD_DAYS,
        "fore_aft_loads": any(point.used and point.said_N[0] for point in points),
        "dense": len(rig.belts()) > 1 or len(points) > DENSE_FROM,
        "svg": Markup,  # our own figures, the only thing on the page that is not escaped
    }


def _figures(rig: "Rig", points: list[Point], calibration: "Calibration", full_N: float) -> tuple[list[Any], list[Any]]:
    with drawing_style():
        places = maps(rig, points, full_N)
        curves = [over_load(points, full_N), left_out(calibration.quality.lopo_by_place)]
    return places, [curve for curve in curves if curve is not None]
