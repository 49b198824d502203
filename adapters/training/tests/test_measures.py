"""Figures: against values worked out by hand, and against what their papers say of them."""

import numpy as np
import pytest
import torch
from peft import LoraConfig, get_peft_model

from dossier_training.checkpoints import load_base
from dossier_training.factory import calibration, counting, gates, metrics
from dossier_training.factory.calibration import Scaling
from dossier_training.factory.metrics import Reading
from dossier_training.factory.settings import Gates
from dossier_training.methods import targets_of

from conftest import BASE


def _reading(name: str, truth: str, text: str, confidence: float = 0.9, document: str = "1") -> Reading:
    return Reading(document, 1, name, truth, text, confidence)


def test_character_errors_are_edits_over_the_truth():
    assert metrics.character_error_rate([("KITTEN", "SITTING"), ("AB", "AB")]) == pytest.approx(3 / 8)
    assert metrics.character_error_rate([]) == 0


def test_the_surest_readings_are_counted_first():
    right, wrong = ("A", "A"), ("A", "B")
    readings = [_reading("name", *pair, confidence) for pair, confidence in [(right, 0.99)] * 8 + [(wrong, 0.6), (right, 0.3)]]
    assert dict(metrics.exact_of_surest(readings)) == pytest.approx({0.5: 1, 0.6: 1, 0.7: 1, 0.8: 1, 0.85: 1, 0.9: 8 / 9, 0.95: 0.9, 0.98: 0.9, 1.0: 0.9})
    # Where all are equally sure, nothing says which to take: the wrong ones are.
    assert dict(metrics.exact_of_surest([_reading("name", *pair, 0.9) for pair in [right] * 5 + [wrong] * 5]))[0.5] == 0
    assert metrics.exact_of_surest([]) == []


def test_f1_is_donut_s():
    # Two of three leaves are right, one is wrong and one is too many: 2 / (2 + (1 + 2) / 2).
    truth, text = {"a": "1", "b": "2", "c": "3"}, {"a": "1", "b": "2", "c": "4", "d": "5"}
    assert metrics.f1([truth], [text]) == pytest.approx(2 / 3.5)
    assert metrics.f1([{"menu": [{"nm": "A"}, {"nm": "B"}]}], [{"menu": [{"nm": "B"}, {"nm": "A"}]}]) == 1


def test_tree_edit_accuracy_is_donut_s():
    assert metrics.tree_edit_accuracy({"a": "1"}, {"a": "1"}) == 1
    # The truth costs 1 node and 4 characters a field; one character is wrong.
    assert metrics.tree_edit_accuracy({"a": "ABCD", "b": "EFGH"}, {"a": "ABCD", "b": "EFGX"}) == pytest.approx(1 - 1 / 10)
    # A field that is missing costs its node and its characters.
    assert metrics.tree_edit_accuracy({"a": "ABCD", "b": "EFGH"}, {"a": "ABCD"}) == pytest.approx(1 - 5 / 10)
    assert metrics.tree_edit_accuracy({"a": "A"}, {"x": "TOO MUCH", "y": "FAR TOO MUCH"}) == 0


def test_calibration_error_is_the_gap_of_the_bins():
    confidences, exact = np.array([0.95] * 10 + [0.55] * 10), np.array([1.0] * 5 + [0.0] * 5 + [1.0] * 6 + [0.0] * 4)
    assert metrics.expected_calibration_error(confidences, exact) == pytest.approx((0.45 + 0.05) / 2)
    assert metrics.expected_calibration_error(np.array([1.0]), np.array([1.0])) == 0


def test_scores_count_fields_and_documents():
    readings = [_reading("surname", "DOE", "DOE"), _reading("mrz", "AAAA", "AABA"), _reading("surname", "ROE", "ROE", document="2"), _reading("mrz", "BBBB", "BBBB", document="2")]
    score = metrics.score(readings)
    assert (score["documents"], score["asked"], score["exact"]) == (2, 4, 3)
    assert score["documents_exact"] == 0.5 and score["mrz_char_accuracy"] == pytest.approx(7 / 8)
    assert score["fields"]["mrz"]["fields_exact"] == 0.5 and score["fields"]["surname"]["cer"] == 0


def _overconfident(rng: np.random.Generator, count: int, name: str) -> list[Reading]:
    confidences = rng.uniform(0.6, 1.0, count)
    right = rng.random(count) < confidences**3
    return [_reading(name, "A", "A" if ok else "B", float(c)) for c, ok in zip(confidences, right, strict=True)]


def test_calibration_makes_confidence_mean_something():
    rng = np.random.default_rng(3)
    scalings = calibration.fit(_overconfident(rng, 400, "surname"))
    fresh = _overconfident(rng, 4000, "surname")
    before, after = metrics.score(fresh)["ece"], metrics.score(calibration.apply(scalings, fresh))["ece"]
    assert before > 0.1 and after < before / 4


