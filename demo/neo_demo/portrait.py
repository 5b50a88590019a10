"""Understand: a listener in words, beside when they listened and where in the catalog they are at home."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator
from typing import Any

import gradio as gr
import numpy as np

from neo.model.listener import Asker
from neo_demo import html, maps, shelf
from neo_demo.events import ACTS, QUIET, act_of
from neo_demo.html import esc
from neo_demo.studio import Studio
from neo_demo.visit import Visit
from neo_sdk.errors import NeoError
from neo_sdk.types import Answer, TextPart

WEEKS = 26
TOPICS, LATEST = 8, 6
WEEK = 7 * 86_400


class Portrait:
    """The tab."""

    def __init__(self, studio: Studio, visit: gr.State, tab: gr.Tab) -> None:
        self.studio = studio
        self.words = gr.HTML("", apply_default_css=False, elem_id="portrait")
        self.facts = gr.HTML("", js_on_load=ACTS, apply_default_css=False, elem_id="facts")
        # Who comes back while the words are being written still sees what was marked as heard meanwhile.
        tab.select(self.show, visit, [self.words, self.facts], trigger_mode="always_last", **QUIET)
        self.facts.act(self.act, visit, [self.words, self.facts], **QUIET)

    def act(self, visit: Visit, event: gr.EventData) -> Iterator[tuple[Any, Any]]:
        what, _, item = act_of(self.studio, event)
        if shelf.act(self.studio, visit, what, item):
            yield from self.show(visit)
        else:
            yield gr.skip(), self._facts(visit, self.studio.model.known(visit))

    def show(self, visit: Visit) -> Iterator[tuple[Any, Any]]:
        """The words as they are written, then the rest beside them."""
        latest = visit.begin("portrait")
        for picture in self._shown(visit):
            if not latest():
                return
            yield picture

    def _shown(self, visit: Visit) -> Iterator[tuple[Any, Any]]:
        studio = self.studio
        if not visit.is_somebody:
            yield self.nobody(), ""
            return
        who = studio.model.known(visit)
        yield _portrait(visit, "", writing=True), self._facts(visit, who, with_map=False)
        text = ""
        try:
            request = studio.model.prepare_understand(studio.who(visit))
            for piece in studio.stream(request):
                text = piece.text if isinstance(piece, Answer) else text + getattr(piece, "text", "")
                yield _portrait(visit, text, writing=isinstance(piece, TextPart)), gr.skip()
        except NeoError as error:
            yield html.notice(str(error), "error"), gr.skip()
        yield gr.skip(), self._facts(visit, who)

    def nobody(self) -> str:
        return html.empty(
            "Nobody to describe yet.",
            "Choose who listens at the top of the page, or begin as a new listener and mark a few things as heard.",
        )

    def _facts(self, visit: Visit, who: Asker, with_map: bool = True) -> str:
        """Timeline, topics, map and the latest items; without its map where that takes seconds to draw."""
        if not len(who.met):
            return html.empty("No history yet.", "What is marked as heard shows up here, and counts at once.")
        catalog = self.studio.bundle.catalog
        rows = who.met[::-1]
        latest = [
            catalog.item(int(row)) for row in dict.fromkeys(rows.tolist()) if self.studio.item(catalog.id(int(row)))
        ]
        drawn = self._map(who) if with_map else '<p class="meta">Drawing the map …</p>'
        return (
            f'<div class="two"><section><h2>When</h2>{self._timeline(who)}</section>'
            f"<section><h2>What about</h2>{self._topics(who)}</section></div>"
            f'<section class="where"><h2>Where in the catalog</h2>{drawn}</section>'
            f"{shelf.like(self.studio, visit)}"
            f"{shelf.row(self.studio, visit, 'Met last', latest[:LATEST])}"
        )

    def _timeline(self, who: Asker) -> str:
        catalog = self.studio.bundle.catalog
        times = np.zeros(0, dtype=np.int64) if who.times is None else who.times
        now = who.now or self.studio.bundle.now
        ago = (now - times) // WEEK
        types = catalog.type_codes[who.met]
        counts = {
            item_type.plural: np.bincount(WEEKS - 1 - ago[(ago < WEEKS) & (types == code)], minlength=WEEKS).tolist()
            for code, item_type in enumerate(catalog.types)
        }
        starts = [dt.datetime.fromtimestamp(now - (WEEKS - week) * WEEK, dt.UTC).date() for week in range(WEEKS)]
        seen = {name: values for name, values in counts.items() if any(values)}
        if not seen:
            return '<p class="meta">Nothing in the last half year.</p>'
        return maps.timeline_svg([html.day(start) for start in starts], seen, "Events a week, by type")

    def _topics(self, who: Asker) -> str:
        column = self.studio.bundle.catalog.column("topics")
        counts = Counter(topic for row in who.met.tolist() for topic in column[row].as_py() or ())
        most = counts.most_common(TOPICS)
        top = most[0][1] if most else 1
        return maps.bars([(topic, count / top, f"{count}") for topic, count in most], "Topics by events")

    def _map(self, who: Asker) -> str:
        """The first type's map, with what the listener met of it, itself or a part of it."""
        bundle = self.studio.bundle
        name = bundle.sids.table.type_names[0]
        parents = bundle.catalog.parent_rows[who.met]
        counts = Counter([*who.met.tolist(), *parents[parents >= 0].tolist()])
        marked = {row: f"{count} events" if count > 1 else "once" for row, count in counts.items()}
        plural = bundle.catalog.types[bundle.catalog.type_code(name)].plural.capitalize()
        return maps.map_svg(bundle.catalog, self.studio.plane(name), f"{plural}, near those that they resemble", marked)


def _portrait(visit: Visit, text: str, writing: bool) -> str:
    cursor = '<span class="cursor" aria-label="NEO is writing"></span>' if writing else ""
    name = visit.listener or visit.called().capitalize()
    return f'<section class="portrait"><p class="label">{esc(name)}</p><p class="big">{esc(text)}{cursor}</p></section>'
