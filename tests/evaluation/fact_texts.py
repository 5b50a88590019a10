"""Texts to check facts in: true ones of a listener and an item, in wordings unlike our own, and corrupted ones."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import numpy as np

from neo.catalog.starter.config import WorldConfig
from neo.catalog.starter.world import make_world
from neo.evaluation.names import Names
from neo.language.facts import FactBook, ItemFacts, ListenerFacts
from neo.training.teacher.built_in import explain, portrait


@dataclass(frozen=True)
class FactWorld:
    """A small starter world to draw cases from."""

    book: FactBook
    names: Names
    histories: list[np.ndarray]

    def case(self, rng: np.random.Generator) -> tuple[ItemFacts, ListenerFacts]:
        """An item, half of the time one of the history, and a listener with a part of their events."""
        who = int(rng.integers(len(self.histories)))
        history = self.histories[who]
        history = history[: int(rng.integers(0, len(history) + 1))]
        row = rng.choice(history) if len(history) and rng.random() < 0.5 else rng.integers(len(self.book.catalog))
        return self.book.item(int(row)), self.book.listener(history, who)


@cache
def fact_world() -> FactWorld:
    size = WorldConfig(shows=40, episodes=160, audiobooks=40, listeners=80, days=40)
    dataset = make_world(size).dataset
    book = FactBook(dataset.catalog, dataset.listeners)
    histories = [dataset.events.history(row) for row in range(len(dataset.listeners))]
    return FactWorld(book, Names.of(book), histories)


def written(item: ItemFacts, listener: ListenerFacts, rng: np.random.Generator) -> tuple[str, str]:
    """The built-in teacher's explanation and portrait."""
    return str(explain(item, listener, rng)[0].text), str(portrait(listener, rng)[0].text)  # type: ignore[union-attr]


def in_other_words(item: ItemFacts, listener: ListenerFacts) -> Iterator[str]:
    """True explanations as a language model may write them; which ones, the facts decide."""
    kind, creator, topics = item.words.singular, item.creator, item.topics
    shared = [t for t in topics if listener.topic_times(t) >= 3]
    if creator and item.tone and topics:
        yield f"Hosted by {creator}, this {item.tone} {kind} dives into {topics[0]} and might just be your next stop."
        yield f"{item.title} is {item.tone} in mood and centers on {topics[-1].lower()}; {creator} is behind it."
        yield f"I picked “{item.title}”: a {kind} where {creator} explores {topics[-1]}."
    for topic in shared[:1]:
        times = listener.topic_times(topic)
        yield f"Since {topic} keeps coming up in your history, this {kind} should feel familiar."
        yield f"You have explored {topic} {times} times so far; here is one more {kind} in that vein."
        yield f"This {kind} is all about {topic}, something you often return to."
    if item.parent_title and listener.parent_times(item.parent_row) >= 3:
        yield f"It's the latest from {item.parent_title}, which you regularly come back to."
        yield f"Because you're a loyal follower of {item.parent_title}, this {kind} is a natural next step."
    if item.seconds and item.seconds > 240:
        yield f"At about {item.seconds // 60} minutes, it fits a commute."
        yield f"This {kind} runs {'under' if item.seconds < 3600 else 'over'} an hour."
    if item.released:
        yield f"This {kind}, released in {item.released:%B %Y}, is still worth your time."
    fresh = [t for t in topics if not listener.topic_times(t)]
    if fresh and listener.events:
        yield f"You have never tried {fresh[0]}, so this {kind} would be a first."
        yield f"It brings in {fresh[0]}, which would be new to you."
    if listener.topics and not listener.topic_times(topics[0] if topics else ""):
        yield f"Your favorites revolve around {listener.topics[0].name}, while this {kind} goes elsewhere."


def in_yet_other_words(item: ItemFacts, listener: ListenerFacts) -> Iterator[str]:
    """More of them. When first read they gave a false alarm in 10.1% of texts; the checker has learned from them."""
    kind, creator, topics, tone = item.words.singular, item.creator, item.topics, item.tone
    if topics and creator and tone:
        yield f"If you want something {tone}, {creator}'s {kind} on {topics[0]} is a good bet."
        yield f"Here's a {tone} take on {topics[0]} and {topics[-1]} by {creator}."
        yield f"{creator} brings a {tone} voice to {topics[-1]}."
        yield f"Think {topics[0]} meets {topics[-1]}: a {kind} hosted by {creator} with a {tone} tone."
    if topics and listener.topic_times(topics[0]) >= 5:
        yield f"Your love of {topics[0]} makes this an easy pick."
        yield f"Given how often {topics[0]} appears in what you choose, this {kind} is close to home."
        yield f"You've spent plenty of time with {topics[0]}, and this {kind} stays right there."
    if item.parent_title and (times := listener.parent_times(item.parent_row)) >= 3:
        yield f"{item.parent_title} is already part of your routine, and this is one of its {item.words.plural}."
        yield f"You've already enjoyed {times} episodes of {item.parent_title}."
    if creator and (times := listener.creator_times(creator)) >= 3:
        yield f"{creator} is a voice you know well, having turned up {times} times in your history."
        yield f"It's another one by {creator}, whose work you frequently choose."
    if topics and not listener.topic_times(topics[-1]) and listener.events:
        yield f"{topics[-1]} is new territory for you, so treat this as an experiment."
        yield f"This would be your first {kind} about {topics[-1]}."
        yield f"There's no {topics[-1]} in your history yet, which makes this a fresh direction."
    if item.seconds and item.seconds > 1200:
        yield f"A {item.seconds // 60}-minute {kind} to end the day."
    if item.released:
        yield f"It came out in {item.released.year} and is about {topics[0] if topics else 'many things'}."


