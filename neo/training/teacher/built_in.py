"""The built-in teacher: short, varied sentences that say nothing but what the facts hold.

An answer depends on its arguments and the random stream alone. Items stand as references, and what is said of
an item follows its reference: the model learns to read an item it has just named.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from neo.language.facts import OFTEN, ItemFacts, ListenerFacts, sayable
from neo.language.segments import ItemRef, Segment, Text, merge_texts
from neo.language.wordings.fill import ranked, series
from neo.training.teacher.ask import Ask, streams
from neo.training.teacher.phrases import (
    capital,
    describe,
    new_ground,
    pick,
    reasons,
    spelled,
)

Answer = tuple[Segment, ...]


class BuiltInTeacher:
    """See `Teacher`."""

    def answers(self, asks: Sequence[Ask], rng: np.random.Generator) -> list[Answer]:
        return [answer(ask, stream) for ask, stream in zip(asks, streams(rng, len(asks)), strict=True)]


def answer(ask: Ask, rng: np.random.Generator) -> Answer:
    """The answer to one ask."""
    match ask.task:
        case "explain":
            return explain(ask.items[0], ask.listener, rng)
        case "portrait":
            return portrait(ask.listener, rng)
        case "recommend_mixed":
            return recommend_mixed(ask.items, ask.listener, rng)
        case "search_mixed":
            return search_mixed(ask.query or "", ask.items, ask.listener, rng)
        case "chat_mixed":
            return chat_mixed(ask.items, ask.listener, rng, ask.query)


def explain(item: ItemFacts, listener: ListenerFacts, rng: np.random.Generator) -> Answer:
    """Why an item suits a listener, in text alone; where nothing speaks for it, it says so."""
    found = reasons(item, listener, rng)
    about = describe(item, listener, rng)
    if not found:
        new = new_ground(item, listener, rng)
        return _text(pick(rng, _EXPLAIN_NEW, about=about, About=capital(about), new=new))
    first, *others = found
    text = pick(rng, _EXPLAIN, about=about, About=capital(about), why=first, Why=capital(first))
    if others and rng.random() < 0.4:
        text += pick(rng, (" Also, {why}.", " Besides, {why}.", " And {why}."), why=others[0])
    return _text(text)


def portrait(listener: ListenerFacts, rng: np.random.Generator) -> Answer:
    """A listener's taste: always the main topics, then a habit or two, in text alone."""
    named = [t for t in listener.onboarding if sayable(t)][:3]
    if not listener.events:
        return _text(pick(rng, _PORTRAIT_NAMED if named else _PORTRAIT_EMPTY, ts=series(named)))
    main = [t for t in listener.main_topics if sayable(t)]
    if main:
        repeated = all(listener.topic_times(t) >= OFTEN for t in main)
        text = pick(rng, (*_PORTRAIT, *_PORTRAIT_REPEATED) if repeated else _PORTRAIT, ts=ranked(main))
    else:
        text = pick(rng, _PORTRAIT_TYPES, plural=listener.types[0].name)
    extras = _habits(listener, named, rng)
    rng.shuffle(extras)
    return _text(" ".join([text, *extras[: 1 + int(rng.random() < 0.5)]]))


def recommend_mixed(items: Sequence[ItemFacts], listener: ListenerFacts, rng: np.random.Generator) -> Answer:
    """One to three items, each with what it is; the first always with the reason, or with the lack of one."""
    first, *others = items
    why = _why(first, listener, rng)
    before, after = _split(rng, _TRY)
    names = {"about": describe(first, listener, rng, full=not others), "why": why, "Why": capital(why)}
    segments: list[Segment] = [Text(before.format(**names)), ItemRef(first.row), Text(after.format(**names))]
    return merge_texts([*segments, *_further(others, listener, rng)])


def search_mixed(query: str, items: Sequence[ItemFacts], listener: ListenerFacts, rng: np.random.Generator) -> Answer:
    """The items found, and why: what the query spells of the first item, or else what the listener likes."""
    first, *others = items
    before, after = _split(rng, _FOUND)
    if sayable(query) and rng.random() < 0.2:
        before = pick(rng, ('On "{query}": ', 'For "{query}", try '), query=query)
    text = after.format(about=describe(first, listener, rng, full=not others, query=query))
    matches = _matches(query, first, rng)
    found = reasons(first, listener, rng)
    if matches:
        text += f" {matches[0]}"
    elif found and listener.events and rng.random() < 0.7:
        text += f" And {found[0]}."
    return merge_texts([Text(before), ItemRef(first.row), Text(text), *_further(others, listener, rng)])


