"""Whatever the window misses is said in one message that names what to install or type; nobody else pays for Qt."""

import os
import re
import signal
import socket
import subprocess
import sys
import tomllib
from pathlib import Path

import PySide6
import pytest
from leftovers import living
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QWidget
from xserver import x_server

from viewer import display, system_libraries
from viewer.display import display_trouble, missing, platforms
from viewer.errors import ViewerError
from viewer.qt import check_version, open_application
from viewer.system_libraries import QT, WAYLAND, X11, missing_packages

ROOT = Path(__file__).parents[2]
OPEN = """
import sys
from analysis.errors import StanceError
from viewer.qt import open_application
try:
    open_application()
except StanceError as error:
    sys.exit(f"{type(error).__name__}: {error}")
print("open")
"""
LINUX = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="displays of Linux")


def python(code, *arguments, **environment):
    """Run a text in a process without any display but the one given."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("QT_", "DISPLAY", "WAYLAND_", "XDG_SESSION"))}
    return subprocess.run([sys.executable, "-c", code, *map(str, arguments)], cwd=ROOT, env={**clean, **environment},
                          capture_output=True, text=True, timeout=60, check=False)  # fmt: skip


def refusal(done):
    """The one message of a process that could not open the window."""
    assert (done.returncode, done.stdout) == (1, "")
    (message,) = [line for line in done.stderr.splitlines() if line.startswith("ViewerError: ")]
    assert "Traceback" not in done.stderr
    return message


def test_offscreen_opens():
    done = python(OPEN, QT_QPA_PLATFORM="offscreen")
    assert (done.returncode, done.stdout, done.stderr) == (0, "open\n", "")


def test_drawing_to_memory_needs_no_display():
    done = python(OPEN.replace("open_application()", "open_application(offscreen=True)"), DISPLAY=":4321")
    assert (done.returncode, done.stdout, done.stderr) == (0, "open\n", "")


@LINUX
def test_no_display():
    message = refusal(python(OPEN))
    for word in ("DISPLAY", "WAYLAND_DISPLAY", "--screenshot", "ssh -X"):
        assert word in message


@LINUX
@pytest.mark.parametrize("asked", [{}, {"QT_QPA_PLATFORM": "xcb"}, {"WAYLAND_DISPLAY": "wayland-gone"}])
def test_no_x_server(asked):
    need_plugin("xcb")
    message = refusal(python(OPEN, DISPLAY=":4321", **asked))
    for word in ("DISPLAY=:4321", "no connection"):
        assert word in message


@LINUX
def test_silent_x_server():
    need_plugin("xcb")
    with socket.socket() as deaf:
        for number in range(100, 200):  # TCP port 6000 + n is display n
            try:
                deaf.bind(("127.0.0.1", 6000 + number))
                break
            except OSError:
                continue
        deaf.listen()
        hurry = "from viewer import display; display.PATIENCE_S = 0.3\n"
        message = refusal(python(hurry + OPEN, DISPLAY=f"127.0.0.1:{number}"))
    assert f"DISPLAY=127.0.0.1:{number}" in message
    assert "no answer" in message


KEPT = """
import ctypes, time
from viewer import display
from viewer.qt import need_window, open_application
class Reply(ctypes.Structure):
    _fields_ = [("head", ctypes.c_uint8 * 8), ("atom", ctypes.c_uint32)]
xcb = ctypes.CDLL("libxcb.so.1")
xcb.xcb_connect.restype = ctypes.c_void_p
xcb.xcb_intern_atom_reply.restype = ctypes.POINTER(Reply)
def atom(only_if_exists):
    connection = ctypes.c_void_p(xcb.xcb_connect(None, None))
    asked = xcb.xcb_intern_atom(connection, only_if_exists, 6, b"STANCE")
    found = xcb.xcb_intern_atom_reply(connection, asked, None).contents.atom
    xcb.xcb_disconnect(connection)
    time.sleep(0.3)
    return bool(found)
