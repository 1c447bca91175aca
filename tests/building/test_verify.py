"""`examgen verify`: an untouched folder holds; each way of tampering is named."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from examgen.archive import pack
from tests.building.folders import Folder
from tests.cli.commands import complaint, run

pytestmark = pytest.mark.xdist_group("build")


def _task(key: Any, task: int) -> Any:
    return key["variants"][0]["tasks"][task - 1]


def _answer(key: Any, task: int, name: str) -> Any:
    return next(answer for answer in _task(key, task)["answers"] if answer["key"] == name)


def _value(key: Any) -> None:
    _answer(key, 1, "loss")["value"] += 0.001


def _wide(key: Any) -> None:
    _answer(key, 1, "loss")["accept"] = ["-100.000000", "100.000000"]


def _exact(key: Any) -> None:
    _answer(key, 1, "loss")["exact"] = "1/3"


def _closed(key: Any) -> None:
    answer = _answer(key, 2, "f")
    answer["exact"] = answer["exact"].replace("1", "2", 1)


def _data(key: Any) -> None:
    _task(key, 2)["data"]["w0"] = "7.7"


def _pixel(key: Any) -> None:
    image = _task(key, 3)["data"]["image"]
    image[0][2][2] += 1


def _op(key: Any) -> None:
    node = next(node for node in _task(key, 2)["graph"]["nodes"] if node["op"] == "mul")
    node["op"] = "add"


def _unknown_op(key: Any) -> None:
    _task(key, 2)["graph"]["nodes"][-1]["op"] = "conjure"


def _no_graph(key: Any) -> None:
    _task(key, 3)["graph"] = {}


def _removed(key: Any) -> None:
    _task(key, 3)["answers"].pop()


def _added(key: Any) -> None:
    _task(key, 3)["answers"].append({**_answer(key, 3, "pooled"), "key": "bonus"})


def _no_accept(key: Any) -> None:
    del _answer(key, 3, "conv")["accept"]


TAMPERED: dict[str, tuple[Callable[[Any], None], str, str]] = {
    "value": (_value, "task 1", "loss: the key says"),
    "accepted interval": (_wide, "task 1", "loss: the accepted interval"),
    "exact form": (_exact, "task 1", "loss: the exact form 1/3"),
    "closed form": (_closed, "task 2", "f: the exact form"),
    "given number": (_data, "task 2", "z: the key says"),
    "pixel": (_pixel, "task 3", "conv: the key says"),
    "operation": (_op, "task 2", "z: the key says"),
    "unknown operation": (_unknown_op, "task 2", "conjure"),
    "no graph": (_no_graph, "task 3", "its entry in key.json cannot be evaluated"),
    "removed answer": (_removed, "task 3", "no answer pooled"),
    "added answer": (_added, "task 3", "no certificate for the answer bonus"),
    "missing field": (_no_accept, "task 3", "accept"),
}


@pytest.fixture
def folder(secret: Folder, tmp_path: Path) -> Folder:
    """A copy that may be tampered with."""
    return secret.copy(tmp_path / "copy")


def test_an_untouched_folder_holds(folder: Folder) -> None:
    """Exit 0 and one line with what was looked at."""
    count = sum(len(task["answers"]) for variant in folder.key["variants"] for task in variant["tasks"])
    ended = run("verify", folder.path)
    assert 0 == ended.status, ended.err
    assert f"8 files unchanged; {count} answers of 4 variants proved by numpy, torch, sympy\n" == ended.out


@pytest.mark.parametrize("name", TAMPERED)
def test_a_changed_key_is_named(folder: Folder, name: str) -> None:
    """With its checksum made right again, so that only the proof can tell: exit 1, the variant, the task, the box."""
    change, task, words = TAMPERED[name]
    folder.change("key.json", change)
    ended = run("verify", folder.path)
    code = folder.key["variants"][0]["code"]
    assert (1, "") == (ended.status, ended.out)
    assert "Traceback" not in ended.err
    assert any(code in line and task in line and words in line for line in ended.err.splitlines()), ended.err


def test_a_change_that_is_none_holds(folder: Folder) -> None:
    """The tooth of the tampering: the key written again unchanged is no failure."""
    folder.change("key.json", lambda key: None)
    assert 0 == run("verify", folder.path).status


@pytest.mark.parametrize("name", ["sheets.pdf", "key.pdf", "key.json", "solutions"])
def test_a_changed_byte_is_named(folder: Folder, name: str) -> None:
    """Exit 1 and the file."""
    name = folder.solutions[2] if name == "solutions" else name
    path = folder.path / name
    data = path.read_bytes()
    path.write_bytes(data[:-1] + b" " + data[-1:])
    ended = run("verify", folder.path)
    assert 1 == ended.status
    assert f"{name}: changed since it was built (checksum differs from manifest.json)" in ended.err.splitlines()


@pytest.mark.parametrize("name", ["sheets.pdf", "key.pdf", "solutions"])
def test_a_missing_pdf_is_named(folder: Folder, name: str) -> None:
    """Exit 1 and the file."""
    name = folder.solutions[2] if name == "solutions" else name
    (folder.path / name).unlink()
    ended = run("verify", folder.path)
    assert 1 == ended.status
    assert f"{name}: cannot be read (No such file or directory)" in ended.err.splitlines()


def test_a_stranger_among_the_solutions_is_named(folder: Folder) -> None:
    """A file or a folder that no build put there: exit 1."""
    (folder.path / "solutions" / "2222CX.pdf").write_bytes(b"%PDF-1.7")
    (folder.path / "solutions" / "drafts").mkdir()
    ended = run("verify", folder.path)
    assert 1 == ended.status
    said = [f"solutions/{name}: manifest.json does not vouch for it" for name in ("2222CX.pdf", "drafts")]
    assert [*said, f"{folder.path}: 2 things do not hold"] == ended.err.splitlines()[-3:]


def test_a_folder_without_solutions_is_named(folder: Folder) -> None:
    """One line for each that is missing."""
    shutil.rmtree(folder.path / "solutions")
    ended = run("verify", folder.path)
    assert 1 == ended.status
    assert {f"{name}: cannot be read (No such file or directory)" for name in folder.solutions} < {*ended.err.splitlines()}


@pytest.mark.parametrize("name", ["sheets.pdf", "solutions"])
def test_a_checksum_taken_away_is_named(folder: Folder, name: str) -> None:
    """The file itself is still there, but nothing speaks for it."""
    name = folder.solutions[2] if name == "solutions" else name
    folder.change("manifest.json", lambda manifest: manifest["files"].pop(name))
    ended = run("verify", folder.path)
    assert 1 == ended.status
    assert f"{name}: manifest.json does not vouch for it" in ended.err.splitlines()


def test_a_solution_of_no_variant_is_named(folder: Folder) -> None:
    """A variant that is gone from the key has left its solution behind."""
    folder.change("key.json", lambda key: key["variants"].pop())
    (orphan,) = (name for name in folder.names if name.startswith("solutions/") and name not in folder.solutions)
    ended = run("verify", folder.path)
    assert 1 == ended.status
    said = f"{orphan}: manifest.json vouches for it, but a build of the variants of key.json has no such file"
    assert said in ended.err.splitlines()


def test_a_folder_of_an_earlier_version_holds(folder: Folder) -> None:
    """Which wrote no solutions, and did not say how they were written out."""
    shutil.rmtree(folder.path / "solutions")

    def earlier(manifest: Any) -> None:
        del manifest["key"]
        manifest["files"] = {name: digest for name, digest in manifest["files"].items() if "/" not in name}

    folder.change("manifest.json", earlier)
    ended = run("verify", folder.path)
    assert (0, True) == (ended.status, ended.out.startswith("4 files unchanged; ")), ended.err


@pytest.mark.parametrize("name", ["key.json", "manifest.json"])
def test_a_missing_document_means_no_build(folder: Folder, name: str) -> None:
    """Exit 2: there is nothing to prove."""
    (folder.path / name).unlink()
    assert f"{folder.path}: there is no {name}, give a folder that `examgen build` has filled" == complaint(
        run("verify", folder.path)
    )


@pytest.mark.parametrize("name", ["key.json", "manifest.json"])
@pytest.mark.parametrize("text", ["not JSON", "", "[]", '{"format": 99}', '{"format": 1}', "[" * 5000, "\udcff", "null"])
def test_a_document_that_is_none_is_named(folder: Folder, name: str, text: str) -> None:
    """Not JSON, not UTF-8, another format, or without its parts: exit 2 and one sentence with the remedy."""
    (folder.path / name).write_bytes(text.encode("utf-8", "surrogateescape"))
    said = complaint(run("verify", folder.path))
    assert said.startswith(str(folder.path)) and "again" in said


@pytest.mark.parametrize(("place", "says"), [("nothing", "there is no manifest.json"), ("file", "nor an archive of one")])
def test_a_place_that_is_no_folder_is_named(tmp_path: Path, place: str, says: str) -> None:
    """Exit 2."""
    (tmp_path / "file").write_text("", encoding="utf-8")
    assert says in complaint(run("verify", tmp_path / place))


def test_another_device_is_asked_for(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    """`--device cuda` without one ends in 2 and is no failure of the folder."""
    import torch

    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert complaint(run("verify", folder.path, "--device", "cuda")).startswith("--device cuda: PyTorch sees no CUDA device")


LISTS = ("assignment.csv", "handout.pdf")


def _listed(folder: Folder) -> Folder:
    """The folder with two lists that its manifest vouches for."""
    for name in LISTS:
        (folder.path / name).write_bytes(b"row;seat\r\n")
    digests = {name: sha256(folder.bytes(name)).hexdigest() for name in LISTS}
    folder.change("manifest.json", lambda manifest: manifest["files"].update(digests))
    return folder


def test_an_optional_file_is_looked_at(folder: Folder) -> None:
    """It counts among the files."""
    ended = run("verify", _listed(folder).path)
    assert (0, True) == (ended.status, ended.out.startswith("10 files unchanged; ")), ended.err


@pytest.mark.parametrize("packed", [False, True], ids=["folder", "archive"])
def test_an_edited_assignment_is_a_note(folder: Folder, packed: bool, tmp_path: Path) -> None:
    """People are told to edit it: status 0, and it is none of the files that are unchanged; the tooth: any other is."""
    path = _listed(folder).path
    (path / "assignment.csv").write_bytes(b"edited")
    if packed:
        pack(path, tmp_path / "kept.zip")
    ended = run("verify", tmp_path / "kept.zip" if packed else path)
    said = "assignment.csv: changed since it was built; it is a proposal, the code on the paper counts"
    assert (0, f"note: {said}") == (ended.status, ended.out.splitlines()[0])
    assert ended.out.splitlines()[-1].startswith("9 files unchanged; ")
    (path / "handout.pdf").write_bytes(b"edited")
    assert run("verify", path).err.endswith("1 thing does not hold\n")


@pytest.mark.parametrize("packed", [False, True], ids=["folder", "archive"])
@pytest.mark.parametrize(
    ("name", "kind"), [(name, kind) for name in LISTS for kind in ("changed", "gone", "strange")][1:]
)
def test_an_optional_file_that_does_not_hold_is_named(
    folder: Folder, name: str, kind: str, packed: bool, tmp_path: Path
) -> None:
    """Edited (but for the assignment), taken away, or put there by nobody: exit 1; in an archive too."""
    path = _listed(folder).path
    if kind == "changed":
        (path / name).write_bytes(b"edited")
    elif kind == "gone":
        (path / name).unlink()
    else:
        folder.change("manifest.json", lambda manifest: manifest["files"].pop(name))
    if packed:
        pack(path, tmp_path / "kept.zip")
        path = tmp_path / "kept.zip"
    ended = run("verify", path)
    says = {
        "changed": "changed since it was built (checksum differs from manifest.json)",
        "gone": "cannot be read (",
        "strange": "manifest.json does not vouch for it",
    }
    assert 1 == ended.status
    assert any(line.startswith(f"{name}: {says[kind]}") for line in ended.err.splitlines()), ended.err
    assert ended.err.endswith("1 thing does not hold\n")