def chat_mixed(
    items: Sequence[ItemFacts], listener: ListenerFacts, rng: np.random.Generator, query: str | None = None
) -> Answer:
    """A friendly word, then one to five items, of any types; a request with a subject is searched for."""
    first, *others = items
    if query is not None:
        asked = [t for t in first.topics if spelled(t, query)]
        opening = pick(rng, _OPEN_ABOUT if asked else _OPEN, t=asked[0] if asked else "")
        return merge_texts([Text(f"{capital(opening)} "), *search_mixed(query, items, listener, rng)])
    opening, why = pick(rng, _OPEN), _why(first, listener, rng)
    before, after = _split(rng, _START)
    names = {"about": describe(first, listener, rng, full=False), "why": why, "Why": capital(why)}
    start = f"{opening} {before.format(**names)}"
    segments: list[Segment] = [Text(start), ItemRef(first.row), Text(after.format(**names))]
    return merge_texts([*segments, *_further(others, listener, rng)])


def _text(text: str) -> Answer:
    return (Text(text),)


def _why(item: ItemFacts, listener: ListenerFacts, rng: np.random.Generator) -> str:
    found = reasons(item, listener, rng)
    return found[0] if found else new_ground(item, listener, rng)


def _matches(query: str, item: ItemFacts, rng: np.random.Generator) -> list[str]:
    """Sentences on what a query spells of an item."""
    found = [pick(rng, _MATCH_TOPIC, t=t) for t in item.topics if spelled(t, query)]
    if spelled(item.creator, query):
        found.append(pick(rng, ("It is by {c}, as you asked.", "You asked for {c}."), c=item.creator))
    if spelled(item.parent_title, query):
        found.append(pick(rng, ("It belongs to {p}.", "You asked for {p}."), p=item.parent_title))
    if spelled(item.title, query):
        found.append(pick(rng, ("The title is the one you typed.", "The title matches.")))
    if spelled(item.tone, query):
        found.append(pick(rng, ("It is {tone}, as you asked.", "You wanted it {tone}, and it is."), tone=item.tone))
    return found


def _split(rng: np.random.Generator, patterns: Sequence[tuple[str, str]]) -> tuple[str, str]:
    return patterns[int(rng.integers(len(patterns)))]


def _further(items: Sequence[ItemFacts], listener: ListenerFacts, rng: np.random.Generator) -> list[Segment]:
    """The second item and those after it, in short."""
    segments: list[Segment] = []
    for place, item in enumerate(items):
        before, after = _split(rng, _LAST if place and place == len(items) - 1 else _NEXT)
        text = after.format(about=describe(item, listener, rng, full=False))
        segments += [Text(before), ItemRef(item.row), Text(f"{text}.")]
    return segments


def _habits(listener: ListenerFacts, named: Sequence[str], rng: np.random.Generator) -> list[str]:
    """Sentences on what else the counts hold; none on types, whose shares the reading of a long past changes."""
    found: list[tuple[tuple[str, ...], str]] = []
    parents = [p.title for p in listener.parents if p.times >= OFTEN and sayable(p.title)]
    creators = [name for name, times in listener.creators if times >= OFTEN and sayable(name)]
    if parents:
        found.append((_HABIT_PARENT, parents[0]))
    if creators:
        found.append((_HABIT_CREATOR, creators[0]))
    if listener.turn and sayable(listener.turn):
        found.append((_HABIT_TURN, listener.turn))
    if listener.main_tone:
        found.append((_HABIT_TONE, listener.main_tone))
    fresh = [t for t in named if not listener.topic_times(t)]
    if fresh:
        found.append((_HABIT_NAMED, fresh[0]))
    return [pick(rng, patterns, x=name) for patterns, name in found]


