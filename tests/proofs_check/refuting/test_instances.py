"""Instances that miss what they are to satisfy: directions, factors, systems, and readings of hypotheses by hand."""

import random
from fractions import Fraction
from types import SimpleNamespace

import numpy as np
import pytest

from proofs_check.certificates.expressions import relation
from proofs_check.refuting import instances
from proofs_check.refuting.instances import Sampler, direction, fails, gram_factor, holds, solve_affine


def exact(rows):
    return np.array([[Fraction(x) for x in row] for row in rows], dtype=object).reshape(len(rows), -1)


@pytest.mark.parametrize(
    ("m", "down", "flat"),
    [
        ([[1, 0], [0, -1]], [0, 1], [0, 1]),
        ([[-1, 0], [0, -1]], [1, 0], [1, 0]),
        ([[0, 1], [1, 5]], [-3, 1], [1, 0]),
        ([[1, 2], [2, 1]], [-2, 1], [-2, 1]),
        ([[2, 1], [1, 2]], None, None),
        ([[1, 1], [1, 1]], None, [-1, 1]),
        ([[0, 0], [0, 1]], None, [1, 0]),
        ([[0, 0, 0], [0, 1, 2], [0, 2, 1]], [0, -2, 1], [1, 0, 0]),
        ([[1, 0, 0], [0, 0, 1], [0, 1, 0]], [0, "-1/2", 1], [0, 1, 0]),
        ([[1, 1, 0], [1, 2, 2], [0, 2, 3]], [2, -2, 1], [2, -2, 1]),
        ([[1, 1, 0], [1, 2, 2], [0, 2, 4]], None, [2, -2, 1]),
        ([[1, 1, 0], [1, 2, 2], [0, 2, 5]], None, None),
        ([[0, 0, 2], [0, 0, 0], [2, 0, 7]], [-2, 0, 1], [1, 0, 0]),
        ([[4]], None, None),
        ([[0]], None, [1]),
        ([["-1/2"]], [1], [1]),
    ],
)
def test_directions(m, down, flat):
    """By completing squares, one coordinate after another."""
    for strictly, wanted in ((False, down), (True, flat)):
        found = direction(exact(m), strictly=strictly)
        assert (None if found is None else found.ravel().tolist()) == (wanted and [Fraction(x) for x in wanted])
    assert (direction(exact(m)) is None) == (down is None)


class Chosen(random.Random):
    """Takes what it is told: the first or the last of a choice, the largest number, the order that it finds."""

    def __init__(self, number=0.0, last=False):
        super().__init__(0)
        self.number, self.place = number, -1 if last else 0

    def random(self):
        return self.number

    def choice(self, seq):
        return seq[self.place]

    def randint(self, a, b):
        return b

    def shuffle(self, x):
        pass


@pytest.mark.parametrize(
    ("m", "rows", "factor"),
    [
        ([[4]], 1, [[2]]),
        ([[4]], 2, [[2], [0]]),
        ([[2]], 2, [[1], [1]]),
        ([["4/9"]], 1, [["2/3"]]),
        ([[0]], 1, [[0]]),
        ([[2]], 1, None),
        ([[8]], 2, None),
        ([["1/2"]], 1, None),
        ([[-4]], 1, None),
        ([[1, 2], [2, 4]], 1, [[1, 2]]),
        ([[1, 2], [2, 5]], 2, [[1, 2], [0, 1]]),
        ([[1, 2], [2, 5]], 1, None),
        ([[1, 2], [2, 6]], 2, None),
        ([[0, 0], [0, 9]], 2, [[0, 3], [0, 0]]),
        ([[0, 1], [1, 0]], 2, None),
        ([[0, 1], [1, 4]], 2, None),
        ([[2, 0], [0, 2]], 2, None),
    ],
)
def test_gram_factors(m, rows, factor):
    wanted = None if factor is None else exact(factor).tolist()
    for last, sign in ((False, 1), (True, -1)):
        found = gram_factor(exact(m), rows, Chosen(last=last))
        if wanted == [[1], [1]]:  # a row of ones, for counts
            sign = 1
        assert (None if found is None else (sign * found).tolist()) == wanted


