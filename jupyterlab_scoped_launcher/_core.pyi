"""The compiled engine.

Everything crosses as JSON text, in the shapes of docs/reference/batch.md.
"""

from typing import final

__version__: str

CARD_KINDS: tuple[str, ...]
"""Every kind of card."""

DECISION_REASONS: tuple[str, ...]
"""Every reason of a decision."""

EXPLANATION_TEXTS: dict[str, str]
"""The English text of each explanation code; ``{}`` stands for its value."""

ERROR_CODES: dict[str, str]
"""Every error code of the server's routes and of the page, and what it means."""

def batch(line: str) -> str:
    """Answer one line of the batch contract; never raises."""

def lint(
    content: bytes,
    file: str = "policy.yaml",
    groups: list[str] | None = None,
    now: str | None = None,
) -> str:
    """Check a policy file: ``{"document": {...} or null, "diagnostics": [...]}``.

    ``groups`` are the Hub's, if they are known. With ``now`` (RFC 3339), windows that are over are
    reported too. Raises ValueError for a ``now`` that is no time.
    """

def schema() -> str:
    """The JSON Schema of policy files."""

def normalize_kernel_name(name: str) -> str:
    """The name as kernels are compared: without case."""

class PolicyError(ValueError):
    """The policy has errors.

    ``diagnostics`` is JSON text, a list of
    ``{severity, code, message, help, file, line, column, path}``.
    """

    diagnostics: str

@final
class Policy:
    """A checked policy, ready to decide."""

    def __new__(
        cls,
        text: str | bytes,
        file: str = "policy.yaml",
        *,
        refresh: str = "",
        max_stale: str = "",
    ) -> Policy:
        """Check ``text`` (YAML or JSON); ``file`` is its name in diagnostics.

        ``refresh`` and ``max_stale``, written as in a policy, override the policy's own; empty text
        overrides nothing. Raises `PolicyError` when lint finds errors, and ValueError for an
        override that is no duration. The methods raise ValueError for JSON that is not as the batch
        contract says.
        """
    @property
    def etag(self) -> str:
        """Identifies the whole document: the same document has the same etag."""
    @property
    def warnings(self) -> str:
        """Lint's warnings, in the shape of `PolicyError.diagnostics`."""
    @property
    def refresh_s(self) -> float:
        """How old a visible launcher's context may get, in seconds."""
    @property
    def max_stale_s(self) -> float:
        """How long the last good context is used while the Hub is unavailable, in seconds."""
    def document(self) -> str:
        """The whole document as JSON."""
    def for_visitor(self, user: str, now: str, *, service: str | None = None) -> str:
        """The document as JSON, reduced so that it names no other user, with instants for dates.

        The instants of ``weekly`` are those of two weeks from ``now`` (RFC 3339). A visitor that is
        a service of the Hub has its name in ``service``.
        """
    def etag_at(self, now: str) -> str:
        """Identifies what `for_visitor` makes of the policy at a time.

        Where that changes with the day, it is another one every day.
        """
    def summary(self) -> str:
        """The document as JSON without its conditions: which cards it governs."""
    def decide(
        self, context: str, cards: str, kernelspecs: str | None = None, now: str | None = None
    ) -> str:
        """``{"decisions": [...]}`` in card order, as the batch contract's ``decide``."""
    def explain(
        self,
        context: str,
        cards: str,
        kernelspecs: str | None = None,
        now: str | None = None,
        *,
        texts: str | None = None,
        language: str = "",
    ) -> str:
        """As `decide`, each decision with its ``trace``, as the batch contract's ``explain``.

        ``texts`` is a JSON object of texts by explanation code (`EXPLANATION_TEXTS` has the English
        ones, which are used where one is missing). ``language`` is that of the policy's own texts.
        """
    def may_use(
        self,
        context: str | None,
        cards: str,
        kernelspecs: str | None = None,
        now: str | None = None,
        *,
        explain: bool = False,
        texts: str | None = None,
        language: str = "",
    ) -> str:
        """``{"decisions": [...]}``: whether the visitor may use what each card opens.

        One decision for each card, as `decide` or, with ``explain``, as `explain` answers. A kernel
        card without a category counts as each of the cards that the launcher makes for the kernel:
        one that is shown is enough. Without a ``context`` nothing is known of the visitor, and
        every governed card is refused.
        """
    def governed(self, cards: str, kernelspecs: str | None = None) -> list[bool]:
        """For each card, whether a rule matches it."""
    def rules_of(self, cards: str, kernelspecs: str | None = None) -> list[list[str]]:
        """For each card, the ids of the rules that match it, in the order of the policy.

        A kernel card without a category counts as each of the cards that the launcher makes.
        """
    def rule_ids(self) -> list[str]:
        """The ids of all rules, those of the policy's cards last."""
    def cards(self, context: str, language: str = "") -> str:
        """The policy's own cards for this visitor as JSON: what they open, and how they look."""
    def sections(self) -> str:
        """``[{"category", "rank"}]``: the order of the launcher's sections."""
    def named_cards(self) -> str:
        """The cards that the policy names without a glob, as JSON."""
    def icons(self) -> list[str]:
        """The names of the icons of the policy's cards."""
    def token_scopes(self) -> list[str]:
        """The scopes that a visitor's token needs for the policy's ``scope`` conditions."""
    def named_groups(self) -> list[str]:
        """The groups, or globs of groups, that the policy names."""
    @property
    def has_locked(self) -> bool:
        """Whether some rule shows its hidden cards greyed."""
    @property
    def needs_shares(self) -> bool:
        """Whether the policy needs the Hub's shares."""
    @property
    def decides_without_hub(self) -> bool:
        """Whether the rules decide where there is no Hub."""
    def kernels(self) -> str:
        """``{kernel name: directory}``."""
    def roles(self) -> str:
        """The roles, as JupyterHub's ``load_roles`` takes them."""
    def custom_scopes(self) -> str:
        """The custom scopes, as JupyterHub's ``custom_scopes`` takes them."""
    def grants(self, users: str, shares: str, now: str | None = None) -> str:
        """``{"create": [...], "revoke": [...]}``, as the batch contract's ``grants``."""
    def allows_preview(self, context: str) -> bool:
        """Whether this visitor may read the whole document, and see the launcher as somebody else.

        Without a ``preview`` in the policy: admins of the Hub, and holders of a ``groups`` scope.
        """
    def lists_hidden(self, context: str) -> bool:
        """Whether ``list_hidden`` lets this visitor learn of all cards hidden from them."""
