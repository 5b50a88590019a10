"""One YAML is one run: closed, frozen models; `key=value` overrides are checked by the same models."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, Field, model_validator

from neo.catalog.mapping import read_config
from neo.catalog.starter.config import WorldConfig
from neo.catalog.strict import Strict, load_yaml, parse
from neo.evaluation.judge import JudgeConfig
from neo.sids.config import SidConfig
from neo.training.lora import Lora
from neo.training.preference.rewards import Rewards
from neo.training.teacher.endpoint import TeacherConfig
from neo_sdk.errors import ConfigError

DAYS = 7  # at the end of the data, that are asked for

# Settings that change no result: work that is done with others is used again.
INDIFFERENT = {
    "checkpoint_steps",
    "log_steps",
    "gradient_checkpointing",
    "concurrency",
    "timeout",
    "max_retries",
    "api_key_env",
}
LATER = {"read": 0}  # tasks that came after others were trained: without them it is the same work


class DataSource(Strict):
    """Either the generated starter world or the user's own files."""

    world: WorldConfig | None = None
    files: Path | None = Field(None, description="a YAML that names your files and their columns")
    root: str | None = Field(None, description="where these files lie, in place of the YAML's own root")
    horizon_days: float = Field(DAYS, gt=0, description="length of the validation and of the test window, for `files`")

    @model_validator(mode="after")
    def _one_source(self) -> DataSource:
        if (self.world is None) == (self.files is None):
            raise ValueError("give exactly one of `world` (generated) and `files` (your own)")
        if self.world is not None and (self.root, self.horizon_days) != (None, DAYS):  # a run's config.yaml has both
            raise ValueError("root and horizon_days are for `files`: set what a generated world has, in data.world")
        return self


class Scratch(Strict):
    """A small Qwen3-shaped decoder with a byte-level BPE of its own."""

    vocabulary: int = Field(4000, ge=300)
    hidden: int = Field(128, ge=8)
    layers: int = Field(4, ge=1)
    heads: int = Field(4, ge=1)
    kv_heads: int = Field(4, ge=1)
    head_dim: int = Field(32, ge=4)
    feed_forward: int = Field(384, ge=8)
    positions: int = Field(1024, ge=64)
    tied: bool = True

    @model_validator(mode="after")
    def _shared_heads(self) -> Scratch:
        if self.heads % self.kv_heads:
            raise ValueError(f"heads ({self.heads}) must be a multiple of kv_heads ({self.kv_heads})")
        return self


class Pretrained(Strict):
    """Any Hugging Face causal language model."""

    model: str = Field(description="hub name, local folder, or package:NAME for an installed Python package's folder")
    revision: str | None = None
    gguf: str | None = Field(None, description="a GGUF file of it, with weights and tokenizer; unpacked to float32")


class Base(Strict):
    scratch: Scratch | None = None
    pretrained: Pretrained | None = None

    @model_validator(mode="after")
    def _one_base(self) -> Base:
        if (self.scratch is None) == (self.pretrained is None):
            raise ValueError("give exactly one of `scratch` and `pretrained`")
        return self


class Stage(Strict):
    """How a stage is optimized. Defaults follow the NEO paper where a CPU allows."""

    learning_rate: float = Field(gt=0)
    tokens: int = Field(4096, ge=16, description="of a batch, padding included; its rows are of like length")
    accumulate: int = Field(1, ge=1, description="batches of a step, from short rows to long ones; all count the same")
    warmup: int = Field(50, ge=0, description="steps; a fifth of all at most")
    weight_decay: float = Field(0.01, ge=0)
    beta2: float = Field(0.95, ge=0, lt=1, description="AdamW's memory of squared gradients")
    dropout: float = Field(0, ge=0, lt=1, description="of embeddings and of what each layer adds; for few, short data")
    average: float = Field(0, ge=0, lt=1, description="decay of a running average of the weights, which is the result")
    epochs: int = Field(1, ge=1)
    max_tokens: int = Field(512, ge=16, description="longest row; histories are cut from the oldest side to fit")
    gradient_checkpointing: bool = Field(False, description="less memory for long batches, a third more time")
    checkpoint_steps: int = Field(500, ge=1)
    log_steps: int = Field(10, ge=1)


