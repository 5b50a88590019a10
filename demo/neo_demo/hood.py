"""Under the hood: the prompt in color, the beam tree, what the constraint forbade, the time it took, the SID space."""

from __future__ import annotations

from math import exp
from typing import Any

import gradio as gr

from neo_demo import html, maps
from neo_demo.covers import hue
from neo_demo.events import ACTS, QUIET
from neo_demo.html import esc
from neo_demo.look import Inside, Piece, free_name, inside, token_name
from neo_demo.steering import ANY
from neo_demo.studio import Studio
from neo_demo.tree import percent, tree_svg
from neo_demo.visit import Looked, Visit
from neo_sdk.errors import NeoError

BEAMS = 30
GOES_ON = "Within a history the model was trained with the constraint on: it never had to learn what cannot come."
EXAMPLE = "a calm show about birds"
BARRED, FREE = 6, 6  # shown of each level, and of beams that name something and nothing


class Hood:
    """The tab."""

    def __init__(self, studio: Studio, visit: gr.State, tab: gr.Tab) -> None:
        self.studio = studio
        spoken = [(t.plural.capitalize(), t.name) for t in studio.types]
        types = [("Any type", ANY), *spoken]
        with gr.Row(elem_classes="hood-controls"):
            self.source = gr.Radio(
                [("Latest request", "latest"), ("A search of my own", "own")], value="latest", label="Look at",
                elem_classes="pick", scale=2, min_width=280,
            )  # fmt: skip
            self.constraint = gr.Radio(
                [("On", "on"), ("Off", "off")], value="on", label="Constraint", elem_classes="pick", scale=1,
                min_width=130, elem_id="constraint",
            )  # fmt: skip
            self.beams = gr.Slider(2, 60, value=BEAMS, step=1, label="Beams", scale=2, min_width=200, buttons=[])
        with gr.Row(visible=False, elem_classes="hood-own") as self.own:
            self.query = gr.Textbox(
                label="Search words", value=EXAMPLE, max_length=300, scale=3, min_width=220,
                elem_id="hood-query",
            )  # fmt: skip
            self.type = gr.Radio(types, value=ANY, label="Type", elem_classes="pick", scale=3, min_width=240)
        self.view = gr.HTML("", js_on_load=ACTS, apply_default_css=False, elem_id="inside")
        gr.HTML(
            '<header class="space"><h2>The SID space</h2><p>Every dot is an item, near those that it resembles. '
            "Dots of one color share their first code.</p></header>",
            apply_default_css=False,
        )
        self.which = gr.Radio(spoken, value=spoken[0][1], label="Type", show_label=False, elem_classes="pick")
        self.map = gr.HTML('<p class="meta">Drawing the map …</p>', apply_default_css=False, elem_id="space")
        inputs = [visit, self.source, self.query, self.type, self.beams, self.constraint]
        self.source.change(
            lambda source: gr.update(visible=source == "own"), self.source, self.own, queue=False, **QUIET
        )
        for trigger in (tab.select, self.source.change, self.query.submit, self.type.change, self.constraint.change):
            trigger(self.show, inputs, self.view, **QUIET)
        self.beams.release(self.show, inputs, self.view, **QUIET)
        for drawn in (tab.select, self.which.change):
            drawn(self.space, self.which, self.map, **QUIET)

    def space(self, name: str) -> str:
        catalog = self.studio.bundle.catalog
        plural = catalog.types[catalog.type_code(name)].plural.capitalize()
        return maps.map_svg(catalog, self.studio.plane(name), plural)

    def show(self, visit: Visit, source: str, query: str, kind: str, beams: int, constraint: str) -> str:
        """A look at the latest request, or at a search that is asked for here."""
        try:
            looked = visit.looked if source == "latest" else self._own(visit, query, kind)
            looked = looked or self._first(visit)
            return picture(self.studio, inside(self.studio, looked, int(beams), constraint == "on"))
        except NeoError as error:
            return html.notice(str(error), "error")

    def _first(self, visit: Visit) -> Looked:
        """What is looked at before anything was asked."""
        return self._own(visit, EXAMPLE, ANY)

    def _own(self, visit: Visit, query: str, kind: str) -> Looked:
        who, name = self.studio.who(visit), None if kind == ANY else kind
        request = self.studio.model.prepare_search(query or "", name, k=BEAMS, listener=who)
        return Looked(f"The search for “{(query or '').strip()[:60]}”", request)


def picture(studio: Studio, found: Inside) -> str:
    """Everything on one request, in panels."""
    if not found.trace.levels:
        return html.empty("Nothing may be named here.", "The request leaves no item, so there is no search to watch.")
    types, note = " or ".join(found.types), "" if found.asked_in_words else GOES_ON
    panels = [
        f'<p class="hood-lead"><b>{esc(found.label)}</b>. {found.may_be_named:,} items may be named ({esc(types)}), '
        f"{found.beams} beams look for the first.</p>",
        _panel("What the model reads", f"{found.trace.tokens} tokens.", prompt_html(found.pieces, studio)),
    ]
    if found.free is not None:
        told = "The same prompt with nothing forbidden: the beams may say any token of the vocabulary."
        told += f" {note}" if note else ""
        panels.append(_panel("With the constraint off", told, free_html(studio, found)))
    panels.append(
        _panel(
            "How it finds an item",
            "One code a level. A chip shows a code and its probability after the codes before it; "
            "at the right stands the item, and its probability in all.",
            tree_svg(studio.bundle, found.trace),
        )
    )
    panels.append(
        f'<div class="two">{_panel("What the constraint forbade", note, forbidden_html(studio, found))}'
        f"{_panel('Time', '', time_html(found))}</div>"
    )
    return "".join(panels)


