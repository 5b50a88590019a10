"""Who asks: a listener's line and history, what they have heard, and what of it fits into the prompt."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from neo.catalog.activity import Events, Listeners, Meeting
from neo.language.prompts import Context, about_listener
from neo.language.render import Renderer
from neo.language.segments import Turn, merge_texts
from neo.listeners.recent import recent
from neo.listeners.soft_prompt import soft_prompt_of
from neo.model.bundle import Bundle
from neo.model.requests import ids, one_id
from neo_sdk.errors import InvalidRequestError, NotFoundError

NOTHING = np.empty(0, dtype=np.int64)
CLOSE_CANDIDATES = 1_000


@dataclass(frozen=True, eq=False)
class Asker:
    """What is known of who asks. context: for the prompt; heard: int64[], every catalog row they have met.

    met, times: in which order and, where that is known, when; now: the second that they ask in, None where only the
    bundle says.

    passed: whether the caller gave the history, and so wants to know what became of it; topics: those that they chose
    at the start.
    """

    context: Context
    heard: np.ndarray = field(default_factory=lambda: NOTHING)
    met: np.ndarray = field(default_factory=lambda: NOTHING)
    times: np.ndarray | None = None
    now: int | None = None
    passed: bool = False
    topics: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def asker(
    bundle: Bundle,
    listener: str | None,
    history: Sequence[str] | None,
    long_term: bool = True,
    later: Sequence[Meeting] = (),
) -> Asker:
    """From a listener's id, a history of item ids (oldest first), both or neither.

    With both, the history stands in for the one that is known; it has no times, so nothing is made of it for the long
    run. later: what the listener did that the bundle does not know. Raises NotFoundError for unknown ids.
    """
    about, met, times, now = "", NOTHING, None, None
    topics: tuple[str, ...] = ()
    known: tuple[int, ...] = ()
    if listener is not None:
        past = past_of(bundle, one_id("listener", listener), later)
        if past.row >= 0:
            about, topics = about_listener(bundle.listeners, past.row), bundle.listeners.topics(past.row)
        met, times, now = past.events.history(past.who).astype(np.int64), past.events.times(past.who), past.now
        if history is None and long_term:
            (known,) = in_the_long_run(bundle, past.events, np.array([past.who]), np.array([past.row]), now)
    if history is not None:
        met, times = item_rows(bundle, "history", history), None
    readable = with_sids(bundle, met)
    context = Context(about, tuple(as_read(bundle, met).tolist()), known)
    warnings = []
    if history is not None and len(readable) < len(met):
        warnings.append(f"{len(met) - len(readable)} items of the history have no SID yet and were not read.")
    if history is not None and len(context.history) < len(readable):
        warnings.append(
            f"The history has {len(readable)} items; the model was trained to read {len(context.history)}, "
            f"so it read the latest, and some older ones of each type."
        )
    return Asker(context, np.unique(met), met, times, now, history is not None, topics, tuple(warnings))


def newcomer(bundle: Bundle, topics: Sequence[str], later: Sequence[Meeting] = ()) -> Asker:
    """Somebody whom the bundle does not know: the topics that they chose, and what they have met since, oldest first.

    Items that the bundle does not have are not in it.
    """
    who = Listeners(pa.table({"id": ["newcomer"], "topics": pa.array([list(topics)], pa.list_(pa.string()))}))
    rows = bundle.catalog.rows([meeting.item for meeting in later])
    times = np.array([meeting.time for meeting in later], dtype=np.int64)[rows >= 0]
    events = Events.from_arrays(np.zeros(len(times)), rows[rows >= 0], times, [""] * len(times), 1)
    now = max(bundle.now, int(times.max(initial=-1)) + 1)
    first = np.array([0])
    (known,) = in_the_long_run(bundle, events, first, first, now, who)
    met, times = events.history(0).astype(np.int64), events.times(0)
    context = Context(about_listener(who, 0), tuple(as_read(bundle, met).tolist()), known)
    return Asker(context, np.unique(met), met, times, now, topics=who.topics(0))


def in_the_long_run(
    bundle: Bundle,
    events: Events,
    who: np.ndarray,
    rows: np.ndarray,
    now: int | np.ndarray | None = None,
    listeners: Listeners | None = None,
) -> list[tuple[int, ...]]:
    """For each listener `who[i]` of the events the ids of their vector in a prompt; none where the model reads none.

    rows: their rows in `listeners` (by default the bundle's), -1 for others. now: the second that is looked back from,
    by default the bundle's.
    """
    model, soft = bundle.listener_model, soft_prompt_of(bundle.model)
    if model is None or soft is None:
        return [()] * len(who)
    when = np.broadcast_to(np.asarray(bundle.now if now is None else now, dtype=np.int64), (len(who),))
    return soft.remembered(model.vectors(events, who, when, listeners or bundle.listeners, rows))


@dataclass(frozen=True, eq=False)
class Past:
    """A listener's whole past: `who` is their row in these events, `row` in the bundle's listeners (-1: not in it).

    now: the second after all that is known.
    """

    row: int
    who: int
    events: Events
    now: int


def past_of(bundle: Bundle, listener: str, later: Sequence[Meeting] = ()) -> Past:
    """What the bundle knows of a listener and what came later, in the order of time.

    An event that a newer bundle knows too counts once; items that it no longer has are not in it. NotFoundError for a
    listener of whom neither knows anything.
    """
    if not later:
        row = listener_row(bundle.listeners, listener)
        return Past(row, row, bundle.events, bundle.now)
    row = int(bundle.listeners.rows([listener])[0])
    items, times = NOTHING, NOTHING
    if row >= 0:
        items, times = bundle.events.history(row).astype(np.int64), bundle.events.times(row)
    there = set(zip(items.tolist(), times.tolist(), strict=True))
    rows = bundle.catalog.rows([meeting.item for meeting in later]).tolist()
    met = [(at, meeting.time) for at, meeting in zip(rows, later, strict=True) if at >= 0]
    new = [pair for pair in met if pair not in there]
    item = np.concatenate([items, np.array([at for at, _ in new], dtype=np.int64)])
    time = np.concatenate([times, np.array([at for _, at in new], dtype=np.int64)])
    events = Events.from_arrays(np.zeros(len(item)), item, time, [""] * len(item), 1)
    return Past(row, 0, events, max(bundle.now, int(time.max(initial=-1)) + 1))


def with_sids(bundle: Bundle, rows: np.ndarray) -> np.ndarray:
    """The rows that the model has words for, in their order."""
    return rows[bundle.sids.table.types_of_rows(rows) >= 0]


def as_read(bundle: Bundle, history: np.ndarray) -> np.ndarray:
    """What the model reads of a history, int64[n] rows: those it has words for, no more than it was trained to."""
    history = with_sids(bundle, history)
    return history[recent(bundle.catalog.type_codes[history], bundle.history_length)]


def item_row(bundle: Bundle, item_id: str) -> int:
    """The row of an item that the model can speak of. NotFoundError, with close ids, for any other."""
    row = bundle.catalog.row(item_id)
    if not bundle.sids.table.has(row):
        raise NotFoundError(f"the item {item_id!r} has no SID, so the model has no words for it: assign it one first")
    return row


def item_rows(bundle: Bundle, name: str, given: Sequence[str]) -> np.ndarray:
    """int64[len(given)]: catalog rows of item ids; NotFoundError, with close ids, for an unknown one."""
    item_ids = ids(name, given)
    rows = bundle.catalog.rows(item_ids)
    if len(unknown := np.flatnonzero(rows < 0)):
        bundle.catalog.row(item_ids[int(unknown[0])])  # raises, naming the close ids
    return rows


def listener_row(listeners: Listeners, listener_id: str) -> int:
    """The row of a listener; NotFoundError with close ids."""
    try:
        return listeners.row(listener_id)
    except NotFoundError:
        known = listeners.table.column("id")
        start = listener_id[: max(1, len(listener_id) // 2)]
        alike = known.filter(pc.starts_with(known, start)).slice(0, CLOSE_CANDIDATES).to_pylist()
        close = difflib.get_close_matches(listener_id, alike, n=3)
        hint = f"close ids: {', '.join(map(repr, close))}" if close else "pass a history in place of a listener"
        raise NotFoundError(f"no listener has the id {listener_id!r} among {len(listeners)}, {hint}") from None


def opened(context: Context, turns: Sequence[Turn]) -> tuple[Turn, ...]:
    """The turns as the model reads them: what is known of the listener stands before the first request."""
    first = Turn(merge_texts((*context.segments(), *turns[0].request)), turns[0].answer)
    return (first, *turns[1:])


@dataclass(frozen=True)
class Prompt:
    """Token ids that leave room for the answer, and what had to be left out for it."""

    ids: list[int]
    warnings: tuple[str, ...] = ()


def fit_unfinished(renderer: Renderer, who: Asker, limit: int) -> Prompt:
    """The history for what comes next in it, in at most `limit` tokens; its oldest items go, of each type in turn."""
    context, levels = who.context, renderer.vocabulary.levels
    tokens = renderer.unfinished(context.unfinished())
    if (over := len(tokens) - limit) <= 0:
        return Prompt(tokens, who.warnings)
    cut = _fewer(renderer, context, -(-over // levels))
    if not cut.history and not cut.vector:
        raise _too_long(len(tokens) - levels * len(context.history), limit)
    tokens = renderer.unfinished(cut.unfinished())
    if len(tokens) > limit:
        raise _too_long(len(tokens), limit)
    return Prompt(tokens, _warned(who, cut))


def fit(renderer: Renderer, who: Asker, turns: Sequence[Turn], limit: int) -> Prompt:
    """The prompt in at most `limit` tokens: whole turns go first, then items of the history, the oldest of each type.

    Raises InvalidRequestError where the last request alone is longer.
    """
    kept, context = _latest(renderer, turns, limit), who.context
    levels = renderer.vocabulary.levels
    tokens = renderer.prompt(opened(context, kept))
    while len(tokens) > limit:
        if len(kept) > 1:
            kept = kept[1:]
        elif context.history:
            context = _fewer(renderer, context, -(-(len(tokens) - limit) // levels))
        else:
            raise _too_long(len(tokens), limit)
        tokens = renderer.prompt(opened(context, kept))
    return Prompt(tokens, _warned(who, context, len(turns) - len(kept)))


def _fewer(renderer: Renderer, context: Context, gone: int) -> Context:
    """Without `gone` items of the history: what stays is chosen as it was of the whole past."""
    rows = np.array(context.history, dtype=np.int64)
    kept = recent(renderer.sids.types_of_rows(rows), max(0, len(rows) - gone))
    return replace(context, history=tuple(rows[kept].tolist()))


def _too_long(tokens: int, limit: int) -> InvalidRequestError:
    return InvalidRequestError(
        f"The request is {tokens:,} tokens long, expected at most {limit:,} so that an answer still fits: "
        f"shorten the text."
    )


def _warned(who: Asker, read: Context, lost_turns: int = 0) -> tuple[str, ...]:
    """What the caller is told of what was not read."""
    warnings = list(who.warnings)
    if lost_turns:
        warnings.append(f"The conversation is too long for the model: its {lost_turns} oldest turns were not read.")
    if (lost := len(who.context.history) - len(read.history)) and who.passed:
        warnings.append(f"The request is too long for the model: {lost} more of the older history items were not read.")
    return tuple(warnings)


def _latest(renderer: Renderer, turns: Sequence[Turn], limit: int) -> tuple[Turn, ...]:
    """The last turn and those before it that fit into the limit by themselves, each measured once."""
    kept, used = [turns[-1]], 0
    for turn in reversed(turns[:-1]):
        used += len(renderer.example([turn]).ids)
        if used > limit:
            break
        kept.append(turn)
    return tuple(reversed(kept))
