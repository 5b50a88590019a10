"""A page about a starter world, to read before trusting it: `python -m neo.catalog.starter.describe`."""

from __future__ import annotations

import argparse
import textwrap
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from neo.catalog.starter.config import WorldConfig
from neo.catalog.starter.oracle import TYPES, Cases
from neo.catalog.starter.world import World, make_world


def page(world: World, seed: int = 0) -> str:
    """Counts, samples, a listener's life, the shape of listening, and what the oracle foresees of it."""
    rng = np.random.default_rng(seed)
    parts = (
        _counts(world),
        _samples(world, rng),
        _life(world),
        _shape(world),
        _searched(world, rng),
        _foreseen(world),
    )
    return "\n".join(line for part in parts for line in part)


def _counts(world: World) -> Iterator[str]:
    data, cuts = world.dataset, world.cuts
    per_listener = np.diff(data.events.offsets)
    events, searches = len(data.events), len(data.searches)
    yield f"{data.catalog}, {len(data.listeners)} listeners, {events} events, {searches} searches"
    kinds = np.bincount(data.events.kind_codes, minlength=len(data.events.kinds))
    yield "events: " + ", ".join(f"{count} {kind}" for kind, count in zip(data.events.kinds, kinds, strict=True))
    quarters = np.percentile(per_listener, [10, 25, 50, 75, 90])
    yield "events per listener, at 10/25/50/75/90%: " + " ".join(f"{q:.0f}" for q in quarters)
    windows = f"validation from {_day(cuts['validation'])}, test from {_day(cuts['test'])}"
    yield f"{world.config.first_day} to {world.config.last_day}, {windows}"
    episodes = data.catalog.rows_of("episode")
    inside = data.catalog.dates[episodes] >= np.datetime64(world.config.first_day)
    yield f"episodes that come out within the period: {inside.mean():.0%}"
    before_test = np.array([len(data.events.history(u, cuts["test"])) for u in range(len(data.listeners))])
    none, few = np.mean(before_test == 0), np.mean(before_test < 5)
    yield f"listeners with no event before the test window: {none:.1%}, with fewer than 5: {few:.1%}"


def _samples(world: World, rng: np.random.Generator) -> Iterator[str]:
    catalog = world.dataset.catalog
    for name in TYPES:
        yield f"\n== {name} =="
        for row in rng.choice(catalog.rows_of(name), 5, replace=False):
            item = catalog.item(int(row))
            facts = (item.creator, ", ".join(item.topics), item.date, f"{(item.duration or 0) // 60} min")
            yield f"{item.title}  ({'; '.join(map(str, facts))})"
            yield textwrap.fill(item.description or "", 110, initial_indent="    ", subsequent_indent="    ")


