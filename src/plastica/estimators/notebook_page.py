"""How an estimator is shown in a notebook: scikit-learn's diagram and, after fitting, the network."""

from __future__ import annotations

from ..notebook.html import shown
from ..tables.views import estimator_page
from .parameters import EstimatorParameters


class NotebookPage(EstimatorParameters):
    """The display of an estimator in notebooks."""

    n_iter_: int
    best_validation_score_: float | None

    def _repr_html_inner(self) -> str:
        return super()._repr_html_inner() + (self._fitted_page() or "")

    def _repr_mimebundle_(self, **options: object) -> dict[str, str]:
        bundle = super()._repr_mimebundle_(**options)
        if "text/html" in bundle:  # absent with scikit-learn's set_config(display="text")
            bundle["text/html"] += self._fitted_page() or ""
        return bundle

    @shown
    def _fitted_page(self) -> str:
        return estimator_page(self)
