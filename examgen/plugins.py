"""Problem types that other distributions bring: what their entry points say, found without importing a problem file.

    [project.entry-points."examgen.problems"]
    linear_neuron = "examgen_linear_neuron.linear_neuron:PROBLEM"

The folder of the problem file holds `templates/problems/linear_neuron.html.j2` and, for each language,
`locale/LANGUAGE/LC_MESSAGES/examgen.po`. Whoever installs a distribution lets its code run; nothing else names code:
definitions, keys and answers say the name of a problem and no more.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from importlib.util import find_spec
from itertools import groupby
from pathlib import Path

GROUP = "examgen.problems"
NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")  # what a problem may be called; it becomes names of files
TEMPLATE = "templates/problems/{}.html.j2"
CATALOGUES = "locale/*/LC_MESSAGES/examgen.po"


@dataclass(frozen=True)
class Plugin:
    """One problem type of another distribution: where its object and its files are.

    `fault` says why it is left out, as far as that shows before its code has run; without one, `folder` is there.
    """

    name: str
    distribution: str  # name and version
    module: str
    attribute: str
    folder: Path
    fault: str = ""

    @property
    def template(self) -> Path:
        return self.folder / TEMPLATE.format(self.name)

    def catalogue(self, language: str) -> Path:
        return self.folder / CATALOGUES.replace("*", language)


@cache
def plugins() -> tuple[Plugin, ...]:
    """All that are installed, in order of name; of two with one name neither is sound."""
    found = sorted(entry_points(group=GROUP), key=lambda entry: (entry.name, _distribution(entry)))
    return tuple(_plugin(list(same)) for _, same in groupby(found, key=lambda entry: entry.name))


def sound() -> Iterator[Plugin]:
    """Those whose files can be used."""
    return (plugin for plugin in plugins() if not plugin.fault)


def _plugin(same: Sequence[EntryPoint]) -> Plugin:
    entry = same[0]
    module, _, attribute = entry.value.replace(" ", "").partition(":")
    folder, fault = Path(), ""
    if len(same) > 1:
        fault = f"is brought by {' and by '.join(map(_distribution, same))}: uninstall all of them but one"
    elif not NAME.fullmatch(entry.name):
        fault = "cannot be called so: small letters, digits and single _ make a name"
    elif not module or not attribute:
        fault = f"its entry point {entry.value!r} names no object: write it as package.module:PROBLEM"
    else:
        folder, fault = _looked_at(entry.name, module)
    return Plugin(entry.name, _distribution(entry), module, attribute, folder, fault)


def _looked_at(name: str, module: str) -> tuple[Path, str]:
    """The folder of a problem file, and what is wrong with what lies there."""
    package = module.rpartition(".")[0] or module
    try:
        spec = find_spec(package)  # runs the packages around this one, if any
    except (Exception, SystemExit) as error:
        return Path(), f"its package {package} cannot be found: {told(error)}"
    places = list(spec.submodule_search_locations or ()) if spec else []
    if not places:
        return Path(), f"there is no package {package} with files beside {module}: put the problem file into one"
    folder = Path(places[0])
    if not (folder / TEMPLATE.format(name)).is_file():
        return folder, f"its template is missing: put {TEMPLATE.format(name)} into {folder}"
    return folder, next(_unread(folder), "")


def _unread(folder: Path) -> Iterator[str]:
    """A catalogue that is no text would stop the sheets of everybody."""
    for path in sorted(folder.glob(CATALOGUES)):
        try:
            path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            yield f"its catalogue {path} cannot be read: {told(error)}"


def told(error: BaseException) -> str:
    """An exception in one line."""
    said = " ".join(str(error).split())
    return f"{type(error).__name__}: {said}"[:240] if said else type(error).__name__


def _distribution(entry: EntryPoint) -> str:
    return f"{entry.dist.name} {entry.dist.version}" if entry.dist else "an unknown distribution"
