"""Links of pages to files of the repository that are not pages of the site.

On GitHub such a link (`../CONTRIBUTING.md`) works as it is. On the site it leads to the file in the
repository, at `repository_url` of conf.py. A link to a file that is not there is a warning.
"""

from __future__ import annotations

import os
from pathlib import Path

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform
from sphinx.util import logging

LOGGER = logging.getLogger(__name__)


class RepositoryLinks(SphinxTransform):
    """Replaces what MyST makes of links to files outside of docs/."""

    default_priority = 5

    def apply(self) -> None:
        """Replace the links of one page."""
        for kind in (addnodes.pending_xref, addnodes.download_reference):
            for node in list(self.document.findall(kind)):
                path = self._target(node)
                if path is None or path.is_relative_to(self.env.srcdir):
                    continue
                root = Path(self.env.srcdir).parent
                if not path.exists():
                    LOGGER.warning("there is no file %s", path, location=node)
                url = f"{self.config.repository_url}/{path.relative_to(root).as_posix()}"
                if anchor := node.get("reftargetid"):
                    url += f"#{anchor}"
                node.replace_self(nodes.reference("", "", *node.children, refuri=url))

    def _target(self, node: nodes.Element) -> Path | None:
        if node.get("reftype") != "myst":
            return None
        target = node["reftarget"]
        if node.get("refdomain") == "doc":  # MyST has cut the suffix, and made it absolute.
            return Path(f"{target}.md") if os.path.isabs(target) else None
        if not target.startswith("../"):
            return None
        return (Path(self.env.doc2path(self.env.docname)).parent / target).resolve()


def setup(app: Sphinx) -> dict[str, bool]:
    """Add the transform, and the setting that it reads."""
    app.add_config_value("repository_url", "", "env")
    app.add_transform(RepositoryLinks)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
