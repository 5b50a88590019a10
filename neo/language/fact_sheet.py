"""Facts as JSON, for an endpoint to read: no id and no row leaves the house, and what is not known is left out."""

from __future__ import annotations

from collections.abc import Sequence

from neo.language.facts import ItemFacts, ListenerFacts

Sheet = dict[str, object]


def item_sheet(item: ItemFacts, number: int | None = None) -> Sheet:
    """One item; `number` is how an answer may name it."""
    return known(
        {
            "number": number,
            "type": item.words.singular,
            "title": item.title,
            "part of": item.parent_title,
            "creator": item.creator,
            "topics": item.topics,
            "tone": item.tone,
            "length": item.length,
        }
    )


def listener_sheet(listener: ListenerFacts, items: Sequence[ItemFacts] = (), heads: int = 5) -> Sheet:
    """The heads of the counts (`heads` topics, fewer of the rest), and every count that one of the items shares."""
    creators = {item.creator for item in items}
    rows = {row for item in items for row in (item.row, item.parent_row)}
    topics = {topic for item in items for topic in item.topics}
    few = max(1, heads - 2)
    history: Sheet = {
        "events": listener.events,
        "topics": dict(c for i, c in enumerate(listener.topics) if i < heads or c.name in topics),
        "creators": dict(c for i, c in enumerate(listener.creators) if i < few or c.name in creators),
        "titles": {p.title: p.times for i, p in enumerate(listener.parents) if i < few or p.row in rows},
        "types": dict(listener.types),
        "tones": dict(listener.tones[:few]),
        "lately": listener.turn,
    }
    return known({"history": known(history), "interests named": listener.onboarding})


def known(facts: Sheet) -> Sheet:
    return {name: fact for name, fact in facts.items() if fact is not None and fact != {} and fact != ()}
