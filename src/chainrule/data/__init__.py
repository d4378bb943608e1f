"""What goes in: arrays and frames, targets, splits, bundled data sets, and tables read from files.

* `arrays`: any table-like thing becomes a float array of rows, checked to the last number.
* `targets`: labels, values and counts become what a loss needs, and come back as what they were.
* `split`: which rows are trained on and which are held out.
* `bundled`: five real data sets that scikit-learn ships.
* `reading`: a CSV or Parquet file becomes a frame with typed columns.
* `columns`, `table`: a frame becomes numbers, by rules that are learned on the training rows and saved as plain data.
"""
