"""Speed and memory, side by side with what a user would take instead: one module a benchmark, each with
`run()`.
"""