print(atom(False), atom(True))  # the server forgets everything when its last client leaves
need_window()
print(atom(False), atom(True), len(display._held))
open_application()
print(len(display._held))
"""


@LINUX
def test_the_x_server_that_was_asked_does_not_begin_anew_before_qt_comes():
    with x_server("640x480x24", reset=True) as screen:
        done = screen.python("-c", KEPT)
        assert (done.returncode, done.stdout, done.stderr) == (0, "True False\nTrue True 1\n0\n", "")
        for _ in range(3):
            done = screen.python("-c", OPEN)
            assert (done.returncode, done.stdout, done.stderr) == (0, "open\n", "")


@LINUX
def test_no_wayland(tmp_path):
    environment = {"XDG_RUNTIME_DIR": str(tmp_path), "WAYLAND_DISPLAY": "wayland-gone"}
    message = refusal(python(OPEN, **environment))
    # Where the plugin's own libraries are missing, that is what is said.
    assert "WAYLAND_DISPLAY=wayland-gone" in message or "libwayland" in message


def test_unknown_platform():
    message = refusal(python(OPEN, QT_QPA_PLATFORM="ofscreen"))
    assert "QT_QPA_PLATFORM=ofscreen" in message
    assert "minimal, " in message
    assert ", offscreen" in message


@pytest.mark.parametrize("package", ["PySide6", "shiboken6", "pyqtgraph"])
def test_package_not_installed(package):
    message = refusal(python(f"import sys; sys.modules['{package}'] = None\n" + OPEN, QT_QPA_PLATFORM="offscreen"))
    assert f"the Python package {package}," in message
    assert f'{sys.executable} -m pip install -e "{ROOT}[window]"' in message


@pytest.mark.parametrize("library", ["libEGL.so.1", "libxkbcommon.so.0", "libodd.so.7"])
def test_system_library_missing(tmp_path, library):
    # What the loader really says, said by a PySide6 that shadows the true one.
    shadow = tmp_path / "PySide6"
    shadow.mkdir()
    (shadow / "__init__.py").write_text('__version__ = "6.11.3"\n')
    said = f"{library}: cannot open shared object file: No such file or directory"
    (shadow / "QtWidgets.py").write_text(f"raise ImportError({said!r})\n")
    message = refusal(python(OPEN, QT_QPA_PLATFORM="offscreen", PYTHONPATH=str(tmp_path)))
    assert f"saw {library} missing" in message
    assert (f"sudo apt-get install {QT[library]}" if library in QT else f"package that holds {library}") in message


def test_broken_package_is_to_be_installed_again():
    error = missing("DLL load failed while importing QtCore: The specified procedure could not be found.", {})
    assert "DLL load failed" in str(error)
    assert "--force-reinstall PySide6-Essentials" in str(error)


@LINUX
def test_plugin_that_cannot_load_is_not_left_to_qt(tmp_path):
    """Qt would end the process; here the plugin and two more libraries are missing."""
    (tmp_path / "libqxcb.so").touch()
    tried = []

    def load(name):
        tried.append(name)
        if name.endswith("libqxcb.so"):
            raise OSError("libxcb-cursor.so.0: cannot open shared object file: No such file or directory")
        if name in ("libxcb-cursor.so.0", "libxcb-icccm.so.4", "libxkbcommon-x11.so.0"):
            raise OSError(name)

    trouble = str(display_trouble({"DISPLAY": ":0"}, [tmp_path], load))
    assert "libxcb-cursor.so.0 missing" in trouble
    assert trouble.endswith("sudo apt-get install libxcb-cursor0 libxcb-icccm4 libxkbcommon-x11-0")
    assert set(X11) < set(tried)


@LINUX
def test_one_platform_that_works_is_enough(tmp_path):
    for name in ("libqwayland.so", "libqoffscreen.so"):
        (tmp_path / name).touch()
    asked = {"QT_QPA_PLATFORM": "wayland;offscreen", "XDG_RUNTIME_DIR": str(tmp_path)}
    assert display_trouble(asked, [tmp_path], lambda name: None) is None
    alone = display_trouble({**asked, "QT_QPA_PLATFORM": "wayland"}, [tmp_path], lambda name: None)
    assert "WAYLAND_DISPLAY=wayland-0" in str(alone)


def test_platforms_are_those_that_qt_tries(monkeypatch):
    monkeypatch.setattr(display.sys, "platform", "linux")
    assert platforms({}) == []
    assert platforms({"DISPLAY": ":0"}) == ["xcb"]
    assert platforms({"DISPLAY": ":0", "WAYLAND_DISPLAY": "wayland-0"}) == ["wayland", "xcb"]
    assert platforms({"XDG_SESSION_TYPE": "wayland"}) == ["wayland"]
    assert platforms({"DISPLAY": ":0", "QT_QPA_PLATFORM": "eglfs:x=1;minimal"}) == ["eglfs", "minimal"]
    for system in ("win32", "darwin"):
        monkeypatch.setattr(display.sys, "platform", system)
        assert platforms({}) is None
        assert platforms({"QT_QPA_PLATFORM": "offscreen"}) == ["offscreen"]


def test_version_that_aborts():
    check_version("6.11.3", (3, 11))
    check_version("6.12.0", (3, 12))
    check_version("7.0", (3, 13))
    with pytest.raises(ViewerError, match=re.escape("saw 6.12.0, which aborts")) as error:
        check_version("6.12.0", (3, 11))
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]["window"]
    (named,) = re.findall(r'pip install "(.*)"', str(error.value))
    assert named in wanted


@LINUX
def test_text_is_readable_without_any_font_of_the_system(tmp_path):
    (tmp_path / "fonts.conf").write_text(f"<fontconfig><cachedir>{tmp_path}</cachedir></fontconfig>")
    widths = """
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QApplication
metrics = QFontMetrics(QApplication.font())
print(metrics.inFontUcs4(ord("a")), metrics.horizontalAdvance("iiii") < metrics.horizontalAdvance("WWWW"))
"""
    environment = {"QT_QPA_PLATFORM": "offscreen", "FONTCONFIG_FILE": str(tmp_path / "fonts.conf")}
    done = python(OPEN + widths, **environment)
    assert (done.stdout, done.stderr) == ("open\nTrue True\n", "")
    none = "import importlib.util; importlib.util.find_spec = lambda name: None\n"
    assert refusal(python(none + OPEN, **environment)).endswith("sudo apt-get install fonts-dejavu-core")


CLOSING = """
import sys
from viewer.qt import open_application, run
application = open_application(offscreen=True)
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QWidget
class Window(QWidget):
    def closeEvent(self, event):
        print("closing", flush=True)
        event.setAccepted("stubborn" not in sys.argv)
