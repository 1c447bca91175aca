"""Exam definitions with one mistake each: name -> the file's text and words that the complaint must hold."""

from __future__ import annotations

from collections.abc import Mapping

SEED = "correct horse battery staple"
TITLE, VARIANTS, SEEDED = 'title = "Test"\n', "variants = 2\n", f'seed = "{SEED}"\n'
HEAD = TITLE + VARIANTS + SEEDED


def task(problem: str = '"svm_loss"', *lines: str) -> str:
    """A [[task]] table."""
    return "\n".join(("[[task]]", f"problem = {problem}", *lines, ""))


def svm(*lines: str) -> str:
    return HEAD + task('"svm_loss"', *lines)


def conv(*lines: str) -> str:
    return HEAD + task('"conv_relu_pool"', *lines)


def backprop(*lines: str) -> str:
    return HEAD + task('"backprop"', *lines)


def either(*lines: str) -> str:
    return HEAD + task('["svm_loss", "softmax_loss"]', *lines)


def scores(text: str, more: str = "") -> str:
    return svm(f"data = {{ scores = {text}{more} }}")


TASK = task()
Mistake = tuple[str, tuple[str, ...]]

KEYS: Mapping[str, Mistake] = {
    "missing title": (VARIANTS + SEEDED + TASK, ("missing key 'title'",)),
    "missing variants": (TITLE + SEEDED + TASK, ("missing key 'variants'",)),
    "missing task": (HEAD, ("missing key 'task'",)),
    "missing problem": (HEAD + "[[task]]\npoints = 3\n", ("task 1", "missing key 'problem'")),
    "empty file": ("", ("missing key 'title'",)),
    "empty task list": (HEAD + "task = []\n", ("[[task]]", "at least one")),
    "unknown key": (HEAD + "colour = 1\n" + TASK, ("unknown key 'colour': allowed are title, course, date",)),
    "unknown task key": (svm("colour = 1"), ("task 1", "unknown key 'colour'", "allowed are problem, preset")),
    "mistyped key": (HEAD + "duplx = true\n" + TASK, ("unknown key 'duplx': did you mean duplex? allowed are title",)),
    "mistyped task key": (svm('presets = "3x4"'), ("unknown key 'presets': did you mean preset? allowed are problem",)),
    "key with a line break": (HEAD + '"a\\nb" = 1\n' + TASK, ("unknown key", r"a\nb")),
    "second task": (svm() + task('"svm"'), ("task 2", "unknown problem 'svm'")),
    "41 tasks": (HEAD + TASK * 41, ("task", "at most 40")),
}

