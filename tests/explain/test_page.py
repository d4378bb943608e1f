"""The page of an explanation in a real browser: it is stepped through, its numbers are read and followed, and it is seen."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any

import matplotlib.image
import numpy as np
import pytest

import chainrule as cr
from chainrule.explain import Explanation
from chainrule.explain.writing.drawing import Drawing
from programs import needed

OPTIONS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --hide-scrollbars"
)
RNG = np.random.default_rng(5)
X, Y = RNG.normal(size=(3, 2)), [0, 2, 1]


def small() -> Explanation:
    net = cr.Network(cr.Dense(4, activation="tanh"), cr.Dropout(0.3), cr.Dense(3)).build(2, seed=1)
    return net.explain(X, Y, loss="cross_entropy", l2=0.01)


def large() -> Explanation:
    net = cr.Network(cr.Dense(128, activation="relu"), cr.Dense(10)).build(784, seed=1)
    return net.explain(np.maximum(RNG.normal(size=784), 0), 3, loss="cross_entropy")


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    chromium, chromedriver = needed("chromium", "chromium"), needed("chromedriver", "chromium-driver")
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for option in OPTIONS.split():
        options.add_argument(option)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(chromedriver))
    yield driver
    driver.quit()


class Page:
    """A page in the browser."""

    def __init__(
        self, browser: Any, explanation: Explanation, folder: Path, width: int = 1100, *, dark: bool = False
    ) -> None:
        self.browser, self.folder = browser, folder
        explanation.save(folder / "step.html")
        size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600}
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [scheme]})
        browser.get((folder / "step.html").as_uri())

    def find(self, selector: str) -> Any:
        return self.browser.find_element("css selector", selector)

    def text(self, selector: str) -> str:
        return str(self.find(selector).get_attribute("textContent"))

    def click(self, selector: str) -> None:
        """A click, also on a part of a drawing."""
        event = "arguments[0].dispatchEvent(new MouseEvent('click', {bubbles: true}))"
        self.browser.execute_script(event, self.find(selector))

    def forward_to(self, title: str) -> None:
        """Step on until the caption has a title."""
        while title not in self.text("#caption"):
            before = self.text("#caption")
            self.click("#on")
            assert self.text("#caption") != before, f"there is no step {title!r}"

    def number(self, selector: str) -> float | None:
        """The number that an element shows; None if it shows none."""
        text = self.text(selector).replace("δ", "").replace("−", "-").strip()
        return float(text) if text else None

    def colours(self) -> Any:
        """The colours on a screenshot: red, green and blue from 0 to 255."""
        path = self.folder / "screen.png"
        assert self.browser.save_screenshot(str(path))
        pixels = matplotlib.image.imread(path)[..., :3].reshape(-1, 3)
        return np.unique((255 * pixels).round(), axis=0)


def test_the_passes_are_stepped_through(browser: Any, tmp_path: Path) -> None:
    """Activations appear forward, layer by layer, δ backward; each is the number of the explanation, for each row."""
    explanation = small()
    page = Page(browser, explanation, tmp_path)
    assert page.number('[data-unit="x:1"] .a') == pytest.approx(X[0, 1], rel=1e-2)
    assert page.number('[data-unit="dense1:0"] .a') is None
    page.forward_to("Forward: dense1")
    for unit in range(4):
        assert page.number(f'[data-unit="dense1:{unit}"] .a') == pytest.approx(
            explanation["dense1/a"][0, unit], rel=1e-2
        )
    assert page.number('[data-unit="dense2:0"] .a') is None
    page.forward_to("Loss")
    assert page.number('[data-unit="loss:0"] .a') == pytest.approx(float(explanation["loss"]), rel=1e-2)
    assert page.number('[data-unit="dense2:0"] .delta') is None
    page.forward_to("Backward: dense2")
    assert page.number('[data-unit="dense1:1"] .delta') is None
    page.forward_to("Backward: dense1")
    page.browser.execute_script(
        "const s = document.getElementById('row'); s.value = '2'; s.dispatchEvent(new Event('change'))"
    )
    for layer, quantity, count in (("dense1", "dense1/delta", 4), ("dense2", "dense2/delta", 3)):
        for unit in range(count):
            shown = page.number(f'[data-unit="{layer}:{unit}"] .delta')
            assert shown == pytest.approx(explanation[quantity][2, unit], rel=1e-2)
    page.click("#back")
    assert page.number('[data-unit="dense1:1"] .delta') is None
    assert browser.get_log("browser") == []


def test_the_tables_have_the_numbers(browser: Any, tmp_path: Path) -> None:
    explanation = small()
    page = Page(browser, explanation, tmp_path)
    read = page.browser.execute_script(
        "return [...document.querySelectorAll('.quantity')].map(q => [q.dataset.name, "
        "[...q.querySelectorAll('tr')].map(r => [...r.querySelectorAll('td')].map(c => c.textContent))])"
    )
    assert [name for name, _ in read] == explanation.names()
    for name, rows in read:
        if rows:
            numbers = np.array([[float(cell.replace("−", "-")) for cell in row] for row in rows])
            value = explanation[name]
            assert numbers == pytest.approx(np.atleast_2d(value), abs=1e-3 * abs(value).max())


def test_a_weight_is_followed(browser: Any, tmp_path: Path) -> None:
    """A click on a wire shows the products that make up its gradient, one layer further on request; another hides them."""
    explanation = small()
    page = Page(browser, explanation, tmp_path)
    wire = '[data-follow="dense1/weight[1, 2]"]'
    page.click(wire)
    gradient = float(explanation["dense1/weight/gradient"][1, 2])
    for depth in (1, 2):
        shown = [p.get_attribute("textContent") for p in browser.find_elements("css selector", "#follow .product")]
        paths = explanation.follow("dense1/weight[1, 2]", depth).paths
        assert len(shown) == len(paths)
        products = [float(text.rsplit("=", 1)[1].replace("−", "-")) for text in shown]
        assert products == pytest.approx([path.value for path in paths], rel=1e-4, abs=1e-9)
        assert sum(products) == pytest.approx(gradient, rel=1e-4)
        assert page.number("#follow .value") == pytest.approx(gradient, rel=1e-4)
        if depth == 1:
            page.click("#deeper")
    page.click(wire)
    assert not page.find("#follow").is_displayed()


def test_a_unit_is_followed_with_the_keyboard(browser: Any, tmp_path: Path) -> None:
    """z as the sum of its inputs times weights, and δ."""
    explanation = small()
    page = Page(browser, explanation, tmp_path)
    page.find('[data-unit="dense1:3"]').send_keys("\n")
    values = [float(e.text.replace("−", "-")) for e in browser.find_elements("css selector", "#follow .value")]
    assert values == pytest.approx([explanation["dense1/z"][0, 3], explanation["dense1/delta"][0, 3]], rel=1e-4)


def test_a_large_network(browser: Any, tmp_path: Path) -> None:
    """Of 784-128-10 the strongest units are drawn; the page stays small, and its sums name what is left out."""
    explanation = large()
    assert len(explanation.to_html().encode()) < 1_000_000
    page = Page(browser, explanation, tmp_path, width=390, dark=True)
    assert len(browser.find_elements("css selector", ".unit")) == 10 + 10 + 10 + 1
    page.click(".unit:has(.head), [data-unit^='dense1:']")
    assert "smaller products" in page.text("#follow")
    width = browser.execute_script("return document.documentElement.scrollWidth")
    assert width <= 390  # only the drawing and wide tables scroll from left to right, by themselves


def test_columns_that_are_joined_unit_by_unit_show_the_same_units() -> None:
    """Of 64 standardised inputs those are drawn whose wires lead somewhere."""
    net = cr.Network(cr.Standardize(), cr.Dense(40), cr.Dropout(0.5), cr.Dense(2))
    x, y = RNG.normal(size=(30, 64)), RNG.integers(0, 2, 30)
    net.fit(x, y, loss="cross_entropy", epochs=1)
    units = Drawing(net.explain(x, y)).units
    for one, other in (("x", "standardize1"), ("dense1", "dropout1")):
        assert [unit.number for unit in units[one]] == [unit.number for unit in units[other]]
    assert len(units["x"]) == 10


def test_a_unit_of_a_convolution_or_a_pool_is_joined_to_what_its_window_holds() -> None:
    """Of 5 steps of 2 features, number 2 s + f; "same" with a stride of 2 begins one step before the first."""
    convolution = cr.Conv1D(2, 3, stride=2, padding="same", activation="relu", bias_init="ones")
    net = cr.Network(convolution, cr.MaxPool1D(2, stride=1), cr.GlobalMaxPool(), cr.Dense(1)).build((5, 2))
    drawing = Drawing(net.explain(RNG.normal(size=(5, 2)), 1.0, loss="squared_error"))
    found: dict[str, set[tuple[int, int]]] = {}
    for wire in drawing.wires:
        found.setdefault(wire.end.column.path, set()).add((wire.start.number, wire.end.number))
    both = range(2)
    inside = [(s, t) for t in range(3) for s in range(2 * t - 1, 2 * t + 2) if 0 <= s < 5]
    assert found["conv1d1"] == {(2 * s + f, 2 * t + k) for s, t in inside for f in both for k in both}
    assert found["maxpool1d1"] == {(2 * (t + i) + k, 2 * t + k) for t in both for i in both for k in both}
    assert found["globalmaxpool1"] == {(2 * t + k, k) for t in both for k in both}
    assert found["dense1"] == {(0, 0), (1, 0)}


def test_what_is_done_at_each_step_is_joined_step_by_step() -> None:
    """Vectors of 2 numbers for each of 3 words, and a dense layer of 3 units on each of them."""
    net = cr.Network(cr.Embedding(5, 2), cr.Dense(3), cr.Flatten(), cr.Dense(1)).build(3)
    drawing = Drawing(net.explain([[1, 4, 2]], [[1.0]], loss="squared_error"))
    found: dict[str, set[tuple[int, int]]] = {}
    for wire in drawing.wires:
        found.setdefault(wire.end.column.path, set()).add((wire.start.number, wire.end.number))
    assert found["embedding1"] == {(t, 2 * t + k) for t in range(3) for k in range(2)}
    assert found["dense1"] == {(2 * t + i, 3 * t + k) for t in range(3) for i in range(2) for k in range(3)}


def test_a_convolution_of_images_sees_every_channel_of_its_window() -> None:
    """A window of 2 × 2 pixels of 2 channels, and as many numbers as before: it is not joined unit by unit."""
    net = cr.Network(cr.Conv2D(2, 2, padding="same"), cr.Flatten(), cr.Dense(1)).build((2, 2, 2))
    drawing = Drawing(net.explain(RNG.normal(size=(2, 2, 2)), 1.0, loss="squared_error"))
    found = {(w.start.number, w.end.number) for w in drawing.wires if w.end.column.path == "conv2d1"}
    at = {(i, j): 2 * (2 * i + j) for i in range(2) for j in range(2)}
    below = [(a, b) for a in at for b in at if a[0] - b[0] in (0, 1) and a[1] - b[1] in (0, 1)]
    assert found == {(at[a] + f, at[b] + k) for a, b in below for f in range(2) for k in range(2)}


@pytest.mark.parametrize("dark", [False, True])
def test_it_can_be_seen(browser: Any, tmp_path: Path, dark: bool) -> None:
    """A screenshot has the colours of ground, text, activations and δ of its scheme."""
    page = Page(browser, small(), tmp_path, dark=dark)
    page.forward_to("Backward: dense1")
    css = (Path(cr.__file__).parent / "explain" / "writing" / "assets" / "page.css").read_text(encoding="utf-8")
    blocks = re.findall(r":root \{(.*?)\}", css, re.DOTALL)
    colours = dict(re.findall(r"--(\w+): (#\w+)", blocks[int(dark)]))
    seen = page.colours()
    for name in ("ground", "ink", "a", "delta"):
        text = colours[name].lstrip("#")
        text = "".join(2 * c for c in text) if len(text) == 3 else text
        colour = np.array([int(text[i : i + 2], 16) for i in (0, 2, 4)])
        nearest = np.abs(seen - colour).max(axis=1).min()
        assert nearest <= (0 if name == "ground" else 40), name  # letters have softened edges


def test_it_asks_nobody_for_anything(browser: Any, tmp_path: Path) -> None:
    """The page is one file: the browser requests nothing else."""
    browser.get_log("performance")
    Page(browser, small(), tmp_path)
    messages = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    requests = [m["params"]["request"]["url"] for m in messages if m["method"] == "Network.requestWillBeSent"]
    assert requests == [(tmp_path / "step.html").as_uri()]


def test_it_shows_itself_in_a_notebook() -> None:
    shown = small()._repr_html_()
    (inner,) = re.findall(r'srcdoc="([^"]*)"', shown)
    assert unescape(inner) == small().to_html()


def test_names_cannot_break_the_page() -> None:
    """Names of layers end up within markup and data: what a person writes there is escaped."""
    net = cr.Network(cr.Dense(2, name="<b>&\"'"), cr.Dense(1)).build(2)
    html = net.explain([1.0, 2.0], 1.0, loss="squared_error").to_html()
    assert "<b>" not in html
