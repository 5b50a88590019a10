"""Podcast feeds as items: a feed is a show, its entries are episodes. feedparser reads RSS and Atom; OPML lists feeds.

What a feed says is made plain text, ids are hashes of what a feed says of itself, and links are http(s) or none:
nothing of a feed is trusted. The rows are NEO's own columns, one JSON object a line.
"""

from __future__ import annotations

import hashlib
import io
import re
from calendar import timegm
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from xml.parsers import expat

from neo.catalog.plain_text import clean_text
from neo_sdk.errors import CatalogError, Problem

MAX_BYTES = 20 << 20  # of a feed, or of an OPML file
MAX_EPISODES = 20_000
MAX_TAGS = 2_000_000  # feedparser needs half a minute and 1.5 GB for as many
MAX_TITLE, MAX_TEXT = 500, 5_000  # characters that are kept
_ENTRY = re.compile(rb"<(?:item|entry)[\s>]", re.IGNORECASE)
_LENGTH = re.compile(r"(?:(\d{1,3}):)?(\d{1,5}):(\d{1,2})|(\d{1,6})(?:\.\d+)?")


@dataclass(frozen=True)
class FeedItems:
    """Rows of a feed, its show first, and what was left out, in words."""

    rows: tuple[dict[str, Any], ...]
    notes: tuple[str, ...]


def read_feed(data: bytes, source: str) -> FeedItems:
    """A show and its episodes. source: where it came from, for messages, and for the id of a feed that says nothing of
    itself. CatalogError for what is no feed, or one that is made to exhaust who reads it."""
    _check(data, source)
    import feedparser

    try:
        # A stream: bytes it would first try as the name of a file, and text as an address.
        parsed = feedparser.parse(io.BytesIO(data), sanitize_html=False)
    except Exception as error:  # KeyError, TypeError, OverflowError ...: what it lets out of hostile bytes has no end
        raise _problem(source, f"cannot be read as a feed ({type(error).__name__})") from None
    title = _plain(parsed.feed.get("title"), MAX_TITLE)
    if not parsed.get("version") or not title:
        reason = "" if not parsed.bozo else f" ({type(parsed.bozo_exception).__name__})"
        raise _problem(source, f"this is no RSS or Atom feed with a title{reason}")
    show = _show(parsed.feed, title, source)
    rows, seen = [show], set[str]()
    untitled = repeated = 0
    for entry in parsed.entries:
        episode = _episode(entry, show)
        if not episode["title"]:
            untitled += 1
        elif episode["id"] in seen:
            repeated += 1
        else:
            seen.add(episode["id"])
            rows.append(episode)
    notes = [f"{len(rows) - 1:,} episodes"]
    notes += [f"{untitled:,} without a title left out"] if untitled else []
    notes += [f"{repeated:,} that came before left out"] if repeated else []
    notes += ["the feed is not well-formed, and was read as far as it goes"] if parsed.bozo else []
    filled = ({name: value for name, value in row.items() if value not in (None, "", [])} for row in rows)
    return FeedItems(tuple(filled), tuple(notes))


def read_opml(data: bytes, source: str) -> list[str]:
    """The addresses of the feeds that an OPML file lists, each once, in its order."""
    if len(data) > MAX_BYTES:
        raise _problem(source, f"is larger than {MAX_BYTES >> 20} MB")
    found: dict[str, None] = {}
    parser = expat.ParserCreate()

    def started(name: str, attributes: dict[str, str]) -> None:
        named = {key.lower(): value for key, value in attributes.items()}
        if name.lower() == "outline" and named.get("xmlurl", "").strip():
            found[named["xmlurl"].strip()] = None

    def refused(*_: object) -> None:
        raise _problem(source, "declares a document type or entities, which no OPML file needs")

    parser.StartElementHandler = started
    parser.StartDoctypeDeclHandler = parser.EntityDeclHandler = refused
    try:
        parser.Parse(data, True)
    except (expat.ExpatError, LookupError, ValueError) as error:  # the latter two of encodings
        raise _problem(source, f"is no OPML: {error}") from None
    if not found:
        raise _problem(source, "lists no feeds (outlines with an xmlUrl)")
    return list(found)


def is_opml(data: bytes) -> bool:
    return re.search(rb"<opml[\s>]", data[:4096], re.IGNORECASE) is not None