def test_affine_equations_are_solved_and_the_rest_is_free():
    values = {"A": exact([[2, 0], [0, 0]]), "b": exact([[6], [0]]), "v": exact([[1], [1]]), "k": Fraction(3)}

    def solved(shapes, *texts):
        found = solve_affine(shapes, [relation(text) for text in texts], values, lambda: Fraction(next(left_free)))
        return found and {x: v if isinstance(v, Fraction) else v.tolist() for x, v in found.items()}

    left_free = iter([7, 7])
    assert solved({"x": (2, 1)}, "A x = b") == {"x": [[3], [7]]}
    assert solved({"x": (2, 1)}, "A x = v") is None
    assert solved({"x": (2, 1)}, "x = A x + v") == {"x": [[-1], [1]]}
    assert solved({"c": None}, "c b = b + b") == {"c": 2}
    assert solved({"c": None}, "c k = 1") == {"c": Fraction(1, 3)}
    assert solved({"c": None}, "c v = b") is None
    assert solved({"c": None, "r": (1, 2)}, "c = k + k", "r = c v'") == {"c": 6, "r": [[6, 6]]}
    assert solved({"x": (2, 1), "y": (2, 1)}, "x - y = v", "A x = b") == {"x": [[3], [8]], "y": [[2], [7]]}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("x > 0", "the difference is 0"),
        ("x >= 0", None),
        ("x - 1 >= 0", "the difference is -1"),
        ("x + 1 > 0", None),
        ("x = 1", "the sides differ by -1"),
        ("x = 0", None),
        ("v = 0", "the sides differ by (1, 2)"),
        ("v' = 0", "the sides differ by (1, 2)"),
        ("I = N", "the sides differ by ((1, -1), (0, 1))"),
        ("N >= 0", "the difference ((0, 1), (0, 0)) is not symmetric"),
        ("R >= 0", "the difference (0, 0) is not symmetric"),
        ("I > 0", None),
        ("v v' >= 0", None),
        ("v v' > 0", "along (-2, 1) the difference has the value 0"),
        ("I - v v' >= 0", "along (0, 1) the difference has the value -3"),
        ("O >= 0", "the difference has the value -2"),
    ],
)
def test_why_a_relation_fails(text, why):
    values = {"x": Fraction(0), "v": exact([[1], [2]]), "I": exact([[1, 0], [0, 1]]), "N": exact([[0, 1], [0, 0]])}
    values |= {"O": exact([[-2]]), "R": exact([[0, 0]])}
    found = fails(relation(text), values)
    assert found == (f"along 1 {why}" if text == "O >= 0" else why)
    assert holds(relation(text), values) is (why is None)


def test_what_hypotheses_say_of_a_letter():
    def defined(text):
        return [name for name, _ in instances._defines(relation(text))]

    assert [defined(x) for x in ("w = X w + b", "A = B", "X' = A", "A = X'", "X = X'", "X >= 0", "X Y = 1")] == [
        ["w"], ["A", "B"], ["A"], ["A"], [], [], []
    ]  # fmt: skip

    def inverse(text):
        found = instances._pseudo_inverse(relation(text))
        return found and found[0]

    texts = (
        "X Y X = X",
        "A B Y A B = A B",
        "X X X = X",
        "X Y' X = X",
        "X Y X >= X",
        "X Y Z = X",
        "X Y X = Y",
        "X Y = X",
    )
    assert [inverse(x) for x in texts] == ["Y", "Y", *[None] * 6]

    def square(text):
        found = instances._square(relation(text))
        return found and found[:2]

    texts = ("X' X = P", "X X' = P", "P = X' X", "X' X = X", "X X = P", "X' Y = P", "X' X >= P", "X' X Y = P")
    assert [square(x) for x in texts] == [("X", True), ("X", False), ("X", True), *[None] * 5]

    ends = {"i": ("t", "d"), "j": ("t", "e"), "k": ("s", "d")}

    def included(*texts):
        return instances._inclusions([relation(x) for x in texts], ends)

    assert included("i' i = 1", "j' j = 1", "i' j = 0") == {"t": ["i", "j"]}
    assert included("i' j = 0") == {"t": ["i", "j"]}
    for texts in (["i' i = 1"], ["i' j = 1"], ["i j = 0"], ["i' j' = 0"], ["i' j >= 0"], ["i' z = 0"], ["z' i = 0"]):
        assert included(*texts) == {}


LETTERS = {"X": "d <- n", "S": "d <- d", "v": "d <- 1", "X_pinv": "n <- d", "D": "d <- d", "c_inv": "1 <- n"}
STATEMENT = {
    "letters": LETTERS,
    "scalars": ["c", "n"],
    "symmetric": ["S"],
    "given": {"D": "D = S + 1", "c": "c c = 2"},
    "positive": {"S": "S >= 0", "c": "c > 0"},
}


