"""Turns become rows of ids and labels, in one Parquet file that training reads and the viewer shows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from neo.language.render import Renderer
from neo.language.segments import History, Segment, Turn

SCHEMA = pa.schema([("input_ids", pa.list_(pa.int32())), ("labels", pa.list_(pa.int32())), ("task", pa.string())])
CHUNK = 2_000


@dataclass(frozen=True)
class Example:
    """One training conversation and the task it teaches."""

    task: str
    turns: tuple[Turn, ...]


@dataclass
class Count:
    """What became of the examples; nothing is dropped without being counted."""

    kept: int = 0
    cut: int = 0
    dropped: int = 0
    tasks: dict[str, int] = field(default_factory=dict)

    def __str__(self) -> str:
        tasks = ", ".join(f"{name} {number:,}" for name, number in sorted(self.tasks.items()))
        return (
            f"{self.kept:,} rows ({tasks}); {self.cut:,} with a shortened history, {self.dropped:,} dropped as too long"
        )


def write_rows(
    examples: Iterable[Example],
    renderer: Renderer,
    path: Path,
    max_tokens: int,
    learn_history: bool,
    report: Callable[[str], None],
    finish: Callable[[], None] = lambda: None,
) -> Count:
    """Renders examples into a Parquet file (written beside it first, then renamed) and says what was kept.

    finish: what is to be done when all are rendered, and before the file is there.
    """
    count, part = Count(), path.with_suffix(".part")
    with pq.ParquetWriter(part, SCHEMA) as writer:
        for chunk in _chunks(_rendered(examples, renderer, max_tokens, learn_history, count), CHUNK):
            writer.write_table(pa.Table.from_pylist(chunk, schema=SCHEMA))
    finish()
    part.rename(path)
    report(str(count))
    return count


def shorten(turns: tuple[Turn, ...]) -> tuple[Turn, ...] | None:
    """The same turns with the oldest quarter of the longest history gone; None when there is no history left."""
    longest = max(((len(s.rows), t, i) for t, i, s in _histories(turns) if s.rows), default=None)
    if longest is None:
        return None
    length, at, place = longest
    turn = turns[at]
    later = turn.request[place].without_oldest(max(1, length // 4))  # type: ignore[union-attr]
    kept: tuple[Segment, ...] = (later,) if later.rows else ()
    shorter = Turn((*turn.request[:place], *kept, *turn.request[place + 1 :]), turn.answer)
    return (*turns[:at], shorter, *turns[at + 1 :])


def _histories(turns: tuple[Turn, ...]) -> Iterator[tuple[int, int, History]]:
    for at, turn in enumerate(turns):
        for place, segment in enumerate(turn.request):
            if isinstance(segment, History):
                yield at, place, segment


def _rendered(
    examples: Iterable[Example], renderer: Renderer, max_tokens: int, learn_history: bool, count: Count
) -> Iterator[dict[str, object]]:
    for example in examples:
        turns: tuple[Turn, ...] | None = example.turns
        row = renderer.example(example.turns, learn_history)
        while turns is not None and len(row.ids) > max_tokens:
            turns = shorten(turns)
            if turns is not None:
                row = renderer.example(turns, learn_history)
        if turns is None:
            count.dropped += 1
            continue
        count.kept += 1
        count.cut += turns is not example.turns
        count.tasks[example.task] = count.tasks.get(example.task, 0) + 1
        yield {"input_ids": row.ids, "labels": row.labels, "task": example.task}


def _chunks(rows: Iterator[dict[str, object]], size: int) -> Iterator[list[dict[str, object]]]:
    chunk: list[dict[str, object]] = []
    for row in rows:
        chunk.append(row)
        if len(chunk) == size:
            yield chunk
            chunk = []
    if chunk:
        yield chunk
