"""Measures the page in Chromium: first paint, ready, and from a slider to the redrawn page: the work until the
document is changed, and the next frame after it, which comes at most every 16.7 ms.

Run by hand: python -m tests.browser.measure_page. Figures depend on what else the machine does, so no
test asserts them.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from predictor.answer.library import Library
from predictor.reports.interactive_page import write_page

from .conftest import CHROMIUM, DESKTOP, FLAGS

LOADED = """() => ({paint: performance.getEntriesByName("first-contentful-paint")[0].startTime,
                    ready: performance.getEntriesByName("ready")[0].startTime})"""
SLIDER = """async () => {
  const slider = document.getElementById("in-severity");
  const frame = () => new Promise((done) => requestAnimationFrame(done));
  const painted = () => new Promise((done) => requestAnimationFrame(() => {
    const channel = new MessageChannel();
    channel.port1.onmessage = done;
    channel.port2.postMessage(0);
  }));
  const times = [];
  const work = [];
  window.longest = 0;
  new PerformanceObserver((list) => {
    for (const task of list.getEntries()) window.longest = Math.max(window.longest, task.duration);
  }).observe({ type: "longtask" });
  for (let i = 0; i < 200; i++) {
    await frame();
    const start = performance.now();
    slider.value = (i * 7) % 100;
    slider.dispatchEvent(new Event("input", { bubbles: true }));
    await Promise.resolve().then(() => {});
    work.push(performance.now() - start);
    await painted();
    times.push(performance.now() - start);
    await new Promise((done) => setTimeout(done, i % 3 ? 10 : 200));
  }
  return [times, work].map((all) => all.sort((a, b) => a - b));
}"""


def measure(page: Page, address: str) -> None:
    page.goto(address)
    page.locator(".sentence").first.wait_for()
    page.wait_for_timeout(500)
    print({name: f"{value:.0f} ms" for name, value in page.evaluate(LOADED).items()})


def moved(page: Page, slower: int) -> None:
    """The slider's times, on a processor that many times slower."""
    page.locator("#version").wait_for()
    page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": slower})
    for name, times in zip(("frame after it", "work alone"), page.evaluate(SLIDER), strict=True):
        shown = {f"p{p}": f"{times[len(times) * p // 100 - 1]:.1f} ms" for p in (50, 95, 99)}
        print(f"slider, {slower} x slower, {name}: {shown}")
    print(f"longest task {page.evaluate('window.longest'):.0f} ms")


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        file = Path(folder) / "page.html"
        write_page(Library(), None, file)
        print(f"{file.stat().st_size} bytes; load average {os.getloadavg()[0]:.1f}")
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        for _ in range(5):
            measure(browser.new_page(viewport=DESKTOP), file.as_uri())
        for slower in (1, 4):
            page = browser.new_page(viewport=DESKTOP)
            measure(page, file.as_uri())
            moved(page, slower)
        browser.close()


if __name__ == "__main__":
    main()
