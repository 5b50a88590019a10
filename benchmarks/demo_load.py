"""How the demo feels: seconds from a click to the first words, the first item and the whole answer, in the page.

    python benchmarks/demo_load.py runs/quickstart/bundle --json FILE

`neo demo` runs by itself, and a headless Chromium opens a page for each person. Everybody clicks on a suggested opening
at the same moment, each on another one, listening as another listener; then everybody searches. What is timed is
what stands in the page, so that Gradio, the network on this machine and the browser's drawing are in it. The browser
runs on the same cores as the model, which a visitor's does not: with several people it takes most of them.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from neo.evaluation.machine import this_machine

if TYPE_CHECKING:
    from playwright.async_api import Browser, Page

PEOPLE = (1, 8)
STARTS_WITHIN, PATIENCE = 180.0, 30.0  # seconds, for the demo to start and for an answer
QUERIES = ("a calm show about birds", "true crime", "learn to cook", "space", "tea", "jazz", "grief", "chess")
STEPS = {"words": "first words", "item": "first item", "whole": "whole answer", "found": "search results"}

ASKED = """(place) => new Promise((done) => {
  const chips = document.querySelectorAll('#past .welcome .chip'), seen = {}, began = performance.now();
  const look = () => {
    const ended = document.querySelector('#past .turn'), neo = (ended || document).querySelector('.turn .neo, .neo');
    const now = (performance.now() - began) / 1000, prose = neo && neo.querySelector('.prose');
    if (prose && prose.textContent.trim() && !seen.words) seen.words = now;
    if (neo && neo.querySelector('.mention') && !seen.item) seen.item = now;
    if (ended) { seen.whole = now; watcher.disconnect(); done(seen); }
  };
  const watcher = new MutationObserver(look);
  watcher.observe(document.querySelector('#thread'), {childList: true, subtree: true, characterData: true});
  chips[place % chips.length].click();
})"""
SEARCH = """() => { window.found = new Promise((done) => {
  const box = document.querySelector('#query input, #query textarea');
  let began = 0;
  box.addEventListener('input', () => { began = performance.now(); }, {once: true});
  const watcher = new MutationObserver(() => {
    if (document.querySelector('#found .meta')) {
      watcher.disconnect(); done({found: (performance.now() - began) / 1000});
    }
  });
  watcher.observe(document.querySelector('#found'), {childList: true, subtree: true, characterData: true});
}); }"""


async def opened(browser: Browser, address: str, place: int) -> Page:
    """A page of somebody: the `place`-th listener of the picker."""
    page = await (await browser.new_context(viewport={"width": 1280, "height": 860})).new_page()
    await page.goto(address)
    await page.locator("#past .welcome").wait_for()
    await page.locator("#who input").click()
    await page.get_by_role("option").nth(1 + place).click()
    await page.wait_for_timeout(1500)  # what the other tabs show is asked for too
    return page


async def together(browser: Browser, address: str, people: int, rounds: int) -> dict[str, list[float]]:
    """Seconds of all rounds, by step."""
    seconds: dict[str, list[float]] = {step: [] for step in STEPS}
    pages = [await opened(browser, address, place) for place in range(people)]
    for turn in range(rounds):
        for page in pages:
            await page.locator("#clear").click()
            await page.locator("#past .welcome").wait_for()
        add(seconds, await asyncio.gather(*(asked(page, at + turn) for at, page in enumerate(pages))))
    for page in pages:
        await page.get_by_role("tab", name="Search").click()
    for turn in range(rounds):
        for page in pages:
            await page.locator("#query").locator("input, textarea").fill("")
            await page.locator("#found .chips").wait_for()
        queries = [QUERIES[(at + turn) % len(QUERIES)] for at in range(people)]
        add(seconds, await asyncio.gather(*(searched(page, query) for page, query in zip(pages, queries, strict=True))))
    for page in pages:
        await page.context.close()
    return seconds


async def asked(page: Page, place: int) -> dict[str, float]:
    return await asyncio.wait_for(page.evaluate(ASKED, place), PATIENCE)


async def searched(page: Page, query: str) -> dict[str, float]:
    await page.evaluate(SEARCH)
    await page.locator("#query").locator("input, textarea").fill(query)
    return await asyncio.wait_for(page.evaluate("window.found"), PATIENCE)


def add(seconds: dict[str, list[float]], found: list[dict[str, float]]) -> None:
    for times in found:
        for step, value in times.items():
            seconds[step].append(value)


async def measured(address: str, rounds: int) -> dict[str, dict[str, list[float]]]:
    from playwright.async_api import async_playwright

    async with async_playwright() as playwright:
        path = shutil.which("chromium")
        browser = await playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        await together(browser, address, 1, 1)  # the first of everything is slower
        found = {str(people): await together(browser, address, people, rounds) for people in PEOPLE}
        await browser.close()
    return found


def started(bundle: Path) -> tuple[subprocess.Popen[bytes], str]:
    """`neo demo` on a free port, once it answers and has drawn its maps."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port = sock.getsockname()[1]
    command = [sys.executable, "-m", "neo.cli", "demo", str(bundle), "--no-browser", "--port", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    end = time.monotonic() + STARTS_WITHIN
    while True:
        with socket.socket() as sock:
            if sock.connect_ex(("127.0.0.1", port)) == 0:
                break
        if process.poll() is not None or time.monotonic() > end:
            raise SystemExit("neo demo did not start")
        time.sleep(0.2)
    time.sleep(20)
    return process, f"http://127.0.0.1:{port}/"


def table(result: dict[str, Any]) -> str:
    """As Markdown: median and slowest."""
    lines = ["| people at once | step | measured | median, s | slowest, s |", "| ---: | --- | ---: | ---: | ---: |"]
    for people, seconds in result["people"].items():
        for step, name in STEPS.items():
            if values := seconds[step]:
                low, high = np.median(values), max(values)
                lines.append(f"| {people} | {name} | {len(values)} | {low:.2f} | {high:.2f} |")
    return "\n".join(lines) + "\n\n" + "; ".join(f"{key} {value}" for key, value in result["about"].items())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bundle", type=Path)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--json", type=Path, metavar="FILE")
    options = parser.parse_args()
    load = round(os.getloadavg()[0], 1)  # of others on this machine: how many processes want a core
    process, address = started(options.bundle)
    try:
        people = asyncio.run(measured(address, options.rounds))
    finally:
        process.terminate()
        process.wait()
    machine = this_machine()
    about = {"rounds": options.rounds, "cores": machine.cores, "processor": machine.processor, "load before": load}
    rounded = {n: {step: [round(value, 3) for value in steps[step]] for step in steps} for n, steps in people.items()}
    result = {"about": about, "people": rounded}
    print(table(result))
    if options.json:
        options.json.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
