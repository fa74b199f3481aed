"""Files of the user: prompts and transcripts."""
