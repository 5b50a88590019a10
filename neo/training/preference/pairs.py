"""Pairs of answers to one request: the best and the worst of what the model itself would say, by the rewards."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from neo.catalog.activity import Dataset
from neo.language import prompts
from neo.language.facts import FactBook
from neo.language.prompts import Context
from neo.language.render import Rendered, Renderer
from neo.language.segments import ItemRef, Text, Turn, Vector, merge_texts
from neo.model.neo_model import NeoModel
from neo.training.config import PreferenceStage
from neo.training.preference.asked import Asked
from neo.training.preference.cases import explanations
from neo.training.preference.rewards import item_rewards, truth

IDS = pa.list_(pa.int32())
NAMES = ("input_ids", "labels", "rejected_ids", "rejected_labels")  # the first two are of what is preferred
SCHEMA = pa.schema([*((name, IDS) for name in NAMES), ("task", pa.string())])
MET = 3  # of what a listener met next, so many are in a group beside what the model would name
LEAST = 0.05  # what the best of a group must be worth more than the worst


@dataclass
class Count:
    """What became of the groups."""

    pairs: dict[str, int] = field(default_factory=dict)
    alike: int = 0
    dropped: int = 0

    def __str__(self) -> str:
        kept = ", ".join(f"{name} {number:,}" for name, number in sorted(self.pairs.items()))
        return (
            f"{sum(self.pairs.values()):,} pairs ({kept}); {self.alike:,} groups are alike, {self.dropped:,} too long"
        )


class Pairs:
    """The pairs of what is asked."""

    def __init__(self, dataset: Dataset, visible: np.ndarray, stage: PreferenceStage, rng: np.random.Generator) -> None:
        """visible: catalog rows that may be learned of."""
        self.dataset, self.stage, self.rng = dataset, stage, rng
        self.facts = FactBook(dataset.catalog, dataset.listeners)
        self.visible = np.zeros(len(dataset.catalog), dtype=np.bool_)
        self.visible[visible] = True

    def of_items(self, neo: NeoModel, asked: Sequence[Asked]) -> Iterator[tuple[Turn, Turn] | None]:
        """What the listener met next against what else the model would have named first; None for no difference."""
        catalog, table = neo.bundle.catalog, neo.bundle.sids.table
        for code, item_type in enumerate(catalog.types):
            some = [one for one in asked if one.type_code == code]
            histories = [one.moment.history for one in some]
            abouts, vectors = [one.context.about for one in some], [one.context.vector for one in some]
            k, beams = self.stage.drawn, max(self.stage.drawn, 30)
            named = neo.recommend_rows(histories, abouts, item_type.name, k, beams=beams, vectors=vectors)
            for one, ranked in zip(some, named, strict=True):
                met = [row for row in one.moment.upcoming if table.has(row)]
                group = np.array(list(dict.fromkeys([*met[:MET], *(row for row, _ in ranked)])), dtype=np.int64)
                group = group[self.visible[group]]
                history = np.array(one.moment.history, dtype=np.int64)
                weights = self.stage.rewards
                worth = item_rewards(group, met, history, catalog.parent_rows, table, weights) if len(group) else group
                if len(group) < 2 or worth.max() - worth.min() < LEAST:
                    yield None
                    continue
                best, worst = int(group[worth.argmax()]), int(group[worth.argmin()])
                yield self._next(neo, one, best), self._next(neo, one, worst)

    def of_texts(self, neo: NeoModel, asked: Sequence[Asked]) -> Iterator[tuple[Turn, Turn] | None]:
        """Of explanations of what the listener met next the truest against the least true; None for no difference."""
        drawn = self.stage.drawn
        why = [one.why for one in asked for _ in range(drawn)]
        told = explanations(neo, why, 1.0, int(self.rng.integers(1 << 30)))
        for place, one in enumerate(asked):
            mine = [told for told in told[place * drawn : (place + 1) * drawn] if told.text and told.whole]
            group = [(truth(told.checked), told.text) for told in mine]
            best, worst = max(group, default=(0.0, "")), min(group, default=(0.0, ""))
            if best[0] - worst[0] < LEAST:
                yield None
                continue
            history = one.moment.history
            context = Context(one.context.about, history, learned_from=len(history))
            item = one.moment.upcoming[0]
            known = self.facts.listener(history, one.moment.listener)
            request, opening = prompts.explain(item, context), prompts.about_item(self.facts.item(item), known)
            best_turn, worst_turn = (Turn(request, merge_texts((*opening, Text(text)))) for text in (best[1], worst[1]))
            yield best_turn, worst_turn

    def _next(self, neo: NeoModel, one: Asked, item: int) -> Turn:
        """The request of a list with an item as its answer, as `NeoModel.recommend` asks for it."""
        context, last = one.context, len(one.context.history)
        if not neo.bundle.goes_on or not (context.history or context.vector):
            item_type = self.dataset.catalog.types[one.type_code]
            return Turn(prompts.recommend(replace(context, learned_from=last), item_type), (ItemRef(item),))
        notes = ((last, Vector(context.vector)),) if context.vector else ()
        met = Context(context.about, (*context.history, item), notes=notes, learned_from=last)
        return Turn(met.unfinished(), None)


def write_pairs(
    pairs: Iterable[tuple[str, tuple[Turn, Turn] | None]],
    renderer: Renderer,
    path: Path,
    max_tokens: int,
    report: Callable[[str], None],
) -> None:
    """Renders pairs of (task, turns) into a Parquet file, which is there when it is whole, and says what was kept."""
    count, rows = Count(), []
    for task, pair in pairs:
        if pair is None:
            count.alike += 1
            continue
        best, worst = (renderer.example((turn,), learn_history=True) for turn in pair)
        if max(len(best.ids), len(worst.ids)) > max_tokens:
            count.dropped += 1
            continue
        count.pairs[task] = count.pairs.get(task, 0) + 1
        rows.append(_row(task, best, worst))
    part = path.with_suffix(".part")
    pq.write_table(pa.Table.from_pylist(rows, schema=SCHEMA), part)
    part.rename(path)
    report(str(count))


def _row(task: str, best: Rendered, worst: Rendered) -> dict[str, object]:
    return {**dict(zip(NAMES, (best.ids, best.labels, worst.ids, worst.labels), strict=True)), "task": task}