def without_repetitions(feeds: Sequence[FeedItems]) -> Iterator[dict[str, Any]]:
    """All rows; of a feed that comes twice those of the first time."""
    seen = set[str]()
    for feed in feeds:
        for row in feed.rows:
            if row["id"] not in seen:
                seen.add(row["id"])
                yield row


def _check(data: bytes, source: str) -> None:
    """CatalogError for what would take long to read."""
    if len(data) > MAX_BYTES:
        raise _problem(source, f"is larger than {MAX_BYTES >> 20} MB")
    if sum(1 for _ in _ENTRY.finditer(data)) > MAX_EPISODES:
        raise _problem(source, f"has more than {MAX_EPISODES:,} episodes")
    if data.count(b"<") > MAX_TAGS:
        raise _problem(source, f"has more than {MAX_TAGS:,} tags")


def _show(feed: Any, title: str, source: str) -> dict[str, Any]:
    links = [link.get("href") for link in feed.get("links", ()) if link.get("rel") == "self"]
    itself = next(
        (text for text in (feed.get("podcast_guid"), *links, feed.get("id"), feed.get("link")) if text), source
    )
    return {
        "id": f"show-{_hash(str(itself))}",
        "type": "show",
        "title": title,
        "creator": _plain(feed.get("author"), MAX_TITLE),
        "description": _plain(feed.get("summary") or feed.get("content") or feed.get("subtitle"), MAX_TEXT),
        "topics": _topics(feed),
        "language": _language(feed.get("language")),
        "url": _link(feed.get("link")),
    }


def _episode(entry: Any, show: dict[str, Any]) -> dict[str, Any]:
    title, sounds = _plain(entry.get("title"), MAX_TITLE), [link.get("href") for link in entry.get("enclosures", ())]
    said = dict(entry)  # of its own `get` feedparser says that it will change
    date = said.get("published_parsed") or said.get("updated_parsed")
    itself = next((text for text in (entry.get("id"), *sounds, entry.get("link")) if text), f"{title} {date}")
    contents = [part.get("value") for part in entry.get("content", ())]
    return {
        "id": f"episode-{_hash(show['id'] + ' ' + str(itself))}",
        "type": "episode",
        "parent": show["id"],
        "title": title,
        "creator": _plain(entry.get("author"), MAX_TITLE) or show["creator"],
        "description": _plain(entry.get("summary") or next(iter(contents), None), MAX_TEXT),
        "topics": _topics(entry),
        "date": _day(date),
        "duration": _seconds(entry.get("itunes_duration")),
        "language": show["language"],
        "url": _link(entry.get("link")),
    }


def _plain(value: object, most: int) -> str:
    """Plain text of at most so many characters, cut between words."""
    text = clean_text(value[: 20 * most])[0] if isinstance(value, str) else ""
    return text if len(text) <= most else text[:most].rsplit(" ", 1)[0] + " ..."


def _topics(found: Any) -> list[str]:
    terms = (_plain(tag.get("label") or tag.get("term"), 100) for tag in found.get("tags", ()))
    return list(dict.fromkeys(term for term in terms if term))[:20]


def _language(value: object) -> str | None:
    """`en` of `en-US`."""
    found = re.match(r"[A-Za-z]{2,3}(?=$|[-_])", value.strip()) if isinstance(value, str) else None
    return None if found is None else found[0].lower()


def _link(value: object) -> str | None:
    """As a catalog takes it: http or https, and no space."""
    return value if isinstance(value, str) and len(value) < 2_000 and re.fullmatch(r"https?://\S+", value) else None


def _day(value: Any) -> str | None:
    """YYYY-MM-DD of a parsed time; None for one that no calendar has."""
    try:
        return None if value is None else f"{datetime.fromtimestamp(timegm(value), UTC):%Y-%m-%d}"
    except (ValueError, OverflowError, OSError, TypeError):
        return None


def _seconds(value: object) -> int | None:
    """Of H:MM:SS, MM:SS or a number of seconds."""
    found = _LENGTH.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is None:
        return None
    hours, minutes, seconds, plain = (int(part or 0) for part in found.groups())
    return hours * 3_600 + minutes * 60 + seconds + plain or None


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:16]


def _problem(source: str, message: str) -> CatalogError:
    return CatalogError([Problem(source, None, None, message)])
