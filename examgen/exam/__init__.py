"""An exam: what its definition (TOML) says, read, checked, and turned into the tasks of its variants."""

from examgen.exam._data import SHIPPED_SEEDS, SHORTEST_SEED, Choice, Exam, Task
from examgen.exam._reading import SEED_VARIABLE, read_exam

__all__ = ["SEED_VARIABLE", "SHIPPED_SEEDS", "SHORTEST_SEED", "Choice", "Exam", "Task", "read_exam"]
