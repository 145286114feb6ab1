"""System libraries that the window needs on Linux, and the Debian or Ubuntu packages that hold them.

PySide6 brings Qt, but not what Qt itself stands on. Only the standard library is needed here, so that the set-up can
ask before anything is installed: `python -m viewer.system_libraries [--display] [--sound]` prints the missing packages.
"""

import ctypes
import re
import sys
from collections.abc import Callable

QT = {
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libX11.so.6": "libx11-6",
    "libdbus-1.so.3": "libdbus-1-3",
    "libfontconfig.so.1": "libfontconfig1",
    "libfreetype.so.6": "libfreetype6",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libgthread-2.0.so.0": "libglib2.0-0",
    "libxkbcommon.so.0": "libxkbcommon0",
}
"""Without these Qt cannot even be imported. libfontconfig1 brings a font."""
X11 = {
    "libX11-xcb.so.1": "libx11-xcb1",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-randr.so.0": "libxcb-randr0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-render.so.0": "libxcb-render0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-shm.so.0": "libxcb-shm0",
    "libxcb-sync.so.1": "libxcb-sync1",
    "libxcb-util.so.1": "libxcb-util1",
    "libxcb-xfixes.so.0": "libxcb-xfixes0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
    "libxcb.so.1": "libxcb1",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
}
"""Without these Qt cannot open a window on an X server."""
WAYLAND = {"libwayland-client.so.0": "libwayland-client0", "libwayland-cursor.so.0": "libwayland-cursor0"}
"""Without these Qt cannot open a window on a Wayland desktop."""
SOUND = {"libportaudio.so.2": "libportaudio2"}
"""Without it the metronome is seen, not heard."""
PACKAGES = QT | X11 | WAYLAND
_LIBRARY = re.compile(r"(lib[\w.+-]+\.so(?:\.\d+)*): cannot open shared object file")


def missing_packages(libraries: dict[str, str], load: Callable[[str], object] = ctypes.CDLL) -> list[str]:
    """Packages whose library this machine cannot load.

    Args:
        libraries: Package of each library, such as `QT`.
        load: What loads a library by its name, or raises OSError.

    Returns:
        Debian packages, in order and once each; empty anywhere but on Linux.
    """
    if not sys.platform.startswith("linux"):
        return []
    missing: dict[str, None] = {}
    for library, package in libraries.items():
        try:
            load(library)
        except OSError:
            missing[package] = None
    return list(missing)


def missing_library(loader_text: str) -> str:
    """The library that the system's loader did not find.

    Args:
        loader_text: What the loader said: "libEGL.so.1: cannot open shared object file: No such file or directory".

    Returns:
        Its name; empty if the text is about something else.
    """
    found = _LIBRARY.search(loader_text)
    return found[1] if found else ""


def main(arguments: list[str]) -> None:
    """Print the packages that are missing, in one line.

    Args:
        arguments: "--display" to ask for an X server's too, "--sound" for those of the metronome.
    """
    wanted = QT | (X11 if "--display" in arguments else {}) | (SOUND if "--sound" in arguments else {})
    print(*missing_packages(wanted))


if __name__ == "__main__":
    main(sys.argv[1:])
