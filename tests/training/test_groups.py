"""Stage 4 in groups: they are drawn as answers are, scored as they were drawn, and what is worth more gains."""

from __future__ import annotations

import json
import math
import os
import shutil
import signal
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from tiny_world import make_tiny_soft_bundle

from neo.catalog.activity import Dataset
from neo.decoding.beam import search_spans
from neo.decoding.index import SidIndex
from neo.decoding.loops import third_time
from neo.decoding.reading import writable
from neo.model.bundle import Bundle
from neo.model.neo_model import NeoModel
from neo.training import trainer
from neo.training.codebooks import Codebooks
from neo.training.config import Grpo, PreferenceStage, load_config
from neo.training.preference import groups as groups_module
from neo.training.preference import stage as stage_module
from neo.training.preference.asked import Asked, Lives
from neo.training.preference.cases import K, Worth, asked_why, explanations, last_cases
from neo.training.preference.draws import Drawer, list_gains
from neo.training.preference.groups import Group, choice_loss, group_loss, log_probs, remembered
from neo.training.preference.guard import SEEN
from neo.training.preference.rewards import Rewards, list_terms, place_rewards
from neo.training.preference.tree import chosen_log_probs
from neo.training.run import Run
from neo.training.trainer import Interrupted

RECIPE = """
name: tiny
output: {output}
data:
  world: {{shows: 20, episodes: 100, audiobooks: 20, listeners: 60, searches_per_listener: 3.0}}
sids: {{levels: 2, codes: 16, dim: 16}}
base:
  scratch: {{vocabulary: 400, hidden: 16, layers: 1, heads: 2, kv_heads: 1, head_dim: 8, feed_forward: 24}}
language: {{rows: 50, max_tokens: 64}}
grounding: {{tokens: 1024, warmup: 1}}
instruction: {{tokens: 512, history: 6, recommend: 12, recommend_short: 8, search: 8, lookup: 8, verbalize: 8,
               explain: 12, understand: 4, recommend_mixed: 4, search_mixed: 4, chat: 4, warmup: 1}}
listener: {{dim: 6, item_dim: 5, moments: 200, epochs: 1}}
preference: {{grpo: {{steps: 2}}, tokens: 400, warmup: 1, lists: 15, texts: 2, drawn: 2, cases: 4, told: 1, every: 3,
              tolerance: 1.0, learning_rate: 0.01, log_steps: 1}}
evaluation: {{cases: 10, searches: 5, beams: 30}}
"""
VISIBLE = np.arange(90)  # the last ten audiobooks are not out yet
TEMPERATURE = 0.6
METHOD = Grpo(clip=0.2, kl=0.1, temperature=TEMPERATURE)


