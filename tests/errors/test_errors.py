"""Every mistake has its golden text: file:line:col, frame, caret, expected, received, hint."""

from __future__ import annotations

import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

import archspec
from archspec.cli.main import main
from archspec.source import SpecError
from archspec.source.mistakes import CODES, FAULTS

HERE = Path(__file__).parent
SPECS = sorted(path.stem for path in HERE.glob("*.yaml"))
# where the mistake was made, by hand: code, line, column (characters, from 1)
PLACES = {
    "branch_of_several_values": ("tuple-value", 9, 33),
    "output_of_no_row": ("unknown-label", 8, 21),
    "outputs_of_one_name": ("name-taken", 8, 23),
    "output_of_several_values": ("tuple-value", 7, 17),
    "output_that_is_never_given": ("wrong-form", 8, 11),
    "output_without_a_row": ("missing-key", 8, 26),
    "unused_by_a_dropped_row": ("unused-value", 5, 6),
    "unused_but_for_its_size": ("unused-value", 6, 6),
    "unused_output_of_a_block": ("unused-value", 11, 6),
    "unused_input_of_a_group": ("unused-value", 3, 24),
    "unused_turn": ("unused-value", 9, 10),
    "unused_in_a_block": ("unused-value", 10, 6),
    "unused_last_row": ("unused-value", 7, 6),
    "rows_end_in_several_values": ("tuple-value", 6, 11),
    "unused_input": ("unused-value", 6, 3),
    "inputs_of_an_extension": ("unused-value", 4, 30),
    "input_and_inputs_of_an_extension": ("wrong-form", 5, 1),
    "output_of_a_removed_row": ("unknown-label", 4, 41),
    "input_and_inputs": ("wrong-form", 5, 1),
    "inputs_for_one_value": ("tuple-value", 6, 6),
    "input_of_two_sizes": ("wrong-form", 4, 36),
    "share_of_another_kernel": ("cannot-share", 7, 62),
    "share_of_another_shape": ("cannot-share", 7, 77),
    "share_of_another_block": ("cannot-share", 13, 51),
    "share_of_no_weights": ("cannot-share", 7, 39),
    "share_of_a_later_row": ("unknown-label", 6, 62),
    "let_of_a_column": ("name-taken", 9, 13),
    "alias_bomb": ("yaml-too-big", 10, 8),
    "ambiguous_word": ("ambiguous-word", 7, 62),
    "argument_of_a_function": ("unknown-name", 5, 73),
    "assertion": ("assertion", 8, 14),
    "block_takes_two_values": ("unknown-label", 6, 87),
    "merge_of_unequal_shapes": ("shape-mismatch", 10, 12),
    "merge_that_joins_nothing": ("unknown-type", 9, 12),
    "several_values_for_one": ("tuple-value", 10, 6),
    "split_does_not_divide": ("shape-mismatch", 6, 39),
    "merge_of_one_branch": ("shape-mismatch", 9, 12),
    "tuple_for_one_value": ("tuple-value", 7, 35),
    "bad_name": ("bad-name", 6, 24),
    "block_file_alone": ("wrong-form", 1, 1),
    "bins_not_whole": ("not-whole", 5, 46),
    "block_of_a_block_file": ("unknown-key", 6, 32),
    "block_of_two_files": ("name-taken", 6, 3),
    "block_sees_no_caller": ("unknown-name", 6, 78),
    "blocks_out_of_reach": ("out-of-reach", 3, 18),
    "choice_of_no_word": ("unknown-word", 3, 42),
    "choices_of_two_kinds": ("wrong-type", 3, 49),
    "columns_and_rows": ("wrong-form", 7, 7),
    "ceil_with_uneven_padding": ("shape-mismatch", 5, 86),
    "condition_is_a_number": ("wrong-type", 7, 35),
    "crop_of_everything": ("shape-mismatch", 5, 41),
    "dense_after_flatten": ("shape-mismatch", 8, 12),
    "division_by_zero": ("expression-value", 7, 52),
    "dropped_row": ("unknown-name", 10, 59),
    "duplicate_key": ("duplicate-key", 6, 53),
    "duplicate_name": ("name-taken", 7, 24),
    "edit_conflict": ("edit-conflict", 5, 10),
    "edit_of_a_renamed_row": ("unknown-label", 5, 10),
    "edit_of_an_unnamed_row": ("needs-name", 5, 10),
    "edit_of_no_form": ("wrong-form", 5, 6),
    "edit_of_no_label": ("unknown-label", 5, 10),
    "edit_with_a_wrong_key": ("unknown-key", 5, 24),
    "empty_file": ("empty-file", 1, 1),
    "expression_attribute": ("unknown-name", 6, 50),
    "expression_call": ("expression-syntax", 6, 67),
    "expression_syntax": ("expression-syntax", 6, 53),
    "extends_a_list": ("wrong-type", 2, 10),
    "extends_itself": ("extends-itself", 2, 10),
    "extends_misspelt": ("unknown-key", 2, 1),
    "flow_trap_brace": ("flow-trap", 6, 24),
    "flow_trap_colon": ("flow-trap", 6, 41),
    "flow_trap_comma": ("flow-trap", 6, 50),
    "flow_trap_thousands": ("flow-trap", 5, 17),
    "forward_reference": ("unknown-label", 6, 33),
    "fractional_count": ("not-whole", 7, 50),
    "function_of_a_hidden_name": ("name-taken", 10, 54),
    "function_of_a_wrong_name": ("unknown-name", 4, 22),
    "groups_do_not_divide": ("shape-mismatch", 6, 61),
    "kernel_too_large": ("kernel-too-large", 7, 42),
    "key_not_text": ("key-not-text", 5, 8),
    "long_line": ("unknown-key", 6, 362),
    "long_multiplication": ("expression-budget", 6, 50),
    "many_turns": ("repeat-budget", 6, 76),
    "missing_argument": ("missing-key", 8, 12),
    "missing_key": ("missing-key", 6, 12),
    "missing_keys": ("missing-key", 5, 12),
    "missing_rows": ("missing-key", 1, 1),
    "name_of_a_sum": ("name-taken", 6, 5),
    "name_taken": ("name-taken", 6, 7),
    "negative_count": ("out-of-range", 6, 50),
    "negative_repeat": ("out-of-range", 6, 76),
    "nested_turns": ("repeat-budget", 7, 13),
    "never_this_word": ("unknown-word", 6, 61),
    "not_a_mapping": ("wrong-form", 1, 1),
    "not_one_of": ("out-of-range", 5, 21),
    "not_utf8": ("not-utf8", 3, 11),
    "null_value": ("null-value", 6, 48),
    "numbers_of_channels": ("shape-mismatch", 5, 37),
    "numbers_of_words": ("wrong-type", 5, 58),
    "only_comments": ("empty-file", 1, 1),
    "out_of_range": ("out-of-range", 5, 23),
    "out_of_reach": ("out-of-reach", 2, 10),
    "parameter_misspelt": ("unknown-key", 10, 31),
    "params_misspelt": ("unknown-key", 6, 5),
    "power_tower": ("expression-budget", 6, 51),
    "rate_of_one": ("out-of-range", 7, 41),
    "recursive_alias": ("yaml-alias", 7, 5),
    "recursive_block": ("recursive-block", 7, 23),
    "reference_into_block": ("unknown-label", 9, 24),
    "repeat_without_name": ("needs-name", 6, 13),
    "residual_does_not_add": ("shape-mismatch", 7, 5),
    "resize_by_no_rule": ("shape-mismatch", 5, 12),
    "resize_by_two_rules": ("shape-mismatch", 5, 45),
    "response_without_image": ("shape-mismatch", 6, 12),
    "row_of_no_form": ("wrong-form", 6, 6),
    "row_of_two_forms": ("wrong-form", 6, 6),
    "scale_not_stated": ("missing-key", 5, 12),
    "scale_of_a_fraction": ("not-whole", 5, 36),
    "several_at_once": ("unknown-key", 7, 30),
    "shapes_do_not_add": ("shape-mismatch", 8, 35),
    "shapes_do_not_concat": ("shape-mismatch", 8, 39),
    "shapes_do_not_multiply": ("shape-mismatch", 9, 42),
    "slope_not_stated": ("missing-key", 6, 65),
    "shuffle_does_not_divide": ("shape-mismatch", 5, 46),
    "subtract_of_three": ("shape-mismatch", 7, 38),
    "sum_of_no_numbers": ("expression-value", 7, 24),
    "transposed_to_nothing": ("shape-mismatch", 5, 69),
    "two_documents": ("several-documents", 7, 1),
    "type_misspelt": ("wrong-form", 5, 18),
    "unequal_table": ("wrong-form", 9, 22),
    "unknown_alias": ("yaml-alias", 6, 50),
    "unknown_argument": ("unknown-key", 8, 29),
    "unknown_file": ("unknown-file", 2, 10),
    "unknown_function": ("flow-trap", 6, 50),
    "unknown_function_misspelt": ("unknown-function", 7, 50),
    "unknown_key": ("unknown-key", 6, 41),
    "unknown_key_of_file": ("unknown-key", 5, 1),
    "unknown_label": ("unknown-label", 8, 24),
    "unknown_path": ("unknown-file", 2, 10),
    "unknown_type": ("unknown-type", 7, 12),
    "unknown_type_misspelt": ("unknown-type", 6, 12),
    "unknown_variable": ("unknown-name", 7, 58),
    "unknown_word": ("unknown-word", 6, 62),
    "word_in_a_list_of_rows": ("unknown-word", 12, 71),
    "unused_block": ("unknown-name", 8, 53),
    "unused_value": ("unused-value", 7, 6),
    "value_for_a_claim": ("not-whole", 4, 9),
    "value_for_the_extended_file": ("out-of-range", 4, 15),
    "value_of_a_table": ("expression-value", 7, 19),
    "value_of_an_argument": ("not-whole", 8, 71),
    "variable_like_a_word": ("wrong-type", 7, 39),
    "values_do_not_subtract": ("shape-mismatch", 6, 38),
    "variable_of_the_extended_file": ("unknown-name", 4, 8),
    "variant_of_a_wrong_type": ("wrong-type", 8, 32),
    "variant_of_no_variable": ("unknown-name", 8, 25),
    "wide_letters": ("unknown-key", 6, 59),
    "wrong_type_list": ("wrong-type", 6, 50),
    "wrong_type_of_value": ("unknown-name", 6, 38),
    "wrong_type_true": ("wrong-type", 6, 59),
    "wrong_version": ("out-of-range", 1, 11),
    "yaml_merge_key": ("yaml-merge-key", 7, 3),
    "yaml_syntax": ("yaml-syntax", 7, 5),
    "yaml_tab": ("yaml-syntax", 6, 1),
    "yaml_tag": ("yaml-tag", 5, 7),
    "yaml_too_deep": ("yaml-too-deep", 5, 111),
}


