"""Where a calibration, its page and a plan go; what cannot be written there is told before the first load is put on."""

import re
import tempfile
from dataclasses import dataclass
from pathlib import Path

from daq.errors import RigError
from daq.rig import Rig

CALIBRATION, CERTIFICATE, PLAN = "calibration", "certificate", "plan"
_KINDS = {
    CALIBRATION: (".toml", re.compile(rb'^kind\s*=\s*"calibration"', re.MULTILINE)),
    CERTIFICATE: (".html", re.compile(rb"<title>Calibration certificate")),
    PLAN: (".toml", re.compile(rb"^\[\[loads\]\]", re.MULTILINE)),
}
"""How the names end, and what such a file has near its beginning, be it damaged or not."""
_BEGINNING = 65_536


@dataclass(frozen=True)
class Files:
    """Where everything goes."""

    out: Path
    """The calibration."""
    certificate: Path
    """The page about it."""
    progress: Path | None
    """What a calibration under way has so far; None at a rehearsal."""

    @classmethod
    def of(cls, rig: Rig, out: Path | None, *, rehearsed: bool) -> "Files":
        """Choose them; a rehearsal must never be taken for the rig's calibration.

        Args:
            rig: The rig.
            out: The calibration that was asked for; None if nothing was said.
            rehearsed: Whether it is a rehearsal.

        Returns:
            The files, all of which can be written.

        Raises:
            RigError: There is no place for them.
        """
        from daq.calibration import calibration_path
        from rigs.procedures.calibration_progress import SUFFIX

        path = out or (Path(f"{rig.name}.rehearsal.toml") if rehearsed else calibration_path(rig))
        if path is None:
            raise RigError(
                rig.where, expected="a rig file of your own, beside which its calibration lies", seen="a shipped rig",
                next_step=f"Copy it with `stance rigs copy {rig.name} my_rig.toml`, or give -o.",
            )  # fmt: skip
        check_target(path, CALIBRATION)
        page = page_of(path)
        check_target(page, CERTIFICATE)
        progress = path.with_name(path.name.removesuffix(".toml").removesuffix(".calibration") + SUFFIX)
        return cls(path, page, None if rehearsed else progress)


def page_of(calibration: Path) -> Path:
    """The certificate of a calibration file, beside it."""
    return calibration.with_name(f"{calibration.name.removesuffix('.toml')}.html")


def check_target(path: Path, kind: str) -> None:
    """Refuse a file that cannot be written, or that something of another kind would be lost for.

    Args:
        path: The file, there or not.
        kind: `CALIBRATION`, `CERTIFICATE` or `PLAN`.

    Raises:
        RigError: Why not; nothing has changed.
    """
    ending, mark = _KINDS[kind]
    if path.suffix != ending:
        raise RigError(str(path), expected=f"a name that ends in {ending}, for a {kind}", seen="another one")
    if seen := _obstacle(path, mark):
        raise RigError(
            str(path), expected=f"a place for a {kind}", seen=seen,
            next_step="Choose another name, or move away what is there; nothing was changed.",
        )  # fmt: skip


def _obstacle(path: Path, mark: re.Pattern[bytes]) -> str:
    """What stands in the way; empty if nothing does."""
    try:
        if path.is_dir():
            return "a folder"
        if path.exists():
            if not path.is_file():
                return "a device"
            with path.open("r+b") as file:  # writes nothing, but tells whether one may
                if not mark.search(file.read(_BEGINNING)):
                    return "a file of another kind, which would be lost"
        beside = path.resolve()
        with tempfile.NamedTemporaryFile(prefix=f".{beside.name}.", dir=beside.parent):
            return ""
    except OSError as error:
        return error.strerror or str(error)


def rig_name_of(calibration: Path, rig_name: str) -> str:
    """The rig that a calibration file is of: the file it lies beside, else the shipped rig of that name.

    Args:
        calibration: The calibration file.
        rig_name: What it calls its rig.

    Returns:
        Name or path.
    """
    own = calibration.with_name(calibration.name.removesuffix(".toml").removesuffix(".calibration") + ".toml")
    return str(own) if own != calibration and own.is_file() else rig_name
