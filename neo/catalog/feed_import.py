"""`neo catalog import`: the items of many feeds, from files and addresses, and of the feeds that OPML files list."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from neo.catalog.feeds import MAX_BYTES, FeedItems, is_opml, read_feed, read_opml, without_repetitions
from neo.catalog.fetch import Fetcher
from neo_sdk.errors import CatalogError, Problem


def import_feeds(
    sources: Sequence[str],
    kept: Path | None,
    local: bool,
    tell: Callable[[str], None],
    fetcher: Fetcher | None = None,
) -> Iterator[dict[str, Any]]:
    """Rows of all feeds: shows, each before its episodes.

    A feed that cannot be read is told of, and the others go on. CatalogError where none could be read, for files that
    are not there and for OPML that cannot be read. fetcher: for tests.
    """
    fetcher = fetcher or Fetcher(local, kept)
    feeds, problems = list[FeedItems](), list[Problem]()
    asked = [address for source in sources for address in _listed(source, fetcher)]
    for source, data in asked:
        try:
            feed = read_feed(fetcher.fetch(source) if data is None else data, source)
        except CatalogError as error:
            problems += error.problems
            tell(f"left out: {error.problems[0]}")
            continue
        tell(f"{source}: {', '.join(feed.notes)}")
        feeds.append(feed)
    if not feeds:
        raise CatalogError(problems)
    tell(f"{len(feeds):,} of {len(asked):,} feeds read")
    return without_repetitions(feeds)


def _listed(source: str, fetcher: Fetcher) -> list[tuple[str, bytes | None]]:
    """The feeds that a source stands for: itself, or those that it lists. Data that is there already comes with it."""
    if "://" not in source:
        data = _read(Path(source))
    elif source.lower().partition("?")[0].endswith(".opml"):
        data = fetcher.fetch(source)
    else:
        return [(source, None)]
    return [(address, None) for address in read_opml(data, source)] if is_opml(data) else [(source, data)]


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except OSError as error:
        raise CatalogError([Problem(str(path), None, None, f"cannot be read: {error.strerror}")]) from None