NAMES: Mapping[str, Mistake] = {
    "unknown problem": (HEAD + task('"svm"'), ("task 1", "unknown problem 'svm'", "svm_loss")),
    "mistyped problem": (HEAD + task('"svm_los"'), ("unknown problem 'svm_los': did you mean svm_loss? there are",)),
    "mistyped preset": (conv('preset = "5x5_strid"'), ("no preset '5x5_strid': did you mean 5x5_stride2? it has",)),
    "problem with escapes": (HEAD + task('"\\u001b[31m"'), ("task 1", "unknown problem", "svm_loss")),
    "unknown preset": (svm('preset = "9x9"'), ("task 1", "svm_loss has no preset '9x9'", "3x4")),
    "preset of another problem": (svm('preset = { softmax_loss = "2x3" }'), ("task 1", "preset", "'softmax_loss'")),
    "unknown parameter": (svm("params = { clases = 3 }"), ("task 1", "no parameter 'clases': did you mean classes? it has")),
    "unknown language": (HEAD + 'language = "fr"\n' + TASK, ("language = 'fr'", "allowed are 'en', 'ru'")),
    "unknown paper": (HEAD + 'paper = "A5"\n' + TASK, ("paper = 'A5'", "allowed are 'A4', 'Letter'")),
    "no length": (HEAD + 'space = "8"\n' + TASK, ("space = '8'", 'such as "8cm"')),
    "a length of nothing": (HEAD + 'space = "0cm"\n' + TASK, ("space = '0cm'", 'such as "8cm"')),
    "too much room": (svm('space = "30cm"'), ("task 1", "space = '30cm'", "at most 20 cm")),
    "no day": (HEAD + "date = 12\n" + TASK, ("date = 12", "give a day such as 2026-12-15")),
    "a moment": (HEAD + "date = 2026-12-15T10:00:00\n" + TASK, ("date = ", "give a day such as")),
    "course of another language": (
        HEAD + 'course = { ru = "К" }\nlanguage = "en"\n' + TASK, ("course has no entry for 'en'",)
    ),
    "a title with hidden signs": (
        'title = "a\\u202Eb"\n' + VARIANTS + SEEDED + TASK, ("title = ", "signs that nobody sees")
    ),
    "an archive without tags": (HEAD + 'pdf = "a"\ntagged = false\n' + TASK, ("tagged = false", "PDF needs its tags")),
    "tags in words": (HEAD + 'tagged = "no"\n' + TASK, ("tagged = 'no'", "expected true or false")),
    "unknown kind of PDF": (HEAD + 'pdf = "x"\n' + TASK, ("pdf = 'x'", "allowed are 'ua', 'a'")),
    "unknown calculator": (HEAD + 'calculator = "big"\n' + TASK, ("calculator = 'big'", "'simple'")),
    "calculator not allowed": (
        HEAD + 'calculator = "none"\n' + task('"backprop"'),
        ("task 1", "sigmoid_neuron", "'scientific'", "'none'", "hand out tables (formulas = true)", "sum_times"),
    ),
    "no table for exponentials": (
        HEAD + 'calculator = "none"\nformulas = true\n' + task('"backprop"', 'preset = "sigmoid_gates"'),
        ("task 1", "sigmoid_gates", "'scientific'", "'none': change that, or take", "sigmoid_neuron"),
    ),
    "decimals of logarithms": (
        HEAD + 'calculator = "none"\nexact_forms = false\n' + task('"softmax_loss"', 'preset = "3x3_log"'),
        ("task 1", "exact_forms = false", "softmax_loss 3x3_log", "logarithms", "exact_forms = true"),
    ),
    "decimals of pinned logarithms": (
        HEAD + "exact_forms = false\n"
        + task('"softmax_loss"', "params = { log_scores = true, limit = 3 }", "data = { scores = [[1, 2, 3]] }"),
        ("task 1", "exact_forms = false", "softmax_loss with these numbers", "exact_forms = true"),
    ),
    "calculator for changed parameters": (
        HEAD + 'calculator = "none"\n' + task('"softmax_loss"', 'preset = "3x3_log"', "params = { log_scores = false }"),
        ("task 1", "'3x3_log' of softmax_loss with these params", "'scientific'", "'none'"),
    ),
    "calculator for another formula": (
        HEAD + 'calculator = "simple"\n'
        + task('"backprop"', 'preset = "sum_times"', 'params = { formula = "sigmoid_neuron" }'),
        ("task 1", "'sum_times' of backprop with these params", "'scientific'", "'simple'"),
    ),
    "calculator for squares": (
        HEAD + 'calculator = "none"\n' + task('"svm_loss"', "params = { squared = true }"),
        ("task 1", "'3x4' of svm_loss with these params", "'simple'", "'none'"),
    ),
    "calculator for averages": (
        HEAD + 'calculator = "none"\n' + task('"conv_relu_pool"', 'params = { pool = "avg", pool_size = 1, pool_stride = 1 }'),
        ("task 1", "'5x5_stride2' of conv_relu_pool with these params", "'simple'", "'none'"),
    ),
    "unknown reduction": (svm('params = { reduction = "max" }'), ("reduction = 'max'", "'mean', 'sum'")),
    "unknown op": (backprop('params = { formula = "random", ops = ["pow"] }'), ("'pow'", "add, sub")),
    "unknown function": (backprop('params = { formula = "f = foo(x)" }'), ("column 5", "'foo'", "exp, log")),
}

