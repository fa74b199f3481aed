"""What an agent is: its prompt, its attention layer, its affine map."""