class LanguageStage(Stage):
    """Stage 0, for scratch models only: next-token prediction on the catalog's texts, queries and any files given."""

    learning_rate: float = Field(3e-3, gt=0)
    texts: tuple[Path, ...] = ()
    rows: int | None = Field(None, ge=0, description="at most so many rows; 0 leaves a random model, an ablation")
    max_tokens: int = Field(128, ge=16, description="texts are joined and cut into rows of this length")


class GroundingStage(Stage):
    """Stage 2: only the new rows are trained, so weight decay must be zero (it would move frozen rows).

    Without examples nothing is trained: the paper's ablation without stage 2.
    """

    learning_rate: float = Field(1e-3, gt=0)
    weight_decay: float = Field(0.0, ge=0, le=0)
    verbalize: int = Field(1, ge=0, description="examples per item")
    ground: int = Field(2, ge=0, description="examples per item")
    type: int = Field(1, ge=0, description="examples per item")


class InstructionStage(Stage):
    """Stage 3: all weights. Numbers of examples by task."""

    learning_rate: float = Field(1e-4, gt=0)
    history: int = Field(20, ge=1, description="items of a listener's history in a prompt, at most")
    learn_history: bool = Field(True, description="train the items of the history too, not only the answer")
    recency_days: float = Field(60.0, gt=0, description="half-life by which late events and lives are drawn more often")
    recommend: int = Field(10_000, ge=0, description="asked in words, after a whole history")
    recommend_short: int = Field(0, ge=0, description="from histories of any length, short ones more often")
    histories: int = Field(0, ge=0, description="without a request: what comes next in them is a list of items")
    familiar: int = Field(0, ge=0, description="what next of the familiar, and no habit, asked for in words")
    unfamiliar: int = Field(0, ge=0, description="what next of the unfamiliar, asked for in words")
    walks: int = Field(0, ge=0, description="through items that lie near one another: see examples/walks.py")
    wishes: int = Field(0, ge=0, description="what an item is to be like and what not, after a request in words")
    counted: int = Field(0, ge=0, description="so many items, without a word")
    conversations: int = Field(0, ge=0, description="of two to four turns")
    mentions: int = Field(0, ge=0, description="that begin with an item, by its title or itself")
    read: int = Field(0, ge=0, description="what requests ask for, as questions: a pretrained base then reads")
    search: int = Field(10_000, ge=0, description="queries from the search log")
    lookup: int = Field(5_000, ge=0, description="queries made from titles, creators, topics and descriptions")
    verbalize: int = Field(2_000, ge=0, description="items in words, as in stage 2, now with all weights")
    ground: int = Field(0, ge=0, description="words to items, as in stage 2; to merge the stages")
    type: int = Field(0, ge=0, description="items to their types, as in stage 2; to merge the stages")
    explain: int = Field(1_000, ge=0)
    understand: int = Field(1_000, ge=0)
    recommend_mixed: int = Field(1_000, ge=0)
    search_mixed: int = Field(500, ge=0)
    chat: int = Field(500, ge=0)

    @model_validator(mode="after")
    def _histories_are_learned(self) -> InstructionStage:
        for name in ("histories", "familiar", "unfamiliar", "walks"):
            if getattr(self, name) and not self.learn_history:
                raise ValueError(f"{name} is {getattr(self, name)}, but learn_history is false: nothing is learned")
        return self


class Dpo(Strict):
    """Of each group the best is preferred to the worst."""

    beta: float = Field(0.1, gt=0, description="the larger, the less may change")
    anchor: float = Field(0.1, ge=0, description="weight of what is preferred becoming likelier by itself, per token")


class Grpo(Strict):
    """Of each group what is worth more than the mean becomes likelier, and the rest less so."""

    steps: int = Field(4, ge=1, description="of a round, which learns from groups that are drawn as it begins")
    temperature: float = Field(0.5, gt=0, le=2, description="that lists are drawn with; low: near to what is answered")
    clip: float = Field(0.2, gt=0, lt=1, description="by which factor the probability of a choice moves in a round")
    kl: float = Field(0.02, ge=0, description="what it costs to move away from the model that stage 3 has left")


