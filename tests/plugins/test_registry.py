"""Problem types of other distributions: found, left out by name and reason where they cannot be used, never in the way."""

from __future__ import annotations

from pathlib import Path

import pytest

from examgen import registry
from examgen.errors import DefinitionError, InputError
from examgen.exam import read_exam
from examgen.plugins import plugins
from examgen.render import html
from examgen.render.language import say
from examgen.render.paper import Head, SheetVariant
from examgen.resources import find
from examgen.sheets import sheet_task
from examgen.testing import check_problem
from examgen.versions import environment, versions
from tests.cli.commands import complaint, run
from tests.plugins.conftest import Site, forget

SHIPPED = list(registry.shipped())
TITLE = "Linear neuron with squared error"
ASKED = "Find the output $p$, the loss $L$, and the gradients of $L$ with respect to $w$ and $b$."


def test_a_problem_of_another_distribution_is_one_like_ours(site: Site) -> None:
    """Listed among ours in order of name, with its words in Russian, and it keeps every rule of the suite."""
    site.install("dropout")
    assert sorted([*SHIPPED, "dropout"]) == list(registry.problems())
    assert {} == registry.faults()
    assert "Линейный нейрон с квадратичной ошибкой" == say("ru", TITLE)
    check_problem(registry.problem("dropout"), draws=4)


def test_nothing_of_it_stays_when_it_is_gone(site: Site) -> None:
    """The tooth of the test above: without the distribution there is no such problem, and nobody knows its words."""
    assert SHIPPED == list(registry.problems())
    assert TITLE == say("ru", TITLE)


def source(package: Path) -> Path:
    return next(path for path in package.glob("*.py") if path.name != "__init__.py")


def spoil(package: Path, old: str, new: str) -> None:
    """Changes what the problem file says."""
    text = source(package).read_text(encoding="utf-8")
    assert old in text
    source(package).write_text(text.replace(old, new), encoding="utf-8")


def without_template(package: Path) -> None:
    next(package.rglob("*.j2")).unlink()


def torn_catalogue(package: Path) -> None:
    next(package.rglob("*.po")).write_bytes(b"msgid \xff")


SPOILED = {
    "an import that fails": (lambda p: spoil(p, "from typing import Any", "import no_such_module"), "No module named 'no_"),
    "code that fails": (lambda p: spoil(p, "PROBLEM =", "1 / 0\nPROBLEM ="), "cannot be imported: ZeroDivisionError"),
    "code that ends the process": (lambda p: spoil(p, "PROBLEM =", "raise SystemExit(0)\nPROBLEM ="), "SystemExit: 0"),
    "a sentence over several lines": (lambda p: spoil(p, "PROBLEM =", "raise ValueError('a\\nb')\nX ="), "ValueError: a b"),
    "no object of that name": (lambda p: spoil(p, "PROBLEM =", "OTHER ="), "has no attribute 'PROBLEM'"),
    "an object of another kind": (lambda p: spoil(p, "= Dropout()", "= 3"), "leads to int, not to an instance"),
    "a class for an instance": (lambda p: spoil(p, "Dropout()", "Dropout"), "leads to ABCMeta, not"),
    "another name": (lambda p: spoil(p, 'name = "dropout"', 'name = "dropin"'), "calls itself 'dropin'"),
    "no title": (lambda p: spoil(p, "    title =", "    entitled ="), "it has no title"),
    "a default that is no preset": (lambda p: spoil(p, 'default = "2_', 'default = "9_'), "'9_inputs' is none of its presets"),
    "a graph that cannot be made": (lambda p: spoil(p, "b = Builder()", "b = None"), "stumbles over its own presets: Attri"),
    "no template": (without_template, "its template is missing: put templates/problems/dropout.html.j2 into"),
    "a catalogue that is no text": (torn_catalogue, "examgen.po cannot be read: UnicodeDecodeError"),
}


@pytest.mark.parametrize(("harm", "reason"), SPOILED.values(), ids=SPOILED)
def test_what_cannot_be_used_is_left_out_by_name(site: Site, harm: object, reason: str) -> None:
    """With the distribution and the reason in one line; ours and another sound one go on, in every language."""
    package = site.install("dropout")
    assert callable(harm)
    harm(package)
    site.install("sound")
    assert sorted([*SHIPPED, "sound"]) == list(registry.problems())
    assert ["dropout"] == list(registry.faults())
    fault = registry.faults()["dropout"]
    assert fault.startswith("the problem 'dropout' of examgen-dropout 0.1 is left out: ")
    assert reason in fault and fault.isprintable()
    assert "Найдите выход" in say("ru", ASKED)
    assert fault == complaint(run("problems", "dropout"))


ENTRIES = {
    "no object": ("dropout = examgen_dropout.dropout", "names no object: write it as package.module:PROBLEM"),
    "no package": ("dropout = nowhere_at_all.dropout:PROBLEM", "there is no package nowhere_at_all with files"),
    "a module without a package": ("dropout = this:PROBLEM", "there is no package this with files"),
    "a package that fails": ("dropout = failing.inner.dropout:PROBLEM", "its package failing.inner cannot be found: ZeroDiv"),
    "a name that is a path": ("../../dropout = examgen_dropout.dropout:PROBLEM", "cannot be called so: small letters"),
    "a name in capitals": ("Dropout = examgen_dropout.dropout:PROBLEM", "cannot be called so: small letters"),
}


@pytest.mark.parametrize(("entry", "reason"), ENTRIES.values(), ids=ENTRIES)
def test_an_entry_point_that_leads_nowhere_is_told(site: Site, entry: str, reason: str) -> None:
    """And nothing else is in its way."""
    (site.folder / "failing").mkdir()
    (site.folder / "failing" / "__init__.py").write_text("1 / 0\n", encoding="utf-8")
    site.install("dropout", entry=entry)
    assert SHIPPED == list(registry.problems())
    (fault,) = registry.faults().values()
    assert reason in fault


