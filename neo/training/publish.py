"""`neo publish`: a bundle's folder for others to load, with a model card written from what is known of it.

What listeners did stays at home unless it is asked for, and so do the paths of files here. Of an embedder's folder the
last part is left, and who loads the bundle needs the embedder there. The folder is what
`huggingface_hub.upload_folder` takes, and what comes back from a hub loads as it is.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from copy import copy
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from huggingface_hub import ModelCardData

from neo.catalog.activity import Events, Listeners
from neo.evaluation.report import NEO, Report
from neo.evaluation.tables import to_markdown
from neo.model.bundle import Bundle
from neo.model.folder import CARD
from neo.sids.build import SidModel
from neo_sdk.errors import InvalidRequestError

LANGUAGE = re.compile(r"[a-z]{2,3}")
HUB_NAME = re.compile(r"[\w.-]+/[\w.-]+")
ALL, QLORA = "everything", ", merged into a base that was in 4 bits"
STAGES = {
    "language": ("0, language", "everything, on the catalog's texts"),
    "grounding": ("2, grounding", "the rows of the new tokens"),
    "instruction": ("3, instruction", ALL),
    "preference": ("4, preference", ALL),
}


def publish(source: Path, folder: Path, with_listeners: bool = False, license: str | None = None) -> Path:
    """Writes the bundle to a new folder (or over a bundle that is there), with its card; returns the card's path.

    The report of the run is found where `neo run` left it. Raises BundleError where the folder is something else.
    """
    if folder.resolve() == source.resolve():
        raise InvalidRequestError(f"{folder} is the bundle itself: name another folder to publish it in.")
    bundle = Bundle.load(source)
    found = source.parent / "report" / "report.json"
    report = Report.load(found) if found.is_file() else None
    bundle = replace(bundle, config=_without_paths(bundle.config), sids=_sids_without_paths(bundle.sids))
    text = model_card(bundle, report, with_listeners, license)
    if not with_listeners:
        events = Events.from_arrays(np.empty(0), np.empty(0), np.empty(0), [], 0)
        bundle = replace(bundle, listeners=Listeners.from_ids([]), events=events)
    bundle.save(folder)
    (folder / CARD).write_text(text, encoding="utf-8")
    return folder / CARD


def model_card(bundle: Bundle, report: Report | None, with_listeners: bool, license: str | None = None) -> str:
    """Front matter as a hub reads it, and what is known of the bundle, in sections. bundle: one without paths."""
    name = str(bundle.config.get("name", "neo"))
    sections = {
        f"# {_plain(name)}": [_about(bundle)],
        "## Use": [USE],
        "## Data": _data(bundle, with_listeners),
        "## Model": _model(bundle),
        "## Semantic IDs": _sids(bundle),
        "## Training": _stages(bundle),
        "## Measured": [_measured(report)],
        "## Limits": [f"- {limit}" for limit in _limits(bundle, report, with_listeners)],
    }
    body = "\n\n".join(f"{title}\n\n" + "\n".join(lines) for title, lines in sections.items())
    return f"---\n{_front_matter(bundle, name, license)}---\n\n{body}\n"


USE = """```python
from neo import NeoModel

neo = NeoModel.load("FOLDER")  # this folder: a copy, or what `huggingface_hub.snapshot_download` returns
print(neo.search("something calm", k=3))
```

