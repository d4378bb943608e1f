"""The arguments and options of the commands: what each is called, and its help."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, TypeAlias

import typer

from chainrule.cli.request import BATCH_SIZES, TEST_SIZE
from chainrule.data.bundled import BUNDLED
from chainrule.functional import ACTIVATIONS, LOSSES
from chainrule.optim import OPTIMIZERS

DATA, NETWORK, DESCENT, OUTPUT = "What to learn", "The network", "How to train", "What to write"


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names)


def _option(*names: str, panel: str, text: str, default: object = None, metavar: str | None = "NUMBER") -> Any:
    """An option whose help says what holds without it."""
    text += "" if default is None else f" Default: {default}."
    return typer.Option(*names, help=text, rich_help_panel=panel, show_default=False, metavar=metavar)


def _argument(metavar: str, text: str) -> Any:
    return typer.Argument(help=text, metavar=metavar, show_default=False)


Data: TypeAlias = Annotated[
    str,
    _argument(
        "DATA",
        "A CSV or Parquet file, a folder with a sub-folder of images or recordings for each class, or a bundled data set: "
        f"{_listed(BUNDLED)}.",
    ),
]
Target: TypeAlias = Annotated[
    str | None, _option("--target", "-t", panel=DATA, text="The column of the file to predict.", metavar="COLUMN")
]
TaskName: TypeAlias = Annotated[
    str | None,
    _option(
        "--task",
        panel=DATA,
        text="classification or regression.",
        default="recognised by the target",
        metavar="TASK",
    ),
]
Ignore: TypeAlias = Annotated[
    list[str] | None,
    _option("--ignore", panel=DATA, text="A column of the file to leave out; may be repeated.", metavar="COLUMN"),
]
Text: TypeAlias = Annotated[
    str | None,
    _option("--text", panel=DATA, text="A column of texts, to learn from it alone.", metavar="COLUMN"),
]
ImageSize: TypeAlias = Annotated[
    str | None,
    _option(
        "--image-size",
        panel=DATA,
        text="Height and width that images are resized to, such as 64 or 64x48.",
        default="that of the files, at most 64",
        metavar="PIXELS",
    ),
]
SkipBroken: TypeAlias = Annotated[
    bool,
    _option(
        "--skip-broken", panel=DATA, text="Leave out files of a folder that cannot be read, and say so.", metavar=""
    ),
]
TestSize: TypeAlias = Annotated[
    float,
    _option(
        "--test-size", panel=DATA, text="Share of the rows held out to test on.", default=TEST_SIZE, metavar="FRACTION"
    ),
]
Hidden: TypeAlias = Annotated[
    str | None,
    _option(
        "--hidden",
        panel=NETWORK,
        text='Units of the hidden layers, such as 128 or 128,64; "none" for none.',
        default="by the data",
        metavar="UNITS",
    ),
]
ActivationName: TypeAlias = Annotated[
    str | None,
    _option("--activation", panel=NETWORK, text=f"One of {_listed(ACTIVATIONS)}.", default="relu", metavar="NAME"),
]
DropoutRate: TypeAlias = Annotated[
    float | None,
    _option(
        "--dropout",
        panel=NETWORK,
        text="Share of the hidden units left out of each step.",
        default="0 for a table, else 0.3",
        metavar="RATE",
    ),
]
LossName: TypeAlias = Annotated[
    str | None,
    _option("--loss", panel=DESCENT, text=f"One of {_listed(LOSSES)}.", default="by the task", metavar="NAME"),
]
OptimizerName: TypeAlias = Annotated[
    str | None,
    _option("--optimizer", panel=DESCENT, text=f"One of {_listed(OPTIMIZERS)}.", default="adam", metavar="NAME"),
]
LearningRate: TypeAlias = Annotated[
    float | None,
    _option(
        "--learning-rate", "--lr", panel=DESCENT, text="Length of a step.", default="by the optimiser, 0.002 for adam"
    ),
]
BatchSize: TypeAlias = Annotated[
    str | None,
    _option(
        "--batch-size",
        panel=DESCENT,
        text='Rows a step: 1 is stochastic, "full" is batch gradient descent.',
        default="by the size of the data",
        metavar="ROWS",
    ),
]
Epochs: TypeAlias = Annotated[
    int | None,
    _option("--epochs", panel=DESCENT, text="Most passes over the training rows.", default="by the size of the data"),
]
L1: TypeAlias = Annotated[float | None, _option("--l1", panel=DESCENT, text="Strength λ of λ Σ|w|.", default="0")]
L2: TypeAlias = Annotated[
    float | None, _option("--l2", panel=DESCENT, text="Strength λ of ½ λ Σw².", default="by the size of the data")
]
ClipNorm: TypeAlias = Annotated[
    float | None,
    _option("--clip-norm", panel=DESCENT, text="Largest norm of a step's gradient.", default="not clipped"),
]
Validation: TypeAlias = Annotated[
    float | None,
    _option(
        "--validation",
        panel=DESCENT,
        text="Share of the training rows that early stopping watches; 0 trains for all epochs.",
        default="0.15",
        metavar="FRACTION",
    ),
]
Patience: TypeAlias = Annotated[
    int | None,
    _option(
        "--patience",
        panel=DESCENT,
        text="Epochs without a better validation loss before it stops.",
        default="by the size of the data",
    ),
]
Refit: TypeAlias = Annotated[
    bool | None,
    _option(
        "--refit/--no-refit",
        panel=DESCENT,
        text="After early stopping, train anew on all training rows.",
        default="by the size of the data",
        metavar="",
    ),
]
MaxSeconds: TypeAlias = Annotated[
    float | None, _option("--max-seconds", panel=DESCENT, text="Stop training after so long.", default="no limit")
]
Seed: TypeAlias = Annotated[
    int,
    _option("--seed", panel=DESCENT, text="Draws the split, the first weights and the order of rows.", default=0),
]
Threads: TypeAlias = Annotated[
    int | None,
    _option(
        "--threads",
        panel=DESCENT,
        text="Most threads that share a step; their number never changes a result.",
        default="as many as pay",
    ),
]
ModelOutput: TypeAlias = Annotated[
    str | None,
    _option("--output", "-o", panel=OUTPUT, text="Where to save the model.", default="DATA.chainrule", metavar="FILE"),
]
HistoryOutput: TypeAlias = Annotated[
    str | None,
    _option("--history", panel=OUTPUT, text="Save the losses of each epoch as a CSV file.", metavar="FILE"),
]
PlotOutput: TypeAlias = Annotated[
    str | None, _option("--plot", panel=OUTPUT, text="Save the learning curve: png, pdf or svg.", metavar="FILE")
]
Quiet: TypeAlias = Annotated[
    bool, _option("--quiet", "-q", panel=OUTPUT, text="Say nothing unless something is wrong.", metavar="")
]

BatchSizes: TypeAlias = Annotated[
    str,
    _option(
        "--batch-size",
        panel=DESCENT,
        text='Rows a step, a list: 1 is stochastic, "full" is batch gradient descent.',
        default=BATCH_SIZES,
        metavar="ROWS,...",
    ),
]
LearningRates: TypeAlias = Annotated[
    str | None,
    _option(
        "--learning-rate",
        "--lr",
        panel=DESCENT,
        text="Length of a step: one number, or one for each batch size.",
        default="by the optimiser, 0.01 for sgd",
        metavar="NUMBER,...",
    ),
]
ComparedOptimizer: TypeAlias = Annotated[
    str | None,
    _option("--optimizer", panel=DESCENT, text=f"One of {_listed(OPTIMIZERS)}.", default="sgd", metavar="NAME"),
]
ComparedEpochs: TypeAlias = Annotated[
    int | None,
    _option(
        "--epochs", panel=DESCENT, text="Passes over the rows, for each batch size.", default="by the number of rows"
    ),
]
ComparedL2: TypeAlias = Annotated[
    float | None, _option("--l2", panel=DESCENT, text="Strength λ of ½ λ Σw².", default="0")
]
ComparedValidation: TypeAlias = Annotated[
    float | None,
    _option(
        "--validation", panel=DESCENT, text="Share of the rows held out to score.", default="0", metavar="FRACTION"
    ),
]
SecondsEach: TypeAlias = Annotated[
    float | None,
    _option("--max-seconds", panel=DESCENT, text="Most time of training for each batch size.", default="no limit"),
]
MomentsOutput: TypeAlias = Annotated[
    str | None,
    _option("--history", panel=OUTPUT, text="Save all that was measured as a CSV file.", metavar="FILE"),
]
ComparisonPlot: TypeAlias = Annotated[
    str | None, _option("--plot", panel=OUTPUT, text="Save a picture of it all: png, pdf or svg.", metavar="FILE")
]

Model: TypeAlias = Annotated[
    str,
    _argument("MODEL", "A model that chainrule train or Network.save has written."),
]
TrainedModel: TypeAlias = Annotated[
    str, _argument("MODEL", "A model that chainrule train has written, which knows its columns and its target.")
]
NewData: TypeAlias = Annotated[
    list[str],
    _argument(
        "FILE",
        "A CSV or Parquet file with the columns that the model was trained on; or images or recordings, or folders of them.",
    ),
]
Stage: TypeAlias = Annotated[
    str, typer.Option("--stage", help="One of graph, fused, loops, llvm, asm.", metavar="STAGE")
]
StepName: TypeAlias = Annotated[
    str, typer.Option("--step", help="One of train, gradients, evaluate, predict.", metavar="STEP")
]
Rows: TypeAlias = Annotated[
    str,
    _argument("DATA", "A CSV or Parquet file with the columns and the target of the model, or a bundled data set."),
]
Row: TypeAlias = Annotated[int, typer.Option("--row", help="Which row, counted from 0.", metavar="NUMBER")]
Follow: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--follow",
        help='Print the products that make up one number of a gradient, such as "dense1/weight[3, 7]", instead.',
        metavar="NAME[PLACE]",
        show_default=False,
    ),
]
Depth: TypeAlias = Annotated[
    int | None,
    typer.Option("--depth", help="Through how many layers a number is followed.", metavar="NUMBER", show_default="1"),
]
PageOutput: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--html",
        help="Write a page instead, with the network drawn and a slider through the step.",
        metavar="FILE",
        show_default=False,
    ),
]
LatexOutput: TypeAlias = Annotated[
    str | None, typer.Option("--latex", help="Write a LaTeX document instead.", metavar="FILE", show_default=False)
]
PredictionThreads: TypeAlias = Annotated[
    int | None,
    typer.Option(
        "--threads",
        help="Most threads that share the work; their number never changes a result.",
        metavar="NUMBER",
        show_default="as many as pay",
    ),
]
PredictionOutput: TypeAlias = Annotated[
    str | None,
    typer.Option("--output", "-o", help="A CSV file to write.", metavar="FILE", show_default="standard output"),
]
Probabilities: TypeAlias = Annotated[
    bool, typer.Option("--probabilities", "-p", help="Add the probability of each class.", show_default=False)
]
