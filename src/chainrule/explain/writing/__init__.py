"""How explanations are written: as text, LaTeX or pages (`output`).

`notation` reads formulae, `latex` and `mathml` write them. `latex_document` puts sections together, `statements` short texts;
`page` makes a page with a `drawing` of the network, in an `html_frame` with the style and the script in `assets`.
"""
