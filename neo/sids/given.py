"""SIDs that somebody else made: codes from a file, in place of learned ones.

Every row names an item, by `id` or `item_id`, and its `codes`, a list. They are taken as they are: items that collide
keep colliding, and the most popular of them is the one that their tuple names.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from neo.catalog.catalog import Catalog
from neo.catalog.files import UnreadableError, read_batches
from neo.catalog.mapping import FORMATS, TableSource
from neo.catalog.strict import parse
from neo.sids.build import SidModel, catalog_popularity, embed_items
from neo.sids.config import SidConfig
from neo.sids.embed import make_embedder
from neo.sids.meanings import meanings
from neo.sids.table import SidTable, check_shape
from neo_sdk.errors import CatalogError, ConfigError, Problem

IDS = ("id", "item_id")
CODES = "codes"
NAMED = 5  # of the items without codes, in an error

Row = tuple[int, Any, Any]  # the record it is, its id and its codes, both as they were written


def given_sids(
    catalog: Catalog,
    config: SidConfig,
    fit_rows: np.ndarray | None = None,
    popularity: np.ndarray | None = None,
) -> SidModel:
    """The codes of `config.given` as a model of SIDs; see `build_sids` for the other arguments.

    The embedder learns from `fit_rows`. A code means the mean of what is left of its items' vectors after the levels
    before. Raises CatalogError with everything that is wrong with the file, and ConfigError where there is none.
    """
    if config.given is None:
        raise ConfigError("sids.given names no file of codes")
    rows = np.arange(len(catalog)) if fit_rows is None else np.unique(np.asarray(fit_rows, dtype=np.int64))
    popularity = catalog_popularity(catalog) if popularity is None else np.asarray(popularity, dtype=np.float64)
    names = [catalog.type_names[code] for code in np.unique(catalog.type_codes)]
    sizes = {name: config.codes_of(name) for name in names}
    for size in sizes.values():
        check_shape(config.levels, size)
    codes = read_codes(config.given, catalog, config.levels, sizes)
    embedder = make_embedder(config.embedder, catalog.content_texts(rows), config.dim, config.seed)
    members = {name: catalog.rows_of(name) for name in names}
    quantizers = {}
    for name, mine in members.items():
        known = mine[np.isin(mine, rows)]
        vectors = embed_items(embedder, catalog, known, config.parent_weight)
        quantizers[name] = meanings(vectors, codes[known], sizes[name])
    weights = {name: popularity[mine] for name, mine in members.items()}
    table = SidTable.from_codes(members, {name: codes[mine] for name, mine in members.items()}, sizes, weights)
    return SidModel(config, embedder, quantizers, table)


def read_codes(path: Path, catalog: Catalog, levels: int, sizes: dict[str, int]) -> np.ndarray:
    """uint16 [len(catalog), levels]. Raises CatalogError with every row that is wrong, and the items without one."""
    codes = np.zeros((len(catalog), levels), dtype=np.uint16)
    lines = np.zeros(len(catalog), dtype=np.int64)  # where each item has its codes; 0: nowhere
    problems: list[Problem] = []
    found = list(_rows(path, problems))
    if any(problem.line is None for problem in problems):  # of the whole file: its rows have nothing to add
        raise CatalogError(problems)
    written = [_id_of(name) for _, name, _ in found]
    items = catalog.rows(pa.array(written, pa.string()))
    for (line, _, given), name, item in zip(found, written, items.tolist(), strict=True):
        wrong = _name_problem(name, item, lines)
        wrong = wrong or _codes_problem(given, levels, sizes[catalog.type_of(item)])
        if wrong:
            problems.append(Problem(path.name, line, *wrong))
        else:
            codes[item] = given
        if item >= 0 and not lines[item]:
            lines[item] = line
    missing = np.flatnonzero(lines == 0)
    if len(missing):
        shown = ", ".join(repr(catalog.id(int(row))) for row in missing[:NAMED])
        more = ", ..." if len(missing) > NAMED else ""
        text = f"{len(missing):,} of {len(catalog):,} items have no codes here: {shown}{more}"
        problems.append(Problem(path.name, None, None, text))
    if problems:
        raise CatalogError(problems)
    return codes


def _rows(path: Path, problems: list[Problem]) -> Iterator[Row]:
    if Path(path.name.removesuffix(".gz")).suffix.lower() not in FORMATS:
        raise ConfigError(f"sids.given: cannot tell the format of {path.name!r}, expected JSONL or Parquet")
    source, names = parse(TableSource, {"path": path.name}, "sids.given"), set[str]()
    try:
        for batch in read_batches(path, source, (*IDS, CODES)):
            names.update(batch.names)
            problems += [Problem(path.name, record, None, message) for record, message in batch.bad]
            nothing = [None] * len(batch.records)
            columns = [batch.columns.get(name, nothing) for name in (*IDS, CODES)]
            ids, others, codes = (each if isinstance(each, list) else each.to_pylist() for each in columns)
            for record, first, second, given in zip(batch.records.tolist(), ids, others, codes, strict=True):
                yield record, second if first is None else first, given
    except UnreadableError as error:
        problems.append(Problem(str(path), None, None, str(error)))
        return
    if CODES not in names or not names & set(IDS):
        has = ", ".join(sorted(names)) or "nothing"
        problems.append(Problem(path.name, None, None, f"expected the columns item_id and codes, the file has: {has}"))


def _id_of(value: Any) -> str | None:
    """Numbers count as ids, as they do in a catalog; half a character, which JSON can hold, is spelled out."""
    known = isinstance(value, str | int) and not isinstance(value, bool)
    return str(value).encode("utf-8", "backslashreplace").decode() if known else None


def _name_problem(name: str | None, item: int, lines: np.ndarray) -> tuple[str, str] | None:
    if name is None:
        return "item_id", "the id is empty"
    if item < 0:
        return "item_id", f"no item has the id {name!r}"
    if lines[item]:
        return "item_id", f"the id {name!r} is used again, first in line {lines[item]}"
    return None


def _codes_problem(given: Any, levels: int, size: int) -> tuple[str, str] | None:
    whole = isinstance(given, list) and all(isinstance(code, int) and not isinstance(code, bool) for code in given)
    if not whole or len(given) != levels:
        return CODES, f"expected {levels} whole numbers, one a level (sids.levels), got {given!r:.60}"
    outside = [code for code in given if not 0 <= code < size]
    if outside:
        return CODES, f"the code {outside[0]} is outside 0 to {size - 1} (sids.codes is {size})"
    return None
