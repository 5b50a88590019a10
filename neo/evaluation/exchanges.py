"""Five real exchanges with a model: what a person reads before any table."""

from __future__ import annotations

from typing import Any, TextIO

import numpy as np
from rich.console import Console
from rich.text import Text

from neo.model.neo_model import NeoModel
from neo_sdk.errors import InvalidRequestError
from neo_sdk.types import Answer, Item, TextPart

MAX_TURNS = 200  # messages that are kept; the model reads what fits
READABLE = 12  # events: enough history to be understood, little enough to be shown


def show(neo: NeoModel, console: Console | None = None) -> None:
    """A recommendation, a search, an explanation, a portrait and a chat, for a listener of the bundle."""
    console = console or Console(highlight=False)
    events, listeners, catalog = neo.bundle.events, neo.bundle.listeners, neo.bundle.catalog
    if not len(events):
        console.print("The bundle holds no listeners, so there is nobody to talk to.")
        return
    counts = np.diff(events.offsets)
    row = int(np.argmin(np.where(counts > 0, np.abs(counts - READABLE), len(events))))
    who = listeners.id(row)
    history = [catalog.item(int(item)) for item in events.history(row)]
    console.print(Text.assemble("\n", (f"Listener {who}", "bold"), ", who lately met:"))
    for item in history[-6:]:
        console.print(Text(f"  {line(item)}"))

    type_name = neo.bundle.vocabulary.type_names[0]
    first = neo.recommend(listener=who, type=type_name, k=3)
    _exchange(console, f"recommend(listener={who!r}, type={type_name!r}, k=3)", first)
    topic = next((t for item in reversed(history) for t in item.topics), history[-1].title)
    _exchange(console, f"search({topic!r}, k=3)", neo.search(topic, k=3))
    if first.items:
        liked = first.items[0]
        _exchange(console, f"explain({liked.id!r}, listener={who!r})", neo.explain(liked.id, listener=who))
    _exchange(console, f"understand(listener={who!r})", neo.understand(listener=who))
    words = "What should I try next? I am open to anything."
    _exchange(console, f"chat({words!r}, listener={who!r})", neo.chat(words, listener=who))


def converse(neo: NeoModel, lines: TextIO, console: Console | None = None, **who: Any) -> None:
    """A conversation in a terminal: a line is a turn, until there are no more. What cannot be answered says why."""
    console = console or Console(highlight=False)
    turns: list[tuple[str, Any]] = []
    prompt = "> " if lines.isatty() else ""
    console.print(Text(prompt, "cyan"), end="")
    for said in lines:
        if said.strip():
            try:
                answer = neo.chat([*turns, ("user", said.strip())], **who)
            except InvalidRequestError as error:
                console.print(Text(f"  ({error})", "dim"))
            else:
                print_answer(answer, console)
                turns = [*turns, ("user", said.strip()), ("assistant", list(answer.parts) or "...")][-MAX_TURNS:]
        console.print(Text(prompt, "cyan"), end="")


def line(item: Item) -> str:
    """An item in one line."""
    by = f" by {item.creator}" if item.creator else ""
    topics = f" ({', '.join(item.topics[:2])})" if item.topics else ""
    return f"[{item.type}] {item.title}{by}{topics}"


def print_answer(answer: Answer, console: Console | None = None) -> None:
    """The parts in their order: text as it is, items in brackets with their title; lists one a line."""
    console = console or Console(highlight=False)
    if any(isinstance(part, TextPart) for part in answer.parts):
        out = Text("  ")
        for part in answer.parts:
            if isinstance(part, TextPart):
                out.append(part.text)
            else:
                out.append(f"[{part.item.type}: {part.item.title}]", "bold")
        console.print(out)
    else:
        for place, item in enumerate(answer.items, 1):
            console.print(Text(f"  {place}. {line(item)}"))
    for warning in answer.warnings:
        console.print(Text(f"  ({warning})", "dim"))


def _exchange(console: Console, call: str, answer: Answer) -> None:
    console.print(Text(f"\n> {call}", "cyan"))
    print_answer(answer, console)
