"""What a command says of more than two agents, or of agents that move at once."""