def _life(world: World) -> Iterator[str]:
    data = world.dataset
    sizes = np.diff(data.events.offsets)
    listener = int(np.argmin(np.abs(sizes - np.median(sizes))))
    likes = ", ".join(data.listeners.topics(listener)) or "?"
    yield f"\n== {data.listeners.id(listener)}: {data.listeners.country(listener)}, likes {likes} =="
    start = int(data.events.offsets[listener])
    for i in range(start + int(sizes[listener]) // 2, start + int(sizes[listener]))[:15]:
        item = data.catalog.item(int(data.events.item[i]))
        when = datetime.fromtimestamp(int(data.events.time[i]), UTC)
        kind = data.events.kinds[data.events.kind_codes[i]]
        show = f" [{data.catalog.item(data.catalog.row(item.parent)).title}]" if item.parent else ""
        yield f"{when:%b %d %H:%M}  {kind:7} {item.title}{show}  ({', '.join(item.topics[1:])})"


def _shape(world: World) -> Iterator[str]:
    data, catalog = world.dataset, world.dataset.catalog
    yield "\n== the shape of listening =="
    counts = np.bincount(data.events.item, minlength=len(catalog))
    for name in TYPES:
        mine = np.sort(counts[catalog.rows_of(name)])[::-1]
        ten, one = (mine[: max(1, len(mine) // share)].sum() / max(1, mine.sum()) for share in (10, 100))
        none = np.mean(mine == 0)
        yield f"{name}: of the events, the top 1% get {one:.0%}, the top 10% {ten:.0%}; {none:.0%} get none"
    plays = catalog.type_codes[data.events.item] == catalog.type_names.index("episode")
    listener, episode = data.events.listener[plays], data.events.item[plays]
    show = catalog.parent_rows[episode]
    same = listener[1:] == listener[:-1]
    again = same & (show[1:] == show[:-1])
    following = again & (episode[1:] == episode[:-1] + 1)
    repeats, nexts = again.sum() / max(1, same.sum()), following.sum() / max(1, same.sum())
    yield f"same show as the play before: {repeats:.0%} of plays; the very next episode: {nexts:.0%}"
    pairs, times = np.unique(listener.astype(np.int64) * len(catalog) + show, return_counts=True)
    who = pairs // len(catalog)
    order = np.lexsort((-times, who))
    place = np.arange(len(order)) - np.searchsorted(who, who[order])
    first, three = (times[order][place < count].sum() / max(1, times.sum()) for count in (1, 3))
    yield f"plays that go to a listener's favorite show: {first:.0%}, to the three favorites: {three:.0%}"


def _searched(world: World, rng: np.random.Generator) -> Iterator[str]:
    searches, catalog = world.dataset.searches, world.dataset.catalog
    yield "\n== searches =="
    queries = searches.query.to_pylist()
    for code, kind in enumerate(searches.kinds):
        mine = np.flatnonzero(searches.kind_codes == code)
        types = np.bincount(catalog.type_codes[searches.item[mine]], minlength=len(catalog.types))
        yield (
            f"{kind} ({len(mine) / max(1, len(searches)):.0%}; "
            + ", ".join(f"{count} {name}" for name, count in zip(catalog.type_names, types, strict=True))
            + ")"
        )
        for i in rng.choice(mine, min(6, len(mine)), replace=False):
            item = catalog.item(int(searches.item[i]))
            yield f"    {queries[i]}  ->  {item.title} ({item.type}: {', '.join(item.topics[1:])})"


def _foreseen(world: World) -> Iterator[str]:
    yield "\n== the test window: what the oracle foresees, and what all-time popularity does =="
    yield f"{'':22}{'cases':>7}{'HR@10':>8}{'expected':>10}{'NDCG@10':>9}{'HR@30':>8}{'popularity HR@10':>19}"
    cases, searched = world.oracle.cases("test"), world.oracle.search_cases("test")
    for name in TYPES:
        yield (_line(name, cases.of_type(name)) + f"{popularity_hit_rate(world, cases.of_type(name), name):19.3f}")
    kinds = world.dataset.searches.kind_codes[searched.search]
    for code, kind in enumerate(world.dataset.searches.kinds):
        yield _line(f"search, {kind}", searched.take(kinds == code))


def _line(name: str, cases: Cases) -> str:
    if len(cases) == 0:
        return f"{name:22}{0:7}"
    figures = (cases.hit_rate(10), float(cases.mass(10).mean()), cases.ndcg(10), cases.hit_rate(30))
    return f"{name:22}{len(cases):7}{figures[0]:8.3f}{figures[1]:10.3f}{figures[2]:9.3f}{figures[3]:8.3f}"


def popularity_hit_rate(world: World, cases: Cases, type_name: str, k: int = 10) -> float:
    """HR@k in the test window of the items most met before it, without those of the listener's history."""
    data, cut = world.dataset, world.cuts["test"]
    rows = data.catalog.rows_of(type_name)
    counts = np.bincount(data.events.before(cut).item, minlength=len(data.catalog))[rows]
    ranked = rows[np.argsort(-counts, kind="stable")]
    hits = 0
    for listener, target in zip(cases.listener.tolist(), cases.target.tolist(), strict=True):
        known = data.events.history(listener, cut)
        hits += target in ranked[: k + len(known)][~np.isin(ranked[: k + len(known)], known)][:k]
    return hits / max(1, len(cases))


def _day(second: int) -> str:
    return f"{datetime.fromtimestamp(second, UTC):%Y-%m-%d}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=0, help="the world's seed")
    parser.add_argument("--folder", type=Path, help="describe a saved world instead of making one")
    arguments = parser.parse_args()
    started = time.perf_counter()
    world = World.load(arguments.folder) if arguments.folder else make_world(WorldConfig(seed=arguments.seed))
    print(page(world))
    print(f"\n{time.perf_counter() - started:.0f} s")


if __name__ == "__main__":
    main()
