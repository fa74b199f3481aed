"""Identities for operators from textbooks and papers: what is given, and what follows in every dimension.

Each is one equation. Where a source shows that some expression is a generalized inverse, an inverse of that kind is
given as a letter, and the claim is that the letter equals the expression.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Identity:
    """An identity: its name, what it says, where it stands, and the statement as a certificate writes it.

    `squares` are maps that vanish because their squares do: these lines come before the claim.
    """

    id: str
    title: str
    source: str
    statement: Mapping[str, Any]
    squares: tuple[str, ...] = ()


def turned(text: str, symmetric: Sequence[str] = ()) -> str:
    """The adjoint of a sum of products without brackets."""

    def product(words: str) -> str:
        flipped = [x if x in symmetric or x.isdigit() else f"{x}'".removesuffix("''") for x in reversed(words.split())]
        return " ".join(flipped)

    return " - ".join(" + ".join(map(product, part.split(" + "))) for part in text.split(" - "))


def penrose(a: str, x: str, which: str = "1234") -> dict[str, str]:
    """The equations that say that `x` is the Moore-Penrose inverse of `a`, or those of them that are listed."""
    left, t = f"({a})" if " " in a else a, f"({turned(a)})" if " " in a else turned(a)
    y, u = f"({x})" if " " in x else x, f"({turned(x)})" if " " in x else turned(x)
    equations = (
        f"{left} {y} {left} = {left}",
        f"{y} {left} {y} = {y}",
        f"{u} {t} = {left} {y}",
        f"{t} {u} = {y} {left}",
    )
    return {f"Penrose {i}: {a}, {x}".removesuffix("'"): equations[int(i) - 1] for i in which}


def inverse(a: str, x: str) -> dict[str, str]:
    """The equations that say that `x` is the inverse of `a`."""
    y = f"({x})" if " " in x else x
    return {f"{y} ({a})": f"{y} ({a}) = 1", f"({a}) {y}": f"({a}) {y} = 1"}


def drazin(a: str, x: str, index: int) -> dict[str, str]:
    """The equations that say that `x` is the Drazin inverse of `a`, whose index is at most `index`."""
    power = " ".join([f"({a})"] * index)
    return {
        f"power of {a}": f"{power} ({a}) {x} = {power}",
        f"outer inverse of {a}": f"{x} ({a}) {x} = {x}",
        f"commutes with {a}": f"({a}) {x} = {x} ({a})",
    }


def core(a: str, x: str) -> dict[str, str]:
    """The equations that say that `x` is the core inverse of `a`."""
    return {
        f"core 1 of {a}": f"{x} {a} {a} = {a}",
        f"core 2 of {a}": f"{a} {x} {x} = {x}",
        f"core 3 of {a}": f"{turned(x)} {turned(a)} = {a} {x}",
    }


def _stated(
    spaces: str, *given: Mapping[str, str], claim: str, symmetric: str = "", scalars: str = "", **equations: str
) -> dict[str, Any]:
    """A statement; `spaces` lists letters with target and source, such as ``A:mn X:nm``."""
    whole = {k: v for part in given for k, v in part.items()}
    ends = dict(one.split(":") for one in spaces.split())
    stated: dict[str, Any] = {"letters": {x: f"{e[0]} <- {e[1]}" for x, e in ends.items()}}
    stated |= {"given": whole | {k.replace("_", " "): v for k, v in equations.items()}, "claim": claim}
    if symmetric:
        stated["symmetric"] = symmetric.split()
    if scalars:
        stated["scalars"] = scalars.split()
    return stated


PAIR = "A:mn X:nm"
TWO = "A:mn B:nk X:nm Y:kn"
THREE = "A:mn B:nk C:kl X:nm Y:kn Z:lk P:nk Q:kn"
SQUARE = "A:nn X:nn"
BLOCKS = "A:nn B:nm C:mn D:mm X:nn Z:mm"
GREVILLE = {"range of A* A B": "B Y A' A B = A' A B", "range of B B* A*": "X A B B' A' = B B' A'"}
HARTWIG = {
    **penrose("A", "X"),
    **penrose("B", "Y"),
    **penrose("C", "Z"),
    "P": "P = X A B C Z",
    "Q": "Q = C Z Y X A",
}
INNER_OUTER = {"PQP": "P Q P = P", "QPQ": "Q P Q = Q"}
HERMITIAN = {"A* A P Q": "Q' P' A' A = A' A P Q", "Q P C C*": "C C' P' Q' = Q P C C'"}
SCHUR = {**inverse("A", "X"), **inverse("D - C X B", "Z")}

PENROSE = "Penrose, A generalized inverse for matrices, 1955"
BEN_ISRAEL = "Ben-Israel and Greville, Generalized Inverses, 2003"
HARTWIG_PAPER = "Hartwig, The reverse order law revisited, 1986"
CAMPBELL = "Campbell and Meyer, Generalized Inverses of Linear Transformations, 1979"
HENDERSON = "Henderson and Searle, On deriving the inverse of a sum of matrices, 1981"
HORN = "Horn and Johnson, Matrix Analysis, 2013"
BAKSALARY = "Baksalary and Trenkler, Core inverse of matrices, 2010"
DRAZIN = "Drazin, Pseudo-inverses in associative rings and semigroups, 1958"
HALMOS = "Halmos, Does mathematics have elements?, 1981"
KATO = "Kato, Perturbation Theory for Linear Operators, 1966"
ANDERSON = "Anderson and Duffin, Series and parallel addition of matrices, 1969"
DRAZIN_STAR = "Drazin, Natural structures on semigroups with involution, 1978"

IDENTITIES = (
    Identity(
        "penrose-unique",
        "the Moore-Penrose inverse is unique",
        PENROSE,
        _stated(
            "A:mn X:nm Y:nm", penrose("A", "X"), {f"{k} again": v for k, v in penrose("A", "Y").items()}, claim="X = Y"
        ),
    ),
    Identity(
        "penrose-involution",
        "(A^+)^+ = A",
        PENROSE,
        _stated("A:mn X:nm Z:mn", penrose("A", "X"), penrose("X", "Z"), claim="Z = A"),
    ),
    Identity(
        "penrose-adjoint",
        "(A*)^+ = (A^+)*",
        PENROSE,
        _stated("A:mn X:nm Z:mn", penrose("A", "X"), penrose("A'", "Z"), claim="Z = X'"),
    ),
    Identity(
        "penrose-gram",
        "(A* A)^+ = A^+ (A^+)*",
        PENROSE,
        _stated("A:mn X:nm Z:nn", penrose("A", "X"), penrose("A' A", "Z"), claim="Z = X X'"),
    ),
    Identity(
        "penrose-normal-equations",
        "A^+ = (A* A)^+ A*",
        PENROSE,
        _stated("A:mn X:nm Z:nn", penrose("A", "X"), penrose("A' A", "Z"), claim="X = Z A'"),
    ),
    Identity(
        "penrose-minimum-norm",
        "A^+ = A* (A A*)^+",
        PENROSE,
        _stated("A:mn X:nm Z:mm", penrose("A", "X"), penrose("A A'", "Z"), claim="X = A' Z"),
    ),
    Identity(
        "least-squares",
        "what solves the normal equations has the projector A A^+",
        BEN_ISRAEL,
        _stated("A:mn X:nm G:nm", penrose("A", "X"), claim="A G = A X", normal="A' A G = A'"),
    ),
    Identity(
        "zlobec",
        "A^+ = A* G A* for every inner inverse G of A* A A*",
        "Zlobec, An explicit form of the Moore-Penrose inverse, 1970",
        _stated(
            "A:mn X:nm G:mn",
            penrose("A", "X"),
            claim="X = A' G A'",
            inner="A' A A' G A' A A' = A' A A'",
        ),
    ),
    Identity(
        "full-column-rank",
        "A^+ = (A* A)^-1 A* where A* A is invertible",
        BEN_ISRAEL,
        _stated("A:mn X:nm N:nn", penrose("A", "X"), inverse("A' A", "N"), claim="X = N A'"),
    ),
    Identity(
        "full-rank-factorization",
        "(F G)^+ = G* (G G*)^-1 (F* F)^-1 F*",
        "MacDuffee; Ben-Israel and Greville, Generalized Inverses, 2003",
        _stated(
            "F:mr G:rn M:rr N:rr Z:nm",
            inverse("F' F", "M"),
            inverse("G G'", "N"),
            penrose("F G", "Z"),
            claim="Z = G' N M F'",
        ),
    ),
    Identity(
        "partial-isometry",
        "A^+ = A* where A A* A = A",
        BEN_ISRAEL,
        _stated(PAIR, penrose("A", "X"), claim="X = A'", isometry="A A' A = A"),
    ),
    Identity(
        "projector",
        "an orthogonal projector is its own Moore-Penrose inverse",
        BEN_ISRAEL,
        _stated(
            SQUARE,
            claim="X = A",
            symmetric="A",
            idempotent="A A = A",
            one="A X A = A",
            two="X A X = X",
            three="X' A = A X",
            four="A X' = X A",
        ),
    ),
    Identity(
        "commuting",
        "what commutes with A and A* commutes with A^+",
        BEN_ISRAEL,
        _stated("A:nn B:nn X:nn", penrose("A", "X"), claim="X B = B X", one="A B = B A", two="A' B = B A'"),
    ),
    Identity(
        "normal",
        "a normal operator commutes with its Moore-Penrose inverse",
        BEN_ISRAEL,
        _stated(SQUARE, penrose("A", "X"), claim="A X = X A", normal="A A' = A' A"),
    ),
    Identity(
        "range-inclusion",
        "A A^+ B = B makes B B^+ a smaller projector",
        BEN_ISRAEL,
        _stated("A:mn B:mk X:nm Y:km", penrose("A", "X"), penrose("B", "Y"), claim="B Y A X = B Y", range="A X B = B"),
    ),
    Identity(
        "consistent-equation",
        "A U B = C is solved by A^+ C B^+ if by anything",
        PENROSE,
        _stated(
            "A:mn B:kl C:ml U:nk X:nm Y:lk",
            penrose("A", "X", "1"),
            penrose("B", "Y", "1"),
            claim="A X C Y B = C",
            solved="A U B = C",
        ),
    ),
    Identity(
        "common-solution",
        "A U = C and U B = D are solved together where each is and A D = C B",
        "Rao and Mitra, Generalized Inverse of Matrices and its Applications, 1971",
        _stated(
            "A:mn B:kl C:mk D:nl X:nm Y:lk",
            penrose("A", "X", "1"),
            penrose("B", "Y", "1"),
            claim="(X C + D Y - X A D Y) B = D",
            first="A X C = C",
            second="D Y B = D",
            both="A D = C B",
        ),
    ),
    Identity(
        "outer-inverse-unique",
        "an outer inverse is determined by its range and its kernel",
        BEN_ISRAEL,
        _stated(
            "A:mn X:nm Y:nm U:mm V:nn",
            claim="X = Y",
            first="X A X = X",
            second="Y A Y = Y",
            range="X = Y U",
            kernel="Y = V X",
        ),
    ),
    Identity(
        "weighted-unique",
        "the weighted Moore-Penrose inverse is unique",
        BEN_ISRAEL,
        _stated(
            "A:mn X:nm Y:nm M:mm N:nn K:mm L:nn",
            inverse("M", "K"),
            inverse("N", "L"),
            claim="X = Y",
            symmetric="M N",
            x1="A X A = A",
            x2="X A X = X",
            x3="X' A' M = M A X",
            x4="A' X' N = N X A",
            y1="A Y A = A",
            y2="Y A Y = Y",
            y3="Y' A' M = M A Y",
            y4="A' Y' N = N Y A",
        ),
    ),
    Identity(
        "orthogonal-sum",
        "(A + B)^+ = A^+ + B^+ where A* B = 0 and A B* = 0",
        PENROSE,
        _stated(
            "A:mn B:mn X:nm Y:nm Z:nm",
            penrose("A", "X"),
            penrose("B", "Y"),
            penrose("A + B", "Z"),
            claim="Z = X + Y",
            left="A' B = 0",
            right="A B' = 0",
        ),
    ),
    Identity(
        "star-order",
        "(B - A)^+ = B^+ - A^+ where A is below B in the star order",
        DRAZIN_STAR,
        _stated(
            "A:mn B:mn X:nm Y:nm Z:nm",
            penrose("A", "X"),
            penrose("B", "Y"),
            penrose("B - A", "Z"),
            claim="Z = Y - X",
            left="A' A = A' B",
            right="A A' = B A'",
        ),
    ),
    Identity(
        "greville",
        "(A B)^+ = B^+ A^+ where B reduces A* A and A reduces B B*",
        "Greville, Note on the generalized inverse of a matrix product, 1966",
        _stated(f"{TWO} Z:km", penrose("A", "X"), penrose("B", "Y"), penrose("A B", "Z"), GREVILLE, claim="Z = Y X"),
    ),
    Identity(
        "greville-converse",
        "(A B)^+ = B^+ A^+ only where A reduces B B*",
        "Greville, Note on the generalized inverse of a matrix product, 1966",
        _stated(TWO, penrose("A", "X"), penrose("B", "Y"), penrose("A B", "Y X"), claim="X A B B' A' - B B' A' = 0"),
        ("X A B B' A' - B B' A'",),
    ),
    Identity(
        "greville-converse-left",
        "(A B)^+ = B^+ A^+ only where B reduces A* A",
        "Greville, Note on the generalized inverse of a matrix product, 1966",
        _stated(TWO, penrose("A", "X"), penrose("B", "Y"), penrose("A B", "Y X"), claim="B Y A' A B - A' A B = 0"),
        ("B Y A' A B - A' A B",),
    ),
    Identity(
        "cline-product",
        "(A B)^+ = (A^+ A B)^+ (A B B^+)^+",
        "Cline, Note on the generalized inverse of the product of matrices, 1964",
        _stated(
            f"{TWO} Z:km U:kn V:nm",
            penrose("A", "X"),
            penrose("B", "Y"),
            penrose("A B", "Z"),
            penrose("X A B", "U"),
            penrose("A B Y", "V"),
            claim="Z = U V",
        ),
    ),
    Identity(
        "inner-reverse-order",
        "B^- A^- is an inner inverse of A B where A^- A B B^- is idempotent",
        "Werner, When is B^- A^- a generalized inverse of AB?, 1994",
        _stated(
            TWO,
            penrose("A", "X", "1"),
            penrose("B", "Y", "1"),
            claim="A B Y X A B = A B",
            idempotent="X A B Y X A B Y = X A B Y",
        ),
    ),
    Identity(
        "hartwig",
        "(A B C)^+ = C^+ B^+ A^+ from P Q P = P, Q P Q = Q, and A* A P Q and Q P C C* Hermitian",
        HARTWIG_PAPER,
        _stated(f"{THREE} W:lm", HARTWIG, INNER_OUTER, HERMITIAN, penrose("A B C", "W"), claim="W = Z Y X"),
    ),
    Identity(
        "hartwig-inner",
        "(A B C)^+ = C^+ B^+ A^+ only where P Q P = P",
        HARTWIG_PAPER,
        _stated(THREE, HARTWIG, penrose("A B C", "Z Y X"), claim="P Q P = P"),
    ),
    Identity(
        "hartwig-hermitian",
        "(A B C)^+ = C^+ B^+ A^+ only where A* A P Q is Hermitian",
        HARTWIG_PAPER,
        _stated(THREE, HARTWIG, penrose("A B C", "Z Y X"), claim="Q' P' A' A = A' A P Q"),
    ),
    Identity(
        "hartwig-ranges",
        "(A B C)^+ = C^+ B^+ A^+ where P Q is idempotent, A* A P and Q* have one range, and C C* P* and Q",
        HARTWIG_PAPER,
        _stated(
            f"{THREE} U:kk V:kk S:nn T:nn W:lm",
            HARTWIG,
            penrose("A B C", "W"),
            claim="W = Z Y X",
            idempotent="P Q P Q = P Q",
            one="A' A P = Q' V'",
            two="Q' = A' A P U'",
            three="C C' P' = Q T",
            four="Q = C C' P' S'",
        ),
    ),
    Identity(
        "wedin",
        "the difference of two Moore-Penrose inverses",
        "Wedin, Perturbation theory for pseudo-inverses, 1973",
        _stated(
            "A:mn B:mn X:nm Y:nm",
            penrose("A", "X"),
            penrose("B", "Y"),
            claim="Y - X = Y Y' (B' - A') (1 - A X) + (1 - Y B) (B' - A') X' X - Y (B - A) X",
        ),
    ),
    Identity(
        "golub-pereyra",
        "the derivative E of the projector A A^+, D that of A",
        "Golub and Pereyra, The differentiation of pseudo-inverses, 1973",
        _stated(
            "A:mn D:mn X:nm P:mm E:mm",
            penrose("A", "X"),
            claim="E = (1 - P) D X + X' D' (1 - P)",
            symmetric="P E",
            P="P = A X",
            first="E A + P D = D",
            second="E P + P E = E",
        ),
    ),
    Identity(
        "drazin-unique-1",
        "the group inverse is unique",
        DRAZIN,
        _stated(
            "A:nn X:nn Y:nn",
            drazin("A", "X", 1),
            {f"{k} again": v for k, v in drazin("A", "Y", 1).items()},
            claim="X = Y",
        ),
    ),
    Identity(
        "drazin-unique-2",
        "the Drazin inverse is unique, index 2",
        DRAZIN,
        _stated(
            "A:nn X:nn Y:nn",
            drazin("A", "X", 2),
            {f"{k} again": v for k, v in drazin("A", "Y", 2).items()},
            claim="X = Y",
        ),
    ),
    Identity(
        "drazin-unique-3",
        "the Drazin inverse is unique, index 3",
        DRAZIN,
        _stated(
            "A:nn X:nn Y:nn",
            drazin("A", "X", 3),
            {f"{k} again": v for k, v in drazin("A", "Y", 3).items()},
            claim="X = Y",
        ),
    ),
    Identity(
        "drazin-commuting",
        "what commutes with A commutes with its Drazin inverse, index 2",
        DRAZIN,
        _stated("A:nn B:nn X:nn", drazin("A", "X", 2), claim="X B = B X", commute="A B = B A"),
    ),
    Identity(
        "drazin-product",
        "(A B)^D = B^D A^D where A B = B A, index 2",
        DRAZIN,
        _stated(
            "A:nn B:nn X:nn Y:nn Z:nn",
            drazin("A", "X", 2),
            drazin("B", "Y", 2),
            drazin("A B", "Z", 2),
            claim="Z = Y X",
            commute="A B = B A",
        ),
    ),
    Identity(
        "drazin-sum",
        "(A + B)^D = A^D + B^D where A B = B A = 0, index 2",
        DRAZIN,
        _stated(
            "A:nn B:nn X:nn Y:nn Z:nn",
            drazin("A", "X", 2),
            drazin("B", "Y", 2),
            drazin("A + B", "Z", 2),
            claim="Z = X + Y",
            one="A B = 0",
            other="B A = 0",
        ),
    ),
    Identity(
        "drazin-twice",
        "(A^D)^D = A A A^D, index 2",
        DRAZIN,
        _stated("A:nn X:nn Z:nn", drazin("A", "X", 2), drazin("X", "Z", 1), claim="Z = A A X"),
    ),
    Identity(
        "cline",
        "(A B)^D = A ((B A)^D)^2 B, index 1 of B A",
        "Cline, An application of representation for the generalized inverse of a matrix, 1965",
        _stated("A:mn B:nm X:nn Z:mm", drazin("B A", "X", 1), drazin("A B", "Z", 2), claim="Z = A X X B"),
    ),
    Identity(
        "cline-2",
        "(A B)^D = A ((B A)^D)^2 B, index 2 of B A",
        "Cline, An application of representation for the generalized inverse of a matrix, 1965",
        _stated("A:mn B:nm X:nn Z:mm", drazin("B A", "X", 2), drazin("A B", "Z", 3), claim="Z = A X X B"),
    ),
    Identity(
        "group-from-factors",
        "A = A A U = V A A makes V A U the group inverse",
        "Hartwig and Luh, A note on the group structure of unit regular ring elements, 1977",
        _stated("A:nn U:nn V:nn X:nn", drazin("A", "X", 1), claim="X = V A U", right="A A U = A", left="V A A = A"),
    ),
    Identity(
        "group-from-inner",
        "the group inverse is A G A for every inner inverse G of A A A",
        BEN_ISRAEL,
        _stated("A:nn G:nn X:nn", drazin("A", "X", 1), claim="X = A G A", inner="A A A G A A A = A A A"),
    ),
    Identity(
        "core-unique",
        "the core inverse is unique",
        BAKSALARY,
        _stated("A:nn X:nn Y:nn", core("A", "X"), {f"{k} again": v for k, v in core("A", "Y").items()}, claim="X = Y"),
    ),
    Identity(
        "core-group",
        "the core inverse is A^# A A^+",
        BAKSALARY,
        _stated("A:nn X:nn G:nn M:nn", core("A", "X"), drazin("A", "G", 1), penrose("A", "M"), claim="X = G A M"),
    ),
    Identity(
        "core-powers",
        "A^# = (core inverse)^2 A",
        BAKSALARY,
        _stated("A:nn X:nn G:nn", core("A", "X"), drazin("A", "G", 1), claim="G = X X A"),
    ),
    Identity(
        "product-of-projectors",
        "P Q is idempotent where P and Q commute",
        HORN,
        _stated("P:nn Q:nn", claim="P Q P Q = P Q", P="P P = P", Q="Q Q = Q", commute="P Q = Q P"),
    ),
    Identity(
        "sum-of-projectors",
        "P + Q is idempotent only where P Q = 0",
        HORN,
        _stated("P:nn Q:nn", claim="P Q = 0", P="P P = P", Q="Q Q = Q", sum="(P + Q) (P + Q) = P + Q"),
    ),
    Identity(
        "difference-of-projectors",
        "P - Q is idempotent only where P Q = Q",
        HORN,
        _stated("P:nn Q:nn", claim="P Q = Q", P="P P = P", Q="Q Q = Q", difference="(P - Q) (P - Q) = P - Q"),
    ),
    Identity(
        "woodbury",
        "the inverse of A + U C V",
        "Woodbury, Inverting modified matrices, 1950",
        _stated(
            "A:nn U:nm C:mm V:mn X:nn D:mm S:mm Z:nn",
            inverse("A", "X"),
            inverse("C", "D"),
            inverse("D + V X U", "S"),
            inverse("A + U C V", "Z"),
            claim="Z = X - X U S V X",
        ),
    ),
    Identity(
        "woodbury-singular",
        "the inverse of A + U C V, where C need not have one",
        HENDERSON,
        _stated(
            "A:nn U:nm C:mm V:mn X:nn S:mm Z:nn",
            inverse("A", "X"),
            inverse("1 + C V X U", "S"),
            inverse("A + U C V", "Z"),
            claim="Z = X - X U S C V X",
        ),
    ),
    Identity(
        "sherman-morrison",
        "the inverse of A + u v*",
        "Sherman and Morrison, Adjustment of an inverse matrix, 1950",
        _stated(
            "A:nn u:n1 v:n1 X:nn Z:nn",
            inverse("A", "X"),
            inverse("A + u v'", "Z"),
            claim="Z = X - s X u v' X",
            scalars="s",
            s="s (1 + v' X u) = 1",
        ),
    ),
    Identity(
        "identity-plus-dyad",
        "the inverse of 1 + u v*",
        HORN,
        _stated("u:n1 v:n1 Z:nn", inverse("1 + u v'", "Z"), claim="Z = 1 - s u v'", scalars="s", s="s (1 + v' u) = 1"),
    ),
    Identity(
        "duncan",
        "the inverse of A - B D^-1 C",
        "Duncan, Some devices for the solution of large sets of simultaneous linear equations, 1944",
        _stated(
            "A:nn B:nm C:mn D:mm X:nn Y:mm Z:mm T:nn",
            SCHUR,
            inverse("D", "Y"),
            inverse("A - B Y C", "T"),
            claim="T = X + X B Z C X",
        ),
    ),
    Identity(
        "push-through",
        "(1 + U V)^-1 U = U (1 + V U)^-1",
        HENDERSON,
        _stated("U:nm V:mn X:nn Y:mm", inverse("1 + U V", "X"), inverse("1 + V U", "Y"), claim="X U = U Y"),
    ),
    Identity(
        "jacobson",
        "the inverse of 1 - B A from that of 1 - A B",
        HALMOS,
        _stated("A:mn B:nm C:mm", inverse("1 - A B", "C"), claim="(1 - B A) (1 + B C A) = 1"),
    ),
    Identity(
        "hua",
        "A - (A^-1 + (B^-1 - A)^-1)^-1 = A B A",
        "Hua, Some properties of a sfield, 1949",
        _stated(
            "A:nn B:nn X:nn Y:nn C:nn D:nn",
            inverse("A", "X"),
            inverse("B", "Y"),
            inverse("Y - A", "C"),
            inverse("X + C", "D"),
            claim="A - D = A B A",
        ),
    ),
    Identity(
        "inverse-of-product",
        "(A B)^-1 = B^-1 A^-1",
        HORN,
        _stated("A:nn B:nn X:nn Y:nn Z:nn", inverse("A", "X"), inverse("B", "Y"), inverse("A B", "Z"), claim="Z = Y X"),
    ),
    Identity(
        "resolvent",
        "R_a - R_b = (a - b) R_a R_b",
        KATO,
        _stated(
            "A:nn R:nn S:nn", inverse("A - a", "R"), inverse("A - b", "S"), claim="R - S = (a - b) R S", scalars="a b"
        ),
    ),
    Identity(
        "resolvents-commute",
        "R_a R_b = R_b R_a where a - b has an inverse",
        KATO,
        _stated(
            "A:nn R:nn S:nn",
            inverse("A - a", "R"),
            inverse("A - b", "S"),
            claim="R S = S R",
            scalars="a b c",
            c="c (a - b) = 1",
        ),
    ),
    Identity(
        "second-resolvent",
        "(A - a)^-1 - (B - a)^-1 = (A - a)^-1 (B - A) (B - a)^-1",
        KATO,
        _stated(
            "A:nn B:nn R:nn S:nn",
            inverse("A - a", "R"),
            inverse("B - a", "S"),
            claim="R - S = R (B - A) S",
            scalars="a",
        ),
    ),
    Identity(
        "parallel-sum-commutes",
        "A (A + B)^-1 B = B (A + B)^-1 A",
        ANDERSON,
        _stated("A:nn B:nn S:nn", inverse("A + B", "S"), claim="A S B = B S A"),
    ),
    Identity(
        "parallel-sum-inverse",
        "A (A + B)^-1 B = (A^-1 + B^-1)^-1",
        ANDERSON,
        _stated(
            "A:nn B:nn S:nn X:nn Y:nn Z:nn",
            inverse("A + B", "S"),
            inverse("A", "X"),
            inverse("B", "Y"),
            inverse("X + Y", "Z"),
            claim="A S B = Z",
        ),
    ),
    Identity(
        "parallel-sum-singular",
        "A (A + B)^+ B = B (A + B)^+ A where the range and the kernel of A + B fit",
        ANDERSON,
        _stated(
            "A:mn B:mn S:nm",
            penrose("A + B", "S"),
            claim="A S B = B S A",
            range="(A + B) S A = A",
            kernel="A S (A + B) = A",
        ),
    ),
    Identity(
        "banachiewicz-11",
        "the inverse of a 2 x 2 block matrix: the first block of its product with the matrix",
        "Banachiewicz, Zur Berechnung der Determinanten, 1937",
        _stated(BLOCKS, SCHUR, claim="A (X + X B Z C X) - B Z C X = 1"),
    ),
    Identity(
        "banachiewicz-12",
        "the inverse of a 2 x 2 block matrix: the second block",
        "Banachiewicz, Zur Berechnung der Determinanten, 1937",
        _stated(BLOCKS, SCHUR, claim="B Z - A X B Z = 0"),
    ),
    Identity(
        "banachiewicz-21",
        "the inverse of a 2 x 2 block matrix: the third block",
        "Banachiewicz, Zur Berechnung der Determinanten, 1937",
        _stated(BLOCKS, SCHUR, claim="C (X + X B Z C X) - D Z C X = 0"),
    ),
    Identity(
        "banachiewicz-22",
        "the inverse of a 2 x 2 block matrix: the last block",
        "Banachiewicz, Zur Berechnung der Determinanten, 1937",
        _stated(BLOCKS, SCHUR, claim="D Z - C X B Z = 1"),
    ),
    Identity(
        "block-inverse",
        "the first block of the inverse of a 2 x 2 block matrix",
        "Banachiewicz, Zur Berechnung der Determinanten, 1937",
        _stated(
            f"{BLOCKS} E:nn F:nm G:mn H:mm",
            SCHUR,
            claim="E = X + X B Z C X",
            one="A E + B G = 1",
            two="C E + D G = 0",
            three="A F + B H = 0",
            four="C F + D H = 1",
        ),
    ),
    Identity(
        "cayley",
        "(1 - A) (1 + A)^-1 is orthogonal where A is skew",
        HORN,
        _stated("A:nn R:nn", inverse("1 + A", "R"), claim="R' (1 - A') (1 - A) R = 1", skew="A' = 0 - A"),
    ),
    Identity(
        "kalman-gain",
        "P H* (H P H* + R)^-1 = (P^-1 + H* R^-1 H)^-1 H* R^-1",
        "Anderson and Moore, Optimal Filtering, 1979",
        _stated(
            "P:nn H:mn R:mm Y:nn W:mm S:mm T:nn",
            inverse("P", "Y"),
            inverse("R", "W"),
            inverse("H P H' + R", "S"),
            inverse("Y + H' W H", "T"),
            claim="P H' S = T H' W",
            symmetric="P R",
        ),
    ),
    Identity(
        "joseph",
        "(1 - K H) P = (1 - K H) P (1 - K H)* + K R K* for the gain K",
        "Anderson and Moore, Optimal Filtering, 1979",
        _stated(
            "P:nn H:mn R:mm S:mm K:nm",
            inverse("H P H' + R", "S"),
            symmetric="P R",
            K="K = P H' S",
            claim="(1 - K H) P = (1 - K H) P (1 - H' K') + K R K'",
        ),
    ),
    Identity(
        "riccati",
        "two forms of the discrete Riccati map",
        "Lancaster and Rodman, Algebraic Riccati Equations, 1995",
        _stated(
            "A:nn B:nm P:nn R:mm W:mm S:mm T:nn",
            inverse("R", "W"),
            inverse("R + B' P B", "S"),
            inverse("1 + B W B' P", "T"),
            symmetric="P R",
            claim="A' P T A = A' P A - A' P B S B' P A",
        ),
    ),
)
