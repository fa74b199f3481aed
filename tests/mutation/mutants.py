"""The mutants of a module: Cosmic Ray's operators, without the places where a mutant says nothing of the tests."""

from __future__ import annotations

import contextlib
import difflib
import hashlib
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.operators.operator import Operator
from cosmic_ray.plugins import get_operator
from parso.tree import NodeOrLeaf

_BINARY = "Add_Sub Sub_Add Mul_Div Div_Mul FloorDiv_Mul Mod_Mul Pow_Mul BitOr_BitAnd BitAnd_BitOr BitXor_BitOr"
_COMPARISON = "Eq_NotEq NotEq_Eq Lt_LtE Lt_GtE LtE_Lt LtE_Gt Gt_GtE Gt_LtE GtE_Gt GtE_Lt Is_IsNot IsNot_Is"
_UNARY = "Delete_USub Delete_Not Delete_Invert"
_OTHER = """AddNot ReplaceTrueWithFalse ReplaceFalseWithTrue ReplaceAndWithOr ReplaceOrWithAnd
    ReplaceBreakWithContinue ReplaceContinueWithBreak ExceptionReplacer NumberReplacer ZeroIterationForLoop"""
#: One or two for each kind of place: all of Cosmic Ray's would ask the same question many times.
OPERATORS: tuple[Operator, ...] = tuple(
    get_operator(f"core/{name}")()
    for name in (
        *(f"ReplaceBinaryOperator_{pair}" for pair in _BINARY.split()),
        *(f"ReplaceComparisonOperator_{pair}" for pair in _COMPARISON.split()),
        *(f"ReplaceUnaryOperator_{pair}" for pair in _UNARY.split()),
        *_OTHER.split(),
    )
)


@dataclass(frozen=True)
class Mutant:
    """A module changed in one place: the lines that differ, and the function or class that they stand in."""

    path: str
    within: str
    source: str
    code: str

    @cached_property
    def _changed(self) -> tuple[str, str]:
        old, new = self.source.splitlines(), self.code.splitlines()
        first = next(i for i, (a, b) in enumerate(zip(old, new, strict=False)) if a != b)
        same = next(i for i, (a, b) in enumerate(zip(old[::-1], new[::-1], strict=False)) if a != b)
        last = [max(first + 1, len(lines) - same) for lines in (old, new)]
        before, after = (
            " ".join(" ".join(text[first:end]).split()) for text, end in zip((old, new), last, strict=True)
        )
        return before, after

    @property
    def line(self) -> str:
        """What is changed."""
        return self._changed[0]

    @property
    def becomes(self) -> str:
        """What it is changed to."""
        return self._changed[1]

    @cached_property
    def digest(self) -> str:
        """The module and the mutant in one word."""
        return hashlib.sha256("\0".join((self.path, self.source, self.code)).encode()).hexdigest()

    def rank(self, seed: int) -> str:
        """By which a sample is drawn: it stays when other lines of the module change."""
        return hashlib.sha256("\0".join((str(seed), self.within, self.line, self.becomes)).encode()).hexdigest()

    def diff(self) -> str:
        """The change as a patch."""
        lines = difflib.unified_diff(
            self.source.splitlines(), self.code.splitlines(), self.path, self.path, n=1, lineterm=""
        )
        return "\n".join(lines)


def mutants(path: str, source: str) -> list[Mutant]:
    """All of a module, each once, in the order of the operators within the order of the source."""
    pieces = [child.get_code() for child in get_ast(source).children]
    out: dict[str, Mutant] = {}
    for i, piece in enumerate(pieces):
        before, after = "".join(pieces[:i]), "".join(pieces[i + 1 :])
        for within, code in _mutated(piece):
            out.setdefault(code_ := before + code + after, Mutant(path, within, source, code_))
    return list(out.values())


def _mutated(piece: str) -> Iterator[tuple[str, str]]:
    """One statement at the top of a module, changed in each of its places, and where that is."""
    tree = get_ast(piece)
    for node in [node for node in ast_nodes(tree) if not _skipped(node)]:
        for operator in OPERATORS:
            for index in range(len(list(operator.mutation_positions(node)))):
                with _restored(node):
                    changed = operator.mutate(node, index)
                    siblings = node.parent.children if node.parent else []
                    siblings[:] = [changed if child is node else child for child in siblings]
                    code = tree.get_code()
                if _compiles(code):
                    yield _within(node), code


@contextlib.contextmanager
def _restored(node: NodeOrLeaf) -> Iterator[None]:
    """Undo what an operator does: it replaces a node, or what stands at most three levels below."""
    near = level = [node.parent, node] if node.parent else [node]
    for _ in range(3):
        level = [child for parent in level for child in getattr(parent, "children", ())]
        near = near + level
    kept = [(each, list(each.children) if hasattr(each, "children") else each.value) for each in near]
    try:
        yield
    finally:
        for each, was in kept:
            if isinstance(was, list):
                each.children[:] = was
            else:
                each.value = was


def _compiles(code: str) -> bool:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SyntaxWarning)
        try:
            compile(code, "<mutant>", "exec")
        except SyntaxError:
            return False
    return True


def _within(node: NodeOrLeaf | None) -> str:
    names: list[str] = []
    while node is not None:
        if node.type in ("funcdef", "classdef"):
            names.insert(0, node.name.value)
        node = node.parent
    return ".".join(names)


def _skipped(node: NodeOrLeaf) -> bool:
    """Types, decorators, what only a type checker or a script runs, messages, ``__repr__``, ``strict=`` of zip."""
    if node.type == "operator" and node.value == "|" and not _within(node):
        return True  # a name for a type
    if node.type == "if_stmt" and node.children[1].get_code().strip() in _NEVER_RUN:
        return True
    child, parent, text = node, node.parent, False
    while parent is not None:
        kind, code = parent.type, parent.children[0].get_code(include_prefix=False)
        if kind in ("decorator", "raise_stmt") or (kind == "parameters" and child.type != "param"):
            return True
        if kind == "annassign" and child is parent.children[1]:
            return True
        if kind == "tfpdef":
            return True
        if kind == "funcdef" and (child.get_previous_leaf() or child).get_code(include_prefix=False) == "->":
            return True
        if kind == "funcdef" and parent.name.value == "__repr__":
            return True
        if kind == "if_stmt" and parent.children[1].get_code().strip() in _NEVER_RUN:
            return True
        if kind == "argument" and code == "strict":
            return True
        if kind == "atom_expr" and (code == "warnings" or (code == "need" and text)):
            return True
        text = text or kind == "fstring"
        child, parent = parent, parent.parent
    return False


_NEVER_RUN = ("TYPE_CHECKING", '__name__ == "__main__"')
