"""Signs from a file and from transmitters."""

import numpy as np
import pytest

from richlazy_jax.connectomes import gabaergic_signs, read_signs, shipped_connectome

NAMES = ["AVAL", "RIS", "DD01"]


@pytest.fixture
def read(tmp_path):
    def written(text, names=NAMES):
        (tmp_path / "signs.csv").write_text(text)
        return read_signs(tmp_path / "signs.csv", names)

    return written


@pytest.mark.parametrize(
    "values", [("+1", "-1"), ("1", "-1"), ("excitatory", "Inhibitory"), ("E", "I"), ("e", "i")]
)
def test_signs_come_in_the_order_of_the_names(read, values):
    plus, minus = values
    text = f"sign,who,Name\n{minus},x,RIS\n{plus},x,AVAL\n{minus},x,DD01\n"
    np.testing.assert_array_equal(read(text), [1.0, -1.0, -1.0])


H = "name,sign\nAVAL,1\n"
BAD = [
    ("", NAMES, r"signs\.csv is empty"),
    ("name,s\n", NAMES, r"line 1: columns for the sign are none, .*'sign'"),
    ("sign,a\n", NAMES, r"line 1: columns for the name are none, .*'name'"),
    (H + "RIS,-1\n", NAMES, r"signs\.csv has no sign for 'DD01', and misses 1 of 3"),
    (H + "\nRIS1,-1\n", NAMES, r"line 4: 'RIS1' is not known; allowed are 3 names, .*'RIS'"),
    (H + ",-1\n", NAMES, r"line 3: '' is not known"),
    (H + "RIS,-1\nAVAL,1\n", NAMES, r"line 4: 'AVAL' is there already, in .*line 2; .*once"),
    (H + "RIS,0\n", NAMES, r"line 3: sign is '0'; allowed are \+1, 1, -1, excitatory"),
    (H + "RIS,\n", NAMES, r"line 3: sign is ''"),
    (H, [], r"line 2: 'AVAL' is not known; allowed are 0 names\."),
    (H, ["AVAL", "AVAL"], r"names\[1\] is 'AVAL', as is names\[0\]"),
]


@pytest.mark.parametrize(("text", "names", "message"), BAD)
def test_bad_files(read, text, names, message):
    with pytest.raises(ValueError, match=message):
        read(text, names)


def test_a_missing_file(tmp_path):
    with pytest.raises(FileNotFoundError, match="does not exist"):
        read_signs(tmp_path / "none.csv", NAMES)


# Those of McIntire et al. (1993), written out.
TWENTY_SIX = """
    DD1 DD2 DD3 DD4 DD5 DD6 VD1 VD2 VD3 VD4 VD5 VD6 VD7 VD8 VD9 VD10 VD11 VD12 VD13
    RMED RMEV RMEL RMER AVL DVB RIS
"""
GABAERGIC = TWENTY_SIX.split()
OTHERS = ["AVAL", "VD14", "VD0", "DD7", "DD", "RME", "VD001", "ris", "MUSCLE"]


def test_the_26_and_no_others_inhibit():
    signs = gabaergic_signs([*GABAERGIC, *OTHERS])
    np.testing.assert_array_equal(signs, [-1.0] * 26 + [1.0] * len(OTHERS))


def test_numbers_may_be_padded():
    c = shipped_connectome("celegans_varshney2011")
    signs = gabaergic_signs(c.names)
    inhibit = {name for name, sign in zip(c.names, signs, strict=True) if sign == -1}
    assert len(inhibit) == 26
    unpadded = {name[:2] + str(int(name[2:])) if name[2:].isdigit() else name for name in inhibit}
    assert unpadded == set(GABAERGIC)
    signed = c.signed(signs).weights
    np.testing.assert_array_equal(np.abs(signed), c.weights)
    assert {c.names[j] for j in np.nonzero(signed < 0)[1]} <= inhibit


def test_names_of_no_worm():
    with pytest.raises(ValueError, match=r"none of the 26 .* \['V1', 'V2'\]; .*'RMED'"):
        gabaergic_signs(["V1", "V2"])
