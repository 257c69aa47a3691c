"""Bugs planted in the mock of this process: a piece of its source is exchanged while the mutant lives."""

import importlib
import inspect
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from types import CodeType, FunctionType, ModuleType


@dataclass(frozen=True)
class Edit:
    """In a module of mockserver the text `old`, which stands there once, becomes `new`.

    What functions and methods do is exchanged, and nothing else: neither a default nor a value of the module.
    """

    module: str
    old: str
    new: str


@contextmanager
def planted(*edits: Edit) -> Iterator[None]:
    """The edits are in force; nobody else in this process may use the mock meanwhile."""
    with ExitStack() as stack:
        for edit in edits:
            stack.enter_context(_planted(edit))
        yield


@contextmanager
def _planted(edit: Edit) -> Iterator[None]:
    module = importlib.import_module(f"mockserver.{edit.module}")
    source = inspect.getsource(module)
    assert source.count(edit.old) == 1, f"{edit.old!r} stands {source.count(edit.old)} times in {edit.module}"
    before, after = (_codes(text, module) for text in (source, source.replace(edit.old, edit.new)))
    changed = {name: code for name, code in after.items() if not _same(code, before[name])}
    assert changed, f"{edit.new!r} changes no function of {edit.module}"
    functions = {name: _function(module, name) for name in changed}
    kept = {name: function.__code__ for name, function in functions.items()}
    for name, code in changed.items():
        functions[name].__code__ = code
    try:
        yield
    finally:
        for name, code in kept.items():
            functions[name].__code__ = code


def _codes(source: str, module: ModuleType) -> dict[str, CodeType]:
    """The code of each function and method, by its qualified name; those inside others belong to them."""
    found: dict[str, CodeType] = {}
    waiting = [compile(source, str(module.__file__), "exec", dont_inherit=True)]
    while waiting:
        for const in waiting.pop().co_consts:
            if isinstance(const, CodeType) and "<" not in const.co_qualname:
                found[const.co_qualname] = const
                waiting.append(const)
    return {name: code for name, code in found.items() if code.co_flags & inspect.CO_NEWLOCALS}


def _same(one: CodeType, other: CodeType) -> bool:
    """Whether they do the same; the lines on which they stand do not matter."""
    if (one.co_code, one.co_names, len(one.co_consts)) != (other.co_code, other.co_names, len(other.co_consts)):
        return False
    pairs = zip(one.co_consts, other.co_consts, strict=True)
    return all(
        _same(left, right)
        if isinstance(left, CodeType) and isinstance(right, CodeType)
        else (type(left), left) == (type(right), right)
        for left, right in pairs
    )


def _function(module: ModuleType, name: str) -> FunctionType:
    found: object = module
    for part in name.split("."):
        found = inspect.getattr_static(found, part)
    found = found.fget if isinstance(found, property) else getattr(found, "__func__", found)
    assert isinstance(found, FunctionType), f"{name} is no function"
    return found
