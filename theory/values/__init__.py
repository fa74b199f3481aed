"""What an expression is worth: entry by entry, on arrays, in rationals."""
