"""The order of the words, and what two of them come to together."""

from hypothesis import given, strategies as st

from proofs_check.evidence.verdict import Verdict, combine, weakest

words = st.sampled_from(list(Verdict))
positive = st.sampled_from([word for word in Verdict if word.holds])


def test_order_of_the_words():
    ordered = [Verdict.PROVED, Verdict.REDUCED, Verdict.DERIVED, Verdict.EXACT, Verdict.SAMPLED]
    assert [word.strength for word in ordered] == [5, 4, 3, 2, 1]
    assert Verdict.UNKNOWN.strength == Verdict.REFUTED.strength == 0
    assert [word for word in Verdict if word.holds] == ordered


def test_nothing_is_unknown():
    assert combine([]) is Verdict.UNKNOWN


@given(st.lists(words))
def test_one_refutation_refutes(others):
    assert combine([*others, Verdict.REFUTED]) is Verdict.REFUTED


@given(st.lists(positive))
def test_a_check_that_showed_nothing_is_not_hidden(others):
    assert combine([*others, Verdict.UNKNOWN]) is Verdict.UNKNOWN


@given(st.lists(positive, min_size=1))
def test_the_strongest_word_counts(given_words):
    assert combine(given_words) is max(given_words, key=lambda word: word.strength)


@given(st.lists(words))
def test_a_whole_is_as_strong_as_its_weakest_part(given_words):
    found = weakest(given_words)
    if Verdict.REFUTED in given_words:
        assert found is Verdict.REFUTED
    elif not given_words:
        assert found is Verdict.UNKNOWN
    else:
        assert found.strength == min(word.strength for word in given_words)
