"""Whether Qt will find a display. Asked first, because Qt ends the whole process where it finds none."""

import ctypes
import os
import socket
import sys
import threading
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from viewer.errors import ViewerError
from viewer.system_libraries import PACKAGES, WAYLAND, X11, missing_library, missing_packages

PATIENCE_S = 10.0
"""How long an X server may take to answer; one on this machine takes a millisecond, one behind ssh perhaps a second."""
NO_DISPLAY = "For a picture without a screen: --screenshot FILE. To a machine reached by ssh, connect with: ssh -X"

Loader = Callable[[str], object]
_held: list[Callable[[], object]] = []
"""Hangs up on the X server that was asked."""


def display_trouble(
    environ: Mapping[str, str], plugin_folders: Iterable[Path], load: Loader = ctypes.CDLL
) -> ViewerError | None:
    """What keeps Qt from opening a window.

    Args:
        environ: The environment.
        plugin_folders: Where Qt looks for platform plugins.
        load: What loads a library by its path or name, or raises OSError.

    Returns:
        The error to raise: no display, one that does not answer, or a library missing; None if all is well.
    """
    names = platforms(environ)
    if names is None:
        return None
    if not names:
        return ViewerError(
            "window", expected="a display", seen="none (neither DISPLAY nor WAYLAND_DISPLAY is set)",
            next_step=NO_DISPLAY,
        )  # fmt: skip
    folders = tuple(plugin_folders)
    last = None
    for name in names:  # Qt tries one after the other; what hinders the last resort is what there is to mend
        last = _trouble(name, environ, folders, load)
        if last is None:
            return None
    return last


def platforms(environ: Mapping[str, str]) -> list[str] | None:
    """Names of the platform plugins that Qt will try.

    Args:
        environ: The environment.

    Returns:
        In order; none if there is no display; None if Qt chooses by itself, on Windows and macOS.
    """
    if asked := environ.get("QT_QPA_PLATFORM"):
        return [name.partition(":")[0] for name in asked.split(";")]
    if not sys.platform.startswith("linux"):
        return None
    wayland = "WAYLAND_DISPLAY" in environ or environ.get("XDG_SESSION_TYPE") == "wayland"
    return ["wayland"] * wayland + ["xcb"] * ("DISPLAY" in environ)


def _trouble(name: str, environ: Mapping[str, str], folders: tuple[Path, ...], load: Loader) -> ViewerError | None:
    """What keeps Qt from using a platform plugin."""
    plugin = _plugin(name, folders)
    if plugin is None:
        there = sorted({path.stem.removeprefix("lib")[1:] for folder in folders for path in folder.glob("*q*")})
        return ViewerError(
            f"QT_QPA_PLATFORM={environ.get('QT_QPA_PLATFORM', name)}", expected="a platform that Qt has",
            seen=f"{name!r}", next_step=f"Unset it, or choose among: {', '.join(there)}",
        )  # fmt: skip
    try:
        load(str(plugin))
    except OSError as error:
        return missing(str(error), {"xcb": X11, "wayland": WAYLAND}.get(name, {}), load)
    if name == "xcb":
        return _x_trouble(environ.get("DISPLAY", ""))
    return _wayland_trouble(environ) if name.startswith("wayland") else None


def _plugin(name: str, folders: tuple[Path, ...]) -> Path | None:
    """The file of a plugin; "wayland-egl" lives in that of "wayland"."""
    files = (
        f"{prefix}{name.partition('-')[0]}.{end}" for prefix, end in (("libq", "so"), ("libq", "dylib"), ("q", "dll"))
    )
    return next((folder / file for file in files for folder in folders if (folder / file).is_file()), None)


def missing(loader_text: str, libraries: Mapping[str, str], load: Loader = ctypes.CDLL) -> ViewerError:
    """What to install when the system's loader failed.

    Args:
        loader_text: What the loader said.
        libraries: Package of each library that may be missing besides.
        load: What loads a library by its name, or raises OSError.

    Returns:
        The error to raise.
    """
    library = missing_library(loader_text)
    packages = dict.fromkeys([PACKAGES[library]] if library in PACKAGES else [])
    packages |= dict.fromkeys(missing_packages(dict(libraries), load))
    if packages:
        next_step = f"On Debian or Ubuntu: sudo apt-get install {' '.join(packages)}"
    elif library:
        next_step = f"Install the system package that holds {library}."
    else:
        next_step = (
            f"Install them again: {sys.executable} -m pip install --force-reinstall PySide6-Essentials shiboken6"
        )
    seen = f"{library} missing" if library else loader_text
    return ViewerError("window", expected="the system libraries of Qt", seen=seen, next_step=next_step)


def _x_trouble(display: str) -> ViewerError | None:
    """What keeps the X server from answering, found as Qt will find it: with its own library, cookie and address.

    The line is kept until `hang_up`: a server that loses its last client begins anew, and refuses Qt meanwhile.
    """
    xcb = ctypes.CDLL("libxcb.so.1")
    xcb.xcb_connect.restype = ctypes.c_void_p
    xcb.xcb_disconnect.restype = None
    refused: list[bool] = []

    def ask() -> None:
        connection = ctypes.c_void_p(xcb.xcb_connect(None, None))
        wrong = bool(xcb.xcb_connection_has_error(connection))
        if wrong:
            xcb.xcb_disconnect(connection)
        else:
            _held.append(lambda: xcb.xcb_disconnect(connection))
        refused.append(wrong)

    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    asking.join(PATIENCE_S)
    if refused == [False]:
        return None
    seen = "no connection" if refused else f"no answer for {PATIENCE_S:g} s"
    return ViewerError(
        f"DISPLAY={display}", expected="an X server that answers", seen=seen, next_step=f"Is it right? {NO_DISPLAY}"
    )


def hang_up() -> None:
    """Let go of the X server that was asked: Qt has a line of its own by now, or will not have any."""
    while _held:
        _held.pop()()


def _wayland_trouble(environ: Mapping[str, str]) -> ViewerError | None:
    """What keeps the Wayland desktop from answering."""
    name = environ.get("WAYLAND_DISPLAY") or "wayland-0"
    path = os.path.join(environ.get("XDG_RUNTIME_DIR", ""), name)  # noqa: PTH118, an absolute name stands alone
    try:
        with socket.socket(socket.AF_UNIX) as door:
            door.settimeout(PATIENCE_S)
            door.connect(path)
    except OSError as error:
        return ViewerError(
            f"WAYLAND_DISPLAY={name}", expected="a Wayland desktop that answers", seen=error.strerror or str(error),
            next_step=f"Is it right? {NO_DISPLAY}",
        )  # fmt: skip
    return None
