"""The commands, and how they end."""

from __future__ import annotations

import sys
import warnings
from typing import Annotated, Any, TextIO

import typer
from typer.core import TyperGroup

from chainrule import __version__
from chainrule.cli import options
from chainrule.cli.request import BATCH_SIZES, TEST_SIZE, Request
from chainrule.cli.screen import READER_GONE, ReaderGoneError, prepare_streams, tell
from chainrule.errors import ChainruleError


class _Commands(TyperGroup):
    def main(self, *args: Any, standalone_mode: bool = True, **extra: Any) -> Any:
        """Run the command and end the process; what is wrong with the arguments is told in a sentence, like all else."""
        extra |= {"prog_name": "chainrule", "standalone_mode": False}
        if not standalone_mode:
            return super().main(*args, **extra)
        try:
            sys.exit(super().main(*args, **extra) or 0)
        except typer.TyperException as error:
            text = error.format_message() if hasattr(error, "format_message") else str(error)
            context = getattr(error, "ctx", None)
            if text:  # empty where the command stands alone, which has shown its help
                command = context.command_path if context else "chainrule"
                tell(f"Error: {text.rstrip('.?')}; {command} --help lists what there is.", style="red")
            sys.exit(2)

    def invoke(self, ctx: Any) -> Any:
        """Run a command; what Chainrule raises on purpose becomes a sentence and an exit code."""
        try:
            return super().invoke(ctx)
        except ChainruleError as error:
            tell(f"Error: {error}", style="red")
            raise typer.Exit(2) from None
        except ReaderGoneError:
            raise typer.Exit(READER_GONE) from None
        except MemoryError:
            tell(
                "Error: There is not enough memory for this network on these data: give fewer --hidden units, or a smaller "
                "--image-size.",
                style="red",
            )
            raise typer.Exit(2) from None
        except KeyboardInterrupt:
            tell("Stopped by Ctrl-C; nothing was saved.")
            raise typer.Exit(130) from None


app = typer.Typer(
    cls=_Commands,
    name="chainrule",
    help="Train neural networks by backpropagation, on a bundled data set, a table, or a folder of images or recordings.",
    epilog="Begin with: chainrule train digits",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,  # an unexpected error is a bug: a plain traceback says most
    context_settings={"help_option_names": ["-h", "--help"]},
)


def run() -> None:
    """Run the command with the arguments of the process."""
    prepare_streams()
    warnings.showwarning = _show_warning
    app()


def _show_warning(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    """A warning as a sentence: the line of our source that it came from helps nobody here."""
    tell(f"Note: {message}", style="yellow")


def _show_version(wanted: bool) -> None:
    if wanted:
        sys.stdout.write(f"chainrule {__version__}\n")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool,
        typer.Option("--version", help="Show the version.", callback=_show_version, is_eager=True, show_default=False),
    ] = False,
) -> None: ...


@app.command(epilog="Ctrl-C ends training early; the best parameters so far are saved all the same.")
def train(
    data: options.Data,
    target: options.Target = None,
    task: options.TaskName = None,
    ignore: options.Ignore = None,
    text: options.Text = None,
    image_size: options.ImageSize = None,
    skip_broken: options.SkipBroken = False,
    test_size: options.TestSize = TEST_SIZE,
    hidden: options.Hidden = None,
    activation: options.ActivationName = None,
    dropout: options.DropoutRate = None,
    loss: options.LossName = None,
    optimizer: options.OptimizerName = None,
    learning_rate: options.LearningRate = None,
    batch_size: options.BatchSize = None,
    epochs: options.Epochs = None,
    l1: options.L1 = None,
    l2: options.L2 = None,
    clip_norm: options.ClipNorm = None,
    validation: options.Validation = None,
    patience: options.Patience = None,
    refit: options.Refit = None,
    max_seconds: options.MaxSeconds = None,
    seed: options.Seed = 0,
    threads: options.Threads = None,
    output: options.ModelOutput = None,
    history: options.HistoryOutput = None,
    plot: options.PlotOutput = None,
    quiet: options.Quiet = False,
) -> None:
    """Train a network on a data set, report how well it does on rows it has not seen, and save it."""
    request = Request(**{**locals(), "ignore": tuple(ignore or ())})
    from chainrule.cli.train import run_train

    raise typer.Exit(run_train(request))


@app.command(epilog="Ctrl-C ends the training that is going on, and shows what there is.")
def compare(
    data: options.Data,
    target: options.Target = None,
    task: options.TaskName = None,
    ignore: options.Ignore = None,
    text: options.Text = None,
    image_size: options.ImageSize = None,
    skip_broken: options.SkipBroken = False,
    hidden: options.Hidden = None,
    activation: options.ActivationName = None,
    dropout: options.DropoutRate = None,
    loss: options.LossName = None,
    optimizer: options.ComparedOptimizer = None,
    learning_rate: options.LearningRates = None,
    batch_size: options.BatchSizes = BATCH_SIZES,
    epochs: options.ComparedEpochs = None,
    l1: options.L1 = None,
    l2: options.ComparedL2 = None,
    clip_norm: options.ClipNorm = None,
    validation: options.ComparedValidation = None,
    max_seconds: options.SecondsEach = None,
    seed: options.Seed = 0,
    threads: options.Threads = None,
    history: options.MomentsOutput = None,
    plot: options.ComparisonPlot = None,
    quiet: options.Quiet = False,
) -> None:
    """Train the same network with several batch sizes: loss, time, noise of the gradient and memory, side by side."""
    given = {**locals(), "ignore": tuple(ignore or ()), "batch_size": None, "learning_rate": None}
    from chainrule.cli.compare import run_compare

    run_compare(Request(**given), batch_size, learning_rate)


@app.command()
def predict(
    model: options.Model,
    file: options.NewData,
    output: options.PredictionOutput = None,
    probabilities: options.Probabilities = False,
    threads: options.PredictionThreads = None,
) -> None:
    """Predict each row of a table, or each image or recording, with a saved model, and write the predictions as CSV."""
    from chainrule.cli.predict import run_predict

    run_predict(model, file, output, probabilities=probabilities, threads=threads)


@app.command()
def show(model: options.Model, stage: options.Stage = "graph", step: options.StepName = "train") -> None:
    """Print a step of a saved model at a stage of its way from a graph to machine code."""
    from chainrule.cli.predict import run_show

    run_show(model, stage, step)


@app.command()
def explain(
    model: options.TrainedModel,
    data: options.Rows,
    row: options.Row = 0,
    follow: options.Follow = None,
    depth: options.Depth = None,
    html: options.PageOutput = None,
    latex: options.LatexOutput = None,
) -> None:
    """Work out one training step of a saved model on one row: every z, a, δ, gradient and update, with its numbers."""
    from chainrule.cli.explain import run_explain

    run_explain(model, data, row, follow, depth, html, latex)


@app.command()
def info(model: options.Model) -> None:
    """Tell what a saved model is: what it was trained on, its network, its scores."""
    from chainrule.cli.predict import run_info

    run_info(model)
