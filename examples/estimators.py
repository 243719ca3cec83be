"""A network as a classifier in scikit-learn: a hyperparameter search with cross-validation on a data frame.

The data frame of penguins has text, numbers and missing values, without preprocessing. The search tries two sizes and
two learning rates on three folds; other learning rates and folds need no compilation. The best network returns its
predictions as a data frame with the index of the input. Run: ``python examples/estimators.py``.
"""

from __future__ import annotations

import polars
from sklearn.model_selection import GridSearchCV, train_test_split

import plastica as pl
from plastica.datasets import path_of


def main(epochs=60):
    frame = polars.read_csv(path_of("penguins"), null_values="NA")
    x, y = frame.drop("species"), frame["species"]
    x_train, x_test, y_train, y_test = train_test_split(x, y, random_state=0, stratify=y)

    network = pl.NetworkClassifier("mlp", epochs=epochs, random_state=0)
    choices = {"layers": [(), (16,)], "learning_rate": [0.003, 0.03]}
    search = GridSearchCV(network, choices, cv=3).fit(x_train, y_train)
    print(f"best of {len(search.cv_results_['params'])}: {search.best_params_}, {search.best_score_:.3f} on the folds")

    accuracy = search.score(x_test, y_test)
    print(f"accuracy on {len(y_test)} rows that no fold held: {accuracy:.3f}")
    print(search.best_estimator_.predict_proba_frame(x_test).head(3))
    return accuracy


if __name__ == "__main__":
    main()
