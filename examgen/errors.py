"""The exceptions examgen raises on purpose. Anything else is a bug."""


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
