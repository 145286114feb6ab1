"""No page is wider than the window: measured by a browser, where there is one."""

import html
import json
import re
import shutil
import subprocess

import pytest
from reportsessions import made_by

from viewer.report.compare_page import render_comparison

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
WIDTHS = (360, 390, 500, 641, 700, 768, 900, 1000, 1280, 1400)
MEASURE = """<body><iframe id="f" style="border:0;height:900px"></iframe><pre id="o"></pre><script>
const frame = document.getElementById("f");
frame.onload = () => {
  const found = {};
  for (const width of %s) {
    frame.style.width = width + "px";
    const wide = frame.contentDocument.documentElement.scrollWidth;
    if (wide > width) found[width] = wide;
  }
  document.getElementById("o").textContent = JSON.stringify(found);
};
frame.src = %s;
</script></body>"""


def too_wide(page, folder):
    """Width of the window → width of the page, where that is more."""
    outer = folder / "outer.html"
    outer.write_text(MEASURE % (json.dumps(WIDTHS), json.dumps(page.as_uri())))
    command = [CHROMIUM, "--headless", "--no-sandbox", "--disable-web-security", "--allow-file-access-from-files",
               f"--user-data-dir={folder}", "--window-size=1600,1000", "--virtual-time-budget=5000", "--dump-dom",
               outer.as_uri()]  # fmt: skip
    dom = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120).stdout
    return json.loads(html.unescape(re.search(r'<pre id="o">(.+?)</pre>', dom, re.DOTALL)[1]))


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")
@pytest.mark.parametrize("page", ["coach", "physio", "lab", "compare"])
def test_no_page_is_wider_than_its_window(page, tmp_path, tmp_path_factory):
    if page == "compare":
        path = tmp_path / "compare.html"
        path.write_text(render_comparison(every_metric(tmp_path)), "utf-8")
    else:
        path = tmp_path / f"{page}.html"
        path.write_text(made_by(tmp_path_factory, "two belts", page)[2], "utf-8")
    assert too_wide(path, tmp_path) == {}


def every_metric(folder):
    from test_compare_page import NAMES, Run, comparison, difference, make_material, make_session, shown

    from analysis.summary import METRICS

    path = make_session(folder / "s.h5", Run("easy", "RBDS008_T35", 4), Run("pose", "RBDS010_T35", 4))
    found = comparison()
    own = "within the runner's own variation"
    rest = {name: difference(name, 1000.1234, 1200.3, 50.0, 120.0, own) for name in METRICS}
    object.__setattr__(found, "differences", {**rest, **found.differences})
    return make_material(NAMES, found, [shown(path)], [])
