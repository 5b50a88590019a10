"""Your catalog: drop a file, map its columns, see what is wrong with it, build SIDs, take the recipe along."""

from __future__ import annotations

import queue
import threading
import time
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np

from neo.catalog.catalog import Catalog
from neo.sids.build import SidConfig, SidModel
from neo_demo import html, maps, own_catalog
from neo_demo.covers import hue
from neo_demo.events import QUIET
from neo_demo.html import esc
from neo_demo.own_catalog import EVENT_FIELDS, FIELDS, NOWHERE, OwnCatalog
from neo_demo.visit import Visit
from neo_sdk.errors import CatalogError, NeoError, Problem

PROBLEMS, SAMPLES, GROUPS, TITLES = 25, 3, 6, 3  # shown of each
OFTEN = 0.3  # seconds between two looks at work that goes on
UNITS = ["seconds", "minutes", "hours", "milliseconds"]
BUSY = threading.Lock()  # one catalog at a time: others ask the model meanwhile
INTRO = """<header class="page-intro"><h1>Your own catalog</h1><p>Drop a file of items to see how NEO would name them.
Nothing leaves this machine, and the file is deleted within two hours.</p></header>"""


class Upload:
    """The tab, in four steps; each shows itself when the one before is done."""

    def __init__(self, visit: gr.State) -> None:
        gr.HTML(INTRO, apply_default_css=False)
        with gr.Row(elem_classes="drop-row"):
            self.items = gr.File(
                label="Items: CSV, JSONL or Parquet", file_types=own_catalog.ENDINGS, height=132, elem_id="items-file"
            )
            self.events = gr.File(
                label="Events, if you have them: who met what, and when", file_types=own_catalog.ENDINGS, height=132,
                elem_id="events-file",
            )  # fmt: skip
        self.said = gr.HTML("", apply_default_css=False, elem_id="upload-said")
        with gr.Column(visible=False, elem_classes="mapping") as self.mapping:
            self._mapping()
        self.result = gr.HTML("", apply_default_css=False, elem_id="upload-result")
        with gr.Column(visible=False, elem_classes="sid-step") as self.step:
            gr.HTML("<h2>Semantic IDs</h2>", apply_default_css=False)
            with gr.Row(elem_classes="sid-controls"):
                self.levels = gr.Slider(2, 4, value=3, step=1, label="Levels", buttons=[])
                self.codes = gr.Slider(8, 256, value=32, step=8, label="Codes a level", buttons=[])
                self.go = gr.Button("Build SIDs", variant="primary", scale=0, min_width=130, elem_id="build")
        self.report = gr.HTML("", apply_default_css=False, elem_id="upload-report")
        self._wire(visit)

    def _mapping(self) -> None:
        gr.HTML(
            "<h2>Which column is which?</h2><p>Guessed from the names; leave empty what there is not.</p>",
            apply_default_css=False,
        )
        self.kind = gr.Textbox(value="show", label="One of these is called a", max_length=32, elem_id="kind")
        with gr.Row(elem_classes="map-grid"):
            self.mapped = [
                gr.Dropdown([("", NOWHERE)], value=NOWHERE, label=name.capitalize(), min_width=180) for name in FIELDS
            ]
        with gr.Row(elem_classes="map-grid"):
            self.separator = gr.Textbox(value=",", label="Topics are separated by", max_length=3, min_width=180)
            self.unit = gr.Dropdown(UNITS, value="seconds", label="Durations are in", min_width=180)
        with gr.Row(visible=False, elem_classes="map-grid") as self.event_row:
            self.met = [
                gr.Dropdown([("", NOWHERE)], value=NOWHERE, label=f"Events: {name}", min_width=180)
                for name in EVENT_FIELDS
            ]
        self.check = gr.Button("Check it", variant="primary", scale=0, min_width=130, elem_id="check")

    def _wire(self, visit: gr.State) -> None:
        columns = [self.said, self.mapping, self.result, self.step, self.report]
        self.items.change(self.dropped, [visit, self.items], [*columns, self.separator, *self.mapped], **QUIET)
        self.events.change(self.dropped_events, [visit, self.events], [self.said, self.event_row, *self.met], **QUIET)
        answers = [self.kind, self.separator, self.unit, *self.mapped, *self.met]
        self.check.click(self.checked, [visit, *answers], [self.result, self.step, self.codes, self.report], **QUIET)
        self.go.click(self.built, [visit, self.levels, self.codes, *answers], [self.report, self.go], **QUIET)

    # What the events do

    def dropped(self, visit: Visit, path: str | None) -> tuple[Any, ...]:
        """The file's columns, as far as it can be read."""
        visit.own.items, visit.own.dataset, visit.own.sids = None, None, None
        blank = ["", gr.update(visible=False), "", gr.update(visible=False), ""]
        if path is None:
            return (*blank, gr.skip(), *[gr.skip()] * len(self.mapped))
        try:
            columns = own_catalog.columns_of(Path(path))
        except CatalogError as error:
            blank[0] = problems_html(error.problems, "This file cannot be read.")
            return (*blank, gr.skip(), *[gr.skip()] * len(self.mapped))
        visit.own.items = Path(path)
        blank[1] = gr.update(visible=True)
        guessed = own_catalog.guessed(columns, FIELDS)
        mark = own_catalog.separator_of(Path(path), guessed["topics"]) if guessed["topics"] else ","
        return (*blank, mark, *(_choices(columns, guessed[name]) for name in FIELDS))

    def dropped_events(self, visit: Visit, path: str | None) -> tuple[Any, ...]:
        visit.own.events, visit.own.dataset = None, None
        nothing = [gr.skip()] * len(self.met)
        if path is None:
            return ("", gr.update(visible=False), *nothing)
        try:
            columns = own_catalog.columns_of(Path(path))
        except CatalogError as error:
            return (problems_html(error.problems, "The events cannot be read."), gr.update(visible=False), *nothing)
        visit.own.events = Path(path)
        guessed = own_catalog.guessed(columns, EVENT_FIELDS)
        return ("", gr.update(visible=True), *(_choices(columns, guessed[name]) for name in EVENT_FIELDS))

    def checked(self, visit: Visit, *answers: Any) -> tuple[Any, ...]:
        """Every problem, or what was found."""
        try:
            with BUSY:
                own_catalog.checked(visit.own, self._configuration(visit.own, *answers))
        except NeoError as error:
            told = problems_html(own_catalog.problems_of(error), "Not yet: these are to be mended first.")
            return told, gr.update(visible=False), gr.skip(), ""
        assert visit.own.dataset is not None
        fits = int(np.clip(2 ** np.ceil(np.log2(max(2, len(visit.own.dataset.catalog)) ** 0.5)), 8, 128))
        return found_html(visit.own), gr.update(visible=True), fits, ""

    def built(self, visit: Visit, levels: int, codes: int, *answers: Any) -> Iterator[tuple[Any, ...]]:
        """SIDs, with what goes on meanwhile; then the report and the recipe."""
        own = visit.own
        said: queue.SimpleQueue[str | Exception | None] = queue.SimpleQueue()
        has_events = own.dataset is not None and len(own.dataset.events) > 0
        config = own_catalog.sid_config(int(levels), int(codes), has_events)

        def work() -> None:
            try:
                with BUSY:
                    own_catalog.build(own, config, said.put)
                said.put(None)
            except Exception as error:
                said.put(error)

        threading.Thread(target=work, daemon=True).start()
        began, steps = time.perf_counter(), ["Waiting for its turn"]
        yield progress_html(steps, 0.0), gr.update(interactive=False)
        while True:
            try:
                word = said.get(timeout=OFTEN)
            except queue.Empty:
                yield progress_html(steps, time.perf_counter() - began), gr.skip()
                continue
            if isinstance(word, str):
                steps.append(word)
            elif isinstance(word, NeoError):
                told = problems_html(own_catalog.problems_of(word), "No SIDs this time.")
                yield told, gr.update(interactive=True)
                return
            elif word is not None:
                yield "", gr.update(interactive=True)
                raise word
            else:
                break
            yield progress_html(steps, time.perf_counter() - began), gr.skip()
        if own.sids is None or own.dataset is None:  # another file was dropped meanwhile
            yield "", gr.update(interactive=True)
            return
        steps.append("Drawing the map")
        yield progress_html(steps, time.perf_counter() - began), gr.skip()
        yield report_html(own) + self._recipe(own, config, answers), gr.update(interactive=True)

    def _configuration(self, own: OwnCatalog, kind: str, separator: str, unit: str, *columns: str) -> dict[str, Any]:
        mapped = dict(zip(FIELDS, columns, strict=False))
        met = dict(zip(EVENT_FIELDS, columns[len(FIELDS) :], strict=True))
        return own_catalog.configuration(own, kind, mapped, separator, unit, met)

    def _recipe(self, own: OwnCatalog, config: SidConfig, answers: tuple[Any, ...]) -> str:
        """The two files that train on this catalog, within the page itself, and how to use them."""
        name = "my-catalog"
        files = {
            f"{name}.yaml": own_catalog.written(own_catalog.recipe(own, config, name), f"neo run {name}.yaml"),
            f"{name}-files.yaml": own_catalog.written(
                {"root": ".", **self._configuration(own, *answers)}, f"neo check {name}-files.yaml"
            ),
        }
        links = "".join(
            f'<a class="chip" download="{esc(file)}" '
            f'href="data:application/yaml;base64,{b64encode(text.encode()).decode()}">{esc(file)}</a>'
            for file, text in files.items()
        )
        command = f"neo check {name}-files.yaml\nneo sids {name}.yaml --picture sids.png\nneo run {name}.yaml"
        return (
            '<section class="panel"><h2>Train on it</h2><p class="lead">Put these two files beside yours, then run '
            f'what stands below.</p><p class="chips">{links}</p><pre>{esc(command)}</pre></section>'
        )


