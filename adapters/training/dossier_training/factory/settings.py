"""What a training run, a gate and a fleet can be told. Unknown keys are refused."""

import math
import tomllib
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from dossier_training.document_types import DOCUMENT_TYPES, GENERATED
from dossier_training.methods import FULL, METHODS, PARTS
from dossier_training.page_form import checked_size

# Whether the generator has all of them is its own business: it refuses what it has not.
Level = Literal["clean", "mild", "hard"]
DOCUMENT_TYPE = r"^[a-z0-9]+(-[a-z0-9]+)*(/[a-z0-9]+(-[a-z0-9]+)*){1,5}$"


class SettingsError(ValueError):
    """A file of settings is not valid; the message names file and key."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Training(_Strict):
    """How an adapter is trained."""

    method: Literal[METHODS] = "lora"  # type: ignore[valid-type]
    r: int = Field(8, ge=1, le=256)
    parts: Literal[PARTS] = "both"  # type: ignore[valid-type]
    patch_embedding: bool = False
    modules_to_save: tuple[str, ...] = ()
    lr: float = Field(3e-3, ge=0)
    lora_plus_ratio: float = Field(1.0, ge=1, description="learning rate of B over that of A (Hayou et al. 2024)")
    steps: int = Field(800, ge=1)
    passes: int = Field(60, ge=1, description="times each training page is seen at most: with few pages training ends before `steps`")
    batch: int = Field(12, ge=1)
    warm_up: int = Field(30, ge=0)
    decay: float = Field(0.3, gt=0, le=1, description="share of the steps, the last ones, in which the learning rate falls")
    evaluate_every: int = Field(50, ge=1)
    patience: int = Field(6, ge=1, description="evaluations without a better one, then training stops")
    checkpoint_seconds: float = Field(30.0, ge=0)
    augment: bool = True
    bf16: bool = Field(False, description="compute in bfloat16, on processors that have its instructions; weights stay f32")
    page_size: tuple[int, int] | None = Field(None, description="width and height in pixels that a page is brought to, where it is not the base's own: small print needs more")
    look: bool = Field(True, description="whether documents of the type look alike; a passport of any state is not known by its look, and its adapter brings no prototypes")
    seed: int = 3
    threads: int = Field(1, ge=1)

    @field_validator("page_size")
    @classmethod
    def _takes(cls, size: tuple[int, int] | None) -> tuple[int, int] | None:
        return size and checked_size(size)

    @classmethod
    def like(cls, training: "Training", **changes: object) -> "Training":
        """The settings of another training, but for some."""
        return cls.model_validate({**training.model_dump(), **changes})

    def steps_over(self, pages: int) -> int:
        """The steps a training on so many pages takes at most."""
        return min(self.steps, math.ceil(self.passes * pages / self.batch))

    def identity(self) -> dict[str, object]:
        """What decides the outcome: not how often it is saved."""
        named = self.model_dump(mode="json", exclude={"checkpoint_seconds", "threads"})
        # Adapters that were shipped before there was this setting are of the same work as its default.
        if self.passes == Training.model_fields["passes"].default:
            del named["passes"]
        if self.page_size is None:
            del named["page_size"]
        if self.look:
            del named["look"]
        return named


class FullFineTuning(Training):
    """What adapters are compared with: every parameter of the base is trained, which makes another base."""

    method: Literal[FULL] = FULL  # type: ignore[valid-type]
    lr: float = Field(5e-4, ge=0)

    @classmethod
    def like(cls, training: Training, **changes: object) -> "FullFineTuning":
        return cls.model_validate({**training.model_dump(exclude={"method", "lr"}), **changes})


class Gates(_Strict):
    """What a new version must reach before it is published. Shares of fields, 0 to 1."""

    fields_exact: float = Field(0.85, ge=0, le=1)
    every_field_exact: float = Field(0.0, ge=0, le=1)
    field_worse_by_at_most: float = Field(0.02, ge=0, le=1)
    regression_losses_at_most: float = Field(0.02, ge=0, le=1, description="share of what the live version reads exactly and the new one does not")


class Generated(_Strict):
    """Documents of the generator; `capture` draws evenly among its levels."""

    generate: str
    count: int = Field(ge=1)
    seed: int = Field(ge=0)
    capture: tuple[Level, ...] = ("clean",)

    @model_validator(mode="after")
    def _known(self) -> "Generated":
        if self.generate not in GENERATED:
            raise ValueError(f"the generator has no `{self.generate}`")
        return self


class Folder(_Strict):
    """A data set in Donut's form, relative to the file that names it."""

    folder: Path


class Type(_Strict):
    """One document type of a fleet. Without `data` it is the generator's, drawn as `every_generated_type` says."""

    document_type: str = Field(pattern=DOCUMENT_TYPE)
    data: Generated | Folder | None = None
    count: int | None = Field(None, ge=1, description="documents to draw where there is no `data`, in place of every generated type's")
    regression: Generated | Folder | None = None
    title: str | None = None
    pages: int | None = Field(None, ge=1)
    rules: str | None = None
    allow: tuple[str, ...] = ()
    optional_fields: tuple[str, ...] = ()
    training: dict[str, object] = {}
    gates: dict[str, object] = {}

    @model_validator(mode="after")
    def _consistent(self) -> "Type":
        if isinstance(self.data, Generated) and isinstance(self.regression, Generated) and self.data.seed == self.regression.seed:
            raise ValueError("data and regression are drawn from one seed: the regression set would be learnt by heart")
        if self.data and self.count:
            raise ValueError("count is of what is drawn where there is no data")
        return self


