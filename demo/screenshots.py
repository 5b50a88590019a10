"""Pictures of the demo, for the README: small PNGs of a bundle's pages, taken by a headless Chromium.

    python demo/screenshots.py runs/quickstart/bundle docs/screenshots

Needs `playwright` and Debian's `chromium`. Colors are reduced to 128, which text and flat covers do not show.
"""

from __future__ import annotations

import argparse
import io
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

LISTENER = "listener-000042"  # the README's; where a bundle has no such listener, the demo's first one stays
WIDE, HIGH = 1280, 860
COLORS = 128
MAPS_TAKE = 60_000  # milliseconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bundle", type=Path)
    parser.add_argument("folder", type=Path)
    options = parser.parse_args()
    from playwright.sync_api import sync_playwright

    from neo.model.bundle import Bundle
    from neo_demo.run import launched

    bundle = Bundle.load(options.bundle)
    known = int(bundle.listeners.rows([LISTENER])[0]) >= 0
    blocks, studio = launched(bundle, None, quiet=True)
    options.folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for name, (take, dark, width, high) in SHOTS.items():
            page = opened(browser, blocks.local_url, dark, width, high)
            if known:
                page.locator("#who input").fill(LISTENER)
                page.locator("#who input").press("Enter")
                page.wait_for_timeout(500)
            take(page)
            page.mouse.move(0, 0)
            page.wait_for_timeout(400)
            size = save(page.screenshot(), options.folder / f"{name}.png")
            print(f"{options.folder / name}.png: {size / 1000:.0f} kB")
            page.context.close()
        browser.close()
    blocks.close(verbose=False)
    studio.close()


def opened(browser: Browser, address: str, dark: bool, width: int, high: int) -> Page:
    context = browser.new_context(
        viewport={"width": width, "height": high}, color_scheme="dark" if dark else "light", reduced_motion="reduce"
    )
    page = context.new_page()
    page.set_default_timeout(MAPS_TAKE)
    page.goto(address)
    page.locator("#past .welcome").wait_for()
    return page


def chat(page: Page) -> None:
    page.locator("#past .chip", has_text="quiet evening").click()
    page.locator("#past .turn .meta").wait_for()
    page.locator("#past .card").first.get_by_role("button", name="Why this?").click()
    page.locator("#past .turn").nth(1).locator(".meta").wait_for()


def recommend(page: Page) -> None:
    page.get_by_role("tab", name="Recommend").click()
    page.locator("#recommended .card").first.wait_for()


def hood(page: Page) -> None:
    page.get_by_role("tab", name="Under the hood").click()
    page.locator("#inside .tree").wait_for()
    page.locator("#inside .panel").first.scroll_into_view_if_needed()
    page.mouse.wheel(0, 170)


def portrait(page: Page) -> None:
    page.get_by_role("tab", name="Understand").click()
    page.locator("#facts .dot.on").first.wait_for()


Shot = tuple[Callable[["Page"], None], bool, int, int]
SHOTS: dict[str, Shot] = {
    "chat": (chat, False, WIDE, 1000),
    "recommend-dark": (recommend, True, WIDE, HIGH),
    "understand": (portrait, False, WIDE, HIGH),
    "under-the-hood": (hood, False, WIDE, HIGH),
}


def save(png: bytes, path: Path) -> int:
    """Writes it with fewer colors; returns its size in bytes."""
    from PIL import Image

    picture = Image.open(io.BytesIO(png)).convert("RGB").quantize(COLORS, dither=Image.Dither.NONE)
    picture.save(path, optimize=True)
    return path.stat().st_size


if __name__ == "__main__":
    main()
