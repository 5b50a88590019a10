"""One app and one browser for all tests of the demo, over a tiny catalog whose every word is hostile."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest
from hostile import HOSTILE

from neo.catalog.catalog import Catalog
from neo.model.bundle import Bundle

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from neo_demo.studio import Studio

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
PATIENCE = 60_000  # milliseconds after which a page that is waited for has failed


@pytest.fixture(scope="session")
def hostile_bundle() -> Bundle:
    """The tiny bundle with markup, templates and quotes in all that a catalog says."""
    from dataclasses import replace

    from tiny_world import make_tiny_bundle, make_tiny_dataset

    dataset = make_tiny_dataset()
    table = dataset.catalog.table
    for name in ("title", "creator", "description"):
        words = [f"{word} {HOSTILE}" for word in table.column(name).to_pylist()]
        at = table.schema.get_field_index(name)
        table = table.set_column(at, table.schema.field(name), pa.array(words, table.schema.field(name).type))
    topics = pa.array([[f"{each[0]} {HOSTILE}"] for each in table.column("topics").to_pylist()])
    table = table.set_column(table.schema.get_field_index("topics"), table.schema.field("topics"), topics)
    return make_tiny_bundle(replace(dataset, catalog=Catalog.from_table(table)))


@pytest.fixture(scope="session")
def studio(hostile_bundle: Bundle) -> Iterator[Studio]:
    """A studio without pages."""
    from neo_demo.studio import Studio

    found = Studio(hostile_bundle)
    yield found
    found.close()


@pytest.fixture(scope="module")
def address(hostile_bundle: Bundle) -> Iterator[str]:
    """Where the app answers."""
    from neo_demo.run import launched

    blocks, studio = launched(hostile_bundle, None, quiet=True)
    yield blocks.local_url
    blocks.close(verbose=False)
    studio.close()


@pytest.fixture(scope="module")  # while Playwright runs, no other test can run a loop of asyncio's
def browser() -> Iterator[Browser]:
    """Debian's chromium, or another of its kind. Where there is none: a failure in CI, elsewhere a skip."""
    from playwright.sync_api import sync_playwright

    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        missing = f"THE DEMO IS NOT TESTED: none of {', '.join(BROWSERS)} is installed (apt-get install chromium)."
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(missing)
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=found, args=["--no-sandbox", "--disable-gpu"])
        yield running
        running.close()


@pytest.fixture
def opened(browser: Browser, address: str) -> Iterator[Any]:
    """opened(width=..., dark=...) gives a page. At the end: nothing broke, nothing ran, nothing left this machine."""
    contexts, told, asked = [], list[str](), list[str]()
    pages: list[Page] = []

    def open_page(width: int = 1280, dark: bool = False) -> Page:
        scheme: Any = "dark" if dark else "light"
        context = browser.new_context(viewport={"width": width, "height": 860}, color_scheme=scheme)
        context.set_default_timeout(PATIENCE)
        page = context.new_page()
        page.on("console", lambda message: told.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: told.append(str(error)))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(address)
        page.locator("#past .welcome").wait_for()
        contexts.append(context)
        pages.append(page)
        return page

    yield open_page
    ran = [page.evaluate("window.pwned") for page in pages]
    for context in contexts:
        context.close()
    assert told == [], "the browser's console has errors"
    assert ran == [None] * len(pages), "a catalog's words ran as a script"
    elsewhere = [url for url in asked if not url.startswith((address, "data:", "blob:"))]
    assert asked and elsewhere == [], "a request left this machine"
