"""The name of a cell."""

import hashlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from richlazy_jax.studies import cell_hash

RECORD = {"task": "2AF", "rank": 3, "rate": 1e-3, "dale": True, "x": None, "sizes": [1, 2.0, "é"]}


def test_the_hash_is_that_of_a_literal_text():
    text = (
        '{"format":2,"record":{"dale":true,"rank":3,"rate":0.001,"sizes":[1,2.0,"\\u00e9"],'
        '"task":"2AF","x":null}}'
    )
    assert cell_hash(RECORD) == hashlib.sha256(text.encode()).hexdigest()[:16]
    # Studies on disk are named by it, so it must never become another one.
    assert cell_hash(RECORD) == "5688984b296345a3"


def test_numpy_and_tuples_are_plain():
    same = {
        "task": np.str_("2AF"),
        "rank": np.int32(3),
        "rate": np.float64(1e-3),
        "dale": np.bool_(True),
        "x": None,
        "sizes": (np.uint8(1), 2.0, "é"),
    }
    assert cell_hash(same) == cell_hash(RECORD)
    assert cell_hash({"a": np.arange(3)}) == cell_hash({"a": [0, 1, 2]})


leaves = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
)
names = st.text(min_size=1).filter(lambda name: "." not in name)
values = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
    max_leaves=6,
)
records = st.dictionaries(names, values, min_size=1, max_size=4)


@given(records)
def test_the_order_of_names_does_not_matter(record):
    assert cell_hash(dict(reversed(record.items()))) == cell_hash(record)


def places(value, change):
    """Copies of a value, each with one leaf replaced or one entry taken out."""
    if isinstance(value, dict):
        for name, each in value.items():
            yield {k: v for k, v in value.items() if k != name}
            yield from (value | {name: other} for other in places(each, change))
    elif isinstance(value, list):
        for i, each in enumerate(value):
            yield value[:i] + value[i + 1 :]
            yield from ([*value[:i], other, *value[i + 1 :]] for other in places(each, change))
    else:
        yield change


@given(records)
def test_every_field_matters(record):
    changed = list(places(record, "another value"))
    assert changed
    assert cell_hash(record) not in {cell_hash(each) for each in changed}  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize(
    ("one", "other"),
    [(1, 1.0), (1, True), (0, None), (0.1, np.float32(0.1)), ("1", 1), ([1], 1), (0.0, -0.0)],
)
def test_like_values_of_other_types_differ(one, other):
    assert cell_hash({"a": one}) != cell_hash({"a": other})


BAD = [
    ({"a": {"b": [1, float("nan")]}}, r"record\.a\.b\[1\] is nan; allowed are finite"),
    ({"a": np.array([1.0, np.inf])}, r"record\.a\[1\] is inf"),
    ({"a": 1j}, r"record\.a is 1j, of type complex"),
    ({"a": b"x"}, r"record\.a is b'x', of type bytes"),
    ({"a": {1, 2}}, r"record\.a is \{1, 2\}, of type set"),
    ({"a": {1: 2}}, r"record\.a has the name 1; allowed are strings"),
    ({"": 2}, r"record has the name ''"),
    ({"a.b": 2}, r"record has the name 'a\.b'; .*no dot"),
]


@pytest.mark.parametrize(("record", "message"), BAD)
def test_what_json_cannot_hold_is_refused_by_name(record, message):
    with pytest.raises(ValueError, match=message):
        cell_hash(record)
