"""What happens on the server's side of a page, without one."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import gradio as gr
import pytest
import yaml
from hostile import HOSTILE

from neo.catalog.catalog import Catalog, decode_type
from neo.catalog.item_types import ItemType
from neo.cli import main
from neo.model.bundle import Bundle
from neo.training.config import load_config
from neo_demo import own_catalog, shelf, steering, talking
from neo_demo.events import act_of
from neo_demo.html import esc
from neo_demo.lists import Recommend
from neo_demo.look import inside, pieces_of
from neo_demo.own_catalog import EVENT_FIELDS, FIELDS, OwnCatalog
from neo_demo.steering import Steer
from neo_demo.studio import Studio
from neo_demo.upload import Upload
from neo_demo.visit import Looked, Visit
from neo_sdk.errors import CatalogError, ConfigError
from neo_sdk.types import Item, ItemPart, TextPart


def answered(studio: Studio, visit: Visit, steer: Steer, typed: str = "") -> list[Item]:
    turn = talking.begin(studio, visit, steer, typed)
    for _ in talking.grown(studio, visit, turn):
        pass
    assert turn.state == "done", turn.notes
    return [part.item for part in turn.answer if isinstance(part, ItemPart)]


# Words


def test_an_at_sign_and_a_title_are_an_item_the_longest_title_wins(studio: Studio) -> None:
    titles = studio.bundle.catalog.column("title").to_pylist()
    parts = talking.parts_of(studio, f"me@home or @{titles[3].upper()} and @{titles[40]}.")
    assert [part.text for part in parts if isinstance(part, TextPart)] == ["me@home or ", " and ", "."]
    assert [part.item.title for part in parts if isinstance(part, ItemPart)] == [titles[3], titles[40]]
    assert talking.parts_of(studio, "@nobody") == [TextPart(text="@nobody")]


def test_controls_say_the_words_and_what_is_held(studio: Studio) -> None:
    steer = Steer("recommend", "show", mode="unfamiliar", count=2, minutes=90)
    assert steering.words(studio, steer, "ignored") == "Recommend shows for me and say why. Something new to me."
    shown = steering.preview(studio, steer, "")
    assert "of the type show" in shown and "at most 1 h 30 min long" in shown and "0 of 100 items pass" in shown
    assert steering.words(studio, Steer("search", "audiobook"), "whales").startswith("Search audiobooks for")
    assert steering.words(studio, Steer(), "") == ""
    assert HOSTILE not in steering.preview(studio, Steer(), HOSTILE)


def test_a_filter_that_nothing_passes_is_said_and_an_empty_request_fails_with_a_sentence(studio: Studio) -> None:
    visit = Visit(listener="l3")
    turn = talking.begin(studio, visit, Steer("recommend", "show", minutes=15), "")
    assert list(talking.grown(studio, visit, turn)) and "0 pass the filter" in turn.notes[0]
    nobody = Visit()
    turn = talking.begin(studio, nobody, Steer("understand"), "")
    assert turn.state == "failed" and "choose who listens" in turn.notes[0] and not nobody.busy
    assert 'role="alert"' in talking.conversation(studio, nobody)


# Visits


def test_what_was_put_aside_or_named_in_the_conversation_is_not_named_again(studio: Studio) -> None:
    visit, seen = Visit(listener="l3"), set[str]()
    steer = Steer("recommend", "show", count=3)
    for _ in range(4):
        items = answered(studio, visit, steer)
        assert items and not seen & {item.id for item in items}
        for item in items:
            visit.put_aside(item.id)
            seen.add(item.id)
    assert len(seen) >= 4
    chatting = Visit(listener="l4")
    steer = Steer("recommend", "show", count=6)
    named = {item.id for item in answered(studio, chatting, steer)}
    rows = set(studio.bundle.catalog.rows(sorted(named)).tolist())
    before = set(studio.model.known(chatting).heard.tolist())
    request = steering.prepared(studio, chatting, Steer(count=6), [TextPart(text="And now?")], "", {})
    assert len(request.asked.index) == len(studio.bundle.index) - len(before | rows)


def test_a_newcomer_is_what_they_chose_and_what_they_heard(tiny_soft_bundle: Bundle) -> None:
    studio = Studio(tiny_soft_bundle)
    try:
        visit = Visit(topics=("rivers", "jazz"))
        before = studio.model.known(visit)
        assert before.context.about == "likes rivers and jazz" and len(before.met) == 0 and before.context.vector
        visit.hear("e-7", studio.bundle.now)
        visit.hear("e-7", studio.bundle.now)
        after = studio.model.known(visit)
        assert (
            after.met.tolist() == [studio.bundle.catalog.row("e-7")] and after.context.vector != before.context.vector
        )
        assert studio.model.known(Visit()).context == talking_to_nobody(studio)
    finally:
        studio.close()


def talking_to_nobody(studio: Studio) -> Any:
    return studio.model._asker(None, None).context


def test_somebody_else_starts_afresh(studio: Studio) -> None:
    visit = Visit(listener="l3")
    (item, *_) = answered(studio, visit, Steer("recommend"))
    visit.put_aside(item.id)
    visit.become("l4", None)
    assert (visit.listener, visit.turns, visit.aside, visit.looked) == ("l4", [], set(), None)


def test_stop_ends_the_answer_and_what_is_there_stays(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    said, closed = [TextPart(text=f"word{n} ") for n in range(50)], list[int]()

    def slow(request: Any) -> Iterator[TextPart]:
        try:
            for place, part in enumerate(said):
                visit.stop = visit.stop or place == 5
                yield part
        finally:
            closed.append(1)

    monkeypatch.setattr(studio, "stream", slow)
    monkeypatch.setattr(talking, "OFTEN", 0)
    visit = Visit(listener="l3")
    turn = talking.begin(studio, visit, Steer(), "Hello")
    assert len(list(talking.grown(studio, visit, turn))) >= 5
    assert turn.state == "stopped" and turn.answer == [TextPart(text="word0 word1 word2 word3 word4 ")]
    assert visit.messages([TextPart(text="Go on")])[-2]["content"] == turn.answer and not visit.busy


def test_a_visitor_who_leaves_stops_the_model(studio: Studio) -> None:
    visit = Visit(listener="l3")
    turn = talking.begin(studio, visit, Steer(), "Hello")
    growing = talking.grown(studio, visit, turn)
    next(growing)
    growing.close()
    assert turn.state in ("stopped", "done") and not visit.busy


def test_asked_again_an_answer_is_drawn_and_takes_the_place_of_the_first(studio: Studio) -> None:
    visit = Visit(listener="l3")
    answered(studio, visit, Steer(), "Hello")
    turn = talking.again(studio, visit, Steer())
    assert turn is not None and turn.request is not None and turn.request.manner.temperature == talking.WARMTH
    assert visit.turns == [turn] and talking.again(studio, Visit(), Steer()) is None


@pytest.mark.parametrize(
    "sent",
    [
        None,
        "act",
        [],
        {"act": "eval"},
        {"act": "why", "item": "no-such-item"},
        {"act": "more", "item": {"id": "s-1"}},
        {"act": "say", "words": ["a"]},
        {"act": "why", "item": "x" * 10_000},
        {"act": "aside", "item": "\ud800"},
    ],
)
def test_whatever_a_browser_sends_is_checked(studio: Studio, sent: Any) -> None:
    what, words, item = act_of(studio, gr.EventData(None, sent))
    assert item is None and words == "" and what in ("", "why", "more", "say", "aside")
    visit = Visit(listener="l3")
    assert shelf.act(studio, visit, what, item) is False and visit.aside == set()


# Under the hood


def test_a_prompt_falls_into_pieces_and_none_is_lost(studio: Studio) -> None:
    request = studio.model.prepare_search("whales <|sid|> <|end|>", "show", listener="l3")
    ids = studio.model.opened(request.prompt.ids)
    pieces = pieces_of(studio.bundle, ids)
    assert sum(piece.tokens for piece in pieces) == len(ids)
    words = "".join(piece.text for piece in pieces if piece.kind == "text")
    assert "<|sid|> <|end|>" in words, "what a visitor types is words"
    titles = set(studio.bundle.catalog.column("title").to_pylist())
    assert {piece.text for piece in pieces if piece.kind == "item"} <= titles


@pytest.mark.parametrize("task", ["chat", "recommend", "search", "understand"])
def test_every_request_can_be_looked_into(studio: Studio, task: str) -> None:
    visit = Visit(listener="l3")
    answered(studio, visit, Steer(task), "whales")
    assert isinstance(visit.looked, Looked)
    found = inside(studio, visit.looked, beams=7, constrained=False)
    assert len(found.trace.levels) == 3 and found.free is not None and len(found.free) == 7
    assert found.asked_in_words and found.trace.items


# A catalog of one's own


def test_columns_are_guessed_by_their_names() -> None:
    found = own_catalog.guessed(["Show ID", "Name", "Author(s)", "genres", "pub date", "Runtime"], FIELDS)
    assert {ours: found[ours] for ours in ("id", "title", "topics", "duration")} == {
        "id": "Show ID", "title": "Name", "topics": "genres", "duration": "Runtime",
    }  # fmt: skip
    assert found["date"] == "pub date" and found["popularity"] == ""


@pytest.mark.parametrize("mark", list(",|;/"))
def test_what_separates_topics_is_found_in_the_file(tmp_path: Path, mark: str) -> None:
    (tmp_path / "a.csv").write_text("id,title,tags\n" + "".join(f'{n},One,"a{mark}b"\n' for n in range(9)) + "9,One,\n")
    assert own_catalog.separator_of(tmp_path / "a.csv", "tags") == mark


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("a.csv", b"", "empty"),
        ("a.csv", b"\xff\xfei\x00d\x00", "UTF-16"),
        ("a.txt", b"id\n1\n", "cannot tell the format"),
        ("a.parquet", b"no parquet", "Parquet"),
        ("a.csv.gz", b"no gzip", "gzip"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(tmp_path: Path, name: str, content: bytes, told: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(CatalogError, match=told):
        own_catalog.columns_of(tmp_path / name)


@pytest.mark.parametrize("with_events", [False, True])
def test_the_recipe_that_is_handed_over_is_one(tmp_path: Path, with_events: bool) -> None:
    lines = [{"key": f"k{n}", "name": f"Course {n}", "tags": "a|b" if n % 2 else "c|d"} for n in range(40)]
    own = OwnCatalog(items=tmp_path / "courses.jsonl")
    own.items.write_text("\n".join(map(json.dumps, lines)))
    met = dict.fromkeys(EVENT_FIELDS, "")
    if with_events:
        (tmp_path / "elsewhere").mkdir()
        own.events = tmp_path / "elsewhere" / "log.csv"
        own.events.write_text("user,course,at\n" + "\n".join(f"u{n % 5},k{n},{1_700_000_000 + n}" for n in range(30)))
        met = {"listener": "user", "item": "course", "time": "at"}
    columns = own_catalog.columns_of(own.items)
    mapped = own_catalog.guessed(columns, FIELDS)
    mark = own_catalog.separator_of(own.items, mapped["topics"])
    values = own_catalog.configuration(own, "Course", mapped, mark, "seconds", met)
    own_catalog.checked(own, values)
    assert own.dataset is not None and len(own.dataset.catalog) == 40 and mark == "|"
    assert len(own.dataset.events) == (30 if with_events else 0)
    config = own_catalog.sid_config(2, 8, with_events)
    own_catalog.build(own, config, lambda step: None)
    assert own.report is not None and own.report["types"]["course"]["after"]["colliding"] == 0
    folder = tmp_path / "handed"
    folder.mkdir()
    (folder / "my-catalog.yaml").write_text(
        own_catalog.written(own_catalog.recipe(own, config, "my-catalog"), "neo run")
    )
    (folder / "my-catalog-files.yaml").write_text(own_catalog.written({"root": ".", **values}, "neo check"))
    for file in filter(None, (own.items, own.events)):
        (folder / file.name).write_bytes(file.read_bytes())
    loaded = load_config(folder / "my-catalog.yaml", [])
    assert loaded.sids.levels == 2 and loaded.data.files == folder / "my-catalog-files.yaml"
    assert main(["check", str(folder / "my-catalog-files.yaml")]) == 0
    assert yaml.safe_load((folder / "my-catalog-files.yaml").read_text())["types"][0]["name"] == "course"


def test_a_catalog_is_not_built_before_it_is_read_or_where_it_is_too_large(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = own_catalog.sid_config(2, 8, False)
    with pytest.raises(ConfigError, match="Check the file first"):
        own_catalog.build(OwnCatalog(), config, print)
    own = OwnCatalog(items=tmp_path / "a.csv")
    own.items.write_text("id,title\n1,One\n2,Two\n")
    with pytest.raises(ConfigError, match="no name for a type"):
        own_catalog.configuration(own, "<b>", {"id": "id", "title": "title"}, ",", "seconds", {})
    with pytest.raises(ConfigError, match="Say which column is the title"):
        own_catalog.configuration(own, "show", {"id": "id", "title": ""}, ",", "seconds", {})
    own_catalog.checked(own, own_catalog.configuration(own, "show", {"id": "id", "title": "title"}, ",", "seconds", {}))
    monkeypatch.setattr(own_catalog, "MOST_ITEMS", 1)
    with pytest.raises(ConfigError, match="too many for this page"):
        own_catalog.build(own, config, print)


def click(what: str, item: Item) -> gr.EventData:
    return gr.EventData(None, {"act": what, "item": item.id})


def recommended(studio: Studio) -> Recommend:
    with gr.Blocks(), gr.Tab("x") as tab:
        return Recommend(studio, gr.State(Visit()), tab)


def test_lists_are_asked_for_again_only_where_a_click_changes_them(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    recommend, visit = recommended(studio), Visit(listener="l3")
    shown = recommend.show(visit, "any")
    assert visit.lists is not None and esc(visit.lists.items[0][0].title) in shown
    asked = list[str]()
    real = studio.model.prepare_recommend
    monkeypatch.setattr(studio.model, "prepare_recommend", lambda *a, **k: asked.append(k["type"]) or real(*a, **k))
    item = visit.lists.items[0][0]
    assert f"More like {esc(item.title)}" in recommend.act(visit, "any", click("more", item)) and not asked
    recommend.act(visit, "any", click("aside", item))
    assert asked == [kind.name for kind in studio.types] and item not in visit.lists.items[0]
    recommend.act(visit, "unfamiliar", click("more", item))  # of another mode than what is shown
    assert len(asked) == 2 * len(studio.types)


def test_lists_stand_under_their_own_type(tiny_bundle: Bundle) -> None:
    """A type that a catalog declares and has no items of may stand before those that it has."""
    catalog = tiny_bundle.catalog
    types = (ItemType("zine", "zines"), *catalog.types)
    declared = Catalog.from_table(decode_type(catalog.table), types)
    studio = Studio(replace(tiny_bundle, catalog=declared))
    try:
        assert "NEO speaks words and shows, episodes, audiobooks." in talking.welcome(studio, Visit())
        shown = recommended(studio).show(Visit(listener="l3"), "any")
        heads = re.findall("<h2>(.*?)</h2>", shown)
        assert heads == ["Shows for l3", "Episodes for l3", "Audiobooks for l3"]
    finally:
        studio.close()


@pytest.mark.parametrize("gone", [False, True])
def test_what_goes_wrong_while_sids_are_built_leaves_the_button_as_it_was(
    monkeypatch: pytest.MonkeyPatch, gone: bool
) -> None:
    def build(own: OwnCatalog, config: object, say: object) -> None:
        if not gone:
            raise ValueError("a surprise")

    monkeypatch.setattr(own_catalog, "build", build)
    page = Upload.__new__(Upload)
    seen = []
    try:
        for _, button in page.built(Visit(), 2, 8):
            seen.append(button)
    except ValueError as error:
        assert str(error) == "a surprise" and not gone
    assert seen[0]["interactive"] is False and seen[-1]["interactive"] is True


# The command


def test_without_a_bundle_the_command_says_how_to_get_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["demo"]) == 1
    assert "runs/quickstart/bundle is missing: `make quickstart` makes it" in capsys.readouterr().err


def test_too_many_who_wait_are_told_so(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(studio.batches, "queue", 0)
    visit = Visit(listener="l3")
    turn = talking.begin(studio, visit, Steer(), "Hello")
    assert list(talking.grown(studio, visit, turn))
    assert turn.state == "failed" and "wait already" in turn.notes[0] and not visit.busy


def test_all_words_of_a_catalog_are_escaped_in_every_picture(studio: Studio) -> None:
    visit = Visit(listener="l3")
    items = answered(studio, visit, Steer("recommend", "show", count=6))
    visit.whys[items[0].id] = HOSTILE
    pictures = [
        talking.conversation(studio, visit),
        shelf.row(studio, visit, HOSTILE, items, about=HOSTILE),
        steering.preview(studio, replace(Steer(), topic=HOSTILE), HOSTILE),
    ]
    for picture in pictures:
        assert "<script" not in picture and "<img" not in picture and "onerror='" not in picture
        assert "&lt;script&gt;" in picture