class PreferenceStage(Stage):
    """Stage 4: of answers that the model would give, those worth more are preferred; see training/preference/."""

    dpo: Dpo | None = None
    grpo: Grpo | None = None
    seed: int = Field(
        0, ge=0, lt=1 << 31, description="beside the run's: the same stage 3, held out and drawn otherwise"
    )
    learning_rate: float = Field(1e-4, gt=0)
    weight_decay: float = Field(0.0, ge=0, le=0)
    average: float = Field(0, ge=0, le=0, description="none: the guard keeps the best weights")
    lists: int = Field(1_500, ge=0, description="moments of which items are compared, or lists of them")
    texts: int = Field(1_000, ge=0, description="explanations that are written again and again and compared")
    drawn: int = Field(6, ge=2, le=30, description="answers of a group")
    recency_days: float = Field(60.0, gt=0, description="half-life by which late moments are drawn more often")
    rewards: Rewards = Rewards()
    held_out: float = Field(0.1, gt=0, lt=1, description="share of listeners whom only the guard asks")
    cases: int = Field(200, ge=1, description="lists that the guard asks for, at most, of each item type")
    told: int = Field(100, ge=0, description="explanations that it reads")
    every: int = Field(40, ge=1, description="steps between two of its looks")
    tolerance: float = Field(0.01, ge=0, description="by how much HR@10 of who is held out may fall before it stops")

    @model_validator(mode="after")
    def _one_method(self) -> PreferenceStage:
        if (self.dpo is None) == (self.grpo is None):
            raise ValueError("give exactly one of `dpo` (pairs) and `grpo` (groups); {} takes it by its defaults")
        return self


class ListenerStage(Strict):
    """The listener model, and the soft prompt that its vectors enter by in stage 3."""

    dim: int = Field(64, ge=1, le=4096, description="of a listener's vector")
    item_dim: int = Field(64, ge=1, description="of what it is told of an item: the directions in which most differ")
    moments: int = Field(20_000, ge=2, description="of listeners' lives, that it is learned from")
    epochs: int = Field(10, ge=1)
    learning_rate: float = Field(1e-3, gt=0)
    positions: int = Field(1, ge=1, le=16, description="that a vector takes in a prompt")
    often: float = Field(0.2, gt=0, le=1, description="before how many items of a training history a vector stands")
    absent: float = Field(0.1, ge=0, lt=1, description="of training prompts go without, so that a request may too")


class Evaluation(Strict):
    """`protocol`: one cut in time, or leave-one-out: each listener's last item tests, the second-last validates.

    Under leave-one-out the model is trained without both, whichever `split` is asked for: one training serves both.
    """

    protocol: Literal["time", "leave_one_out"] = "time"
    split: Literal["validation", "test"] = "test"
    withheld: Literal[2, 3] = Field(
        2, description="of leave-one-out; 3 with split=validation, to choose settings: see evaluation/leave_one_out.py"
    )
    cases: int = Field(1000, ge=1, description="at most, for each item type")
    searches: int = Field(1000, ge=1)
    beams: int = Field(30, ge=30, le=1000, description="at least as many as the longest list that is judged")
    baselines: Literal["quick", "all"] = Field("quick", description="`all`: with those that are trained for minutes")
    texts: int = Field(0, ge=0, description="explanations, and as many portraits, to write and to check; 0: none")
    judge: JudgeConfig | None = Field(None, description="a language model that scores these texts; see judge.py")

    @model_validator(mode="after")
    def _items_are_withheld(self) -> Evaluation:
        if self.withheld == 3 and self.protocol == "time":
            raise ValueError("withheld: a cut in time withholds no items; leave it out, or set protocol=leave_one_out")
        return self


