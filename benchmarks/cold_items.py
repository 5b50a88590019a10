"""Items that come in after training: how often they are found, beside trained items of equal popularity.

A tenth of a world's shows and audiobooks, all episodes of these shows and a tenth of the others are held back, with all
that was done with them. The recipe is trained on the rest; `neo catalog update` then gives them their SIDs. In the week
after the cut each listener's first new item of a type is asked for, once among those that came in and once among those
that were trained on. No history holds what came in; listeners who in truth knew a show that came in are not asked for
it, as nobody knows a show that has only just come.

    python benchmarks/cold_items.py recipes/quickstart.yaml [key=value ...] [--seeds 0 1 2] [--json FILE]
"""

from __future__ import annotations

import argparse
import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from neo.catalog.activity import Dataset
from neo.catalog.catalog import Catalog
from neo.evaluation.machine import this_machine
from neo.evaluation.neo_method import NeoMethod
from neo.evaluation.protocol import RecommendCase, Split, sample
from neo.model.bundle import Bundle
from neo.model.neo_model import NeoModel
from neo.model.update import Update, read_given, updated
from neo.training.config import load_config
from neo.training.run import Run

SHARE, CASES, K, RESAMPLES = 0.1, 1_500, 10, 500
KNOWN, NEW = ", of a show they know", ", of a show new to them"
MAPPING = """\
items: [{path: known.parquet}]
listeners: {path: listeners.parquet}
events: {path: events.parquet, columns: {time: {column: time, format: epoch}}}
searches: {path: searches.parquet, columns: {time: {column: time, format: epoch}}}
"""


def withheld(catalog: Catalog, share: float, seed: int) -> np.ndarray:
    """bool [n]: a share of each type; what belongs to a withheld item is withheld with it."""
    rng = np.random.default_rng([seed, 11])
    out = np.zeros(len(catalog), dtype=bool)
    for name in catalog.type_names:
        rows = catalog.rows_of(name)
        out[rng.choice(rows, round(share * len(rows)), replace=False)] = True
    parents = catalog.parent_rows
    return out | ((parents >= 0) & out[parents])


