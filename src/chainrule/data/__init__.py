"""What goes in: arrays and frames, targets, splits, bundled data sets, and tables read from files.

* `arrays`: any table-like thing becomes a float array of rows, checked to the last number.
* `targets`: labels, values and counts become what a loss needs, and come back as what they were.
* `split`: which rows are trained on and which are held out.
* `bundled`: five real data sets that scikit-learn ships.
* `reading`: a CSV or Parquet file becomes a frame with typed columns.
* `columns`, `table`: a frame becomes numbers, by rules that are learned on the training rows and saved as plain data.
* `folders`: a folder with one sub-folder a class, read in threads. `images`, `sounds`: what is in it, as arrays.
* `audio`: recordings, and their log-mel energies and MFCCs. `sequences`: sequences of different lengths become one array.
* `text`: texts become ids of tokens, or counts of hashed n-grams.
"""

from chainrule.data.audio import log_mel, mfcc, read_audio
from chainrule.data.images import Images, decode_images, read_images
from chainrule.data.sequences import pad_sequences
from chainrule.data.sounds import Sounds, read_sounds
from chainrule.data.text import HashedNGrams, Vocabulary

__all__ = [
    "HashedNGrams",
    "Images",
    "Sounds",
    "Vocabulary",
    "decode_images",
    "log_mel",
    "mfcc",
    "pad_sequences",
    "read_audio",
    "read_images",
    "read_sounds",
]
