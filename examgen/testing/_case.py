CheckFailed(ExamgenError, AssertionError):
    """A problem type breaks a rule of the suite: the message names problem, preset, what came and the rule."""

    exit_status = 1


@dataclass(frozen=True)
class Drawn:
    """What one key gave: an instance or the failure, and after how many candidates."""

    key: int
    instance: Instance | None
    candidates: int
    failure: str = ""


@dataclass(frozen=True)
class Case:
    """One preset of one problem with its draws; what several checks look at is computed once."""

    problem: Problem
    label: str
    draws: int = 20

    @property
    def preset(self) -> Preset:
        return self.problem.presets[self.label]

    @cached_property
    def drawn(self) -> tuple[Drawn, ...]:
        return tuple(draw_counted(self.problem, self.preset, number) for number in range(self.draws))

    @property
    def instances(self) -> tuple[Instance, ...]:
        return tuple(found.instance for found in self.drawn if found.instance is not None)

    @cached_property
    def proofs(self) -> tuple[Solution | ProofError, ...]:
        return tuple(map(_solution, self.instances))

    @property
    def solutions(self) -> tuple[Solution, ...]:
        return tuple(proof for proof in self.proofs if isinstance(proof, Solution))

    def graph(self, instance: Instance) -> Graph:
        return registry.graph_of(instance.problem, instance.params)

    def asks(self) -> Iterator[tuple[Graph, Ask]]:
        """Every box of every drawn structure, each once."""
        for params in dict.fromkeys(instance.params for instance in self.instances):
            graph = registry.graph_of(self.problem.name, params)
            yield from ((graph, ask) for ask in self.problem.asks(params))

    @cached_property
    def sheets(self) -> tuple[tuple[str, SheetTask, str], ...]:
        """Language, task and the sheet's HTML, for every instance in every language."""
        return tuple(_sheet(instance, language) for instance in self.instances for language in languages())

    def fail(self, message: str) -> None:
        raise CheckFailed(f"{self.problem.name}, preset {self.label}: {message}")

    def expect(self, holds: object, message: str) -> None:
        if not holds:
            self.fail(message)


Check = Callable[[Case], None]
_CHECKS: list[Check] = []


def checks() -> tuple[Check, ...]:
    """All checks, in the order in which they are best read."""
    return tuple(_CHECKS)


def failures(problem: Problem, draws: int = 20) -> Iterator[str]:
    """One sentence per broken check and preset."""
    for label in problem.presets:
        case = Case(problem, label, draws)
        for check in _CHECKS:
            try:
                check(case)
            except CheckFailed as failed:
                yield f"{check.__name__}: {failed}"


def check_problem(problem: Problem, draws: int = 20) -> None:
    """Runs every check on every preset. Raises: CheckFailed with one line for each that is broken."""
    if found := list(failures(problem, draws)):
        raise CheckFailed("\n".join(found))


@contextmanager
def known(problem: Problem) -> Iterator[None]:
    """The registry with a problem in it that need not be installed."""
    if registry.problems().get(problem.name) is problem:
        yield
        return
    there = {**registry.problems(), problem.name: problem}
    registry.graph_of.cache_clear()  # graphs are kept by the problem's name
    try:
        with mock.patch.object(registry, "problems", lambda: there):
            yield
    finally:
        registry.graph_of.cache_clear()


def draw_counted(problem: Problem, preset: Preset, *parts: str | int) -> Drawn:
    """A draw through the door that everybody uses, with the candidates it took."""
    number = parts[-1] if isinstance(parts[-1], int) else 0
    with mock.patch.object(problem, "draw", wraps=problem.draw) as asked:
        try:
            instance = draw(problem.name, preset, "conformance", *parts)
        except Exception as error:
            return Drawn(number, None, asked.call_count, f"{type(error).__name__}: {error}")
    return Drawn(number, instance, asked.call_count)


def _check(function: Check) -> Check:
    """Adds a check to the suite; whatever else goes wrong inside it is a failure of that check."""

    @wraps(function)
    def checked(case: Case) -> None:
        try:
            with known(case.problem):
                function(case)
        except CheckFailed:
            raise
        except Exception as error:
            raise CheckFailed(
                f"{case.problem.name}, preset {case.label}: the check stumbled over {type(error).__name__}: {error}"
            ) from error

    _CHECKS.append(checked)
    return checked


