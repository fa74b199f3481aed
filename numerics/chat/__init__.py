"""The experiment with two language models behind a chat server."""
