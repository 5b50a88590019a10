"""The parts of a sentence: an item described, and what in a listener's facts speaks for it.

Every pattern below may be used only where the facts hold it; the conditions stand beside the patterns. As a
history may be of listening, of narrating or of something else, no word says what was done with an item.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TypeGuard

import numpy as np

from neo.language.facts import OFTEN, ItemFacts, ListenerFacts, sayable
from neo.language.wordings.fill import series, with_article


def pick(rng: np.random.Generator, patterns: Sequence[str], **names: str | int) -> str:
    """One of the patterns, filled. Names are never parsed again, whatever braces they hold."""
    return patterns[int(rng.integers(len(patterns)))].format(**names)


def capital(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]


def spelled(name: str | None, query: str) -> TypeGuard[str]:
    """Whether the query holds the name as whole words, in any case."""
    return sayable(name) and re.search(rf"(?<!\w){re.escape(name)}(?!\w)", query, re.IGNORECASE) is not None


def describe(
    item: ItemFacts, listener: ListenerFacts, rng: np.random.Generator, full: bool = True, query: str = ""
) -> str:
    """'a calm show on sleep science by Ada Moss': topics asked for, or liked, come first."""

    def rank(topic: str) -> tuple[bool, int, bool]:
        return spelled(topic, query), listener.topic_times(topic), topic in listener.onboarding

    noun = f"{item.tone} {item.words.singular}" if item.tone else item.words.singular
    topics = sorted(filter(sayable, item.topics), key=rank, reverse=True)
    phrase = with_article(noun)
    if len(topics) > 1 and not spelled(topics[0], query) and (rank(topics[0])[1] > 0) == (rank(topics[1])[1] > 0):
        topics[:2] = rng.permutation(topics[:2]).tolist()  # or the broader of two topics would always lead
    if topics:
        count = 2 if full and len(topics) > 1 and rng.random() < 0.6 else 1
        phrase += pick(rng, (" on {t}", " about {t}"), t=series(topics[:count]))
    sources = []
    if sayable(item.parent_title):
        sources.append(f" from {item.parent_title}")
    if sayable(item.creator):
        sources.append(f" by {item.creator}")
    if sources and (full or not topics):
        phrase += sources[int(rng.integers(len(sources)))]
    if item.length and full and rng.random() < 0.2:
        phrase += f", {item.length} long"
    if not (topics or sources) and sayable(item.title):
        phrase += f" called {item.title}"
    return phrase


def reasons(item: ItemFacts, listener: ListenerFacts, rng: np.random.Generator) -> list[str]:
    """Clauses in lower case that speak for the item, the strongest first; empty if nothing does."""
    found = [*_by_parent(item, listener, rng), *_by_topic(item, listener, rng)]
    times = listener.creator_times(item.creator)
    if times and sayable(item.creator):
        found.append((times, pick(rng, _CREATOR_OFTEN if times >= OFTEN else _CREATOR_KNOWN, c=item.creator)))
    named = [t for t in item.topics if t in listener.onboarding and sayable(t)]
    if named:
        found.append((1.5, pick(rng, _NAMED if listener.events else _NAMED_ONLY, t=named[0])))
    if item.tone and item.tone == listener.usual_tone:
        found.append((1.0, pick(rng, _TONE, tone=item.tone)))
    found.sort(key=lambda reason: -reason[0])
    clauses = [clause for _, clause in found]
    if len(clauses) > 1 and rng.random() < 0.3:  # or a favorite show were the one reason for all its episodes
        clauses[:2] = clauses[1::-1]
    return clauses


def new_ground(item: ItemFacts, listener: ListenerFacts, rng: np.random.Generator) -> str:
    """What can honestly be said where no reason was found."""
    if not listener.events:
        named = [t for t in listener.onboarding if sayable(t)][:2]
        return pick(rng, _STRANGER_NAMED, ts=series(named)) if named else pick(rng, _STRANGER)
    known = [listener.topic_times(t) for t in item.topics]
    if any(known) or listener.creator_times(item.creator) or listener.parent_times(item.parent_row):
        return pick(rng, _LINKED)
    usual = [t for t in listener.main_topics if sayable(t) and listener.topic_times(t) > 1][:2]
    fresh = [t for t in item.topics if sayable(t)]
    if fresh:
        return pick(rng, _NEW_TOPIC if usual else _FRESH, ts=series(usual), t=fresh[0])
    return pick(rng, _UNLINKED)


def _by_parent(item: ItemFacts, listener: ListenerFacts, rng: np.random.Generator) -> list[tuple[float, str]]:
    times = listener.parent_times(item.row)
    if times:
        return [(2 * times, pick(rng, _ITSELF))]
    times = listener.parent_times(item.parent_row)
    if not times or not sayable(item.parent_title):
        return []
    return [(2 * times, pick(rng, _PARENT_OFTEN if times >= OFTEN else _PARENT_KNOWN, p=item.parent_title))]


def _by_topic(item: ItemFacts, listener: ListenerFacts, rng: np.random.Generator) -> list[tuple[float, str]]:
    topics = [t for t in item.topics if sayable(t) and listener.topic_times(t)]
    topics.sort(key=lambda topic: -listener.topic_times(topic))
    if not topics:
        return []
    times = listener.topic_times(topics[0])
    if listener.turn in topics and rng.random() < 0.7:
        return [(times, pick(rng, _TURN, t=listener.turn))]
    if len(topics) > 1 and listener.topic_times(topics[1]) > 1 and rng.random() < 0.4:
        return [(times, pick(rng, _TWO_TOPICS, ts=series(topics[:2])))]
    often = [t for t in topics[:2] if listener.topic_times(t) >= OFTEN]
    if often:
        best = often[int(rng.integers(len(often)))]
        return [(times, pick(rng, _TOPIC_MAIN if best in listener.main_topics else _TOPIC_OFTEN, t=best))]
    return [(times, pick(rng, _TOPIC_TWICE if times > 1 else _TOPIC_ONCE, t=topics[0]))]


_ITSELF = (  # the item is in the history, or parts of it are
    "your history has led you there before",
    "you have met it in your history already",
    "your history knows it already",
)
_PARENT_OFTEN = (
    "you keep coming back to {p}",
    "you return to {p} again and again",
    "your history comes back to {p} often",
    "you have a habit of {p}",
)
_PARENT_KNOWN = ("you know {p} already", "your history has {p} in it", "you have met {p} before")
_TOPIC_OFTEN = (
    "you come back to {t} again and again",
    "your history returns to {t} often",
    "you like to return to {t}",
    "your history shows a clear interest in {t}",
)
_TOPIC_MAIN = (*_TOPIC_OFTEN, "your main interests include {t}", "your history leads with topics like {t}")
_TOPIC_TWICE = (
    "you came to {t} more than once",
    "your history holds {t} more than once",
    "you have been back to {t}",
)
_TOPIC_ONCE = ("you have touched on {t} before", "your history has some {t} in it", "you met {t} once")
_TWO_TOPICS = (
    "you return to {ts}",
    "your history has both {ts} in it",
    "your interests include {ts}",
)
_TURN = (
    "lately you have turned to {t}",
    "your latest interest is {t}",
    "you have been drawn to {t} of late",
)
_CREATOR_OFTEN = ("you often choose {c}", "you keep coming back to {c}", "your history returns to {c}")
_CREATOR_KNOWN = ("you know {c} already", "your history has {c} in it", "you have met {c} before")
_NAMED = ("you named {t} as an interest", "you told us that you like {t}", "your named interests include {t}")
_NAMED_ONLY = (  # the same, without any history
    "you have no history yet, but you named {t} as an interest",
    "there is no history to go by, but you told us that you like {t}",
    "with no history yet, I go by your interest in {t}",
)
_TONE = ("you choose a {tone} tone most often", "your usual tone is {tone}", "you lean to what is {tone}")
_NEW_TOPIC = (
    "your history leans to {ts}, so {t} would be new",
    "you usually go for {ts}, and {t} would be new to you",
    "beside your {ts}, {t} would be a change",
)
_FRESH = (
    "your history has no {t} so far, so it would be new",
    "you have not met {t} yet, so it would be a change",
)
_LINKED = ("it is close to what your history holds", "your history holds things like it")
_UNLINKED = (
    "your history has no clear link to it, so take it as a try",
    "nothing known ties it to your history yet",
    "it would be a change from your history",
)
_STRANGER_NAMED = (
    "there is no history to go by yet, only your interest in {ts}",
    "you named {ts}, and there is no history to go by",
)
_STRANGER = (
    "you have no history yet, so take it as a first try",
    "there is no history to go by yet, so this is a guess",
    "without any history of yours, this is a place to begin",
)