SIZES: Mapping[str, Mistake] = {
    "0 classes": (svm("params = { classes = 0 }"), ("task 1", "classes = 0", "at least 2")),
    "one pinned class": (scores("[[1], [3]]"), ("task 1", "classes = 1", "at least 2")),
    "0 variants": (TITLE + SEEDED + "variants = 0\n" + TASK, ("variants = 0", "at least 1")),
    "too many variants": (TITLE + SEEDED + "variants = 10000000\n" + TASK, ("variants", "at most 100000")),
    "0 minutes": (HEAD + "minutes = 0\n" + TASK, ("minutes = 0", "at least 1")),
    "sitting 0": (HEAD + "sitting = 0\n" + TASK, ("sitting = 0", "at least 1")),
    "0 working decimals": (HEAD + "working = 0\n" + TASK, ("working = 0", "at least 1")),
    "9 decimals": (HEAD + "decimals = 9\n" + TASK, ("decimals = 9", "at most 6")),
    "-1 decimals of a task": (svm("decimals = -1"), ("task 1", "decimals = -1", "at least 0")),
    "kernel larger than image": (conv("params = { height = 2, width = 2 }"), ("task 1", "3×3", "2×2", "smaller window")),
    "sizes not whole": (conv("params = { height = 6, stride = 2 }"), ("task 1", "stride 2", "not whole")),
    "pool larger than map": (conv("params = { kernel = [5, 5], stride = 1 }"), ("task 1", "2×2", "1×1")),
    "kernel of three sizes": (conv("params = { kernel = [3, 3, 3] }"), ("kernel = [3, 3, 3]", "a pair")),
    "kernel of no size": (conv("params = { kernel = [0, 3] }"), ("kernel = [0, 3]", "at least 1")),
    "short diagonal": (
        svm('params = { samples = 4, classes = 3, labels = "diagonal" }'),
        ("4 samples", "3 classes", "labels = 'free'"),
    ),
    "gradient without a pass": (conv("params = { image_gradient = true }"), ("image_gradient", "'upstream'")),
    "margin 0": (svm("params = { margin = 0 }"), ("margin = 0", "above 0")),
    "margin not finite": (svm("params = { margin = inf }"), ("margin", "finite")),
    "margin no number": (svm("params = { margin = nan }"), ("margin", "finite")),
    "margin that fills the memory": (svm("params = { margin = 1e999999 }"), ("margin", "1E+999999")),
    "empty title": ('title = ""\n' + VARIANTS + SEEDED + TASK, ("title = ''", "1 to 200")),
    "long title": (f'title = "{"x" * 300}"\n' + VARIANTS + SEEDED + TASK, ("title", "1 to 200")),
    "long title of another language": (
        f'title = {{ en = "T", ru = "{"x" * 300}" }}\n' + VARIANTS + SEEDED + TASK,
        ("title", "1 to 200"),
    ),
    "title of two lines": ('title = "a\\nb"\n' + VARIANTS + SEEDED + TASK, ("title", "one line")),
}

TYPES: Mapping[str, Mistake] = {
    "title": ("title = 3\n" + VARIANTS + SEEDED + TASK, ("title = 3", "text")),
    "title of another language": (
        'title = { en = "T", fr = 1979-05-27 }\n' + VARIANTS + SEEDED + TASK,
        ("title = {en = 'T', fr = 1979-05-27}", "text"),
    ),
    "language": (HEAD + "language = 3\n" + TASK, ("language = 3", "text in quotes")),
    "variants in quotes": (TITLE + SEEDED + 'variants = "2"\n' + TASK, ("variants = '2'", "a whole number")),
    "variants as a decimal": (TITLE + SEEDED + "variants = 2.0\n" + TASK, ("variants = 2.0", "a whole number")),
    "variants as a truth": (TITLE + SEEDED + "variants = true\n" + TASK, ("variants = true", "a whole number")),
    "exact_forms": (HEAD + 'exact_forms = "yes"\n' + TASK, ("exact_forms = 'yes'", "true or false")),
    "decimal_comma": (HEAD + "decimal_comma = 1\n" + TASK, ("decimal_comma = 1", "true or false")),
    "formulas": (HEAD + 'formulas = "yes"\n' + TASK, ("formulas = 'yes'", "true or false")),
    "calculator": (HEAD + "calculator = true\n" + TASK, ("calculator = true", "text in quotes")),
    "seed": (TITLE + VARIANTS + "seed = 7\n" + TASK, ("seed = 7", "text in quotes")),
    "seed_file": (TITLE + VARIANTS + "seed_file = 7\n" + TASK, ("seed_file = 7", "text in quotes")),
    "task as a number": (HEAD + "task = 3\n", ("task = 3", "[[task]]")),
    "task as one table": (HEAD + '[task]\nproblem = "svm_loss"\n', ("task", "[[task]]")),
    "tasks as numbers": (HEAD + "task = [1]\n", ("task 1", "expected a table")),
    "problem": (HEAD + task("1"), ("task 1", "problem", "give a name")),
    "preset": (svm("preset = 3"), ("task 1", "preset", "3x4")),
    "params": (svm('params = "x"'), ("task 1", "params = 'x'", "a table")),
    "data": (svm("data = [1]"), ("task 1", "data = [1]", "a table")),
    "points": (svm('points = "3"'), ("task 1", "points", "'3'")),
    "whole parameter in quotes": (svm('params = { classes = "3" }'), ("classes = '3'", "a whole number")),
    "whole parameter as a decimal": (svm("params = { classes = 3.5 }"), ("classes = 3.5", "a whole number")),
    "whole parameter as a truth": (svm("params = { classes = true }"), ("classes = true", "a whole number")),
    "truth as a number": (svm("params = { squared = 1 }"), ("squared = 1", "true or false")),
    "number as a date": (svm("params = { margin = 2020-01-01 }"), ("margin = 2020-01-01", "a number")),
    "choice as a table": (svm("params = { reduction = { a = 1 } }"), ("reduction = {a = 1}", "'mean'")),
    "pair in quotes": (conv('params = { kernel = "3" }'), ("kernel = '3'", "a pair")),
    "empty pair": (conv("params = { kernel = [] }"), ("kernel = []", "a pair")),
    "empty list of names": (backprop('params = { formula = "random", ops = [] }'), ("ops = []", "names")),
}

