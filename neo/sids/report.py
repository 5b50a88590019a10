"""The SID report: how good the SIDs of a catalog are, before any model is trained on them.

Good SIDs are few to a tuple, use their codes evenly, and put alike items under one prefix. The paper chooses
levels and codes on the collision rate and prefix coherence (arXiv 2603.17533, stage 1).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from rich.table import Table

from neo.catalog.catalog import Catalog
from neo.sids.build import Encode, SidModel, VectorsOf
from neo.sids.quantize import ResidualKMeans, Vectors, one_thread
from neo.sids.siblings import as_quantized, owners
from neo.sids.table import TypeSids, pack_codes

NEIGHBORS = 10
SHOWN = 50_000  # items of a type whose cosines are looked at, where not all fit into memory
SAMPLE = 2_000  # items whose neighbors are looked up, seeded; the search goes over all items


def sid_report(
    model: SidModel,
    catalog: Catalog,
    vectors_of: VectorsOf | None = None,
    encode: Encode = ResidualKMeans.encode,
) -> dict[str, Any]:
    """The report as plain JSON values: {"levels", "embedder", "unique", "notes", "types": {name: numbers}}.

    Embeds the items again if the model was loaded from disk; pass `model.with_vectors(catalog)` where the
    picture is drawn too. vectors_of: where they lie if they are too many for memory: cosines are then of SHOWN items of
    each type at most, and the catalog may be a narrow one.
    """
    vectors: dict[str, Vectors] = dict(model.with_vectors(catalog).vectors or {}) if vectors_of is None else {}
    if vectors_of is not None:
        vectors = {name: vectors_of(sids.rows) for name, sids in model.table.types.items()}
    most, types = None if vectors_of is None else SHOWN, {}
    for name in model.table.type_names:
        sids = model.table.of(name)
        before = None  # of codes from a file, and of those made from what was met too, it is not known any more
        if model.config.given is None and model.config.vectors == "content":
            before = _quantized(model.quantizers[name], vectors[name], catalog, sids.rows, encode)
        types[name] = type_report(sids, vectors[name], before, most)
    return {
        "levels": model.table.levels,
        "embedder": model.config.embedder,
        "unique": model.config.unique if model.config.given is None else "given",
        "seed": model.config.seed,
        "notes": list(model.notes),
        "types": types,
    }


def _quantized(
    quantizer: ResidualKMeans, vectors: Vectors, catalog: Catalog, rows: np.ndarray, encode: Encode
) -> np.ndarray:
    """Codes [n, levels] before anybody moved."""
    if quantizer.has_counter:
        return as_quantized(vectors, owners(catalog, rows), catalog.dates[rows], quantizer)
    return encode(quantizer, vectors)


def type_report(sids: TypeSids, vectors: Vectors, before: np.ndarray | None, most: int | None = None) -> dict[str, Any]:
    """The numbers of one type. vectors: float32 [n, d], length 1. before: codes [n, levels] as quantized, if known.
    most: of how many items the vectors are looked at, else all."""
    shown, seen = sids, vectors
    if most is not None and len(sids) > most:
        some = np.sort(np.random.default_rng(0).choice(len(sids), most, replace=False))
        shown, seen = TypeSids(sids.size, sids.rows[some], sids.codes[some], sids.stands[some]), vectors[some]
    return {
        "items": len(sids),
        "codes": sids.size,
        "capacity": sids.size ** sids.codes.shape[1],
        "before": None if before is None else collisions(before, sids.size),
        "after": collisions(np.asarray(sids.codes), sids.size),
        "moved": None if before is None else int((before != sids.codes).any(axis=1).sum()),
        "usage": code_usage(sids),
        "coherence": prefix_coherence(shown, seen[:]),
        "neighbors": neighbor_agreement(shown, seen[:]),
    }


def collisions(codes: np.ndarray, size: int) -> dict[str, Any]:
    """How items share tuples. `lost`: items that their tuple does not name. `buckets`: {size: tuples}."""
    buckets = np.unique(pack_codes(codes, size), return_counts=True)[1]
    items_in, tuples = np.unique(buckets, return_counts=True)
    return {
        "tuples": len(buckets),
        "colliding": int(buckets[buckets > 1].sum()),
        "lost": len(codes) - len(buckets),
        "largest_bucket": int(buckets.max(initial=0)),
        "buckets": {str(count): int(times) for count, times in zip(items_in, tuples, strict=True)},
    }


def code_usage(sids: TypeSids) -> list[dict[str, Any]]:
    """By level: how many codes are used, their share of K, the perplexity (K for even use), the counts."""
    levels = []
    for codes in np.asarray(sids.codes).T:
        counts = np.bincount(codes, minlength=sids.size)
        shares = counts[counts > 0] / max(len(codes), 1)
        levels.append(
            {
                "used": len(shares),
                "used_share": len(shares) / sids.size,
                "perplexity": float(np.exp(-(shares * np.log(shares)).sum())),
                "counts": counts.tolist(),
            }
        )
    return levels


def prefix_coherence(sids: TypeSids, vectors: np.ndarray) -> dict[str, Any]:
    """Mean cosine over all pairs of items that share their first 1, 2, ... codes (None where no pair does).

    `random` is the mean over all pairs. Exact: in a group the cosines of all pairs add up to
    (|sum of vectors|^2 - sum of |vector|^2) / 2.
    """
    everyone = np.zeros(len(sids), dtype=np.int64)
    random, _ = _mean_cosine(everyone, vectors)
    by_level, pairs = [], []
    for level in range(1, sids.codes.shape[1] + 1):
        cosine, count = _mean_cosine(pack_codes(np.asarray(sids.codes[:, :level]), sids.size), vectors)
        by_level.append(cosine)
        pairs.append(count)
    return {"random": random, "by_level": by_level, "pairs": pairs}


def _mean_cosine(keys: np.ndarray, vectors: np.ndarray) -> tuple[float | None, int]:
    """Mean cosine of pairs with the same key, and how many pairs there are."""
    order = np.argsort(keys, kind="stable")
    starts = np.flatnonzero(np.diff(keys[order], prepend=-1))
    sizes = np.diff(np.append(starts, len(keys)))
    pairs = int((sizes * (sizes - 1) // 2).sum())
    if pairs == 0:
        return None, 0
    total = 0.0
    for start, size in zip(starts[sizes > 1], sizes[sizes > 1], strict=True):
        group = vectors[order[start : start + size]].astype(np.float64)
        total += float((group.sum(axis=0) ** 2).sum() - (group**2).sum()) / 2
    return total / pairs, pairs


def neighbor_agreement(sids: TypeSids, vectors: np.ndarray) -> dict[str, Any]:
    """By level: the share of an item's nearest neighbors by embedding that share its first 1, 2, ... codes.

    `chance` is what neighbors drawn at random would share. Averages over at most SAMPLE items, seeded.
    """
    count, levels = len(sids), sids.codes.shape[1]
    wanted = min(NEIGHBORS, count - 1)
    if wanted < 1:
        return {"neighbors": 0, "sampled": 0, "by_level": [None] * levels, "chance": [None] * levels}
    sample = np.sort(np.random.default_rng(0).choice(count, min(SAMPLE, count), replace=False))
    nearest = nearest_neighbors(vectors, sample, wanted)
    by_level, chance = [], []
    for level in range(1, levels + 1):
        keys = pack_codes(np.asarray(sids.codes[:, :level]), sids.size)
        by_level.append(float((keys[nearest] == keys[sample][:, None]).mean()))
        sizes = np.unique(keys, return_counts=True)[1].astype(np.float64)
        chance.append(float((sizes * (sizes - 1)).sum() / (count * (count - 1.0))))
    return {"neighbors": wanted, "sampled": len(sample), "by_level": by_level, "chance": chance}


def nearest_neighbors(vectors: np.ndarray, sample: np.ndarray, wanted: int) -> np.ndarray:
    """int64 [len(sample), wanted]: the items of highest cosine to each sampled one, itself left out."""
    import faiss

    with one_thread():
        found = faiss.knn(vectors[sample], vectors, wanted + 1, metric=faiss.METRIC_INNER_PRODUCT)[1]
    # An item is not always its own nearest: of equal texts any may come first. Then the last one found goes.
    itself = found == sample[:, None]
    itself[~itself.any(axis=1), -1] = True
    return found[~itself].reshape(len(sample), wanted)


def report_table(report: dict[str, Any]) -> Table:
    """The report for a terminal."""
    table = Table(title=f"SIDs: {report['levels']} levels, {report['embedder']} embedding, {report['unique']} codes")
    table.add_column("")
    for name in report["types"]:
        table.add_column(name, justify="right")
    for label, cells in _lines(report):
        table.add_row(label, *cells)
    return table


def _lines(report: dict[str, Any]) -> list[tuple[str, list[str]]]:
    types = list(report["types"].values())
    levels = range(report["levels"])
    return [
        ("items", [str(t["items"]) for t in types]),
        ("codes a level", [str(t["codes"]) for t in types]),
        ("share a tuple, as quantized", [_share(t["before"] and t["before"]["colliding"], t["items"]) for t in types]),
        ("share a tuple, now", [_share(t["after"]["colliding"], t["items"]) for t in types]),
        ("largest bucket, before / now", [_buckets(t) for t in types]),
        ("moved to a free tuple", [_share(t["moved"], t["items"]) for t in types]),
        *((f"codes used, level {i + 1} (perplexity)", [_used(t["usage"][i]) for t in types]) for i in levels),
        ("cosine of random pairs", [_number(t["coherence"]["random"]) for t in types]),
        *((f"cosine where first {i + 1} are shared", [_coherence(t, i) for t in types]) for i in levels),
        *((f"nearest {NEIGHBORS} sharing first {i + 1} (chance)", [_agreement(t, i) for t in types]) for i in levels),
    ]


def _share(part: int | None, whole: int) -> str:
    return "-" if part is None else f"{part} ({part / max(whole, 1):.1%})"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _buckets(numbers: dict[str, Any]) -> str:
    before = numbers["before"]["largest_bucket"] if numbers["before"] else "-"
    return f"{before} / {numbers['after']['largest_bucket']}"


def _used(usage: dict[str, Any]) -> str:
    return f"{usage['used']} ({usage['perplexity']:.1f})"


def _coherence(numbers: dict[str, Any], level: int) -> str:
    return _number(numbers["coherence"]["by_level"][level])


def _agreement(numbers: dict[str, Any], level: int) -> str:
    neighbors = numbers["neighbors"]
    return f"{_number(neighbors['by_level'][level])} ({_number(neighbors['chance'][level])})"
