"""How fast Chainrule trains, beside PyTorch, JAX and scikit-learn. `docs/benchmarks.md` says what is measured and how.

python -m benchmarks train --json results.json      steady state, every contender in turn
python -m benchmarks latency --json results.json    what a person waits for before that
python -m benchmarks report results.json            the tables and charts in README.md and docs/benchmarks.md
"""