PINNED: Mapping[str, Mistake] = {
    "label out of range": (scores("[[1, 2], [3, 4]]", ", labels = [0, 2]"), ("task 1", "labels holds 2", "0..1")),
    "label below 0": (scores("[[1, 2], [3, 4]]", ", labels = [0, -1]"), ("labels holds -1", "0..1")),
    "label and a half": (scores("[[1, 2], [3, 4]]", ", labels = [0, 0.5]"), ("labels holds 1/2", "0..1")),
    "too few labels": (scores("[[1, 2], [3, 4]]", ", labels = [0]"), ("labels", "(1,)", "(2,)")),
    "ragged": (scores("[[1, 2], [3]]"), ("task 1", "scores", "ragged")),
    "empty": (scores("[]"), ("scores", "empty")),
    "empty rows": (scores("[[], []]"), ("scores", "empty")),
    "nan": (scores("[[1, nan], [3, 4]]"), ("scores", "NaN", "finite")),
    "infinite": (scores("[[1, -inf], [3, 4]]"), ("scores", "Infinity", "finite")),
    "text": (scores('[[1, "a"], [3, 4]]'), ("scores", "'a'", "numbers")),
    "truth": (scores("[[1, true], [3, 4]]"), ("scores", "true", "numbers")),
    "date": (scores("[[1, 2020-01-01], [3, 4]]"), ("scores", "2020-01-01", "numbers")),
    "table": (scores("{ a = 1 }"), ("scores", "numbers")),
    "division by 0": (scores('[["1/0", 1], [3, 4]]'), ("scores", "'1/0'")),
    "number that fills the memory": (scores("[[1e99999999, 1], [3, 4]]"), ("scores", "1E+99999999", "within")),
    "the same as text": (scores('[["1e99999999", 1], [3, 4]]'), ("scores", "1e99999999", "within")),
    "thousands of digits": (scores(f"[[{'9' * 5000}, 1], [3, 4]]"), ("too many digits",)),
    "thousands of hexadecimal digits": (scores(f"[[0x{'f' * 5000}, 1], [3, 4]]"), ("scores", "0xfff", "within")),
    "vector": (scores("[1, 2]"), ("scores", "(2,)", "per row")),
    "three axes": (scores("[[[1, 2]]]"), ("scores", "(1, 1, 2)", "per row")),
    "300 axes": (scores("[" * 300 + "1" + "]" * 300), ("scores", "300 deep", "at most 4")),
    "no scores": (svm("data = { labels = [0] }"), ("data has no 'scores'",)),
    "unused array": (scores("[[1, 2], [3, 4]]", ", weights = [1]"), ("'weights'", "scores, labels")),
    "upstream of another shape": (scores("[[1, 2], [3, 4]]", ", upstream = [1, 2]"), ("upstream", "(2,)", "()")),
    "kernel larger than image": (
        conv("data = { image = [[1, 2], [3, 4]], kernels = [[1, 2, 3], [1, 2, 3], [1, 2, 3]] }"),
        ("task 1", "3×3", "2×2"),
    ),
    "other channels": (
        conv("data = { image = [[[1, 2], [3, 4]]], kernels = [[[[1]], [[1]]]] }"),
        ("kernels", "(1, 2, 1, 1)", "(1, 1, 1, 1)"),
    ),
    "image of one axis": (conv("data = { image = [1, 2], kernels = [1] }"), ("image", "(2,)", "(H, W)")),
    "no kernels": (conv("data = { image = [[1, 2], [3, 4]] }"), ("'kernels'",)),
    "input left out": (backprop("data = { w0 = 1 }"), ("backprop", "'x0'", "w0, x0")),
    "quotient by 0": (backprop('params = { formula = "f = 1 / x" }', "data = { x = 0 }"), ("task 1", "quotient by 0")),
    "logarithm below 0": (backprop('params = { formula = "f = log(x)" }', "data = { x = -1 }"), ("no real number",)),
    "slope of a root at 0": (backprop('params = { formula = "f = sqrt(x)" }', "data = { x = 0 }"), ("task 1", "data")),
    "tower of powers": (
        backprop('params = { formula = "f = exp(exp(exp(x)))" }', "data = { x = 5 }"),
        ("task 1", "too large"),
    ),
    "several problems": (either("data = { scores = [[1, 2], [3, 4]] }"), ("data", "only one")),
}

