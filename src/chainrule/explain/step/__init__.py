"""A training step: its lines, with numbers (`worked`) or in symbols (`derived`).

`lines` reads them off the graph of training, with what textbooks write (`formulae`); `worked` puts numbers to them (`numbers`),
which makes an `explanation` of `quantities`; `derived` adds the `node_rules`. `following` splits one number of a gradient into
products, and `columns` is the network as a drawing shows it.
"""
