"""The chat: a conversation on the left, the controls and the words they turn into on the right."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import gradio as gr

from neo_demo import steering, talking
from neo_demo.events import ACTS, QUIET, act_of
from neo_demo.html import esc
from neo_demo.steering import ANY, FORMATS, MODES, NEEDS_WORDS, TASKS, Steer
from neo_demo.studio import Studio
from neo_demo.visit import Turn, Visit

MENTIONED = 40  # characters behind an @ that are looked up


class Chat:
    """The tab. `shown`: components whose pictures change when somebody else listens."""

    def __init__(self, studio: Studio, visit: gr.State) -> None:
        self.studio, self.visit = studio, visit
        with gr.Row(elem_classes="chat"):
            with gr.Column(scale=5, min_width=320, elem_classes="thread-side"):
                with gr.Column(elem_classes="thread", elem_id="thread"):
                    self.past = gr.HTML(
                        talking.welcome(studio, visit.value), js_on_load=ACTS, apply_default_css=False, elem_id="past",
                    )  # fmt: skip
                    self.live = gr.HTML("", js_on_load=ACTS, apply_default_css=False, elem_id="live")
                self._composer()
            with gr.Column(scale=2, min_width=260, elem_classes="steering"):
                self._controls()
        self._wire()

    def _composer(self) -> None:
        with gr.Column(elem_classes="composer"):
            self.mentions = gr.HTML("", js_on_load=ACTS, apply_default_css=False, elem_id="mentions")
            with gr.Row(elem_classes="compose-row"):
                self.typed = gr.Textbox(
                    placeholder="Ask for anything. Type @ to mention a title.", label="Your message", lines=1,
                    max_lines=5, container=False, scale=6, elem_id="typed", autofocus=False, max_length=2_000,
                )  # fmt: skip
                self.send = gr.Button("Ask", variant="primary", scale=0, min_width=72, elem_id="send")
                self.stop = gr.Button("Stop", scale=0, min_width=72, visible=False, elem_id="stop")
            with gr.Row(elem_classes="compose-foot"):
                self.again = gr.Button("Try again", size="sm", scale=0, elem_id="again", elem_classes="quiet")
                self.clear = gr.Button("Clear", size="sm", scale=0, elem_id="clear", elem_classes="quiet")

    def _controls(self) -> None:
        studio = self.studio
        types = [("Any", ANY), *((t.plural.capitalize(), t.name) for t in studio.bundle.catalog.types)]
        gr.HTML("<h2>Steer the answer</h2>", apply_default_css=False, elem_classes="side-title")
        self.task = gr.Radio([(v, k) for k, v in TASKS.items()], value="chat", label="Task", elem_classes="pick")
        self.type = gr.Radio(types, value=ANY, label="Type", elem_classes="pick")
        self.format = gr.Radio([(v, k) for k, v in FORMATS.items()], value="mixed", label="Format", elem_classes="pick")
        self.mode = gr.Radio([(v, k) for k, v in MODES.items()], value=ANY, label="Discovery", elem_classes="pick")
        self.count = gr.Slider(1, 6, value=3, step=1, label="Items at most", buttons=[])
        with gr.Accordion("Filters", open=False, elem_classes="filters"):
            self.language = gr.Dropdown([("Any", ANY), *steering.languages(studio)], value=ANY, label="Language")
            self.topic = gr.Dropdown([("Any", ANY), *steering.catalog_topics(studio)], value=ANY, label="Topic")
            self.minutes = gr.Slider(0, 240, value=0, step=15, label="Longest, in minutes (0: any)", buttons=[])
            since = [("Any time", 0), *((str(year), year) for year in steering.years(studio))]
            self.since = gr.Dropdown(since, value=0, label="Released since")
        self.words = gr.HTML(steering.preview(studio, Steer(), ""), apply_default_css=False, elem_id="words")

    @property
    def controls(self) -> list[Any]:
        """In the order of Steer's fields."""
        return [
            self.task, self.type, self.format, self.mode, self.count, self.language, self.topic, self.minutes,
            self.since,
        ]  # fmt: skip

    @property
    def shown(self) -> list[Any]:
        return [self.past, self.live]

    def _wire(self) -> None:
        inputs = [self.visit, self.typed, *self.controls]
        outputs = [self.past, self.live, self.typed, self.send, self.stop, self.mentions]
        for trigger in (self.send.click, self.typed.submit):
            trigger(self.ask, inputs, outputs, **QUIET)
        self.again.click(self.retry, inputs, outputs, **QUIET)
        for view in (self.past, self.live, self.mentions):
            view.act(self.act, inputs, outputs, **QUIET)
        self.stop.click(self.halt, self.visit, None, queue=False, **QUIET)
        self.clear.click(self.forget, self.visit, outputs, queue=False, **QUIET)
        self.typed.change(
            self.suggest, [self.visit, self.typed], self.mentions, queue=False, trigger_mode="always_last", **QUIET
        )
        gr.on(
            [self.typed.change, *(control.change for control in self.controls)],
            self.spell, [self.typed, *self.controls], [self.words, self.typed],
            queue=False, trigger_mode="always_last", **QUIET,
        )  # fmt: skip

    # What the events do. Each returns values for `outputs`, in their order.

    def ask(self, visit: Visit, typed: str, *controls: Any) -> Iterator[tuple[Any, ...]]:
        steer = Steer(*controls)
        if visit.busy or (steer.task in NEEDS_WORDS and not (typed or "").strip()):
            yield self._view(visit)
            return
        yield from self._answered(visit, talking.begin(self.studio, visit, steer, typed or ""))

    def retry(self, visit: Visit, typed: str, *controls: Any) -> Iterator[tuple[Any, ...]]:
        turn = None if visit.busy else talking.again(self.studio, visit, Steer(*controls))
        yield from self._answered(visit, turn) if turn is not None else iter([self._view(visit)])

    def act(self, visit: Visit, typed: str, event: gr.EventData, *controls: Any) -> Iterator[tuple[Any, ...]]:
        """A click on a card, a chip or a title. What the browser says of it is checked."""
        what, words, item = act_of(self.studio, event)
        if visit.busy and what != "mention":
            return
        match what:
            case "say" if words:
                steer = Steer(*controls)
                steer = steer if steer.task == "chat" else Steer("chat", *controls[1:])
                yield from self._answered(visit, talking.begin(self.studio, visit, steer, words))
            case "more" if item:
                talking.similar(self.studio, visit, item)
                yield self._view(visit)
            case "why" if item:
                yield from self._answered(visit, talking.begin_why(self.studio, visit, item))
            case "aside" | "heard" if item:
                visit.put_aside(item.id) if what == "aside" else visit.hear(item.id, self.studio.bundle.now)
                yield self._view(visit)
            case "mention" if item:
                before = (typed or "").rpartition("@")[0]
                yield (gr.skip(), gr.skip(), f"{before}@{item.title} ", gr.skip(), gr.skip(), "")
            case _:
                yield self._view(visit)

    def halt(self, visit: Visit) -> None:
        visit.stop = True

    def forget(self, visit: Visit) -> tuple[Any, ...]:
        visit.stop, visit.turns = True, []
        return self._view(visit, typed="")

    def suggest(self, visit: Visit, typed: str) -> str:
        """Titles for what follows the last @; the conversation's own where nothing follows yet."""
        _, at, behind = (typed or "").rpartition("@")
        if not at or len(behind) > MENTIONED or behind.endswith("  "):
            return ""
        items = self.studio.titled(behind) if behind.strip() else visit.shown()[:5]
        if not items or any(item.title.casefold() == behind.strip().casefold() for item in items):
            return ""
        options = "".join(
            f'<li role="option" id="option-{place}" aria-selected="{str(place == 0).lower()}" data-act="mention" '
            f'data-item="{esc(item.id)}"><b>{esc(item.title)}</b><span>{esc(item.type)}'
            f"{' · ' + esc(item.creator) if item.creator else ''}</span></li>"
            for place, item in enumerate(items)
        )
        return f'<ul role="listbox" aria-label="Titles">{options}</ul>'

    def spell(self, typed: str, *controls: Any) -> tuple[Any, Any]:
        steer = Steer(*controls)
        needs = steer.task in NEEDS_WORDS
        hint = {"chat": "Ask for anything. Type @ to mention a title.", "search": "What are you looking for?"}
        box = gr.update(placeholder=hint.get(steer.task, "No words needed: press Ask."), interactive=needs)
        return steering.preview(self.studio, steer, typed or ""), box

    def _answered(self, visit: Visit, turn: Turn) -> Iterator[tuple[Any, ...]]:
        """The turn as it grows, between a view without it and one with it."""
        yield self._view(visit, typed="")
        for _ in talking.grown(self.studio, visit, turn):
            if turn.state == "open":
                yield (gr.skip(), talking.live(self.studio, visit), *([gr.skip()] * 4))
        yield self._view(visit)

    def _view(self, visit: Visit, typed: str | None = None) -> tuple[Any, ...]:
        busy = visit.busy
        return (
            talking.conversation(self.studio, visit),
            talking.live(self.studio, visit),
            gr.skip() if typed is None else typed,
            gr.update(visible=not busy),
            gr.update(visible=busy),
            "",
        )
