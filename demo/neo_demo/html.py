"""Pieces of pages. Whatever a catalog or a visitor wrote goes through `esc`; nothing else makes HTML of it."""

from __future__ import annotations

import datetime as dt
import html
from collections.abc import Iterable, Sequence

from neo_demo.covers import cover
from neo_sdk.types import Item, ItemPart, TextPart

TOPICS_SHOWN = 3
ACTIONS = (("more", "More like this"), ("why", "Why this?"), ("heard", "Heard it"), ("aside", "Not for me"))


def esc(text: object) -> str:
    """Text as HTML, also within an attribute's quotes."""
    return html.escape(str(text), quote=True)


def length(seconds: int | None) -> str:
    """Such as 35 min, or 13 h 9 min."""
    if seconds is None:
        return ""
    hours, minutes = divmod(max(1, round(seconds / 60)), 60)
    return " ".join(part for part in (f"{hours} h" if hours else "", f"{minutes} min" if minutes else "") if part)


def day(date: dt.date | None) -> str:
    """Such as 8 Nov 2025."""
    return "" if date is None else f"{date.day} {date:%b %Y}"


def card(item: Item, codes: Sequence[int], sizes: int, actions: bool = True, why: str = "", note: str = "") -> str:
    """An item. codes: its SID, which its cover is drawn from. why: an explanation; note: a word beside the type."""
    facts = " · ".join(esc(fact) for fact in (item.type, length(item.duration), day(item.date), note) if fact)
    by = f'<p class="by">{esc(item.creator)}</p>' if item.creator else ""
    about = f'<p class="about">{esc(item.description)}</p>' if item.description else ""
    topics = "".join(f"<li>{esc(topic)}</li>" for topic in item.topics[:TOPICS_SHOWN])
    topics = f'<ul class="topics" aria-label="Topics">{topics}</ul>' if topics else ""
    because = f'<p class="why">{esc(why)}</p>' if why else ""
    return (
        f'<article class="card" data-item="{esc(item.id)}" aria-label="{esc(item.title)}">'
        f"{cover(codes, sizes, item.type)}"
        f'<div class="card-body"><p class="facts">{facts}</p><h3>{esc(item.title)}</h3>{by}{about}{topics}{because}'
        f"{_actions(item) if actions else ''}</div></article>"
    )


def _actions(item: Item) -> str:
    buttons = "".join(
        f'<button type="button" data-act="{name}" data-item="{esc(item.id)}" '
        f'aria-label="{esc(label)}: {esc(item.title)}">{esc(label)}</button>'
        for name, label in ACTIONS
    )
    return f'<div class="acts">{buttons}</div>'


def cards(items: Iterable[str], kind: str = "grid") -> str:
    """Cards side by side: a grid, or a row that scrolls."""
    found = "".join(items)
    return f'<div class="cards {kind}">{found}</div>' if found else ""


def inline(part_item: Item) -> str:
    """An item's name in a sentence."""
    return (
        f'<button type="button" class="mention" data-act="more" data-item="{esc(part_item.id)}" '
        f'title="{esc(part_item.type)}: more like this">{esc(part_item.title)}</button>'
    )


def said(parts: Iterable[object]) -> str:
    """Words with items' names among them."""
    pieces = []
    for part in parts:
        if isinstance(part, TextPart):
            pieces.append(esc(part.text))
        elif isinstance(part, ItemPart):
            pieces.append(inline(part.item))
    return "".join(pieces)


def notice(text: str, kind: str = "note") -> str:
    """A remark. kind: note, or error."""
    role = ' role="alert"' if kind == "error" else ""
    return f'<p class="notice {kind}"{role}>{esc(text)}</p>'


def empty(title: str, text: str) -> str:
    """What stands where there is nothing yet."""
    return f'<div class="nothing"><h3>{esc(title)}</h3><p>{esc(text)}</p></div>'
