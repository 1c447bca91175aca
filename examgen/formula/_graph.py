"""A recipe's steps as graph nodes."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from operator import add, mul, neg, sub, truediv

from examgen.formula._grammar import DIGITS, REDUCTIONS, Statement, Step, fail, follow, place
from examgen.graph import Builder, Ref, Shape
from examgen.ops._op import ShapeError

EXPONENT = 1000
BITS = 167  # of a whole number of 50 digits

OPS = {"+": "add", "-": "sub", "*": "mul", "/": "div", "max": "maximum", "min": "minimum"}
REDUCED = {"max": "amax", "min": "amin"}
FOLDED: dict[str, Callable[..., Fraction]] = {"+": add, "-": sub, "*": mul, "/": truediv, "neg": neg}

Result = Ref | Fraction  # numbers have no node until an operation with a name in it takes them


class GraphRules:
    """Adds statements to a builder, one rule per kind of step; the last operation of a statement bears its name."""

    def __init__(self, text: str, builder: Builder) -> None:
        self.text = text
        self.builder = builder
        self.constants: dict[str, Fraction] = {}

    def add(self, statement: Statement) -> None:
        last = statement.steps[-1]
        result = follow(statement, lambda step, *args: self.apply(step, args, statement.name if step is last else None))
        if isinstance(result, Fraction):
            self.builder.const(result, statement.name)
            self.constants[statement.name] = result

    def apply(self, step: Step, args: tuple[Result, ...], name: str | None) -> Result:
        if step.do == "number":
            return Fraction(step.what)
        if step.do == "name":
            return self.same(self.builder.ref(step.what), name)
        numbers = [arg for arg in args if isinstance(arg, Fraction)]
        if len(numbers) == len(args) and (value := self.folded(step, *numbers)) is not None:
            return value
        try:
            if step.do == "**":
                return self.power(step, args[0], args[1], name)
            return self.node(step, [self.placed(arg) for arg in args], name)
        except ShapeError as error:
            raise ShapeError(f"{place(self.text, step.at)}: {error}") from error

    def placed(self, arg: Result) -> Ref:
        return self.builder.const(arg) if isinstance(arg, Fraction) else arg

    def same(self, ref: Ref, name: str | None) -> Ref:
        # 1·x and not an op of its own: every engine, step and picture knows a product
        return ref if name is None else self.builder.op("mul", self.builder.const(1), ref, name=name)

    def folded(self, step: Step, *values: Fraction) -> Fraction | None:
        """The value of an operation on numbers alone, None where it is not rational."""
        try:
            if step.do == "**":
                value = self.whole_power(step, *values)
            else:
                value = FOLDED[step.do](*values) if step.do in FOLDED else None
        except ZeroDivisionError:
            fail(self.text, step.at, "division by zero: correct the number")
        if value is not None and max(abs(value.numerator), value.denominator).bit_length() > BITS:
            fail(self.text, step.at, f"the result has more than {DIGITS} digits: use smaller numbers")
        return value

    def whole_power(self, step: Step, value: Fraction, exponent: Fraction) -> Fraction | None:
        self.check_exponent(step, exponent)
        return value ** int(exponent) if exponent.denominator == 1 else None

    def check_exponent(self, step: Step, exponent: Fraction) -> None:
        if abs(exponent) > EXPONENT:
            fail(self.text, step.at, f"the exponent is beyond {EXPONENT}: use a smaller one")

    def power(self, step: Step, x: Result, y: Result, name: str | None) -> Ref:
        b, base = self.builder, self.placed(x)
        exponent = y if isinstance(y, Fraction) else self.constants.get(y.name)
        if exponent is not None:
            self.check_exponent(step, exponent)
            return b.op("pow", base, exponent=exponent, name=name)
        return b.op("exp", b.op("mul", self.placed(y), b.op("log", base)), name=name)

    def node(self, step: Step, refs: list[Ref], name: str | None) -> Ref:
        b, x = self.builder, refs[0]
        if step.do == "@":
            return b.matmul(x, refs[1], name)
        if step.do == "T":
            return b.op("transpose", x, name=name) if len(x.shape) > 1 else self.same(x, name)
        if step.do == "index":
            # counted from the front where the axis has such an entry; the shape rule refuses the others
            index = [i % n if -n <= i < n else i for i, n in zip(step.what, x.shape, strict=False)]
            return b.op("getitem", x, index=(*index, *step.what[len(index) :]), name=name)
        if step.do in REDUCTIONS and step.arity == 1:
            axes, keepdims = step.what
            over = None if axes is None else self.axes(step, axes, x.shape)
            return b.reduce(REDUCED.get(step.do, step.do), x, over, keepdims=keepdims, name=name)
        return b.op(OPS.get(step.do, step.do), *refs, name=name)

    def axes(self, step: Step, axes: tuple[int, ...], dims: Shape) -> tuple[int, ...]:
        """Axes counted from the right."""
        rank = len(dims)
        if any(not -rank <= axis < rank for axis in axes) or len({axis % rank for axis in axes}) < len(axes):
            fail(self.text, step.at, f"axis={axes} does not fit shape {dims}: name each axis at most once")
        return tuple(axis % rank - rank for axis in axes)