def _panel(title: str, about: str, inner: str) -> str:
    lead = f'<p class="lead">{esc(about)}</p>' if about else ""
    return f'<section class="panel"><h2>{esc(title)}</h2>{lead}{inner}</section>'


def prompt_html(pieces: tuple[Piece, ...], studio: Studio) -> str:
    """The prompt's stretches, each in the color of its kind."""
    out = []
    for piece in pieces:
        if piece.kind == "item":
            size = studio.bundle.sids.table.of(piece.type).size
            codes = "·".join(map(str, piece.codes))
            out.append(
                f'<span class="sid" style="--hue:{hue(piece.codes[0], size)}" title="{esc(piece.text)}" '
                f'aria-label="{esc(piece.text)}, SID {codes}">{esc(piece.type)} {codes}</span>'
            )
        elif piece.kind == "text":
            out.append(f'<span class="words-in">{esc(piece.text)}</span>')
        else:
            name = "listener's vector" if piece.kind == "vector" else piece.text.strip("<|>")
            out.append(f'<span class="{piece.kind}">{esc(name)}</span>')
    keys = (
        '<ul class="keys"><li><span class="words-in">words</span></li>'
        '<li><span class="sid" style="--hue:200">an item, by its SID</span></li>'
        '<li><span class="control">control token</span></li>'
        '<li><span class="vector">what they like in the long run</span></li></ul>'
    )
    return f'<div class="prompt" tabindex="0" role="group" aria-label="The prompt">{" ".join(out)}</div>{keys}'


def forbidden_html(studio: Studio, found: Inside) -> str:
    """Level by level: the share of probability that was taken away, and most of what it was on."""
    vocab = studio.bundle.vocabulary
    out = []
    for depth, level in enumerate(found.trace.levels):
        before = found.trace.levels[depth - 1].branches if depth else ()
        gone = []
        for barred in level.barred[:BARRED]:
            after = "·".join(map(str, before[barred.parent].codes)) + " → " if barred.parent >= 0 else ""
            name = f"{after}{token_name(vocab, barred.token)}"
            gone.append(f"<li><code>{esc(name)}</code><span>{percent(barred.probability)}</span></li>")
        listed = f'<ul class="gone">{"".join(gone)}</ul>' if gone and level.forbidden >= 0.001 else ""
        out.append(
            f'<div class="gate"><p><b>Level {depth + 1}</b> {percent(level.forbidden)} forbidden; '
            f"{level.allowed:,} of {level.of:,} codes lead on</p>"
            f'<div class="split"><i style="width:{100 * (1 - level.forbidden):.1f}%"></i></div>{listed}</div>'
        )
    return "".join(out)


def time_html(found: Inside) -> str:
    """Seconds of each step."""
    steps = [(f"Read {found.trace.tokens} tokens", found.trace.read)]
    steps += [(f"Level {depth + 1}", level.seconds) for depth, level in enumerate(found.trace.levels)]
    if found.free is not None:
        steps.append(("Constraint off, all of it", found.free_seconds))
    longest = max(seconds for _, seconds in steps)
    whole = sum(seconds for _, seconds in steps[: 1 + len(found.trace.levels)])
    shares = [(name, seconds / longest, f"{1000 * seconds:.1f} ms") for name, seconds in steps]
    note = f'<p class="meta">{1000 * whole:.1f} ms for the first item, with nothing remembered.</p>'
    return maps.bars(shares, "Time a step") + note


def free_html(studio: Studio, found: Inside) -> str:
    """What comes with nothing forbidden, and whether it exists."""
    bundle = studio.bundle
    beams = found.free or ()
    named = [(beam, *free_name(bundle.vocabulary, bundle, beam)) for beam in beams]
    exist = sum(exists for *_, exists in named)
    asked = sum(exists and _type(bundle, beam) in found.types for beam, _, _, exists in named)
    shown = [at for at, (*_, exists) in enumerate(named) if exists][:FREE]
    shown += [at for at, (*_, exists) in enumerate(named) if not exists][:FREE]
    rows = "".join(_beam_row(at + 1, named[at][0].score, *named[at][1:]) for at in sorted(shown))
    heads = "".join(f'<th scope="col">{head}</th>' for head in ("Beam", "Tokens", "What they name", "Probability", ""))
    told = f"{exist} of {len(named)} beams name an item that exists, {asked} of them one of a type that was asked for."
    return (
        f'<p class="verdict">{told}</p><div class="scroll"><table><thead><tr>{heads}</tr></thead>'
        f"<tbody>{rows}</tbody></table></div>"
    )


def _type(bundle: Any, beam: Any) -> str:
    place = bundle.vocabulary.type_level_code(beam.tokens[0])
    return place[0] if place else ""


def _beam_row(rank: int, score: float, spelled: str, what: str, exists: bool) -> str:
    cells = (str(rank), f"<code>{esc(spelled)}</code>", esc(what), percent(exp(score)))
    verdict = "exists" if exists else "does not exist"
    inner = "".join(f"<td>{cell}</td>" for cell in (*cells, verdict))
    return f'<tr class="{"there" if exists else "nowhere"}">{inner}</tr>'
