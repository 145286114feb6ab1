"""Opening a port: any pyserial URL, ours included, and saying plainly why one will not open."""

import errno
import os
import re
import stat
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from difflib import get_close_matches
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path
from pkgutil import iter_modules
from typing import NoReturn

import serial
from serial.tools.list_ports import comports

from daq.errors import LinkError

__all__ = ["PortInfo", "list_ports", "load_link_handlers", "open_port", "reopen_port", "resets_on_open"]

WRITE_TIMEOUT_S = 0.5
_DEVICE_GROUPS = ("dialout", "uucp", "plugdev", "serial", "tty")


@dataclass(frozen=True)
class PortInfo:
    """A serial port of this computer.

    Attributes:
        device: What to type: /dev/ttyACM0, COM3.
        description: What the system calls it; empty if nothing.
        hwid: USB ids and serial number, or empty.
    """

    device: str
    description: str
    hwid: str


def list_ports() -> list[PortInfo]:
    """List the serial ports of this computer, USB ports first."""
    found = [PortInfo(p.device, _named(p.description), _named(p.hwid)) for p in comports()]
    return sorted(found, key=lambda p: ("USB" not in p.hwid, p.device))


def load_link_handlers() -> tuple[str, ...]:
    """Make the URL handlers of the entry points `stance.links` known to pyserial; to be done in every process.

    Returns:
        The packages that hold handlers, pyserial's own first.
    """
    packages: list[str] = serial.protocol_handler_packages
    packages += [e.value for e in entry_points(group="stance.links") if e.value not in packages]
    return tuple(packages)


def open_port(url: str, baud: int) -> serial.Serial:
    """Open a port for ourselves alone.

    Args:
        url: A device name or any pyserial URL.
        baud: Bits per second; a URL without a real line ignores it.

    Returns:
        The open port; a LinkError says why it cannot be opened and what to do.
    """
    load_link_handlers()
    # Windows ports are exclusive by nature and refuse the word; on POSIX two recorders would share the bytes
    exclusive = True if os.name == "posix" else None
    try:
        port = serial.serial_for_url(url, baudrate=baud, timeout=0, write_timeout=WRITE_TIMEOUT_S, exclusive=exclusive)
    except (OSError, ValueError) as error:  # SerialException is an OSError
        _explain(url, baud, error)
    _ask_low_latency(port)
    return port


def reopen_port(port: serial.Serial, url: str, baud: int) -> None:
    """Open a closed port again, with its old settings; a LinkError says why it cannot be opened (yet).

    Args:
        port: Made by `open_port`.
        url: Its name.
        baud: Bits per second, for messages.
    """
    try:
        if url.lower().startswith("hwgrep:"):
            port.port = url  # it looks for the device anew, which may have another name by now
        port.open()
    except (OSError, ValueError) as error:
        _explain(url, baud, error)
    _ask_low_latency(port)


def resets_on_open(port: serial.Serial) -> bool:
    """Whether opening the port may have reset the board: it has modem lines, and DTR is wired to an Arduino's reset.

    Args:
        port: An open port.

    Returns:
        False for pseudo-terminals (which raise ENOTTY), sockets and in-process devices.
    """
    if not isinstance(port, serial.Serial) and "rfc2217" not in type(port).__module__:
        return False
    try:
        _ = port.cts
    except OSError:
        return False
    return True


def _ask_low_latency(port: serial.Serial) -> None:
    """Ask an FTDI adapter to pass bytes on after 1 ms, not 16; others, and pseudo-terminals, refuse."""
    ask = getattr(port, "set_low_latency_mode", None)
    if ask is not None:
        with suppress(ValueError, OSError, NotImplementedError):
            ask(True)


def _explain(url: str, baud: int, error: Exception) -> NoReturn:
    """Raise the LinkError that tells a person why the port did not open."""
    number = next(_error_numbers(error), None)
    scheme = url.split("://", 1)[0].lower() if "://" in url else ""
    if scheme not in ("", "alt", "hwgrep", "spy"):  # these three are other names of a real port
        _explain_url(url, scheme, error, number)
    refused = "PermissionError(" in str(error)  # pyserial on Windows, where it means that the port is in use
    if number in (errno.EACCES, errno.EPERM) and not refused:
        _explain_permission(url, error)
    if number in (errno.EBUSY, errno.EAGAIN, errno.EWOULDBLOCK) or refused:
        raise LinkError(
            url,
            expected="a port that nobody else uses",
            seen="a busy port" + _holder(url),
            next_step="Close the other program (a serial monitor, another recording). "
            "A port just plugged in may be probed by ModemManager: wait 10 s.",
        ) from error
    if number in (errno.ENOENT, errno.ENODEV, errno.ENXIO):
        raise LinkError(url, expected="a serial port", seen="no such port", next_step=_suggest(url)) from error
    if number in (errno.EISDIR, errno.ENOTTY, errno.EINVAL):
        seen = "a directory" if number == errno.EISDIR else "something that is no serial port"
        raise LinkError(url, expected="a serial port", seen=seen, next_step=_suggest(url)) from error
    if isinstance(error, ValueError):
        next_step = "Choose a baud rate that the adapter knows: 115200, 250000, 500000, 1000000."
        raise LinkError(url, expected=f"a port that does {baud} baud", seen=str(error), next_step=next_step) from error
    raise LinkError(url, expected="a port that opens", seen=str(error), next_step=_suggest(url)) from error