def test_a_problem_of_ours_is_not_replaced(site: Site) -> None:
    """The clash is told; ours, its template and its words stay."""
    own = SHIPPED[0]
    package = site.install("dropout", entry=f"{own} = examgen_dropout.dropout:PROBLEM")
    next(package.rglob("*.j2")).rename(package / "templates" / "problems" / f"{own}.html.j2")
    forget()
    assert registry.shipped()[own] is registry.problem(own)
    assert "examgen has one of its own that is called so" in registry.faults()[own]
    used = html.environment("en", False).get_template(f"problems/{own}.html.j2").filename
    assert str(find("templates") / "problems" / f"{own}.html.j2") == used


def test_of_two_with_one_name_neither_is_taken(site: Site) -> None:
    """The order in which they were installed must not decide."""
    site.install("dropout")
    site.enter("examgen-other", "dropout = examgen_dropout.dropout:PROBLEM")
    assert SHIPPED == list(registry.problems())
    assert "is brought by examgen-dropout 0.1 and by examgen-other 0.1" in registry.faults()["dropout"]


def test_what_is_left_out_is_told_where_problems_are_listed(site: Site) -> None:
    """Beside the list, which is whole otherwise; and where somebody asks for a name that nobody has."""
    package = site.install("dropout")
    without_template(package)
    registry.look_again()
    ended = run("problems")
    assert 0 == ended.status
    assert f"note: {registry.faults()['dropout']}\n" == ended.err
    assert all(name in ended.out for name in SHIPPED)
    assert "left out are dropout, examgen problems says why" in complaint(run("problems", "nosuch"))


def test_conformance_is_told_by_name(site: Site) -> None:
    """`problems NAME --check` names problem, preset and rule, and ends in 1; a sound problem ends in 0."""
    package = site.install("dropout")
    sound = run("problems", "dropout", "--check")
    assert (0, "") == (sound.status, sound.err)
    assert sound.out.startswith("dropout: ") and sound.out.endswith(" rules hold on 2 presets\n")
    spoil(package, "(4, 5))", "(5, 4))")
    forget()
    ended = run("problems", "dropout", "--check")
    assert (1, "") == (ended.status, ended.out)
    assert "preset_is_described: dropout, preset 3_inputs: minutes (5, 4) are not ordered\n" == ended.err


EXAM = """title = "T"\nlanguage = "en"\nminutes = 10\nvariants = 2\nseed = "of this test alone"\n[[task]]\nproblem = {}\n"""
CODE = ('"examgen_evil.evil:PROBLEM"', '"examgen_evil.evil"', '"examgen_evil"', '"../../evil"', '["evil", "examgen_evil.evil"]')


@pytest.mark.parametrize("said", CODE)
def test_a_definition_names_no_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str) -> None:
    """Whatever stands in place of a problem's name, and whatever lies beside the definition, no code of it runs."""
    package = tmp_path / "examgen_evil"
    package.mkdir()
    for name in ("__init__", "evil"):
        (package / f"{name}.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\n", encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    path = tmp_path / "exam.toml"
    path.write_text(EXAM.format(said), encoding="utf-8")
    with pytest.raises(DefinitionError, match="unknown problem"):
        read_exam(path)
    with pytest.raises(InputError, match="unknown problem"):
        registry.problem(said.strip('"'))
    assert not (tmp_path / "ran").exists()


def test_the_definition_above_is_read_otherwise(site: Site, tmp_path: Path) -> None:
    """The tooth: with the name of an installed problem it is one."""
    site.install("dropout")
    path = tmp_path / "exam.toml"
    path.write_text(EXAM.format('"dropout"'), encoding="utf-8")
    assert "dropout" == read_exam(path).tasks[0].choices[0].problem


BLOCK = '{% extends "examgen/problems/dropout.html.j2" %}{% block given %}<p>Words of my own.</p>{% endblock %}'


def test_own_templates_change_blocks_of_it(site: Site, tmp_path: Path) -> None:
    """As they do with ours; where it is not installed, the same file replaces nothing."""
    folder = tmp_path / "own" / "problems"
    folder.mkdir(parents=True)
    (folder / "dropout.html.j2").write_text(BLOCK, encoding="utf-8")
    head = Head("T", "en", templates=folder.parent)
    with pytest.raises(InputError, match="replaces no template"):
        html.check_templates(head)
    site.install("dropout")
    html.check_templates(head)
    chosen = registry.problem("dropout")
    task = sheet_task(1, chosen.pin({}, {"x": [1, 2], "w": [2, -3], "b": 1, "t": -5}), "en")
    made = html.sheets_html(head, [SheetVariant(1, "AAAAAA", (task,))])
    assert "Words of my own." in made and "Find the output" in made and "A linear neuron with" not in made


def test_the_manifest_will_name_its_version(site: Site) -> None:
    """And another file of it is another state, in which a stopped build does not go on."""
    package = site.install("dropout")
    environment.cache_clear()
    assert "0.1" == versions()["examgen-dropout"]
    before = environment()
    spoil(package, "square", "Square")
    environment.cache_clear()
    assert before != environment()
    environment.cache_clear()


def test_nothing_is_imported_to_find_them(site: Site) -> None:
    """What a distribution says of itself is read before any of its code runs."""
    package = site.install("dropout")
    spoil(package, "PROBLEM =", "1 / 0\nPROBLEM =")
    assert ["dropout"] == [plugin.name for plugin in plugins() if not plugin.fault]
