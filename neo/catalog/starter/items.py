"""From latents to a catalog: names, titles, descriptions, ids."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa

from neo.catalog.catalog import TEXT_TYPE_SCHEMA, Catalog
from neo.catalog.starter.audiobook_text import audiobook_description, audiobook_title
from neo.catalog.starter.config import WorldConfig
from neo.catalog.starter.episode_text import EVENTS, episode_description, episode_title
from neo.catalog.starter.grammar import Picker, Titles
from neo.catalog.starter.latents import SERIAL, STYLES, SUBJECT_STEPS, Latents
from neo.catalog.starter.show_text import show_description, show_title
from neo.catalog.starter.vocabulary import Subject, Subtopic, Words
from neo.catalog.starter.voices import (
    FIRST_NAMES,
    LANGUAGE_NAMES,
    LANGUAGES,
    LAST_NAMES,
    PLACES,
    ROLES,
    STUDIOS,
    TONES,
)

NOVEL_SERIES, SERIES = ("novels", "chronicles", "mysteries", "books"), ("lectures", "notebooks")
CADENCES = ("week", "Monday", "Tuesday", "Thursday", "other week", "Sunday", "month")


@dataclass(frozen=True)
class Writer:
    """Writes the texts of all items."""

    config: WorldConfig
    words: Words
    items: Latents
    hosts: list[str]
    authors: list[str]

    @classmethod
    def of(cls, config: WorldConfig, words: Words, items: Latents) -> Writer:
        picker = Picker(config.seed, 21)
        names = _people(picker)
        hosts = int(items.creator[: items.n_shows].max()) + 1
        authors = int(items.creator[items.book_rows].max()) + 1
        return cls(
            config,
            words,
            items,
            [_host(picker, next(names), names) for _ in range(hosts)],
            [next(names) for _ in range(authors)],
        )

    def catalog(self) -> Catalog:
        items = self.items
        rows = [*self._shows(), *self._episodes(), *self._audiobooks()]
        for i, row in enumerate(rows):
            language = int(items.language[i])
            if language:
                row["description"] += f" In {LANGUAGE_NAMES[language]}."
            row["language"] = LANGUAGES[language]
            row["date"] = self.config.first_day + timedelta(days=int(items.day[i]))
            row["duration"] = int(items.duration[i])
            # What a publisher knew before the period: nothing yet of what comes out within it.
            row["popularity"] = round(100 / (1 + float(np.exp(-items.appeal[i]))), 1) if items.day[i] < 0 else None
        return Catalog.from_table(pa.Table.from_pylist(rows, TEXT_TYPE_SCHEMA))

    def _shared(self, picker: Picker, row: int) -> dict[str, str]:
        """Slots that every item has; `Icon` and `icon` change from call to call."""
        items = self.items
        main, second = self._subtopic(items.sub1[row]), self._subtopic(items.sub2[row])
        tone = TONES[items.tone[row]]
        icon, icon2 = picker.some(main.icons, 2)
        adjective, adjective2 = picker.some(tone.adjectives, 2)
        says = picker.some(main.says, 2)
        other = picker.one(second.says) if second is not main else says[1]
        return {
            "Icon": icon,
            "Icon2": icon2,
            "icon": icon.lower(),
            "Name": main.name,
            "name": main.name,
            "other": second.name * (second is not main),
            "adj": adjective,
            "adj2": adjective2,
            "clause": picker.one(tone.clauses),
            "says": says[0],
            "says2": other,
            "Place": (place := picker.one(PLACES)),
            "place": place,
        }

    def _with(self, picker: Picker, row: int, own: dict[str, str]) -> dict[str, str]:
        return self._shared(picker, row) | own

    def _subtopic(self, index: int) -> Subtopic:
        return self.words.subtopics[int(index)]

    def _topics(self, row: int) -> list[str]:
        main, second = self._subtopic(self.items.sub1[row]), self._subtopic(self.items.sub2[row])
        if self.items.second[row]:
            main, second = second, main
        names = [self.words.topics[main.topic], main.name]
        return names + [second.name] * (second is not main)

    def _subjects(self, row: int) -> list[str]:
        about = self._subtopic(self.items.sub1[row]).about
        return [about[(int(self.items.subject[row]) + step) % len(about)].words for step in SUBJECT_STEPS]

    def _shows(self) -> list[dict[str, Any]]:
        picker, titles, out = Picker(self.config.seed, 22), Titles(), []
        for row in range(self.items.n_shows):
            style, tone = STYLES[self.items.style[row]], TONES[self.items.tone[row]].name
            host, fiction = self.hosts[self.items.creator[row]], self.words.fiction(self.items.sub1[row])
            s1, s2, s3 = self._subjects(row)
            place = picker.one(PLACES)  # the same in title and description
            own = {
                "Place": place,
                "place": place,
                "host": host,
                "s1": s1,
                "s2": s2,
                "s3": s3,
                "Subject": s1,
                "cadence": picker.one(CADENCES),
                "minutes": str(5 * max(1, round(int(self.items.duration[row]) / 300))),
            }
            slots = partial(self._with, picker, row, own)
            out.append(
                {
                    "id": f"show-{row:05d}",
                    "type": "show",
                    "creator": host,
                    "topics": self._topics(row),
                    "title": show_title(picker, titles, slots, style, tone, fiction and style == "serial"),
                    "description": show_description(picker, slots(), style, fiction),
                    "extras": json.dumps({"tone": tone, "style": style}),
                }
            )
        return out

    def _episodes(self) -> list[dict[str, Any]]:
        picker, titles, out, items = Picker(self.config.seed, 23), Titles(), [], self.items
        guests = [picker.some(self.hosts + self.authors, 3) + _some_people(picker, 14) for _ in self.words.topics]
        invites = [style != SERIAL and picker.chance(0.6) for style in items.style.tolist()]
        for episode, show in enumerate(items.show_of.tolist()):
            row = items.n_shows + episode
            style, subtopic = (
                STYLES[items.style[show]],
                self._subtopic(items.sub2[row] if items.second[row] else items.sub1[row]),
            )
            guest = picker.one(guests[subtopic.topic]) if invites[show] and picker.chance(0.7) else ""
            about = subtopic.about
            slots = partial(self._episode_slots, picker, row, guest, about, int(items.subject[row]))
            extras = {"tone": TONES[items.tone[row]].name, "number": int(items.number[episode])}
            out.append(
                {
                    "id": f"episode-{episode:06d}",
                    "type": "episode",
                    "creator": self.hosts[items.creator[row]],
                    "parent": f"show-{show:05d}",
                    "topics": self._topics(row),
                    "title": episode_title(picker, titles, slots, style),
                    "description": episode_description(picker, slots(), style),
                    "extras": json.dumps(extras | ({"guest": guest} if guest else {})),
                }
            )
        return out

    def _episode_slots(
        self, picker: Picker, row: int, guest: str, about: tuple[Subject, ...], chosen: int
    ) -> Mapping[str, str]:
        items, episode = self.items, row - self.items.n_shows
        subject, other = (
            about[chosen].words,
            about[chosen - 1 - int(picker.random.random() * (len(about) - 1))].words,
        )
        day = self.config.first_day + timedelta(days=int(items.day[row]))
        event, event2 = picker.some(EVENTS, 2)
        topic = self.words.topics[self._subtopic(items.sub2[row] if items.second[row] else items.sub1[row]).topic]
        shared = self._shared(picker, row)
        if items.second[row]:
            second = self._subtopic(items.sub2[row])
            shared |= {"says": picker.one(second.says), "name": second.name, "Name": second.name}
        return shared | {
            "subject": subject,
            "Subject": subject,
            "other_subject": other,
            "Other_subject": other,
            "guest": guest,
            "role": picker.one(ROLES[topic].split(", ")) if guest else "",
            "host": self.hosts[items.creator[row]],
            "number": str(items.number[episode]),
            "part": str(items.part[episode] or ""),
            "event": event,
            "event2": event2,
            "Event": event,
            "date": f"{day:%B} {day.day}",
            "weekday": f"{day:%A}",
            "minutes": str(max(1, round(int(items.duration[row]) / 60))),
        }

    def _audiobooks(self) -> list[dict[str, Any]]:
        picker, titles, out, items = Picker(self.config.seed, 24), Titles(), [], self.items
        readers = _some_people(picker, 60)
        worlds: dict[int, tuple[str, str, str]] = {}  # what the volumes of a series share
        for book in range(items.n_books):
            row = items.book_rows.start + book
            author, fiction = self.authors[items.creator[row]], self.words.fiction(items.sub1[row])
            subject, other, _ = self._subjects(row)
            series, narrator = int(items.series[book]), picker.one(readers)
            place, first = picker.one(PLACES), picker.one(FIRST_NAMES)
            name = f"the {place} {picker.one(NOVEL_SERIES if fiction else SERIES)}"
            if series >= 0:
                place, first, name = worlds.setdefault(series, (place, first, name))
            own = {
                "author": author,
                "subject": subject,
                "Subject": subject,
                "other_subject": other,
                "narrator": narrator,
                "first": first,
                "Place": place,
                "place": place,
                "volume": str(items.volume[book] or ""),
                "series": name,
            }
            slots = partial(self._with, picker, row, own)
            extras = {"tone": TONES[items.tone[row]].name, "narrator": narrator}
            extras |= {"series": name, "volume": str(items.volume[book])} if series >= 0 else {}
            out.append(
                {
                    "id": f"audiobook-{book:05d}",
                    "type": "audiobook",
                    "creator": author,
                    "topics": self._topics(row),
                    "title": audiobook_title(picker, titles, slots, fiction),
                    "description": audiobook_description(picker, slots(), fiction),
                    "extras": json.dumps(extras),
                }
            )
        return out


def _people(picker: Picker) -> Iterator[str]:
    """Names, each once as long as they last."""
    while True:
        yield from picker.some(
            [f"{first} {last}" for first in FIRST_NAMES for last in LAST_NAMES],
            len(FIRST_NAMES) * len(LAST_NAMES),
        )


def _some_people(picker: Picker, count: int) -> list[str]:
    return [f"{picker.one(FIRST_NAMES)} {picker.one(LAST_NAMES)}" for _ in range(count)]


def _host(picker: Picker, name: str, names: Iterator[str]) -> str:
    if picker.chance(0.12):
        return f"{name} and {next(names)}"
    return picker.one(STUDIOS) if picker.chance(0.1) else name
