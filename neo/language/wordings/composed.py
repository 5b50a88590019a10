"""Wordings made of parts: how a thing is asked for, what for, and what the answer is to be like.

A model that reads its few dozen requests again and again learns these sentences; of some hundreds of each kind it
learns which of their words matter.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from string import Formatter

MOST_WORDS = 14

_VERBS = (
    "recommend", "suggest", "pick", "choose", "find", "give me", "name", "get me", "select", "offer", "propose",
    "pull up", "put on", "send me", "bring me", "look for", "think of", "go for", "come up with", "search out",
)  # fmt: skip
_ONE = ("{a_type}", "one {type}", "the next {type}", "my next {type}", "the right {type}", "a good {type}")
_SEVERAL = ("{types}", "some {types}", "a few {types}", "good {types}", "more {types}", "other {types}")
_FITS = (
    "", "", " for me", " I would like", " to my taste", " from my history", " I might enjoy", " for tonight",
    " for the weekend", " in my line", " for someone like me", " for a long walk", " I could love",
)  # fmt: skip
_ASK_ONE = (
    "which {type} fits me", "what {type} should come next", "which {type} would you choose", "what {type} suits me",
    "which {type} is for me", "what {type} would I like", "which {type} comes next", "what {type} is there for me",
)  # fmt: skip
_ASK_SEVERAL = (
    "which {types} fit me", "what {types} should come next", "which {types} would you choose", "what {types} suit me",
    "which {types} are for me", "what {types} would I like", "which {types} come next", "what {types} are there for me",
)  # fmt: skip
_ALONE = (
    "items only", "only items", "just the items", "only the item", "no text", "no words", "no comment", "no prose",
    "no sentences", "nothing else", "nothing but items", "without a word", "without any text", "without comment",
    "not a word more", "no chatter", "no remarks", "just the names", "only that", "no description", "nothing written",
    "just an answer, no talk", "nothing around it", "only the result",
)  # fmt: skip
_BARE = (
    "{Verb} {what}{fit}, {alone}.",
    "{Alone}: {verb} {what}{fit}.",
    "{Verb} {what}{fit}. {Alone}.",
    "Please {verb} {what}{fit}, {alone}.",
    "{Alone}, please. {Verb} {what}{fit}.",
    "I want you to {verb} {what}{fit}, {alone}.",
    "{Ask}? {Alone}.",
    "{Alone}: {ask}?",
    "Could you {verb} {what}{fit}? {Alone}.",
    "I need {what}{fit}, {alone}.",
)
_WHY = (
    "and say why", "and tell me why", "and explain", "with a reason", "with your reasons", "and give the reason",
    "and explain the choice", "with a word on why", "and why it fits", "with a line on why", "and let me know why",
    "and add the reason", "and explain it to me", "with the why", "with a short reason", "and your reason for it",
    "and tell me the reason", "and the reasons for it", "and why that", "and explain in a line",
)  # fmt: skip
_EXPLAIN = (
    "tell me why", "explain why", "say why, too", "give your reason", "I want the reason", "add a reason",
    "explain your choice", "I would like to know why", "name the reason", "give me the why",
)  # fmt: skip
_REASONED = (
    "{Verb} {what}{fit} {why}.",
    "{Verb} {what}{fit}, {why}.",
    "Please {verb} {what}{fit} {why}.",
    "I need {what}{fit}, {why}.",
    "Could you {verb} {what}{fit} {why}?",
    "{Ask}, {why}?",
    "{Ask}? {Explain}.",
    "{Explain}: {ask}?",
    "I want you to {verb} {what}{fit}, {why}.",
    "{Verb} {what}{fit}. {Explain}.",
)
_TELL = (
    "tell me", "explain", "say", "describe", "let me know", "spell out", "write down", "make clear", "put into words",
    "sum up",
)  # fmt: skip
_WHY_IT = (
    "why {item} should suit me", "why {item} is for me", "why you chose {item}", "what speaks for {item}",
    "why I would like {item}", "how {item} fits me", "why {item} is right for me", "what {item} has to do with me",
    "why you named {item}", "what makes {item} mine", "why I should begin {item}", "what ties {item} to my history",
)  # fmt: skip
_ASK_WHY = (
    "why {item}", "why should {item} suit me", "what speaks for {item}", "why did you choose {item}",
    "why would {item} be for me", "what makes {item} fit me", "why should I begin {item}",
    "what is the reason for {item}", "why have you picked {item}", "what has {item} to do with my taste",
    "why is {item} here", "what do I get out of {item}", "what made you think of {item}", "where does {item} come from",
)  # fmt: skip
_EXPLAINED = (
    "{Tell} {why}.",
    "Please {tell} {why}.",
    "{Ask}?",
    "In a sentence: {ask}?",
    "{Ask}? In words, please.",
    "Could you {tell} {why}?",
    "Before I begin: {ask}?",
    "One question: {ask}?",
    "And {ask}?",
    "I would like you to {tell} {why}.",
)
_SUBJECTS = (
    "my taste", "my interests", "my history", "what I like", "my ways", "my listening", "me as a listener",
    "what I go for", "what I care about", "my main topics", "my favourites", "what I choose",
)  # fmt: skip
_DESCRIBE = (
    "describe", "sum up", "put into words", "summarize", "outline", "portray", "sketch", "paint a picture of",
    "write a few lines on", "tell me about", "give me a portrait of", "say something on", "review", "write about",
)  # fmt: skip
_ASK_WHO = (
    "what do I like", "what am I into", "what do I come back to", "which topics are mine",
    "what kind of taste do I have", "what does my history say", "who am I as a listener",
    "what have you learned about me", "what do you know about me", "what do I care for", "how would you put my taste",
    "what runs through my history", "where do my interests lie", "what do I choose most",
)  # fmt: skip
_UNDERSTOOD = (
    "{Describe} {subject}.",
    "Please {describe} {subject}.",
    "{Describe} {subject} in a sentence.",
    "{Describe} {subject} in words, please.",
    "Could you {describe} {subject}?",
    "{Ask}?",
    "In a few words: {ask}?",
    "Looking at my history, {ask}?",
    "I wonder, {ask}?",
    "So {ask}?",
)


def bare(count: int) -> tuple[str, ...]:
    """Requests for items and nothing else; half of them for one, half for several."""
    one = _composed(_BARE, count - count // 2, verb=_VERBS, what=_ONE, fit=_FITS, ask=_ASK_ONE, alone=_ALONE)
    return one + _composed(_BARE, count // 2, verb=_VERBS, what=_SEVERAL, fit=_FITS, ask=_ASK_SEVERAL, alone=_ALONE)


def reasoned(count: int) -> tuple[str, ...]:
    """Requests for items with reasons; half of them for one, half for several."""
    words = {"verb": _VERBS, "fit": _FITS, "why": _WHY, "explain": _EXPLAIN}
    one = _composed(_REASONED, count - count // 2, what=_ONE, ask=_ASK_ONE, **words)
    return one + _composed(_REASONED, count // 2, what=_SEVERAL, ask=_ASK_SEVERAL, **words)


def explained(count: int) -> tuple[str, ...]:
    """Requests to say why an item."""
    return _composed(_EXPLAINED, count, tell=_TELL, why=_WHY_IT, ask=_ASK_WHY)


def understood(count: int) -> tuple[str, ...]:
    """Requests for a portrait."""
    return _composed(_UNDERSTOOD, count, describe=_DESCRIBE, subject=_SUBJECTS, ask=_ASK_WHO)


def _composed(frames: Sequence[str], count: int, **parts: Sequence[str]) -> tuple[str, ...]:
    """`count` different wordings of at most MOST_WORDS, always the same; every frame makes as many, or all it can.

    parts: what the slots of the frames can hold, `{Verb}` with a capital letter; the slots that they bring along are
    those of wordings, see `neo.language.wordings.fill`.
    """
    draw, found = random.Random(len(frames) * count), dict[str, None]()
    for place in range(20 * count):
        if len(found) == count:
            break
        frame = frames[place % len(frames)]
        slots = {}
        for name in [name for _, name, _, _ in Formatter().parse(frame) if name]:
            part = draw.choice(parts[name.lower()])
            slots[name] = part[:1].upper() + part[1:] if name[0].isupper() else part
        text = frame.format(**slots)
        if len(text.split()) <= MOST_WORDS:
            found.setdefault(text)
    return tuple(found)