window = Window()
window.show()
QTimer.singleShot(0, lambda: print("shown", flush=True))
code = run(application)
import signal
assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
print("code", code)
"""


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signal_closes_the_window(number):
    with subprocess.Popen([sys.executable, "-c", CLOSING], stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdout.readline() == "shown\n"
        process.send_signal(number)
        assert process.communicate(timeout=30)[0] == "closing\ncode 0\n"
        assert process.returncode == 0


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
def test_second_signal_ends_a_window_that_will_not_close():
    with subprocess.Popen([sys.executable, "-c", CLOSING, "stubborn"], stdout=subprocess.PIPE, text=True,
                          cwd=ROOT) as process:  # fmt: skip
        assert [process.stdout.readline(), process.send_signal(signal.SIGINT)] == ["shown\n", None]
        assert [process.stdout.readline(), process.send_signal(signal.SIGINT)] == ["closing\n", None]
        assert process.communicate(timeout=30)[0] == ""
        assert process.returncode == -signal.SIGINT


def test_one_application(qapp):
    assert open_application() is open_application(offscreen=True) is qapp is QApplication.instance()
    qapp.setStyleSheet("")  # of a window that another test has opened; it stands before the style
    assert qapp.style().name() == "fusion"
    assert qapp.applicationName() == "stance"


COLD = """
import sys
from stance.cli import run
code = run(sys.argv[1:]) if sys.argv[1:] else __import__("stance") and 0
slow = sorted({name.partition(".")[0] for name in sys.modules} & {"PySide6", "shiboken6", "pyqtgraph"})
sys.exit(f"exit code {code}, loaded {slow}" if code or slow else 0)
"""


@pytest.mark.parametrize("arguments", [
    (), ("--help",), ("record", "--help"), ("demo", "--help"), ("rigs", "list"),
    ("record", "--port", "virtual://virtual?seed=1&speed=max", "--seconds", "2", "-o", "s.h5"),
])  # fmt: skip
def test_without_a_window_qt_stays_out(tmp_path, arguments):
    done = python(COLD, *(tmp_path / a if a == "s.h5" else a for a in arguments))
    assert done.returncode == 0, done.stderr


def test_packages_of_libraries(monkeypatch):
    def load(name):
        if name in ("libglib-2.0.so.0", "libgthread-2.0.so.0", "libGL.so.1"):
            raise OSError(name)

    monkeypatch.setattr(system_libraries.sys, "platform", "linux")
    assert missing_packages(QT, load) == ["libgl1", "libglib2.0-0"]
    monkeypatch.setattr(system_libraries.sys, "platform", "darwin")
    assert missing_packages(QT, load) == []


@LINUX
@pytest.mark.parametrize(("file", "libraries"), [
    ("lib/libQt6Core.so.6", QT), ("lib/libQt6DBus.so.6", QT), ("lib/libQt6Gui.so.6", QT), ("lib/libQt6Svg.so.6", QT),
    ("lib/libQt6Widgets.so.6", QT), ("plugins/platforms/libqoffscreen.so", QT),
    ("plugins/platforms/libqxcb.so", QT | X11), ("plugins/platforms/libqwayland.so", QT | WAYLAND),
])  # fmt: skip
def test_list_of_libraries_is_whole(file, libraries):
    """Whatever Qt is linked with is Qt's own, a base system's, or in the list."""
    names = re.findall(rb"\0(lib[\w.+-]+\.so[.\d]*)(?=\0)", (Path(PySide6.__file__).parent / "Qt" / file).read_bytes())
    base = r"libQt6|libicu|lib(c|m|z|zstd|gcc_s|stdc\+\+)\.so"
    asked = {name.decode() for name in names} - {Path(file).name}
    assert asked
    assert {name for name in asked if not re.match(base, name)} <= set(libraries)


TOOLS = r"gcc-avr binutils-avr( avr-libc)?( arduino-core-avr)?( libsimavr-dev)?( libelf-dev)? g\+\+"
"""The firmware's packages: those with a command are looked for in PATH, the others by the files that they bring."""


