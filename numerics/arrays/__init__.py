"""The same simulation on arrays of other libraries."""
