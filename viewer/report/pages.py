"""What every printed page has in common: its template engine, its look, and how it gets to its place.

A page is a template that extends `page.html.j2`, whose style is `page_style.css.j2`: blocks `style`, `facts` and
`main` are its own. Macros that several pages need stand in `page_parts.html.j2`.
"""

import contextlib
import os
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from daq.errors import SessionError
from viewer.report.words import printable

if TYPE_CHECKING:
    from jinja2 import Environment


def environment() -> "Environment":
    """The template engine of every page.

    Returns:
        It escapes whatever it is given, refuses names that nobody set, and finds the templates beside this file;
        `svg` lets our own figures through.
    """
    from jinja2 import Environment, FunctionLoader, StrictUndefined
    from markupsafe import Markup

    engine = Environment(
        loader=FunctionLoader(_source), autoescape=True, undefined=StrictUndefined, finalize=printable,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    engine.globals["svg"] = Markup  # our own figures, the only thing on a page that is not escaped
    engine.filters["sentence"] = _sentence
    return engine


def render_page(template: str, context: Mapping[str, Any]) -> str:
    """Write a page.

    Args:
        template: Name of a template beside this file.
        context: What it shows; `title` and `facts` (texts of the line under it) belong to every page.

    Returns:
        HTML, complete in itself.
    """
    return environment().get_template(template).render(context)


def refuse_page(out: Path) -> None:
    """Say that a page cannot go where it should, before any work is done for it.

    Args:
        out: The page.

    Raises:
        SessionError: It exists, or there is no directory for it.
    """
    if out.exists():
        raise SessionError(
            str(out), expected="a new file", seen="one that exists",
            next_step="Choose another name for the report, or move the old one away.",
        )  # fmt: skip
    if not out.parent.is_dir():
        raise SessionError(
            str(out), expected="a directory to write in", seen=f"no directory {out.parent}",
            next_step="Make it, or choose another name for the report.",
        )  # fmt: skip


def put_page(page: str, out: Path) -> None:
    """Put a page in its place: all of it or nothing, so that a reader never meets half a page.

    Args:
        page: HTML.
        out: Where it goes; must not exist.

    Raises:
        SessionError: It exists by now, or cannot be written.
    """
    try:
        _put(page.encode(), out)
    except OSError as error:
        raise SessionError(
            str(out), expected="to write the report", seen=error.strerror or str(error),
            next_step="Make room, or choose another name for it.",
        ) from error  # fmt: skip


def _put(data: bytes, out: Path) -> None:
    tmp = out.with_name(out.name + ".tmp")
    try:
        with tmp.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        refuse_page(out)  # something may have appeared there meanwhile
        tmp.replace(out)
    finally:
        with contextlib.suppress(OSError):
            tmp.unlink(missing_ok=True)


def _source(name: str) -> str:
    return (files(__package__) / name).read_text(encoding="utf-8")


def _sentence(text: str) -> str:
    """The same, beginning with a capital."""
    return text[:1].upper() + text[1:]