@pytest.fixture(autouse=True)
def _exact(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (trainer, groups_module):
        monkeypatch.setattr(module, "bf16_is_fast", lambda: False)


# What a choice gained


@given(st.lists(st.integers(0, 99), max_size=12, unique=True), st.sets(st.integers(0, 99)), st.data())
def test_what_places_add_is_what_the_list_is_worth(
    tiny_dataset: Dataset, tiny_bundle: Bundle, rows: list[int], met: set[int], data: st.DataObject
) -> None:
    parents, table, weights = tiny_bundle.catalog.parent_rows, tiny_bundle.sids.table, Rewards(unfamiliar=0.3)
    history = np.array(data.draw(st.lists(st.integers(0, 99), max_size=8)), dtype=int)
    items = np.array(rows, dtype=int)
    added = place_rewards(items, met, history, parents, table, weights, K)
    assert added.sum() == pytest.approx(weights.of_list(list_terms(items, met, history, parents, table, K)))
    assert len(added) == min(len(rows), K)


@given(st.lists(st.lists(st.floats(-1, 1), min_size=3, max_size=3), min_size=2, max_size=5))
def test_a_choice_gains_what_comes_from_it_on_less_what_the_group_has_there(values: list[list[float]]) -> None:
    gains = list_gains([np.array(value) for value in values])
    for mine, value in zip(gains, values, strict=True):
        for place, gain in enumerate(mine):
            others = [sum(other[place:]) for other in values]
            assert gain == pytest.approx(sum(value[place:]) - sum(others) / len(others), abs=1e-9)


def test_lists_of_different_lengths_gain_beside_one_another() -> None:
    assert list_gains([np.array([1.0, 1.0]), np.array([0.0])]) == [[1.0, 0.5], [-1.0]]


def test_the_loss_is_what_the_formula_says() -> None:
    rng = np.random.default_rng(0)
    now, was, began, gains = rng.normal(-2, 0.3, (4, 50))
    found = choice_loss(*map(torch.tensor, (now, was, began, gains)), method=METHOD)
    for place in range(50):
        ratio = math.exp(now[place] - was[place])
        bounded = min(max(ratio, 0.8), 1.2)
        moved = math.exp(began[place] - now[place]) - (began[place] - now[place]) - 1
        expected = -min(ratio * gains[place], bounded * gains[place]) + 0.1 * moved
        assert found[place].item() == pytest.approx(expected)


def test_items_that_are_chosen_in_turn_share_what_is_left() -> None:
    logits = torch.randn(6, generator=torch.Generator().manual_seed(0))
    logp = logits.log_softmax(0)
    order = [4, 0, 5, 1, 3, 2]
    (found,) = chosen_log_probs(logp, [[[item] for item in order]], in_turn=True)
    for place, item in enumerate(order):
        left = logits[order[place:]]  # all the rest, from which it is chosen
        assert found[place].item() == pytest.approx((logits[item] - left.logsumexp(0)).item(), abs=1e-4)


# What is drawn


@pytest.fixture(scope="module")
def drawer(tiny_dataset: Dataset, tiny_soft_bundle: Bundle) -> Drawer:
    return Drawer(NeoModel(tiny_soft_bundle), tiny_dataset, VISIBLE, 3, Rewards(), TEMPERATURE)


@pytest.fixture(scope="module")
def asked(tiny_dataset: Dataset) -> list[Asked]:
    nobody = np.zeros(len(tiny_dataset.listeners), dtype=bool)
    stage = PreferenceStage(grpo=Grpo())
    found = Lives(tiny_dataset, stage, 5, nobody, np.random.default_rng(0)).asked(12)
    return [one for one in found if one.moment.history]


@pytest.fixture(scope="module")
def lists(drawer: Drawer, asked: list[Asked]) -> list[Group]:
    return drawer.lists(asked, [opened(drawer.neo, one) for one in asked], seed=1)


@pytest.fixture(scope="module")
def texts(drawer: Drawer, asked: list[Asked]) -> list[Group]:
    return drawer.texts(asked[:4], seed=1)


def opened(neo: NeoModel, one: Asked) -> list[int]:
    name = neo.bundle.catalog.type_names[one.type_code]
    (prompt,) = neo.recommend_prompts([one.moment.history], [one.context.about], name)
    return neo.opened(prompt)


def items_of(bundle: Bundle, group: Group) -> list[list[int]]:
    """The catalog rows of each list."""
    rows = []
    for places in group.places:
        codes = [[bundle.vocabulary.type_level_code(group.tree.tokens[node]) for node in item] for item in places]
        rows.append([bundle.sids.table.row_of(item[0][0], [code for _, _, code in item]) for item in codes])  # type: ignore[index]
    return rows


def test_lists_hold_what_the_listener_may_be_named(
    drawer: Drawer, tiny_dataset: Dataset, asked: list[Asked], lists: list[Group]
) -> None:
    catalog, table = tiny_dataset.catalog, drawer.neo.bundle.sids.table
    for one, group in zip(asked, lists, strict=True):
        events, moment = tiny_dataset.events, one.moment
        met = events.history(moment.listener)[events.times(moment.listener) < moment.when].tolist()
        may = [row for row in VISIBLE.tolist() if catalog.type_codes[row] == one.type_code and row not in met]
        found = items_of(drawer.neo.bundle, group)
        assert len(found) == 3 and len({tuple(rows) for rows in found}) > 1
        for rows, worth_ in zip(found, group.worth, strict=True):
            assert len(set(rows)) == len(rows) == min(K, len(may)) and set(rows) <= set(may)
            history = np.array(moment.history)
            terms = list_terms(np.array(rows), set(moment.upcoming), history, catalog.parent_rows, table, K)
            assert worth_ == pytest.approx(Rewards().of_list(terms))


def test_lists_are_scored_as_the_decoder_draws_them(
    drawer: Drawer, tiny_dataset: Dataset, asked: list[Asked], lists: list[Group]
) -> None:
    """Against a search of everything: what an item has among all, code by code at its temperature, and in turn."""
    bundle = drawer.neo.bundle
    found = log_probs(bundle.model, bundle.vocabulary, books(bundle), lists, TEMPERATURE)
    for one, group, mine in zip(asked, lists, found, strict=True):
        events, moment = tiny_dataset.events, one.moment
        met = events.history(moment.listener)[events.times(moment.listener) < moment.when]
        index = SidIndex.build(bundle.sids.table).filtered(np.isin(np.arange(100), np.setdiff1d(VISIBLE, met)))
        types = (bundle.catalog.type_names[one.type_code],)
        (every,) = search_spans(bundle.model, bundle.vocabulary, index, [group.prompt], [types], k=100, beams=100)
        score = tempered({item.codes: item.score for item in every})
        codes = {item.row: item.codes for item in every}
        for rows, logp in zip(items_of(bundle, group), mine, strict=True):
            left = dict(score)
            for row, value in zip(rows, logp.tolist(), strict=True):
                rest = torch.tensor(list(left.values())).logsumexp(0).item()
                assert value == pytest.approx(left.pop(codes[row]) - rest, abs=2e-3)


def tempered(score: dict[tuple[int, ...], float]) -> dict[tuple[int, ...], float]:
    """From items' log-probabilities by their codes those of drawing code after code at the temperature."""

    def begun(codes: tuple[int, ...]) -> float:
        return math.log(sum(math.exp(value) for other, value in score.items() if other[: len(codes)] == codes))

    found = dict.fromkeys(score, 0.0)
    for codes in score:
        for level in range(len(codes)):
            beside = {other[: level + 1] for other in score if other[:level] == codes[:level]}
            values = torch.tensor([(begun(other) - begun(codes[:level])) / TEMPERATURE for other in beside])
            found[codes] += (begun(codes[: level + 1]) - begun(codes[:level])) / TEMPERATURE - values.logsumexp(
                0
            ).item()
    return found


def books(bundle: Bundle) -> Codebooks:
    return Codebooks.of(bundle.vocabulary, SidIndex.build(bundle.sids.table))


def test_explanations_are_scored_as_the_decoder_writes_them(
    drawer: Drawer, asked: list[Asked], texts: list[Group]
) -> None:
    """Against the model over each whole answer: among all words that may come, but what would go round in circles."""
    neo = drawer.neo
    vocabulary, model = neo.bundle.vocabulary, neo.bundle.model
    may = writable(vocabulary)
    may[vocabulary.open] = False
    found = log_probs(model, vocabulary, books(neo.bundle), texts)
    for one, group, mine in zip(asked, texts, found, strict=False):
        assert group.prompt == list(asked_why(neo, *one.why).prompt)
        for places, logp in zip(group.places, mine, strict=True):
            said = [group.tree.tokens[node] for (node,) in places]
            with torch.no_grad():
                logits = model(torch.tensor([[*group.prompt, *said]])).logits[0, len(group.prompt) - 1 :]
            for place, token in enumerate(said):
                allowed = may.clone()
                allowed[list(third_time(said[:place], vocabulary.decode))] = False
                among = logits[place, : len(may)].masked_fill(~allowed, -torch.inf).log_softmax(0)
                assert logp[place].item() == pytest.approx(among[token].item(), abs=1e-3)


def test_what_is_said_is_remembered_as_it_is_scored(drawer: Drawer, lists: list[Group], texts: list[Group]) -> None:
    """Whatever the batches: prompts and trees of different lengths beside one another change nothing."""
    bundle, every = drawer.neo.bundle, [*lists, *texts]
    apart = [log_probs(bundle.model, bundle.vocabulary, books(bundle), [group], TEMPERATURE)[0] for group in every]
    together = remembered(bundle.model, bundle.vocabulary, books(bundle), every, 2_000, TEMPERATURE)
    for mine, other in zip(apart, together, strict=True):
        for logp, values in zip(mine, other, strict=True):
            assert logp.tolist() == pytest.approx(values, abs=1e-3)


def test_a_group_survives_a_checkpoint(lists: list[Group], texts: list[Group]) -> None:
    for group in (lists[0], texts[0]):
        again = Group.of(json.loads(json.dumps(group.plain())))
        assert again.plain() == group.plain() and again.tree.lines()[1] == group.tree.lines()[1]


# What is learned


@pytest.mark.parametrize("kind", ["lists", "texts"])
def test_a_step_raises_what_was_worth_more(kind: str, drawer: Drawer, request: pytest.FixtureRequest) -> None:
    bundle = drawer.neo.bundle
    model, known = make_tiny_soft_bundle(drawer.dataset).model, books(bundle)
    drawn: list[Group] = request.getfixturevalue(kind)
    (group,) = deepcopy(drawn[:1])
    group.places = group.places[:2]
    group.gains = [[sign * 1.0] * len(answer) for sign, answer in zip((1, -1), group.places, strict=True)]
    (before,) = remembered(model, bundle.vocabulary, known, [group], 2_000, TEMPERATURE)
    group.was = group.began = before
    loss = group_loss(model, bundle.vocabulary, known, [group], METHOD)
    assert loss.item() == pytest.approx(-(len(before[0]) - len(before[1])) / 2, abs=1e-3)
    loss.backward()
    with torch.no_grad():
        for weight in model.parameters():
            if weight.grad is not None:
                weight -= 1e-3 * weight.grad
    (after,) = remembered(model, bundle.vocabulary, known, [group], 2_000, TEMPERATURE)
    better, worse = (sum(now) - sum(was) for now, was in zip(after, before, strict=True))
    assert better > worse
    assert group_loss(model, bundle.vocabulary, known, [], METHOD).item() == 0


def test_the_guard_hears_the_model_as_it_is_and_not_as_it_was(tiny_dataset: Dataset) -> None:
    """What a model has read is no longer true once its weights have changed."""
    neo = NeoModel(make_tiny_soft_bundle(tiny_dataset))
    who = np.ones(len(tiny_dataset.listeners), dtype=bool)
    catalog = tiny_dataset.catalog
    cases = last_cases(tiny_dataset.events, catalog.type_codes, catalog.type_names, who, 3, 0)
    who_and_what = [(case.listener, case.history, case.target) for case in cases]
    first = [told.said for told in explanations(neo, who_and_what)]
    torch.manual_seed(1)
    with torch.no_grad():
        for weight in neo.bundle.model.parameters():
            weight += 0.5 * torch.randn_like(weight)
    later = [told.said for told in explanations(neo, who_and_what)]
    assert later != first
    assert later == [told.said for told in explanations(NeoModel(neo.bundle), who_and_what)]


# The run


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that has come to its stage 4."""
    folder = tmp_path_factory.mktemp("begun")
    run = run_in(folder, "preference=null")
    run.all()
    return folder


def run_in(folder: Path, *overrides: str, say: Callable[[str], None] = lambda _: None) -> Run:
    path = folder / "tiny.yaml"
    path.write_text(RECIPE.format(output=folder / "runs"))
    return Run(load_config(path, overrides), say)


def again(begun: Path, folder: Path) -> Path:
    shutil.copytree(begun, folder)
    return folder


def weights_of(run: Run, stage: str = "stage4") -> dict[str, torch.Tensor]:
    return {name: weight.clone() for name, weight in run.left_by(run.folder / stage).state_dict().items()}


@pytest.mark.parametrize("stop", ["step 1/", "step 2, drawn"])
def test_a_stage_that_is_stopped_goes_on_to_the_same_end(stop: str, begun: Path, tmp_path: Path) -> None:
    """At the end of a round, and in the midst of one, whose groups the checkpoint has."""
    whole = run_in(again(begun, tmp_path / "whole"))
    whole.all()

    def interrupt(line: str) -> None:
        if line.startswith(stop):
            os.kill(os.getpid(), signal.SIGINT)

    folder = again(begun, tmp_path / "stopped")
    with pytest.raises(Interrupted):
        run_in(folder, say=interrupt).all()
    said = list[str]()
    stopped = run_in(folder, say=said.append)
    stopped.all()
    assert any(line.startswith("resuming from") for line in said)
    seen = [json.loads((run.folder / "stage4" / SEEN).read_text()) for run in (whole, stopped)]
    assert seen[0] == seen[1] and len(seen[0]) > 2
    assert not (stopped.folder / "stage4" / "checkpoints").exists()
    for name, weight in weights_of(whole).items():
        assert torch.equal(weight, weights_of(stopped)[name]), name


def found(*measures: tuple[float, float]) -> Callable[..., Worth]:
    """What a guard finds, (reward, HR@10), one after the other."""
    left = list(measures)

    def worth(*_: object) -> Worth:
        reward, hr = left.pop(0) if len(left) > 1 else left[0]
        return Worth(reward, hr, 0.0, 0.0, 0.0, None)

    return worth


def test_the_guard_stops_a_stage_whose_hits_fall_and_leaves_what_there_was(
    begun: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = list[str]()
    monkeypatch.setattr(stage_module, "worth", found((0.5, 0.3), (0.9, 0.2), (1.0, 0.4)))
    run = run_in(again(begun, tmp_path / "run"), "preference.tolerance=0.05", say=said.append)
    run.all()
    assert any(line.startswith("HR@10 has fallen from 0.3000 by more than 0.05") for line in said)
    assert [step for step, _ in json.loads((run.folder / "stage4" / SEEN).read_text())] == [0, 3]
    before = weights_of(run, "stage3")
    for name, weight in weights_of(run).items():
        assert torch.equal(weight, before[name]), name


def test_adapters_alone_are_trained_where_a_recipe_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stage_module, "worth", found((0.5, 0.3), (0.6, 0.3)))
    run = run_in(tmp_path, "lora={rank: 2}", "instruction.weight_decay=0")
    run.all()
    before, after = weights_of(run, "stage3"), weights_of(run)
    assert any(not torch.equal(weight, before[name]) for name, weight in after.items())
    norms = [name for name in after if "norm" in name]
    assert norms and all(torch.equal(after[name], before[name]) for name in norms)
    assert (run.folder / "stage4" / "adapters").is_dir()
