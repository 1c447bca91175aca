"""`examgen solve`: numbers in every spelling, results to the lecture's digits, documents, and one sentence per mistake."""

from __future__ import annotations

import io
import json
import re
import shlex
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from examgen.registry import problems
from examgen.resources import find
from tests.cli.commands import Ended, complaint, run

HOMEWORK = str(find("variants") / "homework6.toml")
SCORES = "2.1,1.6,2.1\n3.0,3.2,2.8\n-2,3.7,3.8\n"
IMAGE = "1 2 3 4 5\n2 2 1 1 1\n3 2 1 1 1\n4 1 1 1 1\n5 1 1 1 1\n"
FILES = {"scores.csv": SCORES, "image.csv": IMAGE}
NEURON = ("1/(1+exp(-(w0*x0+w1*x1+w2)))", "w0=1", "w1=-2", "w2=1", "x0=-1", "x1=1")
SMALL = "scores=1 2; 3 5"
FILTER = "kernels=1 0; 0 -1"
SVM, CONV = ("svm_loss", SMALL), ("conv_relu_pool", "image.csv", FILTER)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in, and a terminal so wide that no line breaks."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "240")
    for name, text in FILES.items():
        Path(name).write_text(text, encoding="utf-8")
    return tmp_path


def solved(*arguments: object) -> Ended:
    """A run that must be fine."""
    ended = run("solve", *arguments)
    assert (0, "") == (ended.status, ended.err), ended.err
    return ended


def found(*arguments: object) -> Any:
    """The JSON of a run: one task, or a list of several."""
    return json.loads(solved(*arguments, "--json").out)


def result(*arguments: object) -> Any:
    return found(*arguments)["result"]


def near(*wanted: Any) -> Any:
    """To the six decimals of the lecture's numbers."""
    return pytest.approx(list(wanted), abs=5e-7)


def typed(monkeypatch: pytest.MonkeyPatch, content: str | bytes) -> None:
    """Standard input holds this."""
    raw = content if isinstance(content, bytes) else content.encode("utf-8")
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(raw), encoding="utf-8"))


ROWS = {"svm_loss": (1.5, 1.4, 0.9, 1.266667), "softmax_loss": (0.958020, 0.911901, 0.645985, 0.838635)}
COLUMNS = {"svm_loss": (1.9, 1.5, 0, 1.133333), "softmax_loss": (1.245933, 1.047536, 0.438618, 0.910696)}


@pytest.mark.parametrize("name", ROWS)
@pytest.mark.parametrize(("axis", "table"), [(1, ROWS), (0, COLUMNS)])
def test_scores_of_the_lecture(name: str, axis: int, table: dict[str, tuple[float, ...]]) -> None:
    """Losses and their mean, rows as samples or columns, from a table with labels on the command line."""
    *losses, loss = table[name]
    told = result(name, "scores.csv", "--labels", "0,1,2", "--class-axis", axis)
    assert near(*losses) == told["losses"]
    assert near(loss) == [told["loss"]]


@pytest.mark.parametrize("name", ROWS)
def test_scores_of_the_lecture_on_a_terminal(name: str) -> None:
    """The same digits among the results that are printed, without zeros at their end."""
    out = solved(name, "scores.csv", "--class-axis", 0).out
    for number in COLUMNS[name]:
        assert re.search(rf"(?<![\d.]){re.escape(f'{number:.6f}'.rstrip('0').rstrip('.'))}(?![\d.])", out), number


def test_the_homework_is_solved_from_its_definition() -> None:
    """Both tasks of one problem in one run, each with its own orientation; the other problems' tasks are passed over."""
    rows, columns = found("svm_loss", HOMEWORK)
    assert near(1.5, 1.4, 0.9) == rows["result"]["losses"]
    assert near(1.9, 1.5, 0) == columns["result"]["losses"]
    assert near(0.958020, 0.911901, 0.645985) == found("softmax_loss", HOMEWORK)["result"]["losses"]
    assert 2 == solved("svm_loss", HOMEWORK).out.count("Multiclass SVM loss")


def test_the_neuron_of_the_lecture() -> None:
    """Value and gradients of a formula given as a bare text."""
    told = result("backprop", *NEURON)
    wanted = {"w0": -0.104994, "w1": 0.104994, "w2": 0.104994, "x0": 0.104994, "x1": -0.209987}
    assert near(0.119203) == [told["value"]]
    assert pytest.approx(wanted, abs=5e-7) == told["gradients"]
    assert near(0.119203) == [found("backprop", HOMEWORK)["result"]["value"]]
    out = solved("backprop", *NEURON).out
    assert "0.119203" in out and "x1: -0.209987" in out


def test_the_convolution_of_the_lecture() -> None:
    """Map, ReLU and pool, from the definition and from the numbers themselves."""
    own = result("conv_relu_pool", "image.csv", "kernels=0 -1 0; 1 1 1; 0 -1 0", "--stride", 2)
    assert [[[1, -2], [3, 1]]] == own["conv"]
    assert [[[1, 0], [3, 1]]] == own["relu"]
    assert [[[3]]] == own["pooled"]
    assert own == found("conv_relu_pool", HOMEWORK)["result"]
    assert "Z₁₂ = 4 · (−1) + 1 · 1 + 1 · 1 + 1 · 1 + 1 · (−1)" in solved("conv_relu_pool", HOMEWORK).out


