"""What a test of the window left behind."""

import shiboken6
from PySide6.QtCore import QCoreApplication, QEvent, QTimer
from PySide6.QtWidgets import QWidget


def living():
    """Windows and running timers that Python knows of. Widgets inside a window count as part of it."""
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    return {
        wrapper
        for wrapper in shiboken6.getAllValidWrappers()
        if (isinstance(wrapper, QWidget) and wrapper.parent() is None)
        or (isinstance(wrapper, QTimer) and wrapper.isActive())
    }
