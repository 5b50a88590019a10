"""Asides: the facts that an answer is about to speak of, put before the model and never shown.

What a model of any size remembers of an item it remembers imperfectly, and a history is long to count. So once an
answer has said whom or what it speaks of, the facts follow in its context, from the catalog and the history, and it
goes on in its own words. Names stand in the order, and between the words, in which people say them: so they can be
copied. Training and inference call the same functions.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from neo.language.facts import OFTEN, ItemFacts, ListenerFacts, sayable
from neo.language.wordings.fill import ranked, series, with_article

MOST_TOPICS = 4  # of an item; more would crowd the prompt
NAMED = 3  # topics that a listener named


def item_aside(item: ItemFacts, listener: ListenerFacts, links: bool = True) -> str:
    """What an item is and, with `links`, what of it the listener has met."""
    topics = sorted(filter(sayable, item.topics), key=lambda topic: -listener.topic_times(topic))[:MOST_TOPICS]
    said = with_article(" ".join(filter(None, (item.tone, item.words.singular))))
    said += f" on {series(topics)}" if topics else ""
    said += f" by {item.creator}" if sayable(item.creator) else ""
    said += f" from {item.parent_title}" if sayable(item.parent_title) else ""
    if not links:
        return f" ({said})"
    said += f", {item.length} long" if item.length else ""
    return f" ({said}; {'; '.join(_links(item, topics, listener))})"


def listener_aside(listener: ListenerFacts) -> str:
    """What the listener met most, what they turned to, and what they named."""
    if not listener.events:
        return f" ({'; '.join(['no history', *_named(listener.onboarding)])})"
    main = ranked([topic for topic in listener.main_topics if sayable(topic)])
    again = all(listener.topic_times(topic) >= OFTEN for topic in listener.main_topics)
    said = [f"most {main}{' again and again' if again else ''}" if main else f"history of {listener.types[0].name}"]
    parents = [parent.title for parent in listener.parents if parent.times >= OFTEN and sayable(parent.title)]
    creators = [name for name, times in listener.creators if times >= OFTEN and sayable(name)]
    said += [f"often {name}" for name in (*parents[:1], *creators[:1])]
    said += [f"lately {listener.turn}"] if sayable(listener.turn) else []
    said += [f"usually {listener.main_tone}"] if listener.main_tone else []
    return f" ({'; '.join([*said, *_named(listener.onboarding)])})"


def _links(item: ItemFacts, topics: Sequence[str], listener: ListenerFacts) -> list[str]:
    """What of an item is in a history; where nothing is, what the listener likes instead."""
    if not listener.events:
        return ["no history", *_named(listener.onboarding)]
    main = listener.main_topics
    times = {topic: listener.topic_times(topic) for topic in topics}
    found = [
        f"{how} {series(some)}"
        for how, some in (
            ("most", [topic for topic, n in times.items() if n >= OFTEN and topic in main]),
            ("often", [topic for topic, n in times.items() if n >= OFTEN and topic not in main]),
            ("twice", [topic for topic, n in times.items() if n == 2]),
            ("once", [topic for topic, n in times.items() if n == 1]),
        )
        if some
    ]
    found += ["met before"] if listener.parent_times(item.row) else []
    for name, met in (
        (item.parent_title, listener.parent_times(item.parent_row)),
        (item.creator, listener.creator_times(item.creator)),
    ):
        found += [f"{'often' if met >= OFTEN else 'known'} {name}"] if met and sayable(name) else []
    found += [f"lately {listener.turn}"] if listener.turn in topics else []
    found += [f"usually {item.tone}"] if item.tone and item.tone == listener.usual_tone else []
    found += _named(topic for topic in listener.onboarding if topic in item.topics)
    if found:
        return found
    usual = _series([topic for topic in main if listener.topic_times(topic) > 1][:2])
    return [*([f"most {usual}"] if usual else []), f"{topics[0]} new" if topics else "nothing of it"]


def _series(names: Iterable[str]) -> str:
    return series([name for name in names if sayable(name)])


def _named(topics: Iterable[str]) -> list[str]:
    found = [topic for topic in topics if sayable(topic)][:NAMED]
    return [f"named {series(found)}"] if found else []
