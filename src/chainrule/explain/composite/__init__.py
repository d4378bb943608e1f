"""The chain rule on a `function` of one number: its steps as text with `formulae`, as `statements`, and its `check`."""
