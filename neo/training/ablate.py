"""The paper's questions, asked of our data: a recipe as it is, and once more for each thing that is taken away.

Every variation has the same cases and the same budget of rows unless its own settings say otherwise. Each is a run with
a folder of its own, so that an interrupted list of ablations goes on where it was.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from pydantic import Field, model_validator
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from neo.catalog.strict import Strict, load_yaml, parse
from neo.evaluation.decodings import Decoding, DecodingMethod
from neo.evaluation.neo_method import NeoMethod
from neo.evaluation.report import ORACLE, Report
from neo.model.neo_model import NeoModel
from neo.training.config import for_name, load_config
from neo.training.pipeline import REPORT, measure
from neo.training.run import Run
from neo.training.steps import once
from neo_sdk.errors import InvalidRequestError

FULL = "NEO"


class Ablation(Strict):
    """One thing that is changed. `paper`: what the NEO paper reports, HR@10 against the whole system."""

    name: str = Field(min_length=1)
    settings: tuple[str, ...] = ()
    decoding: Decoding | None = None
    other_world: bool = Field(
        False, description="the settings change data.world: other cases, with an oracle of theirs"
    )
    paper: str | None = None

    @model_validator(mode="after")
    def _one_change(self) -> Ablation:
        if bool(self.settings) == bool(self.decoding):
            raise ValueError("give either settings (the model is trained again) or a decoding (it is not)")
        return self

    @property
    def slug(self) -> str:
        return "-".join(for_name(self.name, " ").split())


class Ablations(Strict):
    """A recipe, settings for all of its runs, and what is changed one after the other."""

    recipe: Path
    settings: tuple[str, ...] = ()
    ablations: tuple[Ablation, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _different_names(self) -> Ablations:
        names = [ablation.slug for ablation in self.ablations]
        if len(set(names)) < len(names):
            raise ValueError("two ablations have the same name")
        if FULL in {ablation.name for ablation in self.ablations}:
            raise ValueError(f"an ablation can't be called {FULL}: so goes the recipe as it is")
        return self


def variations(
    file: Path, settings: Sequence[str], say: Callable[[str], None]
) -> tuple[Run, list[tuple[Ablation, Run]]]:
    """The recipe as it is, and each variation with its run, which is the same one where only the decoding changes."""
    asked = parse(Ablations, load_yaml(file), str(file))
    recipe = (file.parent / asked.recipe).resolve()
    full = Run(load_config(recipe, [*asked.settings, *settings]), say)
    varied = []  # all of them before the first is trained: a mistake in the last should not show hours later
    for ablation in asked.ablations:
        name = f"name={full.config.name}-{ablation.slug}"
        changed = Run(load_config(recipe, [*asked.settings, *settings, *ablation.settings, name]), say)
        _same_cases(full, changed, ablation.other_world)
        varied.append((ablation, changed if ablation.settings else full))
    return full, varied


def ablate(file: Path, settings: Sequence[str], say: Callable[[str], None], output: Path | None = None) -> None:
    """Trains and measures every variation, prints a row for each as it is done, and writes `output` as JSON."""
    full, varied = variations(file, settings, say)
    if output:
        output.parent.mkdir(parents=True, exist_ok=True)
    papers = {ablation.name: ablation.paper for ablation, _ in varied}
    full.all()
    reports = {FULL: _measured(full, None, say)}
    for ablation, run in varied:
        say(f"ablation: {ablation.name}")
        if run is not full:
            run.borrow(full)
            run.all()
        reports[ablation.name] = _measured(run, ablation, say)
        if output:
            found = {name: report.model_dump(mode="json") for name, report in reports.items()}
            output.write_text(json.dumps({"papers": papers, "reports": found}, indent=1) + "\n", encoding="utf-8")
    titles, rows = ablation_rows(reports, papers)
    table = Table(box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    for title in titles:
        table.add_column(title.replace(" ", "\n", 1), justify="right" if title else "left")
    for row in rows:
        table.add_row(*row)
    Console().print(table)


def _same_cases(full: Run, run: Run, other_world: bool = False) -> None:
    """InvalidRequestError where a variation is asked something else; the seed draws the cases, too.

    Another world asks for other things, but has an oracle to say how much of it could have been known.
    """
    mine, theirs = run.config.evaluation, full.config.evaluation
    generated = run.config.data.world is not None and full.config.data.world is not None
    changed = ["data"] if run.data_key != full.data_key and not (other_world and generated) else []
    changed += ["seed"] if run.config.seed != full.config.seed else []
    asked = ("protocol", "split", "withheld", "cases", "searches")
    changed += [f"evaluation.{name}" for name in asked if getattr(mine, name) != getattr(theirs, name)]
    if changed:
        raise InvalidRequestError(
            f"{run.config.name} changes {', '.join(changed)}: what it finds could not be compared. Set it for all runs."
        )


def _measured(run: Run, ablation: Ablation | None, say: Callable[[str], None]) -> Report:
    """The run's own model, by the decoding asked for; kept in the run's folder."""
    decoding = None if ablation is None else ablation.decoding
    folder = run.folder / ("ablation" if decoding is None else f"ablation-{decoding.replace(' ', '-')}")

    def evaluated(folder: Path) -> None:
        neo, beams = NeoModel.load(run.bundle_folder), run.config.evaluation.beams
        method = NeoMethod(neo, beams) if decoding is None else DecodingMethod(neo, decoding, beams, run.config.seed)
        measure(run, [method], say, baselines=False).save(folder / REPORT)

    once(folder, run.report_key, "evaluation", evaluated, say)
    return Report.load(folder / REPORT)


def ablation_rows(reports: Mapping[str, Report], papers: Mapping[str, str | None]) -> tuple[list[str], list[list[str]]]:
    """Titles, and for each variation its HR@10 by item type, its quality against the whole system's, search NDCG@10.

    reports: that of the whole system first. papers: what was reported elsewhere, by name.
    """
    full = next(iter(reports.values()))
    types = full.groups("recommend")
    titles = ["", *(f"{name} HR@10" for name in types), f"against {FULL}", "paper", "search NDCG@10"]
    top, rows = quality(full), []
    for name, report in reports.items():
        method = report.methods[0]
        cells = [report.value(method, "recommend", group, "HR@10") for group in types]
        search = report.value(method, "search", "all", "NDCG@10")
        found = quality(report)
        change = "" if report is full or found is None or not top else f"{found / top - 1:+.0%}"
        rows.append([name, *map(_number, cells), change, papers.get(name) or "", _number(search)])
    return titles, rows


def quality(report: Report) -> float | None:
    """The mean over item types of HR@10, as a share of the oracle's where there is one.

    None where nothing was recommended, as in a model for search alone.
    """
    found = [report.find(report.methods[0], "recommend", group) for group in report.groups("recommend")]
    values = [
        result.share_of_oracle["HR@10"] if ORACLE in report.methods else result.metrics["HR@10"].value
        for result in found
        if result is not None
    ]
    return sum(values) / len(values) if values else None


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"
