"""Vocabularies, lookups and texts, by hand and beside scikit-learn; Keras's own layers need TensorFlow."""

import numpy as np
import pytest
from sklearn.feature_extraction.text import CountVectorizer

import plastica as pl
from plastica.errors import DataError, InvalidValue, NotFitted, ShapeError

TEXTS = ["The cat sat on the mat.", "A dog; a CAT!", "the dog sat", "No pets here: none at all."]
LABELS = np.array([0, 1, 1, 0])


def test_the_examples_of_keras_manual():
    # StringLookup: the most frequent first, ties in reverse order of code points.
    layer = pl.StringLookup()
    layer.adapt([["a", "c", "d"], ["d", "z", "b"]])
    assert layer.get_vocabulary() == ["[UNK]", "d", "z", "c", "b", "a"]
    # The vocabulary of the manual, and each of its output modes.
    words, data = ["a", "b", "c", "d"], [["a", "c", "d", "d"], ["d", "z", "b", "z"]]
    assert pl.StringLookup(vocabulary=words)([["a", "c", "d"], ["d", "z", "b"]]).tolist() == [[1, 3, 4], [4, 0, 2]]
    hot = pl.StringLookup(vocabulary=words, output_mode="one_hot")
    assert hot(["a", "b", "c", "d", "z"]).tolist() == np.eye(5)[[1, 2, 3, 4, 0]].tolist()
    multi = pl.StringLookup(vocabulary=words, output_mode="multi_hot")
    assert multi(data).tolist() == [[0, 1, 0, 1, 1], [1, 0, 1, 0, 1]]
    count = pl.StringLookup(vocabulary=words, output_mode="count")
    assert count(data).tolist() == [[0, 1, 0, 1, 2], [2, 0, 1, 0, 1]]
    weighed = pl.StringLookup(vocabulary=words, idf_weights=[0.25, 0.75, 0.6, 0.4], output_mode="tf_idf")
    np.testing.assert_allclose(weighed(data), [[0, 0.25, 0, 0.6, 0.8], [1, 0, 0.75, 0, 0.4]], rtol=1e-6)
    back = pl.StringLookup(vocabulary=words, invert=True)
    assert back([[1, 3, 4], [4, 0, 2]]).tolist() == [["a", "c", "d"], ["d", "[UNK]", "b"]]
    # IntegerLookup.
    numbers = pl.IntegerLookup(vocabulary=[12, 36, 1138, 42])
    assert numbers([[12, 1138, 42], [42, 1000, 36]]).tolist() == [[1, 3, 4], [4, 0, 2]]
    several = pl.IntegerLookup(vocabulary=[12, 36, 1138, 42], num_oov_indices=2)
    assert several([[12, 1138, 42], [37, 1000, 36]]).tolist() == [[2, 4, 5], [1, 0, 3]]
    # TextVectorization.
    text = pl.TextVectorization(max_tokens=5000, output_sequence_length=4)
    text.adapt(["foo bar", "bar baz", "baz bada boom"])
    assert text.get_vocabulary() == ["", "[UNK]", "baz", "bar", "foo", "boom", "bada"]
    assert text(["foo qux bar", "qux baz"]).tolist() == [[4, 1, 3, 0], [1, 2, 0, 0]]
    given = pl.TextVectorization(max_tokens=5000, output_sequence_length=4, vocabulary=["earth", "wind", "and", "fire"])
    assert given.get_vocabulary() == ["", "[UNK]", "earth", "wind", "and", "fire"]


def test_counts_are_those_of_scikit_learn():
    ours = pl.TextVectorization(output_mode="count", ngrams=2)
    ours.adapt(TEXTS)
    clean = [pl.TextVectorization()._standard(text) for text in TEXTS]
    theirs = CountVectorizer(ngram_range=(1, 2), token_pattern=r"\S+")
    counts = theirs.fit_transform(clean).toarray()
    names = theirs.get_feature_names_out().tolist()
    terms = ours.get_vocabulary(include_special_tokens=False)
    assert sorted(terms) == sorted(names)
    found = ours(TEXTS)
    np.testing.assert_array_equal(found[:, 1:], counts[:, [names.index(term) for term in terms]])
    assert (np.diff(counts.sum(0)[[names.index(term) for term in terms]]) <= 0).all()


def test_tf_idf_by_hand():
    layer = pl.TextVectorization(output_mode="tf_idf", max_tokens=6, pad_to_max_tokens=True)
    layer.adapt(["a a b", "a c", "c"])
    assert layer.get_vocabulary() == ["[UNK]", "a", "c", "b"]
    idf = np.log(1 + 3 / (1 + np.array([2, 2, 1])))
    wanted = [[0, 2 * idf[0], 0, idf[2], 0, 0], [2 * idf.mean(), 0, idf[1], 0, 0, 0]]
    np.testing.assert_allclose(layer(["a b a", "c x y"]), wanted, rtol=1e-6)


