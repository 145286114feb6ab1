"""The page of a calibration under way: the guide beside the belt, the cells and the readings."""

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

LEFT_WIDTH, RIGHT_WIDTH = 360, 290
SPACE = 8


def page_of(guide: QWidget, belt: QWidget, cells: QWidget, readings: QWidget) -> QWidget:
    """Put the parts of the window in their places.

    Args:
        guide: From top to bottom at the left: what there is to decide may take many words.
        belt: In the middle, as large as can be.
        cells: To the right of it.
        readings: Below these two.

    Returns:
        The page.
    """
    guide.setFixedWidth(LEFT_WIDTH)
    cells.setFixedWidth(RIGHT_WIDTH)
    page = QWidget()
    row, upper, right = QHBoxLayout(page), QHBoxLayout(), QVBoxLayout()
    row.setContentsMargins(SPACE, SPACE, SPACE, SPACE)
    for layout in (row, upper, right):
        layout.setSpacing(SPACE)
    upper.addWidget(belt, 1)
    upper.addWidget(cells)
    right.addLayout(upper, 5)
    right.addWidget(readings, 2)
    row.addWidget(guide)
    row.addLayout(right, 1)
    return page
