"""What becomes of a base's English: perplexity after each stage, and what keeps it.

    python benchmarks/english.py [benchmarks/english.yaml] [key=value ...] [--json FILE]

The file is one of `neo ablate`: a recipe with a pretrained base, and what is changed. Each is trained and asked for
recommendations, and then for its perplexity.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Mapping
from pathlib import Path
from pydoc_data.topics import topics
from typing import Any

import numpy as np
from transformers import PreTrainedModel

from neo.evaluation.english import perplexity
from neo.evaluation.machine import this_machine
from neo.evaluation.report import Report
from neo.language.vocabulary import Vocabulary
from neo.training.ablate import ablate, ablation_rows
from neo.training.base import load_model
from neo.training.examples.language import story
from neo.training.run import Run

STAGES = {"stage0": "before stage 2", "stage2": "after stage 2, grounding", "stage3": "after stage 3"}
TEXTS = {"unread": "unread texts of the catalog", "plain": "paragraphs of Python's documentation"}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("file", type=Path, nargs="?", default=Path(__file__).with_suffix(".yaml"))
    parser.add_argument("settings", nargs="*")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    made = ablate(options.file, options.settings, lambda line: print(f"[{time.strftime('%H:%M:%S')}] {line}"))
    found = {
        "kept_english": {name: english(run, ("stage0", "stage3")) for name, (run, _) in made.items()},
        "reports": {name: report.model_dump(mode="json") for name, (_, report) in made.items()},
        "machine": this_machine().model_dump(),
    }
    print(markdown(found))
    if options.json:
        options.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


def english(run: Run, stages: tuple[str, ...] = tuple(STAGES)) -> dict[str, Any]:
    """Perplexity on what is written of items that came out after the cut, which no stage has read; and, of a base that
    came with English, on Python's own documentation."""
    vocabulary, catalog = Vocabulary.load(run.folder / "stage2"), run.full.catalog
    unseen = np.setdiff1d(np.arange(len(catalog)), run.visible)
    texts = {"unread": vocabulary.encode_batch(story(catalog, int(row)) for row in unseen)}
    if run.config.base.pretrained is not None:
        texts["plain"] = vocabulary.encode_batch(documentation())
    found = {name: dict[str, float]() for name in texts}
    for stage in stages:
        if (model := left_by(run, stage)) is not None:
            for name, some in texts.items():
                found[name][stage] = perplexity(model, some, vocabulary.text_size)
    return {
        name: {"texts": len(some), "tokens": sum(map(len, some)), "perplexity": found[name]}
        for name, some in texts.items()
    }


def left_by(run: Run, stage: str) -> PreTrainedModel | None:
    """The model that a stage has left; of a base that came with English, for stage 0, that base."""
    if stage == "stage0" and run.config.base.pretrained is not None:
        return run.base_model()[0]
    folder = run.folder / stage / "model"
    return load_model(folder) if folder.exists() else None


def documentation() -> list[str]:
    """Paragraphs of prose that every Python has with it, forty words and longer."""
    paragraphs = {" ".join(text.split()) for topic in topics.values() for text in topic.split("\n\n")}
    return sorted(text for text in paragraphs if len(text.split()) >= 40 and ">>>" not in text and "::=" not in text)


def perplexities(texts: Mapping[str, Any]) -> list[str]:
    """A Markdown table for each kind of texts."""
    lines = []
    for name, some in texts.items():
        of = f"{some['texts']} {TEXTS[name]}, {some['tokens']:,} tokens"
        lines += ["", f"| perplexity of {of} | |", "| --- | ---: |"]
        lines += [f"| {STAGES[stage]} | {value:.1f} |" for stage, value in some["perplexity"].items()]
    return lines


def markdown(found: Mapping[str, Any]) -> str:
    """A row for each variation: perplexities after stage 3, and what it recommends."""
    kept = found["kept_english"]
    reports = {name: Report.model_validate(report) for name, report in found["reports"].items()}
    titles, rows = ablation_rows(reports, {})
    types = [at for at, title in enumerate(titles) if title.endswith("HR@10")]
    first = next(iter(kept.values()))
    heads = ["", *(f"perplexity of {some['texts']} {TEXTS[name]}" for name, some in first.items())]
    heads += [titles[at] for at in types]
    before = ["the base", *(f"{some['perplexity']['stage0']:.1f}" for some in first.values()), *[""] * len(types)]
    lines = [heads, ["---", *["---:"] * (len(heads) - 1)], before]
    for (name, texts), row in zip(kept.items(), rows, strict=True):
        after = [f"{some['perplexity']['stage3']:.1f}" for some in texts.values()]
        lines.append([name, *after, *(row[at] for at in types)])
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


if __name__ == "__main__":
    main()