@pytest.mark.parametrize(
    ("options", "wanted"),
    [
        ({}, ["its", "a", "dogs", "life", "éa"]),
        ({"standardize": "lower"}, ["it's", "a", "dog's", "life!", "éa"]),
        ({"standardize": "strip_punctuation"}, ["Its", "a", "DOGs", "life", "éA"]),
        ({"standardize": None}, ["It's", "a", "DOG's", "life!", "éA"]),
        ({"standardize": str.upper}, ["IT'S", "A", "DOG'S", "LIFE!", "ÉA"]),
        ({"split": "character", "standardize": None}, list("It's a  DOG's\tlife! éA")),
        ({"split": lambda text: text.split("dog")}, ["its a  ", "s\tlife éa"]),
        ({"split": None}, ["its a  dogs\tlife éa"]),
        ({"ngrams": (2,)}, ["its a", "a dogs", "dogs life", "life éa"]),
    ],
)
def test_texts_become_terms(options, wanted):
    layer = pl.TextVectorization(**options)
    assert list(layer.rows_of(["It's a  DOG's\tlife! éA"])) == [wanted]


def texts_model(layer):
    model = pl.Sequential([layer, pl.Embedding(30, 4), pl.GlobalAveragePooling1D(), pl.Dense(1, activation="sigmoid")])
    model.compile(pl.optimizers.Adam(0.1), "binary_crossentropy", ["accuracy"])
    return model


def test_a_model_takes_texts_learns_from_them_and_keeps_its_vocabulary(tmp_path):
    layer = pl.TextVectorization(output_sequence_length=6)
    layer.adapt(TEXTS)
    model = texts_model(layer)
    model.fit(np.array(TEXTS), LABELS, epochs=30, verbose=0, validation_data=(TEXTS, LABELS))
    assert model.evaluate(TEXTS, LABELS, verbose=0, return_dict=True)["accuracy"] == 1.0
    answers = model.predict(TEXTS)
    by_hand = pl.Sequential(model.layers[1:])
    by_hand.build((6,))
    by_hand.set_weights(model.get_weights())
    np.testing.assert_array_equal(by_hand.predict(layer(TEXTS)), answers)
    loaded = pl.load(model.save(tmp_path / "model.plastica"))
    np.testing.assert_array_equal(loaded.predict(np.array(TEXTS)[:, None]), answers)
    assert loaded.layers[0].get_vocabulary() == layer.get_vocabulary()
    assert layer == pl.TextVectorization(output_sequence_length=6)  # the declaration is the value that it was


def test_a_vocabulary_found_after_the_model_was_declared_is_taken(tmp_path):
    layer = pl.TextVectorization(output_sequence_length=6)
    model = texts_model(layer)
    with pytest.raises(NotFitted, match=r"has no vocabulary. Call its adapt\(data\) before the model uses it"):
        model.fit(TEXTS, LABELS, verbose=0)
    layer.adapt(TEXTS)
    model.fit(TEXTS, LABELS, epochs=1, verbose=0)
    loaded = pl.load(model.save(tmp_path / "model.plastica"))
    np.testing.assert_array_equal(loaded.predict(TEXTS), model.predict(TEXTS))


def test_a_graph_of_texts_and_numbers(tmp_path):
    text, number = pl.Input((1,), dtype="string", name="text"), pl.Input((2,), name="number")
    vectorize = pl.TextVectorization(output_mode="tf_idf")
    vectorize.adapt(TEXTS)
    model = pl.Model([text, number], pl.Dense(1)(pl.Concatenate()([vectorize(text), number])))
    model.compile("adam", "mse")
    numbers = np.ones((4, 2), np.float32)
    inputs = {"text": np.array(TEXTS)[:, None], "number": numbers}
    model.fit(inputs, LABELS, epochs=1, verbose=0)
    kernel, bias = model.get_weights()
    np.testing.assert_allclose(
        model.predict(inputs), np.hstack([vectorize(TEXTS), numbers]) @ kernel + bias, rtol=1e-4, atol=1e-6
    )


