"""The command ``proofs-check``, also as ``python -m proofs_check``."""

import sys

__all__ = ["main"]


def main() -> int:
    """Load the command line and run it; an interrupt while it is loaded ends as one that comes later does."""
    try:
        from proofs_check.commands.cli import main as run
    except KeyboardInterrupt:
        print("proofs-check: Interrupted.", file=sys.stderr)
        return 130
    return run()


if __name__ == "__main__":
    raise SystemExit(main())