_EXPLAIN = (
    "It is {about}, and {why}.",
    "{Why}, and this is {about}.",
    "This is {about}: {why}.",
    "It suits you because {why}: it is {about}.",
    "{Why}. This one is {about}.",
    "{About}, and {why}.",
    "You might like it since {why}. It is {about}.",
)
# They say at once that there is no reason: a small model that had begun with what the item is, as where there is one,
# went on in a third of its explanations as if there were none.
_EXPLAIN_NEW = (
    "To be honest, {new}. It is {about}.",
    "I must say that {new}: it is {about}.",
    "A word first: {new}. This is {about}.",
    "Frankly, {new}; it is {about}.",
)
_PORTRAIT = (
    "Your main interests are {ts}.",
    "Your history is led by {ts}.",
    "Above all, your history is about {ts}.",
    "What stands out in your history: {ts}.",
    "You seem to like {ts} best.",
    "Most of all, your history holds {ts}.",
)
_PORTRAIT_REPEATED = (
    "You come back to {ts} most.",
    "What you return to most is {ts}.",
    "Again and again, you choose {ts}.",
)
_PORTRAIT_TYPES = (  # not how many of them: of a long past each type is read, whatever its share
    "There are {plural} in your history.",
    "Your history holds {plural}.",
)
_PORTRAIT_NAMED = (
    "There is no history yet, but you named {ts} as your interests.",
    "You have no history so far. The interests you named are {ts}.",
    "All I know so far is what you told us: you like {ts}. There is no history yet.",
)
_PORTRAIT_EMPTY = (
    "There is no history yet, so I cannot say what you like.",
    "You have no history so far, and I know nothing of your taste yet.",
    "I know nothing of your taste yet: your history is empty.",
)
_HABIT_PARENT = ("You keep returning to {x}.", "A steady habit of yours is {x}.")
_HABIT_CREATOR = ("You often choose {x}.", "You come back to {x} often.")
_HABIT_TURN = ("Lately you have turned to {x}.", "Your latest interest is {x}.")
_HABIT_TONE = ("The tone is mostly {x}.", "You like it {x}.")
_HABIT_NAMED = ("You also named {x} as an interest.", "You told us that you like {x} too.")
# Words lead to every item, and what is said of it comes behind it, where the facts are at hand: `neo.language.asides`.
_TRY = (
    ("Try ", ", {about}: {why}."),
    ("How about ", "? It is {about}, and {why}."),
    ("My pick is ", ", {about}. {Why}."),
    ("I would go for ", ": it is {about}, and {why}."),
    ("Have a look at ", ", {about}, since {why}."),
    ("Next could be ", ". It is {about}; {why}."),
    ("You may like ", ", {about}. The reason: {why}."),
)
_FOUND = (
    ("I found ", ": {about}."),
    ("Here is ", ", {about}."),
    ("Have a look at ", ", {about}."),
    ("This could be it: ", ", {about}."),
    ("Try ", ". It is {about}."),
    ("This should fit: ", ", {about}."),
    ("What comes closest is ", ", {about}."),
    ("My best match is ", ": it is {about}."),
)
_MATCH_TOPIC = (
    "It covers {t}, as you asked.",
    "You asked for {t}, and here it is.",
    "It matches {t}.",
    "That is the {t} you asked for.",
)
_START = (
    ("Start with ", ", {about}: {why}."),
    ("I would begin with ", ", {about}; {why}."),
    ("How about ", "? It is {about}, and {why}."),
    ("First comes ", ", {about}. {Why}."),
    ("You could put on ", ", {about}: {why}."),
)
_NEXT = (
    (" Then try ", ", {about}"),
    (" Another one is ", ", {about}"),
    (" There is also ", ", {about}"),
    (" After that, ", " is {about}"),
    (" You may like ", " too, {about}"),
)
_LAST = (
    (" And finally ", ", {about}"),
    (" Last, ", " is {about}"),
    (" And there is ", ", {about}"),
    (" To end with, take ", ", {about}"),
)
_OPEN = (
    "Gladly!",
    "Here is an idea.",
    "With pleasure.",
    "Let me think.",
    "I have something for you.",
    "Sure.",
    "Good question!",
    "Happy to help.",
)
_OPEN_ABOUT = (
    "Something on {t}? Gladly.",
    "For {t}, I have an idea.",
    "{t} it is.",
    "Let us talk about {t}, then.",
)
