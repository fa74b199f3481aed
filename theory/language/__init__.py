"""What can be written down: symbols, nodes, non-commutative words, blocks, and how they are printed."""
