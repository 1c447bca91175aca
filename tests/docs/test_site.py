"""The site is built as `make docs` builds it: no warning, every page in its place, the references whole."""

from __future__ import annotations

import inspect
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest
from sphinx.util.inventory import InventoryFile

from examgen.cli import app
from tests.architecture.sources import ROOT
from tests.docs.blocks import PAGES, called
from tests.docs.test_reference import known

pytestmark = pytest.mark.xdist_group("site")

OPTIONS = ("-q", "-E", "-W", "--keep-going", "-b", "html")
LINK = re.compile(r'<a class="reference (?:download )?internal"[^>]* href="([^"#]+)')
WHOLE = ("examgen", "examgen.solvers", "examgen.marking", "examgen.testing")  # all that these give away is documented
NAMED = {"examgen": {"InputError", "__version__"}}  # documented where it lives; no function


def build(pages: Path, place: Path) -> subprocess.CompletedProcess[str]:
    """Sphinx on a folder of pages, with the project's configuration."""
    words = [sys.executable, "-m", "sphinx", *OPTIONS, "-c", ROOT / "docs", "-d", place / "doctrees", pages, place / "html"]
    return subprocess.run(words, cwd=ROOT, capture_output=True, text=True, encoding="utf-8", check=False)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project's own, built without a warning."""
    place = tmp_path_factory.mktemp("site")
    done = build(ROOT / "docs", place)
    assert 0 == done.returncode, done.stderr
    return place / "html"


def test_make_builds_it_so() -> None:
    """With the same options, warnings as errors among them."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert f"-m sphinx {' '.join(OPTIONS)} -d build/doctrees docs build/docs\n" in makefile


def test_every_page_is_on_the_site(site: Path) -> None:
    """Those of docs/ under their names, and the README as the overview."""
    for page in PAGES[1:]:
        assert (site / called(page).removeprefix("docs/")).with_suffix(".html").is_file()
    title = PAGES[0].read_text(encoding="utf-8").splitlines()[0].removeprefix("# ")
    assert f"<h1>{title}<" in (site / "overview.html").read_text(encoding="utf-8")


def test_every_command_is_on_the_site(site: Path) -> None:
    """The reference of commands was made in this very build."""
    page = (site / "reference" / "commands.html").read_text(encoding="utf-8")
    headings = re.findall(r'<h3><code[^>]*><span class="pre">examgen</span> <span class="pre">([\w-]+)</span>', page)
    assert list(known(app)) == headings


def public(module: ModuleType) -> Iterator[str]:
    """What a module gives away, by its full name there."""
    yield from (f"{module.__name__}.{name}" for name in module.__all__ if name not in NAMED.get(module.__name__, ()))


def documented(site: Path) -> set[str]:
    """Every Python name that has a place on the site."""
    inventory = InventoryFile.loads((site / "objects.inv").read_bytes(), uri="")
    return {name for kind, names in inventory.data.items() if kind.startswith("py:") for name in names}


def test_what_is_public_is_documented(site: Path) -> None:
    """Functions and classes of the front door, the solvers, marking and the suite of checks have a place, and a docstring."""
    found = documented(site)
    for module in map(import_module, WHOLE):
        names = [name for name in public(module) if callable(getattr(module, name.rpartition(".")[2]))]
        assert [] == [name for name in names if name not in found and _as_function(name) not in found]
        assert [] == [name for name in names if not inspect.getdoc(getattr(module, name.rpartition(".")[2]))]


def _as_function(name: str) -> str:
    """The front door's name of a solver or of `grade`, which is also given away by the package where it lives."""
    return f"examgen.{name.rpartition('.')[2]}"


def test_what_is_not_documented_is_noticed(site: Path) -> None:
    """The tooth: a name that nobody has written down is not among those of the site."""
    assert {"examgen.svm_loss", "examgen.marking.Mark.boxes", "examgen.problem.Problem.draw"} <= documented(site)
    assert not {"examgen.nothing", "examgen.solvers.kind_of"} & documented(site)


def test_files_beside_the_pages_come_along(site: Path) -> None:
    """A link that leads out of docs/ leads to a copy, or to the README's page; none leads to a page that is not there."""
    copies = {path.name for path in site.glob("_downloads/*/*")}
    assert {"key.schema.json", "README.md"} <= copies
    for page in site.rglob("*.html"):
        for target in LINK.findall(page.read_text(encoding="utf-8")):
            assert (page.parent / target).resolve().is_file(), f"{page.name}: {target}"


BROKEN = """# Title

[a page](nowhere.md), [a heading](#nothing), [another page's heading](other.md#nothing), ![a picture](nothing.png)

```{eval-rst}
:py:func:`examgen.nothing` and :py:class:`examgen.model.Nothing`
```

```python
this is [no Python
```

```{toctree}
other
gone
```
"""
COMPLAINTS = (
    "nowhere.md", "'nothing'", "local id not found in doc 'other'", "nothing.png", "examgen.nothing", "examgen.model.Nothing",
    "gone", "alone.md",
)  # fmt: skip


def test_a_broken_page_fails(tmp_path: Path) -> None:
    """The tooth, with the same configuration: each kind of broken reference is named, and Sphinx ends with an error."""
    pages = tmp_path / "pages"
    pages.mkdir()
    (pages / "index.md").write_text(BROKEN, encoding="utf-8")
    (pages / "other.md").write_text("# Other\n\nText.\n", encoding="utf-8")
    (pages / "alone.md").write_text("# Alone\n\nIn no list of pages.\n", encoding="utf-8")
    done = build(pages, tmp_path)
    assert 0 != done.returncode
    assert [] == [told for told in COMPLAINTS if told not in done.stderr], done.stderr


def test_a_page_that_is_not_broken_passes(tmp_path: Path) -> None:
    """The tooth of the tooth."""
    pages = tmp_path / "pages"
    pages.mkdir()
    (pages / "index.md").write_text("# Title\n\n[here](#title)\n", encoding="utf-8")
    done = build(pages, tmp_path)
    assert (0, "") == (done.returncode, done.stderr)
