"""A student's answers, judged.

`answers` are read, each quantity of the `sheet` is computed from those before it, and the `judge` compares. What is wrong
is explained by `slips`: `rules` that lead from what lies `around` a quantity to the student's numbers. The result is a `grade`,
which alone is imported before somebody asks for one.
"""