class Group(_Strict):
    """Types that share one adapter, which is trained on the documents of all."""

    document_types: tuple[str, ...] = Field(min_length=2)
    training: dict[str, object] = {}


class EveryGeneratedType(_Strict):
    """The data of each type of the generator for which `types` has none."""

    count: int = Field(ge=1)
    seed: int = Field(ge=0)
    capture: tuple[Level, ...] = ("clean",)
    regression_count: int = Field(50, ge=0)
    regression_seed: int = Field(ge=0)

    @model_validator(mode="after")
    def _apart(self) -> "EveryGeneratedType":
        if self.seed == self.regression_seed:
            raise ValueError("seed and regression_seed are the same: the regression set would be learnt by heart")
        return self

    def drawn_for(self, entry: Type) -> Type:
        """The type with data of the generator, and a regression set where it has none of its own."""
        data = Generated(generate=entry.document_type, count=entry.count or self.count, seed=self.seed, capture=self.capture)
        regression = data.model_copy(update={"count": self.regression_count, "seed": self.regression_seed}) if self.regression_count else None
        return Type.model_validate({**dict(entry), "data": data, "count": None, "regression": entry.regression or regression})


class Publish(_Strict):
    """Where accepted adapters go. The token is in the environment variable that `token_variable` names."""

    admin_url: str
    url: str
    token_variable: str = "DOSSIER_ADMIN_TOKEN"
    signing_key: Path | None = None
    canary_percent: int = Field(10, ge=1, le=100)
    canary_documents: int = Field(200, ge=1, description="requests, with documents of the regression set, while the canary answers")
    promote: bool = False


class Fleet(_Strict):
    """`fleet.toml`."""

    base: Path
    adapters: Path = Path(".")
    start: Path | None = Field(None, description="folder of an adapter of this base that every type begins as")
    training: Training = Training()
    gates: Gates = Gates()
    publish: Publish | None = None
    every_generated_type: EveryGeneratedType | None = None
    types: tuple[Type, ...] = ()
    groups: tuple[Group, ...] = ()

    @model_validator(mode="after")
    def _consistent(self) -> "Fleet":
        names = [entry.document_type for entry in self.types]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"`{twice[0]}` is listed twice")
        for entry in self.types:
            self.training_of(entry), self.gates_of(entry)
            if not entry.data and not self.every_generated_type:
                raise ValueError(f"`{entry.document_type}` has no data, and there is no [every_generated_type] to draw it as")
        # What is drawn is valid as well.
        every = {entry.document_type: entry for entry in self.every_type()}
        grouped = [name for group in self.groups for name in group.document_types]
        for name in grouped:
            if name not in every:
                raise ValueError(f"a group has `{name}`, which the fleet does not have")
            if grouped.count(name) > 1:
                raise ValueError(f"`{name}` is in groups twice")
            if every[name].training:
                raise ValueError(f"`{name}` is trained as its group is: `training` stands there")
            self.training_of(every[name])
        return self

    def group_of(self, document_type: str) -> Group | None:
        """The types it shares an adapter with, itself among them; none where its adapter is its own."""
        return next((group for group in self.groups if document_type in group.document_types), None)

    def training_of(self, entry: Type) -> Training:
        """The fleet's settings with those of a type, or of its group, over them."""
        group = self.group_of(entry.document_type)
        return Training.like(self.training, **(group.training if group else entry.training))

    def gates_of(self, entry: Type) -> Gates:
        """The fleet's gates with those of a type over them."""
        return Gates.model_validate({**self.gates.model_dump(), **entry.gates})

    def every_type(self) -> list[Type]:
        """The listed types, then those of the generator."""
        every = self.every_generated_type
        if every is None:
            return list(self.types)
        listed = {entry.document_type for entry in self.types}
        others = [Type(document_type=name) for name in DOCUMENT_TYPES if name not in listed]
        return [entry if entry.data else every.drawn_for(entry) for entry in [*self.types, *others]]


def read_fleet(file: Path) -> Fleet:
    """Reads `fleet.toml`; its paths become absolute."""
    try:
        fleet = Fleet.model_validate(tomllib.loads(file.read_text()))
    except (OSError, tomllib.TOMLDecodeError, ValidationError) as error:
        raise SettingsError(f"{file}: {_readable(error)}") from None
    root = file.resolve().parent
    located = lambda data: Folder(folder=root / data.folder) if isinstance(data, Folder) else data  # noqa: E731
    types = tuple(entry.model_copy(update={"data": located(entry.data), "regression": located(entry.regression)}) for entry in fleet.types)
    return fleet.model_copy(update={"base": root / fleet.base, "adapters": (root / fleet.adapters).resolve(), "start": fleet.start and root / fleet.start, "types": types})


def _readable(error: Exception) -> str:
    if isinstance(error, ValidationError):
        return "; ".join(f"{'.'.join(map(str, part['loc'])) or 'file'}: {part['msg']}" for part in error.errors())
    return str(error)
