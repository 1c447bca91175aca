"""The exceptions examgen raises on purpose. Anything else is a bug."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from difflib import get_close_matches


class ExamgenError(Exception):
    """Root of everything examgen raises on purpose; `exit_status` is what the command ends with."""

    exit_status = 2


class InputError(ExamgenError, ValueError):
    """What came in cannot be used: the message names the place, what came and the remedy."""


class DefinitionError(InputError):
    """An exam definition that cannot be built: the message names the file and the key."""


class DrawError(ExamgenError):
    """No variant fits the parameters within the bounded search."""


class OutputError(ExamgenError):
    """A file or folder cannot be written."""


class Stopped(ExamgenError):
    """A process or a cluster that took part has ended: what is finished so far is good."""


class EngineUnavailable(ExamgenError):
    """An engine's library is not installed, or its device is not there."""


class ProofError(ExamgenError):
    """Engines disagree, or a built folder does not hold what it states."""

    exit_status = 1


@contextmanager
def naming(place: str) -> Iterator[None]:
    """Whatever fails in it says where it did: in its sentence, or beside the traceback of a bug."""
    try:
        yield
    except (EngineUnavailable, OutputError):  # not the fault of this place
        raise
    except ExamgenError as error:
        error.args = (f"{place}: {error}",)
        raise
    except Exception as error:
        error.add_note(f"This happened in {place}.")
        raise


def meant(name: str, known: Iterable[str]) -> str:
    """What a mistyped name may have been meant as: the beginning of a remedy, empty where nothing known is like it."""
    near = get_close_matches(name[:60], list(known), n=1, cutoff=0.7)
    return f"did you mean {near[0]}? " if near else ""
