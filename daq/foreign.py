"""Markers of other instruments on their way into a session: what the control channel's command `foreign` brings."""

import math
from typing import Any

from daq.errors import LinkError
from daq.session_format import plain
from daq.take import Mark

__all__ = ["FOREIGN_KINDS", "foreign_marks"]

FOREIGN_KINDS = ("lsl",)
MOST_TEXT = 1000


def foreign_marks(args: dict[str, Any]) -> list[tuple[Mark, float]]:
    """Read what came in.

    Args:
        args: {"events": [{"kind": one of FOREIGN_KINDS, "text": …, "data": {…}, "host_s": host clock, s}, …]}.

    Returns:
        Each with its host time.

    Raises:
        LinkError: It is something else; then nothing is to be noted.
    """
    events = args.get("events")
    if not isinstance(events, list) or not all(map(_sound, events)):
        raise LinkError("foreign", expected='{"events": [{"kind": "lsl", "text": "…", "data": {}, "host_s": 1.5}]}',
                        seen=repr(args)[:80])  # fmt: skip
    return [(Mark(e["kind"], e["text"][:MOST_TEXT], plain(e["data"])), float(e["host_s"])) for e in events]


def _sound(event: Any) -> bool:
    if not isinstance(event, dict) or event.keys() != {"kind", "text", "data", "host_s"}:
        return False
    host_s = event["host_s"]
    return (
        event["kind"] in FOREIGN_KINDS
        and isinstance(event["text"], str)
        and isinstance(event["data"], dict)
        and isinstance(host_s, int | float)
        and not isinstance(host_s, bool)
        and math.isfinite(host_s)
    )
