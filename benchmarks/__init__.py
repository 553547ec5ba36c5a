"""Programs that measure the course's own against others and print the ratios.

``python -m benchmarks`` prints one table: each row sets one of ours beside a peer, on
the same work and in the same run. `harness` runs the contestants, each in a process of
its own and in turn; `machine` says what it ran on and how fast that is at most;
`report` makes the table. The other modules hold the rows, one family each.

Nothing here is a timed test: a slow machine fails nothing.
"""
