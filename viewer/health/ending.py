"""Whether a recorder that is gone has left a session, or died and left its journal. No Qt."""

import time
from pathlib import Path

from viewer.source import Status

AGAIN_S = 2.0
"""A session that was not there may be recovered meanwhile."""


class Ending:
    """Looks for the session once it should be there, and not with every frame."""

    def __init__(self) -> None:
        self._session, self._died, self._asked_s = "", False, 0.0

    def died(self, status: Status) -> bool:
        """Tell whether a recorder ended without finishing its session.

        Args:
            status: The recorder's.

        Returns:
            Whether it is gone and its session is not there.
        """
        if status.state != "ended" or not status.session:
            return False
        now_s = time.monotonic()
        if status.session != self._session or (self._died and now_s - self._asked_s > AGAIN_S):
            self._session, self._asked_s = status.session, now_s
            self._died = not Path(status.session).is_file()
        return self._died


def how_to_recover(session: str) -> str:
    """What to type for a session whose recorder died; a path with blanks in quotes.

    Args:
        session: Its path, or its name alone.

    Returns:
        The command.
    """
    return f'stance recover "{session}"' if " " in session else f"stance recover {session}"
