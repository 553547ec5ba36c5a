"""The tests, laid out as what they test.

What `companion/losses/_hinges.py` does is tested by `companion/losses/test_hinges.py`,
and what a folder's public functions do together by a file named for the folder.
"""
