"""A run in ball arithmetic that stops before it rests, or rests where the exact pair does not."""

from fractions import Fraction

import numpy as np
import pytest
from flint import arb, arb_mat

from numerics.agents.affine import AffineMap
from numerics.errors import NumericsError
from numerics.exact import extreme_eigenvalues, nearest_to_unit_circle, roots_inside_unit_circle
from numerics.interaction.enclosure import STILL, _floats, settled


def exact(values):
    array = np.array(values, dtype=object)
    return np.array([Fraction(x) for x in array.ravel()], dtype=object).reshape(array.shape)


def turn(displacement, offset):
    return AffineMap(exact(displacement), exact(offset))


@pytest.mark.parametrize("digits", [1, 8, 16, 40, 200])
def test_a_slow_turn_comes_to_rest(digits):
    """``w -> (1 - s) w + s w*`` rests at w*, also where 1 - s is 1 in double precision."""
    slow = Fraction(1, 10**digits)
    w, turns, still = settled(turn([[-slow]], [slow * 3]), exact([0]), least=4 * digits, most=64 + 4 * digits)
    assert still
    assert w == pytest.approx([3], rel=1e-13)
    assert turns > 10**digits


def test_coordinates_of_different_scale():
    """A large coordinate does not drown a small one that moves as slowly as it is small."""
    slow, tiny = Fraction(1, 10**20), Fraction(1, 10**18)
    w, _, still = settled(
        turn([[-slow, 0], [0, Fraction(-1, 2)]], [slow * tiny, 10**12]), exact([0, 0]), least=70, most=160
    )
    assert still
    assert w == pytest.approx([1e-18, 2e12], rel=1e-12)


def test_a_rest_between_a_fast_and_a_slow_mode_is_not_the_end():
    """``D = [[-1/2, 1], [0, -s]]``, so w_1 follows w_2 at once, and both go on to ``w_2* = 3`` for 1 / s turns."""
    slow = Fraction(1, 10**37)
    two = turn([[Fraction(-1, 2), 1], [0, -slow]], [10**9, 3 * slow])
    w, _, still = settled(two, exact([0, 5]), least=128, most=192)
    assert still
    assert w == pytest.approx([2 * 10**9 + 6, 3], rel=1e-13)


def test_what_does_not_move_stays():
    w, turns, still = settled(turn([[0, 0], [0, -1]], [0, 5]), exact([7, 0]), least=0, most=10)
    assert (w.tolist(), turns, still) == ([7.0, 5.0], 16, True)
    # What was never other than 0 is known exactly, and rests.
    w, turns, still = settled(turn([[-1]], [0]), exact([0]), least=5, most=10)
    assert (w.tolist(), turns, still) == ([0.0], 32, True)


def test_what_has_not_arrived_is_not_still():
    slow = Fraction(1, 10**9)
    w, turns, still = settled(turn([[-slow]], [slow]), exact([0]), least=0, most=20)
    assert not still
    assert turns == 2**20
    assert w == pytest.approx([-np.expm1(2**20 * np.log1p(-1e-9))], rel=1e-9)


def test_a_run_that_explodes_is_refused():
    with pytest.raises(NumericsError, match=r"after 2\*\*4096 turns with 3072 bits"):
        settled(turn([[1, 10**300], [0, 1]], [Fraction(1, 7), Fraction(1, 3)]), exact([1, 1]), least=0, most=4096)


@pytest.mark.parametrize("most", [0, 3, 64])
def test_a_state_beyond_double_precision_is_refused(most):
    """After the first turn, ``(w_1, w_2) -> (w_2, 0)``; every later state is zero."""
    with pytest.raises(NumericsError, match="not known to double precision"):
        settled(turn([[-1, 1], [0, -1]], [0, 0]), exact([0, 10**400]), least=0, most=most)


@pytest.mark.parametrize("most", [0, 1, 3])
def test_the_state_after_a_few_turns_by_hand(most):
    """From 3 towards 1 and from 4 towards 0, half and a quarter of the way in each of ``2^most`` turns."""
    half, quarter = Fraction(-1, 2), Fraction(-1, 4)
    w, turns, still = settled(turn([[half, 0], [0, quarter]], [-half, 0]), exact([3, 4]), least=0, most=most)
    assert (turns, still) == (2**most, False)
    assert w.tolist() == [1 + 2 * 0.5**turns, 4 * 0.75**turns]


@pytest.mark.parametrize(("part", "still"), [(0.9, True), (1.1, False)])
def test_still_is_what_moves_by_less_than_the_tolerance(part, still):
    """From the 8th to the 16th turn ``(1 - s)^t 4`` moves by ``8 s`` of its size, for s = STILL / 8."""
    slow = Fraction(part * STILL / 8)
    assert settled(turn([[-slow]], [0]), exact([4]), least=0, most=4)[1:] == (16, still)


@pytest.mark.parametrize(("part", "known"), [(0.9, True), (1.1, False)])
def test_known_is_an_entry_to_sixty_bits_of_the_largest_it_has_been(part, known):
    """Balls of radius ``2^-60`` and a little less or more, around numbers that were once 8."""
    column = arb_mat([[arb(1, part * 2.0**-57)], [arb(-2, 2.0**-58)], [arb(1)]])
    found = _floats(column, np.array([8.0, 8.0]))
    assert (found is not None) == known
    assert not known or found.tolist() == [1, -2]


@pytest.mark.parametrize("shortfall", ["1e-3", "1e-15", "1e-40", "1e-300"])
@pytest.mark.parametrize("sign", [1, -1])
def test_how_far_a_root_is_from_the_unit_circle(shortfall, sign):
    """Roots of ``det(z - D)``: D = diag(-s, -1/2), and with the other sign beyond the circle."""
    s = sign * Fraction(shortfall)
    polynomial = [Fraction(1), s + Fraction(1, 2), s / 2]
    rate, short = nearest_to_unit_circle(polynomial)
    assert short == pytest.approx(float(s), rel=1e-14)
    assert rate == float(1 - s)


def test_on_the_circle_the_shortfall_is_zero():
    """D = [[-1, 1], [-1, -1]]: 1 + z = +-i."""
    assert nearest_to_unit_circle([Fraction(1), Fraction(2), Fraction(2)]) == (1.0, 0.0)
    assert nearest_to_unit_circle([Fraction(1)]) == (0.0, 1.0)
    assert not roots_inside_unit_circle([Fraction(1), Fraction(0), Fraction(1)])


def test_extreme_eigenvalues_of_very_different_size():
    matrix = exact([[10**12, 10**6, 0], [10**6, 2, 0], [0, 0, "1e-9"]])
    least, largest = extreme_eigenvalues(matrix)
    assert least == pytest.approx(1e-9, rel=1e-14)
    assert largest == pytest.approx(1e12 + 1, rel=1e-15)
