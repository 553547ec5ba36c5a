"""What `companion.large_vocabulary` is made of.

`checks` says what the loss refuses, and turns labels into weights and sizes;
`on_tensorflow` and `on_jax` hold each backend's lines: the loss of a chunk, its
gradient, and the loop over the chunks.
"""
