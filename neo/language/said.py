"""What requests say in so many words, and what of it still holds when the next one comes.

"Two podcasts about jazz" - "Why the second one?" - "Others, please": two podcasts about jazz again. "Only one", "in
English then" and "as an audiobook" go on too; any other request that asks for items begins anew. What is to be avoided
holds to the end.
"""

from __future__ import annotations

import re
from collections.abc import Container, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from neo.language.reading_aim import Aim
from neo.language.reading_compared import Compared
from neo.language.reading_most import Most
from neo.language.reading_parent import Part
from neo.language.reading_question import Question
from neo.language.reading_same import Same
from neo.language.wishes import Wish
from neo_sdk.types import Mode

NOT_OTHERS = ("about it", "about them")  # aims
NO_ITEMS = (*NOT_OTHERS, "small talk")
# With one of these a few words are a request of their own: "something about chess".
SUBJECTS = ("topic", "creator", "mention")
BRIEF = 7  # words of a request that says no type and goes on with the one before: "but only in English, please"
GoesOn = Literal["", "again", "another type", "refined", "turned"]
# Behind these a few words change one thing: "and about chess?"
_TURNED = re.compile(
    r"^\W*(?:(?:ok|okay|yes|no|hm+|well|thanks|great|nice|good)\W+)*"
    r"(?:and|or|but|what about|how about|make (?:it|that|them)|rather|only|just|then)\b",
    re.I,
)
# "A short one", "older ones, please", "anything newer?", "two more": another of what was asked for.
_ONES = re.compile(
    r"^\W*(?:(?:and|or|but|ok|okay|maybe)\W+)?(?:(?:an?|some|any|the|\d+|two|three|four|five)\s+)?(?:(?!which\b)\w+\s+){0,3}"
    r"(?:ones?|more)(?:\W+(?:please|pls|maybe|then|instead))?\W*$"
    r"|^\W*(?:(?:and|or|but|ok|okay|maybe)\W+)?(?:anything|something)\s+(?:\w+er|else|more\s+\w+)(?:\W+(?:please|then))?\W*$",
    re.I,
)
_ANEW = re.compile(
    r"\b(?:forget (?:about )?(?:all (?:of )?)?(?:that|this|it all|everything|what i said)|start (?:over|again|afresh)"
    r"|anything goes|from scratch|something completely different)\b",
    re.I,
)
# What one thing is to be changed to, however it is said: "something more serious, and I'd rather read a book".
_CHANGED = re.compile(
    r"\b(?:more|less|rather|instead|prefer|too \w+|not (?:so|as|too) \w+(?! ago)"
    r"|(?:short|long|calm|light|dark|warm|funn|happ|new|old|quiet|soft|gentl|livel|deep|simpl|eas|slow|fast)i?er)\b"
    r"(?! (?:info|about it)\b)",
    re.I,
)
_INSTEAD = re.compile(r"\b(?:instead|then|though|rather)\W*$", re.I)


@dataclass(frozen=True)
class Wished:
    """A part of a request: so many items of a type, and what each is to be. doubted: what else may be meant to hold."""

    type: str
    count: int
    wishes: tuple[Wish, ...]
    doubted: tuple[Wish, ...] = ()


@dataclass(frozen=True)
class Said:
    """types: those that are asked for, none where nothing is said; count: how many; wishes: what is to be kept; mode:
    whether it is to be new to who asks, or known; aim: what is asked for at all, see `reading_aim`; asks: whether items
    are; compared: whether they are to be shorter or longer than what was named; parts: where each of several types has
    a number of its own, or wishes: then `wishes` are of them all; goes_on: how it goes on with the request before;
    form: whether items are to come bare or with words; bare: whether they may be meant to come bare; anew: whether
    nothing of what was said before is to hold; questions: what is asked of one item that the catalog may say; same:
    whether they are to be by who made what was named; part: whether they are to be parts of it, or of what it is a part
    of; most: what of all that may be named they are to be."""

    wishes: tuple[Wish, ...] = ()
    types: tuple[str, ...] = ()
    count: int | None = None
    mode: Mode = "any"
    aim: Aim = "any"
    asks: bool = False
    compared: Compared | None = None
    parts: tuple[Wished, ...] = ()
    goes_on: GoesOn = ""
    form: Literal["", "items", "mixed"] = ""
    bare: bool = True
    anew: bool = False
    questions: tuple[Question, ...] = ()
    same: Same = ""
    part: Part = ""
    most: Most | None = None


