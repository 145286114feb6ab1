"""Options of the commands that open a window."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from daq.errors import FormatError
from viewer.look import PAGES, THEMES, Look


class _Size(click.ParamType):  # type: ignore[type-arg]  # generic only in newer releases
    """Width x height in pixels."""

    name = "WIDTHxHEIGHT"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, int]:
        if isinstance(value, tuple):
            return value
        width, _, height = str(value).lower().partition("x")
        if not (width.isdigit() and height.isdigit() and 320 <= int(width) <= 10_000 and 240 <= int(height) <= 10_000):
            self.fail(f"{value!r} is no size such as 1280x720", param, ctx)
        return int(width), int(height)


_OPTIONS = (
    click.option("--theme", type=click.Choice(THEMES), help="Colours; D in the window switches."),
    click.option("--page", type=click.Choice(PAGES), default="standard", show_default=True, help="What to show first."),
    click.option("--size", type=_Size(), help="Size of the window."),
    click.option("--screenshot", type=click.Path(path_type=Path), metavar="FILE",
                 help="Write a PNG of the window instead of opening one; needs no screen."),
    click.option("--reference", type=click.Path(path_type=Path), metavar="SESSION",
                 help="Draw that session's mean stance behind the steps."),
    click.option("--targets", type=click.Path(path_type=Path), metavar="FILE", help="Target bands, a TOML file."),
)  # fmt: skip


def window_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add what a window can be told; the command receives one `look` argument."""

    def wrapped(**arguments: Any) -> Any:
        names = ("theme", "page", "size", "screenshot", "reference", "targets")
        look = Look(**{name: arguments.pop(name) for name in names})
        if look.screenshot is not None:
            check_picture(look.screenshot)
        return function(look=look, **arguments)

    wrapped.__doc__ = function.__doc__
    wrapped.__name__ = function.__name__
    wrapped.__click_params__ = getattr(function, "__click_params__", [])  # type: ignore[attr-defined]
    for option in reversed(_OPTIONS):
        option(wrapped)
    return wrapped


def check_picture(path: Path) -> None:
    """Refuse a picture that could not be written, before anything is drawn.

    Args:
        path: Where it shall go.

    Raises:
        FormatError: It is no PNG, or there is no such folder.
    """
    if path.suffix.lower() != ".png":
        raise FormatError(str(path), expected="the name of a PNG file", seen=path.suffix or "no ending",
                          next_step=f"For example: --screenshot {path.with_suffix('.png').name}")  # fmt: skip
    if not path.parent.is_dir():
        raise FormatError(str(path), expected="a folder to write in", seen=f"no folder {path.parent}",
                          next_step="Make it, or choose another name.")  # fmt: skip
