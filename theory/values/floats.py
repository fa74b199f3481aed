"""Floating-point evaluation of formulas on arrays, batched over leading axes.

An expression is compiled once (:mod:`theory.values.compiler`). Inverses are never formed: they are solves. NumPy is
imported when the first formula is evaluated, so that ``import theory`` needs SymPy only.

Scalars without batch axes are Python numbers: NumPy takes them faster than arrays without axes. What an operation of a
program does gets NumPy as an argument, so that ``import theory`` does not load it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache, partial
from itertools import accumulate, pairwise
from typing import Any

from sympy import Symbol, lambdify, log

from theory.errors import SingularError, TheoryError
from theory.values.compiler import compiled
from theory.values.program import Bound, Program, run

__all__ = ["ArrayInstance", "array_kernels"]

#: ``2**-28 / eps``: below this estimate of its condition a matrix is taken for regular without a closer look.
REGULAR = 2.0**24


def array_kernels(np: Any, *, check: bool = True) -> Mapping[str, Callable[[Any], Callable[..., Any]]]:
    """Return the table of operations: from a node's data to a function of its arguments' values.

    Without `check` a matrix that is singular up to rounding is solved with all the same.
    """
    probes: dict[int, Any] = {}

    def always(function: Callable[..., Any]) -> Callable[[Any], Callable[..., Any]]:
        return lambda data: function

    def with_data(function: Callable[..., Any]) -> Callable[[Any], Callable[..., Any]]:
        return lambda data: partial(function, data)

    def probe(size: int) -> Any:
        if size not in probes:
            probes[size] = np.random.default_rng(size).standard_normal((size, 1))
        return probes[size]

    def solve(name: Any, transposed: Any, *columns: Any) -> Any:
        return _solve(np, probe(transposed.shape[-1]) if check else None, name, transposed.swapaxes(-1, -2), columns)

    return {
        "symbol": lambda symbol: partial(_read, symbol.name),
        "integer": lambda data: lambda given: data,
        "number": lambda data: partial(lambda value, given: value, float(data)),
        "whole": with_data(_whole),
        "result": always(lambda x: np.float64(x) if isinstance(x, float | int) else np.array(x)[()]),
        "copy": always(np.array),
        "matmul": always(np.matmul),
        "combine": lambda data: _combination(np, *data),
        "scale": always(np.multiply),
        "lift": always(lambda s: s[..., None, None] if getattr(s, "ndim", 0) else s),
        "eye": always(np.eye),
        "full": lambda value: lambda *shape: np.full(shape, float(value)),
        "transpose": always(lambda x: x.swapaxes(-1, -2)),
        "solve": with_data(solve),
        "pick": lambda i: lambda parts: parts[i],
        "power": always(partial(_power, np)),
        "powers": always(partial(_powers, np)),
        "trace": always(lambda x: np.trace(x, axis1=-2, axis2=-1)),
        "entry": always(lambda x, i, j: x[..., i, j]),
        "node": lambda expr: lambda *values: expr._array(dict(zip(expr.args, values, strict=True)).__getitem__, np),
        "compare": {"<": np.less, "<=": np.less_equal, ">": np.greater, ">=": np.greater_equal}.__getitem__,
        "add": always(lambda first, *rest: sum(rest, first)),
        "mul": always(_product),
        "raised": lambda data: partial(_raised, np, *data),
        "raised_by": with_data(lambda name, base, exponent: _raised(np, exponent, name, base)),
        "call": partial(_function, np),
    }


def _read(name: str, given: Any) -> Any:
    return given.read(name)


def _whole(name: Any, value: Any) -> int:
    try:
        if int(value) == value:
            return int(value)
    except TypeError:
        pass
    raise TheoryError(f"{name} must be one whole number for the whole batch; got {value}")


def _product(first: Any, *rest: Any) -> Any:
    for x in rest:
        first = first * x
    return first


def _combination(np: Any, signs: tuple[int, ...], spare: int | None) -> Callable[..., Any]:
    """Return the function that adds and subtracts arrays; `spare` is one that nobody needs after, or None."""
    if len(signs) == 1:
        return np.negative  # type: ignore[no-any-return]
    first, *rest = (np.add if sign > 0 else np.subtract for sign in signs[1:])

    def combination(a: Any, b: Any, *others: Any) -> Any:
        # Fresh memory of this size costs as much as the sum.
        out = (a, b)[spare] if spare is not None else None
        if out is not None and (out.size < 4096 or not (_fits(a, out) and _fits(b, out))):
            out = None
        if signs[0] < 0:
            a = np.negative(a)
        out = first(a, b, out=out)
        for operation, x in zip(rest, others, strict=True):
            out = operation(out, x, out=out if _fits(x, out) else None)
        return out

    return combination


def _fits(x: Any, out: Any) -> bool:
    """Whether the sum of both has the shape of `out`."""
    return bool(x.shape == out.shape[out.ndim - x.ndim :]) and x.ndim <= out.ndim


def _solve(np: Any, probe: Any, name: Any, matrix: Any, columns: tuple[Any, ...]) -> Any:
    """Solve with all right-hand sides at once, and with a `probe` refuse a matrix that is singular up to rounding.

    One more right-hand side z has normal entries, fixed for each size. ``|M|_F |M^-1 z|`` is at least the condition
    number (2-norm) times ``|<v, z>|``, v the singular vector of M's least singular value: while it is below `REGULAR`
    no more is done. Else the condition number in the 1-norm is computed as ``numpy.linalg.cond`` does, for the
    geometries in doubt only, and 1/eps or more is an error: no digit of the solution is right.

    So nothing is refused whose computed condition number is below 1/eps. What should be refused passes only if
    ``|<v, z>| < n REGULAR eps``: over the choice of z that has probability at most ``n 3e-9`` for a matrix chosen
    without knowledge of z. Rounding of the elimination counts, as always, as a perturbation of M by a few ``n eps``.
    """
    try:
        if probe is None:
            solution = np.linalg.solve(matrix, columns[0] if len(columns) == 1 else _stacked(np, columns))
            doubt = False
        else:
            solution = np.linalg.solve(matrix, _stacked(np, (*columns, probe)))
            doubt = _doubtful(np, matrix, solution[..., -1])
        if doubt is not False and np.any(doubt):
            suspects = np.broadcast_to(matrix, (*np.shape(doubt), *matrix.shape[-2:]))[doubt]
            if not (np.linalg.cond(suspects, 1) * np.finfo(float).eps < 1).all():
                raise np.linalg.LinAlgError
    except np.linalg.LinAlgError:
        raise SingularError(
            f"{name} is singular for at least one geometry, but the formula inverts it; "
            "use a formula with pseudo-inverses (such as singular-equilibrium.e) or drop that geometry"
        ) from None
    if len(columns) == 1:
        return solution if probe is None else solution[..., :-1]
    ends = accumulate((c.shape[-1] for c in columns), initial=0)
    return [solution[..., a:b] for a, b in pairwise(ends)]


def _doubtful(np: Any, matrix: Any, growth: Any) -> Any:
    """Where ``|M|_F |growth|`` is not below `REGULAR`. If one overflows and the other underflows, it is not."""
    with np.errstate(all="ignore"):
        if growth.ndim == 1 and matrix.size <= 4096:
            flat = matrix.ravel()
            return not float(flat.dot(flat)) * float(growth.dot(growth)) < REGULAR**2
        # BLAS would wake threads for long vectors.
        rows = matrix if matrix.strides[-1] <= matrix.strides[-2] else matrix.swapaxes(-1, -2)
        if rows.shape[-1] <= 64 and rows.flags.c_contiguous:
            rows = rows.reshape(*rows.shape[:-2], 1, -1)
        norm = np.vecdot(rows, rows).sum(axis=-1)
        return ~(norm * np.vecdot(growth, growth) < REGULAR**2)


def _stacked(np: Any, columns: tuple[Any, ...]) -> Any:
    """Put columns side by side, each with the batch axes of all."""
    batch = columns[0].shape[:-2]
    if any(c.shape[:-2] != batch for c in columns):
        batch = np.broadcast_shapes(*(c.shape[:-2] for c in columns))
        columns = tuple(np.broadcast_to(c, (*batch, *c.shape[-2:])) for c in columns)
    return np.concatenate(columns, axis=-1)


def _power(np: Any, base: Any, exponent: int) -> Any:
    return np.linalg.matrix_power(base, exponent)


def _powers(np: Any, base: Any, exponent: int, column: Any) -> Any:
    """Apply a matrix many times: one product with the vector each, or first the power by repeated squaring."""
    if exponent == 0:  # as many geometries as there are matrices, although none of them is looked at
        return np.broadcast_to(column, (*np.broadcast_shapes(base.shape[:-2], column.shape[:-2]), *column.shape[-2:]))
    squarings = exponent.bit_length() + exponent.bit_count() - 2
    # A product of matrices takes the time of about n/4 products with a vector.
    if exponent > 1 and exponent > squarings * max(1.0, base.shape[-1] / 4):
        return np.linalg.matrix_power(base, exponent) @ column
    for _ in range(exponent):
        column = base @ column
    return column


def _raised(np: Any, exponent: Any, name: Any, base: Any) -> Any:
    if exponent < 0 and np.any(base == 0):
        raise SingularError(f"{name} is zero for at least one geometry, and the formula divides by it")
    if isinstance(exponent, int) and exponent in (-1, 2):
        return base * base if exponent == 2 else 1.0 / base
    return np.float_power(base, exponent)


def _function(np: Any, expr: Any) -> Callable[..., Any]:
    """Return NumPy's version of a SymPy function."""
    symbols = [Symbol(f"x{i}") for i in range(len(expr.args))]
    function = lambdify(symbols, expr.func(*symbols), "numpy")
    if not isinstance(expr, log):
        return function  # type: ignore[no-any-return]

    def logarithm(value: Any) -> Any:
        if np.any(np.asarray(value) <= 0):
            raise SingularError(f"{expr.args[0]} is not positive somewhere, and the formula takes its logarithm")
        return function(value)

    return logarithm