def test_sizes():
    sampler = Sampler(STATEMENT)
    assert sampler.sizes(Chosen(), 2) == {"d": 2, "n": 3, "1": 1}
    assert sampler.shape("X", {"d": 2, "n": 3}) == (2, 3)
    sums = Sampler({"letters": {"i": "t <- d", "j": "t <- 1"}, "given": {"1": "i' i = 1", "2": "i' j = 0"}})
    assert sums.sizes(Chosen(), 2) == {"t": 4, "d": 3, "1": 1}


@pytest.mark.parametrize(("shuffled", "ranks"), [(False, [3, 2, 4, 5, 5, 5, 0, 1]), (True, [2, 2, 2, 5, 2, 5, 0, 1])])
def test_what_is_drawn_first(shuffled, ranks):
    """Squares, numbers, symmetric operators, others, vectors; what can be computed last."""
    sampler, mood = Sampler(STATEMENT), SimpleNamespace(shuffled=shuffled)
    equations = [fact for fact in sampler._facts if fact.sign == "="]
    assert [sampler._rank(x, equations, {}, mood) for x in (*LETTERS, "c", "n")] == ranks


def test_plain_instances():
    """Numbers 1, vectors zero, operators with 1 on their diagonal."""
    letters = {"X": "d <- n", "v": "d <- 1", "S": "d <- d"}
    sizes, values = Sampler({"letters": letters, "scalars": ["c"], "symmetric": ["S"]}).draw(Chosen(), 2, plain=True)
    assert sizes == {"d": 2, "n": 3, "1": 1}
    assert values["c"] == 1
    assert values["X"].tolist() == [[1, 0, 0], [0, 1, 0]]
    assert values["v"].tolist() == [[0], [0]]
    assert values["S"].tolist() == [[1, 0], [0, 1]]


@pytest.mark.parametrize(
    ("number", "moods"),
    [
        (0.14, (True, True, True, True, True)),
        (0.15, (True, True, False, True, False)),
        (0.49, (True, True, False, True, False)),
        (0.5, (True, False, False, False, False)),
        (0.79, (True, False, False, False, False)),
        (0.8, (False, False, False, False, False)),
    ],
)
def test_moods(number, moods):
    mood = instances._Mood(Chosen(number))
    assert (mood.moore_penrose, mood.jointly, mood.shuffled, mood.symmetric, mood.coincident) == moods
    assert (mood.plain, mood.scale, mood.order("x")) == (False, 1, number)
    assert instances._Mood(Chosen(number, last=True)).scale == Fraction(1, 8)
    drawn = {instances._Mood(random.Random(seed)).scale for seed in range(40)}
    assert drawn == {Fraction(1), Fraction(1, 2), Fraction(1, 4), Fraction(1, 8)}


def test_letters_that_coincide():
    """A number with a number, an operator with one between the same spaces, a symmetric one with a symmetric one."""
    letters = {"S": "d <- d", "R": "d <- d", "T": "d <- d", "U": "d <- d", "X": "d <- n", "Y": "d <- n", "v": "d <- 1"}
    sampler = Sampler({"letters": letters, "symmetric": ["S", "R"], "scalars": ["a", "b"]})
    known = dict.fromkeys(("R", "U", "Y", "b"), Fraction(3))
    found = {x: sampler._alike(x, known) for x in ("S", "T", "X", "v", "a")}
    assert found == {"S": ["R"], "T": ["R", "U"], "X": ["Y"], "v": [], "a": ["b"]}
    for number, coincident, value in ((0.49, True, 3), (0.5, True, 1), (0.49, False, 1)):
        mood, values = instances._Mood(Chosen(number)), {"b": Fraction(3)}
        mood.coincident = coincident
        sampler._guess(["a"], [], values, {}, mood)
        assert values["a"] == value
    values = {"b": Fraction(3)}
    sampler._guess(["a"], [], values, {}, instances._Mood(Chosen(0.1, last=True)))
    assert values["a"] == -3


def test_numbers_and_matrices_of_a_mood():
    mood, last, plain = (
        instances._Mood(x, y) for x, y in ((Chosen(0.84), 0), (Chosen(0.86, last=True), 0), (Chosen(), 1))
    )
    assert (mood.scalar(positive=True), mood.scalar(positive=False), mood.entry()) == (1, 1, 0)
    assert (last.scalar(positive=True), last.scalar(positive=False), last.entry()) == (0, -2, -2)
    assert (plain.scalar(positive=False), plain.entry()) == (1, 0)
    assert last.full(1, 2).tolist() == [[-2, -2]]
    assert last.mirrored(2).tolist() == [[-4, -4], [-4, -4]]
    assert mood.diagonal(2, 3).tolist() == [[1, 0, 0], [0, 1, 0]]
    assert last.diagonal(3, 2).tolist() == [[0, 0]] * 3
    offered = []
    mood.rng.choice = lambda seq: offered.append(seq) or seq[0]
    mood.diagonal(1, 2)
    assert offered == [(1, 1, 1, 2, -1, 0, 0)]
    assert instances._root(Fraction(0)) == 0