def test_generators_of_texts():
    layer = pl.TextVectorization(output_sequence_length=6)
    layer.adapt(iter([TEXTS[:2], TEXTS[2:]]))
    assert layer.get_vocabulary()[2:4] == ["the", "sat"]
    whole, parts = texts_model(layer), texts_model(layer)
    whole.fit(TEXTS, LABELS, batch_size=2, shuffle=False, epochs=1, verbose=0)
    parts.fit(((TEXTS[at : at + 2], LABELS[at : at + 2]) for at in (0, 2)), epochs=1, verbose=0)
    for ours, theirs in zip(whole.get_weights(), parts.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_words_and_identifiers_in_a_model():
    words = pl.StringLookup(output_mode="one_hot")
    words.adapt(np.array(["red", "green", "red"]))
    model = pl.Sequential([words, pl.Dense(1)])
    model.compile("adam", "mse")
    colours = np.array([["red"], ["blue"], ["green"]])
    model.fit(colours, np.zeros(3), epochs=1, verbose=0)
    kernel, bias = model.get_weights()
    np.testing.assert_allclose(model.predict(colours), kernel[[1, 0, 2]] + bias, rtol=1e-5)
    identifiers = pl.IntegerLookup(vocabulary=[7, 900], mask_token=0)
    embedded = pl.Sequential([identifiers, pl.Embedding(4, 2)])
    embedded.compile("adam", "mse")
    x = np.array([[7, 0], [900, 5]])
    embedded.fit(x, np.zeros((2, 2, 2)), epochs=1, verbose=0)
    (vectors,) = embedded.get_weights()
    np.testing.assert_array_equal(embedded.predict(x), vectors[[[2, 0], [3, 1]]])


def test_a_layer_of_text_behind_others_is_refused():
    layer = pl.StringLookup(vocabulary=["a"])
    model = pl.Sequential([pl.Dense(2), layer])
    model.compile("adam", "mse")
    with pytest.raises(
        InvalidValue,
        match="layer 1, StringLookup: StringLookup reads the inputs of the model before they become numbers",
    ):
        model.predict(np.ones((2, 2)))


@pytest.mark.parametrize(
    ("make", "kind", "told"),
    [
        (lambda: pl.TextVectorization(standardize="upper"), InvalidValue, "standardize='upper'; expected one of lower"),
        (lambda: pl.TextVectorization(split="words"), InvalidValue, "split='words'; expected one of whitespace"),
        (lambda: pl.TextVectorization(output_mode="one_hot"), InvalidValue, "expected one of int, multi_hot"),
        (lambda: pl.TextVectorization(ngrams=0), InvalidValue, "ngrams=0; expected numbers of at least 1"),
        (lambda: pl.TextVectorization(output_mode="count", output_sequence_length=3), InvalidValue, "length of rows"),
        (lambda: pl.TextVectorization(vocabulary=["a", "a"]), InvalidValue, "the vocabulary has 'a' at two places"),
        (lambda: pl.TextVectorization(vocabulary="words.txt"), InvalidValue, "give a list of terms"),
        (lambda: pl.TextVectorization(vocabulary=["a"]).adapt(TEXTS), InvalidValue, "the vocabulary is given"),
        (lambda: pl.TextVectorization(max_tokens=2), InvalidValue, "max_tokens=2; expected at least 3"),
        (lambda: pl.TextVectorization(pad_to_max_tokens=True), InvalidValue, "needs max_tokens"),
        (lambda: pl.TextVectorization()(TEXTS), NotFitted, "has no vocabulary"),
        (lambda: pl.TextVectorization().adapt([1, 2]), DataError, "got 1 of type int; expected text"),
        (lambda: pl.TextVectorization().adapt([""]), DataError, "found no terms"),
        (lambda: pl.TextVectorization().adapt([["a", "b"]]), ShapeError, "one text for each row"),
        (
            lambda: pl.TextVectorization(vocabulary=["a"]).output_shape((1,)),
            InvalidValue,
            "give output_sequence_length",
        ),
        (lambda: pl.TextVectorization(vocabulary=["a"]).output_shape((2,)), ShapeError, "one text for each row"),
        (lambda: pl.StringLookup(num_oov_indices=2), InvalidValue, "expected 0 or 1"),
        (
            lambda: pl.StringLookup(num_oov_indices=0, vocabulary=["a"])(["b"]),
            DataError,
            "'b' is not in the vocabulary",
        ),
        (lambda: pl.StringLookup(vocabulary=[]), InvalidValue, "the vocabulary is empty"),
        (lambda: pl.StringLookup(max_tokens=2, vocabulary=["a", "b"]), InvalidValue, "leaves room for 1"),
        (lambda: pl.StringLookup(output_mode="tf_idf", vocabulary=["a"]), InvalidValue, "needs as many idf_weights"),
        (lambda: pl.StringLookup(invert=True, vocabulary=["a"]).output_shape((1,)), InvalidValue, "gives terms"),
        (lambda: pl.StringLookup(invert=True, output_mode="count"), InvalidValue, "gives terms"),
        (lambda: pl.IntegerLookup(vocabulary=[1])([[0.5]]), DataError, "expected whole numbers. For words"),
        (lambda: pl.IntegerLookup(num_oov_indices=-1), InvalidValue, "expected 0 or more"),
    ],
)
def test_what_cannot_be_is_said(make, kind, told):
    with pytest.raises(kind, match=told):
        make()
