"""What travels with exported numbers: how they were made, and of whoever asked for nothing more, nothing else."""

from dataclasses import asdict, dataclass
from typing import Any

from analysis.protocol import ALGORITHM_VERSION
from daq.session_format import SessionHeader


@dataclass(frozen=True)
class About:
    """Where numbers come from. Subject, notes and date are there only if they were asked for."""

    session_id: str
    """Random name of the session."""
    rig: str
    """Name of the rig, or "imported"."""
    protocol: str
    """Name of the analysis protocol."""
    software: str
    """This software, with the version of its algorithms."""
    algorithms: str = str(ALGORITHM_VERSION)
    """Version of the algorithms."""
    filtered: bool = True
    """Whether the force is the protocol's filtered one."""
    subject: str = ""
    """Pseudonym of the runner, if it was asked for."""
    created_utc: str = ""
    """When it was recorded, if that was asked for."""

    def as_dict(self) -> dict[str, Any]:
        """Plain values; what was not asked for is absent."""
        return {name: value for name, value in asdict(self).items() if value != ""}


def about_session(
    session_id: str, header: SessionHeader, protocol: str, software: str,
    *, filtered: bool = True, with_subject: bool = False, with_dates: bool = False,
) -> About:  # fmt: skip
    """What is told of a session.

    Args:
        session_id: Its random name.
        header: Its header.
        protocol: Protocol of the numbers.
        software: What made them.
        filtered: Whether the force is filtered.
        with_subject: Whether the pseudonym may be told.
        with_dates: Whether the date may.

    Returns:
        No more than that.
    """
    return About(
        session_id, header.rig_name, protocol, software, filtered=filtered,
        subject=header.subject if with_subject else "", created_utc=header.created_utc if with_dates else "",
    )  # fmt: skip
