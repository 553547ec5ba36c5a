"""The scripts that the Makefile and CI call; run them from the repository's root."""
