"""Cards outside the chat: what a click on them does, and how a list of them is drawn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from neo_demo import html
from neo_demo.html import esc
from neo_demo.studio import Studio
from neo_demo.visit import Visit
from neo_sdk.errors import NeoError
from neo_sdk.types import Item

ROW = 8  # cards of a row
LIKE_IT = 6


def card(studio: Studio, visit: Visit, item: Item) -> str:
    """An item's card, with what the visitor said of it and what NEO said for it."""
    heard = any(meeting.item == item.id for meeting in visit.met)
    note = "put aside" if item.id in visit.aside else "heard" if heard else ""
    codes, size = studio.codes(item.id)
    return html.card(item, codes, size, why=visit.whys.get(item.id, ""), note=note)


def row(studio: Studio, visit: Visit, title: str, items: Sequence[Item], about: str = "") -> str:
    """A heading and its cards."""
    lead = f"<p>{esc(about)}</p>" if about else ""
    shown = html.cards((card(studio, visit, item) for item in items), "strip")
    cards = f'<div tabindex="0" role="group">{shown}</div>'
    return f'<section class="shelf"><header><h2>{esc(title)}</h2>{lead}</header>{cards}</section>'


def like(studio: Studio, visit: Visit) -> str:
    """The row of what is like the item that was asked for, if one was."""
    item = studio.item(visit.like)
    if item is None:
        return ""
    answer = studio.model.similar(item.id, LIKE_IT, exclude=sorted(visit.aside))
    return row(studio, visit, f"More like {item.title}", answer.items, about="Nearest by what their SIDs mean.")


def act(studio: Studio, visit: Visit, what: str, item: Item | None) -> bool:
    """What a click on a card means here; whether lists change by it and are to be asked for again."""
    if item is None:
        return False
    match what:
        case "more":
            visit.like = item.id
        case "why":
            visit.whys[item.id] = why(studio, visit, item)
        case "aside":
            visit.put_aside(item.id)
        case "heard":
            visit.hear(item.id, studio.bundle.now)
    return what in ("aside", "heard")


def why(studio: Studio, visit: Visit, item: Item) -> str:
    """NEO's explanation, or why there is none."""
    try:
        return (
            studio.answer(studio.model.prepare_explain(item.id, studio.who(visit))).text or "NEO has no words for it."
        )
    except NeoError as error:
        return str(error)


def asked(studio: Studio, requests: Sequence[Any]) -> tuple[list[list[Item]], list[str]]:
    """The items of several requests, answered together, and what was to be said of them."""
    answers = studio.answers(requests)
    return [answer.items for answer in answers], [warning for answer in answers for warning in answer.warnings]
