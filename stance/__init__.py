"""The front door: the `stance` command and the public Python API.

import stance

with stance.open("session.h5") as session:
    analysis = stance.analyze(session)
print(analysis.results["summary"]["contact_time_ms"])
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from daq.rig import load_rig as load_rig
    from stance.api import analyze as analyze
    from stance.api import force as force
    from stance.api import open_session as open  # noqa: A004 - stance.open reads better than any other name
    from stance.comparing import compare as compare

__all__ = ["analyze", "compare", "force", "load_rig", "open"]

_HOMES = {
    "load_rig": ("daq.rig", "load_rig"),
    "analyze": ("stance.api", "analyze"),
    "compare": ("stance.comparing", "compare"),
    "force": ("stance.api", "force"),
    "open": ("stance.api", "open_session"),
}


def __getattr__(name: str) -> Any:
    """Import on first use: `stance --help` must not wait for numpy."""
    if name not in _HOMES:
        raise AttributeError(f"module 'stance' has no attribute {name!r}")
    from importlib import import_module

    module, attribute = _HOMES[name]
    return getattr(import_module(module), attribute)
