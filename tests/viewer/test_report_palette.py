"""Colours that stand beside each other in a figure can be told apart, also by people who are colour-blind."""

from itertools import combinations

import numpy as np
import pytest

from viewer.report.style import BLUE, GREY, INK, ORANGE, SERIES, SIDE_COLOURS, SIDE_LINES, SKY

MACHADO = {
    "normal": np.eye(3),
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}  # fmt: skip
"""Linear RGB as it looks, full severity: Machado, Oliveira & Fernandes 2009, IEEE TVCG 15:1291, table of the paper."""
LEAST = 20.0
"""CIE 1976 colour difference that no pair may fall below; some 2.3 are just noticeable side by side."""


def linear(colour):
    srgb = np.array([int(colour[k : k + 2], 16) for k in (1, 3, 5)]) / 255.0
    return np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)


def lab(rgb):
    to_xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    xyz = to_xyz @ rgb / (to_xyz @ np.ones(3))
    f = np.where(xyz > (6 / 29) ** 3, np.cbrt(xyz), xyz / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def difference(one, other, sight):
    seen = [lab(np.clip(np.asarray(MACHADO[sight]) @ linear(colour), 0.0, 1.0)) for colour in (one, other)]
    return float(np.linalg.norm(seen[0] - seen[1]))


def test_the_measure_itself():
    assert difference("#000000", "#ffffff", "normal") == pytest.approx(100.0, abs=0.1)
    assert difference("#ff0000", "#00ff00", "normal") == pytest.approx(170.6, abs=0.5)  # Lab (53,80,67), (88,-86,83)
    assert difference("#808000", "#a06a00", "deuteranopia") < 0.5 * difference("#808000", "#a06a00", "normal")
    for matrix in MACHADO.values():
        assert np.sum(matrix, axis=1) == pytest.approx([1.0, 1.0, 1.0], abs=1e-5)  # grey stays grey


@pytest.mark.parametrize("sight", MACHADO)
def test_series_can_be_told_apart(sight):
    assert len(set(SERIES)) == len(SERIES)
    for one, other in combinations(SERIES, 2):
        assert difference(one, other, sight) > LEAST, (one, other)


@pytest.mark.parametrize("sight", MACHADO)
def test_lines_stand_out_from_the_page(sight):
    for colour in (BLUE, ORANGE, INK, GREY, SKY):
        assert difference(colour, "#ffffff", sight) > LEAST, colour


def test_feet_differ_in_more_than_colour():
    assert SIDE_COLOURS["L"] != SIDE_COLOURS["R"]
    assert SIDE_LINES["L"] != SIDE_LINES["R"]
