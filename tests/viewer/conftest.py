"""One QApplication for all tests of the window, drawn to memory; nothing may outlive the test that made it."""

import gc
import os

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")  # before Qt starts; say QT_QPA_PLATFORM=xcb to watch the tests
os.environ.pop("QT_SCALE_FACTOR", None)  # sizes in pixels are counted

import pytest
from leftovers import living

from viewer.qt import open_application
from viewer.theme import THEMES


@pytest.fixture(scope="session")
def qapp():
    """The application as users get it; pytest-qt's own fixtures use it too."""
    return open_application()


@pytest.fixture(params=sorted(THEMES))
def theme(request):
    """Each set of colours in turn."""
    return THEMES[request.param]


@pytest.fixture(autouse=True)
def nothing_left(request):
    """A window or timer left behind would go on working in the tests that follow."""
    if not {"qtbot", "qapp"} & set(request.fixturenames):
        yield
        return
    request.getfixturevalue("qapp")
    before = living()
    yield
    if left := living() - before:
        left.clear()
        gc.collect()  # cycles of Python objects, which nobody can reach any more, are no leak
        left = living() - before
    assert not left, f"left behind: {sorted(map(repr, left))}"
