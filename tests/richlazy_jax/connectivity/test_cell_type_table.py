"""Tables of cell types: what is read, and what is refused with its line."""

import numpy as np
import pytest

import richlazy_jax.connectivity as rc

GOOD = """\
target,source,connection_probability,mean_psp_mv,sd_psp_mv,source_population_size
E,E,0.1,0.5,0.05,80
E,I,0.2,-2,0.2,20
I,E,0.3,0.25,0,80
I,I,0.4,-1e0,0.3,20
"""


def read(tmp_path, text, encoding="utf-8"):
    path = tmp_path / "table.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode(encoding))
    return rc.read_cell_types(path, "a paper")


def check_good(table):
    assert table.names == ("E", "I")
    np.testing.assert_array_equal(table.sizes, [80, 20])
    np.testing.assert_array_equal(table.probability, [[0.1, 0.2], [0.3, 0.4]])
    np.testing.assert_array_equal(table.mean, [[0.5, -2], [0.25, -1]])
    np.testing.assert_array_equal(table.sd, [[0.05, 0.2], [0, 0.3]])
    assert table.citation == "a paper"


OTHER_ORDER = """\
note,size,sd,mean,connection_probability,source,target

x, 80, 0.05, 0.5, 0.1, E, E
,80,0,0.25,0.3,E,I
,20,0.3,-1,0.4,I,I
"y, z",20,0.2,-2,0.2,I,E
"""


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (GOOD, "utf-8"),
        (GOOD, "utf-8-sig"),
        (GOOD.replace("\n", "\r\n"), "utf-8"),
        (OTHER_ORDER, "utf-8"),
    ],
)
def test_reads(tmp_path, text, encoding):
    check_good(read(tmp_path, text, encoding))


def test_order_is_that_of_first_naming(tmp_path):
    first, *rows = GOOD.splitlines(keepends=True)
    table = read(tmp_path, first + "".join(reversed(rows)))
    assert table.names == ("I", "E")
    np.testing.assert_array_equal(table.mean, [[-1, 0.25], [-2, 0.5]])
    np.testing.assert_array_equal(table.sizes, [20, 80])


LONE = "target,source,connection_probability,mean,sd,size\n"
BAD = [
    (GOOD.replace("0.2,-2", "-0.2,-2"), r"line 3: connection_probability is '-0\.2'; .*0 to 1"),
    (GOOD.replace("0.3,0.25", "1.3,0.25"), r"line 4: connection_probability is '1\.3'; .*0 to 1"),
    (GOOD.replace("-2,0.2", "-2,-0.2"), r"line 3: sd_psp_mv is '-0\.2'; .*at least 0"),
    (GOOD.replace("-1e0", "much"), r"line 5: mean_psp_mv is 'much'; .*finite numbers"),
    (GOOD.replace("-1e0", "nan"), r"line 5: mean_psp_mv is 'nan'; .*finite numbers"),
    (GOOD.replace("-1e0", ""), r"line 5: mean_psp_mv is ''; .*finite numbers"),
    (GOOD.replace("-1e0", "-1_0"), r"line 5: mean_psp_mv is '-1_0'; .*finite numbers"),
    (GOOD.replace("0.05,80", "inf,80"), r"line 2: sd_psp_mv is 'inf'; .*finite"),
    (GOOD.replace("0.05,80", "0.05,0"), r"line 2: source_population_size is '0'; .*above 0"),
    (GOOD.replace("0,80", "0,81"), r"line 4: source_population_size of source E is 81.*80.*line 2"),
    (GOOD + "I,E,0.1,1,1,80\n", r"line 6 gives target I, source E again after line 4"),
    (GOOD.replace("E,I,0.2,-2,0.2,20\n", ""), r"without target E, source I \(1 pairs"),
    (GOOD.replace("E,E,0.1", "Q,E,0.1"), r"without target Q, source Q \(5 pairs"),
    (GOOD.replace("sd_psp_mv", "spread"), r"line 1 has no column sd_psp_mv or sd; .*'spread'"),
    (GOOD.replace("target", "mean"), r"line 1 has no column target"),
    (GOOD.replace("sd_psp_mv", "mean"), r"line 1 has 2 columns mean_psp_mv or mean"),
    (GOOD.replace("E,I,0.2", ",I,0.2"), r"line 3: target is empty"),
    (GOOD.replace("0.2,20", "0.2"), r"line 3: .* has 5 fields; allowed are 6"),
    (GOOD.replace("0.2,20", '"0.2,20'), r"line 3: .*quoted as CSV"),
    (GOOD.replace("0.25", "-0.25"), r"mean of source E is -0\.25 to I and 0\.5 to E; .*one sign"),
    (LONE, r"ends after line 1 without every pair"),
    (LONE + "A,A,0.0,1,1,1\n", r"connects no types"),
    ("", r"is empty"),
    (GOOD.encode() + b"\x00\x01", r"line 6: the byte 0x00 is not text"),
    (GOOD.encode("utf-16"), r"line 1: the byte 0xff is not text"),
    (b"\x89PNG\r\n\x1a\n", r"line 1: the byte 0x89 is not text"),
]