# a mistake that shows in another file than the one given: its file too
ELSEWHERE = {
    "block_file_that_uses": ("files/using.yaml", "unknown-key", 2, 1),
    "circle_of_two_files": ("circle_of_two_files_too.yaml", "extends-itself", 3, 10),
    "circle_of_two_files_too": ("circle_of_two_files.yaml", "extends-itself", 3, 10),
    "block_file_sees_no_variable": ("files/blocks.yaml", "unknown-name", 6, 68),
    "edit_removes_what_is_used": ("files/base.yaml", "unknown-label", 15, 35),
}


# mistakes that no spec causes: what is typed in a folder with the spec SMALL, the code, the exit code
COMMANDS = {
    "set_unknown": ("validate spec.yaml --set widht=0.5", "bad-option", 1),
    "set_no_value": ("validate spec.yaml --set width=[1,", "bad-option", 1),
    "set_a_word": ("validate spec.yaml --set width=big", "wrong-type", 1),
    "set_none_of": ("summary spec.yaml --set top=logit", "out-of-range", 1),
    "set_a_fraction": ("summary spec.yaml --set classes=2.5", "not-whole", 1),
    "input_of_two_sizes": ("summary spec.yaml --input 100x90", "bad-option", 1),
    "input_for_several": ("summary pair.yaml --input 32x32x3", "bad-option", 1),
    "keep_fixed": ("generate pair.yaml -b torch --keep aux", "bad-option", 1),
    "keep_unknown": ("generate spec.yaml -b torch --keep widht", "bad-option", 1),
    "keep_what_cannot_be": ("generate table.yaml -b torch --keep depths", "bad-option", 1),
    "keep_a_word_of_operations": (
        "generate table.yaml -b torch --keep classes --keep act",
        "bad-option",
        1,
    ),
    "fix_unknown": ("generate spec.yaml -b torch --fix clases", "bad-option", 1),
    "fix_what_is_kept": ("generate spec.yaml -b torch --keep width --fix width", "bad-option", 1),
    "too_large": ("validate large.yaml", "unreadable-file", 1),
    "unsupported": ("generate uneven.yaml -b keras", "unsupported-operation", 1),
    "no_file": ("validate spek.yaml", None, 2),
    "no_match": ("validate *.yml", None, 2),
    "no_spec_in_a_folder": ("validate empty", None, 2),
    "no_variant": ("summary spec.yaml:large", None, 2),
    "no_code": ("explain flow-trop", None, 2),
}
SMALL = """archspec: 1
name: small
vars: {width: 1.0, top: {value: logits, one_of: [softmax, logits]}, classes: 10}
input: [32, 32, 3]
rows:
  - {type: conv, name: stem, kernel: 3, filters: int(8 * width)}
  - {type: global_avg_pool, name: pool}
  - {type: dense, name: classifier, units: classes}
  - {type: softmax, name: probabilities, when: top == softmax}
"""
TABLE = """archspec: 1
name: unnamed
vars: {depths: [2, 3], act: {value: relu, one_of: [relu, tanh]}, classes: 10}
input: [32, 32, 3]
rows:
  - table:
      columns: {n: depths}
      each: [{type: conv, name: "conv{row}", kernel: 1, filters: n}]
  - {type: dense, name: classifier, units: classes, activation: act}
"""
PAIR = """archspec: 1
name: pair
vars: {aux: true}
inputs: {left: [32, 32, 3], right: [32, 32, 3]}
rows:
  - {type: conv, name: a, kernel: 3, filters: 8, from: left}
  - {type: conv, name: b, kernel: 3, filters: 8, from: right}
outputs: {b: b, a: {from: a, when: aux}}
"""
UNEVEN = """archspec: 1
name: uneven
input: [32, 32, 3]
rows: [{type: depthwise, name: uneven, kernel: 3, stride: [1, 2]}]
"""