def test_calibration_keeps_order_and_few_labels_do_not_run_away():
    scaling = calibration.fit_scaling(np.array([0.9, 0.95, 0.99]), np.array([1.0, 1.0, 1.0]))
    assert 0.9 < float(scaling(np.array([0.9]))[0]) < 0.9999
    wrong_way = calibration.fit_scaling(np.linspace(0.1, 0.9, 200), (np.linspace(0.1, 0.9, 200) < 0.5).astype(float))
    assert wrong_way.slope > 0
    values = wrong_way(np.array([0.0, 0.2, 0.5, 1.0]))
    assert np.all(np.diff(values) > 0) and np.all((values >= 0) & (values <= 1))


def test_a_field_of_few_labels_follows_all_fields():
    rng = np.random.default_rng(4)
    scalings = calibration.fit([*_overconfident(rng, 500, "surname"), _reading("sex", "M", "M", 0.9)])
    assert abs(scalings["sex"].slope - scalings["surname"].slope) < 0.2
    unknown = calibration.apply({}, [_reading("sex", "M", "M", 0.7)])
    assert unknown[0].confidence == pytest.approx(0.7) and Scaling()(np.array([0.3]))[0] == pytest.approx(0.3)


def _score(**shares: float) -> dict:
    fields = {name: {"fields_exact": share} for name, share in shares.items()}
    return {"fields_exact": float(np.mean(list(shares.values()))), "fields": fields}


def _outcomes(candidate: dict, live: dict | None, regression=None, live_regression=None, **settings) -> dict[str, str]:
    return {o.gate: o.outcome for o in gates.judge(Gates(**settings), candidate, live, regression, live_regression)}


def test_gates_stop_what_reads_too_little_or_less():
    good, live = _score(surname=0.95, mrz=0.9), _score(surname=0.94, mrz=0.91)
    assert set(_outcomes(good, live).values()) == {"passed", "not_performed"}
    assert _outcomes(_score(surname=0.9, mrz=0.7), None)["fields_exact"] == "failed"
    assert _outcomes(_score(surname=1.0, mrz=0.8), None, every_field_exact=0.85)["every_field_exact"] == "failed"
    # Better in all, and one field worse than allowed.
    assert _outcomes(_score(surname=0.99, mrz=0.88), live)["no_field_worse"] == "failed"
    assert _outcomes(_score(surname=0.99), live)["no_field_worse"] == "failed"
    assert _outcomes(good, None)["no_field_worse"] == "not_performed"


def test_the_regression_gate_counts_what_was_read_and_is_lost():
    live = [_reading("surname", "A", "A", document=str(n)) for n in range(10)]
    same = [_reading("surname", "A", "A" if n != 3 else "B", document=str(n)) for n in range(10)]
    good = _score(surname=0.95)
    assert _outcomes(good, good, same, live)["regression"] == "failed"
    assert _outcomes(good, good, same, live, regression_losses_at_most=0.1)["regression"] == "passed"
    assert gates.passed(gates.judge(Gates(), good, None, None, None))
    assert not gates.passed(gates.judge(Gates(), good, good, same, live))


def test_lora_of_rank_4_and_8_trains_96_and_48_times_less_of_a_vit_base_layer():
    assert counting.lora_reduction(768, 4) == 96
    assert counting.lora_reduction(768, 8) == 48


def test_convnext_base_with_rank_4_trains_4_7235_percent():
    model = counting.convnext_base(classes=10)
    assert {parameter.device.type for parameter in model.parameters()} == {"meta"}
    # timm's own count of convnext_base is 88,591,464 with 1,000 classes.
    assert counting.counted(counting.convnext_base())[1] == 88_591_464
    trained, everything = counting.lora_count(model, r".*\.conv_dw|.*\.mlp\.fc\d", 4, ("head.fc",))
    assert (trained, everything) == (4_341_770, 91_918_484)
    assert f"{100 * trained / everything:.4f}" == "4.7235"


@pytest.mark.parametrize(("parts", "patch"), [("both", False), ("encoder", False), ("decoder", False), ("both", True)])
def test_counting_by_shapes_is_what_peft_makes(parts, patch):
    model = load_base(BASE)
    targets = targets_of(parts, patch)
    expected = counting.lora_count(model, targets, 8)
    found = counting.counted(get_peft_model(model, LoraConfig(r=8, target_modules=targets)))
    assert found == expected and found[0] < 0.15 * found[1]


def test_linear_layers_of_convnext_are_what_peft_makes():
    pattern = r".*\.mlp\.fc\d"
    expected = counting.lora_count(counting.convnext_base(10), pattern, 4, ("head.fc",))
    with torch.device("meta"):
        adapted = get_peft_model(counting.convnext_base(10), LoraConfig(r=4, target_modules=pattern, modules_to_save=["head.fc"]))
    assert counting.counted(adapted) == expected