def _explain_url(url: str, scheme: str, error: Exception, number: int | None) -> NoReturn:
    known = _schemes()
    if scheme not in known:
        near = get_close_matches(scheme, known, 1)
        raise LinkError(
            url,
            expected="a URL that begins with " + ", ".join(f"{name}://" for name in known),
            seen=f"{scheme}://",
            next_step=f"Did you mean {near[0]}://?" if near else "stance doctor lists the ports here.",
        ) from error
    if number == errno.ECONNREFUSED:
        step = "Start the device's server first, e.g. stance rigs serve virtual --tcp PORT."
        raise LinkError(
            url, expected="somebody who listens there", seen="connection refused", next_step=step
        ) from error
    raise LinkError(
        url,
        expected=f"a {scheme}:// link that opens",
        seen=_import_failure(scheme) or str(error),
        next_step="Check the part after ://; stance doctor lists the ports here.",
    ) from error


def _explain_permission(url: str, error: Exception) -> NoReturn:
    if sys.platform.startswith("linux"):
        step = _group_advice(url)
    else:
        step = "Give yourself the right to read and write it, or use another port: stance doctor lists them."
    raise LinkError(url, expected="a port you may use", seen="permission denied", next_step=step) from error


def _group_advice(path: str) -> str:
    """Name the group that may use the port, and how to join it."""
    group = "dialout"
    if sys.platform != "win32":
        import grp
        import pwd

        with suppress(OSError, KeyError):
            owner = grp.getgrgid(Path(path).stat().st_gid).gr_name
            group = owner if owner in _DEVICE_GROUPS else group
        with suppress(KeyError):
            if pwd.getpwuid(os.geteuid()).pw_name in grp.getgrnam(group).gr_mem:
                return f"You are in the group {group}, but this login began before: log out and in again."
    return f"The group {group} may use it. Join it: sudo usermod -aG {group} $USER; then log out and in again."


def _suggest(url: str) -> str:
    ports = list_ports()
    if not ports:
        return (
            "There is no serial port here: plug the device in (with a cable that carries data). "
            "Without a device: stance record --rig virtual."
        )
    names = {Path(p.device).name.lower(): p.device for p in ports} | {p.device.lower(): p.device for p in ports}
    near = get_close_matches(url.lower(), names, 1, 0.5)
    listing = ", ".join(f"{p.device} ({p.description})" if p.description else p.device for p in ports[:8])
    return (f"Did you mean {names[near[0]]}? " if near else "") + f"Ports here: {listing}."


def _holder(path: str) -> str:
    """Name a process of ours that has the port open (Linux), e.g. " held by process 4711 (python3)"."""
    with suppress(OSError):
        target = Path(path).resolve()
        for handle in Path("/proc").glob("[0-9]*/fd/*"):
            with suppress(OSError):
                if stat.S_ISCHR(handle.stat().st_mode) and handle.readlink() == target:
                    process = handle.parents[1]
                    return f" held by process {process.name} ({(process / 'comm').read_text().strip()})"
    return ""


def _error_numbers(error: BaseException | None) -> Iterator[int]:
    """Errno values behind an error: its own, those in its text, and those of the errors it came from."""
    while error is not None:
        if isinstance(error, OSError) and error.errno:
            yield error.errno
        elif type(error).__name__ == "error" and error.args and isinstance(error.args[0], int):  # termios.error
            yield error.args[0]
        # pyserial on Windows only quotes the cause: "could not open port 'COM3': PermissionError(13, ...)"
        yield from map(int, re.findall(r"(?:Error\(|Errno )(\d+)", str(error)))
        error = error.__cause__ or error.__context__


def _schemes() -> list[str]:
    schemes = set()
    for package in load_link_handlers():
        with suppress(ImportError):
            modules = iter_modules(import_module(package).__path__)
            schemes |= {m.name.removeprefix("protocol_") for m in modules if m.name.startswith("protocol_")}
    return sorted(schemes)


def _import_failure(scheme: str) -> str:
    """Why a handler does not load: pyserial keeps that to itself and calls the scheme unknown."""
    for package in load_link_handlers():
        try:
            import_module(package)
            import_module(f"{package}.protocol_{scheme}")
        except ModuleNotFoundError as error:
            if error.name not in (package, f"{package}.protocol_{scheme}"):
                return f"a missing Python module: {error.name}"
        except ImportError as error:
            return f"a handler that does not load: {error}"
    return ""


def _named(text: str | None) -> str:
    return "" if text in (None, "n/a") else str(text)
