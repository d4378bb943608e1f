"""The command ``chainrule``: train on a data set or a file, predict with the model, look into it.

* `app`: the commands and their options. `options`: what each option is called, and its help.
* `source`: what to learn from: a bundled data set, a table, or a folder of images or recordings.
* `encoders`, `preparation`: how rows become numbers, saved with the model.
* `recipe`, `networks`: the defaults: the network and its training, by the kind and the size of the data alone.
* `train`, `predict`: what the commands do. `screen`, `progress`, `curve`, `report`: what they show.
"""

from __future__ import annotations

__all__ = ["main"]


def main() -> None:
    """Run the command with the arguments of the process, and end the process with its exit code.

    0: done. 2: something that was given is wrong, told in one sentence on standard error. 1: training diverged. 130: stopped
    by Ctrl-C before there was anything to save. 141: whoever read the output has gone.
    """
    from chainrule.cli.app import run

    run()
