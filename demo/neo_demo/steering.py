"""The controls beside the chat: what is asked, in words, and what is held for every item that may be named."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, cast

import pyarrow.compute as pc

from neo.catalog.item_types import ItemType
from neo.language import prompts
from neo.language.prompts import NOBODY
from neo.language.segments import Segment, Text
from neo.language.wordings.modes import wish
from neo.model.asking import NAMED
from neo.model.prepared import Request
from neo_demo.html import esc, length
from neo_demo.studio import Studio
from neo_demo.visit import Visit
from neo_sdk.errors import InvalidRequestError
from neo_sdk.types import Filter, Mode

TASKS = {"chat": "Chat", "recommend": "Recommend", "search": "Search", "understand": "Describe me"}
FORMATS = {"mixed": "Words and items", "items": "Items only", "text": "Words only"}
MODES = {"any": "Anything", "familiar": "What I know", "unfamiliar": "New to me"}
ANY = "any"
NEEDS_WORDS = ("chat", "search")


@dataclass(frozen=True)
class Steer:
    """What the controls say. type, language, topic: `any` for no wish; minutes: 0 for any length; since: a year, 0."""

    task: str = "chat"
    type: str = ANY
    format: str = "mixed"
    mode: str = "any"
    count: int = 3
    language: str = ANY
    topic: str = ANY
    minutes: int = 0
    since: int = 0

    @cached_property
    def filter(self) -> Filter | None:
        """What the items must be like; None where anything goes."""
        found = Filter(
            languages=None if self.language == ANY else [self.language],
            topics=None if self.topic == ANY else [self.topic],
            max_duration=self.minutes * 60 or None,
            released_since=dt.date(self.since, 1, 1) if self.since else None,
        )
        return None if found == Filter() else found

    @property
    def listed(self) -> Literal["items", "mixed"]:
        """The format of what names items in any case."""
        return "items" if self.format == "items" else "mixed"

    @property
    def types(self) -> list[str] | None:
        return None if self.type == ANY else [self.type]

    def held(self) -> list[str]:
        """What is guaranteed, in words."""
        limits = {
            f"of the type {self.type}": self.type != ANY,
            f"in the language {self.language}": self.language != ANY,
            f"about {self.topic}": self.topic != ANY,
            f"at most {length(self.minutes * 60)} long": self.minutes,
            f"from {self.since} or later": self.since,
            f"{MODES[self.mode].lower()}": self.mode != "any" and self.task in ("recommend", "chat"),
        }
        return [text for text, holds in limits.items() if holds]


def words(studio: Studio, steer: Steer, typed: str) -> str:
    """The request as the model reads it; empty where nothing is asked yet."""
    item_type = kind(studio, steer)
    mode, typed = cast(Mode, steer.mode), typed.strip()
    match steer.task:
        case "recommend":
            first = item_type or studio.bundle.catalog.types[0]
            return spelled(prompts.recommend(NOBODY, first, steer.listed, count=steer.count, wish=wish(mode)))
        case "search":
            return spelled(prompts.search(typed, item_type, NOBODY, steer.listed, count=steer.count)) if typed else ""
        case "understand":
            return spelled(prompts.understand(NOBODY))
    return " ".join(part for part in (typed, wish(mode)) if part) if typed else ""


def spelled(request: tuple[Segment, ...]) -> str:
    return "".join(segment.text for segment in request if isinstance(segment, Text))


def kind(studio: Studio, steer: Steer) -> ItemType | None:
    catalog = studio.bundle.catalog
    return None if steer.type == ANY else catalog.types[catalog.type_code(steer.type)]


def prepared(studio: Studio, visit: Visit, steer: Steer, said: Any, typed: str, redo: dict[str, Any]) -> Request:
    """The request that the controls and the words make. said: the turn's parts, for a chat. redo: how it is drawn."""
    model, who = studio.model, studio.who(visit)
    common: dict[str, Any] = {"filter": steer.filter, **redo}
    name, aside = None if steer.type == ANY else steer.type, sorted(visit.aside)
    match steer.task:
        case "recommend":
            mode = cast(Mode, steer.mode)
            return model.prepare_recommend(
                who, type=name, k=steer.count, format=steer.listed, mode=mode, exclude=aside, **common
            )
        case "search":
            return model.prepare_search(typed, name, steer.count, steer.listed, listener=who, exclude=aside, **common)
        case "understand":
            if not visit.is_somebody:
                raise InvalidRequestError(
                    "There is nobody to describe yet: choose who listens, at the top of the page."
                )
            return model.prepare_understand(who, **redo)
    # Where the control was not touched, what the words ask for counts: "two shows".
    most = 0 if steer.format == "text" else None if steer.count == NAMED else steer.count
    return model.prepare_chat(visit.messages(said), who, types=steer.types, max_items=most, **common)


def preview(studio: Studio, steer: Steer, typed: str) -> str:
    """The words, and what is held beside them, as HTML."""
    asked = words(studio, steer, typed)
    quote = (
        f"<blockquote>{esc(asked)}</blockquote>" if asked else "<blockquote class='none'>Your own words.</blockquote>"
    )
    notes = []
    if held := steer.held():
        passing = "" if steer.filter is None else f" {_count(studio, steer)} pass."
        notes.append(f"Held for every item: {', '.join(held)}.{passing}")
    if steer.task in ("recommend", "search") and steer.format == "text":
        notes.append("Recommend and Search name items in any case. Words only is for a chat.")
    if steer.task == "recommend" and steer.format == "items":
        notes.append("With a history and items only, no words are read: the model goes on with the history.")
    told = "".join(f"<p>{esc(note)}</p>" for note in notes)
    return f'<div class="words"><p class="label">NEO reads</p>{quote}{told}</div>'


def _count(studio: Studio, steer: Steer) -> str:
    if steer.filter is None:
        return ""
    counts = studio.model.passing(steer.filter, ()).counts
    catalog = studio.bundle.catalog
    found = int(counts.sum() if steer.type == ANY else counts[catalog.type_code(steer.type)])
    return f"{found:,} of {len(catalog):,} items"


def languages(studio: Studio) -> list[str]:
    """Of the catalog, the most frequent first."""
    counts = pc.value_counts(studio.bundle.catalog.column("language").drop_null()).to_pylist()
    return [each["values"] for each in sorted(counts, key=lambda each: -each["counts"])][:20]


def catalog_topics(studio: Studio) -> list[str]:
    """The catalog's most frequent topics."""
    flat = pc.list_flatten(studio.bundle.catalog.column("topics").drop_null())
    counts = pc.value_counts(flat).to_pylist()
    return [each["values"] for each in sorted(counts, key=lambda each: -each["counts"])][:40]


def years(studio: Studio) -> list[int]:
    dates = studio.bundle.catalog.released
    known = dates[dates == dates]
    if not len(known):
        return []
    latest = int(str(known.max())[:4])
    return [latest, latest - 1, latest - 2, latest - 5, latest - 10]