@pytest.mark.parametrize(("text", "message"), BAD)
def test_refuses(tmp_path, text, message):
    with pytest.raises(ValueError, match=rf"table\.csv.*{message}"):
        read(tmp_path, text)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(FileNotFoundError):
        rc.read_cell_types(tmp_path / "none.csv")


FIELDS = {
    "names": ("E", "I"),
    "sizes": np.array([4.0, 1.0]),
    "probability": np.full((2, 2), 0.5),
    "mean": np.array([[1.0, -1.0], [0.0, -2.0]]),
    "sd": np.full((2, 2), 0.1),
}


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("names", ("E", "E"), r"names is \('E', 'E'\); .*different"),
        ("names", (), r"names is \(\)"),
        ("sizes", np.array([4.0, 0.0]), r"sizes of I is 0\.0; .*above 0"),
        ("sizes", np.ones(3), r"sizes has shape \(3,\); allowed is \(2,\)"),
        ("probability", np.ones((2, 3)), r"probability has shape \(2, 3\); allowed is \(2, 2\)"),
        ("probability", np.array([[0, 1], [1.1, 0]]), r"probability of I from E is 1\.1; .*0 to 1"),
        ("probability", np.zeros((2, 2)), r"connects no types"),
        ("mean", np.array([[0, np.nan], [1, 0]]), r"mean of E from I is nan; .*finite"),
        ("mean", np.array([[0, 1.0], [1, -2]]), r"mean of source I is -2\.0 to I and 1\.0 to E"),
        ("sd", np.array([[0, 1], [1, -1.0]]), r"sd of I from I is -1\.0; .*at least 0"),
    ],
)
def test_construction_is_checked(no_shape_checks, field, value, message):
    rc.CellTypes(**FIELDS)
    with pytest.raises(ValueError, match=message):
        rc.CellTypes(**{**FIELDS, field: value})


def test_a_table_cannot_be_changed():
    sizes = np.array([4.0, 1.0])
    table = rc.CellTypes(**{**FIELDS, "sizes": sizes})
    sizes[0] = -1
    assert table.sizes[0] == 4
    with pytest.raises(ValueError, match="read-only"):
        table.mean[0, 0] = -1


def test_the_shipped_table():
    """Against numbers read off the paper's tables."""
    table = rc.potjans_diesmann()
    assert table.names == ("L23E", "L23I", "L4E", "L4I", "L5E", "L5I", "L6E", "L6I")
    np.testing.assert_array_equal(table.sizes, [20683, 5834, 21915, 5479, 4850, 1065, 14395, 2948])
    at = {name: i for i, name in enumerate(table.names)}
    for target, source, p, mean in [
        ("L23E", "L23E", 0.1009, 0.15),
        ("L23E", "L4E", 0.0437, 0.3),
        ("L4E", "L23E", 0.0077, 0.15),
        ("L4E", "L4I", 0.1350, -0.6),
        ("L5I", "L5I", 0.3158, -0.6),
        ("L6E", "L6I", 0.2252, -0.6),
        ("L6I", "L6E", 0.0658, 0.15),
    ]:
        assert table.probability[at[target], at[source]] == p
        assert table.mean[at[target], at[source]] == mean
    assert (table.mean == 0.3).sum() == 1
    np.testing.assert_allclose(table.sd, np.abs(table.mean) / 10)
    assert "24(3):785-806" in table.citation
