"""The compiled engine. Everything crosses as JSON text, in the shapes of docs/batch.md."""

from typing import final

__version__: str

def batch(line: str) -> str:
    """Answer one line of the batch contract; never raises."""

class PolicyError(ValueError):
    """The policy has errors.

    ``findings`` is JSON text, a list of
    ``{severity, code, message, help, file, line, column, path}``.
    """

    findings: str

@final
class Policy:
    """A checked policy, ready to decide."""

    def __new__(cls, text: str | bytes, file: str = "policy.yaml") -> Policy:
        """Check ``text`` (YAML or JSON); ``file`` is its name in findings.

        Raises `PolicyError` when lint finds errors. What follows raises ValueError for JSON that is
        not as the batch contract says.
        """
    @property
    def etag(self) -> str:
        """Identifies the whole document: the same document has the same etag."""
    @property
    def warnings(self) -> str:
        """Lint's warnings, in the shape of `PolicyError.findings`."""
    @property
    def refresh_s(self) -> float:
        """How old a visible launcher's facts may get, in seconds."""
    @property
    def max_stale_s(self) -> float:
        """How long the last good facts are used while the Hub is away, in seconds."""
    def document(self) -> str:
        """The whole document as JSON."""
    def for_visitor(self, user: str) -> str:
        """The document as JSON, reduced so that it names no other user."""
    def decide(
        self, context: str, cards: str, kernelspecs: str | None = None, now: str | None = None
    ) -> str:
        """``{"decisions": [...]}`` in card order, as the batch contract's ``decide``."""
    def explain(
        self, context: str, cards: str, kernelspecs: str | None = None, now: str | None = None
    ) -> str:
        """As `decide`, each decision with its ``trace``."""
    def may_use(
        self,
        context: str | None,
        cards: str,
        kernelspecs: str | None = None,
        now: str | None = None,
        *,
        explain: bool = False,
    ) -> str:
        """``{"decisions": [...]}``: whether the visitor may use what each card opens."""
    def token_scopes(self) -> list[str]:
        """The scopes that a visitor's token needs for the policy's ``scope`` conditions."""
    def kernels(self) -> str:
        """``{kernel name: directory}``."""
    def roles(self) -> str:
        """The roles, as JupyterHub's ``load_roles`` takes them."""
    def custom_scopes(self) -> str:
        """The custom scopes, as JupyterHub's ``custom_scopes`` takes them."""
    def grants(self, users: str, shares: str, now: str | None = None) -> str:
        """``{"create": [...], "revoke": [...]}``, as the batch contract's ``grants``."""
    def allows_preview(self, context: str) -> bool:
        """Whether this visitor may read the whole document."""

def check(
    content: bytes,
    file: str = "policy.yaml",
    groups: list[str] | None = None,
    now: str | None = None,
) -> str:
    """Check a policy file: ``{"document": {...} or null, "findings": [...]}``.

    ``groups`` are the Hub's, if they are known; with ``now`` (RFC 3339), windows that are over are
    found, too.
    """

def schema() -> str:
    """The JSON Schema of policy files."""

def policy_cards(document: str, context: str) -> str:
    """The cards that a policy adds to a visitor's launcher."""
