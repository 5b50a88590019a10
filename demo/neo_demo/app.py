"""The page: a head with who listens, and a tab for each way to ask."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

import gradio as gr

from neo_demo import talking
from neo_demo.chat import Chat
from neo_demo.events import QUIET
from neo_demo.hood import Hood
from neo_demo.html import esc
from neo_demo.lists import Recommend, Search
from neo_demo.portrait import Portrait
from neo_demo.studio import Studio
from neo_demo.theme import theme
from neo_demo.upload import Upload
from neo_demo.visit import Visit

NOBODY = ""
BRAND = """<div class="brand"><span class="mark" aria-hidden="true"><i></i><i></i><i></i></span>
<span class="name">NEO</span><span class="claim">One model that speaks words and items</span></div>"""


def make_app(studio: Studio) -> gr.Blocks:
    """The app of a studio, not launched yet."""
    with gr.Blocks(title="NEO", fill_width=True, analytics_enabled=False, delete_cache=(3600, 3600)) as blocks:
        visit = gr.State(Visit(listener=studio.host), time_to_live=6 * 3600)
        head = Head(studio)
        with gr.Tabs(elem_id="tabs"):
            with gr.Tab("Chat", id="chat"):
                chat = Chat(studio, visit)
            with gr.Tab("Recommend", id="recommend") as tab:
                lists = Recommend(studio, visit, tab)
            with gr.Tab("Search", id="search"):
                Search(studio, visit)
            with gr.Tab("Understand", id="understand") as tab:
                portrait = Portrait(studio, visit, tab)
            with gr.Tab("Under the hood", id="hood") as tab:
                Hood(studio, visit, tab)
            with gr.Tab("Your catalog", id="own"):
                Upload(visit)
        head.wire(visit, chat, lists, portrait)
    return blocks


class Head:
    """Who listens: somebody the bundle knows, a newcomer with some topics, or nobody."""

    def __init__(self, studio: Studio) -> None:
        self.studio = studio
        with gr.Row(elem_classes="head", equal_height=True):
            gr.HTML(BRAND, apply_default_css=False, elem_classes="brand-side")
            people = [("Nobody in particular", NOBODY), *((person.label, person.id) for person in studio.people)]
            self.who = gr.Dropdown(
                people, value=studio.host or NOBODY, label="Listening as", allow_custom_value=True,
                filterable=True, scale=3, min_width=220, elem_id="who",
            )  # fmt: skip
            self.new = gr.Button("New listener", scale=0, min_width=120, elem_id="new", size="sm")
            gr.HTML(
                '<button type="button" id="mode" aria-label="Switch between light and dark"></button>',
                apply_default_css=False, min_width=40, elem_classes="mode",
            )  # fmt: skip
        with gr.Column(visible=False, elem_classes="onboarding") as self.panel:
            gr.HTML(
                "<h2>What do you like?</h2><p>A few topics are enough to begin with. "
                "What you mark as heard counts from then on.</p>",
                apply_default_css=False,
            )
            self.topics = gr.CheckboxGroup(
                list(studio.topics), label="Topics", show_label=False, elem_id="topics", elem_classes="pick"
            )
            with gr.Row(elem_classes="onboarding-foot"):
                self.begin = gr.Button("Start listening", variant="primary", scale=0, min_width=140, elem_id="begin")
                self.cancel = gr.Button("Cancel", scale=0, min_width=90, elem_classes="quiet")

    def wire(self, visit: gr.State, chat: Chat, lists: Recommend, portrait: Portrait) -> None:
        quiet: dict[str, Any] = {**QUIET, "queue": False}
        studio = self.studio

        def become(current: Visit, listener: str | None) -> tuple[Any, ...]:
            known = (listener or "").strip()
            if known.startswith("new: "):
                return gr.skip(), gr.skip(), gr.skip()
            if known and int(studio.bundle.listeners.rows([known])[0]) < 0:
                like = f" Their ids are like {esc(studio.host)}." if studio.host else ""
                gr.Warning(f"There is no listener {esc(known[:60])}.{like}")
                return NOBODY, *self._changed(current, None, None)
            return gr.skip(), *self._changed(current, known or None, None)

        def newcomer(current: Visit, topics: list[str]) -> tuple[Any, ...]:
            label = "new: " + (", ".join(topics[:3]) or "no topics")
            return label, gr.update(visible=False), *self._changed(current, None, topics)

        changed = [
            self.who.input(become, [visit, self.who], [self.who, *chat.shown], **QUIET),
            self.begin.click(newcomer, [visit, self.topics], [self.who, self.panel, *chat.shown], **quiet),
        ]
        for event in changed:  # what the other tabs show is about somebody else
            event.then(lists.show, [visit, lists.mode], lists.view, **QUIET)
            event.then(portrait.show, visit, [portrait.words, portrait.facts], **QUIET)
        self.new.click(lambda: gr.update(visible=True), None, self.panel, **quiet)
        self.cancel.click(lambda: gr.update(visible=False), None, self.panel, **quiet)

    def _changed(self, visit: Visit, listener: str | None, topics: list[str] | None) -> tuple[str, str]:
        visit.become(listener, topics)
        return talking.conversation(self.studio, visit), talking.live(self.studio, visit)


def look() -> dict[str, Any]:
    """How the app is launched: its theme, style and script, all from this package."""
    here = files("neo_demo")
    script = here.joinpath("app.js").read_text(encoding="utf-8")
    return {
        "theme": theme(),
        "css": here.joinpath("style.css").read_text(encoding="utf-8"),
        "head": f"<script>{script}</script>",
        "footer_links": [],
        "run_history": False,
    }
