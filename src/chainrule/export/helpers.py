"""Functions that NumPy lacks, as an exported program has them: each is written out only where it is used."""

from __future__ import annotations

import re

HELPERS: dict[str, str] = {
    "erf": '''
def erf(x):
    """The error function, element by element."""
    return np.vectorize(math.erf, otypes=[float])(x)
''',
    "normal_cdf": '''
def normal_cdf(z):
    """The probability that a normal number is below z."""
    return (1 + erf(z / np.sqrt(2))) / 2
''',
    "huber": '''
def huber(e, limit):
    """e^2 / 2 up to |e| = limit, a straight line beyond."""
    return np.where(np.abs(e) <= limit, e**2 / 2, limit * (np.abs(e) - limit / 2))
''',
    "sigmoid": '''
def sigmoid(z):
    """1 / (1 + e^-z), with an exponential that cannot overflow."""
    e = np.exp(-np.abs(z))
    return np.where(z < 0, e, 1) / (1 + e)
''',
    "softmax": '''
def softmax(z, axis=-1):
    """e^z / sum of e^z; the largest z is taken out, so that nothing overflows."""
    e = np.exp(z - z.max(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)
''',
    "log_softmax": '''
def log_softmax(z, axis=-1):
    """ln(e^z / sum of e^z); the largest z is taken out, so that nothing overflows."""
    z = z - z.max(axis=axis, keepdims=True)
    return z - np.log(np.exp(z).sum(axis=axis, keepdims=True))
''',
    "random_words": '''
def random_words(count, layer, step, epoch):
    """`count` random numbers below 2^32: Philox4x32-10 (Salmon et al., 2011)."""
    blocks = np.arange(-(-count // 4), dtype=np.uint64)
    c0, c1, c2, c3 = np.broadcast_arrays(blocks, *np.uint64([[layer], [step], [epoch]]))
    key, bump = np.array([[SEED, 0], [0x9E3779B9, 0xBB67AE85]], np.uint64)
    for _ in range(10):
        high0, low0 = np.divmod(c0 * np.uint64(0xD2511F53), np.uint64(2**32))
        high1, low1 = np.divmod(c2 * np.uint64(0xCD9E8D57), np.uint64(2**32))
        c0, c2 = high1 ^ c1 ^ key[0], high0 ^ c3 ^ key[1]
        c1, c3 = low1, low0
        key = (key + bump) % np.uint64(2**32)
    return np.stack([c0, c1, c2, c3], axis=1).astype("<u4").ravel()[:count]
''',
    "random_bits": '''
def random_bits(shape, bits, layer, step, epoch):
    """Random whole numbers below 2^bits."""
    count = int(np.prod(shape))
    words = random_words(count * bits // 32 + 1, layer, step, epoch)
    return words.view(f"<u{bits // 8}")[:count].reshape(shape)
''',
    "dropout_mask": '''
def dropout_mask(shape, rate, layer, step, epoch):
    """0 with probability `rate`, else 1 / (1 - rate), so that the mean stays."""
    dropped = random_bits(shape, 16, layer, step, epoch) < rate * 2**16
    return np.where(dropped, 0, 1 / (1 - rate))
''',
    "scan": '''
def scan(step, start, sequences, constants, reverse=False):
    """Every state of a recurrence; in reverse, it begins with the last step."""
    state = np.broadcast_to(start, (len(sequences[0]), np.shape(start)[-1]))
    states = np.empty((len(state), sequences[0].shape[1], state.shape[1]))
    for t in range(states.shape[1])[:: -1 if reverse else 1]:
        state = states[:, t] = step(state, *(x[:, t] for x in sequences), *constants)
    return states
''',
    "scatter_add": '''
def scatter_add(values, ids, size):
    """A table of `size` rows: row i is the sum of the values whose id is i."""
    table = np.zeros((size, *values.shape[ids.ndim :]))
    np.add.at(table, ids, values)
    return table
''',
    "take_within": '''
def take_within(x, ids):
    """Elements within each row: element i of row r is element ids[r, i] of row r of x."""
    return x[np.arange(len(ids)).reshape(-1, *[1] * (ids.ndim - 1)), ids]
''',
    "scatter_within": '''
def scatter_within(values, ids, size):
    """Rows of `size` elements: element i of row r is the sum of its values whose id is i."""
    result = np.zeros((len(ids), size, *values.shape[ids.ndim :]))
    np.add.at(result, (np.arange(len(ids)).reshape(-1, *[1] * (ids.ndim - 1)), ids), values)
    return result
''',
    "windows": '''
def windows(x, axes, dilation, size, stride):
    """Every place of a window that slides along `axes`; its elements are new last axes."""
    reach = [(k - 1) * d + 1 for k, d in zip(size, dilation)]
    view = np.lib.stride_tricks.sliding_window_view(x, reach, axes)
    steps = dict(zip(axes, stride))
    places = [slice(None, None, steps.get(axis, 1)) for axis in range(x.ndim)]
    return view[(*places, *(slice(None, None, d) for d in dilation))]
''',
    "fold": '''
def fold(x, axes, dilation, lengths, size, stride):
    """The sum of all windows, each put back in its place: the transpose of `windows`."""
    rank, whole = x.ndim - len(axes), dict(zip(axes, lengths))
    result = np.zeros([whole.get(axis, dim) for axis, dim in enumerate(x.shape[:rank])])
    for offset in np.ndindex(*size):
        places = [slice(None)] * rank
        for axis, k, s, d in zip(axes, offset, stride, dilation):
            places[axis] = slice(k * d, k * d + (x.shape[axis] - 1) * s + 1, s)
        result[tuple(places)] += x[(..., *offset)]
    return result
''',
}


def words(text: str) -> set[str]:
    """The names in a piece of program.

    >>> sorted(words("a1 = np.tanh(z1)"))
    ['a1', 'np', 'tanh', 'z1']
    """
    return set(re.findall(r"[A-Za-z_]\w*", text))


def helpers_for(text: str) -> list[str]:
    """The helpers that a program calls, and those that they call, in the order of the table."""
    used = {name for name in HELPERS if f"{name}(" in text and name in words(text)}
    while True:
        more = {name for name in HELPERS for user in used if f"{name}(" in HELPERS[user]}
        if more <= used:
            return [_along_last(HELPERS[name].strip(), text) for name in HELPERS if name in used]
        used |= more


def _along_last(helper: str, text: str) -> str:
    """A helper without its argument `axis` where nobody gives it."""
    given = re.search(r"softmax\(.*, axis=\d+\)", text)
    return helper if given else helper.replace(", axis=-1", "").replace("axis=axis", "axis=-1")