def write_files(data: Dataset, out: np.ndarray, folder: Path) -> Path:
    """What a user would have: files of what is known, a file of what comes in, and the YAML that names them."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    catalog, ids = data.catalog, pc.cast(data.catalog.table["id"], pa.string())
    table = catalog.table.drop_columns(["extras"])
    table = table.set_column(table.column_names.index("type"), "type", table["type"].cast(pa.string()))
    pq.write_table(table.filter(pa.array(~out)), folder / "known.parquet")
    pq.write_table(data.listeners.table, folder / "listeners.parquet")
    who = data.listeners.table["id"]
    for name, part in (("events", data.events), ("searches", data.searches)):
        known = pa.array(~out[part.item])
        nobody = pa.array(part.listener, mask=part.listener < 0)
        columns = {"listener": who.take(nobody), "item": ids.take(pa.array(part.item)), "time": part.time}
        columns |= {"kind": part.kind.cast(pa.string())}
        columns |= {"query": part.query} if name == "searches" else {}
        pq.write_table(pa.table(columns).filter(known), folder / f"{name}.parquet")
    (folder / "data.yaml").write_text(MAPPING, encoding="utf-8")
    return folder / "data.yaml"


def comes_in(data: Dataset, out: np.ndarray, day: np.datetime64, path: Path) -> Path:
    """A file of what was held back. As far as anybody knows it came out on the day that it comes in."""
    table = data.catalog.table.drop_columns(["extras"]).filter(pa.array(out))
    table = table.set_column(table.column_names.index("type"), "type", table["type"].cast(pa.string()))
    dates = pa.array(np.full(len(table), day.astype("datetime64[D]")))
    pq.write_table(table.set_column(table.column_names.index("date"), "date", dates), path)
    return path


class Cases:
    """What is asked for, by whether it came in. groups, cells: of each case, what it is reported under, and what must
    be alike in cases that are compared: the popularity within a doubling, and whether the listener knew the show."""

    def __init__(self, data: Dataset, out: np.ndarray, split: Split, ids: np.ndarray, seed: int) -> None:
        """ids: [n], the bundle's row of each item of `data`; cases speak of these."""
        self.data, self.out, self.split, self.ids, self.seed = data, out, split, ids, seed
        before, parents = data.events.before(split.cut), data.catalog.parent_rows
        self.whole = np.where(parents >= 0, parents, np.arange(len(out)))
        self.met = before.met_by(len(out))
        self.knew = set(zip(before.listener.tolist(), self.whole[before.item].tolist(), strict=True))
        self.of = {came_in: self._cases(came_in) for came_in in (True, False)}

    def _cases(self, came_in: bool) -> tuple[list[RecommendCase], np.ndarray, np.ndarray]:
        data, out, split, events = self.data, self.out, self.split, self.data.events
        trained = np.zeros(len(out), dtype=bool)
        trained[split.visible(data)] = True
        asked = np.flatnonzero((events.time >= split.cut) & (events.time < split.end))
        pair = events.listener.astype(np.int64) * len(out) + events.item
        asked = asked[~np.isin(pair[asked], pair[events.time < split.cut])]
        cases, groups, cells = list[RecommendCase](), list[str](), list[int]()
        for code, name in enumerate(data.catalog.type_names):
            right = (out if came_in else trained & ~out)[events.item[asked]]
            mine = asked[right & (data.catalog.type_codes[events.item[asked]] == code)]
            first = np.unique(events.listener[mine], return_index=True)[1]
            for at in sample(mine[first], CASES, [self.seed, code]).tolist():
                who, item = int(events.listener[at]), int(events.item[at])
                knew = (who, int(self.whole[item])) in self.knew
                if knew and out[self.whole[item]]:
                    continue
                known = ~out[events.history(who, split.cut)]
                history, times = events.history(who, split.cut)[known], events.times(who, split.cut)[known]
                cases.append(RecommendCase(who, self.ids[history], times, name, int(self.ids[item])))
                groups.append(name + ((KNOWN if knew else NEW) if self.whole[item] != item else ""))
                cells.append(2 * int(np.log2(1 + self.met[item])) + knew)
        return cases, np.array(groups), np.array(cells)


def found(ranked: Sequence[np.ndarray], cases: Sequence[RecommendCase]) -> np.ndarray:
    """bool [n]: the cases whose item is among the first K."""
    return np.array([case.target in rows[:K] for case, rows in zip(cases, ranked, strict=True)], dtype=bool)


def beside(cold: np.ndarray, warm: np.ndarray, cells: Sequence[np.ndarray], rng: np.random.Generator) -> dict[str, Any]:
    """The hit rates of what came in and of what was trained on, cases of the latter weighed so that as many are of each
    cell; and the ratio, with a 95% interval of resampled cases.

    cold, warm: bool [cases]; cells: int [cases] of both.
    """
    both = np.intersect1d(*cells)
    (cold, of_cold), (warm, of_warm) = (
        (hits[np.isin(cell, both)], cell[np.isin(cell, both)]) for hits, cell in zip((cold, warm), cells, strict=True)
    )

    def rates(some: np.ndarray, others: np.ndarray) -> tuple[float, float]:
        share, size = (np.bincount(cell, minlength=128) for cell in (of_cold[some], of_warm[others]))
        weight = (share / np.maximum(size, 1))[of_warm[others]]
        return float(cold[some].mean()), float((weight * warm[others]).sum() / weight.sum())

    everyone = rates(np.arange(len(cold)), np.arange(len(warm)))
    drawn = [rates(*(rng.integers(len(hits), size=len(hits)) for hits in (cold, warm))) for _ in range(RESAMPLES)]
    low, high = np.quantile([new / max(old, 1e-9) for new, old in drawn], [0.025, 0.975]).tolist()
    counts = {"cases": len(cold), "trained_cases": len(warm)}
    return {
        "cold": everyone[0],
        "warm": everyone[1],
        "ratio": everyone[0] / everyone[1],
        "low": low,
        "high": high,
        **counts,
    }