def _choices(columns: list[str], value: str) -> Any:
    return gr.update(choices=[("", NOWHERE), *columns], value=value)


def problems_html(problems: list[Problem], title: str) -> str:
    """What is wrong, line by line."""
    rows = "".join(
        f"<tr><td>{esc(problem.source)}</td><td>{'' if problem.line is None else problem.line}</td>"
        f"<td>{esc(problem.column or '')}</td><td>{esc(problem.message)}</td></tr>"
        for problem in problems[:PROBLEMS]
    )
    more = f'<p class="meta">and {len(problems) - PROBLEMS:,} more</p>' if len(problems) > PROBLEMS else ""
    count = "1 problem" if len(problems) == 1 else f"{len(problems):,} problems"
    heads = "".join(f'<th scope="col">{head}</th>' for head in ("File", "Line", "Column", "What is wrong"))
    return (
        f'<section class="panel problems" role="alert"><h2>{count}</h2><p class="lead">{esc(title)}</p>'
        f'<div class="scroll"><table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div>{more}</section>'
    )


def found_html(own: OwnCatalog) -> str:
    """Counts, and the first items as NEO sees them."""
    assert own.dataset is not None
    catalog, events = own.dataset.catalog, own.dataset.events
    first = [html.card(catalog.item(row), (), 1, actions=False) for row in range(min(SAMPLES, len(catalog)))]
    parts = [f"{len(catalog):,} items"]
    parts += [f"{len(events):,} events of {len(own.dataset.listeners):,} listeners"] if len(events) else []
    notes = "".join(html.notice(note) for note in own.notes)
    return (
        f'<section class="panel"><h2>Read without a problem</h2><p class="lead">{esc(", ".join(parts))}. '
        f"The first of them:</p>{html.cards(first)}{notes}</section>"
    )


