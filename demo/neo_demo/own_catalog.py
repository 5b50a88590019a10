"""A visitor's own catalog: which columns a file has, what is wrong with it, its SIDs, and the recipe that trains on it.

Reading, checking and SIDs are neo's: this file only asks for them, and writes the YAML that asks for them again.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from neo.catalog.activity import Dataset
from neo.catalog.files import UnreadableError, read_batches
from neo.catalog.guess import best_called
from neo.catalog.load import read_dataset
from neo.catalog.mapping import FORMATS, DataConfig, ItemSource
from neo.catalog.strict import parse
from neo.sids.build import SidConfig, SidModel, build_sids
from neo.sids.report import sid_report
from neo_sdk.errors import CatalogError, ConfigError, NeoError, Problem

MOST_ITEMS = 20_000  # for which SIDs are built here; `neo sids` takes any number
FIELDS = ("id", "title", "creator", "description", "topics", "date", "duration", "language", "popularity")
EVENT_FIELDS = ("listener", "item", "time")
ENDINGS = [*FORMATS, *(f"{ending}.gz" for ending in FORMATS if ending != ".parquet")]
NOWHERE = ""
TYPE_NAME = re.compile(r"[a-z][a-z0-9_]{0,31}")


@dataclass
class OwnCatalog:
    """What is known of it so far."""

    items: Path | None = None
    events: Path | None = None
    dataset: Dataset | None = None
    notes: list[str] = field(default_factory=list)
    sids: SidModel | None = None
    report: dict[str, Any] | None = None


def columns_of(path: Path) -> list[str]:
    """The names of a file's columns. CatalogError for what cannot be read."""
    try:
        source = parse(ItemSource, {"path": path.name, "type": "item"}, path.name)
        return list(next(iter(read_batches(path, source, ()))).names)
    except ConfigError as error:
        raise CatalogError([Problem(path.name, None, None, _short(error))]) from None
    except StopIteration:
        raise CatalogError([Problem(path.name, None, None, "the file is empty")]) from None
    except UnreadableError as error:
        raise CatalogError([Problem(path.name, None, None, str(error))]) from None


def _short(error: ConfigError) -> str:
    return str(error).splitlines()[0].removeprefix("Value error, ")


def separator_of(path: Path, column: str) -> str:
    """What separates the topics of a file: the mark that most of its first rows have, else a comma."""
    source = parse(ItemSource, {"path": path.name, "type": "item"}, path.name)
    try:
        batches = (batch.columns[column] for batch in read_batches(path, source, (column,)) if column in batch.columns)
        texts = [str(value) for value in list(next(batches, []))[:200]]
    except UnreadableError:
        return ","
    return max(",|;/", key=lambda mark: sum(mark in text for text in texts))


def guessed(columns: Sequence[str], fields: Sequence[str]) -> dict[str, str]:
    """For each of our fields the column that is called so; NOWHERE for none."""
    return {ours: best_called(columns, ours) or NOWHERE for ours in fields}


def configuration(
    own: OwnCatalog, kind: str, mapped: Mapping[str, str], separator: str, unit: str, met: Mapping[str, str]
) -> dict[str, Any]:
    """The `data` part of a recipe, as it would be written. ConfigError for a type that cannot be one."""
    name = kind.strip().lower().replace(" ", "_")
    if own.items is None:
        raise ConfigError("There is no file yet: drop one.")
    if not TYPE_NAME.fullmatch(name):
        raise ConfigError(f"{kind[:40]!r} is no name for a type: take lower-case letters and digits, such as course.")
    columns: dict[str, Any] = {ours: theirs or None for ours, theirs in mapped.items()}
    if columns.get("topics"):
        columns["topics"] = {"column": columns["topics"], "separator": separator or None}
    if columns.get("duration"):
        columns["duration"] = {"column": columns["duration"], "unit": unit}
    for needed in ("id", "title"):
        if not columns.get(needed):
            raise ConfigError(f"Say which column is the {needed}: every item needs one.")
    columns |= {"parent": None, "url": None}
    found: dict[str, Any] = {}
    if name not in ("show", "audiobook"):
        found["types"] = [{"name": name, "plural": f"{name}s"}]
    found["items"] = [{"path": own.items.name, "type": name, "columns": columns}]
    if own.events is not None:
        found["events"] = [{"path": own.events.name, "columns": {**dict(met), "kind": None}}]
    return found