POINTS: Mapping[str, Mistake] = {
    "negative": (svm("points = -3"), ("task 1", "points: -3", "above 0")),
    "none": (svm("points = 0"), ("points: 0", "above 0")),
    "not halves": (svm("points = 2.25"), ("points", "2.25", "whole or half")),
    "too few for the boxes": (svm("points = 1"), ("points", "4 boxes", "at least 2")),
    "too few for the longer alternate": (either("points = 2"), ("points (softmax_loss)", "5 boxes", "at least 2.5")),
    "not a number": (svm("points = nan"), ("points: NaN", "above 0")),
    "infinite": (svm("points = inf"), ("points: Infinity", "above 0")),
    "truth": (svm("points = true"), ("points: true", "above 0")),
    "list": (svm("points = [1]"), ("points: [1]", "above 0")),
    "too many": (svm("points = 1000000"), ("points", "at most 100")),
    "unknown box": (svm("points = { loos = 1 }"), ("points", "no box 'loos'", "losses[0]")),
    "negative box": (svm("points = { loss = -1 }"), ("points: -1", "above 0")),
    "quarter of a point": (svm("points = { loss = 0.25 }"), ("points", "0.25", "at least 0.5")),
}

ALTERNATES: Mapping[str, Mistake] = {
    "none": (HEAD + task("[]"), ("task 1", "problem", "give a name")),
    "numbers": (HEAD + task("[1]"), ("task 1", "problem", "give a name")),
    "one preset for all": (either('preset = "3x3"'), ("preset = '3x3'", "a table")),
    "preset of an unknown problem": (either('preset = { svm = "3x3" }'), ("preset", "'svm'", "svm_loss, softmax_loss")),
    "preset of a third problem": (either('preset = { backprop = "fan_out" }'), ("preset", "'backprop'")),
    "unknown preset": (either('preset = { svm_loss = "zz" }'), ("svm_loss has no preset 'zz'",)),
    "preset as a number": (either("preset = { svm_loss = 3 }"), ("preset", "give a name")),
    "parameters not by problem": (either("params = { classes = 3 }"), ("params", "'classes'", "svm_loss, softmax_loss")),
    "parameters as a number": (either("params = { svm_loss = 3 }"), ("params.svm_loss = 3", "a table")),
}

SEEDS: Mapping[str, Mistake] = {
    "missing": (TITLE + VARIANTS + TASK, ("'seed'", "seed_file", "EXAMGEN_SEED")),
    "empty": (TITLE + VARIANTS + 'seed = ""\n' + TASK, ("seed", "1 character")),
    "both": (HEAD + 'seed_file = "x"\n' + TASK, ("seed and seed_file", "keep one")),
    "no such file": (TITLE + VARIANTS + 'seed_file = "nope"\n' + TASK, ("seed_file", "'nope'", "cannot be read")),
    "a folder": (TITLE + VARIANTS + 'seed_file = "."\n' + TASK, ("seed_file", "'.'", "cannot be read")),
    "no possible name": (TITLE + VARIANTS + 'seed_file = "a\\u0000b"\n' + TASK, ("seed_file", "cannot be read")),
}

TEXTS: Mapping[str, Mistake] = {
    "a day as people write it": (
        HEAD + "date = 15.12.2026\n" + TASK, ("line 4", "in 'date = 15.12.2026'", "a day is 2026-12-15"),
    ),
    "text without quotes": ("title = Midterm\n", ("line 1", "in 'title = Midterm'", "text stands in quotes")),
    "prose": ("this is not toml\n", ("not TOML", "line 1")),
    "key twice": (HEAD + HEAD + TASK, ("not TOML", "line 4")),
    "nested too deeply": ("a = " + "[" * 5000 + "]" * 5000, ("not TOML", "too deeply")),
    "3000 dots": (HEAD + "x" + ".x" * 3000 + " = 1\n" + TASK, ("unknown key 'x'",)),
}

ALL = {
    f"{kind}: {name}": mistake
    for kind, group in (
        ("keys", KEYS), ("names", NAMES), ("sizes", SIZES), ("types", TYPES), ("pinned", PINNED), ("points", POINTS),
        ("alternates", ALTERNATES), ("seeds", SEEDS), ("texts", TEXTS),
    )
    for name, mistake in group.items()
}  # fmt: skip
