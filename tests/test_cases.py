"""A case that no run would try, or a kind of test of which a plain run tries nothing."""

from __future__ import annotations

from types import SimpleNamespace

from tests import cases


def items(tests):
    """What is collected: for each test its mark (None, or the arguments of ``many``) and its number of cases."""
    return [
        SimpleNamespace(
            nodeid=f"tests/test_{name}.py::test[{i}]" if number > 1 else f"tests/test_{name}.py::test",
            get_closest_marker=lambda _, mark=mark: mark if mark is None else SimpleNamespace(args=mark),
        )
        for name, (mark, number) in tests.items()
        for i in range(number)
    ]


def tried(collected, chosen, monkeypatch):
    monkeypatch.setattr(cases, "chosen", chosen)
    left = {item.nodeid for item in cases.left_out(collected)}
    return [item.nodeid for item in collected if item.nodeid not in left]


def test_some_and_the_rest_are_all(monkeypatch):
    tests = {
        "plain": (None, 7),
        "every_third": ((3,), 10),
        "more_than_there_are": ((9,), 4),
        "alone": ((5,), 1),
        "never": ((0,), 2),
    }
    collected = items(tests)
    some, rest, all_ = (tried(collected, chosen, monkeypatch) for chosen in cases.CHOICES)
    assert sorted(some + rest) == sorted(all_) == sorted(item.nodeid for item in collected)
    counts = {name: sum(f"test_{name}.py" in id_ for id_ in some) for name in tests}
    assert counts.pop("every_third") in (3, 4)
    assert counts == {"plain": 7, "more_than_there_are": 1, "alone": 1, "never": 0}


def test_parts_are_all_and_no_case_is_in_two():
    collected = items({"plain": (None, 40), "other": ((3,), 20)})
    parts = [{item.nodeid for item in cases.elsewhere(collected, f"{k}/3")} for k in (1, 2, 3)]
    every = {item.nodeid for item in collected}
    kept = [every - left for left in parts]
    assert set().union(*kept) == every
    assert sum(map(len, kept)) == len(every)
    assert min(map(len, kept)) > 8
    assert cases.elsewhere(collected, "1/1") == []


def test_what_draws_its_own_cases_is_in_every_run(monkeypatch):
    collected = items({"drawn": ((), 1), "plain": (None, 1)})
    found = {}
    for chosen in cases.CHOICES:
        found[chosen] = ["drawn" in id_ for id_ in tried(collected, chosen, monkeypatch)], cases.cases(2, 5)
    assert found == {"some": ([True, False], 2), "rest": ([True], 5), "all": ([True, False], 5)}


def test_tests_begin_at_different_cases(monkeypatch):
    """Else the first theorem of every list would be tried, and the second never."""
    for step in range(2, 9):
        collected = items({str(i): ((step,), 9) for i in range(40)})
        some = tried(collected, "some", monkeypatch)
        assert {id_.partition("[")[2] for id_ in some} == {f"{i}]" for i in range(9)}
