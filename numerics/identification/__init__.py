"""What answers and transcripts show of an agent."""