`neo serve FOLDER` answers over HTTP. Nothing in the folder is run as code when it is loaded."""


def _front_matter(bundle: Bundle, name: str, license: str | None) -> str:
    base = _base(bundle)
    data = ModelCardData(
        language=_languages(bundle) or None,
        license=license,
        library_name="neo",
        tags=["recommender-system", "semantic-ids", "generative-retrieval", "neo"],
        base_model=base if base and HUB_NAME.fullmatch(base) else None,
        model_name=name,
        ignore_metadata_errors=False,
    )
    return f"{data.to_yaml()}\n"


def _about(bundle: Bundle) -> str:
    plural = {item_type.name: _plain(item_type.plural) for item_type in bundle.catalog.types}
    counts = ", ".join(f"{len(part):,} {plural[name]}" for name, part in bundle.index.types.items())
    return (
        f"One decoder that speaks words and the items of a catalog: {counts}. It recommends, searches, explains, "
        f"describes a listener and chats, and names only items of this catalog. Made with NEO, after arXiv 2603.17533."
    )


def _data(bundle: Bundle, with_listeners: bool) -> list[str]:
    generated = (bundle.config.get("data") or {}).get("world") is not None
    events, lines = bundle.events, list[str]()
    lines.append("The data is generated: NEO's starter world." if generated else "The data is the publisher's own.")
    if len(events):
        first, last = (
            np.datetime64(int(time), "s").astype("datetime64[D]") for time in (events.time.min(), bundle.now)
        )
        lines.append(
            f"Trained on {len(events):,} events of {len(bundle.listeners):,} listeners, from {first} to {last} (UTC)."
        )
    lines.append(
        "The folder holds the listeners and what they did."
        if with_listeners
        else "The folder holds the catalog, and neither the listeners nor what they did."
    )
    return lines


def _model(bundle: Bundle) -> list[str]:
    model, config, base = bundle.model, bundle.model.config, _base(bundle)
    weights = sum(weight.numel() for weight in model.parameters())
    shape = f"{config.num_hidden_layers} layers of width {config.hidden_size}"
    start = f"from {_plain(base)}" if base else "from random weights"
    kind = str(next(model.parameters()).dtype).removeprefix("torch.")
    lines = [f"{type(model).__name__}, {weights:,} weights in {kind}: {shape}, trained {start}."]
    lines.append(
        f"{bundle.vocabulary.size:,} tokens, {len(bundle.vocabulary.new_rows):,} of them for control and Semantic IDs. "
        f"It reads up to {bundle.history_length} items of a history."
    )
    if bundle.listener_model is not None:
        lines.append(f"A listener's vector of {bundle.listener_model.dim} numbers stands for the long run.")
    return lines


def _sids(bundle: Bundle) -> list[str]:
    sids, rows = bundle.sids, [("type", "items", "codes a level", "tuples there are", "in use")]
    for name, part in sids.table.types.items():
        tuples = part.size**sids.table.levels
        rows.append((name, f"{len(part):,}", f"{part.size}", f"{tuples:,}", f"{len(part) / tuples:.3%}"))
    config = sids.config
    how = "given by a file" if config.given is not None else f"from {config.embedder} embeddings ({config.vectors})"
    late = sum(0 if p.learned is None else len(p) - len(p.learned.sids) for p in bundle.index.types.values())
    lines = [f"{sids.table.levels} levels, {how}; residual {config.quantizer}, {config.unique} codes.", ""]
    lines += _table(rows)
    return [*lines, "", f"{late:,} of its items came in after training."] if late > 0 else lines


def _stages(bundle: Bundle) -> list[str]:
    config = bundle.config
    rows: list[tuple[str, ...]] = [("stage", "what is trained", "learning rate", "tokens a batch", "epochs")]
    rows.append(("1, Semantic IDs", "codebooks", "", "", ""))
    lora = config.get("lora")
    for key, (title, what) in STAGES.items():
        stage = config.get(key) or {}
        if lora and what == ALL:
            base = QLORA if lora.get("bits") else ""
            what = f"the rows of the new tokens, and adapters of rank {lora.get('rank')}{base}"
        if stage and not (key == "language" and (config.get("base") or {}).get("pretrained")):
            rows.append((title, what, *(f"{stage.get(name, '')}" for name in ("learning_rate", "tokens", "epochs"))))
    return [*_table(rows), "", f"Seed {config.get('seed', 'unknown')}. All settings are in config.json."]


def _measured(report: Report | None) -> str:
    if report is None:
        return "Not measured: `neo evaluate RECIPE` on the run that made it writes a report beside the bundle."
    split = report.setting
    how = "one cut in time" if split.protocol == "time" else "leave-one-out"
    said = f"By {how}, {split.split} split, seed {split.seed}, every item of the catalog a candidate."
    tables = f"{said}\n\n{to_markdown(report).strip()}"
    return tables.replace("\n\n**", "\n\n### ").replace("**\n\n|", "\n\n|")


def _limits(bundle: Bundle, report: Report | None, with_listeners: bool) -> Iterator[str]:
    yield "Every item that it names exists in its catalog; what it says of an item in words is not checked."
    if _base(bundle) is None:
        yield "Its decoder was trained from nothing on this catalog's texts: it finds items better than it writes."
    languages = _languages(bundle)
    if languages:
        yield f"Its catalog is in {', '.join(languages)}; other languages are not expected to work."
    if not with_listeners:
        yield (
            "Listeners are not in the folder: pass a `history`, or send events to a server. What is popular of late is "
            "not known to it either, which its training evaluation had."
        )
    if report is not None and report.setting.seed is not None:
        yield "It was measured with one seed; the intervals are of cases, not of trainings."
    best = [result for result in report.results if result.method.startswith(NEO)] if report is not None else []
    if report is not None and not best:
        yield "The report beside it has no row of this model."
    yield "It learns what listeners did, with all that made them do it: what was shown more was met more."


def _base(bundle: Bundle) -> str | None:
    pretrained = (bundle.config.get("base") or {}).get("pretrained") or {}
    return pretrained.get("model")


def _languages(bundle: Bundle) -> list[str]:
    """Those of a twentieth of the items or more, as codes."""
    found = bundle.catalog.column("language").value_counts().to_pylist()
    common = [entry["values"] for entry in found if entry["values"] and 20 * entry["counts"] >= len(bundle.catalog)]
    return sorted({name.lower() for name in common if LANGUAGE.fullmatch(name.lower())})


def _without_paths(config: Mapping[str, Any]) -> dict[str, Any]:
    """A run's configuration without the folders of whoever ran it."""
    made: dict[str, Any] = json.loads(json.dumps(config))
    made.pop("output", None)
    for group, key in (("data", "files"), ("data", "root"), ("sids", "given")):
        if isinstance(made.get(group), dict) and made[group].get(key):
            made[group][key] = Path(made[group][key]).name
    if isinstance(made.get("sids"), dict) and made["sids"].get("embedder"):
        made["sids"]["embedder"] = _embedder(made["sids"]["embedder"])
    if isinstance(made.get("language"), dict):
        made["language"]["texts"] = [Path(text).name for text in made["language"].get("texts") or ()]
    pretrained = (made.get("base") or {}).get("pretrained") or {}
    if pretrained.get("model"):
        pretrained["model"] = _name(pretrained["model"])
    made.pop("teacher", None)
    if isinstance(made.get("evaluation"), dict):
        made["evaluation"].pop("judge", None)
    return made


def _sids_without_paths(sids: SidModel) -> SidModel:
    config, embedder = sids.config, copy(sids.embedder)
    embedder.name = _embedder(embedder.name)
    named = {"embedder": embedder.name, "given": config.given and Path(config.given.name)}
    return replace(sids, config=config.model_copy(update=named), embedder=embedder)


def _embedder(name: str) -> str:
    return f"st:{_name(name.removeprefix('st:'))}" if name.startswith("st:") else name


def _name(model: str) -> str:
    """What a hub or a package calls a model, and the last part of a folder: also of one that is not here any more."""
    path = Path(model)
    is_path = path.is_absolute() or path.exists() or model.startswith((".", "~")) or model.count("/") > 1
    return path.absolute().name if is_path else model


def _plain(text: str) -> str:
    """A word of the catalog's that can be nothing else in Markdown."""
    return re.sub(r"[^\w .,'-]", " ", str(text)).strip()


def _table(rows: Sequence[Sequence[str]]) -> list[str]:
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    return [lines[0], "| --- " * len(rows[0]) + "|", *lines[1:]]
