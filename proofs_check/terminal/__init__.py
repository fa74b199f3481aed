"""What all commands share of the terminal: exit codes, how a command ends, text and tables, progress."""
