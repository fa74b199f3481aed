"""Closed pipes and full disks that end in a traceback or in the code of a verdict."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
#: A command that needs no package: it prints so many lines.
LINES = """
import sys
from proofs_check.terminal.endings import ended
def run():
    {body}
    return 0
sys.exit(ended(run, "", debug=False))
"""
PRINT = LINES.format(body="print('x' * 70)")
MANY = LINES.format(body="[print('x' * 70) for _ in range(10000)]")
RICH = LINES.format(body="from proofs_check.terminal.page import Page; Page().print('x' * 70)")


def shell(redirected, code):
    """Run code with redirections of the shell; return the exit code and standard error."""
    run = subprocess.run(
        ["bash", "-c", f'"$0" -c "$1" {redirected}', sys.executable, code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    return run.returncode, run.stderr


@pytest.mark.parametrize("code", [PRINT, MANY, RICH])
def test_a_closed_pipe_ends_quietly(code):
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as pipe:
        run = subprocess.run(
            [sys.executable, "-c", code], cwd=ROOT, stdout=pipe, stderr=subprocess.PIPE, text=True, check=False
        )
    assert (run.returncode, run.stderr) == (141, "")


def test_a_closed_standard_output_ends_quietly():
    assert shell(">&-", PRINT) == (141, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
@pytest.mark.parametrize("code", [PRINT, MANY, RICH])
def test_a_full_disk_is_one_line(code):
    code, said = shell("> /dev/full", code)
    assert code == 74
    assert said.count("\n") == 1
    assert said.startswith("proofs-check: error: the output cannot be written (No space left on device)")


def test_without_standard_error_the_code_stays():
    assert shell("2>&-", LINES.format(body="1 / 0")) == (70, "")
    assert shell("2>&-", PRINT) == (0, "")


def test_an_encoding_that_lacks_a_character_gets_an_escape():
    code = LINES.format(body="print('\\u65e5\\ud800')")
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, env=os.environ | {"PYTHONIOENCODING": "ascii"}
    )
    assert (run.returncode, run.stdout, run.stderr) == (0, b"\\u65e5\\ud800\n", b"")
