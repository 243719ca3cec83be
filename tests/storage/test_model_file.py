"""Model files: restoration, and files that must be rejected."""

import hashlib
import io
import json
import pickle
import random
import struct
import zipfile
from pathlib import Path

import ml_dtypes
import numpy as np
import pytest
import safetensors
import safetensors.numpy
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from plastica.errors import FileError, InvalidValue
from plastica.storage import document as documents
from plastica.storage import model_file as module
from plastica.storage import read_model, tensor_file, write_model

DTYPES = ["f8", "f4", "f2", "c8", "?", "i8", "i4", "i2", "i1", "u8", "u4", "u2", "u1", ">f4", ">i8"]
EXTENDED = [ml_dtypes.bfloat16, ml_dtypes.float8_e4m3fn, ml_dtypes.float8_e5m2]

arrays = hnp.arrays(
    st.sampled_from(DTYPES).map(np.dtype), hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4)
)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def example(path: Path) -> bytes:
    """Write a small model with all kinds of contents, and return its bytes."""
    write_model(
        path,
        {
            "0/kernel": np.arange(12, dtype=np.float32).reshape(3, 4),
            "0/bias": np.ones(4, np.float32),
            "steps": np.array(7, np.int32),
            "mask": np.array([True, False, True]),
            "empty": np.zeros((0, 3)),
        },
        {"layers": [{"type": "layer.Dense", "units": 4}], "rate": float("inf"), "label": "é中"},
    )
    return path.read_bytes()


def same(one: dict[str, np.ndarray], other: dict[str, np.ndarray]) -> bool:
    return one.keys() == other.keys() and all(
        one[name].dtype == other[name].dtype
        and one[name].shape == other[name].shape
        and one[name].tobytes() == other[name].tobytes()
        for name in one
    )


def forged(path: Path, entries: dict, data: bytes, document: str = "{}", version: str = "1") -> Path:
    """Write a file with a valid checksum and arbitrary contents."""
    blank = {"plastica": version, "document": document, "sha256": "0" * 64}

    def header(metadata: dict) -> bytes:
        text = json.dumps(
            {**entries, "__metadata__": metadata},
            sort_keys=True,
            separators=(",", ":"),
            ensure_ascii=False,
        ).encode()
        text += b" " * (-len(text) % 8)
        return struct.pack("<Q", len(text)) + text

    digest = hashlib.sha256(header(blank) + data).hexdigest()
    path.write_bytes(header({**blank, "sha256": digest}) + data)
    return path


@settings(deadline=None)  # other load on the machine must not make it fail
@given(st.dictionaries(st.text(), arrays, max_size=5), st.dictionaries(st.text(), json_values, max_size=3))
def test_everything_comes_back_bit_for_bit(tmp_path_factory, tensors, document):
    if "$float" in str(document):
        return
    path = tmp_path_factory.mktemp("model") / "m.plastica"
    try:
        write_model(path, tensors, document)
    except InvalidValue as error:
        assert "valid Unicode text" in str(error) or "not valid text" in str(error)
        return
    back, came = read_model(path)
    little = {name: np.asarray(a, a.dtype.newbyteorder("<"), order="C") for name, a in tensors.items()}
    assert same(back, little)
    assert repr(came) == repr({key: came[key] for key in came})
    assert documents.encode(came) == documents.encode(document)


@pytest.mark.parametrize("dtype", EXTENDED)
def test_small_floats_come_back(tmp_path, dtype):
    wanted = {"w": np.array([0.5, 1.5, -2.0], dtype), "x": np.float32(1)}
    write_model(tmp_path / "m", wanted, {})
    assert same(read_model(tmp_path / "m")[0], wanted)


def test_views_and_orders_come_back_by_value(tmp_path):
    grid = np.arange(24.0).reshape(4, 6)
    wanted = {"fortran": np.asfortranarray(grid), "strided": grid[::2, ::-3], "transposed": grid.T}
    write_model(tmp_path / "m", wanted, {})
    back, _ = read_model(tmp_path / "m")
    for name, array in wanted.items():
        np.testing.assert_array_equal(back[name], array)
        back[name][...] = 0  # writable
        assert back[name].flags.aligned


