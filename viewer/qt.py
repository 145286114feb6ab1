"""Starts Qt: the one place that does. Every failure becomes one message that names what to install or type.

Modules that draw import PySide6 and pyqtgraph at their top, so import them after `open_application`.
"""

import os
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from viewer.display import NO_DISPLAY, display_trouble, hang_up, missing
from viewer.errors import ViewerError
from viewer.system_libraries import QT

if TYPE_CHECKING:
    from PySide6.QtWidgets import QApplication

MODULES = ("PySide6.QtWidgets", "PySide6.QtSvg", "pyqtgraph")
"""What the window draws with; pyqtgraph goes last, for it takes the Qt that it finds."""
UNSEEN = ("offscreen", "minimal", "vnc")
"""Platforms of Qt that show nobody anything by themselves."""
FIRST_BAD = (6, 12)
"""PySide6 6.12.0 loses references to None; before Python 3.12, where None cannot die, it aborts after some redraws."""


def open_application(*, offscreen: bool = False) -> "QApplication":
    """The application of this process, started if it is not running yet.

    A package, a library, a font or a display that is missing gives a ViewerError, where Qt would end the process.

    Args:
        offscreen: Draw to memory only; needs no display.

    Returns:
        The application.
    """
    _import_qt()
    from PySide6.QtCore import QCoreApplication, Qt
    from PySide6.QtGui import QGuiApplication
    from PySide6.QtWidgets import QApplication

    running = QCoreApplication.instance()
    if isinstance(running, QApplication):
        return running
    if not offscreen:
        _need_display()
    QGuiApplication.setHighDpiScaleFactorRoundingPolicy(Qt.HighDpiScaleFactorRoundingPolicy.PassThrough)
    application = QApplication(["stance", "-platform", "offscreen"] if offscreen else ["stance"])
    hang_up()
    application.setApplicationName("stance")
    application.setStyle("Fusion")
    _need_font(application)
    return application


def run(application: "QApplication") -> int:
    """Work until the last window is closed; Ctrl-C or a polite kill closes them, a second one ends the process.

    Args:
        application: From `open_application`, with its windows shown.

    Returns:
        The exit code.
    """
    with _closing_on_signals(application):
        return application.exec()


def need_window() -> None:
    """Refuse, before anything is started, where no window could be opened or nobody could see it."""
    _import_qt()
    if os.environ.get("QT_QPA_PLATFORM", "").partition(":")[0] in UNSEEN:
        raise ViewerError("window", expected="a display", seen="QT_QPA_PLATFORM, which asks for none",
                          next_step=NO_DISPLAY)  # fmt: skip
    _need_display()


def check_version(version: str, python: tuple[int, int]) -> None:
    """Refuse a PySide6 that would abort in the middle of a session.

    Args:
        version: Of PySide6, such as "6.11.3".
        python: Major and minor version of Python.

    Raises:
        ViewerError: It would.
    """
    major, minor, *_ = (int(part) for part in version.split(".")[:2])
    if (major, minor) >= FIRST_BAD and python < (3, 12):
        raise ViewerError(
            "window", expected=f"PySide6 before 6.12 on Python {python[0]}.{python[1]}",
            seen=f"{version}, which aborts after some hundred redraws",
            next_step=f'Type: {sys.executable} -m pip install "PySide6-Essentials>=6.10.3,<6.12"',
        )  # fmt: skip


def _import_qt() -> None:
    """Import all that the window needs, or say what is missing."""
    os.environ["PYQTGRAPH_QT_LIB"] = "PySide6"  # it would take another one that happens to be loaded
    try:
        import PySide6

        check_version(PySide6.__version__, sys.version_info[:2])
        for module in MODULES:
            import_module(module)
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        raise _not_installed(package) from error
    except ImportError as error:
        raise missing(str(error), QT) from error
    import pyqtgraph

    pyqtgraph.setConfigOptions(antialias=False, useOpenGL=False)


def _not_installed(package: str) -> ViewerError:
    """PySide6, pyqtgraph or something that they want is not there."""
    checkout = Path(__file__).parents[1]
    what = f'-e "{checkout}[window]"' if (checkout / "pyproject.toml").exists() else '"stance[window]"'
    return ViewerError(
        "window", expected=f"the Python package {package}", seen="that it is not installed",
        next_step=f"Type: {sys.executable} -m pip install {what}",
    )  # fmt: skip


def _need_display() -> None:
    """Let Qt start only if it will find a display."""
    from PySide6.QtCore import QCoreApplication

    own = os.environ.get("QT_QPA_PLATFORM_PLUGIN_PATH")
    folders = [*([own] if own else []), *(f"{path}/platforms" for path in QCoreApplication.libraryPaths())]
    if trouble := display_trouble(os.environ, map(Path, folders)):
        raise trouble


def _need_font(application: "QApplication") -> None:
    """Without any font all text would be boxes; matplotlib brings one."""
    from PySide6.QtGui import QFontDatabase, QFontMetrics

    def readable() -> bool:  # not QRawFont, which crashes without fonts; and some family names are always there
        return QFontMetrics(application.font()).inFontUcs4(ord("a"))

    if readable():
        return
    matplotlib = find_spec("matplotlib")
    for folder in (matplotlib.submodule_search_locations or ()) if matplotlib else ():
        for file in ("DejaVuSans.ttf", "DejaVuSans-Bold.ttf"):
            QFontDatabase.addApplicationFont(str(Path(folder, "mpl-data/fonts/ttf", file)))
    if not readable():
        raise ViewerError("window", expected="a font", seen="none on this system",
                          next_step="On Debian or Ubuntu: sudo apt-get install fonts-dejavu-core")  # fmt: skip


@contextmanager
def _closing_on_signals(application: "QApplication") -> Iterator[None]:
    """Python's signal handlers wait until Python runs, which an idle Qt never lets it: a socket wakes it up."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    from PySide6.QtCore import QSocketNotifier

    def note(number: int, _frame: object) -> None:
        signal.signal(number, signal.SIG_DFL)

    def close() -> None:
        if set(hear.recv(4096)) & set(before):
            application.closeAllWindows()

    hear, wake = socket.socketpair()
    hear.setblocking(False)
    wake.setblocking(False)
    notifier = QSocketNotifier(hear.fileno(), QSocketNotifier.Type.Read)
    notifier.activated.connect(close)
    before = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM)}
    awakened = signal.set_wakeup_fd(wake.fileno(), warn_on_full_buffer=False)
    try:
        yield
    finally:
        signal.set_wakeup_fd(awakened)
        for number, handler in before.items():
            signal.signal(number, handler)
        notifier.setEnabled(False)
        hear.close()
        wake.close()
