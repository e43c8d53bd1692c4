"""No modules of the package import each other in a circle.

`make lint` checks the direction of imports (``[tool.importlinter]`` in pyproject.toml).
"""

from __future__ import annotations

import grimp

PACKAGE = "jupyterlab_scoped_launcher"

Imports = dict[str, list[str]]
"""For each module the modules that it imports."""


def imports_of_package() -> Imports:
    """Return all imports, also those in functions and for types (``if TYPE_CHECKING``)."""
    graph = grimp.build_graph(PACKAGE, cache_dir=None)
    return {
        importer: sorted(
            imported
            for imported in graph.find_modules_directly_imported_by(importer)
            if not only_imports_engine(graph, importer, imported)
        )
        for importer in sorted(graph.modules)
    }


def only_imports_engine(graph: grimp.ImportGraph, importer: str, imported: str) -> bool:
    """Return whether this is ``from .. import _core``.

    Grimp takes it for an import of the package, because it does not see compiled modules.
    """
    details = graph.get_import_details(importer=importer, imported=imported)
    return imported == PACKAGE and all(
        detail["line_contents"].endswith("import _core") for detail in details
    )


def find_circle(imports: Imports) -> list[str]:
    """Return modules that each import the next, the last one being the first; [] if none do."""
    finished: set[str] = set()

    def search(path: list[str]) -> list[str]:
        for imported in imports.get(path[-1], []):
            if imported in path:
                return [*path[path.index(imported) :], imported]
            if imported not in finished and (circle := search([*path, imported])):
                return circle
        finished.add(path[-1])
        return []

    for module in imports:
        if module not in finished and (circle := search([module])):
            return circle
    return []


def test_there_are_no_circles() -> None:
    imports = imports_of_package()
    assert len(imports) > 20
    circle = find_circle(imports)
    assert not circle, "these modules import each other: " + " → ".join(circle)


def test_a_circle_is_found_and_named() -> None:
    imports = {"a": ["b", "d"], "b": ["c"], "c": ["d"], "d": ["b"]}
    assert find_circle(imports) == ["b", "c", "d", "b"]
    assert find_circle({**imports, "d": []}) == []
    assert find_circle({"a": ["a"]}) == ["a", "a"]
