"""``python -m proofs_check`` is the command ``proofs-check``."""

from proofs_check.commands.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
