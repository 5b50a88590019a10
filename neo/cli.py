"""`neo ...`: one subcommand a step, and the verbs for asking. Heavy imports happen after parsing."""

from __future__ import annotations

import argparse
import logging
import os
import shlex
import sys
import warnings
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from neo.cli_serve import serve, serving
from neo.cli_sids import show_sids, sids_options
from neo.training.processes import launched
from neo_sdk.errors import NeoError

if TYPE_CHECKING:
    from neo.model.neo_model import NeoModel
    from neo_sdk.types import Answer


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command; an error that a person can act on is one line on stderr and exit code 1."""
    options = _parser().parse_args(arguments)
    _quiet_libraries()
    try:
        if "recipe" in options:
            from neo.training.recipes import find_recipe

            options.asked, options.recipe = options.recipe, find_recipe(options.recipe)
        if launched().count > 1 and options.run not in (_run, _train):
            raise NeoError("Only `neo train` and `neo run` share out their work: start this one without a launcher.")
        options.run(options)
    except NeoError as error:
        which = "" if launched().first else f"process {launched().index}: "
        print(f"neo: {which}{error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("neo: interrupted; finished steps are kept, the same command goes on from there", file=sys.stderr)
        return 130
    except BrokenPipeError:  # `neo ... | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        print(f"neo: {error}", file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="neo", description="One decoder LLM that speaks words and catalog items.")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    def command(name: str, run: Callable[[argparse.Namespace], None] | None, text: str) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=text, description=text)
        sub.set_defaults(run=run)
        return sub

    run = command("run", _run, "Run a recipe: data, SIDs, training, evaluation, and five exchanges to read.")
    _recipe(run)
    run.add_argument("--json", type=Path, metavar="FILE", help="write the evaluation here as JSON as well")
    train = command("train", _train, "The training part of a recipe: data, SIDs, its stages, bundle.")
    _recipe(train)
    judge = command("evaluate", _evaluate, "Evaluate a recipe's bundle beside the baselines.")
    _recipe(judge)
    judge.add_argument("--json", type=Path, metavar="FILE", help="write the evaluation here as JSON as well")
    judge.add_argument("--markdown", action="store_true", help="print the tables as Markdown")
    judge.add_argument("--picture", type=Path, metavar="PNG", help="draw the tables here")
    compare = command("compare", _compare, "Train a recipe twice, as it is and with settings changed; print both.")
    _recipe(compare)
    compare.add_argument("--json", type=Path, metavar="FILE", help="write the evaluation here as JSON as well")
    ablate = command("ablate", _ablate, "Train a recipe once more for each thing that is taken away; print them all.")
    ablate.add_argument("ablations", type=Path, help="a YAML that names the recipe and what is changed")
    ablate.add_argument("settings", nargs="*", metavar="key=value", help="settings of all of its runs")
    ablate.add_argument("--json", type=Path, metavar="FILE", help="write all evaluations here, after each one")
    _recipes_commands(command("recipes", _list_recipes, "The recipes that come with NEO: list, copy, validate, run."))
    sids = command("sids", partial(show_sids, say=_say), "Learn a recipe's semantic IDs and print the SID report.")
    _recipe(sids)
    sids_options(sids)
    check = command("check", _check, "Read your own catalog files; print what was found, or every problem.")
    check.add_argument("files", type=Path, help="the YAML that names your files and columns")
    check.add_argument("--root", type=Path, help="where the files lie, in place of the YAML's own root")
    _catalog_commands(
        command("catalog", None, "Catalog tools: a YAML for your files, items from feeds, updates of a bundle.")
    )
    view = command("view", _view, "Print training examples in color: what is context, what is trained.")
    _recipe(view)
    view.add_argument("--task", help="only this task, for example recommend or verbalize")
    view.add_argument("-n", type=int, default=5, help="how many of each task (default 5)")
    vectors = command("vectors", _vectors, "Write the vectors of a bundle's listeners, for others to read.")
    vectors.add_argument("bundle", type=Path, help="the folder that `neo train` or `neo run` wrote")
    vectors.add_argument("store", type=Path, help="a folder; it gets a space, and switches to it once it is whole")

    demo = command("demo", _demo, "Open the demo in a browser: chat, recommend, search, and what happens inside.")
    quickstart = Path("runs/quickstart/bundle")
    demo.add_argument("bundle", type=Path, nargs="?", default=quickstart, help=f"a bundle's folder ({quickstart})")
    demo.add_argument("--port", type=int, default=7860, help="(default: 7860)")
    demo.add_argument("--no-browser", action="store_true", help="print the address and open nothing")
    out = command("publish", _publish, "Write a bundle with its model card, for a hub: without listeners and paths.")
    out.add_argument("bundle", type=Path, help="the folder that `neo train` or `neo run` wrote")
    out.add_argument("folder", type=Path)
    out.add_argument("--with-listeners", action="store_true", help="publish the listeners and what they did, too")
    out.add_argument("--license", metavar="ID", help="such as apache-2.0, for the card")
    serving(command("serve", serve, "Serve a bundle over HTTP: the verbs, and chat in OpenAI's form."))

    for name, function, text in (
        ("recommend", _recommend, "Recommend items of a type to a listener."),
        ("search", _search, "Search the catalog in words."),
        ("explain", _explain, "Explain why an item suits a listener."),
        ("understand", _understand, "Describe a listener's taste."),
        ("chat", _chat, "Ask in your own words; the answer mixes text and items."),
    ):
        sub = command(name, function, text)
        sub.add_argument("bundle", type=Path, help="the folder that `neo train` or `neo run` wrote")
        if name == "search":
            sub.add_argument("words", help="what you are looking for")
        if name == "chat":
            sub.add_argument("words", nargs="?", help="what you want to say; without, a conversation, a line a turn")
        if name == "explain":
            sub.add_argument("item", help="an item id")
        sub.add_argument("--listener", metavar="ID")
        sub.add_argument("--history", nargs="+", metavar="ITEM", help="item ids, oldest first; put it last")
        if name in ("recommend", "search"):
            all_types = "the catalog's first" if name == "recommend" else "all"
            sub.add_argument("--type", help=f"an item type of the catalog (default: {all_types})")
            sub.add_argument("-k", type=int, default=10, help="how many (default: 10)")
        if name == "recommend":
            sub.add_argument("--mode", default="any", help="familiar, unfamiliar or any (default)")
            sub.add_argument("--wish", metavar="WORDS", help='what they are to be like: "calm, but not about crime"')
    return parser


def _recipes_commands(recipes: argparse.ArgumentParser) -> None:
    commands = recipes.add_subparsers(title="commands", metavar="COMMAND")

    def command(name: str, run: Callable[[argparse.Namespace], None], text: str) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=text, description=text)
        sub.set_defaults(run=run)
        return sub

    command("list", _list_recipes, "What each recipe needs and takes.")
    copy = command("copy", _copy_recipe, "Copy a recipe, and the YAML of its data, to be edited.")
    copy.add_argument("name", help="of a recipe that `neo recipes` lists")
    copy.add_argument("folder", type=Path)
    _recipe(command("validate", _validate, "Check settings, data, rows, memory and time before anything long begins."))
    run = command("run", _run, "The same as `neo run`.")
    _recipe(run)
    run.add_argument("--json", type=Path, metavar="FILE", help="write the evaluation here as JSON as well")


def _catalog_commands(catalog: argparse.ArgumentParser) -> None:
    commands = catalog.add_subparsers(title="commands", metavar="COMMAND", required=True)

    def command(name: str, run: Callable[[argparse.Namespace], None], text: str) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=text, description=text)
        sub.set_defaults(run=run)
        return sub

    guess = command("map", _map, "Print a YAML for your files, guessed from their columns: > my-catalog.yaml")
    guess.add_argument("files", type=Path, nargs="+", help="a file of items and one of events: CSV, JSONL or Parquet")
    guess.add_argument("--type", default="item", help="what an item is called: course, recipe, song (default: item)")
    guess.add_argument("--plural", help="of the type (default: with an s)")
    feeds = command("import", _import, "Print items of podcast feeds, one JSON object a line: > items.jsonl")
    feeds.add_argument("feeds", nargs="+", help="RSS, Atom or OPML: files, or addresses that begin with http")
    feeds.add_argument("--keep", type=Path, metavar="FOLDER", help="keep what is fetched, and ask only for what is new")
    feeds.add_argument("--allow-local", action="store_true", help="fetch from this machine and its network too")
    update = command("update", _update, "Give new items SIDs in a trained bundle, and retire gone ones.")
    update.add_argument("bundle", type=Path, help="the folder that `neo train` or `neo run` wrote")
    files = "JSONL, CSV or Parquet with NEO's column names, or the YAML that names your files and columns"
    update.add_argument("items", type=Path, nargs="*", help=files)
    update.add_argument("--retire", nargs="+", default=[], metavar="ID", help="items that are gone; put it last")
    update.add_argument("--whole", action="store_true", help="the files are all there is: what they lack is gone")
    update.add_argument("--to", type=Path, metavar="FOLDER", help="write it here (default: in the bundle's place)")


def _recipe(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("recipe", type=Path, help="a recipe YAML, or the name of one that comes with NEO")
    changes = "settings to change, right after the recipe: seed=1"
    parser.add_argument("settings", nargs="*", metavar="key=value", help=changes)


def _quiet_libraries() -> None:
    """What the libraries say about themselves is not for the user; NEO prints its own progress."""
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    os.environ.setdefault("HF_DATASETS_DISABLE_PROGRESS_BARS", "1")
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    os.environ.setdefault("TORCH_CPP_LOG_LEVEL", "ERROR")  # that DDP looks for unused weights; some batches have them
    logging.getLogger("bitsandbytes").setLevel(logging.ERROR)  # that a CPU has no kernel of another package's
    # TRL warns that float(tensor) on a tensor with grad is deprecated; it is TRL's own line.
    warnings.filterwarnings("ignore", message=".*Converting a tensor with requires_grad=True to a scalar.*")


def _say(line: str) -> None:
    from datetime import datetime

    print(f"[{datetime.now():%H:%M:%S}] {line}", file=sys.stderr, flush=True)


def _run(options: argparse.Namespace) -> None:
    from neo.training.pipeline import evaluate_run, show_exchanges, train

    run = train(options.recipe, options.settings, _say)
    if not launched().first:
        return
    evaluate_run(run, _say, options.json)
    show_exchanges(run.bundle_folder)


def _train(options: argparse.Namespace) -> None:
    from neo.training.pipeline import train

    train(options.recipe, options.settings, _say)


def _evaluate(options: argparse.Namespace) -> None:
    from neo.training.pipeline import evaluate_run, trained

    run = trained(options.recipe, options.settings, _say)
    report = evaluate_run(run, _say, options.json, options.markdown)
    if options.picture:
        from neo.evaluation.picture import draw_report

        draw_report(report, options.picture)


def _list_recipes(options: argparse.Namespace) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    from neo.training.recipes import all_recipes

    table = Table("recipe", "needs", "takes", show_lines=True)
    for recipe in all_recipes():
        table.add_row(*map(escape, (recipe.name, recipe.needs, recipe.takes)))  # [lora] is no markup
    Console().print(table)
    print("neo recipes copy NAME FOLDER makes one yours; neo recipes validate NAME checks it; neo run NAME runs it.")


def _copy_recipe(options: argparse.Namespace) -> None:
    from neo.training.recipes import copy_recipe

    copies = copy_recipe(options.name, options.folder)
    print("\n".join(f"copied to {path}" for path in copies))
    print(f"Edit them, and then: neo recipes validate {copies[0]}")


def _validate(options: argparse.Namespace) -> None:
    from neo.training.validate import validate

    validate(options.recipe, options.settings, _say)
    print(f"Ready: {shlex.join(['neo', 'run', str(options.asked), *options.settings])}")


def _compare(options: argparse.Namespace) -> None:
    from neo.training.pipeline import compare

    compare(options.recipe, options.settings, _say, options.json)


def _ablate(options: argparse.Namespace) -> None:
    from neo.training.ablate import ablate

    ablate(options.ablations, options.settings, _say, options.json)


def _check(options: argparse.Namespace) -> None:
    from neo.catalog.load import read_dataset
    from neo.catalog.mapping import read_config

    root = options.root and str(options.root.resolve())
    dataset = read_dataset(read_config(options.files, root), options.files.parent)
    for item_type in dataset.catalog.types:
        print(f"{len(dataset.catalog.rows_of(item_type.name)):>10,} {item_type.plural}")
    print(f"{len(dataset.listeners):>10,} listeners")
    print(f"{len(dataset.events):>10,} events")
    print(f"{len(dataset.searches):>10,} searches")


def _map(options: argparse.Namespace) -> None:
    from neo.catalog.guess import guess

    print(guess(options.files, options.type, options.plural), end="")


def _import(options: argparse.Namespace) -> None:
    import json

    try:
        import feedparser  # noqa: F401
    except ImportError as error:
        raise NeoError("Feeds are read by one more library: pip install 'neo-catalog[feeds]'.") from error
    from neo.catalog.feed_import import import_feeds

    for row in import_feeds(options.feeds, options.keep, options.allow_local, _say):
        print(json.dumps(row, ensure_ascii=False))


def _update(options: argparse.Namespace) -> None:
    from neo.model.bundle import Bundle
    from neo.model.update import read_given, said, updated

    if options.whole and not options.items:
        raise NeoError("--whole without files would retire everything: name the files that hold all items.")
    bundle = Bundle.load(options.bundle)
    given = read_given(bundle, options.items, _say)
    made, update = updated(bundle, given, options.retire, options.whole)
    target = options.to or options.bundle
    made.save(target)
    print(said(update))
    print(f"Written to {target}. A server of it takes it up on SIGHUP.")


def _view(options: argparse.Namespace) -> None:
    from neo.training.pipeline import view

    view(options.recipe, options.settings, options.task, options.n)


def _vectors(options: argparse.Namespace) -> None:
    import numpy as np

    from neo.listeners.store import VectorStore
    from neo.model.bundle import Bundle

    bundle = Bundle.load(options.bundle)
    if bundle.listener_model is None:
        raise NeoError(f"{options.bundle} has no listener model: train it with a recipe that has `listener`.")
    who = np.arange(len(bundle.listeners))
    when = np.full(len(who), bundle.now, dtype=np.int64)
    made = bundle.listener_model.vectors(bundle.events, who, when, bundle.listeners, who)
    store = VectorStore(options.store)
    store.publish(bundle.listeners.table.column("id").to_pylist(), made)
    store.switch(made.space)
    print(f"{len(who):,} vectors of the space {made.space}; in the store: {', '.join(store.spaces())}")


def _publish(options: argparse.Namespace) -> None:
    from neo.training.publish import publish

    card = publish(options.bundle, options.folder, options.with_listeners, options.license)
    print(f"Written to {options.folder}; read {card.name} before you hand it on.")
    print(f"To a hub: hf upload NAME/{options.bundle.parent.name} {options.folder}")


def _demo(options: argparse.Namespace) -> None:
    from importlib.util import find_spec

    if find_spec("gradio") is None:  # it is imported once it has been told to ask nobody about anything
        raise NeoError("The demo needs a few more libraries: pip install 'neo-catalog[demo]'.")
    from neo_demo.run import run

    run(options.bundle, options.port, browser=not options.no_browser)


def _recommend(options: argparse.Namespace) -> None:
    asked = {"type": options.type, "k": options.k, "mode": options.mode, "wish": options.wish}
    _print(options, lambda neo, who: neo.recommend(**who, **asked))


def _search(options: argparse.Namespace) -> None:
    _print(options, lambda neo, who: neo.search(options.words, **who, type=options.type, k=options.k))


def _explain(options: argparse.Namespace) -> None:
    _print(options, lambda neo, who: neo.explain(options.item, **who))


def _understand(options: argparse.Namespace) -> None:
    _print(options, lambda neo, who: neo.understand(**who))


def _chat(options: argparse.Namespace) -> None:
    if options.words is not None:
        _print(options, lambda neo, who: neo.chat(options.words, **who))
        return
    from neo.evaluation.exchanges import converse
    from neo.model.neo_model import NeoModel

    converse(NeoModel.load(options.bundle), sys.stdin, listener=options.listener, history=options.history)


def _print(options: argparse.Namespace, ask: Callable[[NeoModel, dict[str, Any]], Answer]) -> None:
    from neo.evaluation.exchanges import print_answer
    from neo.model.neo_model import NeoModel

    who = {"listener": options.listener, "history": options.history}
    print_answer(ask(NeoModel.load(options.bundle), who))


if __name__ == "__main__":
    sys.exit(main())