class RunConfig(Strict):
    """Everything that one run needs."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9._-]*$")
    seed: int = Field(0, ge=0, lt=1 << 31)
    output: Path = Path("runs")
    data: DataSource
    sids: SidConfig = SidConfig()
    shuffle_sids: bool = Field(False, description="ablation: deal the SIDs at random within each type")
    base: Base = Base(scratch=Scratch())
    teacher: TeacherConfig | None = Field(None, description="without one the built-in teacher writes from the facts")
    language: LanguageStage = LanguageStage()
    grounding: GroundingStage = GroundingStage()
    instruction: InstructionStage = InstructionStage()
    preference: PreferenceStage | None = Field(None, description="stage 4, where there is one")
    listener: ListenerStage | None = Field(None, description="without one there is no soft prompt")
    lora: Lora | None = Field(None, description="stage 3 trains adapters and the new rows; see training/lora.py")
    shard: bool = Field(False, description="of several processes each holds a part of weights and optimizer state")
    dtype: Literal["float32", "bfloat16"] = Field("float32", description="of the bundle's weights, not of training's")
    evaluation: Evaluation = Evaluation()

    @model_validator(mode="after")
    def _frozen_is_frozen(self) -> RunConfig:
        if self.lora is not None and self.instruction.weight_decay:
            raise ValueError("with `lora`, instruction.weight_decay must be 0: it would move the rows that are frozen")
        return self

    @model_validator(mode="after")
    def _packed_once(self) -> RunConfig:
        in_gguf = self.base.pretrained is not None and self.base.pretrained.gguf is not None
        if in_gguf and self.lora is not None and self.lora.bits is not None:
            raise ValueError("a GGUF base is unpacked to float32: leave lora.bits out, or give a base of safetensors")
        return self

    @property
    def folder(self) -> Path:
        return self.output / self.name


def load_config(path: Path, overrides: Iterable[str] = ()) -> RunConfig:
    """A recipe with `a.b=value` overrides applied. ConfigError has one line for each thing that is wrong."""
    raw, overrides = load_yaml(path), list(overrides)
    for override in overrides:
        _apply(raw, override)
    config = parse(RunConfig, raw, str(path))
    # Files named in a recipe are relative to the recipe; `output`, models and what is typed, to where one stands.
    # Made absolute, they are the same files from anywhere, and finished steps are found again.
    keys = [override.partition("=")[0] for override in overrides]

    def typed(setting: str) -> bool:
        """By itself, or with its group."""
        return any(f"{setting}.".startswith(f"{key}.") for key in keys)

    beside_texts = Path() if typed("language.texts") else path.parent
    texts = tuple((beside_texts / text).resolve() for text in config.language.texts)
    files = config.data.files
    if files is not None:
        files = files.resolve() if typed("data.files") else (path.parent / files).resolve()
    root, given = config.data.root, config.sids.given
    if root is not None and typed("data.root"):
        root = str(Path(root).resolve())
    if given is not None:
        # Given SIDs lie with the items that they are of.
        beside = path.parent if files is None else files.parent / read_config(files, root).root
        given = given.resolve() if typed("sids.given") else (beside / given).resolve()
    judge, evaluation = config.evaluation.judge, config.evaluation
    if judge is not None and judge.labels is not None and not typed("evaluation.judge.labels"):
        judge = judge.model_copy(update={"labels": (path.parent / judge.labels).resolve()})
        evaluation = evaluation.model_copy(update={"judge": judge})
    return config.model_copy(
        update={
            "evaluation": evaluation,
            "language": config.language.model_copy(update={"texts": texts}),
            "data": config.data.model_copy(update={"files": files, "root": root}),
            "sids": config.sids.model_copy(update={"given": given}),
        }
    )


def for_name(text: str, gap: str) -> str:
    """A text as a part of a run's name, which has small letters and digits; anything else becomes a gap."""
    return "".join(c if c.isascii() and c.isalnum() else gap for c in text.lower())


def fingerprint(*parts: BaseModel | str | int | bool | None) -> str:
    """A short hash of settings: equal settings give equal results, so a finished step can be reused.

    What changes no result (how often a stage saves, how patiently an endpoint is asked) does not count.
    """
    plain = [_deciding(part.model_dump(mode="json")) if isinstance(part, BaseModel) else part for part in parts]
    return hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()[:16]


def _deciding(settings: dict[str, Any]) -> dict[str, Any]:
    kept = {name: value for name, value in settings.items() if name not in INDIFFERENT}
    kept = {name: value for name, value in kept.items() if name not in LATER or value != LATER[name]}
    return {name: _deciding(value) if isinstance(value, dict) else value for name, value in kept.items()}


def _apply(raw: dict[str, Any], override: str) -> None:
    key, sign, value = override.partition("=")
    if not sign or not key or key.startswith("-"):
        raise ConfigError(f"Override {override!r} must look like key=value, for example seed=1 or sids.levels=4.")
    try:
        parsed = yaml.safe_load(value)
    except yaml.YAMLError as error:
        raise ConfigError(f"Override {override!r}: the value is not valid YAML: {error}") from error
    *parents, last = key.split(".")
    node = raw
    for parent in parents:
        node = node.setdefault(parent, {})
        if not isinstance(node, dict):
            raise ConfigError(f"Override {override!r}: {parent!r} holds a value, not a group of settings.")
    node[last] = parsed
