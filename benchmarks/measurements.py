"""What a person waits for, as a table: tasks of `tasks.py` with their arguments, and how their numbers are called.

`DENSE` are about dense networks, and about Chainrule as a whole; `OTHERS` about images, sequences and text.
"""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks.networks import NETWORKS


@dataclass(frozen=True)
class Measurement:
    """A task with its arguments, and how its number is called.

    `warm` leaves what an earlier run has cached. One that needs no repeats, for it repeats by itself or always gives the same, is
    run `once`.
    """

    text: str
    unit: str
    command: tuple[str, ...]
    warm: bool = True
    once: bool = False


COLD = "nothing cached"
RATIO = "×"


def compilation(network: str) -> Measurement:
    """How long a network is compiled."""
    return Measurement(f"compilation for a fit of {network}, {COLD}", "s", ("compilation", network), False)


DENSE = {
    "start-cold": Measurement(
        f"from `import chainrule` to the end of a first epoch, 64-128-10, 1,797 rows, {COLD}",
        "s",
        ("first_epoch",),
        False,
    ),
    "start-warm": Measurement("the same, with what the last run has cached", "s", ("first_epoch",)),
    **{f"compile-{name}": compilation(name) for name, workload in NETWORKS.items() if workload.dense},
    "memory": Measurement("peak memory above data and parameters, 784-128-10, 60,000 rows", "MiB", ("memory",)),
    "learn": Measurement("`net.learn(x, y)`, one example, 10-16-1", "µs", ("learn",)),
    "xor": Measurement("XOR, 4 rows, full batch, 10,000 epochs", "s", ("xor",)),
    "import-chainrule": Measurement("`import chainrule`, NumPy loaded", "s", ("importing", "chainrule")),
    "import-sklearn": Measurement(
        "`import sklearn.neural_network`, NumPy loaded", "s", ("importing", "sklearn.neural_network")
    ),
    **{
        f"digits-{epochs}-{library}": Measurement(
            f"first fit on the digits, {epochs} epoch{'s' if epochs > 1 else ''}, {COLD}: {name}",
            "s",
            ("first_fit", library, str(epochs)),
            False,
        )
        for epochs in (1, 10, 100, 200)
        for library, name in (("chainrule", "Chainrule"), ("sklearn", "scikit-learn"))
    },
    **{
        f"crowded-{network}": Measurement(
            f"two threads against one while another process spins on a core, {network}, batch 32",
            RATIO,
            ("crowded", network, "32"),
        )
        for network in ("784-128-10", "54-256-256-7")
    },
}

OTHERS = {
    **{
        f"compile-{name}": compilation(name)
        for name in (*(name for name, workload in NETWORKS.items() if not workload.dense), "cats-and-dogs")
    },
    **{
        f"step-{what}-{batch}": Measurement(
            f"{text}, batch {batch}", RATIO, ("step_memory", str(batch), what), warm=False, once=True
        )
        for what, text in (
            ("rows", "arrays with rows in a step of LeNet-5, relative to what its layers give"),
            ("all", "all that its run allocates, a copy of the weights included, relative to the same"),
        )
        for batch in (1, 8, 32, 128)
    },
    **{
        f"pictures-read-{side}-{threads}": Measurement(
            f"a JPEG of 96 × 96 read, decoded and resized to {side} × {side}, {number}",
            "µs",
            ("reading", str(side), str(threads)),
            warm=False,
        )
        for side in (32, 64)
        for threads, number in ((1, "one thread"), (2, "two threads"))
    },
    **{
        f"pictures-epoch-{side}": Measurement(
            f"a picture of {side} × {side} in an epoch of cats and dogs, augmented",
            "µs",
            ("epoch", str(side)),
            warm=False,
            once=True,
        )
        for side in (32, 64)
    },
    "pictures-first": Measurement(
        "1,000 JPEGs read at 32 × 32, and the first epoch of cats and dogs on them",
        "s",
        ("first_epoch_of_files", "32"),
        warm=False,
        once=True,
    ),
    "pictures-augment": Measurement(
        "an epoch of cats and dogs at 32 × 32, augmented, relative to one that is not",
        RATIO,
        ("augmentation", "32"),
        warm=False,
        once=True,
    ),
}
