"""`dossier-train`: adapters from data sets, one type or all."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from dossier_training.factory.settings import Training, read_fleet

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_show_locals=False, help="Trains, judges and publishes adapters.")

_ADAPTERS = Path(__file__).parents[3]
_BASE = _ADAPTERS / "base" / "dossier-small"
_RUNS = Path("runs")

Dataset = Annotated[Path, typer.Option(help="a folder in Donut's form")]
Type = Annotated[str, typer.Option(help="such as utopia/passport/2024")]
Field = Annotated[list[str], typer.Option("--field", help="a field of the type; others are faults. Without it: what most pages have")]
Optional = Annotated[list[str], typer.Option("--optional-field", help="a field that a page may lack")]
Allow = Annotated[list[str], typer.Option(help="a kind of fault that must not stop training")]
Base = Annotated[Path, typer.Option(help="the base's Hugging Face folder")]
Decay = Annotated[float, typer.Option(help="share of the steps, the last ones, in which the learning rate falls")]
PageSize = Annotated[str | None, typer.Option(help="width and height in pixels that a page is brought to, such as 768x512; the default is the base's own")]
Bf16 = Annotated[bool, typer.Option(help="compute in bfloat16, on processors that have its instructions")]


@app.command()
def check(dataset: Dataset, document_type: Type, base: Base = _BASE, field: Field = [], optional_field: Optional = [], allow: Allow = [], page_size: PageSize = None, as_json: Annotated[bool, typer.Option("--json")] = False) -> None:  # noqa: B006
    """Checks a data set and says what is wrong with it. Exits with 1 where training must not start."""
    from dossier_training.factory import checks
    from dossier_training.factory.legibility import Reader

    _, report = checks.check(dataset, document_type, field, optional_field, allow, Reader.of(base, _size(page_size)))
    print(json.dumps(report.as_json(), indent=2) if as_json else report.as_text())
    raise typer.Exit(1 if report.stops else 0)


@app.command()
def flatten(
    dataset: Dataset,
    out: Annotated[Path, typer.Option(help="the new data set's folder; it is replaced as a whole, at the end")],
    program: Annotated[Path, typer.Option(help="the host's program")] = Path("dossier"),
    data_root: Annotated[Path, typer.Option(help="where adapters/locator is")] = _ADAPTERS.parent,
) -> None:
    """Makes a data set of pages of one of photographs, by the host's own program. Exits with 1 where pictures had to be left out."""
    from dossier_training.factory.flatten import LocatingFailed
    from dossier_training.factory.flatten import flatten as lay_flat

    try:
        flattened = lay_flat(dataset, out, program, data_root)
    except (LocatingFailed, OSError) as error:
        print(error)
        raise typer.Exit(2) from None
    print(flattened.as_text())
    raise typer.Exit(1 if flattened.no_page or flattened.several_pages else 0)


