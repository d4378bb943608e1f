"""The rules of the house, checked on the sources: who imports whom, sizes, docstrings, exports, start-up time.

The checkers find their subjects by walking a folder, so that a new file is checked from its first line. Each is also
shown a small tree with a planted violation, which it must find.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import os
import subprocess
import sys
import tomllib
import types
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SOURCES = ROOT / "src" / "chainrule"
FILES = sorted(SOURCES.rglob("*.py"))

# Which part of the package stands on which: a part may import those named here, and whatever those may import.
# `__init__` is the list of public names; nothing but the command may import it, for it imports nearly everything.
STANDS_ON = {
    "errors": (),
    "random": ("errors",),
    "graph": ("random",),
    "functional": ("graph",),
    "nn": ("functional",),
    "optim": ("graph",),
    "backends": ("graph",),
    "data": ("random",),
    "files": ("random",),
    "training": ("nn", "optim", "backends", "data", "files"),
    "explain": ("training",),
    "diagnose": ("training",),
    "saving": ("training",),
    "transfer": ("training",),
    "export": ("training",),
    "inspection": ("explain", "diagnose", "export"),
    "network": ("saving", "transfer", "inspection"),
    "checking": ("network",),
    "grading": ("network",),
    "loading": ("network",),
    "showing": ("network",),
    "comparison": ("network",),
    "__init__": ("checking", "grading", "loading", "showing", "comparison"),
    "sklearn": ("network",),
    "cli": ("sklearn", "__init__"),
    "__main__": ("cli",),
}

# Where each package other than NumPy may be imported: in the files or folders named, inside the function that uses it.
HEAVY = {
    "PIL": ("data/images.py",),
    "llvmlite": ("backends/llvm/",),
    "matplotlib": ("training/history.py", "training/augmented.py", "comparison/"),
    "polars": ("data/", "training/history.py", "comparison/result.py"),
    "rich": ("cli/",),
    "safetensors": ("files/",),
    "scipy": ("backends/numpy_.py", "data/audio.py"),
    "sklearn": ("data/bundled.py", "training/metrics.py", "sklearn/"),
    "soundfile": ("data/audio.py",),
    "typer": ("cli/",),
}
# The command is the last to be imported, and an estimator inherits from scikit-learn's classes.
MAY_IMPORT_HEAVY_AT_ONCE = ("cli/", "sklearn/")

LONGEST_FILE = 450
LONGEST_FUNCTION = 60
SLOWEST_IMPORT = 0.3

Function = ast.FunctionDef | ast.AsyncFunctionDef
Documented = ast.Module | ast.ClassDef | Function


def parse(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"), filename=str(file))


def inside(path: str, places: tuple[str, ...]) -> bool:
    """Whether a file is one of `places`, of which those that end in a slash are folders."""
    return any(path.startswith(place) if place.endswith("/") else path == place for place in places)


# --------------------------------------------------------------------------------------------------- imports


def imports(node: ast.AST, package: list[str], *, at_once: bool = True) -> Iterator[tuple[int, str, bool]]:
    """Each import below `node`: line, absolute dotted name, and whether it runs when the module is imported.

    `package` is the package that the file is in, as a list of names. A string given to `import_module` counts as an
    import; anything else given to it appears under the name `?`.
    """
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and ast.unparse(child.test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING"):
            for statement in child.orelse:
                yield from imports(ast.Module([statement], []), package, at_once=at_once)
            continue
        if isinstance(child, ast.Import):
            yield from ((child.lineno, alias.name, at_once) for alias in child.names)
        elif isinstance(child, ast.ImportFrom):
            base = package[: len(package) - child.level + 1] if child.level else []
            base = [*base, *(child.module.split(".") if child.module else [])]
            yield from ((child.lineno, ".".join([*base, alias.name]), at_once) for alias in child.names)
        elif isinstance(child, ast.Call) and ast.unparse(child.func).endswith(("import_module", "__import__")):
            name = child.args[0].value if child.args and isinstance(child.args[0], ast.Constant) else "?"
            yield child.lineno, str(name), at_once
        deferred = isinstance(child, Function | ast.Lambda)
        yield from imports(child, package, at_once=at_once and not deferred)


def everything_below(part: str) -> set[str]:
    found: set[str] = set()
    waiting = [part]
    while waiting:
        below = STANDS_ON.get(waiting.pop(), ())
        waiting.extend(set(below) - found)
        found.update(below)
    return found


def forbidden_imports(sources: Path) -> list[str]:
    """A sentence for each import that the tables do not allow, in the tree `sources`: the folder of the package."""
    parts = {path.stem for path in sources.iterdir() if path.suffix == ".py" or path.is_dir()}
    unknown = parts - STANDS_ON.keys() - {"__pycache__"}
    parts.update(STANDS_ON)
    found = [f"{part} is not in the table STANDS_ON." for part in sorted(unknown)]
    for file in sorted(sources.rglob("*.py")):
        path = file.relative_to(sources).as_posix()
        part = path.split("/", maxsplit=1)[0].removesuffix(".py")
        for line, name, at_once in imports(parse(file), ["chainrule", *path.split("/")[:-1]]):
            top, *rest = name.split(".")
            if top == "chainrule":
                imported = rest[0] if rest and rest[0] in parts else "__init__"
                wrong = imported != part and imported not in everything_below(part)
                reason = f"{part} does not stand on {imported}"
            elif top in HEAVY:
                wrong = not inside(path, HEAVY[top])
                reason = f"{top} is imported in {', '.join(HEAVY[top])} only"
                if not wrong and at_once and not inside(path, MAY_IMPORT_HEAVY_AT_ONCE):
                    wrong, reason = True, f"{top} is heavy: import it inside the function that uses it"
            else:
                wrong = top != "numpy" and top not in sys.stdlib_module_names
                reason = f"{top} is neither in the standard library nor in the table HEAVY"
            if wrong:
                found.append(f"{path}:{line} imports {name}: {reason}.")
    return found


def test_imports_point_one_way() -> None:
    assert not forbidden_imports(SOURCES)


@pytest.mark.parametrize("part", STANDS_ON)
def test_no_part_stands_on_itself(part: str) -> None:
    assert part not in everything_below(part)


PLANTED = {
    "upwards": ("graph/node.py", "from chainrule.nn import Dense", "graph does not stand on nn"),
    "upwards, plain import": ("optim/sgd.py", "import chainrule.training.fit as f", "optim does not stand on training"),
    "upwards, relative": ("graph/node.py", "from ..optim import sgd", "graph does not stand on optim"),
    "upwards, in a function": ("nn/layer.py", "def f():\n    from chainrule import backends", "stand on backends"),
    "upwards, by name": ("files/a.py", "import importlib as i\ni.import_module('chainrule.nn')", "stand on nn"),
    "by a computed name": ("files/a.py", "from importlib import import_module\nimport_module('a' + 'b')", "imports ?"),
    "sideways": ("explain/text.py", "from chainrule.diagnose import doctor", "explain does not stand on diagnose"),
    "the public names": ("nn/layer.py", "from chainrule import Dense", "nn does not stand on __init__"),
    "else of TYPE_CHECKING": (
        "graph/node.py",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    pass\nelse:\n    import chainrule.optim",
        "graph does not stand on optim",
    ),
    "heavy in a wrong file": ("graph/node.py", "def f():\n    import scipy.special", "scipy is imported in"),
    "heavy at module level": ("files/model_file.py", "from safetensors import safe_open", "safetensors is heavy"),
    "heavy in a class body": ("files/model_file.py", "class A:\n    import safetensors", "safetensors is heavy"),
    "undeclared": ("data/frames.py", "def f():\n    import pandas", "pandas is neither"),
    "an unknown part": ("widgets/a.py", "", "widgets is not in the table"),
}


def plant(tree: Path, path: str, text: str) -> Path:
    """A small healthy package in `tree`, with one more file."""
    healthy = {
        "__init__.py": "from chainrule.nn.layer import Layer",
        "graph/__init__.py": "from __future__ import annotations\nimport math\nimport numpy as np\nfrom . import node",
        "graph/node.py": "from chainrule.errors import GraphError\nfrom chainrule.random import normal",
        "optim/sgd.py": "from ..graph.node import Node",
        "backends/__init__.py": "",
        "training/__init__.py": "",
        "diagnose/__init__.py": "",
        "nn/layer.py": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from chainrule.training import fit",
        "files/model_file.py": "def f():\n    import safetensors.numpy",
        "cli/__init__.py": "import rich, typer\nfrom chainrule import __version__, graph",
        path: text,
    }
    for name, content in healthy.items():
        file = tree / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content + "\n", encoding="utf-8")
    return tree


def test_a_healthy_tree_passes(tmp_path: Path) -> None:
    assert not forbidden_imports(plant(tmp_path, "errors.py", ""))


@pytest.mark.parametrize("case", PLANTED)
def test_a_forbidden_import_is_found(case: str, tmp_path: Path) -> None:
    path, text, reason = PLANTED[case]
    found = forbidden_imports(plant(tmp_path, path, text))
    assert len(found) == 1
    assert reason in found[0]


def test_what_is_imported_is_what_is_declared() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    declared = [text.split(">=")[0] for text in (*project["dependencies"], *extras["images"], *extras["sound"])]
    names = {{"pillow": "PIL", "scikit-learn": "sklearn"}.get(name, name) for name in declared}
    assert names == {"numpy", *HEAVY}


# --------------------------------------------------------------------------------------------------- sizes


def function_length(function: Function) -> int:
    """Lines from `def` to the end, less the docstring: a thorough description must not cost a function its room."""
    length = function.end_lineno - function.lineno + 1
    if ast.get_docstring(function, clean=False) is not None:
        docstring = function.body[0]
        length -= docstring.end_lineno - docstring.lineno + 1
    return length


def too_long(folder: Path) -> list[str]:
    """A sentence for each Python file and function below `folder` that is longer than the house allows."""
    found = []
    for file in sorted(folder.rglob("*.py")):
        path = file.relative_to(folder).as_posix()
        lines = len(file.read_text(encoding="utf-8").splitlines())
        if lines > LONGEST_FILE:
            found.append(f"{path} has {lines} lines; the limit is {LONGEST_FILE}.")
        found.extend(
            f"{path}:{node.lineno} {node.name} has {length} lines; the limit is {LONGEST_FUNCTION}."
            for node in ast.walk(parse(file))
            if isinstance(node, Function) and (length := function_length(node)) > LONGEST_FUNCTION
        )
    return found


@pytest.mark.parametrize("folder", ["src", "tests"])
def test_files_and_functions_are_short(folder: str) -> None:
    assert not too_long(ROOT / folder)


def test_a_long_file_and_a_long_function_are_found(tmp_path: Path) -> None:
    described = ["def f():", '    """A long story.', *[""] * 100, '    """']
    (tmp_path / "long.py").write_text("\n".join(["x = 1"] * (LONGEST_FILE + 1)), encoding="utf-8")
    (tmp_path / "fine.py").write_text("\n".join(["x = 1"] * LONGEST_FILE), encoding="utf-8")
    (tmp_path / "deep.py").write_text("\n".join(described + ["    x = 1"] * LONGEST_FUNCTION), encoding="utf-8")
    (tmp_path / "good.py").write_text("\n".join(described + ["    x = 1"] * (LONGEST_FUNCTION - 1)), encoding="utf-8")
    assert too_long(tmp_path) == [
        f"deep.py:1 f has {LONGEST_FUNCTION + 1} lines; the limit is {LONGEST_FUNCTION}.",
        f"long.py has {LONGEST_FILE + 1} lines; the limit is {LONGEST_FILE}.",
    ]


# --------------------------------------------------------------------------------------------------- docstrings


def public(node: ast.AST, prefix: str = "") -> Iterator[tuple[str, Documented]]:
    """Each public class, function and method in a module's or a class's body, by its dotted name inside the module."""
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.ClassDef | Function) or child.name.startswith("_"):
            continue
        decorators = [ast.unparse(decorator) for decorator in child.decorator_list]
        if any(text.endswith(("overload", ".setter", ".deleter")) for text in decorators):
            continue
        yield prefix + child.name, child
        if isinstance(child, ast.ClassDef):
            yield from public(child, f"{prefix}{child.name}.")


def module_name(file: Path) -> str:
    return ".".join(["chainrule", *file.relative_to(SOURCES).with_suffix("").parts]).removesuffix(".__init__")


def inherits_docstring(module: str, name: str) -> bool:
    """Whether a method without a docstring overrides one that has it, as `apply` of a layer does."""
    owner, _, method = name.rpartition(".")
    if not owner:
        return False
    holder: object = importlib.import_module(module)
    for word in owner.split("."):
        holder = getattr(holder, word)
    return bool(inspect.getdoc(inspect.getattr_static(holder, method)) or inspect.getdoc(getattr(holder, method)))


def undocumented(module: str, tree: ast.Module) -> list[str]:
    named = [(module, tree), *public(tree)]
    return [name for name, node in named if not ast.get_docstring(node) and not inherits_docstring(module, name)]


@pytest.mark.parametrize("file", FILES, ids=module_name)
def test_every_public_name_has_a_docstring(file: Path) -> None:
    assert not undocumented(module_name(file), parse(file))


def test_a_missing_docstring_is_found() -> None:
    tree = ast.parse('def f(): ...\ndef g():\n    "Has one."\ndef _h(): ...\nclass A:\n    "Has one."\nclass B: ...')
    assert undocumented("planted", tree) == ["planted", "f", "B"]


def test_a_method_inherits_its_docstring(monkeypatch: pytest.MonkeyPatch) -> None:
    text = """
        "Two classes."
        class A:
            "Has one."
            def f(self):
                "Has one."
        class B(A):
            "Has one."
            def f(self): ...
            def g(self): ...
    """
    planted = types.ModuleType("planted")
    exec(inspect.cleandoc(text), planted.__dict__)
    monkeypatch.setitem(sys.modules, "planted", planted)
    assert undocumented("planted", ast.parse(inspect.cleandoc(text))) == ["B.g"]


# --------------------------------------------------------------------------------------------------- exports


def bound_names(tree: ast.Module) -> set[str]:
    """The public names that a module binds by import, at once or when they are asked for, `def`, `class` or assignment."""
    names: set[str] = set()
    later = [each for each in tree.body if isinstance(each, ast.If) and ast.unparse(each.test) == "TYPE_CHECKING"]
    for node in (*tree.body, *(statement for block in later for statement in block.body)):
        if isinstance(node, ast.Import | ast.ImportFrom):
            if not (isinstance(node, ast.ImportFrom) and node.module in ("__future__", "typing")):
                names.update((alias.asname or alias.name).split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ClassDef | Function):
            names.add(node.name)
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names.update(target.id for target in targets if isinstance(target, ast.Name))
    return {name for name in names if not name.startswith("_")}


def kind_then_name(name: str) -> tuple[bool, bool, str]:
    """Constants, then classes, then functions, each in alphabetical order: as the linter sorts names in an import."""
    return not (name.isupper() and len(name) > 1), not name[0].isupper(), name


@pytest.mark.parametrize("file", FILES, ids=module_name)
def test_exports_are_sorted_and_exist(file: Path) -> None:
    module = importlib.import_module(module_name(file))
    exported = getattr(module, "__all__", [])
    assert list(exported) == sorted(set(exported), key=kind_then_name)
    assert not [name for name in exported if not hasattr(module, name)]


def test_the_public_names_are_what_is_exported() -> None:
    import chainrule

    assert bound_names(parse(SOURCES / "__init__.py")) == set(chainrule.__all__) - {"__version__"}


def test_every_public_object_has_a_docstring() -> None:
    import chainrule

    objects = {name: getattr(chainrule, name) for name in chainrule.__all__ if name != "__version__"}
    assert not [name for name, value in objects.items() if not inspect.getdoc(value)]


# --------------------------------------------------------------------------------------------------- start-up

MEASURE = """
import sys, time
start = time.perf_counter()
import chainrule
print(time.perf_counter() - start)
print(*{name.split(".")[0] for name in sys.modules})
"""


@pytest.mark.alone
def test_import_is_quick_and_loads_nothing_heavy() -> None:
    """NumPy's own share is counted: it is what a person waits for."""
    times = []
    for _ in range(3):
        environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
        command = [sys.executable, "-c", MEASURE]
        result = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
        seconds, loaded = result.stdout.splitlines()
        times.append(float(seconds))
        assert not set(loaded.split()) & {*HEAVY, "pandas", "pyarrow", "torch"}
    assert min(times) < SLOWEST_IMPORT
