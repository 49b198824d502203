"""What stands between a trained adapter and the host."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass

from dossier_training.factory.metrics import Reading
from dossier_training.factory.settings import Gates

PASSED, FAILED, NOT_PERFORMED = "passed", "failed", "not_performed"


@dataclass(frozen=True)
class Outcome:
    """One gate, whether it was passed, and why."""

    gate: str
    outcome: str
    detail: str

    def as_json(self) -> dict[str, str]:
        """As data."""
        return asdict(self)


def judge(
    gates: Gates, candidate: dict, live: dict | None, regression: list[Reading] | None, live_regression: list[Reading] | None, without_live: str = "nothing of this type is live"
) -> list[Outcome]:
    """Every gate. `candidate` and `live` are scores on the same documents; so are the regression sets' readings. `without_live` says why there are none."""
    outcomes = [_at_least("fields_exact", candidate["fields_exact"], gates.fields_exact, "all fields")]
    name, worst = min(candidate["fields"].items(), key=lambda item: item[1]["fields_exact"])
    outcomes.append(_at_least("every_field_exact", worst["fields_exact"], gates.every_field_exact, f"`{name}`"))
    if live is None:
        outcomes.append(Outcome("no_field_worse", NOT_PERFORMED, without_live))
    elif candidate["fields"].keys() != live["fields"].keys():
        outcomes.append(Outcome("no_field_worse", FAILED, "the live version was asked for other fields"))
    else:
        losses = {name: live["fields"][name]["fields_exact"] - field["fields_exact"] for name, field in candidate["fields"].items()}
        name = max(losses, key=lambda key: losses[key])
        text = f"`{name}` is {_percent(losses[name])} below the live version, {_percent(gates.field_worse_by_at_most)} is allowed"
        outcomes.append(Outcome("no_field_worse", PASSED if losses[name] <= gates.field_worse_by_at_most else FAILED, text))
    if regression is None:
        outcomes.append(Outcome("regression", NOT_PERFORMED, "there is no regression set"))
    elif live_regression is None:
        outcomes.append(Outcome("regression", NOT_PERFORMED, without_live))
    else:
        outcomes.append(_regression(gates, regression, live_regression))
    return outcomes


def passed(outcomes: Iterable[Outcome]) -> bool:
    """Whether no gate failed. What could not be looked at does not stop a first version."""
    return all(outcome.outcome != FAILED for outcome in outcomes)


def _at_least(gate: str, found: float, wanted: float, what: str) -> Outcome:
    return Outcome(gate, PASSED if found >= wanted else FAILED, f"{what}: {_percent(found)} exact, at least {_percent(wanted)} is wanted")


def _regression(gates: Gates, candidate: list[Reading], live: list[Reading]) -> Outcome:
    key = lambda r: (r.document, r.page, r.name)  # noqa: E731
    right = {key(r) for r in live if r.exact}
    lost = right - {key(r) for r in candidate if r.exact}
    share = len(lost) / max(1, len(right))
    text = f"{len(lost)} of {len(right)} fields that the live version reads are lost, {_percent(gates.regression_losses_at_most)} is allowed"
    return Outcome("regression", PASSED if share <= gates.regression_losses_at_most else FAILED, text)


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"