@app.command()
def adapter(
    dataset: Dataset,
    document_type: Type,
    out: Annotated[Path, typer.Option(help="the adapter's folder; it is replaced as a whole, at the end")],
    base: Base = _BASE,
    run: Annotated[Path | None, typer.Option(help="checkpoints and the check's report; the default is below runs/")] = None,
    title: str | None = None,
    pages: int | None = None,
    rules: Annotated[str | None, typer.Option(help="name of the rules; the default is that of `out`, or the type's first part")] = None,
    field: Field = [],  # noqa: B006
    optional_field: Optional = [],  # noqa: B006
    allow: Allow = [],  # noqa: B006
    factors: Annotated[Path | None, typer.Option(help="lora_xs_factors.safetensors of an earlier LoRA-XS adapter of this base")] = None,
    start: Annotated[Path | None, typer.Option(help="an adapter of this base, method and rank to begin as")] = None,
    method: str = Training().method,
    r: int = Training().r,
    parts: Annotated[str, typer.Option(help="both, encoder or decoder")] = Training().parts,
    patch_embedding: Annotated[bool, typer.Option(help="adapt the patch convolution too")] = False,
    module_to_save: Annotated[list[str], typer.Option(help="a module that is trained whole")] = [],  # noqa: B006
    lr: float = Training().lr,
    lora_plus_ratio: Annotated[float, typer.Option(help="learning rate of B over that of A")] = Training().lora_plus_ratio,
    steps: int = Training().steps,
    passes: Annotated[int, typer.Option(help="times each training page is seen at most: with few pages training ends before --steps")] = Training().passes,
    decay: Decay = Training().decay,
    batch: int = Training().batch,
    evaluate_every: int = Training().evaluate_every,
    patience: Annotated[int, typer.Option(help="evaluations without a better one, then training stops")] = Training().patience,
    augment: bool = True,
    bf16: Bf16 = False,
    page_size: PageSize = None,
    look: Annotated[bool, typer.Option(help="whether documents of the type look alike, so that the host knows it where nobody names it")] = True,
    seed: int = Training().seed,
    threads: int = 2,
    quiet: bool = False,
) -> None:
    """Trains an adapter on a data set. Started again, it goes on where it was stopped."""
    from dossier_training.factory import adapter as factory
    from dossier_training.factory.files import file_name_of

    training = Training(
        method=method, r=r, parts=parts, patch_embedding=patch_embedding, modules_to_save=tuple(module_to_save), lr=lr, lora_plus_ratio=lora_plus_ratio,
        steps=steps, passes=passes, decay=decay, batch=batch, evaluate_every=evaluate_every, patience=patience, augment=augment, bf16=bf16, page_size=_size(page_size), look=look, seed=seed, threads=threads,
    )  # fmt: skip
    run = run or _RUNS / file_name_of(document_type)
    order = factory.Order(document_type, dataset, base, out, run, training, title, pages, rules, tuple(field), tuple(optional_field), tuple(allow), factors, start)
    try:
        record = factory.make(order, quiet=quiet)
    except factory.UnfitDataSet as error:
        print(error.report.as_text())
        raise typer.Exit(1) from None
    test = record["metrics"]["test"]
    print(f"{out}: {100 * test['fields_exact']:.1f} % of {test['asked']} fields exact, CER {test['cer']:.4f}, ECE {test['ece']:.3f}, calibrated {test['ece_calibrated']:.3f}")


def _size(text: str | None) -> tuple[int, int] | None:
    if text is None:
        return None
    sides = text.split("x")
    if len(sides) != 2 or not all(side.isdecimal() for side in sides):
        raise typer.BadParameter(f"`{text}` is no size such as 768x512", param_hint="--page-size")
    return int(sides[0]), int(sides[1])


@app.command()
def fleet(
    file: Annotated[Path, typer.Argument()] = _ADAPTERS / "fleet.toml",
    runs: Annotated[Path, typer.Option(help="checkpoints, states and the report")] = _RUNS / "fleet",
    only: Annotated[list[str], typer.Option(help="one document type; may be given more than once")] = [],  # noqa: B006
    processes: Annotated[int | None, typer.Option(help="types trained at the same time; the default is what the cores allow")] = None,
    ray: Annotated[str | None, typer.Option(help="address of a Ray cluster, such as 10.0.0.5:6379")] = None,
    dry_run: Annotated[bool, typer.Option(help="say what would be trained, and stop")] = False,
) -> None:
    """Trains what changed, publishes what passes its gates, and writes fleet.html and fleet.json."""
    from dossier_training.factory import fleet as fleets
    from dossier_training.factory import report as reports

    settings = read_fleet(file)
    runs = runs.resolve()
    if dry_run:
        for item in fleets.plan(settings, runs, tuple(only)):
            print(f"{item.entry.document_type}: {'unchanged' if item.unchanged else 'to train'}")
        return
    states = fleets.run(settings, runs, processes, ray, tuple(only), say=lambda line: print(line, flush=True))
    reports.write_fleet(states, settings.base, runs)
    print(runs / "fleet.html")
    raise typer.Exit(1 if any(state["state"] in ("failed", "unfit", "rejected", "refused", "canary_failed") for state in states) else 0)


@app.command()
def report(
    adapters: Path = _ADAPTERS,
    base: Base = _BASE,
    out: Annotated[Path, typer.Option(help="report.json")] = _ADAPTERS / "report.json",
    count: Annotated[int, typer.Option(help="documents of each type and level")] = 100,
    seed: int = 2,
    only: Annotated[list[str], typer.Option(help="one document type; may be given more than once")] = [],  # noqa: B006
    work: Annotated[Path, typer.Option(help="where the documents are kept")] = _RUNS / "report",
    processes: Annotated[int | None, typer.Option(help="types read at the same time; the default is what the cores allow")] = None,
    program: Annotated[Path | None, typer.Option(help="the host's program `dossier`, to find pages in photographs; without it none are read")] = None,
) -> None:
    """Measures every adapter on newly generated documents of each level of capture."""
    from dossier_training.factory.flatten import Locator
    from dossier_training.factory.report import write_report
    from dossier_training.factory.workers import cores

    command = f"dossier-train report --count {count} --seed {seed}" + (" --program dossier" if program else "")
    locator = Locator(program.resolve(), _ADAPTERS.parent) if program else None
    write_report(adapters, base, out, count, seed, work, only, command, processes or cores(), locator, say=lambda line: print(line, flush=True))


