"""What a check is, what it finds, and what a theorem of the ledger holds."""