def validate(*arguments: str) -> tuple[int, str, float]:
    start = time.process_time()
    result = CliRunner().invoke(main, ["validate", *arguments])
    spent = time.process_time() - start
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.output, spent


def quick(spec: str, spent: float) -> bool:
    """Whether a mistake takes under a second of CPU: in this process, which may be full of frameworks' objects, or
    as people type it, where a sixth of it is what a spec of the zoo takes on the same machine."""
    return spent < 1.0 or any(alone(spec) < 6 * alone("mobilenet_v1") for _ in range(3))


def alone(spec: str) -> float:
    """Seconds of CPU that `archspec validate` takes in a process of its own."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [sys.executable, "-m", "archspec", "validate", spec]
    subprocess.run(command, capture_output=True, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def test_every_spec_has_its_place() -> None:
    assert sorted([*PLACES, *ELSEWHERE]) == SPECS


@pytest.mark.parametrize("name", SPECS)
def test_mistake(
    name: str, monkeypatch: pytest.MonkeyPatch, golden: Callable[[Path, str], None]
) -> None:
    monkeypatch.chdir(HERE)
    code, text, spent = validate(f"{name}.yaml")
    file, kind, line, column = ELSEWHERE.get(name) or (f"{name}.yaml", *PLACES[name])
    assert code == 1
    assert text.startswith(f"{file}:{line}:{column}: error[{kind}]: ")
    assert "^" in text
    assert " = hint: " in text
    assert "Traceback" not in text
    assert quick(f"{name}.yaml", spent)
    golden(HERE / f"{name}.txt", text)


@pytest.mark.parametrize("name", COMMANDS)
def test_mistake_of_a_command(
    name: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    golden: Callable[[Path, str], None],
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("empty").mkdir()
    Path("spec.yaml").write_text(SMALL, encoding="utf-8")
    Path("table.yaml").write_text(TABLE, encoding="utf-8")
    Path("uneven.yaml").write_text(UNEVEN, encoding="utf-8")
    Path("pair.yaml").write_text(PAIR, encoding="utf-8")
    Path("large.yaml").write_text("# large\n" * (1 << 20), encoding="utf-8")
    command, kind, code = COMMANDS[name]
    found = CliRunner().invoke(main, command.split())
    assert found.exit_code == code
    assert isinstance(found.exception, SystemExit)
    assert f"error[{kind}]" in found.output if kind else "error[" not in found.output
    golden(HERE / "commands" / f"{name}.txt", f"$ archspec {command}\n{found.output}")


def test_mistake_of_an_argument(golden: Callable[[Path, str], None]) -> None:
    with pytest.raises(SpecError) as caught:
        archspec.load(SMALL, widht=0.5, width=None, classes="many")
    golden(HERE / "commands" / "load.txt", f"{caught.value}\n")


def test_every_code_has_a_golden_error() -> None:
    """What a spec cannot cause, a command does."""
    shown = [kind for kind, _, _ in PLACES.values()] + [
        kind for _, kind, _, _ in ELSEWHERE.values()
    ]
    shown += [kind for _, kind, _ in COMMANDS.values() if kind]
    assert [code for code in CODES if code not in {*shown, *FAULTS}] == []
    assert set(shown) <= set(CODES)


# the network itself is right: only `validate` and `verify` ask for the values of a claim
CLAIMED = {"value_for_a_claim"}


@pytest.mark.parametrize("name", sorted({*SPECS} - CLAIMED))
def test_no_output_is_touched(name: str, tmp_path: Path) -> None:
    before = tmp_path / "kept.py"
    before.write_text("# mine\n")
    for command in (
        ["generate", str(HERE / f"{name}.yaml"), "-b", "torch", "-o", str(before)],
        ["generate", str(HERE / f"{name}.yaml"), "-b", "keras", "-o", str(tmp_path / "new.py")],
    ):
        assert CliRunner().invoke(main, command).exit_code == 1
    assert before.read_text() == "# mine\n"
    assert list(tmp_path.iterdir()) == [before]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("[" * 60_000, "yaml-too-deep"),
        ("rows: " + "[" * 60_000 + "]" * 60_000, "yaml-too-deep"),
        ("rows: " + "{a: " * 60_000, "yaml-too-deep"),
        ("".join(" " * k + "a:\n" for k in range(300)), "yaml-too-deep"),
        ("- " * 60_000 + "a", "yaml-too-deep"),
        ("a: " + "x" * 3_000_000, "yaml-too-big"),
        ("rows: [" + "1, " * 300_000 + "1]", "yaml-too-big"),
        ("rows: &a [*a]\n", "yaml-alias"),
        ("\x00", "yaml-syntax"),
        ("a: \ud7ff\ufffe", "yaml-syntax"),
    ],
    ids=lambda value: str(value)[:16].strip() if isinstance(value, str) else None,
)
def test_hostile_text(text: str, code: str, tmp_path: Path) -> None:
    spec = tmp_path / "spec.yaml"
    spec.write_text(text, encoding="utf-8")
    exit_code, output, spent = validate(str(spec))
    assert exit_code == 1
    assert f"error[{code}]" in output
    assert "^" in output
    assert quick(str(spec), spent)


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("widht=0.5", "did you mean `width`?"),
        ("width=-1", "filters is at least 1"),
        ("width=big", "width"),
        ("top=logit", "did you mean `logits`?"),
        ("classes=2.5", "classes"),
        ("width=__import__('os')", "width"),
    ],
)
def test_wrong_settings(setting: str, message: str) -> None:
    result = CliRunner().invoke(main, ["summary", "mobilenet_v1", "--set", setting])
    assert result.exit_code == 1
    assert message in result.output
    assert "^" in result.output
    assert "Traceback" not in result.output


def test_at_most_fifty_mistakes_are_shown(tmp_path: Path) -> None:
    spec = tmp_path / "spec.yaml"
    rows = "".join(f"  - {{type: relu, name: r{k}, colour: {k}}}\n" for k in range(70))
    spec.write_text(f"archspec: 1\nname: many\ninput: [8, 8, 3]\nrows:\n{rows}")
    code, text, _ = validate(str(spec))
    assert code == 1
    assert text.count("error[unknown-key]") == 50
    assert "... and 20 more" in text


def test_mistakes_of_a_stage_are_shown_together() -> None:
    code, text, _ = validate(str(HERE / "several_at_once.yaml"))
    assert code == 1
    assert text.count(": error[") == 2