@app.command()
def variants(
    document_type: Annotated[list[str], typer.Option(help="two types are compared unless others are given")] = ["utopia/passport/2024", "utopia/driving-licence/2022"],  # noqa: B006
    out: Path = _RUNS / "variants",
    base: Base = _BASE,
    count: Annotated[int, typer.Option(help="documents generated of each type")] = 600,
    steps: int = 150,
    batch: int = 8,
    seed: int = 7,
    bf16: Bf16 = False,
    threads: int = 2,
    only: Annotated[list[str], typer.Option(help="one variant, by its name in the table")] = [],  # noqa: B006
) -> None:
    """Compares kinds of adapters: parameters, bytes, accuracy and time, in a table and a plot."""
    from dossier_training.factory import variants as kinds

    training = Training(steps=steps, batch=batch, threads=threads, evaluate_every=max(1, steps // 3), patience=3, bf16=bf16)
    kinds.compare(document_type, base, out, training, count, seed, tuple(only), say=lambda line: print(line, flush=True))
    print(out / "variants.md")


@app.command()
def groups(
    document_type: Annotated[list[str], typer.Option(help="a type to compare with; two states of three types each unless others are given")] = [  # noqa: B006
        "kumasia/passport/2019", "kumasia/id-card/2020", "kumasia/driving-licence/2021", "norvaria/passport/2024", "norvaria/id-card/2021", "norvaria/driving-licence/2019",
    ],  # fmt: skip
    out: Path = _RUNS / "groups",
    base: Base = _BASE,
    count: Annotated[int, typer.Option(help="documents generated of each type")] = 300,
    steps: Annotated[int, typer.Option(help="steps for each type")] = 100,
    batch: int = 12,
    seed: int = 7,
    bf16: Bf16 = False,
    threads: int = 2,
) -> None:
    """Compares one adapter a type, one a state, one for all, and full fine-tuning."""
    from dossier_training.factory import groups as arrangements
    from dossier_training.page import LEVELS

    training = Training(steps=steps, batch=batch, threads=threads, evaluate_every=steps, bf16=bf16)
    arrangements.compare(document_type, base, out, training, count, seed, LEVELS, say=lambda line: print(line, flush=True))
    print(out / "groups.md")


@app.command()
def curve(
    document_type: Annotated[list[str], typer.Option(help="two types are measured unless others are given")] = ["hokuto/residence-card/2023", "veligrad/driving-licence/2018"],  # noqa: B006
    documents: Annotated[list[int], typer.Option(help="a number of labelled documents; 0 reads with --start as it is")] = [10, 25, 50, 100, 250, 1000],  # noqa: B006
    out: Path = _RUNS / "curve",
    base: Base = _BASE,
    start: Annotated[Path | None, typer.Option(help="an adapter of this base, method and rank to begin as")] = None,
    steps: int = 150,
    lr: Annotated[float, typer.Option(help="peak of the learning rate; lower where training begins as an adapter")] = 3e-3,
    decay: Decay = Training().decay,
    batch: int = 12,
    seed: int = 103,
    test_count: Annotated[int, typer.Option(help="documents of each level of capture that are read")] = 40,
    test_seed: int = 2,
    bf16: Bf16 = False,
    threads: int = 2,
) -> None:
    """Measures how well an adapter reads by the number of labelled documents it was trained on."""
    from dossier_training.factory import curve as curves

    training = Training(steps=steps, lr=lr, decay=decay, batch=batch, threads=threads, bf16=bf16)
    curves.draw(document_type, documents, base, out, training, seed, test_count, test_seed, start, say=lambda line: print(line, flush=True))
    print(out / "curve.md")


def main() -> None:
    """The program: what its user can mend is one line that says what is wrong."""
    from dossier_training.factory.files import Busy
    from dossier_training.factory.publish import HostError

    try:
        app()
    except (ValueError, OSError, Busy, HostError) as error:
        print(f"dossier-train: {error}", file=sys.stderr)
        raise SystemExit(1) from None
