"""The LSL library: loaded only where it is wanted, and kept to this machine unless the network is asked for.

liblsl takes its settings from a file that the environment names, once, before its first use. They can bind its
discovery to the loopback address, but not its data and clock ports: it opens those on every interface. So these are
bound to the loopback interface here, socket by socket, in a process that has no other sockets to the network.
"""

import os
import socket
import stat
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

from daq.errors import FormatError
from daq.optional import need

__all__ = ["closed_to_the_network", "configure", "need_lsl"]

QUIET = "[log]\nlevel = -2\n"
# IPv6 has no scope that ends at this machine.
THIS_MACHINE = f"[multicast]\nResolveScope = machine\nListenAddress = 127.0.0.1\n[ports]\nIPv6 = disable\n{QUIET}"
_IP_BOUND_IF, _IPV6_BOUND_IF = 25, 125  # of macOS; the socket module does not name them


def need_lsl() -> Any:
    """Load pylsl with its library.

    Returns:
        The module.

    Raises:
        FormatError: One of them is missing or broken.
    """
    try:
        return need("pylsl", "sync")
    except (OSError, RuntimeError, AttributeError) as error:  # the package is there, its library is not, or is too old
        raise FormatError(
            "pylsl", expected="a package with the LSL library", seen=str(error).splitlines()[0][:200],
            next_step="Install it again: pip install --force-reinstall 'stance[sync]'. On Linux the package's wheel "
            "brings the library; elsewhere see the pages of liblsl.",
        ) from error  # fmt: skip


def configure(folder: Path, *, network: bool) -> None:
    """Say how far the library may reach, before it is used for the first time.

    Args:
        folder: Where the settings can be written; it is to stay until the end.
        network: Leave it to the machine's own lsl_api.cfg, if it has one; otherwise this machine only.
    """
    if network:
        return
    settings = folder / "lsl_api.cfg"
    settings.write_text(THIS_MACHINE, encoding="utf-8")
    os.environ["LSLAPICFG"] = str(settings)


def closed_to_the_network() -> bool:
    """Bind every internet socket of this process to the loopback interface.

    Returns:
        Whether this system can do so: Linux and macOS can, Windows cannot.
    """
    if sys.platform == "win32":
        return False
    descriptors = Path("/proc/self/fd" if sys.platform == "linux" else "/dev/fd")
    return not [one for one in descriptors.iterdir() if not _bound(int(one.name))]


if sys.platform != "win32":

    def _bound(descriptor: int) -> bool:
        """Bind it if it is a socket of the internet; whether nothing is left to do."""
        try:
            if not stat.S_ISSOCK(os.fstat(descriptor).st_mode):
                return True
            one = socket.socket(fileno=os.dup(descriptor))
        except OSError:  # closed meanwhile
            return True
        with one:
            if one.family not in (socket.AF_INET, socket.AF_INET6):
                return True
            with suppress(OSError):
                _to_loopback(one)
                return True
        return False

    def _to_loopback(one: socket.socket) -> None:
        if sys.platform == "linux":
            one.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"lo\0")
        elif one.family == socket.AF_INET:
            one.setsockopt(socket.IPPROTO_IP, _IP_BOUND_IF, socket.if_nametoindex("lo0"))
        else:
            one.setsockopt(socket.IPPROTO_IPV6, _IPV6_BOUND_IF, socket.if_nametoindex("lo0"))