def measure(recipe: Path, settings: Sequence[str], seed: int) -> tuple[list[tuple[np.ndarray, ...]], Update]:
    """(hits, groups, cells) of what came in and of what was trained on; and what the update said."""
    plain = load_config(recipe, settings)
    world = Run(plain.model_copy(update={"name": f"{plain.name}-world"}))
    world.folder.mkdir(parents=True, exist_ok=True)
    world.read_data()
    data, folder = world.full, plain.output / f"cold-items-{seed}-files"
    out = withheld(data.catalog, SHARE, seed)
    files = write_files(data, out, folder)  # anew: another recipe's lie there under the same name
    named = f"name=cold-items-{seed}"
    run = Run(load_config(recipe, [*settings, f"seed={seed}", named, f"data={{files: {files.resolve()}}}"]))
    run.all()
    split, bundle = run.split, Bundle.load(run.bundle_folder)
    assert isinstance(split, Split)
    given = read_given(bundle, [comes_in(data, out, np.datetime64(split.cut, "s"), folder / "new.parquet")], print)
    made, update = updated(bundle, given)
    asked = Cases(data, out, split, made.catalog.rows(data.catalog.table["id"]), seed)
    neo = NeoMethod(NeoModel(made), plain.evaluation.beams)
    measured = []
    for came_in in (True, False):
        cases, groups, cells = asked.of[came_in]
        measured.append((found(neo.recommend(cases, K), cases), groups, cells))
    return measured, update


def pooled(parts: Sequence[list[tuple[np.ndarray, ...]]]) -> dict[str, Any]:
    """By group, over all seeds."""
    (cold, cold_groups, cold_cells), (warm, warm_groups, warm_cells) = (
        tuple(np.concatenate(columns) for columns in zip(*(part[side] for part in parts), strict=True))
        for side in (0, 1)
    )
    rng, rows = np.random.default_rng(0), {}
    for group in sorted(set(cold_groups.tolist())):
        mine, theirs = cold_groups == group, warm_groups == group
        rows[group] = beside(cold[mine], warm[theirs], (cold_cells[mine], warm_cells[theirs]), rng)
    return {**rows, "all": beside(cold, warm, (cold_cells, warm_cells), rng)}


def markdown(measured: dict[str, Any]) -> str:
    rows = [["", "came in, HR@10", "trained on, HR@10", "ratio", "95%", "cases"], ["---", *["---:"] * 5]]
    for group, of in measured["cold_items"].items():
        interval = f"{of['low']:.2f} to {of['high']:.2f}"
        rates = [f"{of[name]:.3f}" for name in ("cold", "warm")]
        rows.append([group, *rates, f"{of['ratio']:.2f}", interval, f"{of['cases']:,} and {of['trained_cases']:,}"])
    machine, far = measured["machine"], measured["unlike"]
    said = (
        f"Seeds {', '.join(map(str, measured['seeds']))}. Against the distance of old items from one another new ones "
    )
    said += (
        f"are {', '.join(f'{min(values):.2f} to {max(values):.2f} ({name})' for name, values in far.items())} times "
    )
    said += f"as far. {machine['cores']} cores of {machine['processor']}."
    return "\n".join("| " + " | ".join(row) + " |" for row in rows) + f"\n\n{said}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recipe", type=Path)
    parser.add_argument("settings", nargs="*")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    parts, unlike = [], dict[str, list[float]]()
    for seed in given.seeds:
        part, update = measure(given.recipe, given.settings, seed)
        parts.append(part)
        for each in update.drift:
            unlike.setdefault(each.name, []).append(each.unlike)
    machine = this_machine().model_dump(mode="json")
    measured = {"cold_items": pooled(parts), "unlike": unlike, "seeds": given.seeds, "machine": machine}
    print(markdown(measured))
    if given.json:
        given.json.write_text(json.dumps(measured, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
