"""Theorems as values: their LaTeX is whole, and says what every symbol means."""

from __future__ import annotations

import re

import pytest

from tests.families.test_dynamics import CLOSED_FORM
from theory import UnknownFormulaError, formulas, statements
from theory.derivation.lines import equation
from theory.derivation.notation import Introduced, explained
from theory.derivation.statement import escaped
from theory.language.predicates import All
from theory.language.printing import tex

# What amsmath and amsthm give, as far as the printer uses it.
COMMANDS = {
    *("begin", "end", "item", "label", "noindent", "left", "right", "lVert", "rVert", "lvert", "rvert", "langle"),
    *("rangle", "operatorname", "mathrm", "mathsf", "mathcal", "mathbf", "mathbb", "tfrac", "frac", "sqrt", "text"),
    *("succeq", "preceq", "succ", "prec", "in", "subset", "subseteq", "det", "ne", "neq", "le", "leq", "ge", "geq"),
    *("iff", "implies", "exists", "colon", "mapsto", "to", "forall", "hat", "bar", "tilde", "infty", "sum", "cdot"),
    *("min", "max", "log", "cos", "tan", "delta", "Delta", "eta", "alpha", "beta", "gamma", "Gamma", "kappa", "lambda"),
    *(
        "Lambda",
        "rho",
        "sigma",
        "Sigma",
        "tau",
        "theta",
        "omega",
        "Omega",
        "epsilon",
        "varepsilon",
        "mu",
        "nu",
        "pi",
        "Pi",
        "phi",
    ),
    *(
        "phi",
        "chi",
        "psi",
        "xi",
        "zeta",
        "ell",
        "dots",
        "circ",
        "star",
        "parallel",
        "perp",
        "nabla",
        "partial",
        "dagger",
    ),
    *("rightleftarrows", "sim", "otimes", "leftrightarrow", "varnothing"),
    *("textasciicircum", "textasciitilde", "textbackslash", "quad", "widehat", "dot", "top"),
}


def faults(source: str) -> list[str]:
    """What keeps a piece of LaTeX from compiling, as far as it can be seen without LaTeX."""
    found = []
    bare = re.sub(r"\\[\\%&#_{}$,;:! ]", " ", source)
    depth = 0
    for x in bare:
        depth += (x == "{") - (x == "}")
        if depth < 0:
            break
    if depth:
        found.append("braces")
    opened = []
    for what, name in re.findall(r"\\(begin|end)\{(\w+)\}", bare):
        if what == "begin":
            opened.append(name)
        elif not opened or opened.pop() != name:
            found.append(f"environment {name}")
    found += [f"environment {name} stays open" for name in opened]
    parts = bare.split("$")
    if len(parts) % 2 == 0:
        found.append("dollars")
    for i, part in enumerate(parts):
        if i % 2 == 0:
            if re.search(r"[_^<>]", re.sub(r"\\label\{[^}]*\}", "", part)):
                found.append(f"outside a formula: {part.strip()}")
        else:
            if not part.strip():
                found.append("an empty formula")
            if len(re.findall(r"\\left(?![a-z])", part)) != len(re.findall(r"\\right(?![a-z])", part)):
                found.append(f"fences: {part}")
            outside = re.sub(r"\\begin\{matrix\}.*?\\end\{matrix\}", "", part)
            if any(x in outside for x in "&#%"):
                found.append(f"special: {part}")
            if re.search(r"\^(\{[^{}]*\}|\w|\\\w+)\s*\^|_(\{[^{}]*\}|\w|\\\w+)\s*_", part):
                found.append(f"double script: {part}")
    found += [f"unknown command {name}" for name in set(re.findall(r"\\([A-Za-z]+)", bare)) - COMMANDS]
    return found


@pytest.mark.parametrize("id_", statements)
def test_latex_is_whole(id_):
    source = statements[id_].latex()
    assert faults(source) == []
    assert source.startswith(r"\begin{theorem}")
    assert rf"\label{{thm:{id_}}}" in source
    assert source.count(r"\item") >= 1


@pytest.mark.parametrize(
    ("source", "seen"),
    [
        (r"$\left(A$", "fences"),
        ("$A", "dollars"),
        ("S_W", "outside"),
        (r"\begin{itemize}", "stays open"),
        (r"\begin{a}\end{b}", "environment"),
        ("$x^{2}^{3}$", "double script"),
        (r"$\nosuch$", "unknown command"),
        ("{", "braces"),
        ("$a & b$", "special"),
        ("$$", "empty"),
    ],
)
def test_faults_are_seen(source, seen):
    assert any(seen in fault for fault in faults(source))


def test_the_environment_of_one_theorem():
    source = statements[CLOSED_FORM].latex()
    assert r"If $M$ is invertible, then" in source
    assert source.count(r"\begin{itemize}") == 2
    assert "$S_W$, Gram matrix of W's prompt" in source
    assert r"$P = \eta_W S_W$" in source


@pytest.mark.parametrize("id_", statements)
def test_every_symbol_has_its_meaning(id_):
    """What a hypothesis or a conclusion speaks of is explained after the theorem, and what explains it, before it."""
    statement = statements[id_]
    explained = [symbol for symbol, _ in statement.notation]
    assert len(set(explained)) == len(explained)
    for i, (_, meaning) in enumerate(statement.notation):
        if not isinstance(meaning, str):
            later = set(explained[i + 1 :])
            assert not meaning.free_symbols & later, tex(meaning)


@pytest.mark.parametrize("id_", formulas)
@pytest.mark.many(4)
def test_no_letter_is_explained_by_what_another_conclusion_means(id_):
    """What is printed for a conclusion, its own explanations first, is what its derivation defines."""
    formula, statement = formulas[id_], statements[id_.partition(".")[0]]
    printed = dict(statement.notation) | dict(statement.local(formula))
    said = formula.says.args if isinstance(formula.says, All) else (formula.says,)
    waiting = [x for a in formula.assumptions for x in a.free_symbols]
    waiting += [formula.lhs] if formula.says is None else formula.says.free_symbols
    defined, seen = dict(formula.unfold), set()
    for symbol in waiting:
        if symbol not in seen and symbol in defined and equation(symbol, defined[symbol]) not in said:
            assert printed[symbol] == defined[symbol]
            waiting += defined[symbol].free_symbols
        elif symbol not in defined:  # an input here, or what an equation has as its solution
            assert isinstance(printed.get(symbol, ""), str | Introduced)
        seen.add(symbol)


@pytest.mark.slow
def test_letters_that_differ_are_explained_where_they_stand():
    found = 0
    for statement in statements.values():
        for formula in statement.conclusions:
            for letter, meaning in statement.local(formula):
                said = escaped(explained(letter, meaning, lambda expr: f"${tex(expr)}$", ", "))
                assert said in statement.latex()
                assert letter not in {x for x, what in statement.notation if not isinstance(what, str)}
                found += 1
    assert found >= 8


def test_text_is_escaped_outside_formulas_only():
    assert escaped("50% of $x_1$ & S_W -> w*") == r"50\% of $x_1$ \& S\_W $\to$ w$^{*}$"


def test_near_misses():
    with pytest.raises(UnknownFormulaError, match=r"no theorem has the id 'closed-from'; near: closed-form"):
        statements["closed-from"]
