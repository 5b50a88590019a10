"""What the commands do with a recipe: train it, evaluate it, compare two of them, show what is inside."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
from rich.console import Console

from neo.evaluation.baseline_methods import baseline_methods, dense_methods, further_methods
from neo.evaluation.decodings import DecodingMethod
from neo.evaluation.discovery_report import K
from neo.evaluation.evaluate import evaluate
from neo.evaluation.exchanges import show
from neo.evaluation.leave_one_out import LeaveOneOut, left_out_cases
from neo.evaluation.methods import Method
from neo.evaluation.modes import mode_results
from neo.evaluation.neo_method import NeoMethod
from neo.evaluation.oracle import OracleMethod
from neo.evaluation.prefixes import code_shares
from neo.evaluation.protocol import Split, recommend_cases
from neo.evaluation.report import Report
from neo.evaluation.search_cases import search_cases
from neo.evaluation.steering import steering
from neo.evaluation.tables import print_report, to_markdown
from neo.language.viewer import LEGEND, colored
from neo.language.vocabulary import Vocabulary
from neo.model.neo_model import NeoModel
from neo.ray_start import import_ray, ray_session
from neo.sids.picture import draw_sids
from neo.sids.ray_build import check_streams
from neo.sids.report import report_table, sid_report
from neo.training.config import for_name, load_config
from neo.training.processes import SHARED, check_shared, launched
from neo.training.run import ROWS, Run
from neo.training.semantic_ids import SidsOnRay
from neo.training.steps import is_done, once
from neo.training.text_evaluation import evaluate_texts, judge_of
from neo_sdk.errors import InvalidRequestError

Say = Callable[[str], None]
REPORT = "report.json"
OF_BOTH = ("data", "evaluation", "seed", "name", "output")  # settings that a comparison never changes on one side
CODE_CASES = 1_500  # cases that tell what each code carries
STAGES = ("stage2", "stage3")  # those that are trained on turns


def train(recipe: Path, settings: Sequence[str], say: Say) -> Run:
    """All training steps of a recipe; finished ones are used again. Where a launcher has started several processes, all
    of them call this, and the bundle is there once the first one returns."""
    run = Run(load_config(recipe, settings), say if launched().first else lambda _: None)
    check_shared(run.config, {name for name in SHARED if not is_done(run.folder / name, run.keys[name])})
    run.all()
    return run


def trained(recipe: Path, settings: Sequence[str], say: Say) -> Run:
    """A recipe's run that is trained already. Nothing is trained, and nothing of another configuration is lost."""
    run = Run(load_config(recipe, settings), say)
    if not run.is_trained:
        raise InvalidRequestError(
            f"{run.folder} holds no bundle of this recipe and these settings: "
            f"`{_training(recipe, settings)}` makes it (in place of what is there; name=another keeps both)."
        )
    return run


def _training(recipe: Path, settings: Sequence[str]) -> str:
    return shlex.join(["neo", "train", str(recipe), *settings])


def evaluate_run(run: Run, say: Say, json: Path | None = None, markdown: bool = False) -> Report:
    """The run's model beside the baselines and, in a generated world, the oracle; kept in the run's folder."""

    def evaluated(folder: Path) -> None:
        neo = NeoModel.load(run.bundle_folder)
        measure(run, [NeoMethod(neo, run.config.evaluation.beams)], say).save(folder / REPORT)

    once(run.folder / "report", run.report_key, "evaluation", evaluated, say)
    report = Report.load(run.folder / "report" / REPORT)
    if json:
        report.save(json)
    if markdown:
        print(to_markdown(report))
    else:
        print_report(report)
    return report