def progress_html(steps: list[str], seconds: float) -> str:
    done = "".join(f'<li class="done">{esc(step)}</li>' for step in steps[:-1])
    return (
        f'<section class="panel" role="status"><h2>Working, {seconds:.0f} s</h2><ol class="steps">{done}'
        f'<li class="now">{esc(steps[-1])}</li></ol></section>'
    )


def report_html(own: OwnCatalog) -> str:
    """The SID report in sentences and bars, the map, and what some first codes hold."""
    assert own.report is not None and own.sids is not None and own.dataset is not None
    (name, numbers), *_ = own.report["types"].items()
    catalog = own.dataset.catalog
    facts = [
        ("Items", f"{numbers['items']:,}"),
        ("Shared a SID as quantized", _share(numbers["before"] and numbers["before"]["colliding"], numbers["items"])),
        ("Moved to a free one", _share(numbers["moved"], numbers["items"])),
        ("Share a SID now", _share(numbers["after"]["colliding"], numbers["items"])),
    ]
    listed = "".join(f"<div><dt>{esc(key)}</dt><dd>{esc(value)}</dd></div>" for key, value in facts)
    usage = [
        (f"Level {at + 1}", level["used_share"], f"{level['used']} of {numbers['codes']}")
        for at, level in enumerate(numbers["usage"])
    ]
    alike = [("Any two items", numbers["coherence"]["random"])]
    alike += [(f"First {at + 1} shared", value) for at, value in enumerate(numbers["coherence"]["by_level"])]
    cosines = [(text, max(0.0, value), f"{value:.2f}") for text, value in alike if value is not None]
    drawn = maps.map_svg(catalog, maps.plane(own.sids, catalog, name), catalog.types[catalog.type_code(name)].plural)
    notes = "".join(html.notice(note) for note in own.report["notes"])
    return (
        f'<section class="panel"><h2>The SIDs</h2><dl class="facts-row">{listed}</dl>{notes}</section>'
        f'<div class="two"><section><h2>Codes in use</h2>{maps.bars(usage, "Codes in use by level")}</section>'
        f"<section><h2>How alike items are</h2>{maps.bars(cosines, 'Mean cosine')}</section></div>"
        f'<section class="where"><h2>The space</h2>{drawn}</section>{groups_html(own.sids, catalog, name)}'
    )


def groups_html(sids: SidModel, catalog: Catalog, name: str) -> str:
    """Some first codes, and items that share them."""
    found = sids.table.of(name)
    firsts = np.asarray(found.codes)[:, 0]
    codes, counts = np.unique(firsts, return_counts=True)
    lines = []
    for code in codes[np.argsort(-counts, kind="stable")][:GROUPS].tolist():
        rows = found.rows[firsts == code]
        titles = ", ".join(esc(catalog.title(int(row))) for row in rows[:TITLES])
        more = f" and {len(rows) - TITLES:,} more" if len(rows) > TITLES else ""
        lines.append(
            f'<li><span class="sid" style="--hue:{hue(code, found.size)}">{code}</span><span>{titles}{more}</span></li>'
        )
    return f'<section class="panel"><h2>What a first code holds</h2><ul class="groups">{"".join(lines)}</ul></section>'


def _share(part: int | None, whole: int) -> str:
    return "not known" if part is None else f"{part:,} ({part / max(1, whole):.0%})"
