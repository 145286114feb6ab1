"""Serial doors for a device made of software: a pseudo-terminal (POSIX only) or a TCP socket. One client at a time."""

import os
import select
import socket
import sys
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from daq.errors import LinkError

READ_BYTES = 4096
_LOOK_S = 0.02
"""A pseudo-terminal tells when it is closed, not when it is opened: look so often, only while nobody is there."""


class Gone(Exception):  # noqa: N818 (no mistake: clients come and go)
    """The client has closed the door."""


class Stop:
    """Ends a server from another thread, or from a signal handler."""

    def __init__(self) -> None:
        self._ear, self._mouth = socket.socketpair()

    def set(self) -> None:
        """Ask the server to end."""
        with suppress(OSError):
            self._mouth.send(b"x")

    def fileno(self) -> int:
        """Descriptor that becomes readable; for select."""
        return self._ear.fileno()

    def close(self) -> None:
        """Free the descriptors."""
        self._ear.close()
        self._mouth.close()

    def __enter__(self) -> "Stop":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Door(Protocol):
    """What `rigs.serve` needs of a door."""

    address: str
    """What to give pyserial: a device name or a URL."""

    def wait_for_client(self, stop: Stop) -> bool:
        """Wait until somebody opens the door; False if asked to stop before."""
        ...

    def select(self, stop: Stop, *, sending: bool, timeout_s: float | None) -> tuple[bool, bool]:
        """Wait until the client has sent something, takes something, or time is over; (has sent, asked to stop)."""
        ...

    def receive(self) -> bytes:
        """What the client has sent; raises Gone."""
        ...

    def send(self, data: bytes) -> int:
        """Hand over what the client takes now; how much that was. Raises Gone."""
        ...

    def hang_up(self) -> None:
        """Let go of the client."""
        ...

    def close(self) -> None:
        """Remove the door."""
        ...


class PtyDoor:
    """A pseudo-terminal: to programs it is a serial port, /dev/pts/N. POSIX only.

    Args:
        link: A symbolic link to make to it, which is its address then; removed with it. None for none.

    Raises:
        LinkError: This system has no pseudo-terminals, or the link cannot be made.
    """

    def __init__(self, link: Path | None = None) -> None:
        if sys.platform == "win32":
            raise LinkError(
                "pseudo-terminal",
                expected="Linux or macOS",
                seen="Windows",
                next_step="Serve it over TCP: stance rigs serve virtual --tcp 7000.",
            )
        import tty

        self._master, slave = os.openpty()
        tty.setraw(slave)
        self.address = os.ttyname(slave)
        os.close(slave)  # from now on the master hangs up whenever the last client has gone
        os.set_blocking(self._master, False)
        self._link = link
        if link is not None:
            try:
                link.symlink_to(self.address)
            except OSError as error:
                os.close(self._master)
                step = "Choose another name; nothing is overwritten."
                raise LinkError(str(link), expected="a new link", seen=str(error.strerror), next_step=step) from error
            self.address = str(link)

    def wait_for_client(self, stop: Stop) -> bool:
        """Wait until somebody opens the terminal."""
        while self._hung_up():
            if select.select([stop], [], [], _LOOK_S)[0]:
                return False
        return True

    def select(self, stop: Stop, *, sending: bool, timeout_s: float | None) -> tuple[bool, bool]:
        """Wait for the client, for `stop`, or for time."""
        read, _, _ = select.select([self._master, stop.fileno()], [self._master] if sending else [], [], timeout_s)
        return self._master in read, stop.fileno() in read

    def receive(self) -> bytes:
        """What the client has written."""
        try:
            data = os.read(self._master, READ_BYTES)
        except BlockingIOError:
            return b""
        except OSError as error:
            raise Gone from error
        if not data:
            raise Gone
        return data

    def send(self, data: bytes) -> int:
        """Write what the kernel's 4 kB have room for."""
        try:
            return os.write(self._master, data)
        except BlockingIOError:
            return 0
        except OSError as error:
            raise Gone from error

    def hang_up(self) -> None:
        """Forget what the client has not read, lest the next one finds it."""
        if sys.platform != "win32":
            import termios

            with suppress(termios.error, OSError):
                termios.tcflush(self._master, termios.TCIOFLUSH)

    def close(self) -> None:
        """Remove the terminal; a client sees its device vanish."""
        if self._link is not None:
            self._link.unlink(missing_ok=True)
        os.close(self._master)

    def _hung_up(self) -> bool:
        if sys.platform == "win32":
            return True
        poll = select.poll()
        poll.register(self._master, select.POLLIN)
        return any(event & select.POLLHUP for _, event in poll.poll(0))


class TcpDoor:
    """A TCP socket; pyserial opens it as socket://HOST:PORT. Further clients are turned away.

    Args:
        port: Port number; 0 takes a free one.
        host: Interface to listen on.

    Raises:
        LinkError: The port is taken or not allowed.
    """

    def __init__(self, port: int, host: str = "127.0.0.1") -> None:
        try:
            self._listener = socket.create_server((host, port), backlog=1)
        except OSError as error:
            raise LinkError(
                f"{host}:{port}",
                expected="a free TCP port",
                seen=error.strerror or str(error),
                next_step="Choose another port; 0 takes any that is free.",
            ) from error
        name, number = self._listener.getsockname()[:2]
        self.address = f"socket://{name}:{number}"
        self.port: int = number
        self._client: socket.socket | None = None

    def wait_for_client(self, stop: Stop) -> bool:
        """Wait until somebody connects."""
        read, _, _ = select.select([self._listener.fileno(), stop.fileno()], [], [])
        if stop.fileno() in read:
            return False
        self._client, _ = self._listener.accept()
        self._client.setblocking(False)
        self._client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return True

    def select(self, stop: Stop, *, sending: bool, timeout_s: float | None) -> tuple[bool, bool]:
        """Wait for the client, for `stop`, or for time."""
        client, further = self._connected().fileno(), self._listener.fileno()
        read, _, _ = select.select([client, further, stop.fileno()], [client] if sending else [], [], timeout_s)
        if further in read:
            self._listener.accept()[0].close()
        return client in read, stop.fileno() in read

    def receive(self) -> bytes:
        """What the client has sent."""
        try:
            data = self._connected().recv(READ_BYTES)
        except BlockingIOError:
            return b""
        except OSError as error:
            raise Gone from error
        if not data:
            raise Gone
        return data

    def send(self, data: bytes) -> int:
        """Send what the socket has room for."""
        try:
            return self._connected().send(data)
        except BlockingIOError:
            return 0
        except OSError as error:
            raise Gone from error

    def hang_up(self) -> None:
        """Close the connection."""
        if self._client is not None:
            self._client.close()
            self._client = None

    def close(self) -> None:
        """Stop listening."""
        self.hang_up()
        self._listener.close()

    def _connected(self) -> socket.socket:
        if self._client is None:
            raise Gone
        return self._client
