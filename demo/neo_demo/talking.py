"""A conversation: what is said becomes a request, and its answer a turn that grows, as HTML."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from neo.model.asking import NAMED
from neo_demo import html, shelf
from neo_demo.html import esc
from neo_demo.steering import Steer, prepared, words
from neo_demo.studio import Studio
from neo_demo.visit import Asked, Looked, Turn, Visit
from neo_sdk.errors import NeoError
from neo_sdk.types import Answer, Item, ItemPart, TextPart

OFTEN = 0.07  # seconds between two pictures of an answer that grows: each costs the server and the page some of it
WARMTH = 0.7  # at which an answer is drawn when it is asked for again
OPENINGS = (
    "Something new for a long drive?",
    "I want to laugh.",
    "What goes well with a quiet evening?",
    "Teach me something on {topic}.",
    "Could you recommend an audiobook?",
)
WHO_AM_I = "What kind of listener am I?"


def parts_of(studio: Studio, text: str) -> list[TextPart | ItemPart]:
    """What was typed, with every @title as the item that it names."""
    parts: list[TextPart | ItemPart] = []
    plain = ""
    while text:
        before, at, behind = text.partition("@")
        plain, text = plain + before, behind
        if not at:
            break
        found = studio.title_at(behind)
        if found is None:
            plain += at
            continue
        item, length = found
        parts += [TextPart(text=plain)] if plain else []
        parts.append(ItemPart(item=item))
        plain, text = "", behind[length:]
    return [*parts, TextPart(text=plain)] if plain or not parts else parts


def begin(studio: Studio, visit: Visit, steer: Steer, typed: str, again: bool = False) -> Turn:
    """A turn of the conversation, prepared and not yet answered. It fails where it cannot be asked, and says why."""
    typed = typed.strip()
    parts = parts_of(studio, words(studio, steer, typed) or typed)
    # Asked again, the most probable answer would be the same.
    redo: dict[str, Any] = {"temperature": WARMTH, "seed": random.randrange(1 << 31)} if again else {}
    return _begun(
        visit, Turn(parts, asked=Asked(steer.task, typed)), lambda: prepared(studio, visit, steer, parts, typed, redo)
    )


def begin_why(studio: Studio, visit: Visit, item: Item, again: bool = False) -> Turn:
    """Why an item suits whoever asks."""
    parts: list[TextPart | ItemPart] = [TextPart(text="Why "), ItemPart(item=item), TextPart(text="?")]
    redo: dict[str, Any] = {"temperature": WARMTH, "seed": random.randrange(1 << 31)} if again else {}
    turn = Turn(parts, asked=Asked("why", item=item.id))
    return _begun(visit, turn, lambda: studio.model.prepare_explain(item.id, studio.who(visit), **redo))


def _begun(visit: Visit, turn: Turn, prepare: Any) -> Turn:
    try:
        turn.request = prepare()
    except NeoError as error:
        turn.state, turn.notes = "failed", (str(error),)
    else:
        visit.looked = Looked("Your latest request in the chat", turn.request, turn)
    visit.turns.append(turn)
    return turn


def similar(studio: Studio, visit: Visit, item: Item) -> Turn:
    """What is like an item: nearest by what their SIDs mean, no language model asked."""
    parts: list[TextPart | ItemPart] = [TextPart(text="More like "), ItemPart(item=item), TextPart(text=".")]
    turn = Turn(parts, asked=Asked("more", item=item.id))
    began = time.perf_counter()
    try:
        known = {shown.id for shown in visit.shown()} - {item.id}
        answer = studio.model.similar(item.id, NAMED, exclude=sorted(visit.aside | known))
    except NeoError as error:
        turn.state, turn.notes = "failed", (str(error),)
    else:
        lead = "These lie nearest in meaning:" if answer.items else "Nothing else lies near it."
        turn.answer = [TextPart(text=f"{lead} "), *_listed(answer.items)]
        turn.state, turn.first = "done", time.perf_counter() - began
        turn.whole = turn.first
    visit.turns.append(turn)
    return turn


def _listed(items: list[Item]) -> list[TextPart | ItemPart]:
    parts: list[TextPart | ItemPart] = []
    for place, item in enumerate(items):
        before = "" if place == 0 else " and " if place == len(items) - 1 else ", "
        parts += [TextPart(text=before)] if before else []
        parts.append(ItemPart(item=item))
    return [*parts, TextPart(text=".")] if parts else parts


def grown(studio: Studio, visit: Visit, turn: Turn) -> Iterator[None]:
    """Answers the turn; yields whenever it is worth another look. `visit.stop` ends it with what is there."""
    if turn.request is None:
        return
    began, drawn = time.perf_counter(), 0.0
    visit.stop = False
    try:
        for piece in studio.stream(turn.request):
            now = time.perf_counter()
            if isinstance(piece, Answer):
                turn.answer, turn.notes = list(piece.parts), piece.warnings
                said = (name.removeprefix("words: ") for name in piece.guaranteed if name.startswith("words: "))
                turn.kept = tuple(said)
                break
            if visit.stop:
                turn.state = "stopped"
                break
            if turn.first is None and (isinstance(piece, ItemPart) or piece.text.strip()):
                turn.first = now - began
            _add(turn, piece)
            if now - drawn > OFTEN:
                drawn = now
                yield
        turn.state = "done" if turn.state == "open" else turn.state
    except NeoError as error:
        turn.state, turn.notes = "failed", (str(error),)
    finally:
        # Still open: the visitor has gone, or something broke that nobody foresaw.
        turn.state = "stopped" if turn.state == "open" else turn.state
        turn.whole = time.perf_counter() - began
    if turn.asked is not None and turn.asked.task == "why" and turn.asked.item and turn.state == "done":
        visit.whys[turn.asked.item] = "".join(part.text for part in turn.answer if isinstance(part, TextPart))
    yield


def _add(turn: Turn, piece: TextPart | ItemPart) -> None:
    before = turn.answer[-1] if turn.answer else None
    if isinstance(piece, TextPart) and isinstance(before, TextPart):
        turn.answer[-1] = TextPart(text=before.text + piece.text)
    else:
        turn.answer.append(piece)


def again(studio: Studio, visit: Visit, steer: Steer) -> Turn | None:
    """The latest turn, asked once more; it takes the place of the first answer."""
    if not visit.turns or (asked := visit.turns[-1].asked) is None:
        return None
    visit.turns.pop()
    item = studio.item(asked.item) if asked.item is not None else None
    if item is not None:
        return begin_why(studio, visit, item, again=True) if asked.task == "why" else similar(studio, visit, item)
    return begin(studio, visit, replace(steer, task=asked.task), asked.words, again=True)


# What it looks like


def welcome(studio: Studio, visit: Visit) -> str:
    """An empty conversation, with ways to begin."""
    topic = studio.topics[0].lower() if studio.topics else "history"
    openings = (*OPENINGS, WHO_AM_I) if visit.is_somebody else OPENINGS
    chips = "".join(_chip("say", opening.format(topic=topic)) for opening in openings)
    types = ", ".join(item_type.plural for item_type in studio.types)
    return (
        '<div class="welcome"><h1>What would you like to hear?</h1>'
        f"<p>NEO speaks words and {esc(types)}. Ask in your own words; every item that it names exists.</p>"
        f'<div class="chips" role="group" aria-label="Suggested openings">{chips}</div></div>'
    )


def _chip(act: str, text: str, item: str = "") -> str:
    return (
        f'<button type="button" class="chip" data-act="{act}" data-words="{esc(text)}" data-item="{esc(item)}">'
        f"{esc(text)}</button>"
    )


def conversation(studio: Studio, visit: Visit) -> str:
    """All turns that have ended, with what could follow the last."""
    if not visit.turns:
        return welcome(studio, visit)
    ended = [turn for turn in visit.turns if turn.state != "open"]
    last = "" if visit.turns[-1].state == "open" else follow_ups(visit, visit.turns[-1])
    return "".join(turn_html(studio, visit, turn) for turn in ended) + last


def live(studio: Studio, visit: Visit) -> str:
    """The turn that is being answered, if there is one."""
    if not visit.turns or visit.turns[-1].state != "open":
        return ""
    return turn_html(studio, visit, visit.turns[-1])


def turn_html(studio: Studio, visit: Visit, turn: Turn) -> str:
    waiting = '<span class="cursor" aria-label="NEO is writing"></span>' if turn.state == "open" else ""
    prose = f'<p class="prose">{html.said(turn.answer)}{waiting}</p>' if turn.answer or waiting else ""
    items = list({part.item.id: part.item for part in turn.answer if isinstance(part, ItemPart)}.values())
    shown = html.cards(shelf.card(studio, visit, item) for item in items)
    notes = "".join(html.notice(note, "error" if turn.state == "failed" else "note") for note in turn.notes)
    return (
        f'<section class="turn"><div class="me"><p>{html.said(turn.said)}</p></div>'
        f'<div class="neo">{prose}{shown}{notes}{_meta(turn)}</div></section>'
    )


def _meta(turn: Turn) -> str:
    if turn.state == "open" or turn.whole is None:
        return ""
    first = "" if turn.first is None else f"first words after {turn.first:.2f} s, "
    stopped = ", stopped" if turn.state == "stopped" else ""
    kept = f" · kept for sure: {esc(', '.join(turn.kept))}" if turn.kept else ""
    return f'<p class="meta">{first}{turn.whole:.2f} s in all{stopped}{kept}</p>'


def follow_ups(visit: Visit, turn: Turn) -> str:
    """What could be said next."""
    items = [part.item for part in turn.answer if isinstance(part, ItemPart)]
    chips = []
    if items:
        chips = [
            _chip("more", f"More like {items[0].title}", items[0].id),
            _chip("why", f"Why {items[0].title}?", items[0].id),
        ]
    chips.append(_chip("say", "Something different, please."))
    chips += [_chip("say", WHO_AM_I)] if visit.is_somebody else []
    return f'<div class="chips follow" role="group" aria-label="Follow-ups">{"".join(chips)}</div>'