def test_equal_content_is_equal_bytes(tmp_path):
    one = {"a": np.ones(3), "b": np.zeros(2, np.int8)}
    write_model(tmp_path / "one", one, {"x": 1, "y": 2})
    write_model(tmp_path / "two", dict(reversed(one.items())), {"y": 2, "x": 1})
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_safetensors_reads_the_same_arrays(tmp_path):
    example(tmp_path / "m")
    assert same(safetensors.numpy.load_file(tmp_path / "m"), read_model(tmp_path / "m")[0])
    with safetensors.safe_open(tmp_path / "m", "numpy") as file:
        assert json.loads(file.metadata()["document"])["label"] == "é中"


def test_files_of_safetensors_have_the_layout_that_is_read(tmp_path):
    wanted = {"b": np.ones((2, 3), np.float32), "a": np.arange(3, dtype=np.int64), "c": np.array(True)}
    safetensors.numpy.save_file(wanted, tmp_path / "m")
    assert same(tensor_file.arrays_of(tensor_file.read(tmp_path / "m"), ""), wanted)


def test_flipped_bits_never_load(tmp_path):
    raw = example(tmp_path / "m")
    source = random.Random(0)
    header = 8 + int.from_bytes(raw[:8], "little")
    places = [*range(8), *source.sample(range(8, header), 180), *source.sample(range(header, len(raw)), 60)]
    for place in places:
        damaged = bytearray(raw)
        damaged[place] ^= 1 << source.randrange(8)
        (tmp_path / "m").write_bytes(damaged)
        with pytest.raises(FileError):
            read_model(tmp_path / "m")


def test_replaced_runs_of_bytes_never_load(tmp_path):
    raw = example(tmp_path / "m")
    source = random.Random(1)
    for _ in range(60):
        begin = source.randrange(len(raw))
        damaged = raw[:begin] + source.randbytes(8) + raw[begin + source.randrange(16) :]
        (tmp_path / "m").write_bytes(damaged)
        with pytest.raises(FileError):
            read_model(tmp_path / "m")


def test_no_truncation_or_growth_loads(tmp_path):
    raw = example(tmp_path / "m")
    header = 8 + int.from_bytes(raw[:8], "little")
    for length in (0, 1, 7, 8, 9, header // 2, header - 1, header, header + 1, len(raw) - 1):
        (tmp_path / "m").write_bytes(raw[:length])
        with pytest.raises(FileError):
            read_model(tmp_path / "m")
    for more in (b"\0", b" ", raw):
        (tmp_path / "m").write_bytes(raw + more)
        with pytest.raises(FileError, match="damaged"):
            read_model(tmp_path / "m")


@pytest.mark.parametrize("part", ["header", "arrays"])
def test_truncated_file_is_called_truncated(tmp_path, part):
    raw = example(tmp_path / "m")
    header = 8 + int.from_bytes(raw[:8], "little")
    (tmp_path / "m").write_bytes(raw[: header - 9 if part == "header" else header + 9])
    with pytest.raises(FileError, match="m is truncated: it"):
        read_model(tmp_path / "m")


def test_changed_document_is_refused(tmp_path):
    raw = example(tmp_path / "m")
    (tmp_path / "m").write_bytes(raw.replace(b'\\"units\\":4', b'\\"units\\":8'))
    with pytest.raises(FileError, match="changed after it was saved: its SHA-256 checksum does not match"):
        read_model(tmp_path / "m")


def test_other_spelling_of_the_header_is_refused(tmp_path):
    raw = example(tmp_path / "m")
    length = int.from_bytes(raw[:8], "little")
    header = raw[8 : 8 + length].replace(b'"dtype":"F32"', b'"dtype": "F32"') + b" " * 6
    (tmp_path / "m").write_bytes(len(header).to_bytes(8, "little") + header + raw[8 + length :])
    with pytest.raises(FileError):
        read_model(tmp_path / "m")


def test_newer_format_asks_for_a_newer_plastica(tmp_path):
    with pytest.raises(
        FileError, match=r"format 2, but this version of plastica reads formats up to 1.*pip install --upgrade"
    ):
        read_model(forged(tmp_path / "m", {}, b"", version="2"))


@pytest.mark.parametrize("version", ["", "0", "-1", "one", "1.5", "9" * 5000])
def test_senseless_version_is_damage(tmp_path, version):
    with pytest.raises(FileError, match="format version"):
        read_model(forged(tmp_path / "m", {}, b"", version=version))


def zipped(*names: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in names:
            archive.writestr(name, "x")
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"", "an empty file"),
        (zipped("metadata.json", "config.json", "model.weights.h5"), "a Keras model"),
        (zipped("archive/data.pkl"), "a PyTorch file"),
        (zipped("w.npy"), r"a NumPy archive \(\.npz\)"),
        (zipped("letter.txt"), "a zip archive"),
        (b"\x89HDF\r\n\x1a\n" + bytes(100), "an HDF5 file"),
        (b"\x93NUMPY\x01\x00" + bytes(100), "a NumPy array"),
        (pickle.dumps({"a": np.ones(3)}), "a pickle.*it is not opened"),
        (pickle.dumps([1], protocol=2), "a pickle"),
        (b"\x1f\x8b\x08" + bytes(50), "a gzip file"),
        (b"PAR1" + bytes(50), "a Parquet table"),
        (b'{"config": {"layers": [1, 2, 3]}}', "a JSON file"),
        ("naïve,中文\n1,2\n".encode(), "looks like a text file"),
        (bytes(range(128, 256)), "or its beginning is damaged"),
    ],
)
def test_foreign_file_is_named(tmp_path, content, text):
    (tmp_path / "m").write_bytes(content)
    with pytest.raises(FileError, match=f"m is not a plastica model.*{text}"):
        read_model(tmp_path / "m")


