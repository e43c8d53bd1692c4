"""How Sphinx builds the documentation site (`make docs`)."""

from __future__ import annotations

import sys
from importlib.metadata import version as version_of
from pathlib import Path

DOCS = Path(__file__).resolve().parent
sys.path.insert(0, str(DOCS / "_extensions"))

REPOSITORY = "https://github.com/jupyterlab-scoped-launcher/jupyterlab-scoped-launcher"

project = "jupyterlab-scoped-launcher"
author = "The jupyterlab-scoped-launcher developers"
copyright = author
version = release = version_of(project)
language = "en"

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx_click",
    "sphinx_copybutton",
    "generated",
    "repository_links",
]
exclude_patterns = [
    "_extensions",
    "upstream/howto",  # in the form of another project's documentation
]

# What the Python API names of other packages: there is no network at a build to look it up.
nitpick_ignore_regex = [
    ("py:.*", r"(traitlets|jupyter_server|tornado|os|collections)\..*|JupyterHandler|Config"),
    ("py:class", r".*\.Handler|~Arguments"),  # type variables
]
autodoc_typehints = "description"

# The same anchors as on GitHub, where the pages are read too.
myst_heading_anchors = 4
myst_enable_extensions = ["colon_fence", "deflist"]

# A block without a language is shown as it is.
highlight_language = "none"

# For links out of docs/ (repository_links).
repository_url = f"{REPOSITORY}/blob/main"

# A block that shows output is a `console` block: only what follows a prompt is copied.
copybutton_prompt_text = r"\$ "
copybutton_prompt_is_regexp = True

html_theme = "pydata_sphinx_theme"
html_title = project
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_show_sourcelink = False
html_show_copyright = False
html_theme_options = {
    "logo": {"text": project},
    "icon_links": [{"name": "GitHub", "url": REPOSITORY, "icon": "fa-brands fa-github"}],
    "navigation_with_keys": False,
    "show_toc_level": 2,
    "pygments_light_style": "a11y-high-contrast-light",
    "pygments_dark_style": "a11y-high-contrast-dark",
    "footer_start": ["theme-version"],
    "footer_end": ["sphinx-version"],
}