class ArrayInstance:
    """Values for symbols as float64 arrays, and evaluation of expressions on them.

    Parameters
    ----------
    sizes : dict
        Symbolic dimension name to integer.
    values : dict
        Symbol, or its name, to array: matrices (..., rows, columns) with vectors as single columns, scalars
        (...). They are read, never written.
    check : bool, optional
        Whether a matrix that is inverted is tested for being singular up to rounding.
    """

    __slots__ = ("check", "sizes", "values")

    def __init__(self, sizes: dict[str, int], values: Mapping[Any, Any], *, check: bool = True) -> None:
        self.sizes = sizes
        self.check = check
        self.values = {key if type(key) is str else key.name: value for key, value in values.items()}

    def __call__(self, expr: Any) -> Any:
        """Evaluate an expression; every subexpression is evaluated once.

        Raises
        ------
        SingularError
            A matrix that is inverted is singular up to rounding (condition number 1/eps or more) for a geometry;
            without `check`, exactly singular.
        TheoryError
            A symbol has no value, or the expression has none in floating point.
        """
        program = compiled(expr)
        return run(_bound(program, self.check), program.slots, self)

    def read(self, name: str) -> Any:
        """Return the value of the symbol, or the dimension, of this name."""
        if name in self.values:
            return self.values[name]
        if name in self.sizes:
            return self.sizes[name]
        raise TheoryError(f"the symbol {name} has no value")


@lru_cache(maxsize=2)
def _kernels(check: bool) -> Any:
    import numpy

    return array_kernels(numpy, check=check)


@lru_cache(maxsize=1024)
def _bound(program: Program, check: bool) -> Bound:
    return program.bind(_kernels(check))
