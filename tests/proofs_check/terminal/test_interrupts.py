"""Real processes that get real signals: they end within two seconds, with one line and 130."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from proofs_check.__main__ import main

ROOT = Path(__file__).parents[3]
START = "import sys, threading, time\nfrom proofs_check.terminal.endings import ended\n"
END = "\nif __name__ == '__main__': sys.exit(ended(run, 'sweep', debug=False))"
SAID = "proofs-check: Interrupted; the same command goes on from there.\n"
WAITING = "def run():\n print('ready', flush=True)\n time.sleep(60)"
#: What would keep a process: cleaning up that hangs, an interrupt that is swallowed, a thread that goes on.
STUCK = "def run():\n try:\n  print('ready', flush=True)\n  time.sleep(60)\n finally: time.sleep(60)"
DEAF = "def run():\n print('ready', flush=True)\n while True:\n  try: time.sleep(60)\n  except BaseException: pass"
THREAD = (
    "def run():\n threading.Thread(target=time.sleep, args=(60,)).start()\n print('ready', flush=True)\n time.sleep(60)"
)
POOL = """
import os
from numerics.processes import worker_processes
def work(_):
    os.write(1, f"ready {os.getpid()}\\n".encode())
    time.sleep(60)
def run():
    with worker_processes(2) as pool:
        list(pool.map(work, range(9)))
"""
LEDGER = """
from proofs_check.commands import cli, ledger
check = ledger.run
def run(*arguments, **settings):
    print("ready", flush=True)
    return check(*arguments, **settings)
ledger.run = run
if __name__ == "__main__":
    sys.exit(cli.main([]))
"""


def started(tmp_path, code):
    script = tmp_path / "script.py"
    script.write_text(code)

    def listen():  # a test that runs in the background of a shell ignores the interrupt
        signal.signal(signal.SIGINT, signal.default_int_handler)

    return subprocess.Popen(
        [sys.executable, str(script)],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=listen,
    )


def ended_by(process, send):
    start = time.monotonic()
    send()
    _, said = process.communicate(timeout=20)
    assert time.monotonic() - start < 2
    return process.returncode, said


def running(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def gone(pids):
    end = time.monotonic() + 2
    while any(map(running, pids)) and time.monotonic() < end:
        time.sleep(0.05)
    return not any(map(running, pids))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_command_that_waits(tmp_path, number):
    process = started(tmp_path, START + WAITING + END)
    assert process.stdout.readline() == "ready\n"
    assert ended_by(process, lambda: process.send_signal(number)) == (130, SAID)


@pytest.mark.parametrize("code", [STUCK, DEAF, THREAD], ids=["stuck", "deaf", "thread"])
@pytest.mark.slow
def test_what_would_keep_a_command_does_not(tmp_path, code):
    process = started(tmp_path, START + code + END)
    assert process.stdout.readline() == "ready\n"
    assert ended_by(process, lambda: process.send_signal(signal.SIGINT)) == (130, SAID)


@pytest.mark.slow
def test_workers_end_with_an_interrupt_of_all(tmp_path):
    process = started(tmp_path, START + POOL + END)
    pids = [int(process.stdout.readline().split()[1]) for _ in range(2)]
    assert all(map(running, pids))
    assert ended_by(process, lambda: os.killpg(process.pid, signal.SIGINT)) == (130, SAID)
    assert gone(pids)


def test_workers_end_with_a_command_that_is_killed(tmp_path):
    process = started(tmp_path, START + POOL + END)
    pids = [int(process.stdout.readline().split()[1]) for _ in range(2)]
    process.kill()
    process.communicate(timeout=20)
    assert gone(pids)


@pytest.mark.slow
def test_the_ledger(tmp_path):
    process = started(tmp_path, START + LEDGER)
    assert process.stdout.readline() == "ready\n"
    time.sleep(0.5)
    said = "proofs-check: Interrupted; what was being computed is lost.\n"
    assert ended_by(process, lambda: os.killpg(process.pid, signal.SIGINT)) == (130, said)


def test_an_interrupt_while_the_command_is_loaded(monkeypatch, capsys):
    class Interrupting:
        def find_spec(self, name, path=None, target=None):
            if name == "proofs_check.commands.cli":
                raise KeyboardInterrupt

    monkeypatch.delitem(sys.modules, "proofs_check.commands.cli", raising=False)
    monkeypatch.setattr(sys, "meta_path", [Interrupting(), *sys.meta_path])
    assert main() == 130
    assert capsys.readouterr() == ("", "proofs-check: Interrupted.\n")
