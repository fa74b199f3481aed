"""Non-commutative algebra for matrix expressions of symbolic size: sums of words in letters.

SymPy's own simplification of matrix expressions cancels inverses without asking whether they exist and stays
silent on many true identities. Here an expression becomes a dictionary from words (tuples of letters) to scalar
coefficients; the only rule is that a letter and its declared inverse cancel. Two expressions with the same
dictionary are equal for all sizes at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sympy import (
    Add,
    Expr,
    Identity,
    Integer,
    Inverse,
    MatAdd,
    MatMul,
    MatPow,
    MatrixExpr,
    Mul,
    Pow,
    S,
    Transpose,
    ZeroMatrix,
    cancel,
    default_sort_key,
    expand,
)
from sympy.core.relational import Relational

__all__ = [
    "along",
    "collect_right",
    "difference",
    "equal",
    "expanded",
    "from_words",
    "inverse_pair",
    "is_zero",
    "replace",
    "substitute",
    "summed",
    "transposed",
    "vanishes",
    "words",
]

Word = tuple[MatrixExpr, ...]
Words = dict[Word, Expr]


def inverse_pair(left: MatrixExpr, right: MatrixExpr) -> bool:
    """Whether two letters cancel, in either order."""
    return (isinstance(left, Inverse) and left.arg == right) or (isinstance(right, Inverse) and right.arg == left)


def _reduced(word: Iterable[MatrixExpr]) -> Word:
    out: list[MatrixExpr] = []
    for letter in word:
        if out and inverse_pair(out[-1], letter):
            out.pop()
        else:
            out.append(letter)
    return tuple(out)


def _added(terms: list[Expr]) -> Expr:
    total = Add(*terms)
    return total if total.is_Rational else expand(total)


def is_zero(c: Expr) -> bool:
    """Whether an expanded number is zero for all values of its letters.

    A sum may be a rational function (step ratios): it is cancelled before it is asked. A sum of products of powers
    is not: as it is expanded it has no second form.
    """
    if c.is_number or not c.is_Add:
        return bool(c == 0)
    simple = all(power.exp.is_Integer and (power.exp > 0 or not power.base.is_Add) for power in c.atoms(Pow))
    return not simple and bool(cancel(c) == 0)


def _tidy(collected: Mapping[Word, list[Expr]]) -> Words:
    sums = ((word, _added(terms)) for word, terms in collected.items())
    return {word: c for word, c in sums if not is_zero(c)}


def summed(parts: Iterable[Words]) -> Words:
    """Add up sums of words; what cancels is left out."""
    collected: dict[Word, list[Expr]] = {}
    for part in parts:
        for word, c in part.items():
            collected.setdefault(word, []).append(c)
    return _tidy(collected)


def _product(left: Words, right: Words) -> Words:
    collected: dict[Word, list[Expr]] = {}
    for word1, c1 in left.items():
        for word2, c2 in right.items():
            collected.setdefault(_reduced(word1 + word2), []).append(c1 * c2)
    return _tidy(collected)


def transposed(word: Word) -> Word:
    """Transpose a word: the letters transposed, in reverse order."""
    return tuple(letter.arg if isinstance(letter, Transpose) else letter.T for letter in reversed(word))


def _whole_part(exponent: Expr) -> int:
    """The integer c of a symbolic exponent ``t + c``."""
    number = exponent.as_coeff_Add()[0]
    return int(number) if number.is_Integer and not exponent.is_Integer else 0


def _sorted(expr: MatrixExpr) -> MatrixExpr:
    """The same sum in SymPy's order, so that equal inverses are equal letters."""
    return MatAdd(*sorted(expr.args, key=default_sort_key)) if isinstance(expr, MatAdd) else expr


def words(expr: MatrixExpr) -> Words:
    """Expand a matrix expression into words.

    Parameters
    ----------
    expr : MatrixExpr
        Sums, products, integer powers and transposes are expanded, ``X**(t + 1)`` is ``X X**t``; anything else
        (symbols, inverses, symbolic powers) is a letter.

    Returns
    -------
    dict
        Word to scalar coefficient; the empty word stands for the identity. Zero coefficients are absent.
    """
    if isinstance(expr, ZeroMatrix):
        return {}
    if isinstance(expr, Identity):
        return {(): S.One}
    if isinstance(expr, MatAdd):
        return summed(words(term) for term in expr.args)
    if isinstance(expr, MatMul):
        coefficient, factors = expr.as_coeff_matrices()
        result: Words = {(): coefficient}
        for factor in factors:
            result = _product(result, words(factor))
        return result
    if isinstance(expr, Inverse):
        return {(Inverse(_sorted(expanded(expr.arg))),): S.One}
    if isinstance(expr, MatPow) and isinstance(expr.exp, Integer):
        base = words(expr.base if expr.exp >= 0 else Inverse(expr.base))
        result = {(): S.One}
        for _ in range(abs(int(expr.exp))):
            result = _product(result, base)
        return result
    if isinstance(expr, MatPow) and (whole := _whole_part(expr.exp)) > 0:
        return _product(words(MatPow(expr.base, whole)), {(MatPow(expr.base, expr.exp - whole),): S.One})
    if isinstance(expr, Transpose):
        return {transposed(word): c for word, c in words(expr.arg).items()}
    return {(expr,): S.One}


