"""Whether a recipe's data will do: what it has too little of to learn from or to measure with, in sentences."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from neo.evaluation.leave_one_out import LeaveOneOut, left_out_cases
from neo.evaluation.protocol import recommend_cases
from neo.evaluation.search_cases import search_cases
from neo.sids.siblings import owners
from neo.training.run import Run

# Rules of thumb, not measured: below them popularity or BM25 does as well, and nothing that is measured can be told
# from chance. 30 cases of which a third are hits have an interval of plus and minus 17 points.
ITEMS, EVENTS, LISTENERS, CASES, MANY_CASES = 100, 1_000, 50, 30, 300
FROM_EVENTS = ("recommend", "recommend_short", "histories", "familiar", "unfamiliar", "recommend_mixed", "explain")


def too_little(run: Run) -> Iterator[str]:
    """Why the data will not do, and what to do. The run has read it."""
    yield from _room(run)
    known, visible = run.known, run.visible
    if len(visible) < ITEMS:
        yield (
            f"{_many(len(visible), 'item')} can be learned from, and NEO needs {ITEMS} or more: a catalog this small "
            f"is better listed whole. Give more items, or check that their dates are not in the future."
        )
    if run.config.listener is not None and not len(known.events):
        yield f"The listener model is learned from events, and there are none{_before(run)}: set listener=null."
    stage = run.config.instruction
    if not any(getattr(stage, task) for task in FROM_EVENTS):
        return
    lives = int((np.diff(known.events.offsets) >= 2).sum())
    if len(known.events) < EVENTS or lives < LISTENERS:
        without = " ".join(f"instruction.{task}=0" for task in FROM_EVENTS if getattr(stage, task))
        yield (
            f"{_many(len(known.events), 'event')} of {_many(lives, 'listener')} with two or more can be learned from"
            f"{_before(run)}, and recommending needs {EVENTS:,} of {LISTENERS}. Give more events{_shorter(run)}; or "
            f"ask for search alone: {without}."
        )


def too_few_cases(run: Run) -> Iterator[tuple[bool, str]]:
    """(whether to refuse, sentence): what the evaluation has too few cases of."""
    split, seed = run.split, run.config.seed
    if isinstance(split, LeaveOneOut):
        cases, way = len(left_out_cases(run.full, split, None, seed)), "give listeners of three different items or more"
    else:
        cases = len(recommend_cases(run.full, split, None, seed))
        days = split.horizon_days
        way = f"they ask for what is met in the last {days:g} days: set {_window(run)}={4 * days:g}, or "
        way += "evaluation.protocol=leave_one_out, which asks for each listener's last item"
    searches = len(search_cases(run.full, split, None, seed))
    if cases < CASES and searches < CASES:
        found = f"{_many(cases, 'recommendation')} and {_many(searches, 'search', 'searches')}"
        yield True, f"There are only {found} to evaluate with, and {CASES} are needed: {way}."
    elif 0 < cases < MANY_CASES:
        margin = 196 * (0.25 / cases) ** 0.5
        yield False, f"{cases} recommendations to evaluate with: hit rates will be known to {margin:.0f} points; {way}."


def _room(run: Run) -> Iterator[str]:
    """Types whose items, or families of siblings, do not fit into the codes. Items may share a tuple where the recipe
    lets them, or a file says so."""
    config, catalog = run.config.sids, run.full.catalog
    for name in catalog.type_names:
        rows = catalog.rows_of(name)
        size, levels = config.codes_of(name) if len(rows) else 1, config.levels
        whose = owners(catalog, rows)
        shared = config.unique == "canonical" or config.given is not None
        wanted, what = 0 if shared else len(rows), "items"
        if config.siblings == "release" and len(rows) and (whose >= 0).mean() > 0.5:
            families = np.ceil(np.unique(whose, return_counts=True)[1] / size)
            wanted, what, levels = int(families.sum()), f"families of at most {size} siblings", levels - 1
        if wanted > size**levels:
            yield (
                f"{wanted:,} {what} of type {name} do not fit into {levels} levels of {size} codes, which tell "
                f"{size**levels:,} apart: raise sids.levels, or sids.codes to {_enough(wanted, levels)} or more."
            )


def _enough(wanted: int, levels: int) -> int:
    """The smallest power of two of which `levels` levels hold so many."""
    size = 2
    while size**levels < wanted:
        size *= 2
    return size


def _many(count: int, one: str, more: str = "") -> str:
    return f"{count:,} {one if count == 1 else more or one + 's'}"


def _before(run: Run) -> str:
    return "" if isinstance(run.split, LeaveOneOut) else f" before {np.datetime64(run.split.cut, 's').astype(str)[:10]}"


def _shorter(run: Run) -> str:
    return "" if isinstance(run.split, LeaveOneOut) else f", or a shorter {_window(run)}"


def _window(run: Run) -> str:
    return "data.horizon_days" if run.config.data.world is None else "data.world.horizon_days"
