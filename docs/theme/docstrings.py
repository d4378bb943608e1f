"""Docstrings as the site shows them: examples stand out, names of the reference are links, and primitives are functions."""

from __future__ import annotations

import importlib
import inspect
import re
import sys
from collections.abc import Iterator
from typing import Any

import griffe

import chainrule
from chainrule.graph import Primitive

_EXAMPLE = re.compile(r"^>>> .*?(?=\n\s*\n|\Z)", re.DOTALL | re.MULTILINE)
_ENTRY = re.compile(
    r"\n(?=Source: |`\w+`(?:, `\w+`)*: )"
)  # a line of its own: a source, or one of a list of attributes
_NAME = re.compile(r"(?<![\[`])`([A-Za-z_]\w*)`(?!`)")


def is_linked(name: str) -> bool:
    """Whether a name in a docstring means the public name: `EarlyStopping` does, `sum` may be a word."""
    return name in chainrule.__all__ and (name[0].isupper() or "_" in name)


def shown(text: str, own_name: str) -> str:
    """A docstring in Markdown."""
    text = _ENTRY.sub("  \n", text)
    text = _EXAMPLE.sub(lambda example: f"```pycon\n{example[0].replace('<BLANKLINE>', '').rstrip()}\n```", text)
    link = r"[`\1`][chainrule.\1]"
    return _NAME.sub(lambda m: m.expand(link) if is_linked(m[1]) and m[1] != own_name else m[0], text)


class Docstrings(griffe.Extension):
    """What is read from the sources, made ready for a page."""

    def on_instance(self, *, obj: griffe.Object, **_: Any) -> None:
        """Write a docstring in Markdown."""
        if obj.docstring:
            obj.docstring.value = shown(obj.docstring.value, obj.name)

    def on_package(self, *, pkg: griffe.Module, **_: Any) -> None:
        """Show what a name stands for when the program runs.

        A primitive is assigned to its name, but it is called: it is shown as a function. A function that has the name of its
        module is not the module. Private parameters are nobody's business.
        """
        for function in _functions(pkg):
            for name in [parameter.name for parameter in function.parameters if parameter.name.startswith("_")]:
                del function.parameters[name]
        for module in pkg["graph.primitives"].modules.values():
            values = vars(importlib.import_module(module.path))
            for name, member in list(module.members.items()):
                if isinstance(member, griffe.Attribute) and isinstance(values[name], Primitive):
                    module.set_member(name, _as_function(name, values[name], module))
        for name, member in list(pkg.members.items()):
            path = member.target_path if isinstance(member, griffe.Alias) else ""
            if path.endswith(f".{name}") and path in sys.modules:
                pkg.set_member(name, griffe.Alias(name, f"{path}.{name}", parent=pkg))


def _functions(holder: griffe.Module | griffe.Class) -> Iterator[griffe.Function]:
    for member in holder.members.values():
        if isinstance(member, griffe.Function):
            yield member
        elif isinstance(member, griffe.Module | griffe.Class):
            yield from _functions(member)


def _as_function(name: str, primitive: Primitive, module: griffe.Module) -> griffe.Function:
    by_place = griffe.ParameterKind.positional_or_keyword
    operands = ["x"] if primitive.arity == 1 else [f"x{i + 1}" for i in range(primitive.arity)]
    parameters = [griffe.Parameter(operand, kind=by_place) for operand in operands]
    if primitive.attributes:
        given = inspect.signature(primitive.attributes).parameters.values()
        parameters = [_parameter(parameter, by_place) for parameter in given]
    docstring = griffe.Docstring(shown(primitive.summary, name))
    return griffe.Function(
        name.removesuffix("_"), parameters=griffe.Parameters(*parameters), docstring=docstring, parent=module
    )


def _parameter(parameter: inspect.Parameter, kind: griffe.ParameterKind) -> griffe.Parameter:
    default = None if parameter.default is inspect.Parameter.empty else repr(parameter.default)
    return griffe.Parameter(parameter.name, kind=kind, default=default)