def _monomial(word: Word, coefficient: Expr, shape: tuple[Any, Any]) -> MatrixExpr:
    if not word:
        return coefficient * Identity(shape[0])
    factors: list[MatrixExpr] = []
    run = 0
    for i, letter in enumerate(word):
        run += 1
        if i + 1 == len(word) or word[i + 1] != letter:
            factors.append(MatPow(letter, run) if run > 1 else letter)
            run = 0
    body = factors[0] if len(factors) == 1 else MatMul(*factors)
    return body if coefficient == 1 else MatMul(coefficient, *factors)


def from_words(expansion: Mapping[Word, Expr], shape: tuple[Any, Any]) -> MatrixExpr:
    """Return the matrix expression of a dictionary of words, in a stable order."""
    terms = [_monomial(w, c, shape) for w, c in expansion.items()]
    if not terms:
        return ZeroMatrix(*shape)
    return terms[0] if len(terms) == 1 else MatAdd(*terms)


def expanded(expr: MatrixExpr) -> MatrixExpr:
    """Return `expr` as a sum of words."""
    return from_words(words(expr), expr.shape)


def vanishes(expr: MatrixExpr) -> bool:
    """Whether all words of an expression cancel. A 1 x 1 word equals its own transpose."""
    expansion = words(expr)
    if expr.shape != (1, 1):
        return not expansion
    folded = [{min(word, transposed(word), key=str): c} for word, c in expansion.items()]
    return not summed(folded)


def along(expr: MatrixExpr, values: Mapping[MatrixExpr, Any]) -> Expr:
    """Return the factor of an expression along a common eigenvector: every letter acts as its number in `values`.

    A vector is given by its coordinate; an inverse acts as the reciprocal of what it inverts.
    """

    def number(letter: MatrixExpr) -> Any:
        return 1 / along(letter.arg, values) if isinstance(letter, Inverse) else values[letter]

    return Add(*(Mul(c, *map(number, word)) for word, c in words(expr).items()))


def difference(lhs: Any, rhs: Any) -> Any:
    """Return ``lhs - rhs``, of matrices unevaluated: SymPy would simplify first, and cancel inverses unasked."""
    return MatAdd(lhs, MatMul(-1, rhs)) if getattr(lhs, "is_MatrixExpr", False) else lhs - rhs


def equal(lhs: MatrixExpr, rhs: MatrixExpr) -> bool:
    """Whether two expressions have the same words: then they are equal in every dimension."""
    return lhs.shape == rhs.shape and vanishes(difference(lhs, rhs))


def substitute(expr: Any, rules: Mapping[Any, Any]) -> Any:
    """Replace symbols by expressions everywhere, also inside inverses and powers; relations stay as written."""
    if expr.has(Relational):
        # SymPy would decide each relation that it builds, by simplifying the difference of its sides.
        unevaluated = {"evaluate": False} if isinstance(expr, Relational) else {}
        return expr.func(*(substitute(part, rules) for part in expr.args), **unevaluated)
    # xreplace rebuilds nodes unevaluated, so symmetric transposes are resolved by doit on the way back.
    return expr.xreplace(dict(rules))


def replace(expr: MatrixExpr, old: MatrixExpr, new: MatrixExpr) -> MatrixExpr:
    """Expand `expr` and replace the word `old` (a product of letters) by `new` wherever it occurs."""
    pattern_words = words(old)
    if len(pattern_words) != 1 or () in pattern_words:
        raise ValueError(f"replace: the pattern must be one product of letters, got {old}")
    (pattern, scale), width = next(iter(pattern_words.items())), len(next(iter(pattern_words)))
    substitute_words = {word: c / scale for word, c in words(new).items()}
    total: list[Words] = []
    for word, c in words(expr).items():
        pieces: Words = {(): c}
        i = 0
        while i < len(word):
            if word[i : i + width] == pattern:
                pieces, i = _product(pieces, substitute_words), i + width
            else:
                pieces, i = _product(pieces, {(word[i],): S.One}), i + 1
        total.append(pieces)
    return from_words(summed(total), expr.shape)


def collect_right(expr: MatrixExpr, letter: MatrixExpr) -> tuple[MatrixExpr, MatrixExpr]:
    """Split `expr` as ``C*letter + rest``; returns ``(C, rest)``.

    Raises
    ------
    ValueError
        If `letter` also occurs elsewhere than at the right end of a word.
    """
    coefficient: Words = {}
    rest: Words = {}
    for word, c in words(expr).items():
        at_end = bool(word) and word[-1] == letter
        if any(x.has(letter) for x in (word[:-1] if at_end else word)):
            raise ValueError(f"collect_right: {letter} occurs inside a product of {expr}")
        if at_end:
            coefficient[word[:-1]] = c
        else:
            rest[word] = c
    rows = expr.shape[0]
    return from_words(coefficient, (rows, letter.shape[0])), from_words(rest, expr.shape)