@pytest.mark.parametrize("arguments", [("backprop", *NEURON), ("softmax_loss", "scores.csv", "--gradient")])
def test_engines_agree(arguments: tuple[str, ...]) -> None:
    """SymPy's and PyTorch's numbers are NumPy's, and the output says whose they are."""
    wanted = found(*arguments)
    for engine in ("sympy", "torch"):
        told = found(*arguments, "--engine", engine)
        assert (engine, "numpy") == (told["engine"], wanted["engine"])
        assert [pytest.approx(x, abs=1e-12) for x in numbers_in(wanted["result"])] == numbers_in(told["result"])
        assert f"Results ({engine})" in solved(*arguments, "--engine", engine).out


def numbers_in(value: Any) -> list[float]:
    """Every number of a JSON value, in order."""
    if isinstance(value, (list, dict)):
        return [x for part in (value.values() if isinstance(value, dict) else value) for x in numbers_in(part)]
    return [value]


HEADS = "image,cat,car,frog\nfirst,2.1,1.6,2.1\nsecond,3.0,3.2,2.8\nthird,-2,3.7,3.8\n"
TABLES = {
    "comma": SCORES,
    "comma and space": SCORES.replace(",", ", "),
    "spaces": SCORES.replace(",", "  "),
    "tabs": SCORES.replace(",", "\t"),
    "semicolons": SCORES.replace(",", ";"),
    "semicolons and decimal commas": SCORES.replace(",", ";").replace(".", ","),
    "spaces and decimal commas": SCORES.replace(",", " ").replace(".", ","),
    "tabs and decimal commas": SCORES.replace(",", "\t").replace(".", ","),
    "quoted decimal commas": re.sub(r"[-\d.]+", lambda cell: f'"{cell[0].replace(".", ",")}"', SCORES),
    "typographic minus": SCORES.replace("-", "−"),
    "blank lines": SCORES.replace("\n", "\n\n") + "  \n",
    "blank line of a comma": SCORES.replace(",", " ").replace("\n3.0", "\n , \n3.0"),
    "windows": "\ufeff" + SCORES.replace("\n", "\r\n"),
    "heads and names": HEADS,
    "heads with spaces": HEADS.replace("cat", "a cat").replace("frog", "the frog").replace("first", "no. one"),
    "heads without a corner": HEADS.replace("image,", ",").replace(",", ";"),
    "heads alone": "cat,car,frog\n" + SCORES,
    "names alone": HEADS.partition("\n")[2],
    "heads that end in numbers": "e1,e2,e3\n" + SCORES,
    "toml": "scores = [[2.1, 1.6, 2.1], [3.0, 3.2, 2.8], [-2, 3.7, 3.8]]",
    "toml with a problem": (
        'problem = "svm_loss"\npoints = 3\n[data]\nscores = [[2.1, 1.6, 2.1], [3.0, 3.2, 2.8], [-2, 3.7, 3.8]]'
    ),
}