def portraits_in_yet_other_words(listener: ListenerFacts) -> Iterator[str]:
    if main := listener.main_topics:
        yield f"Big on {main[0]}, curious about {main[-1]}, fond of a handful of voices."
        yield f"Your taste centers on {main[0]} first and {main[-1]} after that."
        yield f"{main[0]} dominates what you choose, followed by {main[-1]}."
        yield f"Most of your time goes to {main[0]}; you also make room for {listener.topics[-1].name}."
        yield f"This listener's top subjects: {', '.join(main)}."
    if listener.parents and listener.parents[0].times >= 3:
        yield f"A devoted fan of {listener.parents[0].title}, you rarely miss a new one."
    if listener.types:
        yield f"{listener.types[0].name.capitalize()} make up the bulk of what you pick."
    if listener.tones and listener.tones[0].times >= 3:
        yield f"You like a {listener.tones[0].name} mood more than any other."
    if listener.turn:
        yield f"Recently, {listener.turn} has taken over."
    if listener.onboarding and listener.events:
        yield f"At sign-up you picked {listener.onboarding[0]}."


def portraits_in_other_words(listener: ListenerFacts) -> Iterator[str]:
    """True portraits as a language model may write them."""
    main = listener.main_topics
    if main and listener.topics[-1].times >= 1:
        yield f"Above everything else you gravitate to {main[0]}, with a good deal of {main[-1]} mixed in."
        yield f"A listener whose favorite subject is {main[0]}; {', '.join(main[1:]) or main[0]} come next."
        yield f"{main[0]} comes up {listener.topic_times(main[0])} times in your history."
    if listener.types:
        yield f"You mostly reach for {listener.types[0].name}."
    often = [c for c in listener.creators if c.times >= 3]
    if often:
        yield f"You regularly spend time with {often[0].name}."
    parents = [p for p in listener.parents if p.times > 1]
    if parents:
        yield f"{parents[0].title} is something you have come back to more than once."
    if listener.tones and main:
        yield f"Your usual tone is {listener.tones[0].name}, and {main[0]} leads."
    if listener.onboarding:
        yield f"When you joined, you said {listener.onboarding[0]} interests you."


def corrupted(
    text: str, item: ItemFacts | None, listener: ListenerFacts, world: FactWorld, rng: np.random.Generator
) -> Iterator[tuple[str, str]]:
    """(what was changed, the text with it): a name of the facts swapped for one that neither side carries."""
    met = {c.name for counts in (listener.topics, listener.creators) for c in counts} | set(listener.onboarding)
    met |= {p.title for p in listener.parents}
    own: dict[str, list[str]] = {"topic": [c.name for c in listener.topics] + list(listener.onboarding)}
    own["creator"] = [c.name for c in listener.creators]
    own["title"] = [p.title for p in listener.parents]
    other = world.book.item(int(rng.integers(len(world.book.catalog))))
    others: dict[str, list[str]] = {
        "topic": list(other.topics),
        "creator": [other.creator or ""],
        "title": [other.parent_title or other.title] if other.parent_row >= 0 or other.type == "show" else [],
    }
    if item is not None:
        met |= {*item.topics, item.creator or "", item.title, item.parent_title or ""}
        own["topic"] += item.topics
        own["creator"] += [item.creator] if item.creator else []
        own["title"] += [t for t in (item.parent_title, item.title) if t]
        if item.length and item.length in text and other.length and other.seconds and item.seconds:
            bounds = sorted((item.seconds, other.seconds))
            if other.length != item.length and other.seconds < bounds[1]:
                yield "length", text.replace(item.length, other.length)
        if item.tone and other.tone and item.tone in text and len({item.tone, other.tone, listener.tones[:1]}) == 3:
            yield "tone", text.replace(item.tone, other.tone)
        kind = item.words.singular
        if other.type != item.type and f"this {kind}" in text:
            yield "type", text.replace(f"this {kind}", f"this {other.words.singular}")
    for aspect, names in own.items():
        said = sorted({name for name in names if name in text}, key=len, reverse=True)
        wrong = [name for name in others[aspect] if name and name not in met and name not in text]
        if said and wrong:
            yield aspect, text.replace(said[0], wrong[0])
