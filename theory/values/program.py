"""Straight-line programs: a graph of operations in which equal subexpressions are one node, put in an order.

Nothing here knows arrays or rationals: a node says what is done to the values of other nodes, and the tables of
:mod:`theory.values.floats` and :mod:`theory.values.rationals` say how. Solves with one matrix and right-hand sides
that do not depend on each other become one solve. A solve takes the transpose of its matrix: LAPACK reads columns,
and NumPy's arrays are rows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from theory.language.symbols import SymmetricSymbol

__all__ = ["Bound", "Graph", "Node", "Program", "run"]

#: The register that holds what was handed to the run.
GIVEN = -1

Registers = list[Any]
Bound = tuple[tuple[int, Callable[[Registers], Any]], ...]


@dataclass(frozen=True, slots=True)
class Node:
    """One operation.

    Attributes
    ----------
    op : str
        Its name in the table of kernels; ``symbol`` reads an input.
    args : tuple of int
        Nodes whose values it takes.
    data : Any
        What it needs besides values (a symbol, signs, an expression for a message); hashable.
    """

    op: str
    args: tuple[int, ...] = ()
    data: Any = None


@dataclass
class Graph:
    """Nodes without repetition."""

    nodes: list[Node] = field(default_factory=list)
    _index: dict[Node, int] = field(default_factory=dict)

    def add(self, op: str, *args: int, data: Any = None) -> int:
        """Return the node that does this, a new one unless it is there."""
        node = Node(op, args, data)
        if node not in self._index:
            self._index[node] = len(self.nodes)
            self.nodes.append(node)
        return self._index[node]

    def program(self, root: int) -> Program:
        """Return the steps that lead to `root`, and no others."""
        self._turn_systems(root)
        while pair := self._independent_solves(root):
            self._stack(*pair)
        order = self._order(root)
        last = {arg: i for i, node in enumerate(order) for arg in self.nodes[node].args}
        slots: dict[int, int] = {}
        free: list[int] = []
        steps, used = [], 0
        for i, node in enumerate(order):
            sources = tuple(slots[a] for a in self.nodes[node].args)
            # A slot is taken again only after the step that reads it last.
            free += sorted({slots[a] for a in self.nodes[node].args if last[a] == i})
            if free:
                slots[node] = free.pop()
            else:
                slots[node], used = used, used + 1
            data = self.nodes[node].data
            if self.nodes[node].op == "combine":
                dead = (k for k, a in enumerate(self.nodes[node].args[:2]) if last[a] == i and self._is_whole(a, order))
                data = data, next(dead, None)
            steps.append(Instruction(self.nodes[node].op, data, slots[node], sources or (GIVEN,)))
        return Program(tuple(steps), used)

    def _is_whole(self, node: int, order: list[int]) -> bool:
        """Whether a node's value is memory of its own, which no other value looks into."""
        views = ("transpose", "entry", "pick", "power", "powers", "lift", "copy", "node")
        made = self.nodes[node].op in ("scale", "matmul", "combine")
        return made and not any(self.nodes[n].op in views and node in self.nodes[n].args for n in order)

    def _order(self, root: int) -> list[int]:
        """Return what `root` rests on, each node after its arguments."""
        done: dict[int, None] = {}
        stack = [(root, False)]
        while stack:
            node, ready = stack.pop()
            if ready:
                done.setdefault(node)
            elif node not in done:
                stack.append((node, True))
                stack += [(a, False) for a in reversed(self.nodes[node].args)]
        return list(done)

    def _turn_systems(self, root: int) -> None:
        """Form the transposes that solves take, where that takes no more steps than the matrices themselves."""
        solves = (self.nodes[n] for n in self._order(root) if self.nodes[n].op == "solve")
        for system in dict.fromkeys(node.args[0] for node in solves):
            looked_at = self.nodes[system]
            turned = self._turned(looked_at.args[0]) if looked_at.op == "transpose" else None
            if turned is None:
                continue
            before, steps = list(self.nodes), len(self._order(root))
            for i, node in enumerate(before):
                if node.op == "solve" and node.args[0] == system:
                    self.nodes[i] = replace(node, args=(turned, *node.args[1:]))
            if len(self._order(root)) >= steps:
                self.nodes[:] = before

    def _turned(self, node: int) -> int | None:
        """Return the node of a transpose that is formed in as many steps as the matrix, or None."""
        this = self.nodes[node]
        if this.op == "eye" or (this.op == "symbol" and isinstance(this.data, SymmetricSymbol)):
            return node
        if this.op == "scale":
            inner = self._turned(this.args[1])
            return None if inner is None else self.add("scale", this.args[0], inner)
        if this.op not in ("combine", "matmul"):
            return None
        parts = [self._turned(a) for a in this.args]
        known = [p for p in parts if p is not None]
        if len(known) < len(parts):
            return None
        return self.add(this.op, *(known if this.op == "combine" else reversed(known)), data=this.data)

    def _independent_solves(self, root: int) -> tuple[int, int] | None:
        """Two solves with one matrix, neither of which uses the other's solution."""
        seen: list[int] = []
        for node in self._order(root):
            if self.nodes[node].op != "solve":
                continue
            below = set(self._order(node))
            for other in seen:
                same = self.nodes[other].args[0] == self.nodes[node].args[0]
                if same and other not in below and node not in self._order(other):
                    return other, node
            seen.append(node)
        return None

    def _stack(self, first: int, second: int) -> None:
        """Replace two solves by one with all their right-hand sides; who used one picks its part."""
        old = self.nodes[first], self.nodes[second]
        joined = Node("solve", (*old[0].args, *old[1].args[1:]), old[0].data)
        widths = len(old[0].args) - 1, len(old[1].args) - 1
        target = len(self.nodes)
        self.nodes.append(joined)
        for solve, start, width in ((first, 0, widths[0]), (second, widths[0], widths[1])):
            if width == 1:
                self.nodes[solve] = Node("pick", (target,), start)
                continue
            for i, node in enumerate(self.nodes):
                if node.op == "pick" and node.args == (solve,):
                    self.nodes[i] = Node("pick", (target,), start + node.data)


@dataclass(frozen=True, slots=True)
class Instruction:
    """One operation of a program: where its values lie, and where its result goes.

    The data of a sum is a pair: its signs, and which of its first two terms nobody needs after, or None.
    """

    op: str
    data: Any
    target: int
    sources: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Program:
    """Operations in order. Every run has registers of its own, so that threads may share a program.

    Attributes
    ----------
    steps : tuple of Instruction
        The last one computes the result.
    slots : int
        Number of registers.
    """

    steps: tuple[Instruction, ...]
    slots: int

    def bind(self, kernels: Mapping[str, Callable[[Any], Callable[..., Any]]]) -> Bound:
        """Attach to every step what it does; `KeyError` names an operation that the table does not have."""
        return tuple((s.target, _reading(kernels[s.op](s.data), s.sources)) for s in self.steps)


def run(bound: Bound, slots: int, given: Any) -> Any:
    """Return the result of the last step; operations without arguments read `given`."""
    registers: Registers = [None] * slots
    registers.append(given)
    for target, step in bound:
        registers[target] = value = step(registers)
    return value


def _reading(function: Callable[..., Any], sources: tuple[int, ...]) -> Callable[[Registers], Any]:
    """Return `function` of registers; short argument lists are written out, as they are what is run most."""
    match sources:
        case (i,):
            return lambda r: function(r[i])
        case (i, j):
            return lambda r: function(r[i], r[j])
        case (i, j, k):
            return lambda r: function(r[i], r[j], r[k])
    return lambda r: function(*[r[i] for i in sources])