def test_plain_safetensors_has_no_network(tmp_path):
    safetensors.numpy.save_file({"a": np.ones(3)}, tmp_path / "m", metadata={"format": "pt"})
    with pytest.raises(FileError, match="a safetensors file but not a plastica model"):
        read_model(tmp_path / "m")


def test_header_whose_length_begins_like_a_pickle_is_read(tmp_path):
    write_model(tmp_path / "m", {}, {"pad": ""})
    length = int.from_bytes((tmp_path / "m").read_bytes()[:8], "little")
    write_model(tmp_path / "m", {}, {"pad": "x" * (0x0480 - length)})
    assert (tmp_path / "m").read_bytes().startswith(b"\x80\x04")
    assert read_model(tmp_path / "m")[0] == {}


def test_missing_file_folder_and_pipe_are_named(tmp_path):
    with pytest.raises(FileError, match=r"gone: there is no such file"):
        read_model(tmp_path / "gone")
    with pytest.raises(FileError, match="is a folder; pass the path of a file in it"):
        read_model(tmp_path)
    with pytest.raises(FileError, match="not a regular file"):
        read_model("/dev/null")
    (tmp_path / "file").write_text("x")
    with pytest.raises(FileError, match="part of its path is a file"):
        read_model(tmp_path / "file" / "m")


A = {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}


@pytest.mark.parametrize(
    ("entries", "size"),
    [
        ({"a": {**A, "shape": [3]}}, 8),
        ({"a": {**A, "shape": [-2]}}, 8),
        ({"a": {**A, "shape": [2.0]}}, 8),
        ({"a": {**A, "shape": [True, 2]}}, 8),
        ({"a": {**A, "shape": "2"}}, 8),
        ({"a": {**A, "shape": [2**62, 2**62, 0], "data_offsets": [0, 0]}}, 0),
        ({"a": {**A, "shape": [2**62], "data_offsets": [0, 2**64]}}, 8),
        ({"a": {**A, "shape": [1] * 65, "data_offsets": [0, 4]}}, 4),
        ({"a": {**A, "data_offsets": [8, 0]}}, 8),
        ({"a": {**A, "data_offsets": [8, 16]}}, 16),
        ({"a": {**A, "data_offsets": [0]}}, 8),
        ({"a": A, "b": A}, 8),
        ({"a": A, "b": {**A, "data_offsets": [4, 12]}}, 12),
        ({"a": A, "b": {**A, "data_offsets": [16, 24]}}, 24),
        ({"a": {**A, "dtype": "O"}}, 8),
        ({"a": {**A, "dtype": ["F32"]}}, 8),
        ({"a": {**A, "more": 1}}, 8),
        ({"a": [1, 2]}, 8),
        ({"a": {"$float": "nan"}}, 0),
        ({"a": {"dtype": "BOOL", "shape": [8], "data_offsets": [0, 8]}}, 8),
    ],
)
def test_forged_header_is_refused_although_its_seal_fits(tmp_path, entries, size):
    with pytest.raises(FileError):
        read_model(forged(tmp_path / "m", entries, b"\x07" * size))