@pytest.mark.parametrize(
    ("name", "number", "rows"),
    [
        ("S", 0.19, [["1/8", 0], [0, "1/8"]]),
        ("S", 0.2, [[1, 1], [1, 1]]),
        ("S", 0.81, [[1, 1], [1, 1]]),
        ("R", 0.79, [[1, 1], [1, 1]]),
        ("R", 0.8, [["-1/2", "-1/2"], ["-1/2", "-1/2"]]),
        ("T", 0.19, [[1, 0], [0, 1]]),
        ("T", 0.2, [["-1/4", "-1/4"], ["-1/4", "-1/4"]]),
        ("X", 0.19, [[1, 0, 0], [0, 1, 0]]),
        ("X", 0.21, [[-2, -2, -2]] * 2),
    ],
)
def test_matrices_by_kind(name, number, rows):
    """Positive ones are squares; operators of a space are small; a diagonal once in five times."""
    letters = {"S": "d <- d", "R": "d <- d", "T": "d <- d", "X": "d <- n"}
    sampler = Sampler({"letters": letters, "symmetric": ["S", "R"], "positive": {"S": "S >= 0"}})
    mood = instances._Mood(Chosen(number, last=True))
    mood.symmetric, mood.diagonal = False, lambda rows, columns: exact(np.eye(rows, columns, dtype=int).tolist())
    assert mood.scale == Fraction(1, 8)
    assert sampler._matrix(name, {"d": 2, "n": 3}, mood).tolist() == exact(rows).tolist()
    mood.symmetric = True
    if name == "T":  # any operator of a space may be a square
        assert (sampler._matrix(name, {"d": 2, "n": 3}, mood) >= 0).all()


@pytest.mark.parametrize(
    ("statement", "values"),
    [
        ({"letters": {"v": "d <- 1"}, "scalars": ["d"]}, {"d": 2}),
        ({"scalars": ["c", "c_inv"], "given": {"c": "c = 2", "1": "c c_inv = 1"}}, {"c": 2, "c_inv": Fraction(1, 2)}),
        ({"scalars": ["a", "b", "c"], "given": {"a": "a = 1", "b": "b = a + a", "c": "b + c = a"}}, {"b": 2, "c": -1}),
        ({"letters": {"x": "1 <- 1"}, "given": {"1": "x x' = 4"}}, {"x": [[2]]}),
        (
            {"letters": {"x": "1 <- 1"}, "scalars": ["c"], "given": {"1": "x x' = 4", "c": "c = x + x"}},
            {"x": [[2]], "c": 4},
        ),
        ({"letters": {"x": "d <- 1"}, "given": {"1": "x' x = 4"}}, {"x": [[2], [0]]}),
        ({"letters": {"x": "1 <- d"}, "given": {"1": "x x' = 4"}}, {"x": [[2, 0, 0]]}),
        (
            {"letters": {"A": "d <- d", "A_pinv": "d <- d"}, "given": {"A": "A = 2", "1": "A A_pinv A = A"}},
            {"A_pinv": [["1/2", 0], [0, "1/2"]]},
        ),
        (
            {"letters": {"i": "t <- d", "j": "t <- 1"}, "given": {"1": "i' i = 1", "2": "i' j = 0", "3": "j' j = 1"}},
            {"j": [[0], [0], [0], [1]]},
        ),
    ],
)
def test_what_follows_is_computed(statement, values):
    _, found = Sampler(statement).draw(Chosen(), 2)
    shown = {x: v if isinstance(v, Fraction) else v.tolist() for x, v in found.items()}
    wanted = {x: exact(v).tolist() if isinstance(v, list) else v for x, v in values.items()}
    assert {x: shown[x] for x in values} == wanted


def test_what_cannot_hold_is_not_drawn():
    for given in ({"a": "a = 1", "b": "a = 2"}, {"a": "a a = 2"}, {"a": "a = 0", "b": "a b = 1"}):
        assert Sampler({"scalars": ["a", "b"], "given": given}).draw(Chosen(), 1) is None
    assert Sampler({"letters": {"x": "d <- 1"}, "given": {"1": "x' x = 2"}}).draw(Chosen(), 1) is None