def begins_anew(text: str) -> bool:
    """Whether nothing that was said before is to hold."""
    return _ANEW.search(text) is not None


def how_it_goes_on(text: str, label: str, types: Sequence[str]) -> GoesOn:
    """By what it surely is (see `Aimed.label`), or by its few words; types: those that it asks for."""
    if label == "others":
        return "again"
    if label == "another type":
        return "another type"
    if label == "more like it":
        return ""
    if types or len(text.split()) > BRIEF:
        return "turned" if _CHANGED.search(text) else ""
    if label in ("", "neither") and _ONES.search(text):
        return "again"
    return "turned" if _TURNED.search(text) or _INSTEAD.search(text) else "refined"


def holding(requests: Sequence[Said]) -> Said:
    """What the last of some requests says, with what those before it said that still holds."""
    now, last = Said(), requests[-1]
    for said in requests:
        if said.aim not in NO_ITEMS:
            now = _after(now, said)
    now = last if last.aim in NO_ITEMS else now
    anew = max((at for at, said in enumerate(requests) if said.anew), default=0)
    avoided = [wish for said in requests[anew:] for wish in said.wishes if wish.avoid]
    avoided = [wish for wish in avoided if replace(wish, avoid=False) not in now.wishes]
    return replace(now, wishes=tuple(dict.fromkeys((*now.wishes, *avoided))))


def _after(before: Said, said: Said) -> Said:
    """What is asked for by a request and by the one that it goes on with."""
    wanted = [wish for wish in said.wishes if not wish.avoid]
    changes = bool(said.count or said.wishes or said.mode != "any")
    refines = said.goes_on == "refined" and changes and not any(wish.aspect in SUBJECTS for wish in wanted)
    if said.goes_on == "turned" and len(said.types) > 0 and any(wish.aspect in SUBJECTS for wish in wanted):
        return said  # "I'd rather have a show about chess" says all
    # "Just the titles", "I'd rather read a book"
    turns = said.goes_on == "turned" and (changes or bool(said.types) or said.form != "")
    if said.parts or said.anew or not (refines or turns or said.goes_on in ("again", "another type")):
        return said
    known = {wish.aspect for wish in wanted}
    # What is wanted of an aspect takes the place of what was, and what is refused too.
    refused = [replace(wish, avoid=False) for wish in said.wishes if wish.avoid]
    kept = [wish for wish in before.wishes if not (wish.aspect in known or wish in refused) and not wish.avoid]
    typed = said.goes_on != "another type" and not said.types
    kept = [wish for wish in kept if typed or wish.aspect != "parent"]  # of a show there are no audiobooks
    parts = before.parts if typed and said.count is None else ()
    return replace(
        said,
        wishes=tuple(dict.fromkeys((*said.wishes, *kept))),
        types=before.types if typed else said.types,
        count=said.count or (before.count if typed else None),
        mode=before.mode if said.mode == "any" else said.mode,
        form=said.form or before.form,
        parts=tuple(_less(part, known, refused) for part in parts),
    )


def _less(part: Wished, known: Container[str], refused: Sequence[Wish]) -> Wished:
    """A part without what is said anew of all of them."""
    left = [
        tuple(wish for wish in wishes if wish.aspect not in known and wish not in refused)
        for wishes in (part.wishes, part.doubted)
    ]
    return replace(part, wishes=left[0], doubted=left[1])
