"""What `companion.training` is made of.

`plan` turns the arguments into arrays, an order and batches; `refusals` says what
cannot be trained this way; `programs` finds or makes the compiled programs of a model;
`loop` runs the epochs and the callbacks. `on_tensorflow` and `on_jax` hold each
backend's lines.
"""
