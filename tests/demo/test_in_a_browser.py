"""What a visitor does, in a real browser."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
from hostile import HOSTILE

if TYPE_CHECKING:
    from playwright.sync_api import Page

    Opened = Callable[..., Page]


def tab(page: Page, name: str) -> None:
    shown = page.get_by_role("tab", name=name)
    if shown.count():
        shown.click()
        return
    page.get_by_label("More tabs").click()
    page.locator(".overflow-dropdown button", has_text=name).click()


def ask_for(page: Page, task: str) -> None:
    page.locator(".steering").get_by_label(task, exact=True).check(force=True)
    page.locator("#words blockquote:not(.none)").wait_for()
    page.locator("#send").click()


def test_a_chat_streams_words_and_cards_and_goes_on_by_clicks(opened: Opened) -> None:
    page = opened()
    assert page.title() == "NEO"
    page.evaluate(
        """() => { window.drawn = 0;
        new MutationObserver(() => { window.drawn += 1; }).observe(document.querySelector('#live'),
            {childList: true, subtree: true, characterData: true}); }"""
    )
    page.locator("#typed textarea").fill("Something on @Talking about rivers, part 10 please")
    page.locator("#typed textarea").press("Escape")
    page.locator("#send").click()
    first = page.locator("#past .turn").first
    first.locator(".meta").wait_for()
    assert page.evaluate("window.drawn") > 1, "the answer came in one piece"
    assert page.locator("#typed textarea").input_value() == ""
    ask_for(page, "Recommend")
    page.locator("#past .turn").nth(1).locator(".card").first.wait_for()
    card = page.locator("#past .turn").nth(1).locator(".card").first
    assert HOSTILE in card.locator("h3").inner_text() and page.locator("#past img, #past script").count() == 0
    title = card.locator("h3").inner_text()
    card.get_by_role("button", name="Why this?").click()
    why = page.locator("#past .turn").nth(2)
    why.locator(".meta").wait_for()
    assert why.locator(".me .mention").inner_text() == title
    card.get_by_role("button", name="More like this").click()
    more = page.locator("#past .turn").nth(3)
    more.locator(".card").nth(2).wait_for()
    assert more.locator(".card").count() == 3 and title not in more.locator("h3").all_inner_texts()
    card.get_by_role("button", name="Not for me").click()
    card.locator(".facts", has_text="put aside").wait_for()


def test_stop_try_again_and_clear(opened: Opened) -> None:
    page = opened()
    page.locator("#past .chip").first.click()
    page.locator("#past .turn .meta").wait_for()
    page.locator("#again").click()
    page.wait_for_function("document.querySelectorAll('#past .turn .meta').length === 1")
    page.locator("#clear").click()
    page.locator("#past .welcome").wait_for()
    assert page.locator("#past .turn").count() == 0
    assert page.locator("#stop").is_hidden()


def test_an_at_sign_offers_titles_and_the_keyboard_takes_one(opened: Opened) -> None:
    page = opened()
    box = page.locator("#typed textarea")
    box.click()
    box.press_sequentially("More like @Beyond")
    page.locator("#mentions [role=option]").first.wait_for()
    assert "Beyond" in page.locator("#mentions [role=option]").first.inner_text()
    box.press("ArrowDown")
    second = page.locator("#mentions [role=option]").nth(1)
    assert second.get_attribute("aria-selected") == "true"
    name = second.locator("b").inner_text()
    box.press("Enter")
    page.wait_for_function("document.querySelector('#typed textarea').value.includes('window.pwned')")
    assert box.input_value() == f"More like @{name} "
    assert page.locator("#past .turn").count() == 0, "Enter sent what was being chosen"
    box.press("Enter")
    page.locator("#past .turn .me .mention").wait_for()
    assert page.locator("#past .turn .me .mention").inner_text() == name


def test_recommend_search_and_understand(opened: Opened) -> None:
    page = opened()
    tab(page, "Recommend")
    page.locator("#recommended .card").first.wait_for()
    assert page.locator("#recommended .shelf").count() == 3
    page.locator("#recommended .card").first.get_by_role("button", name="Why this?").click()
    page.locator("#recommended .card .why").wait_for()
    tab(page, "Search")
    page.locator("#query").locator("input, textarea").press_sequentially("maps and rivers")
    page.locator("#found .meta", has_text="12 results").wait_for()
    assert page.locator("#found .card").count() == 12
    page.get_by_role("tabpanel").get_by_label("Audiobooks").last.check(force=True)
    page.wait_for_function(
        "[...document.querySelectorAll('#found .facts')].every((facts) => facts.textContent.startsWith('audiobook'))"
    )
    tab(page, "Understand")
    page.locator("#facts .map .dot.on").first.wait_for()
    assert page.locator("#portrait .big").inner_text().strip() != ""
    assert page.locator("#facts .timeline rect").count() > 0
    page.locator("#facts .where .dot.on").first.hover()
    assert HOSTILE in page.locator("#facts .where .tip").inner_text()


def test_a_new_listener_begins_with_topics(opened: Opened) -> None:
    page = opened()
    page.locator("#new").click()
    page.locator("#topics label").first.click()
    page.locator("#begin").click()
    page.wait_for_function("document.querySelector('#who input').value.startsWith('new: ')")
    tab(page, "Understand")
    page.locator("#facts .nothing").wait_for()
    tab(page, "Recommend")
    card = page.locator("#recommended .card").first
    heard = card.locator("h3").inner_text()
    card.get_by_role("button", name="Heard it").click()
    page.locator("#recommended h3", has_text=heard).wait_for(state="detached")
    tab(page, "Understand")
    page.locator("#facts .map .dot").first.wait_for()


def test_a_listener_that_nobody_knows_is_said_to_be_none(opened: Opened) -> None:
    page = opened()
    page.locator("#who input").fill("<img src=x onerror='window.pwned=1'>")
    page.locator("#who input").press("Enter")
    page.locator(".toast-body", has_text="There is no listener <img").wait_for()
    page.wait_for_function("document.querySelector('#who input').value === 'Nobody in particular'")


def test_under_the_hood(opened: Opened) -> None:
    page = opened()
    tab(page, "Under the hood")
    page.locator("#inside .tree").wait_for()
    assert page.locator("#inside .prompt .sid").count() > 0 and page.locator("#inside .prompt .control").count() > 2
    assert page.locator("#inside .tree .node").count() >= 9
    assert page.locator("#inside .gate").count() == 3
    assert page.locator("#inside .verdict").count() == 0
    page.locator("#constraint").get_by_label("Off").check(force=True)
    page.locator("#inside .verdict").wait_for()
    assert re.search(r"\d+ of 30 beams name an item that exists", page.locator("#inside .verdict").inner_text())
    page.locator("#space .dot").first.wait_for()
    assert page.locator("#space .dot").count() == 20
    page.locator("#space .dot").nth(3).hover()
    assert HOSTILE in page.locator("#space .tip").inner_text()


def test_a_catalog_of_ones_own(opened: Opened, tmp_path: Path) -> None:
    broken, whole = tmp_path / "broken.csv", tmp_path / "whole.csv"
    broken.write_text(
        f'id,title,date\na,Twice,2024-01-01\na,Again,2024-13-01\nb\n,"{HOSTILE.replace(chr(34), chr(39))}",\n'
    )
    lines = [f"i{n},Item {n} <img src=x onerror='window.pwned=1'>,All about {n % 7} and {n % 5}" for n in range(60)]
    whole.write_text("\n".join(["key,name,summary", *lines]))
    page = opened()
    tab(page, "Your catalog")
    page.locator("#items-file input[type=file]").set_input_files(broken)
    page.locator("#check").click()
    page.locator("#upload-result .problems").wait_for()
    assert [line for line in page.locator(".problems td:nth-child(2)").all_inner_texts()] == ["3", "3", "4", "5"]
    assert page.locator("#build").is_hidden()
    page.locator("#items-file").get_by_label("Clear").click()
    page.locator("#items-file input[type=file]").set_input_files(whole)
    page.wait_for_function("document.querySelector('#upload-result').innerText.trim() === ''")
    page.locator("#check").click()
    page.locator("#upload-result", has_text="60 items").wait_for()
    page.locator("#build").click()
    page.locator("#upload-report .facts-row").wait_for()
    assert page.locator("#upload-report .dot").count() == 60
    assert "neo run my-catalog.yaml" in page.locator("#upload-report").inner_text()
    with page.expect_download() as download:
        page.locator("#upload-report a", has_text="my-catalog-files.yaml").click()
    assert "id: key" in download.value.path().read_text()


def test_a_small_screen_in_the_dark(opened: Opened) -> None:
    page = opened(width=360, dark=True)
    assert page.evaluate("document.body.classList.contains('dark')")
    ask_for(page, "Recommend")
    page.locator("#past .card").first.wait_for()
    for name in ("Recommend", "Search", "Understand", "Under the hood", "Your catalog"):
        tab(page, name)
        page.wait_for_timeout(100)
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= 360, f"{name} is {wide} pixels wide"
    page.locator("#mode").click()
    assert not page.evaluate("document.body.classList.contains('dark')")
    faint = "rgb(251, 250, 247)"
    assert page.evaluate("getComputedStyle(document.querySelector('gradio-app')).backgroundColor") == faint


def test_only_this_machine_is_answered_and_pages_may_fetch_from_nowhere_else(address: str) -> None:
    answer = httpx.get(address)
    assert answer.status_code == 200 and "connect-src 'self'" in answer.headers["content-security-policy"]
    assert "http" not in answer.headers["content-security-policy"]
    rebound = httpx.get(address, headers={"host": "attacker.example"})
    assert rebound.status_code == 403 and "another host" in rebound.text
    assert httpx.get(f"{address}gradio_api/file=/etc/passwd").status_code == 403


def test_two_visitors_do_not_see_one_another(opened: Opened) -> None:
    one, other = opened(), opened()
    one.locator("#past .chip").first.click()
    one.locator("#past .turn .meta").wait_for()
    assert other.locator("#past .turn").count() == 0
    other.locator("#past .chip").nth(1).click()
    other.locator("#past .turn .meta").wait_for()
    assert one.locator("#past .turn").count() == other.locator("#past .turn").count() == 1
    assert one.locator("#past .me").inner_text() != other.locator("#past .me").inner_text()