def test_forger_of_these_tests_can_make_good_files(tmp_path):
    assert read_model(forged(tmp_path / "m", {"a": A}, bytes(8)))[0]["a"].tolist() == [0, 0]


@pytest.mark.parametrize("document", ["", "[]", "{", "[" * 100_000, '{"a":1e999}', "null", '{"a":NaN}x'])
def test_forged_document_is_refused_or_harmless(tmp_path, document):
    path = forged(tmp_path / "m", {}, b"", document)
    if document == '{"a":1e999}':
        assert read_model(path)[1] == {"a": float("inf")}
        return
    with pytest.raises(FileError, match="damaged"):
        read_model(path)


def test_claims_are_checked_before_memory_is_taken(tmp_path):
    path = tmp_path / "m"
    for length in (2**63, 2**40, 2**27):
        path.write_bytes(struct.pack("<Q", length) + b"{" + bytes(1000))
        with pytest.raises(FileError):
            read_model(path)
    claim = {"a": {"dtype": "F64", "shape": [2**40], "data_offsets": [0, 2**43]}}
    with pytest.raises(FileError, match="truncated"):
        read_model(forged(path, claim, b""))


def test_too_many_arrays_are_refused_both_ways(tmp_path, monkeypatch):
    raw = example(tmp_path / "m")
    monkeypatch.setattr(tensor_file, "MOST_ARRAYS", 3)
    with pytest.raises(FileError, match="declares 5 arrays"):
        read_model(tmp_path / "m")
    with pytest.raises(InvalidValue, match="5 arrays; a file can contain at most 3"):
        write_model(tmp_path / "m", {str(n): np.ones(1) for n in range(5)}, {})
    assert (tmp_path / "m").read_bytes() == raw


@pytest.mark.parametrize(
    ("tensors", "document", "text"),
    [
        ({"a": np.array(["x"])}, {}, "array 'a': the type <U1 is not supported"),
        ({"a": np.array([None])}, {}, "array 'a': the type object"),
        ({"a": np.ones(2, np.complex128)}, {}, "complex128 is not supported"),
        ({"a": np.array("2020", "M8[D]")}, {}, "datetime64"),
        ({"__metadata__": np.ones(2)}, {}, "cannot be named '__metadata__'"),
        ({3: np.ones(2)}, {}, "cannot be named 3"),
        ({"\ud800": np.ones(2)}, {}, "valid Unicode text"),
        ({}, {"a": [1, {"b": (1, 2)}]}, r"document\['a'\]\[1\]\['b'\]: tuple cannot be stored as JSON"),
        ({}, {"a": {3: 1}}, r"document\['a'\]: the key 3 is not a string"),
        ({}, {"a": np.float32(3)}, "float32 cannot be stored as JSON"),
        ({}, {"a": "\ud800"}, "not valid text"),
        ({}, {"$float": "nan"}, "reserved for floats"),
    ],
)
def test_what_no_file_can_keep_is_refused_before_writing(tmp_path, tensors, document, text):
    with pytest.raises(InvalidValue, match=text):
        write_model(tmp_path / "m", tensors, document)
    assert list(tmp_path.iterdir()) == []


def test_document_is_limited_in_depth_and_size(tmp_path, monkeypatch):
    deep: dict = {}
    for _ in range(300):
        deep = {"a": deep}
    with pytest.raises(InvalidValue, match="more than 200 levels deep"):
        write_model(tmp_path / "m", {}, deep)
    monkeypatch.setattr(documents, "LARGEST_DOCUMENT", 100)
    with pytest.raises(InvalidValue, match="bytes of JSON; expected at most 100"):
        write_model(tmp_path / "m", {}, {"a": "x" * 200})


def test_not_finite_numbers_in_the_document_come_back(tmp_path):
    write_model(tmp_path / "m", {}, {"loss": [1.5, float("nan"), float("-inf")], "odd": {"$float": 3}})
    document = read_model(tmp_path / "m")[1]
    assert repr(document["loss"]) == "[1.5, nan, -inf]"
    assert document["odd"] == {"$float": 3}


def test_seal_is_the_sha256_of_the_file_with_its_digits_blank(tmp_path):
    raw = example(tmp_path / "m")
    with safetensors.safe_open(tmp_path / "m", "numpy") as file:
        digest = file.metadata()["sha256"]
    assert hashlib.sha256(raw.replace(digest.encode(), b"0" * 64)).hexdigest() == digest
    assert module.FORMAT == 1
