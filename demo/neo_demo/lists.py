"""Recommend and Search: for people who do not chat."""

from __future__ import annotations

import time
from typing import Any, cast

import gradio as gr

from neo_demo import html, shelf
from neo_demo.events import ACTS, QUIET, act_of
from neo_demo.html import esc
from neo_demo.steering import ANY, MODES
from neo_demo.studio import Studio
from neo_demo.visit import Lists, Looked, Visit
from neo_sdk.errors import NeoError
from neo_sdk.types import Mode

FOUND = 12  # items of a search
TRY = ("birds", "a calm show about space", "true crime", "learn to cook", "history of {topic}")


class Recommend:
    """Rows of cards by type."""

    def __init__(self, studio: Studio, visit: gr.State, tab: gr.Tab) -> None:
        self.studio = studio
        modes = [(label, name) for name, label in MODES.items()]
        self.mode = gr.Radio(modes, value="any", label="Discovery", elem_classes="pick", show_label=False)
        self.view = gr.HTML("", js_on_load=ACTS, apply_default_css=False, elem_id="recommended")
        inputs = [visit, self.mode]
        for trigger in (tab.select, self.mode.change):
            trigger(self.show, inputs, self.view, **QUIET)
        self.view.act(self.act, inputs, self.view, **QUIET)

    def show(self, visit: Visit, mode: str) -> Any:
        """The rows, asked for anew; nothing where they were asked for once more meanwhile."""
        latest = visit.begin("recommended")
        try:
            lists = self._asked(visit, mode)
        except NeoError as error:
            return html.notice(str(error), "error") if latest() else gr.skip()
        if not latest():
            return gr.skip()
        visit.lists = lists
        return self._drawn(visit, lists)

    def _asked(self, visit: Visit, mode: str) -> Lists:
        studio, who, began = self.studio, self.studio.who(visit), time.perf_counter()
        requests = [
            studio.model.prepare_recommend(
                who,
                type=item_type.name,
                k=shelf.ROW,
                mode=cast(Mode, mode),
                exclude=sorted(visit.aside),
                per_parent=2,
            )
            for item_type in studio.types
        ]
        items, notes = shelf.asked(studio, requests)
        visit.looked = Looked(f"{studio.types[0].plural.capitalize()} for {visit.called()}", requests[0])
        return Lists(mode, items, notes, time.perf_counter() - began)

    def _drawn(self, visit: Visit, lists: Lists) -> str:
        studio = self.studio
        count = sum(map(len, lists.items))
        rows = "".join(
            shelf.row(studio, visit, f"{item_type.plural.capitalize()} for {visit.called()}", items)
            for item_type, items in zip(studio.types, lists.items, strict=True)
            if items
        )
        said = "".join(html.notice(note) for note in dict.fromkeys(lists.notes))
        return f'{shelf.like(studio, visit)}{rows}{said}<p class="meta">{count} cards in {lists.seconds:.2f} s</p>'

    def act(self, visit: Visit, mode: str, event: gr.EventData) -> Any:
        what, _, item = act_of(self.studio, event)
        changed, lists = shelf.act(self.studio, visit, what, item), visit.lists
        if changed or lists is None or lists.mode != mode:
            return self.show(visit, mode)
        return self._drawn(visit, lists)


class Search:
    """Search as you type."""

    def __init__(self, studio: Studio, visit: gr.State) -> None:
        self.studio = studio
        types = [("Everything", ANY), *((t.plural.capitalize(), t.name) for t in studio.bundle.catalog.types)]
        self.query = gr.Textbox(
            label="Search", show_label=False, placeholder="A title, a name, a subject, a mood", container=False,
            max_length=300, elem_id="query", elem_classes="query",
        )  # fmt: skip
        self.type = gr.Radio(types, value=ANY, label="Type", show_label=False, elem_classes="pick")
        self.view = gr.HTML(self.hints(), js_on_load=ACTS, apply_default_css=False, elem_id="found")
        inputs = [visit, self.query, self.type]
        # `change` and not `input`, which Gradio does not say of what is pasted or dictated.
        for trigger in (self.query.change, self.type.change):
            trigger(self.show, inputs, self.view, trigger_mode="always_last", **QUIET)
        self.view.act(self.act, inputs, [self.view, self.query], **QUIET)

    def hints(self) -> str:
        topic = self.studio.topics[0].lower() if self.studio.topics else "music"
        chips = "".join(
            f'<button type="button" class="chip" data-act="say" data-words="{esc(text)}">{esc(text)}</button>'
            for text in (hint.format(topic=topic) for hint in TRY)
        )
        return f'<div class="chips" role="group" aria-label="Things to search for">{chips}</div>'

    def show(self, visit: Visit, query: str, kind: str) -> str:
        """What fits the words."""
        if not (query or "").strip():
            return self.hints()
        studio, began = self.studio, time.perf_counter()
        try:
            request = studio.model.prepare_search(
                query, None if kind == ANY else kind, FOUND, listener=None, exclude=sorted(visit.aside)
            )
            answer = studio.answer(request)
        except NeoError as error:
            return html.notice(str(error), "error")
        visit.looked = Looked(f"The search for “{query.strip()[:60]}”", request)
        seconds = time.perf_counter() - began
        cards = html.cards(shelf.card(studio, visit, item) for item in answer.items)
        nothing = "" if answer.items else html.empty("Nothing fits.", "Try other words, or another type.")
        said = "".join(html.notice(note) for note in answer.warnings)
        return (
            f"{shelf.like(studio, visit)}{cards}{nothing}{said}"
            f'<p class="meta" role="status">{len(answer.items)} results in {seconds:.2f} s</p>'
        )

    def act(self, visit: Visit, query: str, kind: str, event: gr.EventData) -> tuple[Any, Any]:
        what, words, item = act_of(self.studio, event)
        if what == "say" and words:
            return gr.skip(), words
        shelf.act(self.studio, visit, what, item)
        return self.show(visit, query, kind), gr.skip()
