"""Asides: the facts that an answer is about to speak of, put before the model and never shown.

What a model of any size remembers of an item it remembers imperfectly, and a history is long to count. So once an
answer has said whom or what it speaks of, the facts follow in its context, from the catalog and the history, and it
goes on in its own words. Training and inference call the same functions.
"""

from __future__ import annotations

from collections.abc import Sequence

from neo.language.facts import MAIN_TOPICS, OFTEN, Count, ItemFacts, ListenerFacts, sayable

MOST_TOPICS = 4  # of an item; more would crowd the prompt
TIMES = {1: "once", 2: "twice"}


def item_aside(item: ItemFacts, listener: ListenerFacts) -> str:
    """What an item is, and what of it the listener has met."""
    topics = [topic for topic in item.topics if sayable(topic)][:MOST_TOPICS]
    said = [" ".join(filter(None, (item.tone, item.words.singular))), *topics]
    said += [f"from {item.parent_title}"] if sayable(item.parent_title) else []
    said += [f"by {item.creator}"] if sayable(item.creator) else []
    said += [item.length] if item.length else []
    return f" ({', '.join(said)}; {'; '.join(_links(item, topics, listener))})"


def listener_aside(listener: ListenerFacts) -> str:
    """What the listener met most, what they turned to, and what they named."""
    main = listener.topics[:MAIN_TOPICS]
    said = [f"history: {_counted(main, listener)}"]
    if not listener.events:
        said = ["no history"]
    elif not any(sayable(name) for name, _ in main):
        said = [f"history: {listener.types[0].name}"]
    habits = [f"from {parent.title}" for parent in listener.parents if parent.times >= OFTEN and sayable(parent.title)]
    creators = [f"by {name}" for name, times in listener.creators if times >= OFTEN and sayable(name)]
    said += [*habits[:1], *creators[:1]]
    said += [f"lately {listener.turn}"] if sayable(listener.turn) else []
    said += [f"mostly {listener.main_tone}"] if listener.main_tone else []
    return f" ({'; '.join([*said, *_named(listener, listener.onboarding[:3])])})"


def _links(item: ItemFacts, topics: Sequence[str], listener: ListenerFacts) -> list[str]:
    """What of an item is in a history, the strongest first."""
    if not listener.events:
        return ["no history", *_named(listener, listener.onboarding[:3])]
    met = [Count(topic, listener.topic_times(topic)) for topic in topics]
    said = _counted(sorted((count for count in met if count.times), key=lambda count: -count.times), listener)
    found = [f"history: {said}"] if said else []
    if listener.parent_times(item.row):
        found.append("met itself")
    if (times := listener.parent_times(item.parent_row)) and sayable(item.parent_title):
        found.append(f"from {item.parent_title} {_times(times)}")
    if (times := listener.creator_times(item.creator)) and sayable(item.creator):
        found.append(f"by {item.creator} {_times(times)}")
    if sayable(listener.turn) and listener.turn in topics:
        found.append(f"lately {listener.turn}")
    if item.tone and item.tone == listener.usual_tone:
        found.append(f"mostly {item.tone}")
    found += _named(listener, [topic for topic in listener.onboarding if topic in item.topics])
    # Where nothing speaks for it, what the listener likes instead.
    return found or [f"history: {_counted(listener.topics[:2], listener)}; nothing of it"]


def _counted(counts: Sequence[Count], listener: ListenerFacts) -> str:
    """Topics and how often they were met; the main ones are said to be."""
    main = listener.main_topics
    return ", ".join(
        f"{name} {'most' if name in main and times >= OFTEN else _times(times)}"
        for name, times in counts
        if sayable(name)
    )


def _times(times: int) -> str:
    return TIMES.get(times, "often")


def _named(listener: ListenerFacts, topics: Sequence[str]) -> list[str]:
    found = [topic for topic in topics if sayable(topic)]
    return [f"named {', '.join(found)}"] if found else []
