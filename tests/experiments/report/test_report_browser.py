"""The page in a browser without a window: sorting, filtering, links, nothing fetched."""

import re
import shutil
import subprocess
from urllib.parse import quote

import numpy as np
import pytest

from experiments.report import study_report

CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
QUIET = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)
needs_browser = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed")


@pytest.fixture(scope="module")
def page_file(tmp_path_factory, made_at):
    """The page of a study with starts whose order by name, by rank and by value differ."""
    study = made_at(tmp_path_factory.mktemp("browser") / "study")
    for rank, mean in ((1, 0.3), (5, 0.1), (20, 0.2)):
        record = {"kind": "low_rank", "rank": rank, "keep": "frobenius"}
        values = {"kernel_alignment": mean + np.array([0.0, 0.01])}
        study.add((f"rank {rank}", record), values, rank=rank)
    study.add("without", {"kernel_alignment": [np.nan, np.nan]})
    file = study.path / "report.html"
    file.write_text(study_report(study.path).html, encoding="utf-8")
    return file


def dumped(file, fragment, profile):
    """The page after its script ran, and what the browser said of it on the way."""
    done = subprocess.run(
        [
            *(str(CHROMIUM), *QUIET, f"--user-data-dir={profile}"),
            *("--enable-logging=stderr", "--v=0", "--virtual-time-budget=2000", "--dump-dom"),
            file.as_uri() + fragment,
        ],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return done.stdout, [line for line in done.stderr.splitlines() if "CONSOLE" in line]


@needs_browser
def test_a_link_to_a_view_sorts_and_filters(page_file, tmp_path, read):
    html, said = dumped(page_file, "#sort=-kernel_alignment&filter=RANK", tmp_path / "profile")
    page = read(html)
    # What is empty goes last.
    assert [row["start"] for row in page.cells] == ["rank 1", "rank 20", "rank 5", "without"]
    assert [t for t, name, _ in page.attributes if (t, name) == ("tr", "hidden")] == ["tr"]
    assert "3 of 4 cells" in page.text
    keys = [value for _, name, value in page.attributes if name == "data-key"]
    sorts = [value for _, name, value in page.attributes if name == "aria-sort"]
    assert dict(zip(keys, sorts, strict=True)) == dict.fromkeys(keys, "none") | {
        "kernel_alignment": "descending"
    }
    assert said == []
    # Were there anything to fetch, the browser would refuse it and say so.
    other = tmp_path / "other.html"
    image = '<img src="http://127.0.0.1:9/none.png" alt="">'
    other.write_text(page_file.read_text(encoding="utf-8").replace("<main>", f"<main>{image}"))
    _, said = dumped(other, "", tmp_path / "profile")
    assert any("Content Security Policy" in line for line in said)


@needs_browser
@pytest.mark.parametrize(
    ("asked", "left"),
    [
        ("rank 1", ["rank 1"]),
        ("RANK  20", ["rank 20"]),
        ("ank", []),
        ("0.1", []),
        ("wit", ["without"]),  # codespell:ignore wit
        ("rank, 0.105", ["rank 5"]),
        ("start: rank 5", ["rank 5"]),
        ("task: rank 5", []),
        ("kernel: 0.305", ["rank 1"]),
        ("seeds: 2", ["rank 1", "rank 5", "rank 20", "without"]),
    ],
)
def test_the_filter_takes_phrases_and_columns(page_file, tmp_path, read, asked, left):
    html, _ = dumped(page_file, f"#filter={quote(asked)}", tmp_path / "profile")
    rows = re.findall(r"<tr( hidden=\"\")?><td>2AF</td><td[^>]*>([^<]*)<", html)
    assert len(rows) == 4
    assert [start for hidden, start in rows if not hidden] == left


@needs_browser
def test_headings_sort_by_mouse_and_by_keyboard(page_file):
    api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        page = browser.new_page(viewport={"width": 375, "height": 700})
        asked, said = [], []
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.goto(page_file.as_uri())

        def starts():
            return page.locator("#cells tbody tr:visible td:nth-child(2)").all_inner_texts()

        # By rank and not by letters.
        assert starts() == ["rank 1", "rank 5", "rank 20", "without"]
        heading = page.get_by_role("button", name="kernel alignment")
        heading.click()
        assert starts() == ["rank 5", "rank 20", "rank 1", "without"]
        assert page.url.endswith("#sort=kernel_alignment")
        page.keyboard.press("Enter")
        assert starts() == ["rank 1", "rank 20", "rank 5", "without"]
        assert page.get_by_role("columnheader", name="kernel alignment").get_attribute(
            "aria-sort"
        ) == ("descending")
        page.get_by_role("searchbox").fill("rank 20")
        assert starts() == ["rank 20"]
        assert page.url.endswith("#sort=-kernel_alignment&filter=rank+20")
        page.reload()
        assert starts() == ["rank 20"]
        # At the width of a telephone the table scrolls, and the page does not.
        assert page.evaluate("document.documentElement.scrollWidth") == 375
        # The icon is in the page itself.
        assert {re.sub(r"#.*", "", url) for url in asked} - {"data:,"} == {page_file.as_uri()}
        assert said == []
        browser.close()
