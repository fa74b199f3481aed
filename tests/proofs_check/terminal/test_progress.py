"""Progress where no terminal is, or left behind after an interrupt."""

import io
import sys

import pytest

from proofs_check.terminal import progress as module
from proofs_check.terminal.progress import progress, spinner


class Terminal(io.StringIO):
    def isatty(self):
        return True


def shown(monkeypatch, stream):
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setenv("TERM", "xterm")
    with progress(2, "checking", 10) as advance:
        print("to standard output")
        advance("[/min]")
        advance("last\x07")
    with spinner("planning [x]") as then:
        then("simulating :smile:")
    return stream.getvalue()


def test_a_terminal_sees_what_is_done_and_then_nothing(monkeypatch, capsys):
    seen = shown(monkeypatch, Terminal())
    assert r"last\x07" in seen
    assert "2/2" in seen
    assert "simulating :smile:" in seen
    assert "\x07" not in seen
    # The last that is written erases the line and shows the cursor.
    assert "\x1b[2K" in seen[-20:]
    assert "\x1b[?25h" in seen[-40:]
    assert capsys.readouterr().out == "to standard output\n"


def test_elsewhere_nothing_is_written(monkeypatch, capsys):
    assert shown(monkeypatch, io.StringIO()).strip() == ""
    assert capsys.readouterr().out == "to standard output\n"


def test_an_interrupt_leaves_no_bar(monkeypatch):
    stream = Terminal()
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setenv("TERM", "xterm")
    with pytest.raises(KeyboardInterrupt), spinner("planning"):
        raise KeyboardInterrupt
    assert "\x1b[2K" in stream.getvalue()[-20:]
    assert module.__doc__