@LINUX
@pytest.mark.parametrize(("arguments", "said", "code"), [
    (("window",), r"no window: missing system packages \(.*: sudo apt-get install libgl1 libegl1\)\n", 0),
    (("firmware",), rf"missing system packages: {TOOLS}\ninstall them, .* with: sudo apt-get install {TOOLS}\n", 1),
    (("test",), rf"missing system packages: libgl1 libegl1 {TOOLS} xvfb\n"
     rf"install them, on Debian or Ubuntu with: sudo apt-get install libgl1 libegl1 {TOOLS} xvfb\n", 1),
])  # fmt: skip
def test_setup_names_what_is_missing(tmp_path, arguments, said, code):
    """A user who is not root, on a machine with little on it."""
    bin_ = tmp_path / "bin"
    bin_.mkdir()
    for name, does in (("id", "echo 1000"), ("uname", "echo Linux"), ("python", "echo libgl1 libegl1")):
        (bin_ / name).write_text(f"#!/bin/sh\n{does}\n")
        (bin_ / name).chmod(0o755)
    done = subprocess.run(
        ["/bin/sh", "tools/setup.sh", *arguments], env={"PATH": str(bin_), "VENV": str(tmp_path)},
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == code
    assert re.fullmatch(said, done.stderr), done.stderr


def need_plugin(name):
    """Skip where the platform plugin itself cannot load; then that is what is said, and another test looks at it."""
    if name == "xcb" and missing_packages(X11):
        pytest.skip(f"needs {' '.join(missing_packages(X11))}")


def test_timers_and_windows_are_counted(qapp):
    before = living()
    window, timer = QWidget(), QTimer()
    timer.start(1000)
    assert living() - before == {window, timer}
    timer.stop()
    window.deleteLater()
    assert living() - before == set()