def checked(own: OwnCatalog, values: Mapping[str, Any]) -> None:
    """Reads the files. CatalogError with every problem; ConfigError for a configuration that cannot work."""
    own.dataset, own.sids, own.report, own.notes = None, None, None, []
    assert own.items is not None
    config = parse(DataConfig, dict(values), "your mapping")
    own.dataset = read_dataset(_placed(config, own), own.items.parent, own.notes.append)


def _placed(config: DataConfig, own: OwnCatalog) -> DataConfig:
    """Files that were dropped lie in folders of their own; the paths say so, and only here."""
    if own.events is None or own.items is None:
        return config
    events = tuple(source.model_copy(update={"path": str(own.events)}) for source in config.events)
    return config.model_copy(update={"events": events})


def sid_config(levels: int, codes: int, has_events: bool) -> SidConfig:
    return SidConfig(levels=levels, codes=codes, vectors="both" if has_events else "content")


def build(own: OwnCatalog, config: SidConfig, say: Callable[[str], None]) -> None:
    """Learns the SIDs and their report. say: is told of each step. ConfigError for more than fits here."""
    if own.dataset is None:
        raise ConfigError("Check the file first: SIDs are built from what was read.")
    catalog, events = own.dataset.catalog, own.dataset.events
    if len(catalog) > MOST_ITEMS:
        raise ConfigError(
            f"{len(catalog):,} items are too many for this page, which builds {MOST_ITEMS:,}: use `neo sids`."
        )
    say("Embedding the texts and learning codes")
    heard = np.bincount(events.item, minlength=len(catalog)).astype(float) if len(events) else None
    sids = build_sids(catalog, config, popularity=heard, events=events if len(events) else None)
    say("Measuring them")
    sids = sids.with_vectors(catalog)
    own.report = sid_report(sids, catalog)
    own.sids = sids


def recipe(own: OwnCatalog, config: SidConfig, name: str) -> dict[str, Any]:
    """A recipe for a small model from nothing; it asks only for examples that the data can give."""
    assert own.dataset is not None
    items, events = len(own.dataset.catalog), len(own.dataset.events)
    stage: dict[str, Any] = {
        "tokens": 1600, "accumulate": 2, "learning_rate": 0.0035, "beta2": 0.99, "history": 50,
        "search": 0, "lookup": 4 * items, "verbalize": 2 * items, "chat": 0, "explain": 0, "understand": 0,
        "recommend": 0, "recommend_mixed": 0, "search_mixed": items,
    }  # fmt: skip
    if events:
        stage |= {"recommend": 2000, "histories": 8000, "explain": 1500, "understand": 1500, "recommend_mixed": 1500,
                  "chat": 3000}  # fmt: skip
    sids = {"levels": config.levels, "codes": config.codes, "vectors": config.vectors}
    return {
        "name": name,
        "data": {"files": f"{name}-files.yaml"},
        "sids": sids,
        "base": {"scratch": {"layers": 2, "hidden": 256}},
        "language": {"tokens": 4096, "learning_rate": 0.003},
        "grounding": {"tokens": 1280, "learning_rate": 0.01, "ground": 1},
        "instruction": stage,
        "listener": {} if events else None,
    }


def written(values: Mapping[str, Any], head: str) -> str:
    """As YAML, with a line on top."""
    return f"# {head}\n{yaml.safe_dump(dict(values), sort_keys=False, allow_unicode=True)}"


def problems_of(error: NeoError) -> list[Problem]:
    """What a person is shown of an error."""
    if isinstance(error, CatalogError):
        return error.problems
    return [Problem("", None, None, line) for line in str(error).splitlines()]