@pytest.mark.parametrize("form", TABLES)
def test_a_table_in_any_form(form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """From standard input and from a file: separators, decimal commas, heads and names, TOML."""
    typed(monkeypatch, TABLES[form])
    Path("t.txt").write_bytes(TABLES[form].encode("utf-8"))
    assert near(1.5, 1.4, 0.9) == result("svm_loss", "-")["losses"]
    assert near(1.5, 1.4, 0.9) == result("svm_loss", "t.txt")["losses"]


SPELLED = {
    "rows": "2.1 1.6 2.1; 3.0 3.2 2.8; -2 3.7 3.8",
    "rows with commas": "2.1, 1.6, 2.1; 3.0, 3.2, 2.8; -2, 3.7, 3.8",
    "decimal commas": "2,1 1,6 2,1; 3,0 3,2 2,8; -2 3,7 3,8",
    "lists": "[[2.1,1.6,2.1],[3.0,3.2,2.8],[-2,3.7,3.8]]",
    "lists with a comma at their end": "[[2.1, 1.6, 2.1,], [3., 3.2, 2.8], [-2, 3.7, 3.8],]",
    "bare points": "[[2.1, 1.6, 2.1], [3., 3.2, 2.8], [-2, 3.7, 3.8]]",
    "fractions": "21/10 8/5 2.1; 3 16/5 14/5; -2 37/10 19/5",
    "fractions in lists": "[[21/10, 8/5, '2.1'], [3, 16/5, 14/5], [−2, 37/10, 19/5]]",
    "one bracket": "[2.1 1.6 2.1; 3.0 3.2 2.8; -2 3.7 3.8]",
    "typographic minus": "2.1 1.6 2.1; 3.0 3.2 2.8; −2 3.7 3.8",
    "dash for a minus": "2.1 1.6 2.1; 3.0 3.2 2.8; –2 3.7 3.8",
    "lines": SCORES,
    "powers of ten": "21e-1 1.6 2.1; 3.0 0.32e1 2.8; -2 3.7 3.8",
}


@pytest.mark.parametrize("form", SPELLED)
def test_a_matrix_in_any_spelling(form: str) -> None:
    """As name=value and as --name value."""
    assert near(1.5, 1.4, 0.9) == result("svm_loss", f"scores={SPELLED[form]}")["losses"]
    assert near(1.5, 1.4, 0.9) == result("svm_loss", "--scores", SPELLED[form])["losses"]


@pytest.mark.parametrize("labels", ["2,0,1", "2 0 1", "[2,0,1]", "[2, 0, 1]", "2, 0, 1"])
def test_labels_in_any_spelling(labels: str) -> None:
    """Off the diagonal, counted from 0."""
    assert [2, 0, 1] == found("svm_loss", "scores.csv", "--labels", labels)["data"]["labels"]
    assert [2, 0, 1] == found("svm_loss", "scores.csv", f"labels={labels}")["data"]["labels"]


def test_one_image() -> None:
    """A single row, and a single label, need no brackets."""
    told = found("softmax_loss", "scores=2.1 1.6 2.1", "--labels", "1")
    assert [1] == told["data"]["labels"] and ["2.1", "1.6", "2.1"] == told["data"]["scores"][0]
    assert told == found("softmax_loss", "scores=[[2.1, 1.6, 2.1]]", "labels=[1]")


@pytest.mark.parametrize(
    ("spelled", "wanted"), [("19/15", "19/15"), ("0.1", "0.1"), ("−2", -2), ("1e-3", "0.001"), ("3.0", 3), (" 7 ", 7)]
)
def test_a_number_is_exact_as_written(spelled: str, wanted: Any) -> None:
    """No digit is lost or added."""
    assert wanted == found("backprop", "x*1", f"x={spelled}")["data"]["x"]


PARAMETERS = {
    "stride": ((*CONV, "--stride", "3"), (*CONV, "--stride=3"), (*CONV, "stride=3")),
    "pool": ((*CONV, "--pool", "none"), (*CONV, "pool=none")),
    "pool_size": ((*CONV, "--pool-size", "3"), (*CONV, "--pool_size", "3")),
    "dilation": ((*CONV, "--dilation", "2"),),
    "padding": ((*CONV, "--padding", "1"),),
    "relu": ((*CONV, "--relu", "false"), (*CONV, "--relu=false"), (*CONV, "relu=False")),
    "squared": (("svm_loss", "--squared", SMALL), (*SVM, "--squared", "true"), (*SVM, "squared=true")),
    "margin": (("svm_loss", SMALL, "--margin", "7/2"), ("svm_loss", SMALL, "margin=3.5")),
    "reduction": (("svm_loss", SMALL, "--reduction", "sum"),),
    "class_axis": (("svm_loss", SMALL, "--class-axis", "0"),),
    "log_scores": (("softmax_loss", SMALL, "--log-scores"),),
}


@pytest.mark.parametrize("name", PARAMETERS)
def test_a_parameter_in_any_spelling(name: str) -> None:
    """With - or _, with = or a space; it is told among the parameters, and other than by default it changes the result."""
    told = [found(*arguments) for arguments in PARAMETERS[name]]
    without = [word for word in PARAMETERS[name][0] if word in (*CONV, SMALL, "svm_loss", "softmax_loss")]
    plain = found(*without)
    assert 1 == len({json.dumps(task["result"]) for task in told})
    assert plain["params"][name] != told[0]["params"][name]
    assert plain["result"] != told[0]["result"]


def test_a_gradient_that_is_asked_is_shown() -> None:
    """--gradient with or without a value, and before a file that it must not take for one."""
    for words in (("--gradient", "scores.csv"), ("scores.csv", "--gradient"), ("--gradient", "true", "scores.csv")):
        assert found("svm_loss", *words)["params"]["gradient"] is True


def test_scores_that_are_logarithms() -> None:
    """The table holds the numbers under ln: probabilities are fractions of their sum."""
    told = result("softmax_loss", "scores=1 2 5", "--labels", "[2]", "--log-scores")
    assert near(0.125, 0.25, 0.625) == told["probabilities"][0]
    assert "ln" in solved("softmax_loss", "scores=1 2 5; 2 2 4", "--log-scores").out


def test_bias_as_numbers() -> None:
    """One per filter, or one number alone, however it is said."""
    plain = result(*CONV)["conv"][0][0]
    for words in (("bias=-7",), ("--bias", "-7"), ("--bias=-7",), ("bias=[-7]",)):
        assert [cell - 7 for cell in plain] == result(*CONV, *words)["conv"][0][0]
    two = result("conv_relu_pool", "image.csv", "kernels=[[[[1]]], [[[1]]]]", "--bias", "-1,2")["conv"]
    assert [0, 3] == [two[0][0][0], two[1][0][0]]


TWO_LAYERS = "h=relu(x@W1+b1); s=h@W2+b2; L=log(sum(exp(s)))-sum(y*s)"
LAYERS = ("x=1 2", "W1=1 -1; 0.5 2", "b1=0.1 -0.2", "W2=[[1,0],[0,1]]", "b2=0,0", "y=1 0")


@pytest.mark.parametrize(
    "formula", [TWO_LAYERS, TWO_LAYERS.replace("=", " = ", 3), f"formula={TWO_LAYERS}", TWO_LAYERS.replace("; ", "\n")]
)
def test_a_net_of_two_layers_in_one_line(formula: str) -> None:
    """Vectors and matrices; the statements' own = is not taken for that of an input, wherever they stand."""
    for words in ((formula, *LAYERS), (*LAYERS, formula)):
        told = result("backprop", *words)
        assert near(1.103186) == [told["value"]]
        assert near(-0.668188, 0.668188) == told["gradients"]["b2"] == told["nodes"]["s"]["gradient"]


def test_an_upstream_gradient() -> None:
    """It goes through the chain: for a formula and for a net."""
    once, thrice = (result("backprop", "q=x+y; f=q*z", "x=-2", "y=5", "z=-4", *up) for up in ((), ("upstream=3",)))
    assert {"x": -4, "y": -4, "z": 3} == once["gradients"]
    assert {"x": -12, "y": -12, "z": 9} == thrice["gradients"]
    told = result("conv_relu_pool", "image=1 2; 3 4", "kernels=[[1]]", "--pool", "none", "upstream=[[[1, 0], [0, 2]]]")
    assert [[[[9]]]] == told["dkernels"]


def test_a_target() -> None:
    """Half the squared error, and what comes back from it."""
    told = result("conv_relu_pool", "image=1 2; 3 4", "kernels=[[2]]", "--pool", "none", "target=[[[1, 4], [6, 8]]]")
    assert near(0.5) == [told["loss"]]
    assert [[[[1]]]] == told["dkernels"]


PRESET = "preset = '3x3_columns'\nscores = [[2.1, 1.6, 2.1], [3.0, 3.2, 2.8], [-2, 3.7, 3.8]]\n"


def test_a_preset_in_toml() -> None:
    """It sets what the task does not; the command line wins over the file."""
    Path("t.toml").write_text(PRESET, encoding="utf-8")
    assert near(1.9, 1.5, 0) == result("svm_loss", "t.toml")["losses"]
    assert near(1.5, 1.4, 0.9) == result("svm_loss", "t.toml", "--class-axis", 1)["losses"]
    assert near(1.9, 1.5, 0) == result("svm_loss", "scores.csv", "--preset", "3x3_columns")["losses"]


@pytest.mark.parametrize(
    "text",
    [
        "margin = 3.5\nclass_axis = 0\nscores = [[1, 2], [3, 5]]\nlabels = [1, 0]",
        "[params]\nmargin = 3.5\nclass_axis = 0\n[data]\nscores = [[1, 2], [3, 5]]\nlabels = [1, 0]",
        'title = "T"\n[[task]]\nproblem = "svm_loss"\npreset = "2x3"\n[[task]]\nproblem = "svm_loss"\n'
        "params = { margin = 3.5, class_axis = 0 }\ndata = { scores = [[1, 2], [3, 5]], labels = [1, 0] }",
    ],
    ids=["bare", "tables", "exam"],
)
def test_parameters_in_toml(text: str) -> None:
    """Bare, in tables of their own, or as in an exam definition."""
    Path("t.toml").write_text(text, encoding="utf-8")
    told = found("svm_loss", "t.toml")
    assert ("3.5", 0, [1, 0]) == (told["params"]["margin"], told["params"]["class_axis"], told["data"]["labels"])
    assert near(1.5, 6.5) == told["result"]["losses"]


def test_more_than_an_exam_allows() -> None:
    """20 images of 15 classes, which no sheet would hold: no digit is lost on a terminal of 80 characters."""
    rows = [[(7 * i + 11 * j) % 200 - 100 for j in range(15)] for i in range(20)]
    Path("wide.csv").write_text("\n".join(",".join(f"{x / 10:.1f}" for x in row) for row in rows), encoding="utf-8")
    labels = ",".join(str(i % 15) for i in range(20))
    out = solved("svm_loss", "wide.csv", "--labels", labels).out
    narrow = narrow_run("svm_loss", "wide.csv", "--labels", labels)
    assert 20 == len(found("svm_loss", "wide.csv", "--labels", labels)["result"]["losses"])
    given = [f"{x / 10:.1f}".replace("-", "−") for row in rows for x in row]
    for told in (out, narrow):
        shown = re.findall(r"−?\d+\.\d", told.partition("Image 1")[0])
        assert given == shown


def narrow_run(*arguments: object) -> str:
    """What is printed where a terminal has 80 columns."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COLUMNS", "80")
        return solved(*arguments).out


def test_a_large_task_has_results_only() -> None:
    """Over 10,000 numbers: said so on the terminal, and refused as a document; the numbers are all in the JSON."""
    Path("big.csv").write_text("\n".join(" ".join(["1"] * 80) for _ in range(80)), encoding="utf-8")
    out = solved("conv_relu_pool", "big.csv", "kernels=1 1; 1 1").out
    assert "a worked solution is for hand-sized tasks" in " ".join(out.split()) and "… (79)" in out
    told = found("conv_relu_pool", "big.csv", "kernels=1 1; 1 1")
    assert ([], 79) == (told["steps"], len(told["result"]["conv"][0]))
    for option in ("--html", "--pdf"):
        said = complaint(run("solve", "conv_relu_pool", "big.csv", "kernels=1 1; 1 1", option, "big.out"))
        assert "a worked solution is for hand-sized tasks" in said and not Path("big.out").exists()


def test_numbers_far_from_1() -> None:
    """A small power of e is written with its power of ten, never as 0; what has hundreds of digits has results only."""
    out = solved("softmax_loss", "scores=[[123, 456, 789]]", "--labels", "[0]").out
    assert "≈ 5.7527·10⁻²⁹⁰" in out and "= 0\n" not in re.sub(r" +\n", "\n", out.partition("p₁")[0])
    assert near(666) == [result("softmax_loss", "scores=[[123, 456, 789]]", "--labels", "[0]")["loss"]]
    assert near(1) == [result("backprop", "1/exp(-x)", "x=200")["value"] / 7.225973768125749e86]
    assert "≈ 7.226·10⁸⁶" in solved("backprop", "1/exp(-x)", "x=200").out
    assert "hundreds of digits" in solved("backprop", "x**200", "x=1.23456789").out


def test_a_formula_longer_than_a_file_name() -> None:
    """A long text is no file that is not there."""
    assert near(301) == [result("backprop", "+".join(["x"] * 301), "x=1")["value"]]


def test_working_and_decimals() -> None:
    """So many decimals on the way, and in the answer."""
    words = ("softmax_loss", "scores.csv")
    assert "p₁ ≈ 8.1662 / 21.2854 ≈ 0.3837  →  0.38" in solved(*words).out
    assert "p₁ ≈ 8.17 / 21.29 ≈ 0.384  →  0.3837" in solved(*words, "--working", 2, "--decimals", 4).out


def test_russian_with_decimal_commas() -> None:
    """Words of the catalogue; no number of a step has a decimal point."""
    out = solved("svm_loss", "scores.csv", "--margin", "1.5", "--language", "ru").out
    steps, _, results = out.partition("Результаты")
    assert "max(0, s₁₂ − s₁₁ + 1,5) = max(0, 1,6 − 2,1 + 1,5) = max(0, 1) = 1" in steps
    assert "оценка верного класса s₁₁=2,1" in steps
    assert [] == re.findall(r"\d\.\d", steps)
    assert results
    assert [] == re.findall(r"[A-Za-z]{4,}", steps.replace("SVM", ""))


def test_the_short_form_is_shorter() -> None:
    """It leaves out what repeats, and states the same results."""
    words = ("conv_relu_pool", HOMEWORK)
    long, short = solved(*words).out, solved(*words, "--short").out
    assert len(short) < 0.8 * len(long)
    assert long.partition("Results")[2] == short.partition("Results")[2] != ""
    assert len(found(*words, "--short")["steps"]) < len(found(*words)["steps"])


def test_marks_are_characters() -> None:
    """True classes in square brackets, clipped cells in round ones, winners with a star: no colour is needed."""
    assert re.search(r"\[2\.1\] +1\.6 +2\.1", solved("svm_loss", "scores.csv").out)
    out = solved("conv_relu_pool", HOMEWORK).out
    assert re.search(r"1 +\(0\)", out) and re.search(r"\*3 +1", out)


EXAMPLES = {name: chosen.example for name, chosen in problems().items()}


def test_every_problem_has_an_example() -> None:
    """The help shows one command line for each."""
    out = run("solve", "--help").out
    assert all(EXAMPLES.values())
    assert sorted(f"examgen solve {name} {example}" for name, example in EXAMPLES.items()) == sorted(shown_examples(out))


def shown_examples(out: str) -> list[str]:
    """The command lines of the help, each in a line of its own on a wide terminal."""
    return [line.strip() for line in out.partition("Examples:")[2].splitlines() if line.strip().startswith("examgen ")]


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_example_of_the_help_runs(name: str) -> None:
    """As it stands there, with the files that it names."""
    (line,) = (line for line in shown_examples(run("solve", "--help").out) if line.startswith(f"examgen solve {name} "))
    assert solved(*shlex.split(line)[2:]).out.count("Results (numpy)") == 1


WRITTEN = {
    "svm_loss": ("scores.csv",), "softmax_loss": ("scores.csv",), "backprop": NEURON,
    "conv_relu_pool": ("image.csv", FILTER),
}  # fmt: skip


@pytest.mark.parametrize("language", ["en", "ru"])
@pytest.mark.parametrize("name", WRITTEN)
def test_a_web_page_is_whole(name: str, language: str) -> None:
    """One file with its style: nothing left of a template or a message, nothing fetched from elsewhere."""
    ended = solved(name, *WRITTEN[name], "--html", "out.html", "--language", language)
    html = Path("out.html").read_text(encoding="utf-8")
    assert "out.html is written\n" == ended.out
    assert html.startswith("<!doctype html>") and html.rstrip().endswith("</html>")
    assert f'<html lang="{language}">' in html
    assert [] == leftovers(html)


def leftovers(html: str) -> list[str]:
    """Places that were not filled in, and addresses of other files."""
    return re.findall(r"%\(|\{\{|\{%|\{#|%s|None<|&lt;(?:span|math)|(?:src|href)=|url\(|@import", html)


@pytest.mark.parametrize("left", ["%(margin)s", "{{ step }}", "{% if %}", "<p>None</p>", "<img src='x'>", "&lt;span&gt;"])
def test_leftovers_are_found(left: str) -> None:
    """The tooth."""
    assert leftovers(f"<p>{left}</p>")


@pytest.mark.parametrize("language", ["en", "ru"])
def test_a_pdf_holds_the_steps(language: str) -> None:
    """Its text is that of the worked solution."""
    solved("svm_loss", "scores.csv", "--pdf", "out.pdf", "--language", language)
    done = subprocess.run(["pdftotext", "-layout", "out.pdf", "-"], capture_output=True, check=True)
    text = done.stdout.decode("utf-8")
    assert {"en": "≈ 1.2667", "ru": "≈ 1,2667"}[language] in text
    assert {"en": "Worked solution", "ru": "Решение"}[language] in text


def test_documents_and_json_together() -> None:
    """Both files and the JSON in one run; what is told of the files does not mix with the JSON."""
    ended = run("solve", "svm_loss", SMALL, "--html", "a.html", "--pdf", "a.pdf", "--json")
    assert (0, "a.html is written\na.pdf is written\n") == (ended.status, ended.err)
    assert "svm_loss" == json.loads(ended.out)["problem"]
    assert b"%PDF" == Path("a.pdf").read_bytes()[:4]


@pytest.mark.parametrize("option", ["--html", "--pdf"])
@pytest.mark.parametrize("place", ["nofolder/out", "scores.csv/out", "/proc/examgen.out", "/dev/null/out"])
def test_a_place_that_cannot_be_written_is_named(option: str, place: str, folder: Path) -> None:
    """A missing folder, a path through a file, a place nobody can write: no half of a file is left."""
    before = sorted(folder.rglob("*"))
    said = complaint(run("solve", "svm_loss", SMALL, option, place))
    assert said.startswith(f"{place}: cannot be written (") and said.endswith("choose another place")
    assert before == sorted(folder.rglob("*"))


def test_a_document_that_fails_leaves_the_old_one(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """What stood there is replaced in one go or not at all."""
    Path("out.html").write_text("kept", encoding="utf-8")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", full)
    assert "out.html: cannot be written (No space left on device), choose another place" == complaint(
        run("solve", "svm_loss", SMALL, "--html", "out.html")
    )
    assert "kept" == Path("out.html").read_text(encoding="utf-8")
    assert ["image.csv", "out.html", "scores.csv"] == sorted(path.name for path in folder.iterdir())


NINES = "9" * 5000
MISTAKES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "no numbers": (("svm_loss",), ("svm_loss", "no numbers", "scores=…", "--help")),
    "no numbers of a formula": (("backprop", "x*y"), ("backprop", "no numbers")),
    "no problem": (("nosuch", SMALL), ("unknown problem 'nosuch'", "svm_loss")),
    "missing file": (("svm_loss", "nofile.csv"), ("nofile.csv", "no such file")),
    "missing definition": (("svm_loss", "nofile.toml"), ("nofile.toml", "no such file")),
    "missing file of a formula": (("backprop", "x", "nofile.toml"), ("nofile.toml", "no such file")),
    "bare word": (("svm_loss", "1 2; 3 4"), ("1 2; 3 4", "no such file", "name=value")),
    "long word": (("svm_loss", "x" * 5000), ("xxx", "cannot be read", "name")),
    "null byte": (("svm_loss", "a\0b.csv"), (r"a\x00b.csv", "no such file")),
    "path through a file": (("svm_loss", "scores.csv/x"), ("scores.csv/x", "cannot be read")),
    "folder": (("svm_loss", "."), (".: ", "folder")),
    "folder called toml": (("svm_loss", "folder.toml"), ("folder.toml", "folder")),
    "not utf-8": (("svm_loss", "bytes.csv"), ("bytes.csv", "UTF-8")),
    "empty file": (("svm_loss", "empty.csv"), ("empty.csv", "is empty")),
    "empty toml": (("svm_loss", "empty.toml"), ("empty.toml", "is empty")),
    "empty standard input": (("svm_loss", "-"), ("standard input", "is empty")),
    "separators alone": (("svm_loss", "semicolon.csv"), ("semicolon.csv", "scores is empty")),
    "separators alone on the command line": (("svm_loss", "scores=;"), ("scores is empty",)),
    "no value": (("svm_loss", "scores="), ("scores is empty",)),
    "ragged table": (("svm_loss", "ragged.csv"), ("ragged.csv", "scores, row 3", "2", "3", "ragged")),
    "ragged rows": (("svm_loss", "scores=1 2; 3"), ("scores, row 2", "ragged")),
    "ragged lists": (("svm_loss", "scores=[[1, 2], [3]]"), ("scores", "ragged")),
    "text in a table": (("svm_loss", "text.csv"), ("text.csv", "scores, row 2, column 2", "'abc'")),
    "text below heads": (("svm_loss", "heads.csv"), ("heads.csv", "row 3, column 3", "'abc'")),
    "hole in a table": (("svm_loss", "hole.csv"), ("hole.csv", "row 2, column 2", "''")),
    "text in a row": (("svm_loss", "scores=1 2; 3 x4"), ("scores, row 2, column 2", "'x4'")),
    "text in a list": (("svm_loss", "scores=[[1, two], [3, 4]]"), ("scores", "'two'")),
    "nan in the first row": (("svm_loss", "nan.csv"), ("nan.csv", "row 1, column 2", "'nan'")),
    "inf": (("svm_loss", "scores=1 inf; 3 4"), ("scores, row 1, column 2", "'inf'")),
    "nan in a list": (("svm_loss", "scores=[[1, nan], [3, 4]]"), ("scores", "'nan'")),
    "nan in a parameter": ((*CONV, "--stride", "nan"), ("stride", "'nan'")),
    "inf in a parameter": ((*CONV, "--stride", "inf"), ("stride", "'inf'")),
    "unbalanced list": (("svm_loss", "scores=[[1, 2], [3, 4]"), ("scores", "[[1, 2], [3, 4]]")),
    "two lists": (("svm_loss", "scores=[1, 2] [3, 4]"), ("scores", "write lists as")),
    "label out of range": (("svm_loss", SMALL, "--labels", "0,2"), ("labels holds 2", "0..1")),
    "label below 0": (("svm_loss", SMALL, "--labels", "0,-1"), ("labels holds -1", "0..1")),
    "label and a half": (("svm_loss", SMALL, "--labels", "0,1/2"), ("labels holds 1/2", "0..1")),
    "too few labels": (("svm_loss", SMALL, "--labels", "0"), ("labels", "(1,)", "(2,)")),
    "too many labels": (("svm_loss", SMALL, "--labels", "0,1,1"), ("labels", "(3,)", "(2,)")),
    "labels as a word": (("svm_loss", SMALL, "--labels", "all"), ("labels = 'all'", "'diagonal'")),
    "number for a table": (("svm_loss", "scores=1"), ("scores", "()", "per row")),
    "mistyped parameter": (
        ("conv_relu_pool", "image.csv", FILTER, "--strid", "2"),
        ("'strid'", "image, kernels", "parameters are", "stride"),
    ),
    "mistyped input": (("svm_loss", SMALL, "lables=0 1"), ("'lables'", "scores, labels", "class_axis")),
    "option without a value": (("svm_loss", SMALL, "--margin"), ("--margin", "value is missing")),
    "bad truth": (("svm_loss", SMALL, "--squared=maybe"), ("squared = 'maybe'", "true or false")),
    "bad choice": (("svm_loss", SMALL, "--reduction", "max"), ("reduction = 'max'", "'mean', 'sum'")),
    "number for a choice": (("svm_loss", SMALL, "--class-axis", "2"), ("class_axis = 2", "0, 1")),
    "half a stride": ((*CONV, "--stride", "2.5"), ("stride = 2.5", "a whole number")),
    "no stride": ((*CONV, "--stride", "0"), ("stride = 0", "at least 1")),
    "word for a number": (("svm_loss", SMALL, "--margin", "two"), ("margin", "'two'")),
    "unknown preset": (("svm_loss", SMALL, "preset=9x9"), ("svm_loss", "'9x9'", "3x4")),
    "preset of a file": (("svm_loss", "preset.toml"), ("preset.toml", "preset = 3")),
    "params of a file": (("svm_loss", "params.toml"), ("params.toml", "params = 1")),
    "not toml": (("svm_loss", "bad.toml"), ("bad.toml", "not TOML")),
    "not toml, by no name": (("svm_loss", "bad.txt"), ("bad.txt", "not TOML")),
    "table for a formula": (("backprop", "x", "scores.csv"), ("scores.csv", "not TOML", "no table")),
    "no such task": (("softmax_loss", "svm.toml"), ("svm.toml", "no task of softmax_loss")),
    "task without numbers": (("backprop", "svm.toml"), ("svm.toml", "no task of backprop", "data")),
    "mistake in a task": (("svm_loss", "svm.toml"), ("svm.toml, task 2", "labels holds 9")),
    "file of another problem": (("softmax_loss", "one.toml"), ("one.toml", "'svm_loss'", "softmax_loss")),
    "formula with ^": (("backprop", "x^2", "x=2"), ("column 2", "'^'", "**")),
    "unbound name": (("backprop", "x*y", "x=2"), ("column 3", "'y'")),
    "extra name": (("backprop", "x*2", "x=2", "y=3"), ("backprop", "'y'", "give x")),
    "two formulas": (("backprop", "x*2", "x*3", "x=2"), ("'x*3'", "one formula already", "'x*2'")),
    "word for an input": (("backprop", "x*2", "x=two"), ("x holds 'two'",)),
    "nan for an input": (("backprop", "x*2", "x=nan"), ("x holds 'nan'", "finite")),
    "shapes that do not fit": (("backprop", "sum(x@W)", "x=1 2", "W=1 2 3; 4 5 6; 7 8 9"), ("column 6", "(2,)", "(3, 3)")),
    "kernel larger than the image": (("conv_relu_pool", "image=1 2; 3 4", "kernels=1 2 3; 1 2 3; 1 2 3"), ("3×3", "2×2")),
    "no kernels": (("conv_relu_pool", "image.csv"), ("'kernels'",)),
    "kernel of one axis": (("conv_relu_pool", "image.csv", "kernels=1,2"), ("kernels (2,)", "(kH, kW)")),
    "division by 0": (("backprop", "1/x", "x=0"), ("f has no finite value", "quotient by 0")),
    "fraction over 0": (("backprop", "x", "x=1/0"), ("x holds '1/0'",)),
    "logarithm of 0": (("softmax_loss", "scores=0 1; 2 3", "--log-scores"), ("scores", "above 0")),
    "too many digits": (("backprop", "x", f"x={NINES}"), ("x holds 999", "1e40")),
    "too many digits of a fraction": (("backprop", "x", f"x={NINES}/7"), ("x holds '999",)),
    "too many digits of a parameter": ((*CONV, "--stride", NINES), ("stride = 999",)),
    "huge exponent": (("backprop", "x", "x=1e999999999"), ("x holds 1E+999999999", "1e40")),
    "tiny exponent": (("backprop", "x", "x=1e-999999999"), ("x holds 1E-999999999", "40 decimals")),
    "huge exponent in a table": (("svm_loss", "scores=1 1e999999999; 2 3"), ("scores holds 1E+999999999",)),
    "huge exponent in a parameter": ((*CONV, "--stride", "1e999999999"), ("stride = 1E+999999999", "a whole number")),
    "tiny exponent in a parameter": ((*CONV, "--stride", "1e-999999999"), ("stride = 1E-999999999", "a whole number")),
    "huge margin": (("svm_loss", SMALL, "--margin", "1e999999999"), ("margin", "1E+999999999")),
    "huge exponent in toml": (("svm_loss", "huge.toml"), ("huge.toml", "scores holds 1E+999999999")),
    "deep brackets of a list": (("backprop", "x", "x=" + "[" * 3000 + "1" + "]" * 3000), ("x", "[[[[")),
    "deep brackets within bounds": (("backprop", "x", "x=" + "[" * 9 + "1" + "]" * 9), ("x is nested 9 deep", "4 axes")),
    "deep brackets of a formula": (("backprop", "(" * 300 + "x" + ")" * 300, "x=1"), ("column", "100")),
    "deep brackets in toml": (("svm_loss", "deep.txt"), ("deep.txt", "not TOML")),
    "unknown engine": (("svm_loss", SMALL, "--engine", "abacus"), ("engine", "'abacus'", "'sympy'")),
    "unknown language": (("svm_loss", SMALL, "--language", "fr"), ("fr", "en, ru")),
}  # fmt: skip
SVM_TASK = '[[task]]\nproblem = "svm_loss"\ndata = { scores = [[1, 2], [3, 4]], labels = [0, 9] }\n'
WRONG: dict[str, str | bytes] = {
    "bytes.csv": b"1,2\n\xff\xfe,3\n",
    "empty.csv": " \n",
    "empty.toml": "",
    "semicolon.csv": ";\n",
    "ragged.csv": "1,2,3\n4,5,6\n7,8\n",
    "text.csv": "1,2\n3,abc\n",
    "heads.csv": "image,cat,dog\none,1,2\ntwo,3,abc\n",
    "hole.csv": "1,2\n3,\n",
    "nan.csv": "1,nan\n3,4\n",
    "preset.toml": "preset = 3\nscores = [[1, 2], [3, 4]]\n",
    "params.toml": "params = 1\nscores = [[1, 2], [3, 4]]\n",
    "bad.toml": "scores = [[1, 2\n",
    "bad.txt": "scores = [[1, 2\n",
    "svm.toml": '[[task]]\nproblem = "backprop"\n' + SVM_TASK,
    "one.toml": 'problem = "svm_loss"\nscores = [[1, 2], [3, 4]]\n',
    "huge.toml": "scores = [[1, 1e999999999], [3, 4]]\n",
    "deep.txt": "scores = " + "[" * 5000 + "]" * 5000,
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_one_sentence(name: str, monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """Exit 2, and one line that names the word, the file, the cell or the input; no traceback, no file."""
    for file, content in WRONG.items():
        Path(file).write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
    Path("folder.toml").mkdir()
    typed(monkeypatch, "")
    before = sorted(folder.rglob("*"))
    arguments, words = MISTAKES[name]
    said = complaint(run("solve", *arguments, "--json"))
    assert [] == [word for word in words if word not in said], said
    assert before == sorted(folder.rglob("*"))


def test_every_wrong_file_is_used() -> None:
    """No file of the table of mistakes stands there in vain."""
    used = {word for arguments, _ in MISTAKES.values() for word in arguments}
    assert set(WRONG) <= used


@pytest.mark.parametrize(
    "arguments",
    [
        ("svm_loss", SMALL, "--labels", "0,1"),
        (*CONV, "--stride", "2"),
        ("backprop", "x*2", "x=2"),
        ("backprop", "sum(x@W)", "x=1 2", "W=1 2; 4 5"),
    ],
)
def test_the_commands_are_right_but_for_their_mistake(arguments: tuple[str, ...]) -> None:
    """The tooth of the table: without the mistake they run."""
    assert solved(*arguments, "--json").out


@pytest.mark.parametrize("option", [("--working", "0"), ("--working", "10"), ("--decimals", "7"), ("--decimals", "x")])
def test_options_out_of_range_are_usage(option: tuple[str, str]) -> None:
    """Told by name, with what is allowed."""
    ended = run("solve", "svm_loss", SMALL, *option)
    assert (2, "") == (ended.status, ended.out)
    assert option[0] in ended.err and "Traceback" not in ended.err


def cells(value: Any, visit: Callable[[Any], None]) -> None:
    """Visits every string of a JSON value."""
    if isinstance(value, str):
        visit(value)
    for part in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        cells(part, visit)


@pytest.mark.parametrize("language", ["en", "ru"])
@pytest.mark.parametrize("name", WRITTEN)
def test_the_words_of_json_are_text(name: str, language: str) -> None:
    """Steps in the language, with no LaTeX and no place that was not filled in."""
    told = found(name, *WRITTEN[name], "--language", language)
    wrong: list[str] = []
    cells(told["steps"], lambda text: wrong.extend([text] if set(text) & set("\\{}$%") else []))
    assert told["steps"] and [] == wrong
