"""Puts the report of a session in its place."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from viewer.report.pages import put_page, refuse_page

if TYPE_CHECKING:
    from viewer.numbers.targets import Target

AUDIENCES = ("coach", "physio", "lab")
"""Whom a report can be for."""


def write_report(
    session: Path,
    out: Path,
    *,
    audience: str = "lab",
    protocol: str | None = None,
    targets: Mapping[str, "Target"] | None = None,
    say: Callable[[str], object] = lambda _: None,
) -> None:
    """Write the report of a session: one HTML page, complete in itself.

    Args:
        session: A finished session.
        out: The page; a SessionError says that it exists or cannot be written.
        audience: One of `AUDIENCES`.
        protocol: Name of the protocol; by default the session's own.
        targets: Bands that somebody chose, by column; the coach's page shows them.
        say: Is told, in a sentence, if the session must be analysed first.
    """
    from viewer.report.material import gather
    from viewer.report.page import render

    session, out = Path(session), Path(out)
    refuse_page(out)
    put_page(render(gather(session, protocol=protocol, say=say), audience, targets or {}), out)