def measure(run: Run, models: Sequence[NeoMethod | DecodingMethod], say: Say, baselines: bool = True) -> Report:
    """Models of one split, the oracle and, unless told otherwise, the baselines on the same cases.

    No oracle knows the answers of leave-one-out. Of another decoding only the lists are measured: how a model obeys and
    what it writes is the same for all of them.
    """
    config = run.config.evaluation
    split, seed = run.split, run.config.seed
    judge, labels = judge_of(run)
    searches = search_cases(run.full, split, config.searches, seed)
    oracle: list[OracleMethod] = []
    if isinstance(split, LeaveOneOut):
        cases = left_out_cases(run.full, split, config.cases, seed)
    else:
        cases = recommend_cases(run.full, split, config.cases, seed)
        oracle = [] if run.oracle is None else [OracleMethod(run.oracle, split)]
    say(f"evaluating on {len(cases):,} recommendations and {len(searches):,} searches of the {split.name} split")
    content = run.sids.embed(run.full.catalog, np.arange(len(run.full.catalog)))
    methods: list[Method] = [*(_baselines(run, content, say) if baselines else []), *models, *oracle]
    report = evaluate(
        methods, cases, searches, split.ks, dataset=run.full, split=split, seed=seed, content=content, say=say
    )
    if isinstance(models[0], DecodingMethod):
        return report
    neo = models[0]
    further: dict[str, object] = {"texts": evaluate_texts(run, neo.model, cases, judge, labels, say)}
    if cases:
        further["steering"] = steering(neo.model, cases, beams=config.beams)
        met = run.known.events.met_by(len(run.full.catalog))
        some = cases[:: -(-len(cases) // CODE_CASES)]
        further["codes"] = tuple(code_shares(neo.model, some, neo.recommend(some, K), met, config.beams))
    if neo.model.bundle.modes and isinstance(split, Split):
        say("asked for discovery modes")
        further["modes"] = mode_results(neo, cases, split.cut, run.full.catalog.parent_rows, content)
    return report.model_copy(update=further)


def _baselines(run: Run, content: np.ndarray, say: Say) -> list[Method]:
    """Those that the recipe asks for; what they know of an item's words is what the SIDs' embedder makes of them."""
    full, split = run.full, run.split
    methods = [*baseline_methods(full, split), *dense_methods(full, split, run.sids.embedder, content)]
    if run.config.evaluation.baselines == "all":
        methods += further_methods(full, split, content, run.config.seed, say)
    return methods


def compare(recipe: Path, settings: Sequence[str], say: Say, json: Path | None = None) -> Report:
    """The recipe as it is against the recipe with settings changed: same data, same cases, same budget.

    Settings of what both are asked (data, evaluation, seed, name, output) hold for both.
    """
    both = [setting for setting in settings if setting.partition("=")[0].partition(".")[0] in OF_BOTH]
    label = " ".join(setting for setting in settings if setting not in both)
    if not label:
        raise InvalidRequestError(
            f"Nothing to compare: give a key=value to change. Those of {', '.join(OF_BOTH)} hold for both sides."
        )
    plain = load_config(recipe, both)
    name = f"name={plain.name}-{for_name(label, '-')}"
    runs = [Run(plain, say), Run(load_config(recipe, [*settings, name]), say)]
    models = []
    for run, title in zip(runs, ("NEO", "NEO changed"), strict=True):
        run.borrow(runs[0])
        run.all()
        models.append(NeoMethod(NeoModel.load(run.bundle_folder), run.config.evaluation.beams, title))
    report = measure(runs[0], models, say)
    if json:
        report.save(json)
    print_report(report)
    print(f"NEO changed: {label}")
    return report


def show_exchanges(bundle: Path) -> None:
    show(NeoModel.load(bundle))


def show_sids(recipe: Path, settings: Sequence[str], say: Say, picture: Path | None) -> None:
    """Learns the SIDs of a recipe, prints the report, and draws it where asked."""
    run = Run(load_config(recipe, settings), say)
    run.read_data()
    run.learn_sids()
    sids = run.sids.with_vectors(run.full.catalog)
    report = sid_report(sids, run.full.catalog)
    Console().print(report_table(report))
    if picture:
        draw_sids(sids, run.full.catalog, report, picture)
        say(f"drawn to {picture}")


def show_sids_of_ray(recipe: Path, settings: Sequence[str], say: Say, embedders: int | None) -> None:
    """`show_sids`, without a picture, for a catalog beyond this process's memory: Ray makes the same SIDs."""
    run = Run(load_config(recipe, settings), say)
    check_streams(run.config.sids, embedders)
    import_ray("data")
    run.read_data()
    shared = SidsOnRay(run, embedders)
    with ray_session():
        run.learn_sids(shared)
        report = shared.build.report(run.sids)
    Console().print(report_table(report))


def view(recipe: Path, settings: Sequence[str], task: str | None, count: int) -> None:
    """Prints training examples of stages 2 and 3 in color."""
    run = Run(load_config(recipe, settings))
    if not all(run.has_rows(stage) for stage in STAGES):
        raise InvalidRequestError(
            f"{run.folder} has no training rows of this recipe and these settings: "
            f"`{_training(recipe, settings)}` writes them."
        )
    if count < 1:
        raise InvalidRequestError(f"-n is {count}, expected 1 or more rows of each task.")
    tasks = [pq.read_table(run.folder / stage / ROWS, columns=["task"])["task"] for stage in STAGES]
    there = sorted({name for column in tasks for name in column.unique().to_pylist()})
    if task is not None and task not in there:
        raise InvalidRequestError(f"There are no rows of the task {task!r}, expected one of {', '.join(there)}.")
    vocabulary = Vocabulary.load(run.folder / "stage2")
    console = Console(soft_wrap=True)
    console.print(LEGEND)
    for stage in STAGES:
        table = pq.read_table(run.folder / stage / ROWS)
        tasks = table["task"].to_pylist()
        for name in dict.fromkeys(tasks):
            if task in (None, name):
                for place in [i for i, found in enumerate(tasks) if found == name][:count]:
                    row = table.slice(place, 1).to_pylist()[0]
                    console.print(f"\n[bold]{stage}, {name}[/bold]")
                    console.print(colored(row["input_ids"], row["labels"], vocabulary))
